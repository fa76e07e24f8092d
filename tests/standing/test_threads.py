"""Threads read and write at the same time.

The writer keeps the model of a generation before it publishes it. A reader looks at the generation
before and after its query: the answer must be that of the model of one generation in between.
"""

from collections.abc import Callable
from itertools import count
from random import Random

import pytest

from nodeselect import AnyOf, Node, Selector, StandingSelectors
from nodeselect.standing import StandingSnapshot
from tests.inventory.racing import run_together, switching_often
from tests.standing.random_cases import (
    NAMES,
    matching,
    moved,
    random_node,
    random_selector,
    thresholds,
)


def race(writes: int, readers: int, seed: int) -> int:
    """Let readers query standing selectors during a number of writes; count the queries.

    :raises AssertionError: if an answer is not of any state during the query.
    """
    random = Random(seed)
    models: list[dict[str, Selector | AnyOf]] = [{name: random_selector(random) for name in NAMES}]
    standing = StandingSelectors(models[0])
    done: list[bool] = []
    snapshots: list[tuple[StandingSnapshot[str], Node]] = []
    queries: list[int] = []

    def write() -> None:
        try:
            for _ in range(writes):
                _write(random, standing, models)
        finally:
            done.append(True)

    def read(number: int) -> None:
        own = Random(seed * readers + number)
        for query in count():
            node = random_node(own)
            changed = random_node(own, node.id)
            before = standing.generation
            answer = standing.matching(node)
            gained, lost = standing.changes(node, changed)
            names = list(standing)
            now = models[before : standing.generation + 1]
            assert answer.names() in [matching(model, node) for model in now]
            assert len(answer) == len(answer.names())
            assert all(name in answer for name in answer.names())
            assert (gained.names(), lost.names()) in [moved(model, node, changed) for model in now]
            assert names in [list(model) for model in now]
            if query % 16 == 0:
                snapshots.append((standing.snapshot(), node))
            if done:
                queries.append(query + 1)
                return

    with thresholds(random), switching_often():
        run_together([write, *[lambda number=number: read(number) for number in range(readers)]])
        for snapshot, node in snapshots:
            model = models[snapshot.generation]
            assert {name: snapshot[name] for name in snapshot} == model
            assert snapshot.matching(node).names() == matching(model, node)
    return sum(queries)


def _write(
    random: Random, standing: StandingSelectors[str], models: list[dict[str, Selector | AnyOf]]
) -> None:
    """Make one change; its model exists before readers can see it."""
    model = dict(models[-1])
    changes: dict[str, Selector | AnyOf | None] = {}
    for name in random.sample(NAMES, random.choice((1, 1, 1, 6))):
        if name in model and random.random() < 0.3:
            del model[name]
            changes[name] = None
        else:
            selector = random_selector(random)
            if model.get(name) != selector:
                model[name] = changes[name] = selector
    if changes:
        models.append(model)
        standing.apply(changes)


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
