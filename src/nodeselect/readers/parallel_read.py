"""Read the second half of a large NDJSON file in a process of its own.

Nearly all of the time goes into decoding, and one process decodes on one core. The child process
sends what it read, or nothing if anything is wrong. The parent process, which is then right before
the second half, reads on by itself: so an error has its line, and a lost process costs time, not an
answer.
"""

import os
import signal
import stat
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from io import BufferedReader
from itertools import chain
from typing import BinaryIO, Protocol, Self

import msgspec

from nodeselect.readers.columnar import Block
from nodeselect.readers.duplicate_ids import DuplicateIdCheck, DuplicateIdState
from nodeselect.readers.formats.ndjson import read_chunks

__all__ = ["ChunkReader", "read_in_two_processes"]

# A second process pays off for files of at least this size (``benchmarks/match_file.py``).
_MIN_BYTES = 32 * 1024 * 1024


class ChunkReader(Protocol):
    """What is read in both processes, and what it counts."""

    count: int
    failure_masks: Counter[int]
    missing_ids: set[str]
    duplicate_ids: DuplicateIdCheck
    footer: str

    def read_chunks(self, chunks: Iterable[bytes]) -> Iterator[Block]:
        """Read chunks of whole lines; yield the selected nodes."""

    def for_stream(self, stream: BinaryIO) -> Self:
        """Return a new reader that selects the same nodes of another stream."""


class _Half(msgspec.Struct, array_like=True):
    """What the child process sends."""

    count: int
    failure_masks: list[tuple[str, int]]  # a number of more than 64 bits is not one to msgpack
    missing_ids: set[str]
    duplicate_ids: DuplicateIdState
    rows: list[tuple[str, Mapping[str, str], str | None, str | None]]


def read_in_two_processes(reader: ChunkReader, first: bytes, stream: BinaryIO) -> Iterator[Block]:
    """Read ``first`` and the rest of ``stream``; yield the selected nodes.

    One process reads all if two are not worth it or not possible: if the stream is not a large
    regular file that was opened by its path, if there is one core, or if there are other threads,
    which a fork would lose.
    """
    child = _Child.start(reader, stream)
    if child is None:
        yield from reader.read_chunks(read_chunks(first, stream))
        return
    try:
        yield from reader.read_chunks(read_chunks(first, stream, child.start_position))
        rows = _merge(reader, child.result())
        if rows is None:
            yield from reader.read_chunks(read_chunks(b"", stream))
        else:
            yield rows
    finally:
        child.stop()


def _merge(reader: ChunkReader, data: bytes) -> Block | None:
    """Add what the child process read to ``reader``; return its nodes, or None if it failed."""
    if not data or reader.footer:
        return None
    half = msgspec.msgpack.decode(data, type=_Half)
    if reader.duplicate_ids.joined(half.duplicate_ids).error():
        return None
    reader.duplicate_ids = DuplicateIdCheck()  # the ids are checked, and no more follow
    reader.count += half.count
    reader.failure_masks.update({int(mask): count for mask, count in half.failure_masks})
    reader.missing_ids &= half.missing_ids
    return half.rows


class _Child:
    """The process that reads a file from :attr:`start_position`, the beginning of a line, on."""

    def __init__(self, start_position: int, process: int, pipe: int) -> None:
        self.start_position = start_position
        self._process = process
        self._pipe = pipe

    @classmethod
    def start(cls, reader: ChunkReader, stream: BinaryIO) -> "_Child | None":
        """Start reading the second half of what is left of ``stream``, if that is worth it."""
        if not hasattr(os, "fork") or (os.cpu_count() or 1) < 2 or threading.active_count() > 1:
            return None
        other = _reopen(stream)
        if other is None:
            return None
        with other:
            other.seek((stream.tell() + os.fstat(other.fileno()).st_size) // 2)
            other.readline()
            start_position = other.tell()
            reading, writing = os.pipe()
            try:
                process = os.fork()
            except OSError:  # no more processes are allowed
                os.close(reading)
                os.close(writing)
                return None
            if process == 0:
                os.close(reading)  # so that writing fails if the parent process is gone
                _run(reader.for_stream(other), other, writing)
        os.close(writing)
        return cls(start_position, process, reading)

    def result(self) -> bytes:
        """Wait for the end of the process; return what it sent, or nothing if it failed."""
        pipe, self._pipe = os.fdopen(self._pipe, "rb"), -1
        with pipe:
            data = pipe.read()
        _, status = os.waitpid(self._process, 0)
        self._process = 0
        return data if status == 0 else b""

    def stop(self) -> None:
        """Stop the process if it still runs."""
        if self._pipe >= 0:
            os.close(self._pipe)
        if self._process:
            os.kill(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)


def _reopen(stream: BinaryIO) -> BinaryIO | None:
    """Open the file of ``stream`` again, for a position of its own; None if it is not large."""
    name = getattr(stream, "name", None)
    if not isinstance(name, str) or not isinstance(stream, BufferedReader):
        return None
    try:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size - stream.tell() < _MIN_BYTES:
            return None
        other = open(name, "rb")  # noqa: SIM115, PTH123 - the caller closes it
    except OSError:
        return None
    if os.path.samestat(os.fstat(other.fileno()), status):
        return other
    other.close()
    return None


def _run(reader: ChunkReader, stream: BinaryIO, writing: int) -> None:
    """Read as the child process, send the result and exit; on any error exit silently."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        rows = list(chain.from_iterable(reader.read_chunks(read_chunks(b"", stream))))
        masks = [(str(mask), count) for mask, count in reader.failure_masks.items()]
        ids = reader.duplicate_ids.state()
        half = _Half(reader.count, masks, reader.missing_ids, ids, rows)
        if not reader.footer:
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(msgspec.msgpack.encode(half))
            status = 0
    finally:
        os._exit(status)
