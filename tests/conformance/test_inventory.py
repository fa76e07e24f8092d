"""An inventory gives the verdicts of Kubernetes, by every way to the answer."""

from collections.abc import Callable

import pytest

from nodeselect import Inventory, Node, Selector
from tests.conformance.vectors import VECTORS, Vector
from tests.inventory.small import FEW, small_segments

ACCEPTED = [vector for vector in VECTORS if vector.accepted]


def unindexed(nodes: list[Node]) -> Inventory:
    """Test the nodes one by one."""
    return Inventory(nodes, indexed=False)


def few(nodes: list[Node]) -> Inventory:
    """Make an inventory of few nodes."""
    return Inventory(nodes)


def growing(nodes: list[Node]) -> Inventory:
    """Put the nodes in one after the other, all into the index of changes."""
    inventory = Inventory(compact_at=None)
    for node in [*nodes, *_others()]:
        inventory.upsert(node)
    assert inventory._moment.store.segment is None
    return inventory


def segment(nodes: list[Node]) -> Inventory:
    """Make an index in bulk, of the nodes and a few others."""
    inventory = Inventory([*nodes, *_others()])
    assert inventory._moment.store.segment is not None
    return inventory


def compacted(nodes: list[Node]) -> Inventory:
    """Make an index in bulk of nodes that have changed since there was one, and of others."""
    inventory = Inventory([Node(node.id, {"old": "label"}) for node in [*nodes, *_others()]])
    inventory.apply(nodes)
    inventory.compact()
    assert inventory._moment.store.segment is not None
    return inventory


def changed(nodes: list[Node]) -> Inventory:
    """Put the nodes in the place of those that an index was made of."""
    inventory = Inventory(
        [Node(node.id, {"old": "label"}) for node in [*nodes, *_others()]], compact_at=None
    )
    inventory.apply(nodes)
    assert inventory._moment.nodes == len(nodes)
    return inventory


def _others() -> list[Node]:
    return [Node(f"other-{number}") for number in range(FEW + 1)]


def matched(vector: Vector, build: Callable[[list[Node]], Inventory]) -> list[str]:
    """Return the ids of the vector's nodes that its selector matches."""
    nodes = [Node(f"n-{at}", labels) for at, labels in enumerate(vector.labels)]
    answer = build(nodes).match(Selector.parse(vector.selector))
    assert len(answer) == len(answer.ids())
    return [node_id for node_id in answer.ids() if node_id.startswith("n-")]


@pytest.mark.parametrize("build", [unindexed, few, growing, segment, compacted, changed])
def test_match(build: Callable[[list[Node]], Inventory]) -> None:
    """The answer has the nodes that Kubernetes matches and no others, in inventory order."""
    with small_segments():
        answers = {vector.id: matched(vector, build) for vector in ACCEPTED}
    assert answers == {
        vector.id: [f"n-{at}" for at, verdict in enumerate(vector.matches) if verdict]
        for vector in ACCEPTED
    }
