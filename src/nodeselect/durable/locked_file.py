"""A file that one process at a time has open for writing, by a lock of the system."""

import os
from contextlib import suppress
from io import FileIO
from typing import BinaryIO, Final

from nodeselect.durable.saved_file import cannot_write
from nodeselect.errors import InventoryError
from nodeselect.files.replace import replace_file
from nodeselect.problem import Place

try:
    import fcntl
except ImportError:  # there is none on Windows
    fcntl = None  # type: ignore[assignment]

_COPIED_BYTES: Final = 1 << 20


def open_locked(path: str, contents: bytes) -> FileIO:
    """Open a file and lock it.

    :param contents: what a new file has, if there is none.
    :raises InventoryError: with the code ``log-in-use`` if another process has locked it, or
        ``cannot-write``.
    :raises NotImplementedError: if the system cannot lock files, as on Windows.
    """
    if fcntl is None:
        raise NotImplementedError("a ChangeLog needs a system that can lock files")

    def create(file: BinaryIO) -> None:
        file.write(contents)

    try:
        while True:
            try:
                file = FileIO(path, "r+b")
                try:
                    _lock(file, path)
                    if is_at(path, file):  # otherwise it was replaced before it was locked
                        return file
                except BaseException:
                    file.close()
                    raise
                file.close()
            except FileNotFoundError:
                with suppress(FileExistsError):
                    replace_file(path, create, must_be_new=True)
    except InventoryError:  # which is a ValueError
        raise
    except (OSError, ValueError) as error:
        raise cannot_write(path, error) from None


def reopen_locked(file: BinaryIO, path: str) -> FileIO:
    """Lock an open file; return it as one that can be used after ``file`` is closed.

    :param path: the name of the file in errors.
    """
    return _lock(FileIO(os.dup(file.fileno()), "wb"), path)


def _lock(file: FileIO, path: str) -> FileIO:
    """Return ``file``, locked."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        hint = "only one process can write to a log; others follow it"
        raise InventoryError(
            "log-in-use", "another ChangeLog has it open", place=Place(file=path), hint=hint
        ) from None
    return file


def is_at(path: str, file: FileIO) -> bool:
    """Return whether the open ``file`` is the one at ``path``, and not an older one."""
    return os.path.samestat(os.stat(path), os.fstat(file.fileno()))  # noqa: PTH116


def write_all(descriptor: int, data: bytes, offset: int) -> None:
    """Write all of ``data`` to a file, from ``offset`` on."""
    written = os.pwrite(descriptor, data, offset)
    while written < len(data):  # a disk that is full takes a part, and then raises
        written += os.pwrite(descriptor, data[written:], offset + written)


def copy_bytes(path: str, file: BinaryIO, start: int, stop: int) -> None:
    """Append the bytes from ``start`` to ``stop`` of the file ``path`` to another file."""
    with FileIO(path) as source:
        source.seek(start)
        while start < stop:
            data = source.read(min(stop - start, _COPIED_BYTES))
            if not data:
                raise OSError(None, "the log was cut off")
            file.write(data)
            start += len(data)
