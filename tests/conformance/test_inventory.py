"""An inventory gives the verdicts of Kubernetes."""

import pytest

from nodeselect import Inventory, Node, Selector
from tests.conformance.vectors import VECTORS, Vector

ACCEPTED = [pytest.param(vector, id=vector.id) for vector in VECTORS if vector.accepted]


@pytest.mark.parametrize("vector", ACCEPTED)
def test_match(vector: Vector) -> None:
    """The answer holds the nodes that Kubernetes takes and no other, in inventory order."""
    inventory = Inventory(Node(f"n-{at}", labels) for at, labels in enumerate(vector.labels))
    taken = [f"n-{at}" for at, verdict in enumerate(vector.matches) if verdict]
    assert inventory.match(Selector.parse(vector.selector)).ids() == taken
