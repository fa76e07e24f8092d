"""What follows from what: the usual size, and doubling sizes up to the limits."""

from collections.abc import Callable

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.fleet import FIVE
from nodeselect import LIMITS, Operator, Requirement, Selector
from nodeselect.selectors import conflict, equivalent, implies, redundant

QUESTIONS: dict[str, Callable[[Selector], object]] = {
    "satisfiable": lambda selector: selector.is_satisfiable,
    "implies": lambda selector: implies(selector, selector),
    "equivalent": lambda selector: equivalent(selector, selector),
    "redundant": redundant,
    "conflict": conflict,
}


def on_one_key(requirements: int, operator: Operator, step: int) -> Selector:
    """Return requirements on one key, with all the values that a selector may have.

    Each has the same number of values; each next one begins ``step`` values further on.
    """
    size = min(LIMITS.values // requirements, LIMITS.values_in_set)
    values = [f"v{at}" for at in range(size + step * requirements)]
    return Selector.from_requirements(
        [
            Requirement("x", operator, values[step * at : step * at + size])
            for at in range(requirements)
        ]
    )


@pytest.mark.parametrize("question", QUESTIONS)
def test_usual(benchmark: BenchmarkFixture, question: str) -> None:
    """Ask about five requirements on five keys."""
    benchmark.group = "algebra, five requirements"
    benchmark(QUESTIONS[question], Selector.parse(FIVE))


@pytest.mark.parametrize("number", [4, 16, 64, 256])
@pytest.mark.parametrize("question", ["redundant", "implies"])
def test_growth(benchmark: BenchmarkFixture, question: str, number: int) -> None:
    """Analyse 4,096 excluded values of one key, in this number of requirements."""
    benchmark.group = f"algebra, 4,096 values, {question}"
    selector = on_one_key(number, Operator.NOT_IN, LIMITS.values // number)
    benchmark(QUESTIONS[question], selector)


@pytest.mark.parametrize("number", [4, 16, 64, 256])
def test_conflict(benchmark: BenchmarkFixture, number: int) -> None:
    """Find a conflict of 4,096 values, in this number of overlapping requirements."""
    benchmark.group = "algebra, 4,096 values, conflict"
    selector = on_one_key(number, Operator.IN, LIMITS.values // number // 3 + 1)
    assert benchmark(conflict, selector)
