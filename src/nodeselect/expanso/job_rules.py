"""Rules about a whole job: its fields, its rollout and timeouts, and whether it has a selector."""

import os
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeAlias

from nodeselect.documents import List, Object, Scalar, Value, find, is_null, text_of
from nodeselect.expanso.fields import DEMO, integer_of
from nodeselect.expanso.schema_fields import (
    WRAPPERS,
    fields_of,
    is_foreign_selector,
    is_selector_name,
    snake_case,
)
from nodeselect.expanso.suggestions import PIPELINE_FIELDS
from nodeselect.findings.rule import Finding, Findings, Hint, rule
from nodeselect.problem import Fix, Path, Problem, suggest_word
from nodeselect.text import join_limited, quoted

Names: TypeAlias = dict[tuple[str, str, str], str]
"""The names of files by the folder, namespace and name of the job in each."""


class Job(NamedTuple):
    """A job spec to check, and the file that has it.

    :param path: the path of the spec in the document: empty, or ``spec``.
    :param names: the files of the jobs checked so far, by job name; a check adds this job.
    :param empty_severity: the severity of an empty selector; an empty text for that of the rule.
    """

    spec: Object
    path: Path
    file: str
    names: Names
    empty_severity: str

    def finding(self, *path: str, message: str, hint: Hint, at_key: bool = True) -> Finding:
        """Return a finding about a field, which must be in the job.

        :param path: the field, such as ``rollout``, or ``rollout`` and ``canary_count``.
        :param at_key: whether the finding points to the key of the field, not to the value.
        """
        place: Value = self.spec
        for name in path:
            assert isinstance(place, Object), "it has the field"
            key, place = place.entries[name]
        return Finding(key if at_key else place, (*self.path, *path), message, hint)


JOB_CHECKS: list[Callable[[Job], Findings]] = []
"""The rules about a job, in the order of the documentation."""

_warning = partial(rule, "fields", severity="warning", checks=JOB_CHECKS)

_TYPED_DEMO = "name: demo\ntype: pipeline\nselector: {match_labels: {region: eu}}"
_CONFIG = "config: {input: {stdin: {}}, output: {stdout: {}}}"

_JOB_TYPES = ("pipeline", "query", "update", "config")
# The types of Bacalhau, and the most similar ones of Expanso.
_BACALHAU_TYPES = {"daemon": "pipeline", "service": "pipeline", "ops": "query", "batch": "query"}

_RESERVED_PREFIX = "expanso.io/"


@_warning(
    "no-name",
    "a job without a name",
    "To update a job, submit another one with the same name.",
    before="selector: {match_labels: {region: eu}}",
    after=DEMO.rstrip(),
)
def _no_name(job: Job) -> Findings:
    message = "the job has no name: it cannot be updated or found by name"
    yield from _missing(job, "name", message, Fix.write("name: my-job", "add"))


@_warning(
    "repeated-name",
    "a job with the name of another one in the same folder and namespace",
    "Submitting a job with the name of another one replaces that.",
)
def _repeated_name(job: Job) -> Findings:
    name, namespace = text_of(job.spec, "name"), text_of(job.spec, "namespace")
    if not name.strip() or not is_like_job(job.spec):
        return
    folder = os.path.dirname(job.file)  # noqa: PTH120 - pathlib loads slowly
    first = job.names.setdefault((folder, namespace, name), job.file)
    if first != job.file:
        message = f"the job in {quoted(first)} has the same name: one of them replaces the other"
        yield job.finding(
            "name", message=message, hint="give each job a name of its own", at_key=False
        )


@_warning(
    "no-type",
    "a job without a type",
    "The type decides how long a job runs, and whether it also runs on nodes that join later.",
    before=f"{DEMO}{_CONFIG}",
    after=f"{_TYPED_DEMO}\n{_CONFIG}",
)
def _no_type(job: Job) -> Findings:
    message = "the job has no type: it is not clear how it is scheduled"
    yield from _missing(job, "type", message, Fix.write("type: pipeline", "add"))


@_warning(
    "no-config",
    "a job without a config, or with an empty one",
    "The config is what the job does.",
    before=_TYPED_DEMO,
    after=f"{_TYPED_DEMO}\n{_CONFIG}",
)
def _no_config(job: Job) -> Findings:
    message = "the job has no config: there is nothing to run"
    fix = Fix.write(_CONFIG, "add, for example")
    yield from _missing(job, "config", message, fix, *PIPELINE_FIELDS, "tasks")


def _missing(job: Job, name: str, message: str, fix: Fix, *others: str) -> Findings:
    """Report that the field ``name`` is missing or empty.

    :param others: fields that are probably meant to be this field. If the job has one of them, do
        not report: the finding about that field says what to write.
    """
    value = find(job.spec, name)
    is_empty = value is None or (isinstance(value, Object) and not value.entries)
    if isinstance(value, Scalar):
        is_empty = not value.text.strip()
    if not is_empty:
        return
    required = ("name", "type", "config")
    names = {snake_case(field) for field in job.spec.entries if field not in required}
    if not names.isdisjoint((name, *others, *WRAPPERS)):
        return
    place = job.spec.entries[name][0] if name in job.spec.entries else job.spec
    if isinstance(value, Scalar):
        place = value
    yield Finding(place, job.path, message, fix)


@_warning(
    "unknown-type",
    "an unknown type of job",
    "The documented types are pipeline, query, update and config. The server may know others, so"
    " this is a warning.",
    before=f"{DEMO}type: daemon",
    after=f"{DEMO}type: pipeline",
)
def _unknown_type(job: Job) -> Findings:
    value = find(job.spec, "type")
    if not isinstance(value, Scalar) or value.kind != "text" or not value.text.strip():
        return
    if value.text not in _JOB_TYPES:
        suggestion = _BACALHAU_TYPES.get(value.text.lower(), value.text)
        types = join_limited(_JOB_TYPES, 4, "or")
        message = f"{quoted(value.text)} is not one of the types {types}"
        yield Finding(value, (*job.path, "type"), message, suggest_word(suggestion, _JOB_TYPES))


@rule(
    "fields",
    "reserved-key",
    "a key of meta with the prefix expanso.io/",
    "These keys belong to the server, which ignores changes of them. Only the whole prefix is"
    " reserved: my-expanso.io/x and a.expanso.io/x are not.",
    before=f"{DEMO}meta: {{expanso.io/owner: me}}",
    after=f"{DEMO}meta: {{owner: me}}",
    checks=JOB_CHECKS,
)
def _reserved_key(job: Job) -> Findings:
    meta = find(job.spec, "meta")
    for key, _ in meta.entries.values() if isinstance(meta, Object) else ():
        if key.text.startswith(_RESERVED_PREFIX):
            message = f"keys with the prefix {_RESERVED_PREFIX} are reserved for the server"
            path = (*job.path, "meta", key.text)
            yield Finding(key, path, message, "use another prefix, or none")


_rollout = partial(rule, "rollout", head=DEMO, checks=JOB_CHECKS)
_rollout_warning = partial(_rollout, severity="warning")

_WITH_HEALTH_CHECK = ("rolling", "canary")

# Fields that only these strategies use.
_STRATEGIES = {
    **dict.fromkeys(("canary_count", "canary_percent", "auto_promote"), ("canary",)),
    **dict.fromkeys(("max_parallel", "health_check"), _WITH_HEALTH_CHECK),
}


@_rollout(
    "missing-health-check",
    "a rolling or canary rollout without a health_check, or without its deadline",
    before="rollout: {strategy: canary}",
    after="rollout: {strategy: canary, health_check: {deadline: 5m}}",
)
def _missing_health_check(job: Job) -> Findings:
    strategy = find(job.spec, "rollout.strategy")
    if not isinstance(strategy, Scalar) or strategy.text not in _WITH_HEALTH_CHECK:
        return
    health_check = find(job.spec, "rollout.health_check")
    if health_check is None:
        message = f"the strategy {strategy.text} requires a health_check with a deadline"
        fix = Fix.write("health_check: {deadline: 5m}", "add")
        yield Finding(strategy, (*job.path, "rollout"), message, fix)
    elif isinstance(health_check, Object) and find(health_check, "deadline") is None:
        message, fix = "a health_check requires a deadline", Fix.write("deadline: 5m", "add")
        yield job.finding("rollout", "health_check", message=message, hint=fix)


CANARY_TWICE = Problem(
    "canary-twice",
    "canary_count and canary_percent are both given: it is not clear which one counts",
    path="canary_percent",
    fix=Fix("keep only one of the two"),
)


@_rollout(
    CANARY_TWICE.code,
    "canary_count and canary_percent together",
    "The documentation does not say which of the two counts.",
    before="rollout:\n  strategy: canary\n  canary_count: 2\n  canary_percent: 5\n"
    "  health_check: {deadline: 5m}",
    after="rollout:\n  strategy: canary\n  canary_count: 2\n  health_check: {deadline: 5m}",
)
def _canary_twice(job: Job) -> Findings:
    if find(job.spec, "rollout.canary_count") and find(job.spec, "rollout.canary_percent"):
        message, fix = CANARY_TWICE.message, CANARY_TWICE.fix
        yield job.finding("rollout", "canary_percent", message=message, hint=fix)


@_rollout_warning(
    "no-strategy",
    "a rollout without a strategy",
    "The server then updates all nodes at once (immediate), whatever else the rollout says.",
    before="rollout: {max_parallel: 25, health_check: {deadline: 5m}}",
    after="rollout: {strategy: rolling, max_parallel: 25, health_check: {deadline: 5m}}",
)
def _no_strategy(job: Job) -> Findings:
    rollout = find(job.spec, "rollout")
    if isinstance(rollout, Object) and rollout.entries and find(rollout, "strategy") is None:
        message = "a rollout without a strategy is immediate: it updates all nodes at once"
        hint = "add: strategy: rolling, or strategy: immediate"
        yield job.finding("rollout", message=message, hint=hint)


@_rollout_warning(
    "pointless-field",
    "a field that the strategy ignores",
    "immediate ignores health_check and max_parallel; only canary uses canary_count, canary_percent"
    " and auto_promote.",
    before="rollout: {strategy: immediate, health_check: {deadline: 5m}}",
    after="rollout: {strategy: rolling, health_check: {deadline: 5m}}",
)
def _pointless_field(job: Job) -> Findings:
    strategy, rollout = text_of(job.spec, "rollout.strategy"), find(job.spec, "rollout")
    if strategy not in ("immediate", *_WITH_HEALTH_CHECK):
        return
    for name, strategies in _STRATEGIES.items():
        if strategy not in strategies and find(rollout, name) is not None:
            message = f"the strategy {strategy} ignores {name}"
            fix = Fix.write(f"strategy: {strategies[0]}", "remove it, or write")
            yield job.finding("rollout", name, message=message, hint=fix)


@_rollout(
    "total-timeout-too-small",
    "a total_timeout that is shorter than one of its parts",
    "It covers queueing, running and retrying, in seconds; 0 means no limit.",
    before="timeouts: {total_timeout: 60, execution_timeout: 3600}",
    after="timeouts: {total_timeout: 7200, execution_timeout: 3600}",
)
def _total_timeout_too_small(job: Job) -> Findings:
    longest = integer_of(find(job.spec, "timeouts.total_timeout"))
    if not longest or longest < 0:
        return
    for name in ("execution_timeout", "queue_timeout"):
        part = integer_of(find(job.spec, f"timeouts.{name}"))
        if part and longest < part:
            message = f"total_timeout ({longest} s) is shorter than {name} ({part} s)"
            hint = f"write {part} or more, or 0 for no limit"
            yield job.finding("timeouts", "total_timeout", message=message, hint=hint, at_key=False)


@rule(
    "selector",
    "empty-selector",
    "a job without a selector runs on EVERY node",
    "With --require-selector this is an error.",
    severity="warning",
    before="name: demo\nselector: {}",
    after="name: demo\nselector: {match_labels: {region: eu}}",
    checks=JOB_CHECKS,
)
def _empty_selector(job: Job) -> Findings:
    entries = job.spec.entries
    if not _is_empty(find(job.spec, "selector")):
        return
    place: Value = job.spec
    message = "there is no selector: the job runs on EVERY node"
    if "selector" in entries:
        place = entries["selector"][0]
        message = "the selector is empty: the job runs on EVERY node"
    elif misspelt_selectors(job.spec):
        return
    fix = Fix.write("selector: {match_labels: {region: eu}}", "add a selector, such as")
    severity = job.empty_severity
    yield Finding(place, (*job.path, "selector"), message, fix, severity=severity)


def _is_empty(selector: Value | None) -> bool:
    """Return whether a selector is missing, null or empty, and so matches every node."""
    return selector is None or (
        isinstance(selector, Object)
        and all(
            is_null(item)
            or (isinstance(item, Object) and not item.entries)
            or (isinstance(item, List) and not item.items)
            for _, item in selector.entries.values()
        )
    )


@rule(
    "selector",
    "misplaced-selector",
    "a selector inside config; only a warning if there is another one in the right place",
    "It selects no nodes.",
    before="name: demo\nselector: {match_ids: [n-1]}\nconfig:\n  selector: {match_ids: [n-2]}",
    after="name: demo\nselector: {match_ids: [n-1, n-2]}\nconfig: {}",
    checks=JOB_CHECKS,
)
def _misplaced_selector(job: Job) -> Findings:
    is_empty = _is_empty(find(job.spec, "selector"))
    yield from _find_misplaced(find(job.spec, "config"), (*job.path, "config"), is_empty)


def _find_misplaced(config: Value | None, path: Path, is_empty: bool) -> Findings:
    """Report selectors inside ``config``.

    :param is_empty: whether the job has no other selector. Then search at any depth, and report
        errors, not warnings.
    """
    if not isinstance(config, Object):
        return
    for name, (key, value) in config.entries.items():
        if is_selector_name(name):
            message = "a selector inside 'config' has no effect"
            severity = "warning"
            hint = "remove it: the selector of the job is the one next to 'name'"
            if is_empty:
                severity, hint = "error", "move what it says to 'selector', next to 'name'"
            yield Finding(key, (*path, name), message, hint, severity=severity)
        elif is_empty:
            yield from _find_misplaced(value, (*path, name), is_empty)


@rule(
    "selector",
    "invalid-selector",
    "a selector whose mistakes are ignored, or are of rules that are not selected",
    "No command reads such a job, and the server may run it on EVERY node.",
    before="name: demo\nselector: {match_labels: {gpu: 1}}  # nodeselect: ignore[wrong-type]",
    after='name: demo\nselector: {match_labels: {gpu: "1"}}',
    always_reported=True,
)
def invalid_selector(job: Job) -> Finding:
    """Return the finding for an invalid selector whose mistakes the user chose not to report."""
    key = (misspelt_selectors(job.spec) or [job.spec.entries["selector"][0]])[0]
    message = "the selector is not valid: the job may run on EVERY node"
    hint = "correct its mistakes; the rules that report them are ignored"
    return Finding(key, (*job.path, key.text), message, hint)


def misspelt_selectors(spec: Object) -> list[Scalar]:
    """Return the keys of the fields that are probably meant to be ``selector``."""
    keys = [key for key, _ in spec.entries.values()]
    return [key for key in keys if key.text != "selector" and is_selector_name(key.text)]


def is_like_job(spec: Object) -> bool:
    """Return whether a mapping is probably a job: by its type, pipeline config or selector.

    A ``nodeSelector`` without a name is not the selector of a job, but a value for a Helm chart;
    so is a config beside more fields that no job has.
    """
    config, names = find(spec, "config"), spec.entries.keys()
    known = [name for name in names if snake_case(name) in fields_of("JobSpec")]
    is_pipeline = isinstance(config, Object) and not PIPELINE_FIELDS.isdisjoint(config.entries)
    return (
        text_of(spec, "type") in _JOB_TYPES
        or (is_pipeline and 2 * len(known) >= len(names))
        or any(
            is_selector_name(name) and ("name" in names or not is_foreign_selector(name))
            for name in names
        )
    )
