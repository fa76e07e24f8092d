"""Find job files in folders, and read them."""

import os
import sys
from collections.abc import Iterator, Sequence

from nodeselect.cli.inputs.folders import similar_file_hint, walk
from nodeselect.errors import JobError
from nodeselect.files.blocking import blocking_reader
from nodeselect.limits import LIMITS
from nodeselect.problem import PLAIN, Canvas, Fix, Problem, draw
from nodeselect.text import printable

_EXTENSIONS = (".yaml", ".yml", ".json")


def job_name(source: str) -> str:
    """Return what messages call a job file: its path, or ``standard input`` for ``-``."""
    return "standard input" if source == "-" else source


def split_object(source: str) -> tuple[str, str]:
    """Split ``FILE#KIND/NAME`` into the file and ``KIND/NAME``, which is empty if there is none."""
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
        with open(source, "rb") as stream:
            return blocking_reader(stream).read(limit)
    except FileNotFoundError as error:
        raise _cannot_read(job_name(source), error.strerror, similar_file_hint(source)) from None
    except OSError as error:
        reason = error.strerror
    except ValueError:
        reason = "not a valid path"
    except AttributeError:  # standard input is None
        reason = "it is closed"
    raise _cannot_read(job_name(source), reason)


def files_in(source: str, exclude: Sequence[str], errors: list[JobError]) -> Iterator[str]:
    """Yield ``source`` if it is a file; if it is a folder, the YAML and JSON files in it, sorted.

    :param exclude: glob patterns; in folders, a name or a relative path that matches is skipped.
    :param errors: a list to which an error ``cannot-read`` is added for each folder that cannot be
        read, and for a ``source`` without YAML or JSON files. The other folders are read.
    """

    def add_error(name: str, reason: str | None) -> None:
        errors.append(_cannot_read(name, reason))

    return walk(source, _EXTENSIONS, exclude, add_error)


def _cannot_read(name: str, reason: str | None, hint: str | None = None) -> JobError:
    shown = name if name == "standard input" else f"'{printable(name)}'"
    message = f"cannot read {shown}: {reason}"
    return _CannotReadError(name, (Problem("cannot-read", message, 0, 0, "", (), Fix.of(hint)),))


class _CannotReadError(JobError):
    """A job file cannot be read; its name is in the message, and there is no position."""

    def draw(self, canvas: Canvas = PLAIN) -> Iterator[str]:
        """Yield the lines of ``str(error)``, fitted to a canvas."""
        yield from draw(self.problems[0], "", canvas)
