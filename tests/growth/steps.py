"""Count the steps of a call, which do not depend on the machine.

A step is a line of Python that runs, ours or that of a library, and a call of a function of C. For
a function of C whose work grows with its object, such as ``list.index``, some are added. What else
runs in C is not seen: ``in``, slices, sums, sets of ordinals and, above all, regular expressions
(see ``test_patterns.py``). ``python -m tests.growth`` measures all of it, but by the clock.
"""

import gc
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

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
