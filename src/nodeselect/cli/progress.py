"""A progress line on standard error, for tasks that take more than a second."""

import os
import stat
import sys
import time
from typing import BinaryIO

from nodeselect.readers.reader import NodeReader

__all__ = ["Progress", "ReadProgress"]

_DELAY_SECONDS = 1.0
_INTERVAL_SECONDS = 0.1
_BAR_COLUMNS = 30


class Progress:
    """A line that shows how far a task is; only drawn on a terminal."""

    def __init__(self, task: str) -> None:
        self._task = task
        self._next_update = time.monotonic() + _DELAY_SECONDS
        self._is_enabled = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._is_drawn = False

    def update(self, done: str, fraction: float | None = None) -> None:
        """Redraw the line if it is due.

        :param done: what is done so far, with a unit.
        :param fraction: the share that is done, for a bar; None if it is unknown.
        """
        if not self._is_enabled or time.monotonic() < self._next_update:
            return
        self._next_update = time.monotonic() + _INTERVAL_SECONDS
        bar = ""
        if fraction is not None:
            bar = f" [{'#' * round(fraction * _BAR_COLUMNS):<{_BAR_COLUMNS}}] {fraction:.0%}"
        _write(f"\r{self._task}{bar} {done}\x1b[K")
        self._is_drawn = True

    def clear(self) -> None:
        """Erase the line."""
        if self._is_drawn:
            _write("\r\x1b[K")


class ReadProgress(Progress):
    """The progress of reading nodes: pass it to a reader as ``watch``."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        super().__init__(f"reading {name}")
        self._stream = stream
        self._size = _file_size(stream)

    def __call__(self, reader: NodeReader) -> None:
        """Redraw the line if it is due."""
        read = self._stream.tell() if self._size else 0
        fraction = read / self._size if read < self._size else None
        self.update(f"{reader.count:,} nodes", fraction)


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _file_size(stream: BinaryIO) -> int:
    """Return the size of a regular file, or 0 for anything else."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0
