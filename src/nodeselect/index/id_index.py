"""From an id, or a name, to the ranks of nodes."""

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodeselect.index.arrays import stable_order, starts_of

__all__ = ["IdIndex"]

_MASK = 0xFFFFFFFF

_LOOKED_AT = np.arange(4)
"""Places looked at for each of many ids at once; one in a hundred stands further behind
(``benchmarks/test_match.py``)."""


class IdIndex:
    """Where each of many different ids stands in their list, or each of many names, which may be
    alike. Immutable.

    A table of sorted hashes, of 32 bits each, and the place where the hashes with the same first
    bits begin, one of them or less: 12 to 16 bytes an id, where a dictionary takes 75. Every id
    that is found is compared, so a shared hash costs time and nothing else; Python's hashes of
    strings cannot be foreseen, so nobody can choose ids that share one.
    """

    __slots__ = (
        *("_begin_at", "_begins", "_hash_at", "_hashes", "_ids", "_rank_at", "_ranks", "_shift"),
    )

    def __init__(self, ids: NDArray[np.object_]) -> None:
        """Take the ids over; they are not copied. Cost: some 0.1 µs an id."""
        hashes = _hashes(ids)
        order = stable_order(hashes)
        bits = min(len(ids).bit_length(), 32)
        self._ids = ids
        self._hashes = hashes[order]
        self._ranks = order.astype(np.uint32)
        self._shift = 32 - bits
        self._begins = starts_of(np.bincount(self._hashes >> self._shift, minlength=1 << bits))
        self._hash_at = self._hashes.data  # one number of them is a third of the time
        self._rank_at = self._ranks.data
        self._begin_at = self._begins.data

    def find(self, node_id: str) -> int | None:
        """Give the rank of an id, or None. Cost: about a microsecond."""
        wanted = hash(node_id) & _MASK
        first = wanted >> self._shift
        hashes = self._hash_at
        for at in range(self._begin_at[first], self._begin_at[first + 1]):
            if hashes[at] == wanted:
                rank = self._rank_at[at]
                if self._ids[rank] == node_id:
                    return rank
        return None

    def find_each(self, name: str) -> list[int]:
        """Give all ranks of a name, in no order. Cost: some microseconds, and what it gives."""
        wanted = hash(name) & _MASK
        first = wanted >> self._shift
        some = slice(self._begin_at[first], self._begin_at[first + 1])
        ranks: list[int] = self._ranks[some][self._hashes[some] == wanted].tolist()
        return [rank for rank in ranks if self._ids[rank] == name]

    def find_all(self, node_ids: Sequence[str]) -> "array[int]":
        """Give the ranks of those ids that there are, in no order. Cost: some 0.2 µs an id."""
        found = array("I")
        if not len(self._hashes) or not node_ids:
            return found
        wanted = _hashes(node_ids)
        first = wanted >> self._shift
        begins = self._begins.take(first)
        places = begins[:, np.newaxis] + _LOOKED_AT
        looked_at = self._hashes.take(places, mode="clip") == wanted[:, np.newaxis]
        ranks = self._ranks.take(begins + looked_at.argmax(axis=1), mode="clip")
        asked = np.array(node_ids, object)
        right: NDArray[np.bool_] = self._ids.take(ranks) == asked
        found.frombytes(ranks[right].tobytes())
        # The others are not there, or behind those looked at, or share a hash.
        is_long = self._begins.take(first + 1) - begins > len(_LOOKED_AT)
        maybe = ~right & (is_long | looked_at.any(axis=1))
        found.extend(rank for rank in map(self.find, asked[maybe]) if rank is not None)
        return found

    def find_twice(self) -> tuple[int, int] | None:
        """Give two ranks of one id, if any stands there twice: of that which is repeated first."""
        same = np.flatnonzero(self._hashes[1:] == self._hashes[:-1])
        suspects = self._ranks[np.union1d(same, same + 1)]
        suspects.sort()
        firsts: dict[str, int] = {}
        for rank in suspects.tolist():
            first = firsts.setdefault(self._ids[rank], rank)
            if first != rank:
                return first, rank
        return None

    @property
    def bytes(self) -> int:
        """The memory of the table, in bytes; the ids are not its own."""
        return self._hashes.nbytes + self._ranks.nbytes + self._begins.nbytes


def _hashes(ids: Iterable[Any]) -> NDArray[np.uint32]:
    return np.fromiter(map(hash, ids), np.int64).astype(np.uint32)
