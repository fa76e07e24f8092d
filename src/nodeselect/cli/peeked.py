"""An input of which the beginning is known before it is read, and that may be read again."""

import io
import os
import stat
from typing import BinaryIO

__all__ = ["Peeked"]

_WHOLE = 16 * 1024 * 1024
"""Bytes up to which an input is held in memory; more would be felt beside what a run takes."""

_AGAIN = 1024 * 1024 * 1024
"""Bytes of a file up to which it is read again: then all of its nodes are held in memory."""


class Peeked:
    """A stream that is read once, and a second time where it is small or a file of some size."""

    def __init__(self, stream: BinaryIO) -> None:
        """Take over ``stream``, a buffered one. A small file is read here, as a whole; what comes
        from elsewhere is passed on as it comes."""
        self._whole: bytes | None = None
        self._start: int | None = None
        self._held: _Held | None = None
        self.stream = stream
        """What to read."""
        size = _left(stream)
        if size is None:
            self._held = _Held(stream)
            self.stream = io.BufferedReader(self._held, 1 << 20)
        elif size > _WHOLE:
            self._start = stream.tell() if size <= _AGAIN else None
        else:
            self._whole = stream.read()
            self.stream = io.BytesIO(self._whole)

    @property
    def is_small(self) -> bool:
        """Whether to read it again costs little; known when it was read to its end."""
        return self._whole is not None or (self._held is not None and self._held.is_whole)

    def again(self) -> BinaryIO | None:
        """Give the stream from its beginning; None where it is gone, or too large."""
        if self._whole is not None:
            return io.BytesIO(self._whole)
        if self._held is not None:
            return io.BytesIO(b"".join(self._held.pieces)) if self._held.is_whole else None
        if self._start is None:
            return None
        self.stream.seek(self._start)
        return self.stream


class _Held(io.RawIOBase):
    """A stream whose pieces are passed on as they come, and remembered while they are few."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._length = 0
        self._ended = False
        self.pieces: list[bytes] = []
        """What was read; nothing where that became too much."""

    @property
    def is_whole(self) -> bool:
        """Whether all of it was read, and is remembered."""
        return self._ended and self._length <= _WHOLE

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """Read into ``buffer`` what comes next.

        What is there, not more: one long read of a pipe would not see an interrupt in time.
        """
        stream = self._stream
        read = stream.read1 if isinstance(stream, io.BufferedIOBase) else stream.read
        piece = read(len(buffer))
        self._ended = not piece
        self._length += len(piece)
        if self._length > _WHOLE:
            self.pieces.clear()
        elif piece:
            self.pieces.append(piece)
        buffer[: len(piece)] = piece
        return len(piece)


def _left(stream: BinaryIO) -> int | None:
    """Give how many bytes of a regular file are left; None where it is none."""
    try:
        status = os.fstat(stream.fileno())
        return status.st_size - stream.tell() if stat.S_ISREG(status.st_mode) else None
    except (OSError, ValueError):
        return None
