"""Columns of strings in a file, and their indexes; ``docs/file-formats.md`` has the format.

A string becomes a Python object when it is first read. Each string ends with a line feed, so that
many strings are decoded as one text, which is then split. In a *padded* column, each string has the
same number of bytes; a *packed* column has the offset of each string.

An index finds the nodes by their ids, or names. Strings whose hashes begin with the same bits form
a *bucket* of one or two strings on average. The hashes are not stored: unlike Python's hashes, they
are the same in every process. Anybody can choose ids that have the same hash, so a large bucket is
searched by bisection.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from struct import Struct
from struct import error as StructError  # noqa: N812 - it is a class
from typing import Any, Final
from zlib import crc32

from nodeselect.errors import InventoryError
from nodeselect.index.lazy import bulk_reader
from nodeselect.index.node_rows import Ranks, Strings

END: Final = b"\n"
"""What ends each string."""

NONE: Final = b"\xff"
"""What a packed column has for None: a byte that is never part of UTF-8."""

_ERRORS = "surrogatepass"

# Returns the error for a column that was not encoded as it should be.
_Damaged = Callable[[], InventoryError]

# A bucket of more strings is searched by bisection.
_MAX_SCANNED = 8

# How many strings a column keeps, because they were decoded lately: about half a megabyte of ids.
_MAX_RECENT = 8_192


def encode_string(string: str) -> bytes:
    """Encode a string as UTF-8, and surrogates in the same way, although UTF-8 forbids them."""
    return string.encode("utf-8", _ERRORS)


hash_string: Final = crc32
"""Returns the hash of a string's bytes: the same number of 32 bits in every process."""


class _SavedStrings:
    """Caches the strings that were read last: they need not be decoded if they are read again."""

    def __init__(self) -> None:
        self._recent: dict[bytes, list[Any]] = {}
        self._recent_count = 0

    def take(self, ranks: Ranks) -> list[Any]:
        """Return the strings at the positions ``ranks``. Cost: 5 to 300 ns a string."""
        if len(ranks) > _MAX_RECENT // 2 or ranks.itemsize != 4:
            return self._decode(ranks)
        key = ranks.tobytes()
        strings = self._recent.get(key)
        if strings is None:
            strings = self._decode(ranks)
            self._recent_count += len(strings)
            if self._recent_count > _MAX_RECENT:
                self._recent.clear()
                self._recent_count = len(strings)
            self._recent[key] = strings
        return strings.copy()

    def _decode(self, ranks: Ranks) -> list[Any]:
        raise NotImplementedError


class PaddedStrings(_SavedStrings):
    """A column of strings in a file, all padded with line feeds to the same number of bytes.

    The strings must not be empty or contain a line feed.
    """

    def __init__(self, data: "memoryview[int]", count: int, damaged: _Damaged) -> None:
        super().__init__()
        self._data = data
        self._count = count
        self._width = len(data) // max(count, 1)
        self._unpack = Struct(f"{self._width}s").unpack_from
        self._damaged = damaged

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, rank: int) -> str:
        try:
            row: bytes = self._unpack(self._data, rank * self._width)[0]
            return row.decode().rstrip("\n")
        except (StructError, UnicodeDecodeError):
            raise self._damaged() from None

    def _decode(self, ranks: Ranks) -> list[Any]:
        if not len(ranks):
            return []
        try:
            strings = self._read(ranks).decode().split("\n")
        except (StructError, IndexError, UnicodeDecodeError):
            raise self._damaged() from None
        strings.pop()
        if len(strings) != len(ranks):
            strings = list(filter(None, strings))
            if len(strings) != len(ranks):
                raise self._damaged()
        return strings

    def _read(self, ranks: Ranks) -> bytes:
        bulk = bulk_reader(len(ranks))
        if bulk is not None:
            rows: bytes = bulk.take_rows(self._data, self._width, ranks)
            return rows
        unpack, data, width = self._unpack, self._data, self._width
        return b"".join([unpack(data, rank * width)[0] for rank in ranks.tolist()])


class PackedStrings(_SavedStrings, Sequence[str | None]):
    """A column in a file, of any strings or None, each followed by a line feed.

    :param offsets: where each string begins in ``data``, and where the last one ends.
    :param has_none: whether an item may be None instead of a string.
    """

    def __init__(
        self,
        data: "memoryview[int]",
        offsets: "memoryview[int]",
        damaged: _Damaged,
        *,
        has_none: bool,
    ) -> None:
        super().__init__()
        self._data = data
        self._offsets = offsets
        self._damaged = damaged
        self._has_none = has_none
        self._is_checked = False  # whether the offsets ascend

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __iter__(self) -> Iterator[str | None]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, rank: int) -> str | None:  # type: ignore[override]
        try:
            encoded = self._data[self._offsets[rank] : self._offsets[rank + 1] - 1].tobytes()
            if self._has_none and encoded == NONE:
                return None
            return encoded.decode("utf-8", _ERRORS)
        except (IndexError, UnicodeDecodeError):
            raise self._damaged() from None

    def _decode(self, ranks: Ranks) -> list[Any]:
        try:
            strings = self._split(self._read(ranks), len(ranks))
        except IndexError:
            raise self._damaged() from None
        return list(map(self.__getitem__, ranks.tolist())) if strings is None else strings

    def _read(self, ranks: Ranks) -> bytes:
        data, offsets, bulk = self._data, self._offsets, bulk_reader(len(ranks))
        if bulk is None:
            return b"".join([data[offsets[at] : offsets[at + 1]] for at in ranks.tolist()])
        if not self._is_checked:
            if not bulk.is_ascending(offsets):
                raise self._damaged()
            self._is_checked = True
        spans: bytes = bulk.take_spans(data, offsets, ranks)
        return spans

    def _split(self, data: bytes, count: int) -> list[str] | None:
        """Split ``data`` into ``count`` strings; None if one contains a line feed or is None."""
        if data.count(END) != count or (self._has_none and NONE in data):
            return None
        try:
            strings = data.decode("utf-8", _ERRORS).split("\n")
        except UnicodeDecodeError:
            raise self._damaged() from None
        strings.pop()
        return strings


class SavedStringIndex:
    """A ``StringIndex`` in a file: it finds nodes by id, or likewise by name.

    :param strings: the id of the node at each rank.
    :param ranks: the rank of each ordinal.
    :param starts: where each bucket begins in ``ordinals``, and where the last one ends.
    :param damaged: returns the error to raise if a number in these arrays is too large.
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
        strings, rank_at = self._strings, self._rank_at
        try:
            for ordinal in self._candidates(text):
                if strings[rank_at[ordinal]] == text:
                    return ordinal
        except IndexError:
            raise self._damaged() from None
        return None

    def find_every(self, text: str) -> list[int]:
        strings, rank_at = self._strings, self._rank_at
        try:
            return [at for at in self._candidates(text) if strings[rank_at[at]] == text]
        except IndexError:
            raise self._damaged() from None

    def find_all(self, texts: Sequence[str]) -> "array[int]":
        return array("I", [at for at in map(self.find, texts) if at is not None])

    def _candidates(self, text: str) -> "memoryview[int]":
        """Return a few ordinals, which include all ordinals of the string."""
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
