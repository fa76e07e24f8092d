"""An inventory estimates the memory of its parts."""

import gc
import tracemalloc
from collections.abc import Callable
from itertools import pairwise

import pytest

from nodeselect import Inventory, Node, Selector

PARTS = ["delta", "id index", "ids", "label index", "node table", "order", "plans"]


def nodes(count: int, start: int = 0) -> list[Node]:
    """Return nodes of six labels, whose keys and values are shared strings."""
    return [
        Node(f"node-{at:09}", {key: f"{key}-{at % size}" for key, size in SIZES.items()})
        for at in range(start, start + count)
    ]


SIZES = {"region": 20, "zone": 60, "tier": 3, "type": 50, "team": 40, "rack": 200}


@pytest.mark.parametrize("count", [0, 10, 3_000])
def test_parts(count: int) -> None:
    """The parts are the same, however many nodes there are."""
    inventory = Inventory(nodes(count))
    assert sorted(inventory.memory()) == PARTS
    assert all(size >= 0 for size in inventory.memory().values())
    assert inventory.snapshot().memory() == inventory.memory()


def test_it_grows_with_the_nodes() -> None:
    """The memory grows in proportion to the nodes."""
    sizes = [sum(Inventory(nodes(count)).memory().values()) for count in (5_000, 10_000, 20_000)]
    for before, after in pairwise(sizes):
        assert 1.6 * before < after < 2.4 * before


def test_a_compaction_moves_memory_from_the_delta() -> None:
    """Added nodes are counted in the delta until they are compacted."""
    inventory = Inventory(nodes(5_000), compact_at=None)
    at_first = inventory.memory()
    inventory.apply(nodes(2_000, start=5_000))
    assert inventory.memory()["delta"] > at_first["delta"] + 2_000 * 100
    assert inventory.memory()["node table"] == at_first["node table"]
    inventory.compact()
    assert inventory.memory()["delta"] == at_first["delta"]
    assert inventory.memory()["node table"] > at_first["node table"]


def test_cached_plans_count() -> None:
    """The plans of selectors that were used are counted."""
    inventory = Inventory(nodes(3_000))
    assert inventory.memory()["plans"] == 0
    len(inventory.match(Selector.parse("rack in (rack-1,rack-2,rack-3)")))
    assert inventory.memory()["plans"] > 0


def test_an_index_of_names_counts() -> None:
    """The index of names, built when a name is used as an id, is counted."""
    inventory = Inventory(Node(f"n-{at}", name=f"web-{at}") for at in range(3_000))
    before = inventory.memory()["id index"]
    assert inventory.explain(Selector.of(match_ids=["n-7"])).hints == ()
    assert inventory.memory()["id index"] == before
    assert inventory.explain(Selector.of(match_ids=["web-7"])).hints[0].replacement == "n-7"
    assert inventory.memory()["id index"] == 2 * before


@pytest.mark.parametrize(
    ("make", "least", "most"),
    [
        pytest.param(lambda: Inventory(nodes(20_000)), 0.7, 1.4, id="indexed"),
        pytest.param(lambda: Inventory(nodes(2_000)), 0.5, 2.5, id="few"),
    ],
)
def test_the_estimate_is_close(make: Callable[[], Inventory], least: float, most: float) -> None:
    """The estimate is within a factor of what the interpreter allocated."""
    make()  # what is loaded and kept the first time is not the inventory's
    gc.collect()
    tracemalloc.start()
    try:
        inventory = make()
        gc.collect()
        allocated, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    estimate = sum(inventory.memory().values())
    assert least * allocated < estimate < most * allocated, (estimate, allocated)
