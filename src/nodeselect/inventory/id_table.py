"""From an id, or a name, to the ranks of nodes."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["IdTable"]

_MASK = 0xFFFFFFFF


class IdTable:
    """Where each of many different ids stands in their list, or each of many names, which may be
    alike. Immutable.

    A table of sorted hashes, of 32 bits each: 8 bytes an id, where a dictionary takes 75. Every
    id that is found is compared, so a shared hash costs time and nothing else; Python's hashes of
    strings cannot be foreseen, so nobody can choose ids that share one.
    """

    __slots__ = ("_hash_at", "_hashes", "_ids", "_rank_at", "_ranks")

    def __init__(self, ids: NDArray[np.object_]) -> None:
        """Take the ids over; they are not copied. Cost: some 0.1 µs an id."""
        hashes = _hashes(ids)
        order = np.argsort(hashes)
        self._ids = ids
        self._hashes = hashes[order]
        self._ranks = order.astype(np.uint32)
        self._hash_at = self._hashes.data  # one number of them is a third of the time
        self._rank_at = self._ranks.data

    def find(self, node_id: str) -> int | None:
        """Give the rank of an id, or None. Cost: about a microsecond."""
        wanted = hash(node_id) & _MASK
        hashes = self._hash_at
        at = bisect_left(hashes, wanted)
        while at < len(hashes) and hashes[at] == wanted:
            rank = self._rank_at[at]
            if self._ids[rank] == node_id:
                return rank
            at += 1
        return None

    def find_each(self, name: str) -> list[int]:
        """Give all ranks of a name, in no order. Cost: some microseconds, and what it gives."""
        wanted = np.uint32(hash(name) & _MASK)
        start, stop = (self._hashes.searchsorted(wanted, side) for side in ("left", "right"))
        ranks: list[int] = self._ranks[start:stop].tolist()
        return [rank for rank in ranks if self._ids[rank] == name]

    def find_all(self, node_ids: Sequence[str]) -> "array[int]":
        """Give the ranks of those ids that there are, in no order. Cost: some 0.3 µs an id."""
        found = array("I")
        if not len(self._hashes) or not node_ids:
            return found
        wanted = _hashes(node_ids)
        order = np.argsort(wanted)  # neighbours are found near each other
        wanted = wanted[order]
        places = self._hashes.searchsorted(wanted)
        np.minimum(places, len(self._hashes) - 1, out=places)
        ranks = self._ranks[places]
        asked = np.array(node_ids, object)[order]
        right: NDArray[np.bool_] = self._ids[ranks] == asked
        found.frombytes(ranks[right].tobytes())
        # The others are not there, or behind another id with the same hash.
        maybe = ~right & (self._hashes[places] == wanted)
        behind = map(self.find, asked[maybe])
        found.extend(rank for rank in behind if rank is not None)
        return found

    def find_twice(self) -> str | None:
        """Give an id that stands there twice, if any does: the one that is repeated first."""
        same = np.flatnonzero(self._hashes[1:] == self._hashes[:-1])
        suspects = self._ranks[np.union1d(same, same + 1)]
        suspects.sort()
        seen = set()
        for node_id in self._ids[suspects]:
            if node_id in seen:
                return str(node_id)
            seen.add(node_id)
        return None

    @property
    def bytes(self) -> int:
        """The memory of the table, in bytes; the ids are not its own."""
        return self._hashes.nbytes + self._ranks.nbytes


def _hashes(ids: Iterable[Any]) -> NDArray[np.uint32]:
    return np.fromiter(map(hash, ids), np.int64).astype(np.uint32)
