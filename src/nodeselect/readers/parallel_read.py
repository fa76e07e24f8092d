"""Reads the second half of a large file of lines in a process of its own.

Decoding is all that takes time in a large file, and one process decodes on one core. The other
process sends back what it found, or nothing at all when it met anything wrong: then the first
process, which stands right before the second half, reads on by itself, and the error has its line.
"""

import os
import signal
import stat
import threading
from collections.abc import Callable
from io import BufferedReader
from typing import BinaryIO

__all__ = ["SecondHalf"]

_WORTH_IT = 32 * 1024 * 1024
"""Bytes to read from which on a second process pays (``benchmarks/match_file.py``)."""


class SecondHalf:
    """A process that reads a file from :attr:`start`, the beginning of a line, to its end."""

    def __init__(self, start: int, process: int, pipe: int) -> None:
        self.start = start
        self._process = process
        self._pipe = pipe

    @classmethod
    def begin(cls, stream: BinaryIO, read: Callable[[BinaryIO], bytes]) -> "SecondHalf | None":
        """Start reading the second half of what is left of ``stream``, or give None.

        None when that is not worth it, or not possible: the stream is no regular file that was
        opened by its path, there is one core, or other threads, which a fork would lose.

        :param read: runs in the other process, over the file from the second half on; gives what
            is to be sent back.
        """
        if not (
            hasattr(os, "fork") and (os.cpu_count() or 1) > 1 and threading.active_count() == 1
        ):
            return None
        other = _opened_again(stream)
        if other is None:
            return None
        with other:
            position = stream.tell()
            other.seek((position + os.fstat(other.fileno()).st_size) // 2)
            other.readline()
            start = other.tell()
            reading, writing = os.pipe()
            try:
                process = os.fork()
            except OSError:  # no process is to be had
                os.close(reading)
                os.close(writing)
                return None
            if process == 0:
                os.close(reading)  # so that it ends when the first process is gone
                _run_and_exit(lambda: read(other), writing)
        os.close(writing)
        return cls(start, process, reading)

    def result(self) -> bytes:
        """Wait for the end, and give what was sent back; nothing when anything was wrong."""
        pipe, self._pipe = os.fdopen(self._pipe, "rb"), -1
        with pipe:
            sent = pipe.read()
        _, status = os.waitpid(self._process, 0)
        self._process = 0
        return sent if status == 0 else b""

    def end(self) -> None:
        """Stop the process if it still runs; its result is not wanted any more."""
        if self._pipe >= 0:
            os.close(self._pipe)
        if self._process:
            os.kill(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)


def _opened_again(stream: BinaryIO) -> BufferedReader | None:
    """Open the file of ``stream`` a second time, for a position of its own."""
    name = getattr(stream, "name", None)
    if not isinstance(name, str) or not isinstance(stream, BufferedReader):
        return None
    try:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size - stream.tell() < _WORTH_IT:
            return None
        other = open(name, "rb")  # noqa: SIM115, PTH123 - the caller closes it
    except OSError:
        return None
    if os.path.samestat(os.fstat(other.fileno()), status):
        return other
    other.close()
    return None


def _run_and_exit(read: Callable[[], bytes], writing: int) -> None:
    """Be the other process: send back what ``read`` gives, and leave without a word."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        sent = read()
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(sent)
        status = 0
    finally:
        os._exit(status)
