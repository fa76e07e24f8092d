"""The nodes of an inventory between two compactions: a segment, and the delta since.

Both share one space of ordinals. An ordinal is one version of one node as long as the store exists;
it is never used again. So a set of ordinals stays right whatever happens afterwards, and says by
itself which version of a node it contains.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from nodeselect.index import postings
from nodeselect.index.label_index import LabelIndex
from nodeselect.index.postings import Postings
from nodeselect.index.tuning import Tuning
from nodeselect.inventory.delta import Delta
from nodeselect.node import Node

if TYPE_CHECKING:  # the segment needs numpy, which small inventories do not load
    from nodeselect.index.segment import Segment

__all__ = ["Store"]

# The parts of a segment's memory, for stores without one.
_SEGMENT_PARTS = ("ids", "id index", "node table", "order", "label index", "plans")


class Store:
    """Nodes by ordinal, in the order of their ranks. Nodes are added, and never change.

    :param segment: the nodes of the last compaction; None if they are few, and in the delta.
    :param node_count: the number of nodes with which the store begins.
    """

    __slots__ = ("delta", "indexed_count", "next_rank", "segment", "tuning")

    def __init__(
        self, segment: "Segment | None", delta: Delta, node_count: int, tuning: Tuning
    ) -> None:
        self.segment = segment
        self.delta = delta
        self.indexed_count = node_count
        self.next_rank = node_count
        self.tuning = tuning

    def add(self, node: Node, rank: int | None) -> None:
        """Add a node at ``rank``; None appends it to all others."""
        if rank is None:
            rank = self.next_rank
            self.next_rank += 1
        self.delta.add(node, rank)

    def rank(self, ordinal: int) -> int:
        """Return the rank of an ordinal."""
        if self.segment is None or ordinal >= self.delta.first:
            return self.delta.ranks[ordinal - self.delta.first]
        return self.segment.rank(ordinal)

    def node(self, ordinal: int) -> Node:
        """Return the node of an ordinal."""
        if self.segment is None or ordinal >= self.delta.first:
            return self.delta.nodes[ordinal - self.delta.first]
        return self.segment.node(ordinal)

    def id(self, ordinal: int) -> str:
        """Return the id of the node of an ordinal."""
        if self.segment is None or ordinal >= self.delta.first:
            return self.delta.nodes[ordinal - self.delta.first].id
        return self.segment.id(ordinal)

    def equals(self, ordinal: int, node: Node) -> bool:
        """Return whether the node of an ordinal equals ``node``, which has the same id."""
        if self.segment is None or ordinal >= self.delta.first:
            return self.delta.nodes[ordinal - self.delta.first] == node
        return self.segment.equals(ordinal, node)

    def with_name(self, name: str, nodes: Postings) -> Postings:
        """Return those of ``nodes`` that have a name. Cost: see ``Segment.with_name``."""
        ordinals = [] if self.segment is None else self.segment.with_name(name)
        return postings.from_ordinals([*ordinals, *self.delta.with_name(name)]) & nodes

    def find(
        self, node_id: str, node_count: int | None = None, tombstone_count: int | None = None
    ) -> int | None:
        """Return the ordinal of the node with this id, or None. Cost: about a microsecond.

        :param node_count: consider this many nodes of the delta; None considers all.
        :param tombstone_count: consider this many tombstones.
        """
        delta = self.delta
        node_count = len(delta.nodes) if node_count is None else node_count
        tombstone_count = len(delta.tombstones) if tombstone_count is None else tombstone_count
        ordinal = delta.latest_ordinal(node_id, node_count) if node_count else None
        if ordinal is None and self.segment is not None:
            ordinal = self.segment.find(node_id)
        if ordinal is None or (tombstone_count and delta.is_deleted(ordinal, tombstone_count)):
            return None
        return ordinal

    def ids(self, nodes: Postings, limit: int | None = None) -> list[str]:
        """Return the ids of all nodes, or of the first ones, in the order of ranks.

        Cost: about 10 ns a node, and what it returns.
        """
        members = self.delta_members(nodes)
        delta_nodes, first = self.delta.nodes, self.delta.first
        if self.segment is None:
            return [delta_nodes[ordinal].id for _, ordinal in members[:limit]]
        others = [(rank, delta_nodes[ordinal - first].id) for rank, ordinal in members[:limit]]
        rest = postings.ordinals(nodes)[: len(nodes) - len(members)]
        return self.segment.ids(rest, others, limit)

    def in_order(self, nodes: Postings, limit: int | None = None) -> list[int]:
        """Return ordinals, or the first ones, in the order of ranks. Cost: as :meth:`ids`."""
        members = self.delta_members(nodes)
        if self.segment is None:
            return [ordinal for _, ordinal in members[:limit]]
        rest = postings.ordinals(nodes)[: len(nodes) - len(members)]
        return self.segment.in_order(rest, members[:limit], limit)

    def delta_members(self, nodes: Postings) -> list[tuple[int, int]]:
        """Return the ranks and ordinals of those ``nodes`` that are in the delta, in order."""
        first, ranks = self.delta.first, self.delta.ranks
        if not ranks:
            return []
        if self.segment is not None:
            nodes = nodes & postings.from_range(first, first + len(ranks))
        return sorted((ranks[ordinal - first], ordinal) for ordinal in postings.ordinals(nodes))

    def first(self, nodes: Postings, n: int) -> list[int]:
        """Return the first ``n`` ordinals in the order of ranks.

        Cost: as :meth:`candidates_for_first`, and at most linear in ``nodes``.
        """
        return self.in_order(self.candidates_for_first(len(nodes), nodes.__and__, n), n)

    def candidates_for_first(
        self, size: int, intersect: Callable[[Postings], Postings], n: int
    ) -> Postings:
        """Return a subset that contains the first ``n`` nodes of a set in the order of ranks.

        The set is intersected with the nodes of the first ranks, more and more of them, beginning
        with as many as are expected to contain ``2 * n`` nodes of it. A set of few nodes is
        returned whole instead.

        :param size: the number of nodes in the set.
        :param intersect: returns the nodes of the set that are among others, so that the set
            itself need not be built.

        Cost: for a set that contains much of the store, a few operations on small sets.
        """
        tuning, end = self.tuning, self.next_rank
        window = tuning.first_window
        while window < end and window * size < 2 * n * end:
            window *= tuning.window_growth
        while window < min(tuning.ranks_per_sorted_node * size, end):
            candidates = intersect(self._ordinals_below_rank(window))
            if len(candidates) >= n:
                return candidates
            window *= tuning.window_growth
        return intersect(postings.from_range(0, self.delta.first + len(self.delta.nodes)))

    def _ordinals_below_rank(self, rank: int) -> Postings:
        """Return the ordinals of all ranks below ``rank``, deleted ones among them."""
        if self.segment is None:
            return self.delta.ordinals_below_rank(rank)
        ordinals = self.segment.ordinals_below_rank(rank)
        return ordinals | self.delta.ordinals_below_rank(rank) if self.delta.nodes else ordinals

    def indexes(self) -> list[LabelIndex]:
        """Return the indexes that together contain all nodes."""
        if self.segment is None:
            return [self.delta.index]
        return [self.delta.index, self.segment.index]

    def memory(self) -> dict[str, int]:
        """Return the memory of each part, in bytes."""
        segment = self.segment
        parts = dict.fromkeys(_SEGMENT_PARTS, 0) if segment is None else segment.memory()
        return {**parts, "delta": self.delta.memory_bytes()}
