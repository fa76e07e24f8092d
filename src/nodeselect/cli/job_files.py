"""Job files by their names: the files of folders, and the bytes of a file."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from nodeselect.errors import InventoryError, JobError, Problem
from nodeselect.limits import LIMITS
from nodeselect.sources import open_input

__all__ = ["files_in", "job_name", "read_bytes"]

_ENDINGS = (".yaml", ".yml", ".json")


def job_name(source: str) -> str:
    """Give what messages call a job."""
    return "standard input" if source == "-" else source


def read_bytes(source: str) -> bytes:
    """Read a job file, or as much of it as shows that it is too large.

    :raises JobError: with the code ``cannot-read``.
    """
    try:
        with open_input(source) as (stream, _):
            return stream.read(LIMITS.job_file_bytes + 1)
    except (OSError, InventoryError) as error:
        reason = error.strerror if isinstance(error, OSError) else error.message
        problem = Problem("cannot-read", str(reason), 0, 0, "", (), None)
        raise JobError(job_name(source), (problem,)) from None


def files_in(sources: Iterable[str]) -> Iterator[str]:
    """Give the files, and for each folder the YAML and JSON files in it, each once.

    Folders are gone through in order of name; hidden ones, and links to folders, are passed over.

    :raises JobError: with the code ``cannot-read``, for a folder that cannot be read or holds no
        such file.
    """
    seen = set()
    for source in sources:
        for name in _files_of(source) if source != "-" and Path(source).is_dir() else (source,):
            if name not in seen:
                seen.add(name)
                yield name


def _files_of(folder: str) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        raise _unreadable(error.filename or folder, error.strerror)

    found = False
    for here, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.endswith(_ENDINGS) and not name.startswith("."):
                found = True
                yield str(Path(here, name))
    if not found:
        raise _unreadable(folder, f"no {', '.join(_ENDINGS)} file is in it")


def _unreadable(name: str, reason: str | None) -> JobError:
    return JobError(
        name, (Problem("cannot-read", f"cannot be read: {reason}", 0, 0, "", (), None),)
    )
