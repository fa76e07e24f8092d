"""Replace a file atomically: readers see either the old or the new file, even after a crash."""

import os
from collections.abc import Callable
from contextlib import suppress
from errno import EINVAL, ENOTSUP
from stat import S_IMODE
from typing import BinaryIO

# On Windows, files are translated unless they are opened with this flag.
_BINARY = getattr(os, "O_BINARY", 0)

_HAS_FCHMOD = os.chmod in os.supports_fd


def replace_file(
    path: str,
    write: Callable[[BinaryIO], object],
    permissions: int = 0o666,
    *,
    must_be_new: bool = False,
) -> None:
    """Write a new file in the same directory, and rename it to ``path``.

    When the function returns, the file and its name are on disk. If ``path`` is a symbolic link, it
    stays a link. Processes that have the old file open continue to read the old file.

    :param write: called with the new file, open for writing.
    :param permissions: the permissions of a file that did not exist before, reduced by the umask.
        An existing file keeps its owner and its permissions.
    :param must_be_new: raise ``FileExistsError`` if there is a file of this name.
    :raises OSError: if the file cannot be written; then nothing changes. Or if it is unknown
        whether the new name is on the disk; then the old file may be back after a crash.
    """
    path = os.path.realpath(path)
    folder = os.path.dirname(path)
    temporary = os.path.join(folder, f".nodeselect-{os.urandom(6).hex()}.tmp")
    old = None
    with suppress(FileNotFoundError):
        old = os.stat(path)
    new = _open_without_name(folder, permissions)
    is_named = new is None
    if new is None:
        new = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, permissions)
    try:
        with open(new, "wb") as output:
            if old is not None:
                with suppress(OSError, AttributeError):  # only an administrator can do this
                    os.chown(new, old.st_uid, old.st_gid)
                os.chmod(new if _HAS_FCHMOD else temporary, S_IMODE(old.st_mode))
            write(output)
            output.flush()
            os.fsync(new)
            if not is_named:
                is_named = True
                # Python follows the link in /proc only if it also gets a descriptor.
                os.link(f"/proc/self/fd/{new}", temporary, src_dir_fd=new, follow_symlinks=True)
        if must_be_new:
            os.link(temporary, path)
            os.unlink(temporary)
        else:
            os.replace(temporary, path)
    except BaseException:
        if is_named:
            with suppress(OSError):
                os.unlink(temporary)
        raise
    _sync_folder(folder)


def _sync_folder(folder: str) -> None:
    """Wait until the names of the files in a directory are on disk, if the system can do that."""
    try:
        directory = os.open(folder, os.O_RDONLY)
    except OSError:  # a folder cannot be opened on Windows, nor if only writing to it is allowed
        return
    try:
        os.fsync(directory)
    except OSError as error:
        if error.errno not in (EINVAL, ENOTSUP):
            raise
    finally:
        os.close(directory)


def _open_without_name(folder: str, permissions: int) -> int | None:
    """Return a new file that vanishes if the process is killed; None if that is impossible."""
    if not hasattr(os, "O_TMPFILE"):
        return None
    try:
        new = os.open(folder, os.O_WRONLY | os.O_TMPFILE, permissions)
    except OSError:  # the file system cannot do it; if it is another reason, it is reported next
        return None
    if os.path.exists(f"/proc/self/fd/{new}"):
        return new
    os.close(new)
    return None
