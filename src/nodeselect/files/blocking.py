"""Streams that wait until everything is read or written, even if a file descriptor does not block.

Whether a descriptor blocks is a flag of the open file. Other processes share the flag, and may
change it at any time. Python's streams then return early: a short read looks like the end of the
input, and a short write loses the rest. The streams of this module wait. They do not change the
flag, because other processes rely on it.
"""

import errno
import io
import os
import sys
from stat import S_ISREG
from typing import Any, BinaryIO, TextIO

# The capacity of a pipe on Linux.
_BUFFER_BYTES = 64 * 1024


def blocking_reader(stream: BinaryIO) -> BinaryIO:
    """Return a buffered stream that reads from ``stream``, and does not close ``stream``.

    If ``stream`` is non-blocking and has no data, the result waits for data; if ``stream`` has no
    file descriptor, the result raises ``BlockingIOError`` instead.
    """
    is_file = isinstance(stream, io.BufferedReader) and isinstance(stream.raw, io.FileIO)
    # Regular files always block.
    if isinstance(stream, io.BytesIO) or (is_file and S_ISREG(os.fstat(stream.fileno()).st_mode)):
        return stream
    return io.BufferedReader(_WaitingReader(stream), _BUFFER_BYTES)


def is_blocking(stream: Any) -> bool:
    """Return whether reading a text stream waits for data, so that ``read()`` returns all data."""
    try:
        file = stream.buffer.raw
        return not isinstance(file, io.FileIO) or os.get_blocking(file.fileno())
    except (AttributeError, OSError):  # not a file, or a system on which files always block
        return True


def use_blocking_output() -> None:
    """Replace standard output and error by streams that write everything, or raise."""
    sys.stdout = _blocking_writer(sys.stdout)
    sys.stderr = _blocking_writer(sys.stderr, line_buffering=True)


def _blocking_writer(stream: TextIO | None, *, line_buffering: bool = False) -> TextIO:
    raw, encoding = None, "utf-8"
    if stream is not None:
        if not isinstance(stream, io.TextIOWrapper):  # a program replaced it
            return stream
        raw = getattr(stream.buffer, "raw", stream.buffer)  # with PYTHONUNBUFFERED, it is raw
        if isinstance(raw, _WaitingWriter):
            return stream
        encoding = stream.encoding
    writer = io.BufferedWriter(_WaitingWriter(raw))
    # Characters that the encoding lacks are written as \u….
    return io.TextIOWrapper(writer, encoding, "backslashreplace", line_buffering=line_buffering)


class _WaitingReader(io.RawIOBase):
    """A raw stream that reads from an object, and waits while its ``read`` returns None."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._has_ended = False  # a terminal would be asked again

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size: int | None = 0 if self._has_ended else None
        while size is None and (size := self._read(buffer)) is None:
            _wait(self._stream, "POLLIN")
        self._has_ended = not size
        return size

    def _read(self, buffer: Any) -> int | None:
        if isinstance(self._stream, io.BufferedReader):
            return self._stream.readinto1(buffer)  # does not wait until the buffer is full
        data = self._stream.read(len(buffer))
        if data is None:
            return None
        buffer[: len(data)] = data
        return len(data)


class _WaitingWriter(io.RawIOBase):
    """A raw stream that writes to another, or raises for None, and waits while that is full."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return int(self._open_stream().fileno())

    def isatty(self) -> bool:
        return self._stream is not None and bool(self._stream.isatty())

    def write(self, data: Any) -> int:
        while (size := self._open_stream().write(data)) is None:
            _wait(self._stream, "POLLOUT")
        return int(size)

    def _open_stream(self) -> Any:
        if self._stream is None:
            raise OSError(errno.EBADF, "it is closed")
        return self._stream


def _wait(stream: Any, event: str) -> None:
    """Wait until a stream can be read (``event`` is ``POLLIN``) or written (``POLLOUT``)."""
    import select  # rarely needed

    try:
        poll = select.poll()
        poll.register(stream.fileno(), getattr(select, event))
    except (AttributeError, OSError):  # the system has no poll, or the stream no file descriptor
        message = "it is non-blocking, and cannot be waited for"
        raise BlockingIOError(errno.EAGAIN, message) from None
    poll.poll()
