"""The nodes that there are, and the question which of them a selector takes."""

import os
from collections.abc import Iterable, Iterator
from typing import BinaryIO, TextIO

from nodeselect.errors import InventoryError
from nodeselect.inventory.nodeset import NodeSet, Placed
from nodeselect.labels import Selector
from nodeselect.node import Node
from nodeselect.printable import quoted
from nodeselect.sources import open_input

__all__ = ["Inventory"]


class Inventory:
    """A fleet of nodes, each id once, in the order in which the nodes first came in.

    >>> inventory = Inventory([Node("n-1", {"gpu": "true"}), Node("n-2")])
    >>> inventory.match(Selector.parse("gpu")).ids()
    ['n-1']

    :param nodes: the nodes to begin with.
    :raises InventoryError: with the code ``duplicate-id``, when two nodes have one id.
    """

    __slots__ = ("_mark", "_next_place", "_placed")

    def __init__(self, nodes: Iterable[Node] = ()) -> None:
        self._placed: dict[str, Placed] = {}
        self._next_place = 0
        self._mark = object()  # what node sets know the inventory by, without keeping it alive
        for node in nodes:
            _check(node)
            if node.id in self._placed:
                raise InventoryError("duplicate-id", f"two nodes have the id {quoted(node.id)}")
            self._append(node)

    @classmethod
    def read(cls, source: str | os.PathLike[str] | BinaryIO | TextIO) -> "Inventory":
        """Read all nodes of a file or stream; ``-`` is standard input.

        The shape is recognised by what stands there: node lists of Expanso, Kubernetes, Bacalhau
        and Nomad, ``[{id, labels}]``, ``{id: labels}``, as JSON, YAML or JSON lines, and CSV.

        :raises InventoryError: when anything is wrong or missing; there is no smaller inventory.
        """
        from nodeselect.sources.reader import NodeReader  # msgspec: loaded with the first input

        with open_input(source) as (stream, name):
            try:
                return cls(NodeReader(stream, name=name))
            except InventoryError as error:
                raise (error if error.place else error.within(name)) from None

    def match(self, selector: Selector) -> NodeSet:
        """Give the nodes that ``selector`` takes, as they are at this moment.

        Other threads may write meanwhile. Cost: one test a node.
        """
        if not isinstance(selector, Selector):
            raise TypeError(f"match takes a Selector, not {type(selector).__name__}")
        matches = selector.matches
        moment = list(self._placed.values())  # one step, which no other thread can come between
        taken = {
            placed[1].id: placed for placed in moment if matches(placed[1].labels, placed[1].id)
        }
        return NodeSet(self._mark, taken)

    def upsert(self, node: Node) -> None:
        """Put ``node`` in the place of the one with its id, or behind all when there is none."""
        _check(node)
        old = self._placed.get(node.id)
        if old is None:
            self._append(node)
        else:
            self._placed[node.id] = old[0], node

    def remove(self, node_id: str) -> None:
        """Take the node with this id out.

        :raises KeyError: when there is none.
        """
        del self._placed[node_id]

    def __len__(self) -> int:
        return len(self._placed)

    def __iter__(self) -> Iterator[Node]:
        return (node for _, node in self._placed.values())

    def __contains__(self, node: object) -> bool:
        """Say whether this very node is there or, for a string, a node with this id."""
        if isinstance(node, Node):
            placed = self._placed.get(node.id)
            return placed is not None and placed[1] == node
        return node in self._placed

    def __getitem__(self, node_id: str) -> Node:
        """Give the node with this id.

        :raises KeyError: when there is none.
        """
        return self._placed[node_id][1]

    def __repr__(self) -> str:
        return f"<Inventory of {len(self)} nodes>"

    def _append(self, node: Node) -> None:
        self._placed[node.id] = self._next_place, node
        self._next_place += 1


def _check(node: object) -> None:
    if not isinstance(node, Node):
        raise TypeError(f"an inventory holds Nodes, not {type(node).__name__}")
