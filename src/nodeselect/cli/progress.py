"""Shows how far a long work is."""

import os
import stat
import sys
import time
from typing import BinaryIO

from nodeselect.readers.reader import NodeReader

__all__ = ["FileProgress", "Progress"]

_PATIENCE = 1.0
"""Seconds before anything is shown."""

_PAUSE = 0.1
"""Seconds between two pictures."""


class Progress:
    """A line on standard error that says how far a reader is; only where a person can see it."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self._size = _size(stream)
        self._next_picture = time.monotonic() + _PATIENCE
        self._drawn = False
        self._seen = _is_seen()

    def __call__(self, reader: NodeReader) -> None:
        """Draw the line, if it is time to."""
        if not self._seen or time.monotonic() < self._next_picture:
            return
        self._next_picture = time.monotonic() + _PAUSE
        bar = ""
        if self._size and (read := self._stream.tell()) < self._size:
            done = read / self._size
            bar = f" [{'#' * round(done * 30):<30}] {done:.0%}"
        _write(f"\rreading {self._name}{bar} {reader.count:,} nodes\x1b[K")
        self._drawn = True

    def wipe(self) -> None:
        """Take the line away."""
        if self._drawn:
            _write("\r\x1b[K")


class FileProgress:
    """A line on standard error that says how many files are done; only where a person sees it."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._next_picture = time.monotonic() + _PATIENCE
        self._drawn = False
        self._seen = _is_seen()

    def __call__(self, done: int) -> None:
        """Draw the line, if it is time to."""
        if not self._seen or time.monotonic() < self._next_picture:
            return
        self._next_picture = time.monotonic() + _PAUSE
        part = done / self._total
        bar = f"[{'#' * round(part * 30):<30}] {part:.0%}"
        _write(f"\rchecking {bar} {done:,} of {self._total:,} files\x1b[K")
        self._drawn = True

    def wipe(self) -> None:
        """Take the line away."""
        if self._drawn:
            _write("\r\x1b[K")


def _is_seen() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _size(stream: BinaryIO) -> int:
    """Give the size of a regular file, or 0 where it is not known."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0
