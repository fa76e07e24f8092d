"""Find job files in folders, and read them."""

import os
import sys
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from nodeselect.blocking import blocking_reader
from nodeselect.errors import JobError, Problem
from nodeselect.limits import LIMITS
from nodeselect.text import printable

if TYPE_CHECKING:
    from pathlib import PurePath

__all__ = ["files_in", "is_excluded", "job_name", "read_bytes", "split_object"]

_EXTENSIONS = (".yaml", ".yml", ".json")


def job_name(source: str) -> str:
    """Return what messages call a job file: its path, or ``standard input`` for ``-``."""
    return "standard input" if source == "-" else source


def split_object(source: str) -> tuple[str, str]:
    """Return the file, and the name of an object if ``source`` is ``FILE#KIND/NAME``."""
    if "#" not in source or os.path.lexists(source):
        return source, ""
    file, _, name = source.rpartition("#")
    return file, name


def read_bytes(source: str) -> bytes:
    """Return the contents of a job file, but at most one byte more than the size limit.

    :raises JobError: with the code ``cannot-read``.
    """
    limit = LIMITS.job_file_bytes + 1
    try:
        if source == "-":
            return blocking_reader(sys.stdin.buffer).read(limit)
        with open(source, "rb") as stream:  # noqa: PTH123 - pathlib loads slowly
            return blocking_reader(stream).read(limit)
    except OSError as error:
        reason = error.strerror
    except ValueError:
        reason = "not a valid path"
    except AttributeError:  # standard input is None
        reason = "it is closed"
    raise _cannot_read(job_name(source), reason)


def files_in(source: str, exclude: Sequence[str], errors: list[JobError]) -> Iterator[str]:
    """Yield ``source`` if it is a file; if it is a folder, the YAML and JSON files in it, sorted.

    In folders, hidden files, links to folders, pipes and devices are skipped.

    :param exclude: glob patterns; in folders, a name or a relative path that matches is skipped.
    :param errors: for the errors ``cannot-read``, if a folder cannot be read, or has no YAML or
        JSON file. The other folders are read.
    """
    if source == "-" or not os.path.isdir(source):  # noqa: PTH112 - pathlib loads slowly
        yield source
        return

    def add_error(error: OSError) -> None:
        errors.append(_cannot_read(error.filename or source, error.strerror))

    from pathlib import Path  # loads slowly, and is only needed for folders

    errors_before = len(errors)
    is_empty = True
    for parent, folders, names in os.walk(source, onerror=add_error):
        relative = Path(parent).relative_to(source)
        folders[:] = sorted(name for name in folders if not _is_skipped(relative / name, exclude))
        for name in sorted(names):
            path = os.path.join(parent, name)  # noqa: PTH118 - pathlib may raise in the tests below
            # A broken link is an error when it is read, so that it is not silently skipped.
            is_file = os.path.isfile(path) or os.path.islink(path)  # noqa: PTH113, PTH114
            is_job = is_file and name.lower().endswith(_EXTENSIONS)
            if is_job and not _is_skipped(relative / name, exclude):
                is_empty = False
                yield str(Path(path))
    if is_empty and len(errors) == errors_before:
        errors.append(_cannot_read(source, "the folder has no .yaml, .yml or .json file"))


def is_excluded(path: "str | PurePath", exclude: Sequence[str]) -> bool:
    """Return whether a file or folder, or a folder that it is in, matches a glob pattern."""
    from pathlib import PurePath

    path = PurePath(path)
    texts = [text for each in [path, *path.parents][:-1] for text in (each.name, each.as_posix())]
    return any(fnmatchcase(text, pattern.rstrip("/")) for pattern in exclude for text in texts)


def _is_skipped(path: "PurePath", exclude: Sequence[str]) -> bool:
    return path.name.startswith(".") or is_excluded(path, exclude)


def _cannot_read(name: str, reason: str | None) -> JobError:
    shown = name if name == "standard input" else f"'{printable(name)}'"
    message = f"cannot read {shown}: {reason}"
    return _CannotReadError(name, (Problem("cannot-read", message, 0, 0, "", (), None),))


class _CannotReadError(JobError):
    """A job file cannot be read; its name is in the message only, not before it."""

    def __str__(self) -> str:
        return f"error[cannot-read]: {self.problems[0].message}"
