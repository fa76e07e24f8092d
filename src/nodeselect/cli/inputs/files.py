"""Find the files of a command line, also in folders, and read job files."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NoReturn, TypeAlias

import click

from nodeselect.errors import InventoryError
from nodeselect.files.inputs import blocking_reader, cannot_read, open_input
from nodeselect.limits import LIMITS
from nodeselect.text import join_limited, pluralize, printable, quoted

if TYPE_CHECKING:
    from pathlib import PurePath

_JOB_EXTENSIONS = (".yaml", ".yml", ".json")

# The names of the files of Kustomize.
_KUSTOMIZATIONS = ("Kustomization", "kustomization.yaml", "kustomization.yml")

# The key in click.Context.meta for what was read of standard input.
_STDIN = "nodeselect.stdin"

_OnError: TypeAlias = Callable[[str, InventoryError], object]


def _fail(name: str, error: InventoryError) -> NoReturn:
    raise error


def walk(
    source: str,
    extensions: Sequence[str] = _JOB_EXTENSIONS,
    exclude: Sequence[str] = (),
    on_error: _OnError = _fail,
    *,
    compression: str = "",
    follows_links: bool = False,
    on_skipped: Callable[[str], None] = lambda path: None,
) -> Iterator[str]:
    """Yield ``source`` if it is a file; if it is a folder, the files in it, sorted.

    Folders are searched at any depth; hidden files and folders, pipes and devices are skipped.

    :param extensions: in folders, only files with one of these extensions, such as ``.yaml``.
    :param exclude: glob patterns of what to skip in folders: names, paths relative to ``source``,
        or absolute paths.
    :param on_error: called with the name of a folder and the error, if the folder cannot be read,
        or if ``source`` has no file to yield; raises the error by default.
    :param compression: an ending that may follow an extension, such as ``.gz``.
    :param follows_links: whether to follow symbolic links to folders; each folder is read once.
    :param on_skipped: called with each file that is skipped, unless it is hidden or excluded.
    """
    if source == "-" or not os.path.isdir(source):
        yield source
        return

    is_empty = True

    def add_error(error: OSError) -> None:
        nonlocal is_empty
        is_empty = False  # or it is not known
        name = error.filename or source
        on_error(name, cannot_read(printable(name), error))

    from pathlib import Path  # loads slowly, and is only needed for folders

    endings = tuple(extensions)
    seen = {_identity(source)}
    for parent, folders, names in os.walk(source, onerror=add_error, followlinks=follows_links):
        relative = Path(parent).relative_to(source)
        folders[:] = sorted(
            name for name in folders if not _is_skipped(relative / name, exclude, source)
        )
        if follows_links:  # a link may be to a folder that is read anyway, or to one it is in
            ids = {_identity(os.path.join(parent, each)): each for each in folders[::-1]}
            folders[:] = sorted(ids[each] for each in ids.keys() - seen)
            seen |= ids.keys()
        for name in sorted(names):
            path = os.path.join(parent, name)  # pathlib may raise in the tests below
            # A broken link is an error when it is read, so that it is not silently skipped.
            is_file = os.path.isfile(path) or os.path.islink(path)
            if _is_skipped(relative / name, exclude, source):
                continue
            is_known = name.lower().removesuffix(compression).endswith(endings)
            is_known = is_known or (endings == _JOB_EXTENSIONS and is_kustomization(name))
            if is_file and is_known:
                is_empty = False
                yield str(Path(path))
            else:
                on_skipped(path)
    if is_empty:
        names_of_files = join_limited(extensions, len(extensions), "or")
        reason = f"the folder has no {names_of_files} file (hidden and excluded ones do not count)"
        on_error(source, cannot_read(printable(source), reason))


def once(files: Iterable[str], sources: Sequence[str]) -> list[str]:
    """Return each file once, whatever its path; with the path that ``sources`` has for it."""
    found: dict[str, str] = {}
    for file in files:
        key = file if file == "-" else os.path.abspath(file)
        if key not in found or file in sources:
            found[key] = file
    return list(found.values())


def similar_file_hint(path: str) -> str | None:
    """Return a hint for a path that does not exist: a similar one, if any; None if it exists."""
    from nodeselect.similarity import similar_name  # compiles patterns

    folder, name = os.path.split(path)
    try:
        os.stat(path)
    except FileNotFoundError:
        if os.path.islink(path):
            return "it is a link to a file that does not exist"
        with suppress(OSError):
            close = similar_name(name, os.listdir(folder or "."))
            return f"did you mean {quoted(os.path.join(folder, close))}?" if close else None
    except (OSError, ValueError):  # such as too many links, or a NUL in the path
        pass
    return None


def _identity(folder: str) -> tuple[int, int]:
    """Return a key that is equal for a folder and for every other path to it."""
    status = os.stat(folder)
    return status.st_dev, status.st_ino


def is_excluded(path: "str | PurePath", exclude: Sequence[str], folder: str = "") -> bool:
    """Return whether a path, or a folder that contains it, matches a glob pattern in ``exclude``.

    :param folder: what ``path`` is relative to, for patterns that are absolute.
    """
    from pathlib import PurePath

    path = PurePath(path)
    texts = [text for each in [path, *path.parents][:-1] for text in (each.name, each.as_posix())]
    if any(map(os.path.isabs, exclude)):
        whole = PurePath(os.path.abspath(os.path.join(folder, path)))
        texts += [each.as_posix() for each in [whole, *whole.parents]]
    return any(fnmatchcase(text, pattern.rstrip("/")) for pattern in exclude for text in texts)


def _is_skipped(path: "PurePath", exclude: Sequence[str], folder: str) -> bool:
    return path.name.startswith(".") or is_excluded(path, exclude, folder)


def job_name(source: str) -> str:
    """Return the name of a job file in messages: its path; for ``-``, ``standard input``."""
    return "standard input" if source == "-" else source


def is_kustomization(file: str) -> bool:
    """Return whether a file has the name of a file of Kustomize."""
    return os.path.basename(file) in _KUSTOMIZATIONS


def kustomize_command(file: str, command: str) -> str:
    """Return a command that gives what the kustomization ``file`` makes to a command."""
    import shlex  # loads slowly

    folder = shlex.quote(os.path.dirname(file) or ".")
    return printable(f"kubectl kustomize {folder} | nodeselect {command}")


def kustomize_note(files: Iterable[str], command: str) -> str | None:
    """Return how to give what a kustomization among ``files`` makes to a command; None if none.

    Of several, it is the last one, since overlays are mostly named after their base.
    """
    found = list(filter(is_kustomization, files))
    if not found:
        return None
    number = pluralize(len(found), "kustomization is", "kustomizations are")
    example = kustomize_command(found[-1], command)
    return (
        f"{number} not built; for what {'it' if len(found) == 1 else 'one'} makes, run: {example}"
    )


def split_object(source: str) -> tuple[str, str]:
    """Split ``FILE#KIND/NAME`` into the file and ``KIND/NAME``; without ``#``, this is empty."""
    if "#" not in source or os.path.lexists(source):
        return source, ""
    file, _, name = source.rpartition("#")
    return file, name


def read_bytes(source: str) -> bytes:
    """Return the content of a job file; of a file above the size limit, only one byte more.

    Standard input is read once for each command.
    """
    name = job_name(source)
    known: dict[str, bytes] = {}
    if source == "-":
        known = click.get_current_context().meta.setdefault(_STDIN, {})
    if source in known:
        return known[source]
    try:
        with open_input(source) as (stream, _):
            data = known[source] = blocking_reader(stream).read(LIMITS.manifest_bytes + 1)
            return data
    except OSError as error:
        raise cannot_read(printable(name), error) from None
    except InventoryError as error:
        hint = None if source == "-" else similar_file_hint(source)
        raise InventoryError(error.code, error.message, hint=hint) from None
