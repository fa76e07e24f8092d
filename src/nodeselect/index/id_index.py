"""Find the ordinals of nodes by id, or by name."""

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodeselect.index.arrays import offsets_from_lengths, stable_argsort

_MASK = 0xFFFFFFFF

# When many ids are looked up at once, only these positions of a bucket are probed. One hash in a
# hundred is behind them (benchmarks/test_match.py).
_PROBED = np.arange(4)


class IdIndex:
    """Finds a node by its id, and returns its ordinal: its number in the index. Immutable.

    Names can be indexed in the same way; several nodes may have the same name.

    The index is a hash table without pointers. The 32-bit hashes of all ids are in ascending order.
    Hashes with the same first bits are a *bucket*, one hash on average. Buckets begin at:

        bucket_starts  [ 0     , 1         , 3     …    for each value of the first bits
        hashes         [ 00a.. , 01b.. 01f. , 02c.. …   ascending
        ordinals       [ 7     , 2     9    , 4     …   of the id with that hash

    The index takes 12 to 16 bytes an id; a dictionary takes 75. Different ids may have the same
    hash, so every id that is found is compared with the searched id. Python's hashes of strings
    cannot be predicted, so nobody can choose many ids with the same hash.
    """

    def __init__(self, ids: NDArray[np.object_], ranks: NDArray[np.uint32]) -> None:
        """Index ids by rank, without copying them; ``ranks`` are by ordinal. Cost: 0.1 µs an id."""
        hashes = _hash_all(ids)
        order = stable_argsort(hashes)
        bits = len(ids).bit_length()
        self._ids = ids
        self._hashes = hashes[order]
        ordinals = np.empty(len(ids), np.uint32)
        ordinals[ranks] = np.arange(len(ids), dtype=np.uint32)
        self._ordinals = ordinals[order]
        self._ranks = ranks
        self._shift = 32 - bits
        sizes = np.bincount(self._hashes >> self._shift, minlength=1 << bits)
        self._bucket_starts = offsets_from_lengths(sizes)
        # Reading one number takes a third of the time in a memoryview.
        self._hash_at = self._hashes.data
        self._ordinal_at = self._ordinals.data
        self._rank_at = self._ranks.data
        self._bucket_start_at = self._bucket_starts.data

    def find(self, text: str) -> int | None:
        """Return the ordinal of the node with this id; None if there is none. Cost: about 1 µs."""
        wanted = hash(text) & _MASK
        bucket = wanted >> self._shift
        hashes = self._hash_at
        starts = self._bucket_start_at
        for position in range(starts[bucket], starts[bucket + 1]):
            if hashes[position] == wanted:
                ordinal = self._ordinal_at[position]
                if self._ids[self._rank_at[ordinal]] == text:
                    return ordinal
        return None

    def find_every(self, text: str) -> list[int]:
        """Return the ordinals of all nodes with this name, in any order. Cost: a few µs."""
        wanted = hash(text) & _MASK
        bucket = wanted >> self._shift
        part = slice(self._bucket_start_at[bucket], self._bucket_start_at[bucket + 1])
        ordinals: list[int] = self._ordinals[part][self._hashes[part] == wanted].tolist()
        return [at for at in ordinals if self._ids[self._rank_at[at]] == text]

    def find_all(self, texts: Sequence[str]) -> "array[int]":
        """Return the ordinals of these ids, in any order; ignore unknown ids. Cost: 0.2 µs each."""
        ordinals = array("I")
        if not len(self._hashes) or not texts:
            return ordinals
        wanted = _hash_all(texts)
        buckets = wanted >> self._shift
        starts = self._bucket_starts.take(buckets)
        probed = self._hashes.take(starts[:, np.newaxis] + _PROBED, mode="clip")
        is_equal = probed == wanted[:, np.newaxis]
        candidates = self._ordinals.take(starts + is_equal.argmax(axis=1), mode="clip")
        ids = np.array(texts, object)
        is_found: NDArray[np.bool_] = self._ids.take(self._ranks.take(candidates)) == ids
        ordinals.frombytes(candidates[is_found].tobytes())
        # An id that was not found may be behind the probed positions, or share its hash.
        is_large = self._bucket_starts.take(buckets + 1) - starts > len(_PROBED)
        retried = ids[~is_found & (is_large | is_equal.any(axis=1))]
        ordinals.extend(ordinal for ordinal in map(self.find, retried) if ordinal is not None)
        return ordinals

    def find_duplicate(self) -> tuple[int, int] | None:
        """Return the ranks of two nodes with one id, those with the lowest second rank; or None."""
        same = np.flatnonzero(self._hashes[1:] == self._hashes[:-1])
        suspects = self._ranks[self._ordinals[np.union1d(same, same + 1)]]
        suspects.sort()
        first_ranks: dict[str, int] = {}
        for rank in suspects.tolist():
            first = first_ranks.setdefault(self._ids[rank], rank)
            if first != rank:
                return first, rank
        return None


def _hash_all(ids: Iterable[Any]) -> NDArray[np.uint32]:
    return np.fromiter(map(hash, ids), np.int64).astype(np.uint32)
