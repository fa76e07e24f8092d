"""An inventory is a map from ids to nodes in the order in which they were first added."""

import copy
import pickle
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest

from nodeselect import Inventory, Node, Selector


def ids(inventory: Inventory) -> list[str]:
    """Return the ids in inventory order."""
    return [node.id for node in inventory]


def three_nodes() -> Inventory:
    """Return an inventory of three_nodes nodes whose ids are not sorted."""
    return Inventory([Node("n-2", {"a": "b"}), Node("n-3"), Node("n-1")])


def test_upsert_of_a_known_id_keeps_its_place() -> None:
    """A node that replaces another has its position."""
    inventory = three_nodes()
    inventory.upsert(Node("n-2", {"c": "d"}, "again", "ready"))
    assert ids(inventory) == ["n-2", "n-3", "n-1"]
    assert inventory["n-2"] == Node("n-2", {"c": "d"}, "again", "ready")
    assert inventory.match(Selector.parse("a")).ids() == []
    assert inventory.match(Selector.parse("c")).ids() == ["n-2"]
    assert len(inventory) == 3


def test_a_new_node_follows_all_others() -> None:
    """A node with a new id is the last one, even if a node with this id was removed before."""
    inventory = three_nodes()
    inventory.upsert(Node("n-0"))
    inventory.remove("n-2")
    inventory.upsert(Node("n-2"))
    assert ids(inventory) == ["n-3", "n-1", "n-0", "n-2"]
    assert inventory.match(Selector.everything()).ids() == ["n-3", "n-1", "n-0", "n-2"]


def test_in() -> None:
    """An inventory contains the ids and the very nodes that it has."""
    inventory = three_nodes()
    assert "n-2" in inventory
    assert "N-2" not in inventory
    assert "n" not in inventory
    assert Node("n-2", {"a": "b"}) in inventory
    assert Node("n-2") not in inventory
    assert Node("n-9") not in inventory
    assert 2 not in inventory


def test_item() -> None:
    """An id returns its node; an unknown id is a KeyError."""
    node = Node("n-1")
    assert Inventory([node])["n-1"] == node
    with pytest.raises(KeyError):
        three_nodes()["n-9"]


def test_remove_of_an_unknown_id() -> None:
    """Removing an unknown id is a KeyError, and changes nothing."""
    inventory = three_nodes()
    with pytest.raises(KeyError):
        inventory.remove("n-9")
    assert inventory.remove("n-9", missing_ok=True) == "unchanged"
    assert (ids(inventory), inventory.generation) == (["n-2", "n-3", "n-1"], 0)
    assert inventory.remove("n-3", missing_ok=True) == inventory.remove("n-2") == "removed"


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(["n-1"], id="ids"),
        pytest.param("n-1", id="text"),
        pytest.param([{"id": "n-1"}], id="dicts"),
        pytest.param([None], id="none-in-a-list"),
        pytest.param(5, id="number"),
        pytest.param([Node("n-2"), Mock(Node)], id="a-mock"),
    ],
)
def test_only_nodes_are_accepted(wrong: Any) -> None:
    """Anything but nodes is a TypeError."""
    with pytest.raises(TypeError):
        Inventory(wrong)


def test_repr() -> None:
    """The repr of an inventory is short, however many nodes it has."""
    assert repr(three_nodes()) == "<Inventory of 3 nodes>"


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_an_inventory_cannot_be_copied(copied: Callable[[Inventory], object]) -> None:
    """A copy would share the store, so it is a TypeError; another inventory can be built."""
    inventory = three_nodes()
    with pytest.raises(TypeError, match="an Inventory cannot be copied"):
        copied(inventory)
    again = Inventory(inventory)
    again.remove("n-3")
    assert ids(inventory) == ["n-2", "n-3", "n-1"]


def test_match_ids_are_exact() -> None:
    """An id matches neither a prefix, nor a name, nor another case."""
    inventory = Inventory([Node("n-1", name="web"), Node("n-10"), Node("N-1"), Node("web")])
    assert inventory.match(Selector.of(match_ids=["n-1", "web"])).ids() == ["n-1", "web"]


def test_names_and_states_are_not_labels() -> None:
    """A selector sees labels and ids, but neither names nor states."""
    inventory = Inventory([Node("n-1", {}, "web", "connected")])
    for text in ("name", "state", "id", "state=connected"):
        assert inventory.match(Selector.parse(text)).ids() == []


WRONG: dict[str, tuple[str | None, list[Any]]] = {
    "match": ("expected a Selector", ["region=eu", None, {"region": "eu"}]),
    "upsert": ("expected a Node", ["n-1", None, {"id": "n-1"}, Mock(Node)]),
    "remove": ("an id must be a string", [Node("n-1"), Node("n-9"), None, 5, b"n-1", ["n-1"]]),
    # The letters of a string and the keys of a mapping are not ids.
    "apply": (None, ["n-1", "a", "", None, 5, Node("a"), {"n-1": Node("n-1")}, [Mock(Node)]]),
}


@pytest.mark.parametrize("method", WRONG)
def test_an_argument_of_the_wrong_type(method: str) -> None:
    """An argument of the wrong type is a TypeError, and changes nothing."""
    inventory = three_nodes()
    message, arguments = WRONG[method]
    for wrong in arguments:
        with pytest.raises(TypeError, match=message):
            getattr(inventory, method)(wrong)
    assert ids(inventory) == ["n-2", "n-3", "n-1"]
