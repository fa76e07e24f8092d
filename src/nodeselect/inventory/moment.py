"""What a reader sees: a store as it was when so many nodes and deaths were there."""

from nodeselect.explain.vocabulary import Vocabulary
from nodeselect.index import postings
from nodeselect.index.planner import count, run
from nodeselect.index.postings import Postings
from nodeselect.inventory.store import Store
from nodeselect.selectors import Selector

__all__ = ["Moment"]

_AT_ONCE = 256
"""Deaths after which they become part of one bitmap; before, each question adds them up."""


class Moment:
    """One moment of an inventory. Immutable; made by every write, in less than a microsecond."""

    __slots__ = (
        "_bitmap",
        "_gone",
        "_in_bitmap",
        "_vocabulary",
        "deaths",
        "generation",
        "length",
        "nodes",
        "store",
    )

    def __init__(
        self,
        store: Store,
        length: int,
        generation: int,
        before: "Moment | None" = None,
    ) -> None:
        """See what is in ``store`` now.

        :param length: the nodes that are alive.
        :param before: a moment of the same store, whose work is built on.
        """
        self.store = store
        self.length = length
        self.generation = generation
        self.nodes = len(store.delta.nodes)
        self.deaths = len(store.delta.tombstones)
        self._gone: Postings | None = None
        self._vocabulary: Vocabulary | None = None
        self._bitmap: Postings = postings.from_range(0, 0) if before is None else before._bitmap
        self._in_bitmap: int = 0 if before is None else before._in_bitmap
        if self.deaths - self._in_bitmap >= _AT_ONCE:
            self._bitmap, self._in_bitmap = self.gone(), self.deaths

    @property
    def changed(self) -> int:
        """How far the store has moved away from what it began with: nodes that came, or died."""
        begun = 0 if self.store.segment is not None else self.store.base
        return max(self.nodes - begun, self.deaths)

    def gone(self) -> Postings:
        """Give the ordinals that are dead. Not to be changed."""
        if self._gone is None:
            more = self.store.delta.tombstones[self._in_bitmap : self.deaths]
            self._gone = self._bitmap | postings.from_ordinals(more) if more else self._bitmap
        return self._gone

    def everything(self) -> Postings:
        """Give the ordinals that are alive."""
        changes = self.store.delta
        found = postings.from_range(0, changes.first + self.nodes)
        return found - self.gone() if self.deaths else found

    @property
    def vocabulary(self) -> Vocabulary:
        """The keys and values of the nodes that are alive."""
        if self._vocabulary is None:
            self._vocabulary = Vocabulary(self.store, self.everything())
        return self._vocabulary

    def match(self, selector: Selector) -> Postings:
        """Give the ordinals that ``selector`` takes. Not to be changed."""
        segment, changes = self.store.segment, self.store.delta
        if segment is None:
            found = changes.match(selector, self.nodes)
        else:
            found = run(segment.plan(selector))
            if self.nodes:
                found = found | changes.match(selector, self.nodes)
        return found - self.gone() if self.deaths else found

    @property
    def is_settled(self) -> bool:
        """Whether all nodes are in the segment, and none of it is dead."""
        return not (self.nodes or self.deaths)

    def count(self, selector: Selector) -> int:
        """Give how many nodes ``selector`` takes."""
        segment = self.store.segment
        if segment is None or not self.is_settled:
            return len(self.match(selector))
        return count(segment.plan(selector))

    def find(self, node_id: str) -> int | None:
        """Give the ordinal of the node with this id, or None. Cost: about a microsecond."""
        return self.store.find(node_id, self.nodes, self.deaths)
