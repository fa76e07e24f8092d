"""Rules about the rollout of a job, and its timeouts."""

from functools import partial

from nodeselect.documents.values import Object, Scalar, Value, find
from nodeselect.jobs.check.rule import DEMO, Check, define
from nodeselect.jobs.check.rules.fields import integer_of, truncated_path
from nodeselect.problem import Fix
from nodeselect.selectors.charset import MAX_INT64

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

STRATEGIES_WITH_HEALTH_CHECK = ("rolling", "canary")

# Fields that only these strategies use.
_STRATEGIES = {
    **dict.fromkeys(("canary_count", "canary_percent", "auto_promote"), ("canary",)),
    **dict.fromkeys(("max_parallel", "health_check"), STRATEGIES_WITH_HEALTH_CHECK),
}

_YEAR = 365 * 24 * 3600


def check_rollout(rollout: Object, key: Scalar, path: str) -> Check[None]:
    """Report fields that the strategy of a rollout requires but lacks, or has but ignores.

    :param key: the key of the rollout in the job.
    """
    value = find(rollout, "strategy")
    if value is None:
        message = "a rollout without a strategy is immediate: it updates all nodes at once"
        hint = "add: strategy: rolling, or strategy: immediate"
        yield _NO_STRATEGY.at(key, path, message, hint)
    strategy = value.text if isinstance(value, Scalar) else ""
    if value is not None and strategy in STRATEGIES_WITH_HEALTH_CHECK:
        yield from _check_health_check(rollout, value, path)
        max_parallel = find(rollout, "max_parallel")
        if max_parallel is not None and integer_of(max_parallel) == 0:
            message = "max_parallel: 0 means 0 percent of the nodes in each wave"
            hint = "write a percentage, such as 10; to update all nodes at once, write 100"
            yield _ZERO_PARALLEL.at(max_parallel, f"{path}.max_parallel", message, hint)
    if strategy in ("immediate", "rolling", "canary"):
        for name, strategies in _STRATEGIES.items():
            if strategy not in strategies and find(rollout, name) is not None:
                message = f"the strategy {strategy} ignores {name}"
                fix = Fix.write(f"strategy: {strategies[0]}", "remove it, or write")
                yield _POINTLESS_FIELD.at(rollout.entries[name][0], f"{path}.{name}", message, fix)
    if find(rollout, "canary_count") and find(rollout, "canary_percent"):
        place = rollout.entries["canary_percent"][0]
        yield CANARY_TWICE.at(place, f"{path}.canary_percent", *CANARY_TWICE_MESSAGE)


def _check_health_check(rollout: Object, strategy: Value, path: str) -> Check[None]:
    health_check = find(rollout, "health_check")
    if health_check is None and isinstance(strategy, Scalar):
        message = f"the strategy {strategy.text} requires a health_check with a deadline"
        fix = Fix.write("health_check: {deadline: 5m}", "add")
        yield _MISSING_HEALTH_CHECK.at(strategy, path, message, fix)
    if isinstance(health_check, Object) and find(health_check, "deadline") is None:
        place = rollout.entries["health_check"][0]
        message = "a health_check requires a deadline"
        yield _MISSING_DEADLINE.at(
            place, f"{path}.health_check", message, Fix.write("deadline: 5m", "add")
        )


def check_timeouts(timeouts: Value | None, path: str) -> Check[None]:
    """Report timeouts that are probably not in seconds, and a total that is shorter than a part."""
    if not isinstance(timeouts, Object):
        return
    for name, (_, value) in timeouts.entries.items():
        seconds = integer_of(value)
        if seconds and _YEAR < seconds <= MAX_INT64:
            message = f"{seconds} seconds is more than a year"
            hint = "write whole seconds, not nanoseconds, or 0 for no limit"
            yield _LONG_TIMEOUT.at(value, truncated_path(path, name), message, hint)
    total = find(timeouts, "total_timeout")
    longest = integer_of(total)
    for name in ("execution_timeout", "queue_timeout"):
        part = integer_of(find(timeouts, name))
        if total is not None and longest and part and 0 < longest < part:
            message = f"total_timeout ({longest} s) is shorter than {name} ({part} s)"
            hint = f"write {part} or more, or 0 for no limit"
            yield _SHORT_TOTAL_TIMEOUT.at(total, f"{path}.total_timeout", message, hint)
