"""The nodes of an inventory between two compactions: a segment, and the delta since.

Both share one space of ordinals. An ordinal is one version of one node as long as the store exists;
it is never used again. So a set of ordinals stays right whatever happens afterwards, and says by
itself which version of a node it contains.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable
from typing import TYPE_CHECKING

from nodeselect.explain.similarity import Vocabulary
from nodeselect.index import postings
from nodeselect.index.label_index import LabelIndex
from nodeselect.index.postings import Postings
from nodeselect.inventory.delta import Delta
from nodeselect.node import Node
from nodeselect.selectors import Selector

if TYPE_CHECKING:  # the segment needs numpy, which small inventories do not load
    from nodeselect.index.segment import Segment

__all__ = ["Store", "View"]

_EMPTY = postings.from_ordinals(())


class Store:
    """Nodes by ordinal, in the order of their ranks. Nodes are added, and never change.

    :param segment: the nodes of the last compaction; None if they are few, and in the delta.
    """

    __slots__ = ("delta", "indexed_count", "merged_tombstones", "next_rank", "segment")

    def __init__(self, segment: "Segment | None", delta: Delta) -> None:
        self.segment = segment
        self.delta = delta
        self.indexed_count = self.next_rank = delta.first + len(delta.nodes)
        # The ordinals of the first tombstones, and how many tombstones these are.
        self.merged_tombstones: tuple[Postings, int] = _EMPTY, 0

    def upsert(self, node: Node) -> bool:
        """Replace or append a node; return False if an equal one is there."""
        previous = self.find(node.id)
        if previous is None:
            self.delta.add(node, self.next_rank)
            self.next_rank += 1
            return True
        if self.equals(previous, node):
            return False
        if self.segment is None or previous >= self.delta.first:
            rank = self.delta.ranks[previous - self.delta.first]
        else:
            rank = self.segment.rank(previous)
        self.delta.add(node, rank)
        self.delta.delete(previous)
        return True

    def remove(self, node_id: str) -> None:
        """Remove the node with this id; raise ``KeyError`` if there is none."""
        ordinal = self.find(node_id)
        if ordinal is None:
            raise KeyError(node_id)
        self.delta.delete(ordinal)

    def node(self, ordinal: int) -> Node:
        """Return the node of an ordinal."""
        if self.segment is None or ordinal >= self.delta.first:
            return self.delta.nodes[ordinal - self.delta.first]
        return self.segment.node(ordinal)

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
        """Return all ids, or the first ones, in the order of ranks. Cost: about 10 ns a node."""
        indexed, members = self.split(nodes)
        nodes_added, first = self.delta.nodes, self.delta.first
        if self.segment is None:
            return [nodes_added[ordinal].id for _, ordinal in members[:limit]]
        ids = [(rank, nodes_added[ordinal - first].id) for rank, ordinal in members[:limit]]
        return self.segment.in_order(self.segment.table.ids, indexed, ids, limit)

    def in_order(self, nodes: Postings, limit: int | None = None) -> list[int]:
        """Return ordinals, or the first ones, in the order of ranks. Cost: as :meth:`ids`."""
        indexed, members = self.split(nodes)
        if self.segment is None:
            return [ordinal for _, ordinal in members[:limit]]
        return self.segment.in_order(self.segment.ordinals, indexed, members[:limit], limit)

    def split(self, nodes: Postings) -> "tuple[array[int], list[tuple[int, int]]]":
        """Return the ordinals in the segment, and ranks and ordinals in the delta by rank."""
        ordinals, first, ranks = postings.ordinals(nodes), self.delta.first, self.delta.ranks
        if not ranks:
            return ordinals, []
        end = bisect_left(ordinals, first)
        return ordinals[:end], sorted((ranks[at - first], at) for at in ordinals[end:])

    def first(self, nodes: Postings, n: int) -> list[int]:
        """Return the first ``n`` ordinals in the order of ranks. Cost: at most linear."""
        return self.in_order(self.candidates_for_first(len(nodes), nodes.__and__, n), n)

    def candidates_for_first(
        self, size: int, intersect: Callable[[Postings], Postings], n: int
    ) -> Postings:
        """Return a subset that contains the first ``n`` nodes of a set in the order of ranks.

        The set is intersected with the nodes of more and more of the first ranks, beginning with
        as many as are expected to contain ``2 * n`` nodes of it, which costs a few operations on
        small sets. A set of few nodes is returned whole instead.

        :param size: the number of nodes in the set.
        :param intersect: returns the nodes of the set among others; the set itself is not built.
        """
        tuning, end = self.delta.tuning, self.next_rank
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


class View:
    """The nodes and tombstones of a store that one reader sees. Immutable.

    Each write makes one, in less than a microsecond.

    :param store: the store as it is now; what is added later is not visible.
    """

    __slots__ = (
        "_deleted",
        "generation",
        "node_count",
        "store",
        "tombstone_count",
        "vocabulary",
    )

    def __init__(self, store: Store, generation: int) -> None:
        self.store = store
        self.generation = generation
        self.node_count = len(store.delta.nodes)
        self.tombstone_count = len(store.delta.tombstones)
        self.vocabulary: Vocabulary | None = None  # set by the first explanation
        self._deleted: Postings | None = None

    def __len__(self) -> int:
        return self.store.delta.first + self.node_count - self.tombstone_count

    @property
    def pending_changes(self) -> int:
        """How many nodes were added or deleted since the store was built, whichever is more."""
        added = self.store.delta.first + self.node_count - self.store.indexed_count
        return max(added, self.tombstone_count)

    def deleted(self) -> Postings:
        """Return the deleted ordinals. Do not modify them."""
        if self._deleted is None:  # two threads may both compute it, with the same result
            store = self.store
            merged, count = store.merged_tombstones
            if count > self.tombstone_count:
                merged, count = _EMPTY, 0
            added = store.delta.tombstones[count : self.tombstone_count]
            self._deleted = merged | postings.from_ordinals(added) if added else merged
            store.merged_tombstones = self._deleted, self.tombstone_count
        return self._deleted

    def live(self) -> Postings:
        """Return the ordinals that are not deleted."""
        ordinals = postings.from_range(0, self.store.delta.first + self.node_count)
        return ordinals - self.deleted() if self.tombstone_count else ordinals

    def evaluate(self, selector: Selector) -> Postings:
        """Return the ordinals that ``selector`` matches. Do not modify them."""
        segment, delta = self.store.segment, self.store.delta
        if segment is None:
            matches = delta.evaluate(selector, self.node_count)
        else:
            matches = segment.plan(selector).evaluate()
            if self.node_count:
                matches = matches | delta.evaluate(selector, self.node_count)
        return matches - self.deleted() if self.tombstone_count else matches

    def indexed_size(self, selector: Selector) -> int | None:
        """Return how many nodes ``selector`` matches; None if that needs :meth:`evaluate`."""
        segment = self.store.segment
        if segment is None or self.node_count or self.tombstone_count:
            return None
        return segment.plan(selector).evaluate_size()

    def find(self, node_id: str) -> int | None:
        """Return the ordinal of the node with this id, or None. Cost: about a microsecond."""
        return self.store.find(node_id, self.node_count, self.tombstone_count)
