"""What a job's rollout, timeouts and notes must keep beyond their types."""

import difflib

from nodeselect.documents import Object, Scalar
from nodeselect.documents.values import Value
from nodeselect.jobs.check.fields import check_part, field, has, integer_of
from nodeselect.jobs.check.problems import Problems
from nodeselect.jobs.check.unknown_fields import is_misspelt, is_wrapped, snake_case
from nodeselect.jobs.models.durations import NANOSECONDS, parse_duration
from nodeselect.text import printable, quoted

__all__ = ["check_rollout", "check_spec"]

_BY_STRATEGY = {
    "canary_count": ("canary",),
    "canary_percent": ("canary",),
    "auto_promote": ("canary",),
    "max_parallel": ("rolling", "canary"),
    "health_check": ("rolling", "canary"),
}
"""Fields that only some strategies look at."""

_TYPES = ("pipeline", "query", "update", "config")
_OTHER_TYPES = {"daemon": "pipeline", "ops": "query", "batch": "query", "service": "pipeline"}
"""What the types of Bacalhau are most like."""

_RESERVED = "expanso.io"
_YEAR = 365 * 24 * 3600
_INT64 = 2**63 - 1
_INTERVAL = 10 * NANOSECONDS["s"]
"""The interval of a health check that has none."""


def check_spec(problems: Problems, spec: Object, path: str) -> None:
    """Check all of a job spec but its selector.

    :param path: what stands before its fields, up to the dot.
    """
    name = field(spec, "name")
    elsewhere = problems.errors and (is_misspelt("JobSpec", spec, "name") or is_wrapped(spec))
    if (name is None and not elsewhere) or (isinstance(name, Scalar) and not name.text.strip()):
        message = "the job has no name: it cannot be updated, or told from others"
        at = (
            name.position
            if name
            else spec.entries["name"][0].position
            if "name" in spec.entries
            else spec.position
        )
        problems.add("no-name", message, at, path.rstrip("."), hint="write: name: ...")
    _check_type(problems, spec, path)
    _check_meta(problems, spec, path)
    timeouts, rollout = field(spec, "timeouts"), field(spec, "rollout")
    if isinstance(timeouts, Object):
        _check_timeouts(problems, timeouts, f"{path}timeouts")
    if isinstance(rollout, Object) and rollout.entries:
        check_rollout(problems, rollout, spec.entries["rollout"][0], f"{path}rollout")
    if rollout is None:
        _check_old(problems, spec, path)


def _check_old(problems: Problems, spec: Object, path: str) -> None:
    """Check what would be a rollout under its new name; its number of nodes has to change."""
    for name, (key, old) in spec.entries.items():
        if snake_case(name) == "deployment" and isinstance(old, Object):
            others = {field: item for field, item in old.entries.items() if field != "max_parallel"}
            rest = old._replace(entries=others)
            place = f"{path}{printable(name)}"
            _check_old_parallel(problems, field(old, "max_parallel"), place)
            check_part(problems, "RolloutSpec", rest, place)
            if rest.entries:
                check_rollout(problems, rest, key, place)


def _check_old_parallel(problems: Problems, value: Value | None, path: str) -> None:
    count = integer_of(value)
    if value is not None and count is not None:
        problems.add_at(
            "old-field",
            "max_parallel was a number of nodes, and is a percentage of them now",
            value,
            f"{path}.max_parallel",
            "for all nodes at once write 100"
            if count == 0
            else f"{count} would be {count} percent: write the percentage that is meant",
        )


def _check_type(problems: Problems, spec: Object, path: str) -> None:
    value = field(spec, "type")
    if not isinstance(value, Scalar) or value.kind != "text" or value.text in _TYPES:
        return
    plain = value.text[:40].lower()
    close = difflib.get_close_matches(plain, _TYPES, 1, 0.7)
    meant = _OTHER_TYPES.get(plain, close[0] if close else None)
    problems.add_at(
        "unknown-type",
        f"{quoted(value.text)} is no type that is known: {', '.join(_TYPES)}",
        value,
        f"{path}type",
        f"did you mean '{meant}'?" if meant else None,
    )


def _check_meta(problems: Problems, spec: Object, path: str) -> None:
    meta = field(spec, "meta")
    for key, _ in meta.entries.values() if isinstance(meta, Object) else ():
        prefix, slash, _ = key.text.partition("/")
        if slash and prefix == _RESERVED:
            problems.add_at(
                "reserved-key",
                f"keys under {_RESERVED}/ belong to the server",
                key,
                f"{path}meta.{printable(key.text[:60])}",
                "use a prefix of your own, or none",
            )


def _check_timeouts(problems: Problems, timeouts: Object, path: str) -> None:
    """The total counts queueing, running and retrying; 0 is no limit."""
    for name, (_, value) in timeouts.entries.items():
        seconds = integer_of(value)
        if seconds and _YEAR < seconds <= _INT64:
            meant, rest = divmod(seconds, NANOSECONDS["s"])
            problems.add_at(
                "long-timeout",
                f"{seconds} seconds are more than a year",
                value,
                f"{path}.{printable(name[:60])}",
                f"timeouts are in seconds, not nanoseconds; write: {meant}"
                if meant and not rest
                else "timeouts are in seconds; write 0 for no limit",
            )
    total = field(timeouts, "total_timeout")
    most = integer_of(total)
    for name in ("execution_timeout", "queue_timeout"):
        part = integer_of(field(timeouts, name))
        if total is not None and most and part and 0 < most < part:
            problems.add_at(
                "total-timeout-too-small",
                f"total_timeout ({most} s) is smaller than {name} ({part} s), which is part of it",
                total,
                f"{path}.total_timeout",
                f"write {part} or more, or 0 for no limit",
            )


def check_rollout(problems: Problems, rollout: Object, key: Scalar, path: str) -> None:
    """Check what the strategy of a rollout asks for, and what it does not look at."""
    value = field(rollout, "strategy")
    if value is None and not (problems.errors and is_misspelt("RolloutSpec", rollout, "strategy")):
        problems.add_at(
            "no-strategy",
            "a rollout without a strategy is immediate: all nodes at once",
            key,
            path,
            "write: strategy: rolling, or strategy: immediate",
        )
    strategy = value.text if isinstance(value, Scalar) else ""
    if strategy in ("rolling", "canary"):
        _check_health(problems, rollout, strategy, path)
        parallel = field(rollout, "max_parallel")
        if parallel is not None and integer_of(parallel) == 0:
            problems.add_at(
                "zero-parallel",
                "max_parallel: 0 is 0 percent of the nodes for each wave",
                parallel,
                f"{path}.max_parallel",
                "write a percentage, such as 10; for all nodes at once write 100",
            )
    for name, strategies in _BY_STRATEGY.items():
        known = strategy in ("immediate", "rolling", "canary")
        if known and strategy not in strategies and has(rollout, name):
            problems.add_at(
                "pointless-field",
                f"the strategy {strategy} does not look at {name}",
                rollout.entries[name][0],
                f"{path}.{name}",
                f"take it away, or write: strategy: {strategies[0]}",
            )
    if has(rollout, "canary_count") and has(rollout, "canary_percent"):
        problems.add_at(
            "canary-twice",
            "there is a canary_count and a canary_percent: which one counts is not clear",
            rollout.entries["canary_percent"][0],
            f"{path}.canary_percent",
            "keep one of the two",
        )


def _check_health(problems: Problems, rollout: Object, strategy: str, path: str) -> None:
    health = field(rollout, "health_check")
    if health is None:
        problems.add_at(
            "missing-health-check",
            f"the strategy {strategy} needs a health_check with a deadline",
            rollout.entries["strategy"][1],
            path,
            "write: health_check: {deadline: 5m}",
        )
    elif isinstance(health, Object) and field(health, "deadline") is None:
        problems.add_at(
            "missing-deadline",
            "a health_check needs a deadline",
            rollout.entries["health_check"][0],
            f"{path}.health_check",
            "write: deadline: 5m",
        )
    elif isinstance(health, Object):
        _check_interval(problems, health, f"{path}.health_check")


def _check_interval(problems: Problems, health: Object, path: str) -> None:
    deadline, interval = field(health, "deadline"), field(health, "interval")
    most = _nanoseconds(deadline)
    each = _INTERVAL if interval is None else _nanoseconds(interval)
    if deadline is not None and most and each and NANOSECONDS["ms"] <= most < each:
        problems.add_at(
            "long-interval",
            "the interval is longer than the deadline: no node is checked in time"
            if interval is not None
            else "the interval, 10s where none is given, is longer than the deadline",
            interval or deadline,
            f"{path}.{'interval' if interval else 'deadline'}",
            "write a shorter interval, or a longer deadline",
        )


def _nanoseconds(value: Value | None) -> int | None:
    if isinstance(value, Scalar) and value.kind == "text":
        return parse_duration(value.text)
    return integer_of(value)
