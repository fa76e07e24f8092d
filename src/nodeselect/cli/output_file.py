"""Files that are never left half-written."""

from stat import S_ISREG

import click

from nodeselect.files.replace import file_status, replace_file
from nodeselect.text import quoted

# Names of files that are open already. A file that is renamed to such a name does not change them.
_OPEN_FILES = ("/dev/fd/", "/proc/")


def write_file(file: str, text: str) -> None:
    """Write a whole file; if that fails, leave the old file as it was.

    Anybody who reads the file, also after a crash, reads the old text or the new one. The file
    keeps its permissions, and a symbolic link to it stays a link. A pipe, a device or an open file
    is not replaced, but written to.

    :raises click.ClickException: if it cannot be written.
    """
    data = text.encode()
    try:
        old = file_status(file)
        if file.startswith(_OPEN_FILES) or (old is not None and not S_ISREG(old.st_mode)):
            with open(file, "wb") as output:
                output.write(data)
        else:
            replace_file(file, lambda output: output.write(data))
    except (OSError, ValueError) as error:  # a ValueError for NUL in the name
        reason = error.strerror if isinstance(error, OSError) else "not a valid file name"
        raise click.ClickException(f"cannot write {quoted(file)}: {reason}") from None
