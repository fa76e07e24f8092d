"""Find a node id that occurs twice in one input.

All ids are kept, but as text, in a fifth of the memory of a set. Ids in ascending order, as most
tools list them, cannot repeat, so they are never searched.
"""

from array import array
from collections.abc import Iterator, Sequence
from operator import lt

from nodeselect.errors import InventoryError
from nodeselect.node import duplicate_id_error

__all__ = ["DuplicateIdCheck", "DuplicateIdState"]

DuplicateIdState = tuple[str, str, bool, str]
"""The ids of a process: the first, the last, whether all ascend, and the text of all."""

# The hashes of the ids are searched in this many portions, of which one at a time is a set.
_PORTIONS = 64


class DuplicateIdCheck:
    """The ids of one input, in order."""

    def __init__(self) -> None:
        self._texts: list[str] = []  # of many ids each, separated by LF, which no id contains
        self._first = self._last = ""
        self._is_ascending = True

    def add(self, ids: Sequence[str]) -> None:
        """Add the ids of the next nodes."""
        if ids:
            self._append(ids[0], ids[-1], all(map(lt, ids, ids[1:])), "\n".join(ids))

    def state(self) -> DuplicateIdState:
        """Return these ids in a form that can be sent to another process."""
        return self._first, self._last, self._is_ascending, "\n".join(self._texts)

    def joined(self, other: DuplicateIdState) -> "DuplicateIdCheck":
        """Return the check of these ids followed by those of another process."""
        both = DuplicateIdCheck()
        for state in (self.state(), other):
            if state[0]:
                both._append(*state)
        return both

    def error(self) -> InventoryError | None:
        """Return the error for the first id that repeats an earlier one, or None if none does."""
        if self._is_ascending:
            return None
        repeated = _repeated(array("q", map(hash, self._ids())))
        nodes: dict[str, int] = {}
        for node, node_id in enumerate(self._ids() if repeated else ()):
            if hash(node_id) in repeated and nodes.setdefault(node_id, node) != node:
                return duplicate_id_error(node_id, nodes[node_id], node)
        return None

    def _append(self, first: str, last: str, is_ascending: bool, text: str) -> None:
        self._is_ascending = self._is_ascending and is_ascending and self._last < first
        self._first = self._first or first
        self._last = last
        self._texts.append(text)

    def _ids(self) -> Iterator[str]:
        for text in self._texts:
            yield from text.split("\n")


def _repeated(numbers: "array[int]") -> set[int]:
    """Return the numbers that occur more than once."""
    portions = [array("q") for _ in range(_PORTIONS)]
    for number in numbers:
        portions[number % _PORTIONS].append(number)
    repeated: set[int] = set()
    for portion in portions:
        unique = set(portion)
        if len(unique) < len(portion):
            seen: set[int] = set()
            for number in portion:
                (repeated if number in seen else seen).add(number)
    return repeated
