"""The answer to a selector: which nodes."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from nodeselect.node import Node

__all__ = ["NodeSet", "Placed"]

Placed = tuple[int, Node]
"""A node and its place in the order in which the nodes of its inventory first came in."""


class NodeSet:
    """Some nodes of one inventory, at the moment they were asked for. It never changes.

    In inventory order: the order in which the nodes first came in.
    """

    __slots__ = ("_inventory", "_placed")

    def __init__(self, inventory: object, placed: Mapping[str, Placed]) -> None:
        """Made by ``Inventory.match``; ``placed`` is in order, ``inventory`` its mark."""
        self._inventory = inventory
        self._placed = placed

    def __len__(self) -> int:
        return len(self._placed)

    def __iter__(self) -> Iterator[Node]:
        return (node for _, node in self._placed.values())

    def __contains__(self, node_id: object) -> bool:
        """Say whether the node with this id is in the answer."""
        return node_id in self._placed

    def ids(self) -> list[str]:
        """Give the ids in inventory order. Cost: a list of the length of the answer."""
        return list(self._placed)

    def first(self, n: int) -> list[Node]:
        """Give the first ``n`` nodes in inventory order, or all where there are fewer.

        :raises ValueError: when ``n`` is negative.
        """
        if n < 0:
            raise ValueError("n must not be negative")
        return list(islice(self, n))

    def __and__(self, other: "NodeSet") -> "NodeSet":
        return self._kept(other, lambda node_id: node_id in other._placed)

    def __sub__(self, other: "NodeSet") -> "NodeSet":
        return self._kept(other, lambda node_id: node_id not in other._placed)

    def __or__(self, other: "NodeSet") -> "NodeSet":
        """Take the nodes of both; where both have one, as the left one has it."""
        self._check(other)
        both = sorted({**other._placed, **self._placed}.items(), key=lambda item: item[1][0])
        return NodeSet(self._inventory, dict(both))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NodeSet):
            return NotImplemented
        return self._inventory is other._inventory and self._placed == other._placed

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        ids = ", ".join(repr(node.id) for node in self.first(3))
        return f"<NodeSet of {len(self)}: {ids}{', …' if len(self) > 3 else ''}>"

    def _kept(self, other: "NodeSet", wanted: Callable[[str], bool]) -> "NodeSet":
        self._check(other)
        kept = {node_id: placed for node_id, placed in self._placed.items() if wanted(node_id)}
        return NodeSet(self._inventory, kept)

    def _check(self, other: object) -> None:
        if not isinstance(other, NodeSet):
            raise TypeError(f"a NodeSet goes with a NodeSet, not with {type(other).__name__}")
        if self._inventory is not other._inventory:
            raise ValueError("the two node sets are of different inventories")
