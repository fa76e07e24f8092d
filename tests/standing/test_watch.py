"""A watch returns each gain and each loss of a node by a selector, exactly once."""

import logging
from functools import partial
from itertools import product
from random import Random
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Inventory, Node, Selector, StandingSelectors
from nodeselect.standing import Watch
from tests.inventory.racing import run_together, switching_often
from tests.naive import matches
from tests.property.strategies import IDS, labels, selectors

NAMES = st.sampled_from(["a", "b", "c"])
NODES = st.builds(Node, st.sampled_from(IDS), labels())
CHANGES = NODES | st.sampled_from(IDS)
WRITES = CHANGES | st.lists(CHANGES, max_size=3) | st.tuples(NAMES, selectors() | st.none())


class Placements:
    """The pairs of a node's id and a selector's name, as what a watch returns says."""

    def __init__(self) -> None:
        self.inventory = Inventory()
        self.standing = StandingSelectors[str]()
        self.watch = Watch(self.inventory, self.standing)
        self.pairs: set[tuple[str, str]] = set()

    def write(self, write: object) -> None:
        """Make a write; skip a removal of what is not there."""
        match write:
            case Node():
                self.record([write.id], *self.watch.upsert(write)[1:])
            case str() if write in self.inventory:
                self.record([write], *self.watch.remove(write)[1:])
            case list():
                try:
                    results = self.watch.apply(write)
                except KeyError:
                    return
                for change, gained, lost in results:
                    self.record([change.id], gained, lost)
            case (str(name), Selector() as selector):
                gained_nodes, lost_nodes = self.watch.put(name, selector)
                self.record(gained_nodes.ids(), [name], [])
                self.record(lost_nodes.ids(), [], [name])
            case (str(name), None) if name in self.standing:
                self.record(self.watch.delete(name).ids(), [], [name])

    def record(self, ids: list[str], gained: object, lost: object) -> None:
        """Add and remove pairs; what is gained is new, and what is lost was there."""
        added, removed = set(product(ids, gained)), set(product(ids, lost))  # type: ignore[call-overload]
        assert not added & self.pairs
        assert removed <= self.pairs
        self.pairs = (self.pairs | added) - removed

    def expected(self) -> set[tuple[str, str]]:
        """Return the pairs that match, by the definition of the language."""
        return {
            (node.id, name)
            for node, name in product(self.inventory, self.standing)
            if matches(
                self.standing[name].requirements, self.standing[name].ids, node.labels, node.id
            )
        }


@given(st.lists(WRITES, max_size=12))
def test_gains_and_losses(writes: list[object]) -> None:
    """The gains and losses of all writes add up to the pairs that match."""
    placements = Placements()
    for write in writes:
        placements.write(write)
        assert placements.pairs == placements.expected()


def test_threads_share_a_watch() -> None:
    """Threads change nodes and selectors at once; nothing is returned twice or lost."""
    placements = Placements()
    watch, events = placements.watch, []

    def work(seed: int) -> None:
        random = Random(seed)
        for _ in range(200):
            if random.random() < 0.5:
                node = Node(f"n-{random.randrange(5)}", {"k": random.choice("ab")})
                _, gained, lost = watch.upsert(node)
                events.extend([(node.id, name, 1) for name in gained])
                events.extend([(node.id, name, -1) for name in lost])
            else:
                name = random.choice("xyz")
                more, fewer = watch.put(name, Selector.parse(random.choice(["k=a", "k=b", "k"])))
                events.extend([(node_id, name, 1) for node_id in more.ids()])
                events.extend([(node_id, name, -1) for node_id in fewer.ids()])

    with switching_often():
        run_together([partial(work, seed) for seed in range(4)])
    balance: dict[tuple[str, str], int] = {}
    for node_id, name, step in events:
        balance[node_id, name] = balance.get((node_id, name), 0) + step
    assert {pair for pair, count in balance.items() if count} == placements.expected()
    assert set(balance.values()) <= {0, 1}


def test_refused_writes() -> None:
    """A write that raises changes nothing and returns nothing."""
    placements = Placements()
    watch = placements.watch
    with pytest.raises(KeyError):
        watch.remove("n-1")
    with pytest.raises(KeyError):
        watch.delete("a")
    for changes in ("n-1", {"n-1": "x"}):
        with pytest.raises(TypeError, match="changes must be a list of changes"):
            watch.apply(changes)
    with pytest.raises(TypeError, match="expected an Inventory and StandingSelectors"):
        Watch(placements.standing, placements.inventory)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected a Node, not str"):
        watch.upsert("n-1")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="an id must be a string, not Node"):
        watch.remove(Node("n-1"))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        watch.put("a", "gpu")  # type: ignore[arg-type]
    assert len(placements.standing) == len(placements.inventory) == 0


def test_a_log_handler_may_write() -> None:
    """A compaction is logged when no other write waits."""
    watch = Watch(Inventory(compact_at=0.001), StandingSelectors[str]())

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            thread = Thread(target=watch.upsert, args=(Node("logged"),))
            thread.start()
            thread.join(10)
            assert not thread.is_alive()

    handler, logger = Handler(), logging.getLogger("nodeselect.inventory")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        watch.apply([Node(f"n-{number}") for number in range(3_000)])
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    assert watch.upsert(Node("logged")).change.kind == "unchanged"
