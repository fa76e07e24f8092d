"""Finds a node id that comes twice, in little memory.

Up to 100,000 ids are remembered as they are, and the second of two is told at once, by name.
Beyond, each id is kept as a hash of 8 bytes, so that reading ten million nodes takes 80 MB and not
a gigabyte; then the second is found at the end of the input. (That two different ids are taken for
one has a chance of n²/2⁶⁵: 1 in 37 million for a million nodes, and reading again settles it.)
Ids that come in ascending order, as most tools list them, need no search at the end.
"""

from array import array
from collections.abc import Sequence
from itertools import pairwise
from operator import lt

from nodeselect.errors import InventoryError
from nodeselect.printable import quoted

__all__ = ["SeenIds", "SeenState"]

_REMEMBERED = 100_000
_BUCKETS = 64

SeenState = tuple[list[str], bytes, str, str, bool]
"""Ids in a form to send: themselves while they are few, hashes, the first and the last of them, and
whether all ascend."""


class SeenIds:
    """The ids of one input, in order."""

    def __init__(self) -> None:
        self._records: dict[str, int] = {}
        self._hashes = array("q")
        self._first = self._last = ""
        self._ascending = True

    def add(self, ids: Sequence[str]) -> None:
        """Take the ids of the next records.

        :raises InventoryError: with the code ``duplicate-id``, when one came before and is known.
        """
        first = len(self._hashes)
        self._hashes.extend(map(hash, ids))
        if first < _REMEMBERED:
            self._remember(ids, first)
        if ids and not first:
            self._first = ids[0]
        if self._ascending and ids:
            ordered = ids[0] > self._last or not first
            self._ascending = ordered and all(map(lt, ids, ids[1:]))
            self._last = ids[-1]

    def state(self) -> "SeenState":
        """Give what another process needs to know of these ids."""
        ids = list(self._records) if len(self._records) == len(self._hashes) else []
        return ids, self._hashes.tobytes(), self._first, self._last, self._ascending

    def join(self, state: "SeenState") -> None:
        """Take the ids that another process has seen, as the next records.

        :raises InventoryError: with the code ``duplicate-id``, as :meth:`add`.
        """
        ids, hashes, first, last, ascending = state
        if ids:
            self.add(ids)
        elif hashes:
            ordered = first > self._last or not self._hashes
            self._ascending = self._ascending and ascending and ordered
            self._hashes.frombytes(hashes)
            self._last = last

    def finish(self) -> None:
        """Search for an id that came twice; to be called at the end of the input.

        :raises InventoryError: with the code ``duplicate-id``.
        """
        if self._ascending or len(self._hashes) == len(self._records):
            return
        self._records.clear()
        buckets = [array("q") for _ in range(_BUCKETS)]
        for number in self._hashes:
            buckets[number % _BUCKETS].append(number)
        twice: set[int] = set()
        for bucket in buckets:
            if len(set(bucket)) < len(bucket):
                twice.update(one for one, next_one in pairwise(sorted(bucket)) if one == next_one)
        firsts: dict[int, int] = {}
        for record, number in enumerate(self._hashes if twice else ()):
            if number in twice and firsts.setdefault(number, record) != record:
                raise _duplicate("one id", firsts[number], record)

    def _remember(self, ids: Sequence[str], first: int) -> None:
        records = self._records
        for record, node_id in enumerate(ids, first):
            if records.setdefault(node_id, record) != record:
                raise _duplicate(f"the id {quoted(node_id)}", records[node_id], record)


def _duplicate(what: str, first: int, second: int) -> InventoryError:
    return InventoryError(
        "duplicate-id",
        f"two nodes have {what}: records {first + 1:,} and {second + 1:,}",
        hint="keep one of the two",
    )
