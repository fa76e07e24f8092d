"""An inventory is a map from ids to nodes in the order in which they were first added."""

import copy
import pickle
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest
import yaml

from nodeselect import Inventory, Node, Placement, Pod, Selector, Taint, Usage
from nodeselect.quantity import MAX_AMOUNT
from tests.inventory.small import FEW, small_inventory


def three_nodes() -> Inventory:
    return Inventory([Node("n-2", {"a": "b"}), Node("n-3"), Node("n-1")])


def test_look_up() -> None:
    """An inventory has ids and the very nodes; an id is no prefix, no name and no label."""
    inventory = Inventory([Node("n-1", {"a": "b"}, "web", "ready"), Node("n-10"), Node("web")])
    for there in ("n-1", Node("n-1", {"a": "b"}, "web", "ready")):
        assert there in inventory
    for other in ("N-1", "n", Node("n-1", {"a": "b"}), Node("n-9"), 2):
        assert other not in inventory
    with pytest.raises(KeyError):
        inventory["n-9"]
    assert inventory.match(Selector.of(match_ids=["n-1", "web"])).ids() == ["n-1", "web"]
    for text in ("name", "state", "id", "state=ready"):
        assert inventory.match(Selector.parse(text)).ids() == []
    assert repr(inventory) == "<Inventory of 3 nodes>"
    assert inventory.remove("n-9", missing_ok=True) == "unchanged"
    assert inventory.remove("n-1", missing_ok=True) == inventory.remove("n-10") == "removed"


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_an_inventory_cannot_be_copied(copied: Callable[[Inventory], object]) -> None:
    """A copy would share the store, so it is a TypeError; another inventory can be built."""
    inventory = three_nodes()
    with pytest.raises(TypeError, match="an Inventory cannot be copied"):
        copied(inventory)
    again = Inventory(inventory)
    again.remove("n-3")
    assert inventory.ids() == ["n-2", "n-3", "n-1"]


WRONG: dict[str, tuple[str | None, list[Any]]] = {
    "__init__": (None, [["n-1"], "n-1", [{"id": "n-1"}], [None], 5, [Node("n-2"), Mock(Node)]]),
    "match": ("expected a Selector", ["region=eu", None, {"region": "eu"}]),
    "upsert": ("expected a Node", ["n-1", None, {"id": "n-1"}, Mock(Node)]),
    "remove": ("an id must be a string", [Node("n-1"), Node("n-9"), None, 5, b"n-1", ["n-1"]]),
    # The letters of a string and the keys of a mapping are not ids.
    "apply": (None, ["n-1", "a", "", None, 5, Node("a"), {"n-1": Node("n-1")}, [Mock(Node)]]),
}


@pytest.mark.parametrize("method", WRONG)
def test_an_argument_of_the_wrong_type(method: str) -> None:
    inventory = three_nodes()
    message, arguments = WRONG[method]
    for wrong in arguments:
        with pytest.raises(TypeError, match=message):
            getattr(inventory, method)(wrong)
    assert inventory.ids() == ["n-2", "n-3", "n-1"]


def test_a_write_compacts() -> None:
    """It does so if the changes are more than the share of all nodes, and not before."""
    inventory = small_inventory((Node(f"n-{at}") for at in range(40)), compact_at=0.2)
    for count in (1, 2, 3, 4, 5, 6, 7, 8, 0):
        inventory.upsert(Node(f"new-{count}"))
        assert inventory.pending_changes == count


def test_few_nodes_are_never_compacted_by_a_write() -> None:
    """The changes must also be more than an inventory has without a segment."""
    inventory = small_inventory([Node("n-1")], compact_at=0.2)
    for count in range(FEW + 2):
        assert inventory.pending_changes == count % (FEW + 1)
        inventory.upsert(Node(f"new-{count}"))


def test_pending_changes() -> None:
    """Pending changes are the nodes added or deleted since the last compaction."""
    for count in (3, 40):
        inventory = small_inventory((Node(f"n-{at}") for at in range(count)), compact_at=None)
        assert inventory.pending_changes == 0
        writes: list[list[Any]] = [[Node("n-0", {"x": ""})], [Node("new")], ["n-0", "n-1", "new"]]
        for some, pending in zip(writes, (1, 2, 4), strict=True):
            inventory.apply(some)
            assert inventory.pending_changes == pending
        inventory.compact()
        assert inventory.pending_changes == 0


def test_pods_of_other_nodes() -> None:
    """Pods that all run elsewhere are not considered silently; a wrong type is an error."""
    inventory = Inventory([Node("n-1", resources={"cpu": 1_000}, taints=[])])
    placement, usage = Placement(requests={"cpu": 1}), Usage()
    assert inventory.match(placement, usage=usage).not_considered == ()
    usage.add("n-2", {"cpu": 1})
    words = ("what runs on the nodes: no pod runs on any of them",)
    assert inventory.match(placement, usage=usage).not_considered == words
    assert inventory.explain(placement, usage=usage).not_considered == words
    usage.add("n-1", {"cpu": 1})
    assert inventory.match(placement, usage=usage).not_considered == ()
    with pytest.raises(TypeError, match="usage must be a Usage or None, not list"):
        inventory.match(placement, usage=[])  # type: ignore[arg-type]


@pytest.mark.parametrize("taints", [64, 65])
def test_many_different_taints(taints: int) -> None:
    """Of very many taints, an explanation has one requirement; the numbers are the same."""
    nodes = [
        Node(f"n-{number}", taints=[Taint(f"k{number}", "NoSchedule")], resources={})
        for number in range(taints)
    ]
    inventory = Inventory([*nodes, Node("free", taints=[], resources={})])
    result = inventory.explain(Placement())
    assert (result.matched, len(result.requirements)) == (1, taints if taints < 65 else 1)
    assert sum(each.failing for each in result.requirements) == taints
    assert inventory.explain_node(Placement(), "n-1").failed == (
        ("tolerates k1:NoSchedule", "k1:NoSchedule"),
    )


def test_the_toleration_of_a_hint_is_yaml() -> None:
    """The key is quoted if it could be something else; the best toleration comes first."""
    inventory = Inventory([Node("n-1", taints=[Taint("true", "NoExecute")], resources={})])
    (hint,) = inventory.explain(Placement()).hints
    text = hint.message.partition("toleration ")[2]
    assert yaml.safe_load(text) == {"key": "true", "operator": "Exists", "effect": "NoExecute"}


def test_few_fields() -> None:
    """All that a log needs is in its journal."""
    assert len(Inventory.__slots__) <= 6


@pytest.mark.parametrize("size", [3, 3_000])
def test_more_runs_than_any_node_can_have(size: int) -> None:
    """A sum over the largest amount leaves nothing free, and is no error."""
    inventory = Inventory(Node(f"n-{at}", resources={"cpu": 4}) for at in range(size))
    huge = {"cpu": MAX_AMOUNT}
    inventory.usage.apply((f"n-{at % (size - 1)}", Pod(f"p-{at}", huge)) for at in range(3 * size))
    answer = inventory.match(Placement(requests={"cpu": 1}))
    assert answer.ids() == [f"n-{size - 1}"]
    assert inventory.usage.of("n-0")["cpu"] > 2**64
    assert inventory.match(Selector.everything()).free("cpu").sum() == 4
