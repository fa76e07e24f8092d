"""The cost of everything grows no faster than its input, counted in steps: no test uses a clock.

A step is a line of Python that runs, ours or that of a library, and a call of a function of C. For
a function of C whose work grows with its object, such as ``list.index``, some are added. What else
runs in C is not seen: ``in``, slices, sums, sets of ordinals and, above all, regular expressions
(see ``test_patterns.py``).
"""

import gc
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

import pytest

from tests.growth import command_cases, inventory_cases, job_cases, reader_cases, selector_cases
from tests.growth.cases import CASES, Case

AREAS = (selector_cases, reader_cases, job_cases, inventory_cases, command_cases)
"""The modules that fill the table."""

# The second doubling of an input may add this many times the steps that the first one added: twice
# as many are linear, four times as many quadratic.
MAX_RATIO = 2.3

# Blocks, windows and caches grow in leaps.
SLACK = 300

# Methods that read all of their object.
_LINEAR = {
    *("copy", "count", "index", "insert", "remove", "reverse", "sort"),
    *("casefold", "decode", "encode", "lower", "replace", "split", "splitlines", "translate"),
    *("upper", "isdisjoint", "issubset", "tobytes"),
}

# As many items of an object count as one step.
_ITEMS = 16


def count_steps(function: Callable[[], object]) -> int:
    """Call ``function`` and return how many steps that took."""
    steps = 0

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal steps
        steps += 1
        return trace

    def profile(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal steps
        if event == "c_call":
            steps += 1
            if arg.__name__ in _LINEAR and hasattr(arg.__self__, "__len__"):
                steps += len(arg.__self__) // _ITEMS

    traced, profiled = sys.gettrace(), sys.getprofile()
    gc.disable()  # it would run finalizers at any moment
    sys.setprofile(profile)
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(traced)
        sys.setprofile(profiled)
        gc.enable()
    return steps


def grows_too_fast(first: int, second: int, third: int) -> bool:
    """Return whether twice the input costs more than about twice the steps."""
    return third - second > MAX_RATIO * max(second - first, 0) + SLACK


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_steps(case: Case) -> None:
    """Twice the input costs at most about twice the steps."""
    case.prepare(case.size // 4)()  # what the first call imports and caches
    counts = [count_steps(case.prepare(times * case.size)) for times in (1, 2, 4)]
    assert not grows_too_fast(*counts), counts


@pytest.mark.parametrize(
    ("call", "is_too_fast"),
    [
        (lambda numbers: [str(number) for number in numbers], False),
        (lambda numbers: [numbers.index(number) for number in numbers], True),
        (lambda numbers: [(one, other) for one in numbers for other in numbers], True),
    ],
)
def test_what_grows_too_fast(call: Callable[[list[int]], object], is_too_fast: bool) -> None:
    """Quadratic growth is found, of our own steps and of those in C; linear growth is not."""
    counts = [count_steps(partial(call, list(range(n)))) for n in (100, 200, 400)]
    assert grows_too_fast(*counts) is is_too_fast
