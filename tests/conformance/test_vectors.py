"""The parser, the predicate, and inventories however they were built agree with Kubernetes."""

from collections.abc import Callable

import pytest

from nodeselect import Inventory, Node, Selector, SelectorError
from tests.conformance.vectors import VECTORS, Vector, in_form_of_vectors
from tests.inventory.small import FEW, small_inventory
from tests.naive import matches

ACCEPTED = [vector for vector in VECTORS if vector.accepted]


def test_the_vectors_are_complete() -> None:
    """There are 602 cases, each with its own name and a verdict for each map of labels."""
    assert len({vector.id for vector in VECTORS}) == 602
    for vector in VECTORS:
        assert not vector.ok or len(vector.matches) == len(vector.labels)


def parses(text: str) -> bool:
    """Return whether the text is a selector."""
    try:
        Selector.parse(text)
    except SelectorError:
        return False
    return True


def test_verdicts() -> None:
    """A text parses exactly if Kubernetes parses it; a text with a NUL never does."""
    assert {vector.id: parses(vector.selector) for vector in VECTORS} == {
        vector.id: vector.accepted for vector in VECTORS
    }


def test_canonical_texts() -> None:
    """The canonical text is the text that Kubernetes prints."""
    assert {vector.id: str(Selector.parse(vector.selector)) for vector in ACCEPTED} == {
        vector.id: vector.canonical for vector in ACCEPTED
    }


def test_requirements() -> None:
    """Keys, operators and values are those of Kubernetes, in its order."""
    assert {
        vector.id: tuple(map(in_form_of_vectors, Selector.parse(vector.selector).canonical))
        for vector in ACCEPTED
    } == {vector.id: vector.requirements for vector in ACCEPTED}


MATCHES = {vector.id: vector.matches for vector in ACCEPTED}


def test_matches() -> None:
    """The predicate matches the maps of labels that Kubernetes matches."""
    assert {
        vector.id: tuple(map(Selector.parse(vector.selector).matches, vector.labels))
        for vector in ACCEPTED
    } == MATCHES


def test_the_model() -> None:
    """The model of the property tests agrees with Kubernetes too."""
    answers = {}
    for vector in ACCEPTED:
        requirements = Selector.parse(vector.selector).requirements
        answers[vector.id] = tuple(matches(requirements, None, labels) for labels in vector.labels)
    assert answers == MATCHES


def few(nodes: list[Node]) -> Inventory:
    """Build an inventory whose nodes are so few that each is tested."""
    return Inventory(nodes)


def delta(nodes: list[Node]) -> Inventory:
    """Add the nodes one by one, so that they are in the index of the delta."""
    inventory = small_inventory(compact_at=None)
    for node in [*nodes, *_others()]:
        inventory.upsert(node)
    assert inventory.pending_changes == len(inventory)
    return inventory


def segment(nodes: list[Node]) -> Inventory:
    """Index the nodes and a few others in bulk."""
    inventory = small_inventory([*nodes, *_others()])
    assert inventory._view.store.segment is not None
    return inventory


def compacted(nodes: list[Node]) -> Inventory:
    """Index the nodes in bulk after each has replaced another version."""
    inventory = small_inventory([Node(node.id, {"old": "label"}) for node in [*nodes, *_others()]])
    inventory.apply(nodes)
    inventory.compact()
    assert inventory.pending_changes == 0
    return inventory


def replaced(nodes: list[Node]) -> Inventory:
    """Replace the nodes that were indexed in bulk."""
    inventory = small_inventory(
        [Node(node.id, {"old": "label"}) for node in [*nodes, *_others()]], compact_at=None
    )
    inventory.apply(nodes)
    assert inventory.pending_changes == len(nodes)
    return inventory


def _others() -> list[Node]:
    return [Node(f"other-{number}") for number in range(FEW + 1)]


def matched(vector: Vector, build: Callable[[list[Node]], Inventory]) -> list[str]:
    """Return the ids of the vector's nodes that its selector matches."""
    nodes = [Node(f"n-{at}", labels) for at, labels in enumerate(vector.labels)]
    answer = build(nodes).match(Selector.parse(vector.selector))
    assert len(answer) == len(answer.ids())
    return [node_id for node_id in answer.ids() if node_id.startswith("n-")]


@pytest.mark.parametrize("build", [few, delta, segment, compacted, replaced])
def test_inventories(build: Callable[[list[Node]], Inventory]) -> None:
    """The answer has the nodes that Kubernetes matches and no others, in inventory order."""
    assert {vector.id: matched(vector, build) for vector in ACCEPTED} == {
        name: [f"n-{at}" for at, verdict in enumerate(verdicts) if verdict]
        for name, verdicts in MATCHES.items()
    }
