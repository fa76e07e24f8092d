"""Files that are never left half-written."""

import os
import sys
from stat import S_ISREG
from typing import TextIO

import click

from nodeselect.files.replace import file_status, replace_file
from nodeselect.text import quoted

# Names of files that are already open. Renaming another file to such a name would not change them.
_OPEN_FILES = ("/dev/fd/", "/proc/")


def write_file(file: str, text: str) -> None:
    """Write a whole file; if that fails, leave the old file as it was.

    Anybody who reads the file, also after a crash, reads the old text or the new one. The file
    keeps its permissions, and a symbolic link to it stays a link. A pipe, a device or an open file,
    such as ``/dev/stdout``, is not replaced, but written to.

    :raises click.ClickException: if it cannot be written.
    """
    data = text.encode()
    try:
        old = file_status(file)
        for stream in (sys.stdout, sys.stderr):
            if old is not None and _is_open_as(stream, old):
                stream.flush()
                stream.buffer.write(data)
                stream.buffer.flush()
                return
        if file.startswith(_OPEN_FILES) or (old is not None and not S_ISREG(old.st_mode)):
            with open(file, "wb") as output:
                output.write(data)
        else:
            replace_file(file, lambda output: output.write(data))
    except (OSError, ValueError) as error:  # a ValueError for NUL in the name
        reason = error.strerror if isinstance(error, OSError) else "not a valid file name"
        raise click.ClickException(f"cannot write {quoted(file)}: {reason}") from None


def _is_open_as(stream: TextIO, status: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.fstat(stream.fileno()), status)
    except (OSError, AttributeError):  # it is closed, or not a file
        return False
