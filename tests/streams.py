"""Streams that have no data now and then, or break."""

import errno
import io
import os
from collections.abc import Iterable
from itertools import chain, repeat
from typing import Any


class Pieces(io.RawIOBase):
    """A stream that arrives in pieces: None is a pause, an empty piece an end."""

    def __init__(self, pieces: Iterable[bytes | Exception | None]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if not self._rest:
            piece = next(self._pieces, b"")
            if isinstance(piece, Exception):
                raise piece
            if piece is None:
                return None
            self._rest = piece
        data, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


class Hesitant(Pieces):
    """A stream that does not block: there is a pause before each piece and before its end.

    Its file descriptor is that of a device that is always ready: whoever waits for the stream
    waits no time at all.

    :param size: the bytes of a piece.
    """

    def __init__(self, data: bytes, size: int) -> None:
        starts = range(0, len(data) + size, size)
        super().__init__(each for at in starts for each in (None, data[at : at + size]))
        self._descriptor = os.open(os.devnull, os.O_RDONLY)

    def fileno(self) -> int:
        return self._descriptor

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()


def broken(data: bytes) -> io.BufferedReader:
    """Return a stream that breaks after some data."""
    error = OSError(errno.EIO, "Input/output error")
    return io.BufferedReader(Pieces(chain([data] if data else [], repeat(error))))
