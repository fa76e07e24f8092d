"""Streams that have no data now and then, or break."""

import errno
import io
import os
from typing import Any


class Hesitant(io.RawIOBase):
    """A stream that does not block: it returns None before each piece and before its end.

    Its file descriptor is that of a device that is always ready: whoever waits for the stream
    waits no time at all.

    :param size: the bytes of a piece.
    """

    def __init__(self, data: bytes, size: int) -> None:
        self._data = data
        self._size = size
        self._has_data = False
        self._descriptor = os.open(os.devnull, os.O_RDONLY)

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def readinto(self, buffer: Any) -> int | None:
        self._has_data = not self._has_data
        if self._has_data:
            return None
        piece = self._data[: min(self._size, len(buffer))]
        self._data = self._data[len(piece) :]
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()


class Broken(io.RawIOBase):
    """A stream that breaks after some data."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._data:
            raise OSError(errno.EIO, "Input/output error")
        size = min(len(buffer), len(self._data))
        buffer[:size] = self._data[:size]
        self._data = self._data[size:]
        return size
