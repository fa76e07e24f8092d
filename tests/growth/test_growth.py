"""The cost of everything grows no faster than its input, counted in steps."""

import pytest

from tests.growth import (
    arrow_cases,
    command_cases,
    engine_cases,
    inventory_cases,
    job_cases,
    kubernetes_cases,
    log_cases,
    reader_cases,
    saved_cases,
    selector_cases,
    standing_cases,
)
from tests.growth.cases import CASES as CASES
from tests.growth.cases import Case
from tests.growth.steps import count_steps

AREAS = (
    selector_cases,
    reader_cases,
    arrow_cases,
    job_cases,
    kubernetes_cases,
    inventory_cases,
    log_cases,
    saved_cases,
    standing_cases,
    engine_cases,
    command_cases,
)
"""The modules that fill the table."""

# The second doubling of an input may add this many times the steps that the first one added: twice
# as many are linear, four times as many quadratic.
MAX_RATIO = 2.3

# Blocks, windows and caches grow in leaps.
SLACK = 300


def steps(case: Case) -> tuple[int, int, int]:
    """Return the steps of a case at three sizes."""
    case.prepare(case.size // 4)()  # what the first call imports and caches
    first, second, third = (count_steps(case.prepare(times * case.size)) for times in (1, 2, 4))
    return first, second, third


def grows_too_fast(first: int, second: int, third: int) -> bool:
    """Return whether twice the input costs more than about twice the steps."""
    return third - second > MAX_RATIO * max(second - first, 0) + SLACK


GROUPS: dict[str, list[Case]] = {}
for _case in CASES.values():
    GROUPS.setdefault(_case.name.partition("/")[0], []).append(_case)


@pytest.mark.parametrize("cases", GROUPS.values(), ids=list(GROUPS))
def test_steps(cases: list[Case]) -> None:
    """Twice the input costs at most about twice the steps."""
    counted = {case.name: steps(case) for case in cases}
    assert {name: counts for name, counts in counted.items() if grows_too_fast(*counts)} == {}


def test_what_grows_too_fast() -> None:
    """Quadratic growth is found beside a fixed cost; linear growth and a small leap are not."""
    assert not grows_too_fast(50_000 + 1_000, 50_000 + 2_000, 50_000 + 4_000)
    assert not grows_too_fast(50_000, 50_000, 50_000 + SLACK)
    assert grows_too_fast(50_000 + 1_000, 50_000 + 4_000, 50_000 + 16_000)
