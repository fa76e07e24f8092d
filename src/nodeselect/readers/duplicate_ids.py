"""Find a node id that occurs twice in one input.

All ids are kept, joined to long strings, which take a fifth of the memory of a set. If the ids
ascend, as in the lists of most tools, none is repeated. Otherwise they are compared at the end.
"""

from collections.abc import Sequence
from itertools import chain
from operator import lt

from nodeselect.node import DuplicateIdError

IdOrder = tuple[str, str, bool]
"""Of consecutive ids: the first, the last, and whether they ascend. No ids have an empty first."""


class DuplicateIdCheck:
    """Collects the ids of one input, in order, and finds the first that is repeated."""

    def __init__(self) -> None:
        self.texts: list[str] = []  # each of many ids, joined by LF, which no id contains
        self._first = self._last = ""
        self._is_ascending = True

    def add(self, ids: Sequence[str]) -> None:
        """Add the ids of the next nodes."""
        if ids:
            self.extend((ids[0], ids[-1], all(map(lt, ids, ids[1:]))), ["\n".join(ids)])

    def extend(self, order: IdOrder, texts: Sequence[str]) -> None:
        """Add the ids of another check, which follow those added so far.

        :param order: its :attr:`order`.
        :param texts: its ``texts``. If no more ids follow, and all ascend, there may be none.
        """
        first, last, _ = order
        if first:
            self._is_ascending = self.ascend_with(order)
            self._first = self._first or first
            self._last = last
            self.texts += texts

    def ascend_with(self, order: IdOrder) -> bool:
        """Return whether the ids so far ascend, and go on ascending with those of another check."""
        first, _, is_ascending = order
        return self._is_ascending and is_ascending and (self._last < first or not first)

    @property
    def order(self) -> IdOrder:
        """The first and the last id, and whether they ascend."""
        return self._first, self._last, self._is_ascending

    def error(self) -> DuplicateIdError | None:
        """Return the error for the first id that repeats an earlier one, or None if none does."""
        if self._is_ascending:
            return None
        first_positions: dict[str, int] = {}
        ids = chain.from_iterable(text.split("\n") for text in self.texts)
        for position, node_id in enumerate(ids):
            first = first_positions.setdefault(node_id, position)
            if first != position:
                return DuplicateIdError(node_id, (first, position))
        return None
