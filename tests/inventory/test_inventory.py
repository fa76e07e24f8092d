"""The inventory is a map of ids to nodes that keeps the order in which they first came in."""

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
    """Give the ids in inventory order."""
    return [node.id for node in inventory]


def three() -> Inventory:
    """Give an inventory of three nodes, whose ids are in no order of their own."""
    return Inventory([Node("n-2", {"a": "b"}), Node("n-3"), Node("n-1")])


def test_empty() -> None:
    """An inventory of nothing has no nodes, and everything takes none of them."""
    inventory = Inventory()
    assert len(inventory) == 0
    assert list(inventory) == []
    assert inventory.match(EVERYTHING).ids() == []


def test_order_is_that_of_the_nodes() -> None:
    """Nodes are given in the order in which they came in."""
    assert ids(three()) == ["n-2", "n-3", "n-1"]
    assert three().match(EVERYTHING).ids() == ["n-2", "n-3", "n-1"]


def test_nodes_may_come_from_any_iterable() -> None:
    """A generator of nodes is as good as a list."""
    assert ids(Inventory(Node(f"n-{at}") for at in (2, 1))) == ["n-2", "n-1"]


def test_upsert_of_a_known_id_keeps_its_place() -> None:
    """A node that is put in again stands where the one with its id stood."""
    inventory = three()
    inventory.upsert(Node("n-2", {"c": "d"}, "again", "ready"))
    assert ids(inventory) == ["n-2", "n-3", "n-1"]
    assert inventory["n-2"] == Node("n-2", {"c": "d"}, "again", "ready")
    assert inventory.match(Selector.parse("a")).ids() == []
    assert inventory.match(Selector.parse("c")).ids() == ["n-2"]
    assert len(inventory) == 3


def test_upsert_of_a_new_id_goes_to_the_end() -> None:
    """A node whose id is new stands behind all others."""
    inventory = three()
    inventory.upsert(Node("n-0"))
    assert ids(inventory) == ["n-2", "n-3", "n-1", "n-0"]


def test_removed_and_put_in_again_is_new() -> None:
    """A node that was taken out and comes again stands behind all others."""
    inventory = three()
    inventory.remove("n-2")
    assert ids(inventory) == ["n-3", "n-1"]
    inventory.upsert(Node("n-2"))
    assert ids(inventory) == ["n-3", "n-1", "n-2"]
    assert inventory.match(EVERYTHING).ids() == ["n-3", "n-1", "n-2"]


def test_in() -> None:
    """An id is in where a node has it; a node is in where that very node is."""
    inventory = three()
    assert "n-2" in inventory
    assert "N-2" not in inventory
    assert "n" not in inventory
    assert Node("n-2", {"a": "b"}) in inventory
    assert Node("n-2") not in inventory
    assert Node("n-9") not in inventory
    assert 2 not in inventory


def test_item() -> None:
    """The node of an id is the one that was put in; an unknown id is a KeyError."""
    node = Node("n-1")
    assert Inventory([node])["n-1"] == node
    with pytest.raises(KeyError):
        three()["n-9"]


def test_remove_of_an_unknown_id() -> None:
    """Taking out what is not there is a KeyError, and changes nothing."""
    inventory = three()
    with pytest.raises(KeyError):
        inventory.remove("n-9")
    assert ids(inventory) == ["n-2", "n-3", "n-1"]


def test_duplicates_are_refused() -> None:
    """Two nodes with one id make no inventory, even where they are equal."""
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
def test_only_nodes_go_in(wrong: Any) -> None:
    """Whatever is no node is a TypeError."""
    with pytest.raises(TypeError):
        Inventory(wrong)


@pytest.mark.parametrize("wrong", ["n-1", None, {"id": "n-1"}])
def test_only_a_node_is_put_in(wrong: Any) -> None:
    """Putting in what is no node is a TypeError, and changes nothing."""
    inventory = three()
    with pytest.raises(TypeError, match="expected a Node"):
        inventory.upsert(wrong)
    assert ids(inventory) == ["n-2", "n-3", "n-1"]


@pytest.mark.parametrize("wrong", ["region=eu", None, {"region": "eu"}])
def test_only_a_selector_is_asked(wrong: Any) -> None:
    """Asking with a text or nothing is a TypeError: nothing is parsed or taken by the way."""
    with pytest.raises(TypeError, match="expected a Selector"):
        three().match(wrong)


def test_repr() -> None:
    """The text of an inventory is short, however many nodes it has."""
    assert repr(three()) == "<Inventory of 3 nodes>"


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_an_inventory_is_not_copied(copied: Callable[[Inventory], object]) -> None:
    """A copy would write into the same store: there is none, but one made of the nodes."""
    inventory = three()
    with pytest.raises(TypeError, match="an Inventory cannot be copied"):
        copied(inventory)
    again = Inventory(inventory)
    again.remove("n-3")
    assert ids(inventory) == ["n-2", "n-3", "n-1"]


def test_match_ids_are_exact() -> None:
    """An id is neither a prefix, nor a name, nor another case of itself."""
    inventory = Inventory([Node("n-1", name="web"), Node("n-10"), Node("N-1"), Node("web")])
    assert inventory.match(Selector.of(match_ids=["n-1", "web"])).ids() == ["n-1", "web"]


def test_names_and_states_are_no_labels() -> None:
    """A selector sees labels and ids, and never the name or the state."""
    inventory = Inventory([Node("n-1", {}, "web", "connected")])
    for text in ("name", "state", "id", "state=connected"):
        assert inventory.match(Selector.parse(text)).ids() == []


@st.composite
def fleets(draw: st.DrawFn) -> list[Node]:
    """Some nodes with different ids in any order, with labels that selectors ask for."""
    some = draw(st.lists(st.sampled_from(IDS), unique=True))
    return [Node(node_id, draw(labels())) for node_id in some]


@given(fleets(), selectors())
def test_match_is_the_naive_answer(fleet: list[Node], selector: Selector) -> None:
    """The answer holds the nodes that the model takes, in order."""
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
    """After any updates the inventory holds what a dict holds, in its order, and answers so."""
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
def test_only_an_id_is_taken_out(wrong: Any) -> None:
    """Taking out what is no id is a TypeError, a node too: it is not put in by the way."""
    inventory = three()
    with pytest.raises(TypeError, match="an id must be a string"):
        inventory.remove(wrong)
    assert ids(inventory) == ["n-2", "n-3", "n-1"]


@pytest.mark.parametrize("wrong", ["ab", "a", "", None, 5, Node("a"), {"a": Node("a")}])
def test_changes_are_several(wrong: Any) -> None:
    """An id, a node or a mapping is no list of changes: letters and keys are not taken out."""
    inventory = Inventory([Node("a"), Node("b"), Node("ab")])
    with pytest.raises(TypeError):
        inventory.apply(wrong)
    assert ids(inventory) == ["a", "b", "ab"]
