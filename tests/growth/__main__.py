"""Measure by the clock how the cost of each case grows: what C does, too, which steps do not count.

Run ``python -m tests.growth [PREFIX ...]`` by hand, on a quiet machine: about ten minutes. Inputs
are doubled until a call takes a tenth of a second, or exceeds a limit. The ratios of the last two
doublings are printed, in CPU time, if both are above 2.6; about 4 is quadratic.
"""

import resource
import sys
import time
from collections.abc import Iterator
from itertools import pairwise

from nodeselect import NodeselectError
from tests.growth.cases import Case
from tests.growth.test_growth import CASES

# Shorter times are not compared.
LEAST = 0.0005
ENOUGH = 0.1
MAX_DOUBLINGS = 9
SUSPECT = 2.6
MEMORY = 2 << 30


def seconds(case: Case, size: int) -> float:
    """Return the CPU time of a call, at best of three."""
    times = []
    for _ in range(3):
        call = case.prepare(size)
        start = time.thread_time()
        call()
        times.append(time.thread_time() - start)
    return min(times)


def measured(case: Case) -> Iterator[tuple[int, float]]:
    """Yield sizes and their times."""
    for doublings in range(3 if case.limit else MAX_DOUBLINGS):
        size = case.size << doublings
        try:
            taken = seconds(case, size)
        except (NodeselectError, MemoryError):  # the input exceeds a limit
            return
        yield size, taken
        if taken > ENOUGH:
            return


def main(prefixes: list[str]) -> None:
    """Print the cases that grow faster than their input, and how many were measured."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    count = 0
    for case in CASES.values():
        if prefixes and not case.name.startswith(tuple(prefixes)):
            continue
        count += 1
        times = [(size, taken) for size, taken in measured(case) if taken > LEAST]
        ratios = [after / before for (_, before), (_, after) in pairwise(times)][-2:]
        if len(ratios) == 2 and min(ratios) > SUSPECT:
            size, taken = times[-1]
            shown = ", ".join(f"{ratio:.1f}" for ratio in ratios)
            print(f"{case.name}: {shown} at {size:,}, {1000 * taken:,.0f} ms", flush=True)
    print(f"{count:,} cases")


if __name__ == "__main__":
    main(sys.argv[1:])
