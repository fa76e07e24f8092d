"""Inventories of the fleet, and changes to them.

Nodes go in as they are made, one at a time: ten million need the memory of their inventory, and no
file.
"""

import random
from collections.abc import Iterator

from benchmarks.fleet import nodes
from nodeselect import Inventory, Node, NodeSet

LARGEST = 0.2
"""The share of changes that an inventory has at most, unless ``compact_at`` says another."""

_VERSIONS = tuple(f"2.{minor}.{patch}" for minor in range(6) for patch in range(5))


def node_id(number: int) -> str:
    """Return the id of a node of the fleet; the first is number 0."""
    return f"node-{number:07d}"


def fleet_nodes(n: int, unique_hostname: bool = False) -> Iterator[Node]:
    """Return the nodes of the fleet, without the checks of labels that are known to be right."""
    made = nodes(n, unique_hostname=unique_hostname)
    return (Node._trusted(node_id, labels, None, None) for node_id, labels in made)


def inventory_of(
    n: int,
    *,
    unique_hostname: bool = False,
    with_states: bool = False,
    compact_at: float | None = None,
) -> Inventory:
    """Make the inventory of a fleet. Nothing compacts it unless ``compact_at`` says so.

    :param with_states: whether nodes have a state: nine of ten are connected.
    """
    fleet = fleet_nodes(n, unique_hostname)
    if with_states:
        draw = random.Random(3)
        states = iter(
            lambda: draw.choices(("connected", "disconnected", "lost"), (90, 9, 1))[0], ""
        )
        fleet = (Node._trusted(node.id, node.labels, None, next(states)) for node in fleet)
    return Inventory(fleet, compact_at=compact_at)


def changed_nodes(inventory: Inventory, n: int, number: int) -> list[Node]:
    """Return ``number`` of the ``n`` nodes of the fleet, each with another version than it has.

    None comes again before all others have come.
    """
    draw = random.Random(2)
    places: list[int] = []
    while len(places) < number:
        places += draw.sample(range(n), min(n, number - len(places)))
    return [_with_another_version(inventory[node_id(place)], draw) for place in places]


def changed_again(changed: list[Node]) -> list[Node]:
    """Return the same nodes, each with again another version."""
    draw = random.Random(3)
    return [_with_another_version(node, draw) for node in changed]


def _with_another_version(node: Node, draw: random.Random) -> Node:
    others = [version for version in _VERSIONS if version != node.labels["version"]]
    version = others[int(draw.random() * len(others))]
    return Node(node.id, {**node.labels, "version": version})


def with_changes(inventory: Inventory, n: int, share: float = LARGEST) -> Inventory:
    """Change this share of the ``n`` nodes, one after the other; return the inventory."""
    for node in changed_nodes(inventory, n, int(share * n)):
        inventory.upsert(node)
    return inventory


def worked_out(answer: NodeSet) -> NodeSet:
    """Compute an answer, which is otherwise done when it is first used."""
    assert None not in answer
    return answer
