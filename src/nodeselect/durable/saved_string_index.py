"""Find the ordinals of nodes by id, or by name, in a file that several processes may share.

Strings with the same first bits of the hash are a *bucket*, one or two on average::

    ordinals   [ 7 | 2  9 | 4 …    by bucket; in it, by hash and then by the bytes of the string
    starts     [ 0 , 1    , 3 …    where each bucket begins in ``ordinals``

The hashes are not stored. In every process they are the same, unlike the hashes of Python.

Anybody can choose ids that have the same hash. So a large bucket is searched by bisection.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

from nodeselect.errors import InventoryError
from nodeselect.index.strings import Strings, encode_string, hash_string

# A bucket of more strings is searched by bisection.
_MAX_SCANNED = 8


class SavedStringIndex:
    """Finds in a file the ordinal, which is the number in the index, of a node by its id.

    Names can be indexed in the same way; several nodes may have the same name.

    :param strings: the id of the node at each rank, which is its position in inventory order.
    :param ranks: the rank of each ordinal.
    :param starts: where each bucket begins in ``ordinals``, and where the last one ends.
    :param ordinals: the ordinals of all ids, by bucket: those with the same first bits of the hash.
    :param damaged: returns the error to raise if one of these numbers is too large.
    """

    def __init__(
        self,
        strings: Strings[str | None],
        ranks: "memoryview[int]",
        starts: "memoryview[int]",
        ordinals: "memoryview[int]",
        damaged: Callable[[], InventoryError],
    ) -> None:
        self._strings = strings
        self._rank_at = ranks
        self._start_at = starts
        self._ordinal_at = ordinals
        self._shift = 32 - (len(starts) - 1).bit_length() + 1
        self._damaged = damaged

    def find(self, text: str) -> int | None:
        """Return the ordinal of an id, or None. Cost: about a microsecond."""
        strings, rank_at = self._strings, self._rank_at
        try:
            for ordinal in self._candidates(text):
                if strings[rank_at[ordinal]] == text:
                    return ordinal
        except IndexError:
            raise self._damaged() from None
        return None

    def find_every(self, text: str) -> list[int]:
        """Return all ordinals of a name, in no particular order. Cost: a few microseconds."""
        strings, rank_at = self._strings, self._rank_at
        try:
            return [at for at in self._candidates(text) if strings[rank_at[at]] == text]
        except IndexError:
            raise self._damaged() from None

    def find_all(self, texts: Sequence[str]) -> "array[int]":
        """Return the ordinals of those ids that are in the index, in any order."""
        return array("I", [at for at in map(self.find, texts) if at is not None])

    def _candidates(self, text: str) -> "memoryview[int]":
        """Return the few ordinals among which are all those of the string."""
        encoded = encode_string(text)
        wanted = hash_string(encoded)
        bucket = wanted >> self._shift
        start, stop = self._start_at[bucket], self._start_at[bucket + 1]
        if stop - start > _MAX_SCANNED:
            ordinals, pair = self._ordinal_at, (wanted, encoded)
            start = bisect_left(ordinals, pair, start, stop, key=self._sort_key)
            stop = bisect_right(ordinals, pair, start, stop, key=self._sort_key)
        return self._ordinal_at[start:stop]

    def _sort_key(self, ordinal: int) -> tuple[int, bytes]:
        encoded = encode_string(self._strings[self._rank_at[ordinal]] or "")
        return hash_string(encoded), encoded
