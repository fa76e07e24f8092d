"""Readers next to a writer: their answers are compared with the model of that moment.

The writer keeps the model of a generation before it publishes it. A reader looks at the generation
before and after its query: the answer must be that of the model of one generation in between.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from random import Random
from threading import Barrier, Thread

from nodeselect import Inventory, Node, NodeSet, Selector, Snapshot
from tests.inventory.small import small_inventory
from tests.naive import matches_any

NODES = 48
VALUES = ("a", "b", "1", "7")
SELECTORS = [
    *map(Selector.parse, ("", "x=a", "x!=a,y", "!x", "x in (a,1,7),y!=b", "y>1", "x,x notin (1)")),
    Selector.of(match_ids=["n-1", "n-20", "n-47"], match_expressions=["x"]),
    Selector.of(match_ids=[f"n-{number}" for number in range(0, NODES, 2)]),
]

Model = dict[str, Node]


@contextmanager
def switching_often() -> Iterator[None]:
    """Let the interpreter switch threads as often as it can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


def run_together(jobs: list[Callable[[], None]]) -> None:
    """Run jobs in threads that start together; raise what any of them raises."""
    raised: list[BaseException] = []
    barrier = Barrier(len(jobs))

    def run(job: Callable[[], None]) -> None:
        try:
            barrier.wait()
            job()
        except BaseException as error:
            raised.append(error)

    threads = [Thread(target=run, args=(job,), daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def random_node(random: Random) -> Node:
    labels = {key: random.choice(VALUES) for key in "xyz" if random.random() < 0.7}
    return Node(f"n-{random.randrange(NODES)}", labels, state=random.choice(("ready", None)))


def race(writes: int, readers: int, seed: int) -> tuple[int, int]:
    """Let readers query an inventory during a number of writes.

    Return the number of queries and of stores.

    :raises AssertionError: if an answer is not of any state during the query.
    """
    random = Random(seed)
    fleet = {node.id: node for node in (random_node(random) for _ in range(NODES))}
    inventory = small_inventory(fleet.values(), compact_at=1.0)
    models: list[Model] = [fleet]
    done: list[bool] = []
    snapshots: list[tuple[Snapshot, Selector]] = []
    stores: set[object] = set()
    query_counts: list[int] = []

    def write() -> None:
        try:
            for number in range(writes):
                _write(inventory, models, random)
                stores.add(inventory._view.store)
                if number % 40 == 0:
                    inventory.compact()
        finally:
            done.append(True)

    def read(number: int) -> None:
        own = Random(seed * readers + number)
        for query in count():
            selector, node_id = own.choice(SELECTORS), f"n-{own.randrange(NODES)}"
            before = inventory.generation
            answer = inventory.match(selector)
            possible = models[before : inventory.generation + 1]
            properties = _properties(answer, node_id)
            observed = {at: properties[at]() for at in own.sample(range(4), 4)}
            expected = (_matching(model, selector) for model in possible)
            assert any(
                observed == {0: ids, 1: len(ids), 2: ids[:3], 3: node_id in ids} for ids in expected
            ), (str(selector), observed)
            if query % 16 == 0:
                snapshots.append((inventory.snapshot(), selector))
            if done:
                query_counts.append(query + 1)
                return

    with switching_often():
        run_together([write, *[lambda number=number: read(number) for number in range(readers)]])
    for snapshot, selector in snapshots:
        model = models[snapshot.generation]
        assert list(snapshot) == list(model.values())
        assert snapshot.match(selector).ids() == _matching(model, selector)
    return sum(query_counts), len(stores)


def _write(inventory: Inventory, models: list[Model], random: Random) -> None:
    """Make one change; its model exists before readers can see it."""
    model = dict(models[-1])
    some = [random_node(random) for _ in range(random.choice((1, 1, 1, 6)))]
    changes: list[Node | str] = []
    for node in some:
        if node.id in model and random.random() < 0.3:
            changes.append(node.id)
            del model[node.id]
        elif model.get(node.id) != node:
            changes.append(node)
            model[node.id] = node
    if not changes:
        return
    models.append(model)
    match changes:
        case [Node() as node]:
            inventory.upsert(node)
        case [str(node_id)]:
            inventory.remove(node_id)
        case _:
            inventory.apply(changes)


def _properties(answer: NodeSet, node_id: str) -> list[Callable[[], object]]:
    """Return what computes an answer, each in its own way."""
    first = lambda: [node.id for node in answer.first(3)]  # noqa: E731
    return [answer.ids, answer.__len__, first, lambda: node_id in answer]


def _matching(model: Model, selector: Selector) -> list[str]:
    return [each for each, node in model.items() if matches_any(selector, node.labels, each)]
