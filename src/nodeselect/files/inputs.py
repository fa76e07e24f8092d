"""Open inputs, decompress them, and read them in chunks of whole lines or in blocks of bytes."""

import errno
import io
import os
import re
import sys
import zlib
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from stat import S_ISREG
from typing import Any, BinaryIO, TextIO, TypeAlias

from nodeselect.errors import InventoryError
from nodeselect.limits import LIMITS
from nodeselect.problem import Place
from nodeselect.text import position_in_utf8, printable

Source: TypeAlias = str | os.PathLike[str] | BinaryIO | TextIO
"""A path, ``-`` for standard input, or an open stream."""

# Small enough to stay in the processor's cache (``benchmarks/test_read.py``).
_CHUNK_BYTES = 60 * 1024

# Members of gzip may have zeros between them.
_NOT_PADDING = re.compile(rb"[^\0]")

# As many bytes of a compressed member are decompressed first.
_MIN_PIECE = 512

# As many bytes may be decompressed from any input.
_MIN_GUNZIPPED_BYTES = 64 * 1024 * 1024


@contextmanager
def open_input(source: Source) -> Iterator[tuple[BinaryIO, str]]:
    """Open an input; yield a binary stream and the name of the input for messages.

    :param source: a path, ``-`` for standard input, or an open stream, which is not closed.
    :raises InventoryError: with the code ``cannot-read``.
    """
    if isinstance(source, (str, os.PathLike)):
        if source == "-":
            if sys.stdin is None:
                raise cannot_read("standard input", "it is closed")
            yield sys.stdin.buffer, "standard input"
            return
        name = printable(os.fspath(source))
        try:
            stream = open(source, "rb")  # noqa: SIM115 - closed below; pathlib is slow
        except (OSError, ValueError) as error:
            raise cannot_read(name, error) from None
        try:
            yield stream, name
        finally:
            with suppress(OSError):  # what is needed has been read
                stream.close()
        return
    if not hasattr(source, "read"):
        raise TypeError(f"an input must be a path or a stream, not {type(source).__name__}")
    if isinstance(source, (io.RawIOBase, io.BufferedIOBase)):
        yield source, "input"
    else:
        yield io.BytesIO(_read_all(source)), "input"


def open_inputs(sources: Iterable[Source]) -> Generator[tuple[BinaryIO, str], None, None]:
    """Open inputs one after the other, as :func:`open_input`; each closes the one before."""
    for source in sources:
        with open_input(source) as opened:
            yield opened


def absolute_path(path: str | os.PathLike[str]) -> str:
    """Return the absolute path of a file; raise if the current directory was removed."""
    if isinstance(path, bytes):  # messages and other paths are str
        raise TypeError("a path must be a str, not bytes")
    try:
        return os.path.abspath(path)
    except OSError as error:
        raise cannot_read(printable(os.fspath(path)), error) from None


def cannot_read(name: str, cause: str | Exception) -> InventoryError:
    """Return the error for an input that cannot be read; ``cause`` is as for :func:`reason_of`."""
    shown = name if name in ("input", "standard input") else f"'{name}'"
    return InventoryError("cannot-read", f"cannot read {shown}: {reason_of(cause)}")


def reason_of(cause: str | Exception) -> object:
    """Return in words why a file cannot be read or written, from words or an ``OSError``."""
    if isinstance(cause, OSError):
        return cause.strerror or cause
    return "not a valid path" if isinstance(cause, ValueError) else cause


def _read_all(stream: BinaryIO | TextIO) -> bytes:
    if not is_blocking(stream):
        raise cannot_read("input", "it is a non-blocking text stream: read its buffer instead")
    try:
        data = stream.read()
    except UnicodeDecodeError:
        raise not_utf8_error() from None
    if data is None:
        raise cannot_read("input", "it is non-blocking, and cannot be waited for")
    return data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data


def read_chunks(first: bytes, stream: BinaryIO) -> Iterator[bytes]:
    """Yield ``first``, if it is not empty, and the rest of the stream in chunks of whole lines.

    A line longer than ``LIMITS.line_bytes`` begins a chunk; the chunk may end within the line.
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
    """Yield ``first`` and the rest of the stream in blocks; stop after the first NUL byte, if any.

    NUL is never valid in text, so the error can be reported without reading the rest.
    """
    block = first
    while block:
        end = block.find(b"\0") + 1
        yield block[:end] if end else block
        block = b"" if end else stream.read(_CHUNK_BYTES)


def read_rest(first: bytes, stream: BinaryIO) -> Iterator[bytes]:
    """Yield ``first`` and the rest of the stream, in blocks of any length."""
    yield first
    yield from iter(lambda: stream.read(_CHUNK_BYTES), b"")


def begins_with_long_line(chunk: bytes) -> bool:
    """Return whether the first line of a chunk is longer than ``LIMITS.line_bytes``."""
    limit = LIMITS.line_bytes
    return len(chunk) > limit and chunk.find(b"\n", 0, limit + 1) < 0


def line_too_long_error(line: int) -> InventoryError:
    message = f"a line or row can have at most {LIMITS.line_bytes:,} bytes (limit: line_bytes)"
    return InventoryError("line-too-long", message, place=Place(line=line))


def decode_utf8(data: bytes, line: int, column: int = 1) -> str:
    """Decode ``data``, which begins at this line and column of the input; raise if not UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        lines, before = position_in_utf8(data, error.start)
        column = before + (1 if lines else column)
        raise not_utf8_error(Place(line=line + lines, column=column)) from None


def not_utf8_error(place: Place | None = None) -> InventoryError:
    message, hint = "the input is not UTF-8", "save it as UTF-8"
    return InventoryError("not-utf-8", message, place=place, hint=hint)


def join_document(blocks: Iterable[bytes]) -> bytes:
    """Join the blocks of a document; raise if it is larger than ``LIMITS.document_bytes``."""
    document = io.BytesIO()
    for block in blocks:
        document.write(block)
        if document.tell() > LIMITS.document_bytes:
            raise document_too_large_error()
    return document.getvalue()


def document_too_large_error() -> InventoryError:
    return InventoryError(
        "document-too-large",
        f"a document can have at most {LIMITS.document_bytes:,} bytes (limit: document_bytes)",
        hint="write JSON lines instead: one node per line",
    )


def gunzip(start: bytes, stream: BinaryIO) -> BinaryIO:
    """Return a stream that decompresses a gzip input, of which ``start`` was read already.

    Reading it raises InventoryError for damaged, incomplete or (LIMITS.gzip_ratio) huge inputs.
    """
    return io.BufferedReader(_Decompressed(start, stream), _CHUNK_BYTES)


class _Decompressed(io.RawIOBase):
    def __init__(self, start: bytes, stream: BinaryIO) -> None:
        self._compressed = start
        self._position = 0
        self._stream = stream
        self._member = _new_member()
        self._piece = _MIN_PIECE
        self._in = len(start)
        self._out = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = b""
        while not data:
            if self._position == len(self._compressed) and not self._read_more():
                return 0
            if self._member.eof:  # padding or another member follows, as after: cat a.gz b.gz
                found = _NOT_PADDING.search(self._compressed, self._position)
                if found is None:
                    self._position = len(self._compressed)
                    continue
                self._position = found.start()
                self._member = _new_member()
                self._piece = _MIN_PIECE
            data = self._decompress(len(buffer))
        self._out += len(data)
        if self._out > max(_MIN_GUNZIPPED_BYTES, LIMITS.gzip_ratio * self._in):
            raise InventoryError(
                "document-too-large",
                f"decompressed, the input is more than {LIMITS.gzip_ratio} times as large"
                " (limit: gzip_ratio)",
                hint="decompress it first if you trust it: gunzip",
            )
        buffer[: len(data)] = data
        return len(data)

    def _read_more(self) -> bool:
        """Read more compressed data; return whether there is any. Raise if the input is cut off."""
        self._compressed = self._stream.read(_CHUNK_BYTES)
        self._position = 0
        self._in += len(self._compressed)
        if not self._compressed and not self._member.eof:
            hint = "get the complete file again"
            raise InventoryError("cut-off", "the compressed input is cut off", hint=hint)
        return bool(self._compressed)

    def _decompress(self, size: int) -> bytes:
        # The decompressor copies what it does not use of a piece. So the pieces are small where
        # members may be small, and grow within a member.
        piece = self._compressed[self._position : self._position + self._piece]
        self._piece = min(2 * self._piece, _CHUNK_BYTES)
        try:
            data: bytes = self._member.decompress(piece, size)
        except zlib.error:
            message = "the compressed input is damaged"
            hint = "get the complete file again"
            raise InventoryError("compressed", message, hint=hint) from None
        self._position += len(piece)
        self._position -= len(self._member.unconsumed_tail or self._member.unused_data)
        return data


def _new_member() -> Any:
    return zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)


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
