"""Columns of strings as bytes, of which only those that somebody reads become Python objects.

There are two layouts. Both end each string with a line feed, so that many strings are decoded as
one text, which is then split::

    padded    n-1 ␊ ␊ n-10 ␊ n-100 ␊       each string has the same number of bytes, the longest + 1
    packed    n-1 ␊ n-10 ␊ n-100 ␊         and the offset of each string

Strings are UTF-8; surrogates, which UTF-8 does not allow, are encoded in the same way.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, Protocol, TypeVar, cast
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from nodeselect.index.arrays import UIntArray, chunk_slices, offsets_from_lengths

__all__ = [
    "EncodedStrings",
    "PackedStrings",
    "PaddedStrings",
    "Ranks",
    "Strings",
    "encode_string",
    "encode_strings",
    "hash_string",
    "to_array",
    "to_list",
]

# Ranks as an array of any integers.
Ranks = NDArray[np.integer[Any]]

_S = TypeVar("_S", bound=str | None, covariant=True)

_END = b"\n"
_ERRORS = "surrogatepass"

# How many strings a column keeps, because they were decoded lately.
_MAX_RECENT = 65_536

# What a packed column has for None: a byte that is never part of UTF-8.
_NONE = b"\xff"


class Strings(Protocol[_S]):
    """A column with a string, or perhaps None, for each rank. A numpy array of objects is one."""

    def __len__(self) -> int: ...

    def __getitem__(self, rank: int, /) -> _S: ...

    def take(self, ranks: Ranks, /) -> NDArray[np.object_] | list[Any]:
        """Return the strings at many ranks."""


class _RecentStrings:
    """Selections of a column that were decoded lately: an answer that is read again takes them.

    Decoding thousands of strings takes half as long again as reading the objects of a built column.
    """

    def __init__(self) -> None:
        self._recent: dict[bytes, list[Any]] = {}
        self._count = 0

    def get(self, ranks: Ranks, decode: Callable[[Ranks], list[Any]]) -> list[Any]:
        """Return what ``decode`` returns for ``ranks``, or returned for them lately."""
        if len(ranks) > _MAX_RECENT // 4:
            return decode(ranks)
        key = ranks.astype(np.uint32, copy=False).tobytes()
        strings = self._recent.get(key)
        if strings is None:
            strings = decode(ranks)
            self._count += len(strings)
            if self._count > _MAX_RECENT:
                self._recent.clear()
                self._count = len(strings)
            self._recent[key] = strings
        return strings.copy()


class PaddedStrings:
    """A column of strings that are not empty and contain no line feed, in the padded layout.

    :param data: the bytes of all strings.
    """

    def __init__(self, data: "memoryview[int]", count: int) -> None:
        self._recent = _RecentStrings()
        self._data = data
        self._count = count
        self._width = len(data) // max(count, 1)
        self._rows = np.frombuffer(data, f"V{self._width}") if count else np.empty(0, "V1")

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, rank: int) -> str:
        start = rank * self._width
        return str(self._data[start : start + self._width], "utf-8").rstrip("\n")

    def take(self, ranks: Ranks) -> list[Any]:
        """Return the strings at many ranks. Cost: 5 to 40 ns a string."""
        return self._recent.get(ranks, self._decode)

    def _decode(self, ranks: Ranks) -> list[Any]:
        texts = self._rows.take(ranks).tobytes().decode().split("\n")
        texts.pop()
        return texts if len(texts) == len(ranks) else list(filter(None, texts))


class PackedStrings(Sequence[str | None]):
    """A column of any strings and None, in the packed layout.

    :param data: the bytes of all strings.
    :param offsets: where each string begins in ``data``, and where the last one ends.
    """

    def __init__(self, data: "memoryview[int]", offsets: UIntArray) -> None:
        self._recent = _RecentStrings()
        self._data = data
        self._offsets = offsets
        self._offset_at = offsets.data
        self._has_lines: bool | None = None

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, rank: int) -> str | None:  # type: ignore[override]
        offsets = self._offset_at
        encoded = self._data[offsets[rank] : offsets[rank + 1] - 1]
        return None if encoded == _NONE else str(encoded, "utf-8", _ERRORS)

    def to_list(self) -> list[Any]:
        """Return all strings."""
        return self.take(np.arange(len(self)))

    def take(self, ranks: Ranks) -> list[Any]:
        """Return the strings at many ranks. Cost: 5 to 60 ns a string."""
        return self._recent.get(ranks, self._decode)

    def _decode(self, ranks: Ranks) -> list[Any]:
        data = np.frombuffer(self._data, np.uint8)
        if self._has_lines is None:  # two threads may both find it out, with the same result
            line_feeds, nones = (np.count_nonzero(data == byte[0]) for byte in (_END, _NONE))
            self._has_lines = bool(line_feeds > len(self) or nones)
        if self._has_lines:
            return [self[rank] for rank in ranks.tolist()]
        starts = self._offsets.take(ranks).astype(np.int64)
        lengths = self._offsets[1:].take(ranks) - starts
        ends = np.cumsum(lengths)
        total = int(ends[-1]) if len(ends) else 0
        positions = np.arange(total) + np.repeat(starts - (ends - lengths), lengths)
        texts: list[str] = data.take(positions).tobytes().decode("utf-8", _ERRORS).split("\n")
        texts.pop()
        return texts


def to_list(strings: NDArray[np.object_] | list[Any]) -> list[Any]:
    """Return what :meth:`Strings.take` returned as a list."""
    return strings if isinstance(strings, list) else strings.tolist()


def to_array(strings: Strings[Any] | list[Any]) -> NDArray[np.object_]:
    """Return a column, a list of strings, or what :meth:`Strings.take` returned, as an array."""
    if isinstance(strings, np.ndarray):
        return strings
    if not isinstance(strings, list):
        strings = to_list(strings.take(np.arange(len(strings))))
    objects = np.empty(len(strings), object)
    objects[:] = strings
    return objects


def encode_string(string: str) -> bytes:
    """Return the bytes of a string in a column."""
    return string.encode("utf-8", _ERRORS)


hash_string: Final = crc32
"""Returns the hash of a string's bytes: the same number of 32 bits in every process."""


class EncodedStrings(NamedTuple):
    """The bytes of a column.

    :param data: the column in the packed layout.
    :param lengths: how many bytes each string has, with the line feed that ends it.
    :param hashes: the hash of each string; for None, that of no string in particular.
    """

    data: bytes
    lengths: NDArray[np.uint32]
    hashes: NDArray[np.uint32]

    def offsets(self) -> UIntArray:
        """Return where each string begins in ``data``, and where the last one ends."""
        return offsets_from_lengths(self.lengths)

    def present(self) -> NDArray[np.uint32]:
        """Return the ranks that have a string and not None."""
        first_bytes = np.frombuffer(self.data, np.uint8).take(self.offsets()[:-1])
        return np.flatnonzero(first_bytes != _NONE[0]).astype(np.uint32)

    def padded(self) -> bytes | None:
        """Return the column in the padded layout; None if that takes more bytes."""
        count, width = len(self.lengths), int(self.lengths.max(initial=0))
        if count * width == len(self.data):
            return self.data
        if count * width > len(self.data) + self.offsets().nbytes:
            return None
        rows = np.full((count, width), _END[0], np.uint8)
        rows[np.arange(width) < self.lengths[:, np.newaxis]] = np.frombuffer(self.data, np.uint8)
        return rows.tobytes()


def encode_strings(strings: Strings[str | None], chunk: int) -> EncodedStrings:
    """Encode a column. Cost: about 0.2 µs a string."""
    pieces: list[bytes] = []
    lengths = np.empty(len(strings), np.uint32)
    hashes = np.empty(len(strings), np.uint32)
    for part in chunk_slices(len(strings), chunk):
        texts = to_list(strings.take(np.arange(part.start, part.stop)))
        encoded = _encode_all(texts)
        lengths[part] = np.fromiter(map(len, encoded), np.uint32) + len(_END)
        hashes[part] = np.fromiter(map(hash_string, encoded), np.uint32)
        pieces += (_END.join(encoded), _END)
    return EncodedStrings(b"".join(pieces), lengths, hashes)


def _encode_all(texts: list[str | None]) -> list[bytes]:
    if None not in texts:  # encode them as one text
        lines = encode_string("\n".join(cast("list[str]", texts))).split(_END)
        if len(lines) == len(texts):
            return lines
    return [_NONE if text is None else encode_string(text) for text in texts]
