"""Find a node id that occurs twice in one input.

All ids are kept, joined to long strings, which take a fifth of the memory of a set. If the ids
ascend, as in the lists of most tools, none is repeated. Otherwise they are compared at the end.
"""

from collections.abc import Sequence
from itertools import chain
from operator import lt

from nodeselect.node import DuplicateIdError


class DuplicateIdCheck:
    """Collects the ids of one input, in order, and finds the first that is repeated."""

    def __init__(self) -> None:
        self._texts: list[str] = []  # each of many ids, joined by LF, which no id contains
        self._last = ""
        self._is_ascending = True

    def add(self, ids: Sequence[str]) -> None:
        """Add the ids of the next nodes."""
        if ids:
            self._is_ascending = (
                self._is_ascending and self._last < ids[0] and all(map(lt, ids, ids[1:]))
            )
            self._last = ids[-1]
            self._texts.append("\n".join(ids))

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
