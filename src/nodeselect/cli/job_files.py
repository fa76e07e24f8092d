"""Job files by their names: the files of folders, and the bytes of a file."""

import os
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from nodeselect.errors import InventoryError, JobError, Problem
from nodeselect.limits import LIMITS
from nodeselect.readers import open_input

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ENDINGS", "files_in", "job_name", "read_bytes"]

ENDINGS = (".yaml", ".yml", ".json")
"""What the names of job files end with."""


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


def files_in(sources: Iterable[str], exclude: Sequence[str] = ()) -> Iterator[str]:
    """Give the files, and for each folder the YAML and JSON files in it, each once.

    Folders are gone through in order of name; hidden ones, links to folders, and what is no file
    but a pipe or the like are passed over.

    :param exclude: patterns of what is passed over in folders: of a name, or of a path below the
        folder that was asked for.
    :raises JobError: with the code ``cannot-read``, for a folder that cannot be read or holds no
        such file.
    """
    seen = set()
    for source in sources:
        is_folder = source != "-" and os.path.isdir(source)  # noqa: PTH112
        for name in _files_of(source, exclude) if is_folder else (source,):
            if name not in seen:
                seen.add(name)
                yield name


def _files_of(folder: str, exclude: Sequence[str]) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        raise _unreadable(error.filename or folder, error.strerror)

    from pathlib import Path  # where a folder is asked for; it loads slowly

    found = False
    for here, folders, names in os.walk(folder, onerror=refuse):
        below = Path(here).relative_to(folder)
        folders[:] = sorted(name for name in folders if _is_taken(below / name, exclude))
        for name in sorted(names):
            path = os.path.join(here, name)  # noqa: PTH118 - what follows raises nothing
            is_broken = os.path.islink(path) and not os.path.exists(path)  # noqa: PTH110, PTH114
            is_file = os.path.isfile(path) or is_broken  # noqa: PTH113 - told when it is read
            if is_file and name.lower().endswith(ENDINGS) and _is_taken(below / name, exclude):
                found = True
                yield str(Path(path))
    if not found:
        raise _unreadable(folder, f"no {', '.join(ENDINGS)} file is in it")


def _is_taken(path: "Path", exclude: Sequence[str]) -> bool:
    """Say whether a file or folder is neither hidden nor left out."""
    texts = (path.name, path.as_posix())
    return not path.name.startswith(".") and not any(
        fnmatchcase(text, pattern.rstrip("/")) for pattern in exclude for text in texts
    )


def _unreadable(name: str, reason: str | None) -> JobError:
    return JobError(
        name, (Problem("cannot-read", f"cannot be read: {reason}", 0, 0, "", (), None),)
    )
