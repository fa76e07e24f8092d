"""Rules of a job as a whole: its name, type and notes, and that it has a selector."""

import difflib

from nodeselect.documents import List, Object, Scalar, Value, is_null
from nodeselect.jobs.check.rule import Check, define
from nodeselect.jobs.check.rules.fields import DEMO, field, truncated_path
from nodeselect.jobs.check.schema_fields import is_selector_name, is_wrapper
from nodeselect.jobs.check.suggestions import is_misspelt
from nodeselect.text import quoted

__all__ = [
    "check_empty_selector",
    "check_misplaced_selector",
    "check_name",
    "check_reserved_keys",
    "check_type",
    "invalid_selector",
    "is_empty_selector",
]

_NO_NAME = define(
    "no-name",
    "fields",
    "a job without a name",
    "A job is updated by submitting another one with its name.",
    severity="warning",
    before="selector: {match_labels: {region: eu}}\n",
    after=DEMO,
)
_UNKNOWN_TYPE = define(
    "unknown-type",
    "fields",
    "an unknown type of job",
    "The documented types are pipeline, query, update and config. The server may know others, so"
    " this is a warning.",
    severity="warning",
    before=f"{DEMO}type: daemon\n",
    after=f"{DEMO}type: pipeline\n",
)
_RESERVED_KEY = define(
    "reserved-key",
    "fields",
    "a key of meta with the prefix expanso.io/",
    "These keys belong to the server, which ignores changes of them. Only the whole prefix is"
    " reserved: my-expanso.io/x and a.expanso.io/x are not.",
    before=f"{DEMO}meta: {{expanso.io/owner: me}}\n",
    after=f"{DEMO}meta: {{owner: me}}\n",
)

_EMPTY_SELECTOR = define(
    "empty-selector",
    "selector",
    "a job without a selector runs on EVERY node",
    "With --require-selector this is an error.",
    severity="warning",
    before="name: demo\nselector: {}\n",
    after="name: demo\nselector: {match_labels: {region: eu}}\n",
)
_MISPLACED_SELECTOR = define(
    "misplaced-selector",
    "selector",
    "a selector inside config",
    "There it selects no nodes. It is a warning if the job also has a selector in the right place.",
    before="name: demo\nselector: {match_ids: [n-1]}\nconfig:\n  selector: {match_ids: [n-2]}\n",
    after="name: demo\nselector: {match_ids: [n-1, n-2]}\nconfig: {}\n",
)
_JOB_TYPES = ("pipeline", "query", "update", "config")
# The types of Bacalhau, and the most similar ones of Expanso.
_BACALHAU_TYPES = {"daemon": "pipeline", "service": "pipeline", "ops": "query", "batch": "query"}


def check_name(spec: Object, prefix: str) -> Check[None]:
    """Check that a job has a name.

    :param prefix: of the paths of the spec's fields: empty, or ``spec.``.
    """
    name = field(spec, "name")
    if name is not None and not (isinstance(name, Scalar) and not name.text.strip()):
        return
    if name is None and (
        is_misspelt("JobSpec", spec, "name") or any(map(is_wrapper, spec.entries))
    ):
        return  # which is reported
    place: Value = name or (spec.entries["name"][0] if "name" in spec.entries else spec)
    message = "the job has no name: it cannot be updated or found by name"
    yield _NO_NAME.at_position(place.position, prefix.rstrip("."), message, "add: name: my-job")


def check_type(spec: Object, prefix: str) -> Check[None]:
    """Check that the type of a job is known."""
    value = field(spec, "type")
    if not isinstance(value, Scalar) or value.kind != "text" or value.text in _JOB_TYPES:
        return
    plain = value.text[:40].lower()
    close = difflib.get_close_matches(plain, _JOB_TYPES, 1, 0.7)
    suggestion = _BACALHAU_TYPES.get(plain, close[0] if close else None)
    message = f"{quoted(value.text)} is not a known type: {', '.join(_JOB_TYPES)}"
    hint = f"did you mean '{suggestion}'?" if suggestion else None
    yield _UNKNOWN_TYPE.at(value, f"{prefix}type", message, hint)


def check_reserved_keys(spec: Object, prefix: str) -> Check[None]:
    """Check that no key of ``meta`` belongs to the server."""
    meta = field(spec, "meta")
    for key, _ in meta.entries.values() if isinstance(meta, Object) else ():
        if key.text.startswith("expanso.io/"):
            message = "keys with the prefix expanso.io/ are reserved for the server"
            path = truncated_path(f"{prefix}meta", key.text)
            yield _RESERVED_KEY.at(key, path, message, "use another prefix, or none")


def is_empty_selector(value: Value | None) -> bool:
    """Return whether a selector is missing, null or empty, and so matches every node."""
    if value is None or is_null(value):
        return True
    return isinstance(value, Object) and all(
        is_null(item)
        or (isinstance(item, Object) and not item.entries)
        or (isinstance(item, List) and not item.items)
        for _, item in value.entries.values()
    )


def check_empty_selector(spec: Object, prefix: str, severity: str | None) -> Check[None]:
    """Check that a job does not run on every node."""
    if is_empty_selector(field(spec, "selector")):
        yield from _empty_selector(spec, prefix, severity, "the selector is empty", "runs")


def invalid_selector(spec: Object, prefix: str, severity: str | None) -> Check[None]:
    """Report that a selector is not valid, if none of its mistakes is reported."""
    yield from _empty_selector(spec, prefix, severity, "the selector is not valid", "may run")


def _empty_selector(
    spec: Object, prefix: str, severity: str | None, message: str, runs: str
) -> Check[None]:
    place: Value = spec
    length = 1
    if "selector" in spec.entries:
        place = spec.entries["selector"][0]
        length = len("selector")
    else:
        message = "there is no selector"
    yield _EMPTY_SELECTOR.at_position(
        place.position,
        f"{prefix}selector",
        f"{message}: the job {runs} on EVERY node",
        "add a selector, such as: selector: {match_labels: {region: eu}}",
        length=length,
        severity=severity,
    )


def check_misplaced_selector(spec: Object, prefix: str) -> Check[None]:
    """Check that no selector is inside ``config``; look deeper if the job has no other."""
    config = field(spec, "config")
    has_selector = not is_empty_selector(field(spec, "selector"))
    mappings = [(config, f"{prefix}config")] if isinstance(config, Object) else []
    while mappings:
        mapping, path = mappings.pop()
        for name, (key, value) in mapping.entries.items():
            below = truncated_path(path, name)
            if is_selector_name(name):
                yield _MISPLACED_SELECTOR.at(
                    key,
                    below,
                    "a selector inside 'config' selects no nodes",
                    "move it out of 'config', to the level of 'name'",
                    severity="warning" if has_selector else "error",
                )
            elif not has_selector and isinstance(value, Object):
                mappings.append((value, below))
