"""Read a large file in two processes: this one from its beginning, a child process from its end.

Nearly all of the time of reading NDJSON goes into decoding, and one process decodes on one core.
The file is divided into segments of whole lines. Each process takes the next one from its side
until all are taken, so both end at nearly the same time, even if one core is slower.

The child process sends what it read in parts, or ends early if anything is wrong. In that case the
parent process, which has just read all segments before, reads the rest as well. So an error is
reported with its line, and a child process that fails costs time, but no answer. The parent
process stops the child process when it needs no more parts.
"""

import marshal
import mmap
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from io import BufferedReader, FileIO
from stat import S_ISREG
from typing import Any, BinaryIO, NamedTuple, NoReturn

from nodeselect.files.chunks import shorter_file_error
from nodeselect.limits import LIMITS

# A second process pays off for files of at least this size (``benchmarks/match_file.py``).
_MIN_BYTES = 32 * 1024 * 1024

# One process may wait for the other as long as that needs for a segment. There are not more of them
# than a pipe holds bytes on any system.
_SEGMENT_BYTES = 512 * 1024
_MAX_SEGMENTS = 512

# How much is read at a time to find the end of a line.
_BLOCK_BYTES = 8 * 1024

# Before each part, its size is sent in this many bytes.
_SIZE_BYTES = 8

Segment = tuple[Any, int]
"""A binary stream at the first line of a segment, and the offset at which the segment ends.

Both are starts of lines, or the end of the file.
"""


class EndReader(NamedTuple):
    """A child process that reads a file from its end.

    :param stops: where to stop reading in this process: the ends of segments, in ascending order.
        Requesting the next one takes a segment. The child process has read what follows the last.
    :param end: the size of the file when the child process was started.
    :param pipe: receives what the child process sends.
    """

    stops: Iterator[int]
    end: int
    pipe: BinaryIO

    def next_part(self) -> Any:
        """Wait for the next part of the result and return it, or None if the child process failed.

        The child process sends one part after the other, in the order of ``read``.
        """
        size = int.from_bytes(self.pipe.read(_SIZE_BYTES))
        try:
            return marshal.loads(self.pipe.read(size))  # noqa: S302 - sent by our own process
        except (EOFError, ValueError, TypeError):  # it sent nothing, or not all
            return None


@contextmanager
def read_from_end(
    stream: BinaryIO, read: Callable[[Iterable[Segment]], Iterable[Any]]
) -> Iterator[EndReader | None]:
    """Start a child process that reads what is left of ``stream`` from its end.

    The process is stopped when the context ends. Yield None, and start none, if that would not be
    faster or not be safe: if the stream is not a large regular file, if there is only one core, or
    if there are other threads, which a fork would lose.

    :param read: called in the child process with segments, the last of the file first. Requesting
        the next one takes it. It yields the parts of the result, of built-in types, which
        :meth:`EndReader.next_part` returns in this process.
    """
    with ExitStack() as stack:
        try:
            child = _start(stack, stream, read)
        except (OSError, ValueError):  # no more processes or files are allowed; the file is empty
            child = None
        if child is None:
            yield None
            return
        reader, process = child
        try:
            yield reader
        finally:
            with suppress(ProcessLookupError, ChildProcessError):  # the caller has waited for it
                os.kill(process, signal.SIGKILL)
                os.waitpid(process, 0)


def _start(
    stack: ExitStack, stream: BinaryIO, read: Callable[[Iterable[Segment]], Iterable[Any]]
) -> tuple[EndReader, int] | None:
    """Start a child process, if possible; return its reader, and its process id."""
    if (
        not (isinstance(stream, BufferedReader) and isinstance(stream.raw, FileIO))
        or not hasattr(os, "fork")
        or _number_of_cores() < 2
        or _number_of_threads() > 1
        or signal.getsignal(signal.SIGCHLD) != signal.SIG_DFL  # it may wait for the process
    ):
        return None
    status = os.fstat(stream.fileno())
    if not S_ISREG(status.st_mode) or status.st_size - stream.tell() < _MIN_BYTES:
        return None
    # The same file even if it was renamed, with a position that the two processes do not share.
    file = stack.enter_context(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    start, end = stream.tell(), len(file)
    size = max(_SEGMENT_BYTES, (end - start) // _MAX_SEGMENTS + 1)
    bounds = [start, *range(start + size, end, size), end]
    tokens, sender = _open_pipe(stack)
    with sender:
        sender.write(bytes(len(bounds) - 1))

    def is_left() -> bool:
        """Take a segment, if one is left: there is one byte for each."""
        return bool(os.read(tokens.fileno(), 1))

    def line_start(offset: int) -> int:
        return start if offset == start else _line_start(stream.fileno(), offset, end)

    parent = os.getpid()

    def from_end() -> Iterator[Segment]:
        stop = end
        for bound in reversed(bounds[:-1]):
            if os.getppid() == parent and is_left():  # otherwise the parent process has ended
                segment_start = min(line_start(bound), stop)
                file.seek(segment_start)
                yield file, stop
                stop = segment_start

    receiver, sender = _open_pipe(stack)
    with sender:
        process = os.fork()
        if process == 0:
            receiver.close()  # so that writing fails if the parent process has ended
            _run(read, from_end(), sender)
    stops = (line_start(bound) for bound in bounds[1:] if is_left())
    return EndReader(stops, end, receiver), process


def _number_of_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _number_of_threads() -> int:
    """Return how many threads this process has: on Linux, also those that Python did not start."""
    try:
        return len(os.listdir("/proc/self/task"))  # noqa: PTH208 - pathlib loads slowly
    except OSError:
        return threading.active_count()


def _line_start(descriptor: int, offset: int, end: int) -> int:
    """Return the offset of the first line of a file that starts at ``offset`` or later.

    Return ``end`` if there is none, or if the line before it is too long to be read. This does not
    read from a map of the file into memory: if the file becomes shorter, that stops the process.

    :raises InventoryError: if the file ends before ``end``.
    """
    for at in range(offset - 1, min(end, offset + LIMITS.line_bytes), _BLOCK_BYTES):
        block = os.pread(descriptor, _BLOCK_BYTES, at)
        if not block:
            raise shorter_file_error()
        if (found := block.find(b"\n")) >= 0:
            return min(at + found + 1, end)
    return end


def _open_pipe(stack: ExitStack) -> tuple[BinaryIO, BinaryIO]:
    """Open a pipe; return its end for reading, which ``stack`` closes, and the one for writing."""
    reading, writing = os.pipe()
    return stack.enter_context(os.fdopen(reading, "rb")), os.fdopen(writing, "wb")


def _run(
    read: Callable[[Iterable[Segment]], Iterable[Any]],
    segments: Iterable[Segment],
    sender: BinaryIO,
) -> NoReturn:
    """Run in the child process: call ``read``, send the parts of its result and exit.

    If anything fails, exit without sending the rest.
    """
    try:
        for number in (signal.SIGINT, signal.SIGBUS):  # the file may become shorter
            signal.signal(number, signal.SIG_DFL)
        for part in read(segments):
            data = marshal.dumps(part)
            sender.write(len(data).to_bytes(_SIZE_BYTES))
            sender.write(data)
            sender.flush()
    finally:
        os._exit(0)
