"""Numbers at the edge: every bound of a field accepts both of its ends, and nothing beyond."""

import json
import math
from typing import Any

import pytest

from nodeselect import JobError, jobs
from nodeselect.expanso.schema_fields import fields_of, parse_duration
from nodeselect.jobs import check_job, select_rules

BILLION, LARGEST = 10**9, 2**63 - 1

# The bounds of every field with a number, by the model and the name.
BOUNDS: dict[tuple[str, str], tuple[int, int]] = {
    ("HealthCheck", "deadline"): (1, LARGEST),
    ("HealthCheck", "interval"): (1, LARGEST),
    ("HealthCheck", "failure_threshold"): (0, LARGEST),
    ("HealthCheck", "success_threshold"): (0, LARGEST),
    ("HealthCheck", "max_error_rate"): (0, 1),
    ("JobSpec", "priority"): (-(2**63), LARGEST),
    ("RolloutSpec", "max_parallel"): (0, 100),
    ("RolloutSpec", "canary_count"): (0, LARGEST),
    ("RolloutSpec", "canary_percent"): (0, 100),
    ("RolloutSpec", "max_failed_nodes"): (0, LARGEST),
    ("RolloutSpec", "max_failed_nodes_percent"): (0, 100),
    ("Timeouts", "execution_timeout"): (0, LARGEST),
    ("Timeouts", "queue_timeout"): (0, LARGEST),
    ("Timeouts", "total_timeout"): (0, LARGEST),
}
MODELS = ("HealthCheck", "JobSpec", "NodeSelector", "RolloutSpec", "Timeouts")
PATHS = {"HealthCheck": ("rollout", "health_check"), "RolloutSpec": ("rollout",)}
PATHS |= {"Timeouts": ("timeouts",)}
TYPES = select_rules(["out-of-range", "wrong-type"])


def codes_of(model: str, fields: dict[str, Any], rules: Any = TYPES) -> list[str]:
    """Return the codes of what is wrong with a job that has these fields of a model."""
    job: dict[str, Any] = fields
    for name in reversed(PATHS.get(model, ())):
        job = {name: job}
    text = json.dumps({"name": "x", "selector": {"match_ids": ["a"]}, **job})
    return [each.code for each in check_job(text, "x.json", rules=rules).problems]


def test_every_bound_is_in_the_table() -> None:
    """A new field with a number, or another bound, is seen here first."""
    found = {
        (model, name): (field.minimum, field.maximum)
        for model in MODELS
        for name, field in fields_of(model).items()
        if field.kind in ("integer", "number", "duration")
    }
    assert found == BOUNDS


@pytest.mark.parametrize(("model", "name"), BOUNDS)
def test_both_ends_and_one_beyond(model: str, name: str) -> None:
    """The check and the constructor accept both ends of a bound, and refuse one beyond."""
    low, high = BOUNDS[model, name]
    field, make = fields_of(model)[name], getattr(jobs, model)
    beyond: list[Any] = [low - 1, high + 1]
    if field.kind == "number":
        beyond += [math.nextafter(low, -1), math.nextafter(high, math.inf)]
    if field.kind == "duration":
        assert codes_of(model, {name: f"{high}ns"}) == codes_of(model, {name: f"{low}ns"}) == []
        beyond += [f"{high + 1}ns", "0s"]
    for number in (low, high):
        assert codes_of(model, {name: number}) == []
        assert getattr(make(**{name: number}), name) == number
    for wrong in beyond:
        assert codes_of(model, {name: wrong}) == ["out-of-range"]
        with pytest.raises(JobError) as caught:
            make(**{name: wrong})
        assert [each.code for each in caught.value.problems] == ["out-of-range"]


@pytest.mark.parametrize(
    ("fits", "exceeds"),
    [
        ("-9223372036854775808", "-9223372036854775809"),
        ("18446744073709551615", "18446744073709551616"),
        ("0", "100000000000000000000"),
        ("1.7e+308", "1.8e+308"),
        ("-1.7e+308", "-1.8e+308"),
    ],
)
def test_numbers_in_a_config(fits: str, exceeds: str) -> None:
    """A whole number in a config has 64 bits, signed or not; a fraction is finite."""
    for number, codes in ((fits, []), (exceeds, ["out-of-range"])):
        text = f"name: x\nconfig: {{a: [{{b: {number}}}]}}\n"
        assert [each.code for each in check_job(text, rules=TYPES).problems] == codes


YEAR = 365 * 24 * 3600


@pytest.mark.parametrize(
    ("model", "name", "likely", "unlikely"),
    [
        ("HealthCheck", "deadline", 10**6, 10**6 - 1),
        ("HealthCheck", "interval", "1ns", 1),
        ("RolloutSpec", "max_parallel", 1, 0),
        ("RolloutSpec", "max_parallel", 100, 0.0),
        ("Timeouts", "execution_timeout", YEAR, YEAR + 1),
        ("Timeouts", "queue_timeout", YEAR, YEAR + 1),
        ("Timeouts", "total_timeout", YEAR, YEAR + 1),
    ],
)
def test_unlikely_numbers(model: str, name: str, likely: Any, unlikely: Any) -> None:
    """A warning about a unit begins just beyond what people write."""
    rules = select_rules(["unlikely-number", "wrong-type"])
    assert codes_of(model, {name: likely}, rules) == []
    code = "wrong-type" if isinstance(unlikely, float) else "unlikely-number"
    assert codes_of(model, {name: unlikely}, rules) == [code]


# Every unit of a duration, in nanoseconds.
UNITS = {"ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 10**6, "s": BILLION}
UNITS |= {"m": 60 * BILLION, "h": 3600 * BILLION}


@pytest.mark.parametrize(("unit", "size"), UNITS.items())
def test_units_of_a_duration(unit: str, size: int) -> None:
    """Each of Go's units has its size; a unit in another case is none."""
    assert parse_duration(f"2{unit}") == 2 * size
    assert parse_duration(f"1.5{unit}3{unit}") == 9 * size // 2
    assert parse_duration(f"1{unit.upper()}") is parse_duration(f"1{unit}s") is None or unit == "m"
    assert codes_of("HealthCheck", {"deadline": f"7{unit}"}) == []
