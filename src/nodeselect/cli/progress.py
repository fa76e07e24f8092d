"""A progress line on standard error, for tasks that take more than a second."""

import os
import sys
import time

__all__ = ["Progress"]

_DELAY_SECONDS = 1.0
_INTERVAL_SECONDS = 0.1


class Progress:
    """A line that shows how far a task is; only drawn on a terminal."""

    def __init__(self) -> None:
        self._next_update = time.monotonic() + _DELAY_SECONDS
        self._is_enabled = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._is_drawn = False

    def update(self, text: str) -> None:
        """Redraw the line if it is due."""
        if self._is_enabled and time.monotonic() >= self._next_update:
            self._next_update = time.monotonic() + _INTERVAL_SECONDS
            self._is_drawn = True
            print(f"\r{text}\x1b[K", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Erase the line."""
        if self._is_drawn:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
