"""Columns of strings as bytes, of which only those that somebody reads become Python objects.

There are two layouts. Both end each string with a line feed, so that many strings are decoded as
one text, which is then split::

    padded    n-1 ␊ ␊ n-10 ␊ n-100 ␊       each string has the same number of bytes, the longest + 1
    packed    n-1 ␊ n-10 ␊ n-100 ␊         and the offset of each string

Strings are UTF-8; surrogates, which UTF-8 does not allow, are encoded in the same way.
"""

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, TypeVar
from zlib import crc32

from nodeselect.index.numpy_import import bulk_reader

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "END",
    "NONE",
    "PackedStrings",
    "PaddedStrings",
    "Ranks",
    "Strings",
    "encode_string",
    "hash_string",
    "to_list",
]

Ranks: TypeAlias = "array[int] | NDArray[np.integer[Any]]"
"""Ranks as an array of any integers."""

END: Final = b"\n"
"""What ends each string."""

NONE: Final = b"\xff"
"""What a packed column has for None: a byte that is never part of UTF-8."""

_S = TypeVar("_S", bound=str | None, covariant=True)

_ERRORS = "surrogatepass"

# How many strings a column keeps, because they were decoded lately.
_MAX_RECENT = 32_768


class Strings(Protocol[_S]):
    """A column with a string, or perhaps None, for each rank. A numpy array of objects is one."""

    def __len__(self) -> int: ...

    def __getitem__(self, rank: int, /) -> _S: ...

    def take(self, ranks: Any, /) -> "NDArray[np.object_] | list[Any]":
        """Return the strings at many ranks."""


def to_list(strings: "NDArray[np.object_] | list[Any]") -> list[Any]:
    """Return what :meth:`Strings.take` returned as a list."""
    return strings if isinstance(strings, list) else strings.tolist()


def encode_string(string: str) -> bytes:
    """Return the bytes of a string in a column."""
    return string.encode("utf-8", _ERRORS)


hash_string: Final = crc32
"""Returns the hash of a string's bytes: the same number of 32 bits in every process."""


class _SavedStrings:
    """What both layouts have in common: they keep strings that were decoded lately.

    Decoding thousands of strings takes longer than reading the objects of a built column. So an
    answer that is read again takes the strings from the last time.
    """

    def __init__(self) -> None:
        self._recent: dict[bytes, list[Any]] = {}
        self._recent_count = 0

    def take(self, ranks: Ranks) -> list[Any]:
        """Return the strings at many ranks. Cost: 5 to 60 ns a string."""
        if not len(ranks):
            return []
        if len(ranks) > _MAX_RECENT // 4 or ranks.itemsize != 4:
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
    """A column of strings that are not empty and contain no line feed, in the padded layout.

    :param data: the bytes of all strings.
    """

    def __init__(self, data: "memoryview[int]", count: int) -> None:
        super().__init__()
        self._data = data
        self._count = count
        self._width = len(data) // max(count, 1)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, rank: int) -> str:
        start = rank * self._width
        return str(self._data[start : start + self._width], "utf-8").rstrip("\n")

    def _decode(self, ranks: Ranks) -> list[Any]:
        bulk = bulk_reader(len(ranks))
        if bulk is None:
            return list(map(self.__getitem__, ranks.tolist()))
        strings = bulk.take_rows(self._data, self._width, ranks).decode().split("\n")
        strings.pop()
        return strings if len(strings) == len(ranks) else list(filter(None, strings))


class PackedStrings(_SavedStrings, Sequence[str | None]):
    """A column of any strings and None, in the packed layout.

    :param data: the bytes of all strings.
    :param offsets: where each string begins in ``data``, and where the last one ends.
    """

    def __init__(self, data: "memoryview[int]", offsets: "memoryview[int]") -> None:
        super().__init__()
        self._data = data
        self._offsets = offsets
        self._has_lines: bool | None = None

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, rank: int) -> str | None:  # type: ignore[override]
        encoded = self._data[self._offsets[rank] : self._offsets[rank + 1] - 1].tobytes()
        return None if encoded == NONE else encoded.decode("utf-8", _ERRORS)

    def to_list(self) -> list[Any]:
        """Return all strings."""
        return list(self) if self._is_split_wrongly() else self._split(bytes(self._data))

    def _decode(self, ranks: Ranks) -> list[Any]:
        bulk = bulk_reader(len(ranks))
        if bulk is None or self._is_split_wrongly():
            return list(map(self.__getitem__, ranks.tolist()))
        return self._split(bulk.take_spans(self._data, self._offsets, ranks))

    def _is_split_wrongly(self) -> bool:
        """Return whether line feeds are not only between strings, or strings are None."""
        if self._has_lines is None:  # two threads may both find it out, with the same result
            data = bytes(self._data)
            self._has_lines = data.count(END) > len(self) or NONE in data
        return self._has_lines

    @staticmethod
    def _split(data: bytes) -> list[str]:
        strings = data.decode("utf-8", _ERRORS).split("\n")
        strings.pop()
        return strings
