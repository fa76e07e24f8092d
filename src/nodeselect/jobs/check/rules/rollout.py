"""Rules of rollouts and timeouts: fields that must, or must not, go together."""

from nodeselect.documents import Object, Scalar, Value
from nodeselect.jobs.check.rule import Check, Rule, define
from nodeselect.jobs.check.rules.fields import (
    DEMO,
    OLD_FIELD,
    check_model,
    field,
    integer_of,
    truncated_path,
)
from nodeselect.jobs.check.schema_fields import snake_case
from nodeselect.jobs.check.suggestions import is_misspelt
from nodeselect.jobs.models.durations import NANOSECONDS, parse_duration

__all__ = ["check_old_rollout", "check_rollout", "check_timeouts"]


def _rule(
    code: str, summary: str, why: str = "", *, before: str, after: str, severity: str = "error"
) -> Rule:
    before, after = f"{DEMO}{before}\n", f"{DEMO}{after}\n"
    return define(code, "rollout", summary, why, before=before, after=after, severity=severity)


_MISSING_HEALTH_CHECK = _rule(
    "missing-health-check",
    "a rolling or canary rollout without a health_check",
    before="rollout: {strategy: canary}",
    after="rollout: {strategy: canary, health_check: {deadline: 5m}}",
)
_MISSING_DEADLINE = _rule(
    "missing-deadline",
    "a health_check without a deadline",
    before="rollout: {strategy: rolling, health_check: {interval: 10s}}",
    after="rollout: {strategy: rolling, health_check: {deadline: 5m, interval: 10s}}",
)
_CANARY_TWICE = _rule(
    "canary-twice",
    "canary_count and canary_percent together",
    "Which of the two counts is not documented.",
    before="rollout:\n  strategy: canary\n  canary_count: 2\n  canary_percent: 5\n"
    "  health_check: {deadline: 5m}",
    after="rollout:\n  strategy: canary\n  canary_count: 2\n  health_check: {deadline: 5m}",
)
_NO_STRATEGY = _rule(
    "no-strategy",
    "a rollout without a strategy",
    "The server then uses immediate: all nodes at once, whatever else the rollout says.",
    severity="warning",
    before="rollout: {max_parallel: 25, health_check: {deadline: 5m}}",
    after="rollout: {strategy: rolling, max_parallel: 25, health_check: {deadline: 5m}}",
)
_POINTLESS_FIELD = _rule(
    "pointless-field",
    "a field that the strategy ignores",
    "immediate ignores health_check and max_parallel; only canary uses canary_count, canary_percent"
    " and auto_promote.",
    severity="warning",
    before="rollout: {strategy: immediate, health_check: {deadline: 5m}}",
    after="rollout: {strategy: rolling, health_check: {deadline: 5m}}",
)
_ZERO_PARALLEL = _rule(
    "zero-parallel",
    "max_parallel: 0, which is 0 percent",
    "max_parallel was once a number of nodes, and 0 meant all of them. It is now a percentage.",
    severity="warning",
    before="rollout: {strategy: rolling, max_parallel: 0, health_check: {deadline: 5m}}",
    after="rollout: {strategy: rolling, max_parallel: 100, health_check: {deadline: 5m}}",
)
_LONG_INTERVAL = _rule(
    "long-interval",
    "a health check whose interval is longer than its deadline",
    "No node would be checked before its deadline. The default interval is 10 seconds.",
    severity="warning",
    before="rollout: {strategy: rolling, health_check: {deadline: 5s, interval: 1m}}",
    after="rollout: {strategy: rolling, health_check: {deadline: 5m, interval: 1m}}",
)
_LONG_TIMEOUT = _rule(
    "long-timeout",
    "a timeout of more than a year",
    "Timeouts are in seconds; nanoseconds were probably meant.",
    severity="warning",
    before="timeouts: {total_timeout: 3600000000000}",
    after="timeouts: {total_timeout: 3600}",
)
_SHORT_TOTAL_TIMEOUT = _rule(
    "total-timeout-too-small",
    "a total_timeout that is shorter than one of its parts",
    "It covers queueing, running and retrying, in seconds; 0 means no limit.",
    before="timeouts: {total_timeout: 60, execution_timeout: 3600}",
    after="timeouts: {total_timeout: 7200, execution_timeout: 3600}",
)

# Fields that only these strategies use.
_STRATEGIES = {
    "canary_count": ("canary",),
    "canary_percent": ("canary",),
    "auto_promote": ("canary",),
    "max_parallel": ("rolling", "canary"),
    "health_check": ("rolling", "canary"),
}

_YEAR = 365 * 24 * 3600
_INT64_MAX = 2**63 - 1
_DEFAULT_INTERVAL = 10 * NANOSECONDS["s"]


def check_rollout(rollout: Value | None, key: Scalar, path: str) -> Check[None]:
    """Check what the strategy of a rollout requires, and what it ignores."""
    if not isinstance(rollout, Object) or not rollout.entries:
        return
    value = field(rollout, "strategy")
    if value is None and not is_misspelt("RolloutSpec", rollout, "strategy"):
        message = "a rollout without a strategy is immediate: it updates all nodes at once"
        hint = "add: strategy: rolling, or strategy: immediate"
        yield _NO_STRATEGY.at(key, path, message, hint)
    strategy = value.text if isinstance(value, Scalar) else ""
    if strategy in ("rolling", "canary"):
        yield from _check_health_check(rollout, strategy, path)
        yield from _check_max_parallel(rollout, path)
    if strategy in ("immediate", "rolling", "canary"):
        for name, strategies in _STRATEGIES.items():
            if strategy not in strategies and field(rollout, name) is not None:
                message = f"the strategy {strategy} ignores {name}"
                hint = f"remove it, or write: strategy: {strategies[0]}"
                yield _POINTLESS_FIELD.at(rollout.entries[name][0], f"{path}.{name}", message, hint)
    if field(rollout, "canary_count") and field(rollout, "canary_percent"):
        message = "canary_count and canary_percent are both given: it is not clear which one counts"
        place = rollout.entries["canary_percent"][0]
        yield _CANARY_TWICE.at(place, f"{path}.canary_percent", message, "keep only one of the two")


def _check_health_check(rollout: Object, strategy: str, path: str) -> Check[None]:
    health_check = field(rollout, "health_check")
    if health_check is None:
        message = f"the strategy {strategy} requires a health_check with a deadline"
        place = rollout.entries["strategy"][1]
        yield _MISSING_HEALTH_CHECK.at(place, path, message, "add: health_check: {deadline: 5m}")
    elif isinstance(health_check, Object):
        path += ".health_check"
        deadline, interval = field(health_check, "deadline"), field(health_check, "interval")
        if deadline is None:
            place = rollout.entries["health_check"][0]
            message = "a health_check requires a deadline"
            yield _MISSING_DEADLINE.at(place, path, message, "add: deadline: 5m")
        else:
            yield from _check_interval(deadline, interval, path)


def _check_interval(deadline: Value, interval: Value | None, path: str) -> Check[None]:
    longest = _nanoseconds(deadline)
    length = _DEFAULT_INTERVAL if interval is None else _nanoseconds(interval)
    if longest and length and NANOSECONDS["ms"] <= longest < length:
        name = "the default interval, 10s," if interval is None else "the interval"
        message = f"{name} is longer than the deadline: no node is checked in time"
        path += ".deadline" if interval is None else ".interval"
        hint = "write a shorter interval or a longer deadline"
        yield _LONG_INTERVAL.at(interval or deadline, path, message, hint)


def _check_max_parallel(rollout: Object, path: str) -> Check[None]:
    value = field(rollout, "max_parallel")
    if value is not None and integer_of(value) == 0:
        message = "max_parallel: 0 means 0 percent of the nodes in each wave"
        hint = "write a percentage, such as 10; to update all nodes at once, write 100"
        yield _ZERO_PARALLEL.at(value, f"{path}.max_parallel", message, hint)


def _nanoseconds(value: Value) -> int | None:
    if isinstance(value, Scalar) and value.kind == "text":
        return parse_duration(value.text)
    return integer_of(value)


def check_old_rollout(spec: Object, prefix: str) -> Check[None]:
    """Check a ``deployment`` as the rollout that it becomes when it is renamed."""
    for name, (key, value) in spec.entries.items():
        if snake_case(name) != "deployment" or not isinstance(value, Object):
            continue
        path = truncated_path(prefix.rstrip("."), name)
        yield from _check_old_max_parallel(field(value, "max_parallel"), path)
        entries = {name: item for name, item in value.entries.items() if name != "max_parallel"}
        rollout = value._replace(entries=entries)
        yield from check_model("RolloutSpec", rollout, path)
        yield from check_rollout(rollout, key, path)


def _check_old_max_parallel(value: Value | None, path: str) -> Check[None]:
    count = integer_of(value)
    if value is not None and count is not None:
        message = "max_parallel was a number of nodes and is now a percentage"
        hint = f"{count} would be {count} percent: write a percentage"
        if count == 0:
            hint = "to update all nodes at once, write 100"
        yield OLD_FIELD.at(value, f"{path}.max_parallel", message, hint)


def check_timeouts(timeouts: Value | None, path: str) -> Check[None]:
    """Check that timeouts are in seconds, and that the total is not shorter than its parts."""
    if not isinstance(timeouts, Object):
        return
    for name, (_, value) in timeouts.entries.items():
        seconds = integer_of(value)
        if seconds and _YEAR < seconds <= _INT64_MAX:
            message = f"{seconds} seconds is more than a year"
            whole, rest = divmod(seconds, NANOSECONDS["s"])
            hint = "for no limit, write: 0"
            if whole and not rest:
                hint = f"timeouts are in seconds, not nanoseconds; write: {whole}"
            yield _LONG_TIMEOUT.at(value, truncated_path(path, name), message, hint)
    total = field(timeouts, "total_timeout")
    longest = integer_of(total)
    for name in ("execution_timeout", "queue_timeout"):
        part = integer_of(field(timeouts, name))
        if total is not None and longest and part and 0 < longest < part:
            message = f"total_timeout ({longest} s) is shorter than {name} ({part} s)"
            hint = f"write {part} or more, or 0 for no limit"
            yield _SHORT_TOTAL_TIMEOUT.at(total, f"{path}.total_timeout", message, hint)
