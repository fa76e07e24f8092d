"""An inventory gives the verdicts of Kubernetes, however it was built."""

from collections.abc import Callable

import pytest

from nodeselect import Inventory, Node, Selector
from tests.conformance.vectors import VECTORS, Vector
from tests.inventory.small import FEW, small_inventory

ACCEPTED = [vector for vector in VECTORS if vector.accepted]


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
def test_match(build: Callable[[list[Node]], Inventory]) -> None:
    """The answer has the nodes that Kubernetes matches and no others, in inventory order."""
    answers = {vector.id: matched(vector, build) for vector in ACCEPTED}
    assert answers == {
        vector.id: [f"n-{at}" for at, verdict in enumerate(vector.matches) if verdict]
        for vector in ACCEPTED
    }
