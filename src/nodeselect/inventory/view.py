"""An immutable view of a store: the nodes and tombstones visible to one reader."""

from nodeselect.explain.vocabulary import Vocabulary
from nodeselect.index import postings
from nodeselect.index.planner import Plan, count, run
from nodeselect.index.postings import Postings
from nodeselect.inventory.store import Store
from nodeselect.selectors import Selector

__all__ = ["View"]

_EMPTY = postings.from_ordinals(())


class View:
    """The nodes and tombstones of a store that one reader sees. Immutable.

    Each write makes one, in less than a microsecond.

    :param store: the store as it is now; what is added later is not visible.
    :param length: the number of nodes that are not deleted.
    :param previous: an earlier view of the same store, whose work is reused.
    """

    __slots__ = (
        "_deleted",
        "_merged",
        "_merged_count",
        "_vocabulary",
        "generation",
        "length",
        "node_count",
        "store",
        "tombstone_count",
    )

    def __init__(
        self, store: Store, length: int, generation: int, previous: "View | None" = None
    ) -> None:
        self.store = store
        self.length = length
        self.generation = generation
        self.node_count = len(store.delta.nodes)
        self.tombstone_count = len(store.delta.tombstones)
        self._vocabulary: Vocabulary | None = None
        self._deleted: Postings | None = None
        # The first tombstones as one bitmap, which later views share.
        self._merged: Postings = _EMPTY if previous is None else previous._merged
        self._merged_count: int = 0 if previous is None else previous._merged_count
        if self.tombstone_count - self._merged_count >= store.tuning.tombstone_batch:
            self._merged, self._merged_count = self.deleted(), self.tombstone_count

    @property
    def pending_changes(self) -> int:
        """How many nodes were added or deleted since the store was built, whichever is more."""
        built = 0 if self.store.segment is not None else self.store.indexed_count
        return max(self.node_count - built, self.tombstone_count)

    @property
    def is_fully_indexed(self) -> bool:
        """Whether all nodes are in the segment and none of them is deleted."""
        return not (self.node_count or self.tombstone_count)

    def deleted(self) -> Postings:
        """Return the deleted ordinals. Do not modify them."""
        if self._deleted is None:
            more = self.store.delta.tombstones[self._merged_count : self.tombstone_count]
            self._deleted = self._merged | postings.from_ordinals(more) if more else self._merged
        return self._deleted

    def live(self) -> Postings:
        """Return the ordinals that are not deleted."""
        ordinals = postings.from_range(0, self.store.delta.first + self.node_count)
        return ordinals - self.deleted() if self.tombstone_count else ordinals

    @property
    def vocabulary(self) -> Vocabulary:
        """The cache of the keys and values of the nodes."""
        if self._vocabulary is None:
            self._vocabulary = Vocabulary()
        return self._vocabulary

    def plan(self, selector: Selector) -> Plan:
        """Return the plan over the segment, or over the delta if there is no segment."""
        segment = self.store.segment
        if segment is None:
            return self.store.delta.plan(selector, self.node_count)
        return segment.plan(selector)

    def evaluate(self, selector: Selector) -> Postings:
        """Return the ordinals that ``selector`` matches. Do not modify them."""
        segment, delta = self.store.segment, self.store.delta
        if segment is None:
            matches = delta.evaluate(selector, self.node_count)
        else:
            matches = run(segment.plan(selector))
            if self.node_count:
                matches = matches | delta.evaluate(selector, self.node_count)
        return matches - self.deleted() if self.tombstone_count else matches

    def evaluate_size(self, selector: Selector) -> int:
        """Return how many nodes ``selector`` matches."""
        segment = self.store.segment
        if segment is None or not self.is_fully_indexed:
            return len(self.evaluate(selector))
        return count(segment.plan(selector))

    def find(self, node_id: str) -> int | None:
        """Return the ordinal of the node with this id, or None. Cost: about a microsecond."""
        return self.store.find(node_id, self.node_count, self.tombstone_count)
