"""Read the second half of a large file in a child process.

Nearly all of the time of reading NDJSON goes into decoding, and one process decodes on one core.
The child process sends what it read, or nothing if anything is wrong. In that case the parent
process, which has just read the first half, reads the second half as well. So an error is reported
with its line, and a child process that fails costs time, but no answer.
"""

import marshal
import mmap
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import BufferedReader, FileIO
from stat import S_ISREG
from typing import Any, BinaryIO, NamedTuple, NoReturn

__all__ = ["SecondHalf", "read_second_half"]

# A second process pays off for files of at least this size (``benchmarks/match_file.py``).
_MIN_BYTES = 32 * 1024 * 1024


class SecondHalf(NamedTuple):
    """The second half of a file, which a child process reads.

    :param start: the offset in the file at which it begins: the start of a line.
    :param pipe: receives what the child process sends.
    """

    start: int
    pipe: BinaryIO

    def result(self) -> Any:
        """Wait for the child process and return its result, or None if it failed."""
        try:
            return marshal.loads(self.pipe.read())  # noqa: S302 - sent by our own process
        except (EOFError, ValueError, TypeError):  # it sent nothing, or not all
            return None


@contextmanager
def read_second_half(stream: BinaryIO, read: Callable[[Any], Any]) -> Iterator[SecondHalf | None]:
    """Start a child process that reads the second half of what is left of ``stream``.

    The process is stopped when the context ends. Yield None, and start none, if that would not be
    faster or not be safe: if the stream is not a large regular file, if there is only one core, or
    if there are other threads, which a fork would lose.

    :param read: called in the child process with a binary stream of the second half. It returns
        built-in types, which :meth:`SecondHalf.result` returns in this process.
    """
    with ExitStack() as stack:
        try:
            child = _start(stack, stream, read)
        except OSError:  # no more processes or files are allowed
            child = None
        if child is None:
            yield None
            return
        half, process = child
        try:
            yield half
        finally:
            os.kill(process, signal.SIGKILL)  # its id is valid until it is waited for
            os.waitpid(process, 0)


def _start(
    stack: ExitStack, stream: BinaryIO, read: Callable[[Any], Any]
) -> tuple[SecondHalf, int] | None:
    """Start a child process, if possible; return the half that it reads, and its process id."""
    if (
        not (isinstance(stream, BufferedReader) and isinstance(stream.raw, FileIO))
        or not hasattr(os, "fork")
        or (os.cpu_count() or 1) < 2
        or threading.active_count() > 1
        or signal.getsignal(signal.SIGCHLD) != signal.SIG_DFL  # it may wait for the process
    ):
        return None
    status = os.fstat(stream.fileno())
    if not S_ISREG(status.st_mode) or status.st_size - stream.tell() < _MIN_BYTES:
        return None
    # The same file even if it was renamed, with a position that the two processes do not share.
    file = stack.enter_context(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    start = file.find(b"\n", (stream.tell() + status.st_size) // 2) + 1 or len(file)
    reading, writing = os.pipe()
    receiver = stack.enter_context(os.fdopen(reading, "rb"))
    with os.fdopen(writing, "wb") as sender:
        process = os.fork()
        if process == 0:
            receiver.close()  # so that writing fails if the parent process has ended
            file.seek(start)
            _run(read, file, sender)
    return SecondHalf(start, receiver), process


def _run(read: Callable[[Any], Any], file: Any, sender: BinaryIO) -> NoReturn:
    """Run in the child process: call ``read``, send its result and exit.

    If anything fails, exit without sending it.
    """
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        sender.write(marshal.dumps(read(file)))
        sender.close()  # the parent process need not wait until all memory is freed
    finally:
        os._exit(0)
