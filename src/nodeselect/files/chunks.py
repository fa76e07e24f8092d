"""Read an input in chunks of whole lines, never much longer than one line, or in any blocks."""

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import BinaryIO

from nodeselect.errors import InventoryError
from nodeselect.limits import LIMITS
from nodeselect.problem import Place

# Small enough to stay in the processor's cache (``benchmarks/test_read.py``).
_CHUNK_BYTES = 60 * 1024


def read_chunks(first: bytes, stream: BinaryIO) -> Iterator[bytes]:
    """Yield ``first``, if it is not empty, and the rest of the stream in chunks of whole lines.

    A line longer than ``LIMITS.line_bytes`` is the first line of its chunk, which may end within
    it.

    :param first: the beginning of the input, which was read from the stream already.
    """
    if first:
        yield first
    rest: list[bytes] = []  # the parts of the beginning of a line
    rest_size = 0
    while block := stream.read(_CHUNK_BYTES):
        end = block.rfind(b"\n") + 1
        if end or rest_size > LIMITS.line_bytes:
            yield b"".join((*rest, memoryview(block)[:end]))
            rest, rest_size = [], 0
        rest.append(block[end:])
        rest_size += len(rest[-1])
    if rest_size:
        yield b"".join(rest)


def read_blocks(first: bytes, stream: BinaryIO) -> Iterator[bytes]:
    """Yield ``first`` and the rest of the stream in blocks; end with the first NUL byte, if any.

    No text contains NUL, so an error is found without reading the rest.
    """
    block = first
    while block:
        end = block.find(b"\0") + 1
        yield block[:end] if end else block
        block = b"" if end else stream.read(_CHUNK_BYTES)


def read_rest(first: bytes, stream: BinaryIO) -> Iterator[bytes]:
    """Yield ``first`` and the rest of the stream, in blocks of any bytes."""
    yield first
    yield from iter(lambda: stream.read(_CHUNK_BYTES), b"")


def begins_with_long_line(chunk: bytes) -> bool:
    """Return whether the first line of a chunk is longer than ``LIMITS.line_bytes``."""
    limit = LIMITS.line_bytes
    return len(chunk) > limit and chunk.find(b"\n", 0, limit + 1) < 0


def line_too_long_error(line: int) -> InventoryError:
    """Return the error for a line, or a row of CSV, that is longer than ``LIMITS.line_bytes``.

    :param line: the number of the line in the input.
    """
    message = f"a line or row can have at most {LIMITS.line_bytes:,} bytes (limit: line_bytes)"
    return InventoryError("line-too-long", message, place=Place(line=line))


def decode_utf8(data: bytes) -> str:
    """Decode ``data`` as UTF-8.

    :raises InventoryError: if it is not UTF-8.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise not_utf8_error() from None


def not_utf8_error() -> InventoryError:
    """Return the error for an input that is not UTF-8."""
    return InventoryError("not-utf-8", "the input is not UTF-8", hint="save it as UTF-8")


def join_document(blocks: Iterable[bytes]) -> bytes:
    """Join the blocks of a document.

    :raises InventoryError: if it is larger than ``LIMITS.document_bytes``.
    """
    document = BytesIO()
    for block in blocks:
        document.write(block)
        if document.tell() > LIMITS.document_bytes:
            raise document_too_large_error()
    return document.getvalue()


def document_too_large_error() -> InventoryError:
    """Return the error for a document that is larger than ``LIMITS.document_bytes``."""
    return InventoryError(
        "document-too-large",
        f"a document can have at most {LIMITS.document_bytes:,} bytes (limit: document_bytes)",
        hint="write JSON lines instead: one node per line",
    )
