"""Rules about a whole job: its name, type and meta, and whether it has a selector."""

import os
from functools import partial
from typing import TypeAlias

from nodeselect.documents.values import List, Object, Scalar, Value, find, is_null
from nodeselect.jobs.check.rule import DEMO, Check, Finding, define
from nodeselect.jobs.check.rules.fields import truncated_path
from nodeselect.jobs.check.rules.rollout import check_rollout, check_timeouts
from nodeselect.jobs.check.schema_fields import is_selector_name, is_wrapper, snake_case
from nodeselect.jobs.check.suggestions import PIPELINE_FIELDS, suggest_word
from nodeselect.problem import Fix
from nodeselect.text import join_limited, quoted

_warning = partial(define, "fields", severity="warning")

_TYPED_DEMO = "name: demo\ntype: pipeline\nselector: {match_labels: {region: eu}}"
_CONFIG = "config: {input: {stdin: {}}, output: {stdout: {}}}"

_NO_NAME = _warning(
    "no-name",
    "a job without a name",
    "To update a job, submit another one with the same name.",
    before="selector: {match_labels: {region: eu}}",
    after=DEMO.rstrip(),
)
_REPEATED_NAME = _warning(
    "repeated-name",
    "a job with the name of another one in the same folder and namespace",
    "Submitting a job with the name of another one replaces that.",
)
_NO_TYPE = _warning(
    "no-type",
    "a job without a type",
    "The type decides how long a job runs, and whether it also runs on nodes that join later.",
    before=f"{DEMO}{_CONFIG}",
    after=f"{_TYPED_DEMO}\n{_CONFIG}",
)
_NO_CONFIG = _warning(
    "no-config",
    "a job without a config, or with an empty one",
    "The config is what the job does.",
    before=_TYPED_DEMO,
    after=f"{_TYPED_DEMO}\n{_CONFIG}",
)
_UNKNOWN_TYPE = _warning(
    "unknown-type",
    "an unknown type of job",
    "The documented types are pipeline, query, update and config. The server may know others, so"
    " this is a warning.",
    before=f"{DEMO}type: daemon",
    after=f"{DEMO}type: pipeline",
)
# What is reported if a field is missing, and what to write.
_MISSING = {
    "name": (
        _NO_NAME,
        "the job has no name: it cannot be updated or found by name",
        Fix.write("name: my-job", "add"),
    ),
    "type": (
        _NO_TYPE,
        "the job has no type: it is not clear how it is scheduled",
        Fix.write("type: pipeline", "add"),
    ),
    "config": (
        _NO_CONFIG,
        "the job has no config: there is nothing to run",
        Fix.write(_CONFIG, "add, for example"),
    ),
}
_RESERVED_KEY = define(
    "fields",
    "reserved-key",
    "a key of meta with the prefix expanso.io/",
    "These keys belong to the server, which ignores changes of them. Only the whole prefix is"
    " reserved: my-expanso.io/x and a.expanso.io/x are not.",
    before=f"{DEMO}meta: {{expanso.io/owner: me}}",
    after=f"{DEMO}meta: {{owner: me}}",
)

_EMPTY_SELECTOR = define(
    "selector",
    "empty-selector",
    "a job without a selector runs on EVERY node",
    "With --require-selector this is an error.",
    severity="warning",
    before="name: demo\nselector: {}",
    after="name: demo\nselector: {match_labels: {region: eu}}",
)
_INVALID_SELECTOR = define(
    "selector",
    "invalid-selector",
    "a selector whose mistakes are ignored, or are of rules that are not selected",
    "No command reads such a job, and the server may run it on EVERY node.",
    before="name: demo\nselector: {match_labels: {gpu: 1}}  # nodeselect: ignore[wrong-type]",
    after='name: demo\nselector: {match_labels: {gpu: "1"}}',
    always_reported=True,
)
_MISPLACED_SELECTOR = define(
    "selector",
    "misplaced-selector",
    "a selector inside config; only a warning if there is another one in the right place",
    "It selects no nodes.",
    before="name: demo\nselector: {match_ids: [n-1]}\nconfig:\n  selector: {match_ids: [n-2]}",
    after="name: demo\nselector: {match_ids: [n-1, n-2]}\nconfig: {}",
)

_JOB_TYPES = ("pipeline", "query", "update", "config")
# The types of Bacalhau, and the most similar ones of Expanso.
_BACALHAU_TYPES = {"daemon": "pipeline", "service": "pipeline", "ops": "query", "batch": "query"}

RESERVED_PREFIX = "expanso.io/"

Names: TypeAlias = dict[tuple[str, str, str], str]
"""The names of files by the folder, namespace and name of the job in each."""


def is_like_job(spec: Object) -> bool:
    """Return whether a mapping with a name or a type is probably a job spec, valid or not."""
    type_, config = find(spec, "type"), find(spec, "config")
    return (
        (isinstance(type_, Scalar) and type_.text in _JOB_TYPES)
        or (isinstance(config, Object) and not PIPELINE_FIELDS.isdisjoint(config.entries))
        or any(map(is_selector_name, spec.entries))
    )


def check_job_fields(spec: Object, prefix: str, severity: str | None) -> Check[None]:
    """Check the meaning of the fields of a job, and whether they contradict each other.

    :param prefix: what the paths of the fields begin with: nothing, or ``spec.``.
    :param severity: the severity of an empty selector; None for a warning.
    """
    yield from _check_missing(spec, prefix)
    yield from _check_type(find(spec, "type"), f"{prefix}type")
    yield from _check_reserved_keys(find(spec, "meta"), f"{prefix}meta")
    is_empty = _is_empty_selector(find(spec, "selector"))
    if is_empty and ("selector" in spec.entries or not misspelt_selectors(spec)):
        yield _empty_selector(spec, prefix, severity)
    yield from _check_misplaced_selector(find(spec, "config"), f"{prefix}config", is_empty)
    yield from check_timeouts(find(spec, "timeouts"), f"{prefix}timeouts")
    rollout = find(spec, "rollout")
    if isinstance(rollout, Object) and rollout.entries:
        yield from check_rollout(rollout, spec.entries["rollout"][0], f"{prefix}rollout")


def _check_missing(spec: Object, prefix: str) -> Check[None]:
    """Report which of name, type and config are missing or empty."""
    missing = [name for name in _MISSING if _is_blank(find(spec, name))]
    names = set(map(snake_case, spec.entries.keys() - _MISSING.keys())) if missing else set()
    if any(map(is_wrapper, names)):
        return  # a field that wraps the job is reported: they are in there
    for name in missing:
        if name in names or (name == "config" and names & {*PIPELINE_FIELDS, "tasks"}):
            continue  # the error for that field has the hint
        rule, message, hint = _MISSING[name]
        value = find(spec, name)
        place = spec.entries[name][0] if name in spec.entries else spec
        if isinstance(value, Scalar):
            place = value
        yield rule.at(place, prefix.rstrip("."), message, hint)


def _is_blank(value: Value | None) -> bool:
    if isinstance(value, Scalar):
        return not value.text.strip()
    return value is None or (isinstance(value, Object) and not value.entries)


def check_repeated_name(spec: Object, prefix: str, file: str, names: Names) -> Check[None]:
    """Report a job whose name a job in another file of the same folder has.

    :param prefix: what the paths of the fields begin with: nothing, or ``spec.``.
    :param names: the files of the jobs so far, by name; this one is added.
    """
    name, namespace = find(spec, "name"), find(spec, "namespace")
    if not isinstance(name, Scalar) or not name.text.strip():
        return
    folder = os.path.dirname(file)  # noqa: PTH120 - pathlib loads slowly
    text = namespace.text if isinstance(namespace, Scalar) else ""
    first = names.setdefault((folder, text, name.text), file)
    if first != file:
        message = f"the job in {quoted(first)} has the same name: one of them replaces the other"
        yield _REPEATED_NAME.at(name, f"{prefix}name", message, "give each job a name of its own")


def _check_type(value: Value | None, path: str) -> Check[None]:
    if not isinstance(value, Scalar) or value.kind != "text" or not value.text.strip():
        return
    if value.text not in _JOB_TYPES:
        suggestion = _BACALHAU_TYPES.get(value.text.lower(), value.text)
        message = (
            f"{quoted(value.text)} is not one of the types {join_limited(_JOB_TYPES, 4, 'or')}"
        )
        yield _UNKNOWN_TYPE.at(value, path, message, suggest_word(suggestion, _JOB_TYPES))


def _check_reserved_keys(meta: Value | None, path: str) -> Check[None]:
    for key, _ in meta.entries.values() if isinstance(meta, Object) else ():
        if key.text.startswith(RESERVED_PREFIX):
            message = f"keys with the prefix {RESERVED_PREFIX} are reserved for the server"
            place = truncated_path(path, key.text)
            yield _RESERVED_KEY.at(key, place, message, "use another prefix, or none")


def _is_empty_selector(value: Value | None) -> bool:
    """Return whether a selector is missing, null or empty, and so matches every node."""
    return value is None or (
        isinstance(value, Object)
        and all(
            is_null(item)
            or (isinstance(item, Object) and not item.entries)
            or (isinstance(item, List) and not item.items)
            for _, item in value.entries.values()
        )
    )


def _empty_selector(spec: Object, prefix: str, severity: str | None) -> Finding:
    """Return the finding that a job has no selector, so that it runs on every node."""
    place: Value = spec
    message = "there is no selector: the job runs on EVERY node"
    hint = Fix.write("selector: {match_labels: {region: eu}}", "add a selector, such as")
    if "selector" in spec.entries:
        place = spec.entries["selector"][0]
        message = "the selector is empty: the job runs on EVERY node"
    return _EMPTY_SELECTOR.at(place, f"{prefix}selector", message, hint, severity=severity)


def misspelt_selectors(spec: Object) -> list[Scalar]:
    """Return the names of fields that are probably misspellings of ``selector``."""
    keys = [key for key, _ in spec.entries.values()]
    return [key for key in keys if key.text != "selector" and is_selector_name(key.text)]


def invalid_selector(spec: Object, prefix: str) -> Finding:
    """Return the finding that the selector is not valid.

    It is only for selectors whose mistakes are not reported, since the user ignores their rules.
    """
    key = (misspelt_selectors(spec) or [spec.entries["selector"][0]])[0]
    message = "the selector is not valid: the job may run on EVERY node"
    hint = "correct its mistakes; the rules that report them are ignored"
    return _INVALID_SELECTOR.at(key, truncated_path(prefix.rstrip("."), key.text), message, hint)


def _check_misplaced_selector(config: Value | None, path: str, is_empty: bool) -> Check[None]:
    """Report selectors inside ``config``, where they have no effect.

    :param is_empty: whether the job has no other selector; then search at any depth.
    """
    if not isinstance(config, Object):
        return
    for name, (key, value) in config.entries.items():
        place = truncated_path(path, name)
        if is_selector_name(name):
            message = "a selector inside 'config' has no effect"
            severity, hint = (
                "warning",
                "remove it: the selector of the job is the one next to 'name'",
            )
            if is_empty:
                severity, hint = "error", "move what it says to 'selector', next to 'name'"
            yield _MISPLACED_SELECTOR.at(key, place, message, hint, severity=severity)
        elif is_empty:
            yield from _check_misplaced_selector(value, place, is_empty)
