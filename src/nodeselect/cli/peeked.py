"""An input of which the beginning is known before it is read, and that may be read again."""

import io
import os
import stat
from typing import BinaryIO

__all__ = ["Peeked"]

_WHOLE = 16 * 1024 * 1024
"""Bytes up to which an input is held in memory; more would be felt beside what a run takes."""

_AGAIN = 256 * 1024 * 1024
"""Bytes of a file up to which it is read again: then all of its nodes are held in memory."""


class Peeked:
    """A stream that is read once, and a second time where it is small or a file of some size."""

    def __init__(self, stream: BinaryIO) -> None:
        """Take over ``stream``, a buffered one. A small input is read here, as a whole."""
        self._whole: bytes | None = None
        self._start: int | None = None
        self.stream = stream
        """What to read."""
        size = _left(stream)
        if size is not None and size > _WHOLE:
            self._start = stream.tell() if size <= _AGAIN else None
            return
        begin = _begin(stream, _WHOLE + 1)
        if len(begin) <= _WHOLE:
            self._whole = begin
            self.stream = io.BytesIO(begin)
        else:
            self.stream = io.BufferedReader(_Joined(begin, stream), 1 << 20)

    @property
    def is_small(self) -> bool:
        """Whether to read it again costs little."""
        return self._whole is not None

    def again(self) -> BinaryIO | None:
        """Give the stream from its beginning; None where it is gone, or too large."""
        if self._whole is not None:
            return io.BytesIO(self._whole)
        if self._start is None:
            return None
        self.stream.seek(self._start)
        return self.stream


class _Joined(io.RawIOBase):
    """The beginning of a stream, and the rest of it."""

    def __init__(self, begin: bytes, rest: BinaryIO) -> None:
        self._begin = memoryview(begin)
        self._rest = rest

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """Read into ``buffer`` what comes next."""
        some: bytes | memoryview = self._begin[: len(buffer)]
        if some:
            self._begin = self._begin[len(some) :]
        else:
            some = self._rest.read(len(buffer))
        buffer[: len(some)] = some
        return len(some)


def _begin(stream: BinaryIO, most: int) -> bytes:
    """Read up to ``most`` bytes, or a little more.

    Piece by piece, as they come: one long read of a pipe would not see an interrupt in time.
    """
    read = stream.read1 if isinstance(stream, io.BufferedIOBase) else stream.read
    pieces, length = [], 0
    while length < most and (piece := read(1 << 20)):
        pieces.append(piece)
        length += len(piece)
    return b"".join(pieces)


def _left(stream: BinaryIO) -> int | None:
    """Give how many bytes of a regular file are left; None where it is none."""
    try:
        status = os.fstat(stream.fileno())
        return status.st_size - stream.tell() if stat.S_ISREG(status.st_mode) else None
    except (OSError, ValueError):
        return None
