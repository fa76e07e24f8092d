"""Find a node id that occurs twice in one input.

All ids are kept, joined to long strings, which take a fifth of the memory of a set. If the ids
ascend, as in the lists of most tools, none is repeated. Otherwise they are compared at the end.
"""

from collections.abc import Sequence
from itertools import chain
from operator import lt

from nodeselect.node import DuplicateIdError

__all__ = ["DuplicateIdCheck", "IdState"]

IdState = tuple[str, str, bool, str]
"""Of consecutive ids: the first, the last, whether they ascend, and all of them, joined by LF."""


class DuplicateIdCheck:
    """Collects the ids of one input, in order, and finds the first that is repeated."""

    def __init__(self) -> None:
        self._texts: list[str] = []  # each of many ids, joined by LF, which no id contains
        self._first = self._last = ""
        self._is_ascending = True

    def add(self, ids: Sequence[str]) -> None:
        """Add the ids of the next nodes."""
        if ids:
            self.extend((ids[0], ids[-1], all(map(lt, ids, ids[1:])), "\n".join(ids)))

    def extend(self, ids: IdState) -> None:
        """Add the ids of another check, as its :attr:`state`; they follow those added so far."""
        first, last, is_ascending, text = ids
        if first:  # it is empty only if there are no ids, since no id is empty
            self._is_ascending = self._is_ascending and is_ascending and self._last < first
            self._first = self._first or first
            self._last = last
            self._texts.append(text)

    @property
    def state(self) -> IdState:
        """All ids that were added, in a form that can be sent to another process."""
        return self._first, self._last, self._is_ascending, "\n".join(self._texts)

    def error(self) -> DuplicateIdError | None:
        """Return the error for the first id that repeats an earlier one, or None if none does."""
        if self._is_ascending:
            return None
        first_positions: dict[str, int] = {}
        ids = chain.from_iterable(text.split("\n") for text in self._texts)
        for position, node_id in enumerate(ids):
            first = first_positions.setdefault(node_id, position)
            if first != position:
                return DuplicateIdError(node_id, (first, position))
        return None
