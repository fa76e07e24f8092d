"""Where nodes are between two compactions: a segment, and the changes since.

One space of ordinals for both. An ordinal stands for one node with one set of labels, as long as
the store is there; it is never given again. So a set of ordinals stays right whatever happens
afterwards, and says by itself which version of a node it holds.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from nodeselect.index import postings
from nodeselect.index.label_index import LabelIndex
from nodeselect.index.postings import Postings
from nodeselect.inventory.delta import Delta
from nodeselect.node import Node

if TYPE_CHECKING:
    from nodeselect.index.segment import Segment

__all__ = ["Store"]

_EARLY = 64
_MORE = 8
"""The first so many ranks are looked at, and so many times more where that is not enough."""

_SURE = 2
"""How many times more members than are wanted should be expected there."""

_CHEAPER = 4
"""How many ranks cost no more to look at than one member of a set costs to be put in order."""


class Store:
    """Nodes by ordinal, in the order of their ranks; nothing that is there ever changes."""

    __slots__ = ("_next_place", "_places", "base", "delta", "family", "next_rank", "segment")

    def __init__(
        self,
        segment: "Segment | None",
        changes: Delta,
        family: object,
        places: "array[int]",
        next_place: int,
    ) -> None:
        """Begin with the nodes of ``segment``; the changes may already have some.

        :param family: what the stores of one inventory have in common.
        :param places: for each rank that there is, the place among all nodes that ever were in
            the inventory; ascending.
        :param next_place: the place of the next node that comes in.
        """
        self.segment = segment
        self.delta = changes
        self.family = family
        self._places = places
        self._next_place = next_place
        self.base = len(places)
        self.next_rank = self.base

    def add(self, node: Node, rank: int | None) -> None:
        """Add a node at ``rank``; None puts it behind all others."""
        if rank is None:
            rank = self.next_rank
            self.next_rank += 1
        self.delta.add(node, rank)

    def place(self, rank: int) -> int:
        """Give the place of a rank among all nodes that ever were in the inventory."""
        if rank < self.base:
            return self._places[rank]
        return self._next_place + rank - self.base

    def places(self, ranks: Sequence[int]) -> "array[int]":
        """Give the places of ranks, which ascend."""
        early = bisect_left(ranks, self.base)
        places = array("q", map(self._places.__getitem__, ranks[:early]))
        places.extend(map(self.place, ranks[early:]))
        return places

    def rank(self, ordinal: int) -> int:
        """Give the rank of an ordinal."""
        if ordinal >= self.delta.first or self.segment is None:
            return self.delta.ranks[ordinal - self.delta.first]
        return self.segment.rank(ordinal)

    def node(self, ordinal: int) -> Node:
        """Give the node of an ordinal."""
        if ordinal >= self.delta.first or self.segment is None:
            return self.delta.nodes[ordinal - self.delta.first]
        return self.segment.node(ordinal)

    def is_same(self, ordinal: int, node: Node) -> bool:
        """Say whether the node of an ordinal is equal to ``node``, which has the same id."""
        if ordinal >= self.delta.first or self.segment is None:
            return self.delta.nodes[ordinal - self.delta.first] == node
        return self.segment.holds(ordinal, node)

    def id(self, ordinal: int) -> str:
        """Give the id of the node of an ordinal."""
        if ordinal >= self.delta.first or self.segment is None:
            return self.delta.nodes[ordinal - self.delta.first].id
        node_id: str = self.segment.rows.ids[self.segment.rank(ordinal)]
        return node_id

    def with_name(self, name: str, found: Postings) -> Postings:
        """Give the ordinals of ``found`` whose nodes have a name.

        Cost: some microseconds, and what has the name; the first time see ``Segment.named``.
        """
        ordinals = [] if self.segment is None else self.segment.with_name(name)
        ordinals += self.delta.with_name(name)
        return postings.from_ordinals(ordinals) & found

    def find(self, node_id: str, nodes: int | None = None, deaths: int | None = None) -> int | None:
        """Give the ordinal of the node with this id that is alive, or None.

        :param nodes: so many nodes of the changes have come in; None takes all that there are.
        :param deaths: so many ordinals have died.

        Cost: about a microsecond.
        """
        changes = self.delta
        nodes = len(changes.nodes) if nodes is None else nodes
        deaths = len(changes.tombstones) if deaths is None else deaths
        ordinal = changes.latest_ordinal(node_id, nodes) if nodes else None
        if ordinal is None and self.segment is not None:
            ordinal = self.segment.find(node_id)
        if ordinal is None or (deaths and changes.is_deleted(ordinal, deaths)):
            return None
        return ordinal

    def version(self, node_id: str, found: Postings, start: int, stop: int) -> int | None:
        """Give the ordinal in ``found`` of the node with this id, in whatever version, or None.

        :param start: the nodes of the changes at the first moment that the set may be of.
        :param stop: those at the last.
        """
        ordinal, settled = self.delta.version(node_id, found, start, stop)
        if settled or self.segment is None:
            return ordinal
        ordinal = self.segment.find(node_id)
        return ordinal if ordinal is not None and ordinal in found else None

    def ids(self, found: Postings, most: int | None = None) -> list[str]:
        """Give the ids of ordinals, or of the first so many, in the order of ranks.

        Cost: some 10 ns an ordinal, and what it returns.
        """
        late = self.delta_members(found)
        nodes, first = self.delta.nodes, self.delta.first
        if self.segment is None:
            return [nodes[ordinal - first].id for _, ordinal in late[:most]]
        early = postings.ordinals(found)[: len(found) - len(late)]
        others = [(rank, nodes[ordinal - first].id) for rank, ordinal in late[:most]]
        return self.segment.ids(early, others, most)

    def in_order(self, found: Postings, most: int | None = None) -> list[int]:
        """Give ordinals, or the first so many, in the order of ranks. Cost: that of :meth:`ids`."""
        late = self.delta_members(found)
        if self.segment is None:
            return [ordinal for _, ordinal in late[:most]]
        early = postings.ordinals(found)[: len(found) - len(late)]
        return self.segment.in_order(early, late[:most], most)

    def first(self, found: Postings, n: int) -> list[int]:
        """Give the first ``n`` ordinals in the order of ranks.

        Cost: that of :meth:`candidates_for_first`, and at most linear in the set.
        """
        return self.in_order(self.candidates_for_first(len(found), found.__and__, n), n)

    def candidates_for_first(
        self, size: int, among: Callable[[Postings], Postings], n: int
    ) -> Postings:
        """Give a part of a set that holds the first ``n`` of it in the order of ranks.

        :param size: how many ordinals the set has.
        :param among: gives those of the set that are among some; so the set itself need never be
            made.

        Cost: of a set that holds much of the store, a few operations on small sets.
        """
        ranks = _EARLY
        while ranks < self.next_rank and ranks * size < _SURE * n * self.next_rank:
            ranks *= _MORE
        while ranks < min(_CHEAPER * size, self.next_rank):
            found = among(self._early(ranks))
            if len(found) >= n:
                return found
            ranks *= _MORE
        changes = self.delta
        return among(postings.from_range(0, changes.first + len(changes.nodes)))

    def _early(self, ranks: int) -> Postings:
        """Give the ordinals, dead ones among them, of the first so many ranks."""
        segment, changes = self.segment, self.delta
        if segment is None:
            return changes.early(ranks)
        early = segment.early(ranks)
        return early | changes.early(ranks) if changes.nodes else early

    def indexes(self) -> list[LabelIndex] | None:
        """Give the indexes that all nodes are in; None where some are in none."""
        indexes = [self.delta.index]
        if self.segment is not None:
            indexes.append(self.segment.index)
        known = [index for index in indexes if index is not None]
        return known if len(known) == len(indexes) else None

    def bytes(self) -> dict[str, int]:
        """Give the memory by part, in bytes."""
        parts = {} if self.segment is None else self.segment.bytes()
        parts["places"] = self._places.__sizeof__()
        parts["changes"] = self.delta.bytes()
        return parts

    def delta_members(self, found: Postings) -> list[tuple[int, int]]:
        """Give those of the changes, with their ranks, in the order of ranks."""
        changes = self.delta
        if not changes.nodes:
            return []
        first, ranks = changes.first, changes.ranks
        late = found
        if self.segment is not None:
            late = found & postings.from_range(first, first + len(ranks))
        return sorted((ranks[ordinal - first], ordinal) for ordinal in postings.ordinals(late))
