"""An inventory is a map from ids to nodes in the order in which they were first added."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Inventory, InventoryError, Node, Selector
from tests.naive import matches
from tests.property.strategies import IDS, labels, selectors

EVERYTHING = Selector.everything()


def ids(inventory: Inventory) -> list[str]:
    """Return the ids in inventory order."""
    return [node.id for node in inventory]


def three_nodes() -> Inventory:
    """Return an inventory of three_nodes nodes whose ids are not sorted."""
    return Inventory([Node("n-2", {"a": "b"}), Node("n-3"), Node("n-1")])


def test_empty() -> None:
    """An empty inventory has no nodes, and no matches."""
    inventory = Inventory()
    assert len(inventory) == 0
    assert list(inventory) == []
    assert inventory.match(EVERYTHING).ids() == []


def test_order_is_that_of_the_nodes() -> None:
    """Nodes are in the order in which they were added."""
    assert ids(three_nodes()) == ["n-2", "n-3", "n-1"]
    assert three_nodes().match(EVERYTHING).ids() == ["n-2", "n-3", "n-1"]


def test_nodes_may_come_from_any_iterable() -> None:
    """Nodes may come from a generator."""
    assert ids(Inventory(Node(f"n-{at}") for at in (2, 1))) == ["n-2", "n-1"]


def test_upsert_of_a_known_id_keeps_its_place() -> None:
    """A node that replaces another has its position."""
    inventory = three_nodes()
    inventory.upsert(Node("n-2", {"c": "d"}, "again", "ready"))
    assert ids(inventory) == ["n-2", "n-3", "n-1"]
    assert inventory["n-2"] == Node("n-2", {"c": "d"}, "again", "ready")
    assert inventory.match(Selector.parse("a")).ids() == []
    assert inventory.match(Selector.parse("c")).ids() == ["n-2"]
    assert len(inventory) == 3


def test_upsert_of_a_new_id_goes_to_the_end() -> None:
    """A node with a new id follows all others."""
    inventory = three_nodes()
    inventory.upsert(Node("n-0"))
    assert ids(inventory) == ["n-2", "n-3", "n-1", "n-0"]


def test_a_node_that_was_removed_is_new() -> None:
    """A node that was removed and added again follows all others."""
    inventory = three_nodes()
    inventory.remove("n-2")
    assert ids(inventory) == ["n-3", "n-1"]
    inventory.upsert(Node("n-2"))
    assert ids(inventory) == ["n-3", "n-1", "n-2"]
    assert inventory.match(EVERYTHING).ids() == ["n-3", "n-1", "n-2"]


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
    assert ids(inventory) == ["n-2", "n-3", "n-1"]


def test_duplicates_are_rejected() -> None:
    """Two nodes with the same id are rejected, even if they are equal."""
    with pytest.raises(InventoryError) as caught:
        Inventory([Node("n-1"), Node("n-2"), Node("n-1")])
    assert caught.value.code == "duplicate-id"
    assert str(caught.value) == "two nodes have the id 'n-1': nodes 1 and 3\n  keep one of the two"


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(["n-1"], id="ids"),
        pytest.param("n-1", id="text"),
        pytest.param([{"id": "n-1"}], id="dicts"),
        pytest.param([None], id="none-in-a-list"),
        pytest.param(5, id="number"),
    ],
)
def test_only_nodes_are_accepted(wrong: Any) -> None:
    """Anything but nodes is a TypeError."""
    with pytest.raises(TypeError):
        Inventory(wrong)


@pytest.mark.parametrize("wrong", ["n-1", None, {"id": "n-1"}])
def test_only_a_node_is_upserted(wrong: Any) -> None:
    """Upserting anything but a node is a TypeError, and changes nothing."""
    inventory = three_nodes()
    with pytest.raises(TypeError, match="expected a Node"):
        inventory.upsert(wrong)
    assert ids(inventory) == ["n-2", "n-3", "n-1"]


@pytest.mark.parametrize("wrong", ["region=eu", None, {"region": "eu"}])
def test_only_a_selector_is_matched(wrong: Any) -> None:
    """Matching text or None is a TypeError; nothing is parsed."""
    with pytest.raises(TypeError, match="expected a Selector"):
        three_nodes().match(wrong)


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


@st.composite
def fleets(draw: st.DrawFn) -> list[Node]:
    """Return nodes with different ids in any order, with labels that selectors use."""
    some = draw(st.lists(st.sampled_from(IDS), unique=True))
    return [Node(node_id, draw(labels())) for node_id in some]


@given(fleets(), selectors())
def test_match_is_the_naive_answer(fleet: list[Node], selector: Selector) -> None:
    """An answer has the nodes that the model matches, in order."""
    answer = Inventory(fleet).match(selector)
    taken = [
        node for node in fleet if matches(selector.requirements, selector.ids, node.labels, node.id)
    ]
    assert list(answer) == taken


UPDATES = st.lists(
    st.tuples(st.sampled_from(("upsert", "remove")), st.sampled_from(IDS), labels()), max_size=20
)


@given(fleets(), UPDATES, selectors())
def test_updates_are_those_of_a_dict(
    fleet: list[Node], updates: list[tuple[str, str, dict[str, str]]], selector: Selector
) -> None:
    """After any changes the inventory has the nodes of a dict, in its order."""
    inventory = Inventory(fleet)
    model = {node.id: node for node in fleet}
    for what, node_id, node_labels in updates:
        if what == "upsert":
            node = Node(node_id, node_labels)
            inventory.upsert(node)
            model[node_id] = node
        elif node_id in model:
            inventory.remove(node_id)
            del model[node_id]
    assert list(inventory) == list(model.values())
    assert len(inventory) == len(model)
    assert [node_id in inventory for node_id in IDS] == [node_id in model for node_id in IDS]
    fresh = Inventory(model.values())
    assert list(inventory.match(selector)) == list(fresh.match(selector))


@pytest.mark.parametrize("wrong", [Node("n-1"), Node("n-9"), None, 5, b"n-1", ["n-1"]])
def test_only_an_id_is_removed(wrong: Any) -> None:
    """Removing anything but an id is a TypeError, also for a node."""
    inventory = three_nodes()
    with pytest.raises(TypeError, match="an id must be a string"):
        inventory.remove(wrong)
    assert ids(inventory) == ["n-2", "n-3", "n-1"]


@pytest.mark.parametrize("wrong", ["ab", "a", "", None, 5, Node("a"), {"a": Node("a")}])
def test_changes_are_a_list(wrong: Any) -> None:
    """One id, one node or a mapping is a TypeError: letters and keys are not ids."""
    inventory = Inventory([Node("a"), Node("b"), Node("ab")])
    with pytest.raises(TypeError):
        inventory.apply(wrong)
    assert ids(inventory) == ["a", "b", "ab"]
