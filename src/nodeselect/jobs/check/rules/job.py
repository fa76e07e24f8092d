"""Rules about a whole job: name, type, meta, rollout, timeouts, and whether it has a selector."""

import os
from functools import partial
from typing import TypeAlias

from nodeselect.documents import List, Object, Scalar, Value, is_null
from nodeselect.jobs.check.rule import DEMO, Check, Finding, define
from nodeselect.jobs.check.rules.fields import field, integer_of, truncated_path
from nodeselect.jobs.check.schema_fields import is_selector_name, is_wrapper, snake_case
from nodeselect.jobs.check.suggestions import PIPELINE_FIELDS, suggest_word
from nodeselect.text import join_limited, quoted

__all__ = [
    "CANARY_TWICE",
    "CANARY_TWICE_MESSAGE",
    "RESERVED_PREFIX",
    "STRATEGIES_WITH_HEALTH_CHECK",
    "Names",
    "check_job_fields",
    "check_repeated_name",
    "invalid_selector",
    "is_like_job",
    "misspelt_selectors",
]

_NO_NAME = define(
    "fields",
    "no-name",
    "a job without a name",
    "To update a job, submit another one with the same name.",
    severity="warning",
    before="selector: {match_labels: {region: eu}}",
    after=DEMO.rstrip(),
)
_REPEATED_NAME = define(
    "fields",
    "repeated-name",
    "a job with the name of another one in the same folder and namespace",
    "Submitting a job with the name of another one replaces that.",
    severity="warning",
)
_NO_TYPE = define(
    "fields",
    "no-type",
    "a job without a type",
    "The type decides how long a job runs, and whether it also runs on nodes that join later.",
    severity="warning",
    before="name: demo\nselector: {match_labels: {region: eu}}\n"
    "config: {input: {stdin: {}}, output: {stdout: {}}}",
    after="name: demo\ntype: pipeline\nselector: {match_labels: {region: eu}}\n"
    "config: {input: {stdin: {}}, output: {stdout: {}}}",
)
_NO_CONFIG = define(
    "fields",
    "no-config",
    "a job without a config, or with an empty one",
    "The config is what the job does.",
    severity="warning",
    before="name: demo\ntype: pipeline\nselector: {match_labels: {region: eu}}",
    after="name: demo\ntype: pipeline\nselector: {match_labels: {region: eu}}\n"
    "config: {input: {stdin: {}}, output: {stdout: {}}}",
)
_UNKNOWN_TYPE = define(
    "fields",
    "unknown-type",
    "an unknown type of job",
    "The documented types are pipeline, query, update and config. The server may know others, so"
    " this is a warning.",
    severity="warning",
    before=f"{DEMO}type: daemon",
    after=f"{DEMO}type: pipeline",
)
# What is reported if a field is missing, and what to write.
_MISSING = {
    "name": (
        _NO_NAME,
        "the job has no name: it cannot be updated or found by name",
        "add: name: my-job",
    ),
    "type": (
        _NO_TYPE,
        "the job has no type: it is not clear how it is scheduled",
        "add: type: pipeline",
    ),
    "config": (
        _NO_CONFIG,
        "the job has no config: there is nothing to run",
        "add, for example: config: {input: {stdin: {}}, output: {stdout: {}}}",
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

_error = partial(define, "rollout", head=DEMO)
_warning = partial(define, "rollout", head=DEMO, severity="warning")

_MISSING_HEALTH_CHECK = _error(
    "missing-health-check",
    "a rolling or canary rollout without a health_check",
    before="rollout: {strategy: canary}",
    after="rollout: {strategy: canary, health_check: {deadline: 5m}}",
)
_MISSING_DEADLINE = _error(
    "missing-deadline",
    "a health_check without a deadline",
    before="rollout: {strategy: rolling, health_check: {interval: 10s}}",
    after="rollout: {strategy: rolling, health_check: {deadline: 5m, interval: 10s}}",
)
CANARY_TWICE = _error(
    "canary-twice",
    "canary_count and canary_percent together",
    "The documentation does not say which of the two counts.",
    before="rollout:\n  strategy: canary\n  canary_count: 2\n  canary_percent: 5\n"
    "  health_check: {deadline: 5m}",
    after="rollout:\n  strategy: canary\n  canary_count: 2\n  health_check: {deadline: 5m}",
)
# What is wrong, and what to write.
CANARY_TWICE_MESSAGE = (
    "canary_count and canary_percent are both given: it is not clear which one counts",
    "keep only one of the two",
)
_NO_STRATEGY = _warning(
    "no-strategy",
    "a rollout without a strategy",
    "The server then updates all nodes at once (immediate), whatever else the rollout says.",
    before="rollout: {max_parallel: 25, health_check: {deadline: 5m}}",
    after="rollout: {strategy: rolling, max_parallel: 25, health_check: {deadline: 5m}}",
)
_POINTLESS_FIELD = _warning(
    "pointless-field",
    "a field that the strategy ignores",
    "immediate ignores health_check and max_parallel; only canary uses canary_count, canary_percent"
    " and auto_promote.",
    before="rollout: {strategy: immediate, health_check: {deadline: 5m}}",
    after="rollout: {strategy: rolling, health_check: {deadline: 5m}}",
)
_ZERO_PARALLEL = _warning(
    "zero-parallel",
    "max_parallel: 0, which is 0 percent",
    "max_parallel was once a number of nodes, and 0 meant all of them. It is now a percentage.",
    before="rollout: {strategy: rolling, max_parallel: 0, health_check: {deadline: 5m}}",
    after="rollout: {strategy: rolling, max_parallel: 100, health_check: {deadline: 5m}}",
)
_LONG_TIMEOUT = _warning(
    "long-timeout",
    "a timeout of more than a year",
    "Timeouts are in seconds; nanoseconds were probably meant.",
    before="timeouts: {total_timeout: 3600000000000}",
    after="timeouts: {total_timeout: 3600}",
)
_SHORT_TOTAL_TIMEOUT = _error(
    "total-timeout-too-small",
    "a total_timeout that is shorter than one of its parts",
    "It covers queueing, running and retrying, in seconds; 0 means no limit.",
    before="timeouts: {total_timeout: 60, execution_timeout: 3600}",
    after="timeouts: {total_timeout: 7200, execution_timeout: 3600}",
)

_JOB_TYPES = ("pipeline", "query", "update", "config")
# The types of Bacalhau, and the most similar ones of Expanso.
_BACALHAU_TYPES = {"daemon": "pipeline", "service": "pipeline", "ops": "query", "batch": "query"}

# Fields that only these strategies use.
_STRATEGIES = {
    "canary_count": ("canary",),
    "canary_percent": ("canary",),
    "auto_promote": ("canary",),
    "max_parallel": ("rolling", "canary"),
    "health_check": ("rolling", "canary"),
}

STRATEGIES_WITH_HEALTH_CHECK = ("rolling", "canary")
RESERVED_PREFIX = "expanso.io/"

Names: TypeAlias = dict[tuple[str, str, str], str]
"""The names of files by the folder, namespace and name of the job in each."""

_YEAR = 365 * 24 * 3600


def is_like_job(spec: Object) -> bool:
    """Return whether a mapping with a name or a type is probably a job spec, valid or not."""
    type_, config = field(spec, "type"), field(spec, "config")
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
    yield from _check_type(field(spec, "type"), f"{prefix}type")
    yield from _check_reserved_keys(field(spec, "meta"), f"{prefix}meta")
    is_empty = _is_empty_selector(field(spec, "selector"))
    if is_empty and ("selector" in spec.entries or not misspelt_selectors(spec)):
        yield _empty_selector(spec, prefix, severity)
    yield from _check_misplaced_selector(field(spec, "config"), f"{prefix}config", is_empty)
    yield from _check_timeouts(field(spec, "timeouts"), f"{prefix}timeouts")
    rollout = field(spec, "rollout")
    if isinstance(rollout, Object) and rollout.entries:
        yield from _check_rollout(rollout, spec.entries["rollout"][0], f"{prefix}rollout")


def _check_missing(spec: Object, prefix: str) -> Check[None]:
    """Report which of name, type and config are missing or empty."""
    missing = [name for name in _MISSING if _is_blank(field(spec, name))]
    names = set(map(snake_case, spec.entries.keys() - _MISSING.keys())) if missing else set()
    if any(map(is_wrapper, names)):
        return  # a field that wraps the job is reported: they are in there
    for name in missing:
        if name in names or (name == "config" and names & {*PIPELINE_FIELDS, "tasks"}):
            continue  # the error for that field has the hint
        rule, message, hint = _MISSING[name]
        value = field(spec, name)
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
    name, namespace = field(spec, "name"), field(spec, "namespace")
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
    hint = "add a selector, such as: selector: {match_labels: {region: eu}}"
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


def _check_rollout(rollout: Object, key: Scalar, path: str) -> Check[None]:
    """Report fields that the strategy of a rollout requires but lacks, or has but ignores.

    :param key: the key of the rollout in the job.
    """
    value = field(rollout, "strategy")
    if value is None:
        message = "a rollout without a strategy is immediate: it updates all nodes at once"
        hint = "add: strategy: rolling, or strategy: immediate"
        yield _NO_STRATEGY.at(key, path, message, hint)
    strategy = value.text if isinstance(value, Scalar) else ""
    if value is not None and strategy in STRATEGIES_WITH_HEALTH_CHECK:
        yield from _check_health_check(rollout, value, path)
        max_parallel = field(rollout, "max_parallel")
        if max_parallel is not None and integer_of(max_parallel) == 0:
            message = "max_parallel: 0 means 0 percent of the nodes in each wave"
            hint = "write a percentage, such as 10; to update all nodes at once, write 100"
            yield _ZERO_PARALLEL.at(max_parallel, f"{path}.max_parallel", message, hint)
    if strategy in ("immediate", "rolling", "canary"):
        for name, strategies in _STRATEGIES.items():
            if strategy not in strategies and field(rollout, name) is not None:
                message = f"the strategy {strategy} ignores {name}"
                hint = f"remove it, or write: strategy: {strategies[0]}"
                yield _POINTLESS_FIELD.at(rollout.entries[name][0], f"{path}.{name}", message, hint)
    if field(rollout, "canary_count") and field(rollout, "canary_percent"):
        place = rollout.entries["canary_percent"][0]
        yield CANARY_TWICE.at(place, f"{path}.canary_percent", *CANARY_TWICE_MESSAGE)


def _check_health_check(rollout: Object, strategy: Value, path: str) -> Check[None]:
    health_check = field(rollout, "health_check")
    if health_check is None and isinstance(strategy, Scalar):
        message = f"the strategy {strategy.text} requires a health_check with a deadline"
        hint = "add: health_check: {deadline: 5m}"
        yield _MISSING_HEALTH_CHECK.at(strategy, path, message, hint)
    if isinstance(health_check, Object) and field(health_check, "deadline") is None:
        place = rollout.entries["health_check"][0]
        message = "a health_check requires a deadline"
        yield _MISSING_DEADLINE.at(place, f"{path}.health_check", message, "add: deadline: 5m")


def _check_timeouts(timeouts: Value | None, path: str) -> Check[None]:
    """Report timeouts that are probably not in seconds, and a total that is shorter than a part."""
    if not isinstance(timeouts, Object):
        return
    for name, (_, value) in timeouts.entries.items():
        seconds = integer_of(value)
        if seconds and _YEAR < seconds < 2**63:
            message = f"{seconds} seconds is more than a year"
            hint = "write whole seconds, not nanoseconds, or 0 for no limit"
            yield _LONG_TIMEOUT.at(value, truncated_path(path, name), message, hint)
    total = field(timeouts, "total_timeout")
    longest = integer_of(total)
    for name in ("execution_timeout", "queue_timeout"):
        part = integer_of(field(timeouts, name))
        if total is not None and longest and part and 0 < longest < part:
            message = f"total_timeout ({longest} s) is shorter than {name} ({part} s)"
            hint = f"write {part} or more, or 0 for no limit"
            yield _SHORT_TOTAL_TIMEOUT.at(total, f"{path}.total_timeout", message, hint)
