"""Find a node id that occurs twice in one input.

All ids are kept, but as text, in a fifth of the memory of a set. Ids in ascending order, as most
tools list them, cannot repeat, so they are never searched.
"""

from collections.abc import Sequence
from itertools import chain
from operator import lt

from nodeselect.errors import InventoryError
from nodeselect.node import duplicate_id_error

__all__ = ["DuplicateIdCheck", "IdState"]

IdState = tuple[str, str, bool, str]
"""The first of some ids, the last, whether all ascend, and the text of all."""


class DuplicateIdCheck:
    """The ids of one input, in order."""

    def __init__(self) -> None:
        self._texts: list[str] = []  # of many ids each, separated by LF, which no id contains
        self._first = self._last = ""
        self._is_ascending = True

    def add(self, ids: Sequence[str]) -> None:
        """Add the ids of the next nodes."""
        if ids:
            self.extend((ids[0], ids[-1], all(map(lt, ids, ids[1:])), "\n".join(ids)))

    def extend(self, ids: IdState) -> None:
        """Add the ids of the next nodes, as :attr:`state` returns them; no id is empty."""
        first, last, is_ascending, text = ids
        if first:
            self._is_ascending = self._is_ascending and is_ascending and self._last < first
            self._first = self._first or first
            self._last = last
            self._texts.append(text)

    @property
    def state(self) -> IdState:
        """These ids in a form that can be sent to another process."""
        return self._first, self._last, self._is_ascending, "\n".join(self._texts)

    def error(self) -> InventoryError | None:
        """Return the error for the first id that repeats an earlier one, or None if none does."""
        if self._is_ascending:
            return None
        first_positions: dict[str, int] = {}
        ids = chain.from_iterable(text.split("\n") for text in self._texts)
        for position, node_id in enumerate(ids):
            first = first_positions.setdefault(node_id, position)
            if first != position:
                return duplicate_id_error(node_id, first, position)
        return None
