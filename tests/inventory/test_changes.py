"""Each write says what it changed."""

import copy
import sys
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Inventory, Node
from tests.inventory.racing import run_together, switching_often
from tests.inventory.small import small_inventory
from tests.property.strategies import fleets

ONE, OTHER, NEW = Node("n-1", {"a": "1"}), Node("n-1", {"a": "2"}), Node("n-2", state="ready")


def test_upsert_returns_what_it_did() -> None:
    inventory = Inventory([ONE])
    assert inventory.upsert(NEW) == "added"
    assert inventory.upsert(OTHER) == "changed"
    assert inventory.upsert(Node("n-1", {"a": "2"})) == "unchanged"
    assert inventory.upsert(OTHER.replace(name="x")) == "changed"


@pytest.mark.parametrize("compact_at", [None, 0.01])
def test_apply_returns_each_change(compact_at: float | None) -> None:
    """Changes have the node before and after, in order, and one generation."""
    inventory = small_inventory([ONE], compact_at=compact_at)
    changes = inventory.apply([NEW, OTHER, "n-2", ONE, ONE])
    assert changes == [
        (None, NEW, 1), (ONE, OTHER, 1), (NEW, None, 1), (OTHER, ONE, 1), (ONE, ONE, 1)
    ]  # fmt: skip
    assert [(change.kind, change.id) for change in changes] == [
        ("added", "n-2"), ("changed", "n-1"), ("removed", "n-2"), ("changed", "n-1"),
        ("unchanged", "n-1"),
    ]  # fmt: skip
    assert inventory.apply([]) == []
    assert inventory.apply([ONE]) == [(ONE, ONE, 1)]


def test_replace() -> None:
    node = Node("n-1", {"a": "1"}, "one", "ready")
    assert node.replace() == node
    assert node.replace(labels={}, state=None) == Node("n-1", {}, "one")
    assert node.replace(id="n-2", name="two") == Node("n-2", {"a": "1"}, "two", "ready")
    with pytest.raises(TypeError, match="unexpected keyword argument 'label'"):
        node.replace(label={})  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="the value of 'a' must be a string"):
        node.replace(labels={"a": 1})  # type: ignore[dict-item]
    if sys.version_info >= (3, 13):
        assert copy.replace(node, state=None) == node.replace(state=None)


def test_updates_by_threads_are_not_lost() -> None:
    """Several threads count in labels of one node; each sees what the others wrote."""
    inventory = Inventory([Node("n-1", {"a": "0", "b": "0"})])

    def count(key: str) -> None:
        for _ in range(300):
            inventory.update("n-1", lambda node: incremented(node, key))

    def incremented(node: Node, key: str) -> Node:
        return node.replace(labels={**node.labels, key: str(int(node.labels[key]) + 1)})

    with switching_often():
        run_together([partial(count, key) for key in "aabb"])
    assert inventory["n-1"].labels == {"a": "600", "b": "600"}


def test_an_update_is_repeated_if_the_node_has_changed() -> None:
    """If another write comes between, the change is made to the new node."""
    inventory = Inventory([ONE])
    seen = []

    def change(node: Node) -> Node:
        seen.append(node)
        if len(seen) == 1:
            inventory.upsert(OTHER)
        return node.replace(state="ready")

    assert inventory.update("n-1", change) == (OTHER, OTHER.replace(state="ready"), 2)
    assert seen == [ONE, OTHER]


def test_wrong_updates() -> None:
    inventory = Inventory([ONE])
    with pytest.raises(KeyError):
        inventory.update("n-9", lambda node: node)
    with pytest.raises(ValueError, match="expected a node with the id 'n-1', not 'n-2'"):
        inventory.update("n-1", lambda node: NEW)
    with pytest.raises(TypeError):
        inventory.update("n-1", lambda node: None)  # type: ignore[arg-type, return-value]
    assert inventory.generation == 0


NODES = st.builds(Node, st.sampled_from("abcdef"), st.dictionaries(st.just("k"), st.text("xy")))
WRITES = st.lists(NODES | st.sampled_from("abcdef") | st.none(), max_size=12)


@given(fleets(NODES, max_size=5), WRITES, WRITES)
def test_changes_between_snapshots(first: list[Node], some: Any, others: Any) -> None:
    """The changes lead from one snapshot to the other, in both directions; None compacts."""
    inventory = small_inventory(first)
    snapshots = []
    for writes in (some, others):
        snapshots.append(inventory.snapshot())
        for write in writes:
            if write is None:
                inventory.compact()
            elif isinstance(write, Node):
                inventory.upsert(write)
            elif write in inventory:
                inventory.remove(write)
    snapshots.append(inventory.snapshot())
    for old in snapshots:
        for new in snapshots:
            nodes = {node.id: node for node in old}
            for change in new.changes_since(old):
                assert change.kind != "unchanged"
                assert change.old == nodes.pop(change.id, None)
                assert change.generation == new.generation
                if change.new is not None:
                    nodes[change.id] = change.new
            assert nodes == {node.id: node for node in new}


def test_stats() -> None:
    inventory = Inventory([ONE, NEW], compact_at=None)
    assert inventory.stats() == (2, 0, 0, 0, None)
    inventory.apply([OTHER, Node("n-3")])
    assert inventory.stats() == (3, 1, 2, 0, None)
    inventory.compact()
    stats = inventory.stats()
    assert stats[:4] == (3, 1, 0, 1)
    assert stats.last_compaction_seconds is not None
