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


def test_a_batch_is_seen_whole() -> None:
    """A reader never sees half of a batch that moves a selector from one name to another."""
    leader, everything = Selector.parse("leader"), Selector.everything()
    standing = StandingSelectors({"job-0": leader, **{f"job-{n}": everything for n in range(1, 9)}})
    done: list[bool] = []

    def write() -> None:
        try:
            for number in range(600):
                old, new = number % 9, (number + 1) % 9
                standing.apply({f"job-{new}": leader, f"job-{old}": everything})
        finally:
            done.append(True)

    def read() -> None:
        while not done:
            assert len(standing.matching({}).names()) == 8
            assert len(standing.matching({"leader": ""})) == 9
            gained, lost = standing.changes(None, None)
            assert not gained
            assert not lost

    with switching_often():
        run_together([write, read, read, read])
