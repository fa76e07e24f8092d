"""How long calls in this process take.

Calls that are compared with each other run in rounds: in each round every call has its turn, and
the next round begins with another one, so that a slow moment of the machine falls on all. A short
call is made many times in one turn, and the time of one is reported.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from statistics import median, quantiles
from typing import NamedTuple, TypeVar

T = TypeVar("T")

# Default length of a turn, in nanoseconds.
_TURN = 2_000_000


class Timing(NamedTuple):
    """What one call took, in microseconds."""

    median_us: float
    q1_us: float
    q3_us: float
    cpu_us: float
    """Time of the processor, all threads of the process together; median."""
    rounds: int


def interleaved(
    calls: Mapping[str, Callable[[], object]], rounds: int, turn: int = _TURN
) -> dict[str, Timing]:
    """Time ``calls`` in this number of rounds, after one that is not counted.

    :param turn: nanoseconds that a turn takes; with 0 it is a single call, which finds the caches
        of the processor filled by the others.
    """
    names = list(calls)
    times = {name: _times(call, turn) for name, call in calls.items()}
    walls: dict[str, list[float]] = {name: [] for name in names}
    cpus: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)
        for name in (*names[first:], *names[:first]):
            wall, cpu = _turn(calls[name], times[name])
            walls[name].append(wall)
            cpus[name].append(cpu)
    return {name: timings(walls[name], cpus[name]) for name in names}


def each(arguments: Iterable[T], call: Callable[[T], object]) -> Timing:
    """Time ``call`` once for each argument; arguments are made outside of the time.

    The clock is in it: some 0.1 µs. The CPU time of single calls is not measured separately.
    """
    walls = []
    for argument in arguments:
        begin = time.perf_counter_ns()
        call(argument)
        walls.append(time.perf_counter_ns() - begin)
    return timings(walls, walls)


def timings(walls: list[float] | list[int], cpus: list[float] | list[int]) -> Timing:
    """Sum up times in nanoseconds."""
    q1, _, q3 = quantiles(walls, n=4) if len(walls) > 1 else walls * 3
    return Timing(_us(median(walls)), _us(q1), _us(q3), _us(median(cpus)), len(walls))


def _us(nanoseconds: float) -> float:
    """Return microseconds, with four digits."""
    return float(f"{nanoseconds / 1e3:.4g}")


def _times(call: Callable[[], object], turn: int) -> int:
    """Return how often a call is made in one turn. Makes it some times, unmeasured."""
    times = 1
    while True:
        wall, _ = _turn(call, times)
        if wall * times >= turn / 4:
            return max(1, round(turn / wall))
        times *= 4


def _turn(call: Callable[[], object], times: int) -> tuple[float, float]:
    """Return nanoseconds of one call: by the clock, and of the processor."""
    many = range(times)
    cpu = time.process_time_ns()
    begin = time.perf_counter_ns()
    for _ in many:
        call()
    wall = time.perf_counter_ns() - begin
    return wall / times, (time.process_time_ns() - cpu) / times
