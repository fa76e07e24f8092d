"""Read nodes: ``formats`` decodes files, ``shapes`` knows how each system describes a node."""

import io
import os
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, TextIO, TypeAlias

from nodeselect.errors import InventoryError
from nodeselect.files.blocking import is_blocking
from nodeselect.files.chunks import not_utf8_error
from nodeselect.text import printable

Source: TypeAlias = str | os.PathLike[str] | BinaryIO | TextIO
"""A path, ``-`` for standard input, or an open stream."""


@contextmanager
def open_input(source: Source) -> Iterator[tuple[BinaryIO, str]]:
    """Open an input; yield a binary stream and the name of the input for messages.

    :param source: if it is an open stream, it is not closed.
    :raises InventoryError: with the code ``cannot-read``.
    """
    if isinstance(source, (str, os.PathLike)):
        if source == "-":
            if sys.stdin is None:
                raise cannot_read("standard input", "it is closed")
            yield sys.stdin.buffer, "standard input"
            return
        if not os.fspath(source):
            raise cannot_read("", "the file name is empty")
        name = printable(os.fspath(source))
        try:
            stream = open(source, "rb")  # noqa: SIM115 - closed below; pathlib loads slowly
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


def open_inputs(
    sources: Iterable[Source],
) -> Generator[tuple[BinaryIO, str], None, None]:
    """Open inputs one after the other; yield a binary stream and the name of each, for messages.

    Each is closed when the next one is requested.

    :raises InventoryError: with the code ``cannot-read``.
    """
    for source in sources:
        with open_input(source) as opened:
            yield opened


def absolute_path(path: str | os.PathLike[str]) -> str:
    """Return the absolute path of a file.

    :raises InventoryError: with the code ``cannot-read``, if the working folder was removed.
    """
    try:
        return os.path.abspath(path)
    except OSError as error:
        raise cannot_read(printable(os.fspath(path)), error) from None


def cannot_read(name: str, cause: str | Exception) -> InventoryError:
    """Return the error for an input that cannot be read.

    :param cause: why, in words, or the error of the system.
    """
    shown = name if name in ("input", "standard input") else f"'{name}'"
    return InventoryError("cannot-read", f"cannot read {shown}: {reason_of(cause)}")


def reason_of(cause: str | Exception) -> object:
    """Return why a file cannot be read or written, in words.

    :param cause: these words, or the error of the system.
    """
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
