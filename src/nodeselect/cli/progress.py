"""Shows how far the reading of a long input is."""

import io
import os
import stat
import sys
import time
from typing import BinaryIO

__all__ = ["with_progress"]

_PATIENCE = 1.0
"""Seconds before anything is shown."""

_PAUSE = 0.1
"""Seconds between two pictures."""


def with_progress(stream: BinaryIO, name: str) -> BinaryIO:
    """Give a stream that reads ``stream`` and shows its progress where a person can see it."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return stream
    return io.BufferedReader(_Watched(stream, name), 64 * 1024)


class _Watched(io.RawIOBase):
    """Passes bytes on, and draws a line that counts them."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        super().__init__()
        self._stream = stream
        self._name = name
        self._size = _size(stream)
        self._read = 0
        self._next_picture = time.monotonic() + _PATIENCE
        self._drawn = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self._read += len(data)
        now = time.monotonic()
        if data and now >= self._next_picture:
            self._next_picture = now + _PAUSE
            self._draw()
        elif not data:
            self.wipe()
        return len(data)

    def wipe(self) -> None:
        """Take the line away."""
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._drawn = False

    def close(self) -> None:
        if not self.closed:
            self.wipe()
        super().close()

    def _draw(self) -> None:
        megabytes = f"{self._read / 1e6:,.0f} MB"
        if self._size:
            done = min(1.0, self._read / self._size)
            bar = "#" * round(done * 30)
            text = f"reading {self._name} [{bar:<30}] {done:4.0%} {megabytes}"
        else:
            text = f"reading {self._name} {megabytes}"
        sys.stderr.write(f"\r{text}\x1b[K")
        sys.stderr.flush()
        self._drawn = True


def _size(stream: BinaryIO) -> int:
    """Give the size of a regular file, or 0 where it is not known."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0
