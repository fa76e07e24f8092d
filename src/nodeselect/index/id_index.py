"""Find the ranks of nodes by id, or by name."""

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodeselect.index.arrays import offsets_from_lengths, stable_argsort

__all__ = ["IdIndex"]

_MASK = 0xFFFFFFFF

# When many ids are looked up at once, only these positions of a bucket are probed. One hash in a
# hundred is behind them (benchmarks/test_match.py).
_PROBED = np.arange(4)


class IdIndex:
    """The ranks of ids, or of names, which need not be distinct. Immutable.

    A hash table without pointers. The 32-bit hashes of all ids are in ascending order. Those with
    the same first bits, one on average, are a *bucket*; another array holds where each begins:

        bucket_starts  [ 0     , 1         , 3     …    for each value of the first bits
        hashes         [ 00a.. , 01b.. 01f. , 02c.. …   ascending
        ranks          [ 7     , 2     9    , 4     …   of the id with that hash

    It takes 12 to 16 bytes an id; a dictionary takes 75. Different ids may have the same hash; so
    every id that is found is compared with the one that was looked up. Python's hashes of strings
    cannot be predicted, so nobody can choose many ids with the same hash.
    """

    def __init__(self, ids: NDArray[np.object_]) -> None:
        """Index ids without copying them. Cost: about 0.1 µs an id."""
        hashes = _hash_all(ids)
        order = stable_argsort(hashes)
        bits = len(ids).bit_length()
        self._ids = ids
        self._hashes = hashes[order]
        self._ranks = order.astype(np.uint32)
        self._shift = 32 - bits
        sizes = np.bincount(self._hashes >> self._shift, minlength=1 << bits)
        self._bucket_starts = offsets_from_lengths(sizes)
        # Reading one number takes a third of the time in a memoryview.
        self._hash_at = self._hashes.data
        self._rank_at = self._ranks.data
        self._bucket_start_at = self._bucket_starts.data

    def find(self, node_id: str) -> int | None:
        """Return the rank of an id, or None. Cost: about a microsecond."""
        wanted = hash(node_id) & _MASK
        bucket = wanted >> self._shift
        hashes = self._hash_at
        starts = self._bucket_start_at
        for position in range(starts[bucket], starts[bucket + 1]):
            if hashes[position] == wanted:
                rank = self._rank_at[position]
                if self._ids[rank] == node_id:
                    return rank
        return None

    def find_every(self, name: str) -> list[int]:
        """Return all ranks of a name, in no particular order. Cost: a few microseconds."""
        wanted = hash(name) & _MASK
        bucket = wanted >> self._shift
        part = slice(self._bucket_start_at[bucket], self._bucket_start_at[bucket + 1])
        ranks: list[int] = self._ranks[part][self._hashes[part] == wanted].tolist()
        return [rank for rank in ranks if self._ids[rank] == name]

    def find_all(self, node_ids: Sequence[str]) -> "array[int]":
        """Return the ranks of those ids that are in the index, in any order. Cost: 0.2 µs an id."""
        ranks = array("I")
        if not len(self._hashes) or not node_ids:
            return ranks
        wanted = _hash_all(node_ids)
        buckets = wanted >> self._shift
        starts = self._bucket_starts.take(buckets)
        probed = self._hashes.take(starts[:, np.newaxis] + _PROBED, mode="clip")
        is_equal = probed == wanted[:, np.newaxis]
        candidates = self._ranks.take(starts + is_equal.argmax(axis=1), mode="clip")
        ids = np.array(node_ids, object)
        is_found: NDArray[np.bool_] = self._ids.take(candidates) == ids
        ranks.frombytes(candidates[is_found].tobytes())
        # An id that was not found may be behind the probed positions, or share its hash.
        is_large = self._bucket_starts.take(buckets + 1) - starts > len(_PROBED)
        retried = ids[~is_found & (is_large | is_equal.any(axis=1))]
        ranks.extend(rank for rank in map(self.find, retried) if rank is not None)
        return ranks

    def find_duplicate(self) -> tuple[int, int] | None:
        """Return two ranks of one id, the second as low as possible; None if all ids differ."""
        same = np.flatnonzero(self._hashes[1:] == self._hashes[:-1])
        suspects = self._ranks[np.union1d(same, same + 1)]
        suspects.sort()
        first_ranks: dict[str, int] = {}
        for rank in suspects.tolist():
            first = first_ranks.setdefault(self._ids[rank], rank)
            if first != rank:
                return first, rank
        return None


def _hash_all(ids: Iterable[Any]) -> NDArray[np.uint32]:
    return np.fromiter(map(hash, ids), np.int64).astype(np.uint32)
