"""Read the lines of an input in chunks: of whole lines, and never much longer than one line."""

from collections.abc import Iterator
from typing import BinaryIO

from nodeselect.errors import InventoryError
from nodeselect.limits import LIMITS

__all__ = ["begins_with_long_line", "line_too_long_error", "read_chunks"]

# Small enough to stay in the processor's cache (``benchmarks/test_read.py``).
_CHUNK_BYTES = 60 * 1024


def read_chunks(first: bytes, stream: BinaryIO, stop: int | None = None) -> Iterator[bytes]:
    """Yield ``first``, if it is not empty, and the rest of the stream in chunks of whole lines.

    A chunk that begins with a line longer than ``LIMITS.line_bytes`` may end within that line.
    Only the first line of a chunk can be that long.

    :param stop: where to stop: the offset of the start of a line, which is not read; None to read
        to the end.
    :raises InventoryError: if the file ends before ``stop``.
    """
    if first:
        yield first
    rest = b""  # the beginning of a line
    while stop is None or stream.tell() < stop:
        size = _CHUNK_BYTES if stop is None else min(_CHUNK_BYTES, stop - stream.tell())
        block = stream.read(size)
        if not block and stop is not None:
            raise InventoryError("cut-off", "the file became shorter while it was read")
        if not block:
            break
        end = block.rfind(b"\n") + 1
        if end or len(rest) > LIMITS.line_bytes:
            yield b"".join((rest, memoryview(block)[:end]))
            rest = b""
        rest += block[end:]
    if rest:
        yield rest


def begins_with_long_line(chunk: bytes) -> bool:
    """Return whether the first line of a chunk is longer than ``LIMITS.line_bytes``."""
    limit = LIMITS.line_bytes
    return len(chunk) > limit and chunk.find(b"\n", 0, limit + 1) < 0


def line_too_long_error(line: int) -> InventoryError:
    """Return the error for a line, or a row of CSV, that is longer than ``LIMITS.line_bytes``.

    :param line: the number of the line in the input.
    """
    message = f"a line or row can have at most {LIMITS.line_bytes:,} bytes (limit: line_bytes)"
    return InventoryError("line-too-long", message, place=f"line {line}")
