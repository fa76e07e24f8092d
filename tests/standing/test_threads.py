"""Threads read and write at the same time."""

from collections.abc import Callable

import pytest

from nodeselect import Selector, StandingSelectors
from tests.inventory.racing import run_together, switching_often
from tests.standing.racing import race


@pytest.mark.parametrize("seed", range(3))
def test_readers_next_to_a_writer(seed: int) -> None:
    """Each answer of 6 readers is of one state during the query; snapshots keep theirs."""
    assert race(writes=300, readers=6, seed=seed) > 6


def test_two_writers_lose_nothing() -> None:
    """All writes of two threads are made, those of each thread in order."""
    standing: StandingSelectors[str] = StandingSelectors()

    def writer(name: str) -> Callable[[], None]:
        def write() -> None:
            for number in range(300):
                standing.upsert(f"{name}-{number}", Selector.parse(f"x={number % 7}"))
                standing.apply(
                    {
                        f"{name}-last": Selector.parse(f"n={number}"),
                        f"{name}-gone": Selector.everything(),
                    }
                )
                standing.remove(f"{name}-gone")

        return write

    with switching_often():
        run_together([writer("a"), writer("b")])
    assert standing.generation == 2 * 300 * 3
    assert len(standing) == 2 * 301
    for name in "ab":
        wanted = [f"{name}-{number}" for number in range(3, 300, 7)]
        answer = standing.matching({"x": "3"})
        assert [each for each in answer if each.startswith(name)] == wanted
        assert standing[f"{name}-last"] == Selector.parse("n=299")
