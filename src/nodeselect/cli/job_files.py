"""Find job files in folders, and read them."""

import os
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from nodeselect.errors import InventoryError, JobError, Problem
from nodeselect.limits import LIMITS
from nodeselect.readers import open_input

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["files_in", "job_name", "read_bytes"]

_EXTENSIONS = (".yaml", ".yml", ".json")


def job_name(source: str) -> str:
    """Return the name of a file for messages."""
    return "standard input" if source == "-" else source


def read_bytes(source: str) -> bytes:
    """Read a job file; if it is too large, only as much as shows that.

    :raises JobError: with the code ``cannot-read``.
    """
    try:
        with open_input(source) as (stream, _):
            return stream.read(LIMITS.job_file_bytes + 1)
    except OSError as error:
        raise _cannot_read(job_name(source), f"cannot be read: {error.strerror}") from None
    except InventoryError as error:
        raise _cannot_read(job_name(source), error.message) from None


def files_in(sources: Iterable[str], exclude: Sequence[str] = ()) -> Iterator[str]:
    """Yield each file once, and the YAML and JSON files in each folder, sorted by name.

    In folders, hidden files, links to folders, pipes and the like are skipped.

    :param exclude: glob patterns of what to skip in folders: a name, or a path below the folder.
    :raises JobError: with the code ``cannot-read``, for a folder that cannot be read or has no
        such file.
    """
    seen = set()
    for source in sources:
        is_folder = source != "-" and os.path.isdir(source)  # noqa: PTH112 - pathlib loads slowly
        for name in _files_in_folder(source, exclude) if is_folder else (source,):
            if name not in seen:
                seen.add(name)
                yield name


def _files_in_folder(folder: str, exclude: Sequence[str]) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        raise _cannot_read(error.filename or folder, f"cannot be read: {error.strerror}")

    from pathlib import Path  # loads slowly, and is only needed for folders

    is_empty = True
    for parent, folders, names in os.walk(folder, onerror=refuse):
        relative = Path(parent).relative_to(folder)
        folders[:] = sorted(name for name in folders if not _is_skipped(relative / name, exclude))
        for name in sorted(names):
            path = os.path.join(parent, name)  # noqa: PTH118 - the functions below never raise
            # A broken link is an error when it is read, so that it is not silently skipped.
            is_broken = os.path.islink(path) and not os.path.exists(path)  # noqa: PTH110, PTH114
            is_file = os.path.isfile(path) or is_broken  # noqa: PTH113
            is_job = is_file and name.lower().endswith(_EXTENSIONS)
            if is_job and not _is_skipped(relative / name, exclude):
                is_empty = False
                yield str(Path(path))
    if is_empty:
        extensions = ", ".join(_EXTENSIONS)
        raise _cannot_read(folder, f"cannot be read: it has no {extensions} file")


def _is_skipped(path: "Path", exclude: Sequence[str]) -> bool:
    """Return whether a file or folder is hidden or excluded."""
    texts = (path.name, path.as_posix())
    return path.name.startswith(".") or any(
        fnmatchcase(text, pattern.rstrip("/")) for pattern in exclude for text in texts
    )


def _cannot_read(name: str, message: str) -> JobError:
    return JobError(name, (Problem("cannot-read", message, 0, 0, "", (), None),))
