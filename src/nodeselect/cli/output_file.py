"""Write a file so that it is never left half-written."""

import os
import shutil

import click

from nodeselect.text import quoted

__all__ = ["write_file"]


def write_file(file: str, text: str) -> None:
    """Write a whole file; if that fails, leave the old file as it was.

    :raises click.ClickException: if it cannot be written.
    """
    from pathlib import Path  # loads slowly

    try:
        path = Path(file)
        if path.exists() and not path.is_file():
            path.write_text(text, "utf-8")  # a pipe or a terminal cannot be replaced
            return
        path = Path(os.path.realpath(path))
        temporary = path.with_name(f".nodeselect-{os.getpid()}.tmp")
        try:
            temporary.write_text(text, "utf-8")
            if path.exists():
                shutil.copymode(path, temporary)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as error:  # a ValueError for NUL in the name
        reason = error.strerror if isinstance(error, OSError) else "not a valid file name"
        raise click.ClickException(f"cannot write {quoted(file)}: {reason}") from None
