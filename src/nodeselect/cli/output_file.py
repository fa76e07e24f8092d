"""The option ``--html``, and files that are never left half-written."""

import os
import sys
from collections.abc import Iterable
from stat import S_ISREG
from typing import TextIO

import click

from nodeselect.cli.completion import complete_files
from nodeselect.cli.inputs.files import split_object
from nodeselect.cli.options import single_option
from nodeselect.files.replace import file_status, replace_file
from nodeselect.text import quoted

# Names of files that are already open. Renaming another file to such a name would not change them.
_OPEN_FILES = ("/dev/fd/", "/proc/")


html_option = single_option(
    "--html", metavar="FILE", shell_complete=complete_files,
    help="Also write a page for a browser.",
)  # fmt: skip


def page_mistakes(html: str | None, inputs: Iterable[str]) -> dict[str, bool]:
    """Return the possible mistakes with ``--html``, as :func:`check_usage` expects them."""
    return {
        "--html needs the name of a file, not '-'": html == "-",
        "--html would overwrite an input":
            html is not None and any(_is_same_file(html, source) for source in inputs),
    }  # fmt: skip


def modification_times(inputs: Iterable[str]) -> dict[str, float | None]:
    """Return when each input was modified, in seconds since 1970; None if it is not a file."""
    times: dict[str, float | None] = {}
    for source in inputs:
        status = file_status(split_object(source)[0])
        is_file = status is not None and S_ISREG(status.st_mode)
        name = "standard input" if source == "-" else source
        times[name] = status.st_mtime if status and is_file else None
    return times


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


def _is_same_file(file: str, source: str) -> bool:
    """Return whether writing ``file`` would overwrite ``source``, perhaps under another name."""
    try:
        path = split_object(source)[0]
        status = os.fstat(sys.stdin.fileno()) if path == "-" else os.stat(path)
        return os.path.samestat(os.stat(file), status)
    except (OSError, ValueError, AttributeError):  # one of them does not exist, or is not a file
        return False
