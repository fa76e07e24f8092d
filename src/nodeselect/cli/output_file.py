"""Write output files that are never left incomplete."""

from stat import S_ISREG

import click

from nodeselect.files.replace import file_status, replace_file
from nodeselect.text import quoted


def write_file(file: str, text: str, page_start: str = "") -> None:
    """Write a text to a file; if that fails, leave the old file unchanged.

    Readers see either the whole old text or the whole new text, even after a crash. The file keeps
    its permissions, and a symbolic link to the file stays a link.

    :param page_start: if not empty, replace only an empty file or one that begins with this text.
    :raises click.ClickException: if another file or a folder exists, or writing fails.
    """
    try:
        old = file_status(file)
        if old is not None and not S_ISREG(old.st_mode):
            raise _cannot_write(file, "not a regular file")
        if old is not None and old.st_size and page_start:
            with open(file, "rb") as stream:
                if stream.read(len(page_start)) != page_start.encode():
                    raise _cannot_write(file, "it is not a page of nodeselect; give another name")
        replace_file(file, lambda output: output.write(text.encode()))
    except (OSError, ValueError) as error:  # a ValueError for NUL in the name
        reason = error.strerror if isinstance(error, OSError) else "not a valid file name"
        raise _cannot_write(file, reason) from None


def _cannot_write(file: str, reason: str | None) -> click.ClickException:
    return click.ClickException(f"cannot write {quoted(file)}: {reason}")
