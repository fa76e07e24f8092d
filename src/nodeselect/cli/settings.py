"""Read the settings of ``check``, in ``nodeselect.toml`` or in a table of ``pyproject.toml``."""

import os
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import click

from nodeselect.text import join_limited, quoted


class Settings(NamedTuple):
    """The settings of ``nodeselect check``, named like its options.

    :param file: the path of the file with the settings; empty if there is none.
    :param exclude: glob patterns of names, and of absolute paths.
    """

    file: str = ""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    require_selector: bool = False
    jobs_only: bool = False


def read_settings() -> Settings:
    """Read the settings in the nearest folder that has some, from the working directory upward.

    :raises click.ClickException: if the file cannot be read, or has an unknown key or a value of a
        wrong type.
    """
    for folder in _folders():
        own = os.path.join(folder, "nodeselect.toml")
        if os.path.isfile(own):
            return _settings(own, _read(own))
        shared = os.path.join(folder, "pyproject.toml")
        if os.path.isfile(shared):
            tools = _read(shared, "nodeselect").get("tool", {})
            if not isinstance(tools, dict):
                raise _error(shared, "tool must be a table")
            if "nodeselect" in tools:
                return _settings(shared, tools["nodeselect"])
    return Settings()


def _folders() -> Iterator[str]:
    folder, above = os.getcwd(), None
    while folder != above:
        yield folder
        folder, above = os.path.dirname(folder), folder


def _read(path: str, word: str = "") -> dict[str, Any]:
    """Parse a TOML file; return an empty dict, without parsing, if ``word`` is not in the file."""
    import tomllib  # here, since most commands do not need it

    try:
        with open(path, "rb") as file:
            data = file.read()
        return tomllib.loads(data.decode()) if word.encode() in data else {}
    except OSError as error:
        reason = error.strerror or "it cannot be read"
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        reason = f"it is not UTF-8 from line {line} on"
    except ValueError as error:  # it is not TOML
        reason = str(error)
    except RecursionError:
        reason = "values are nested too deeply"
    raise _error(path, reason)


def _settings(path: str, table: Any) -> Settings:
    names = {name.replace("_", "-"): name for name in Settings._fields if name != "file"}
    if not isinstance(table, dict):
        raise _error(path, "tool.nodeselect must be a table")
    values = {}
    for key, value in table.items():
        if key not in names:
            raise _error(path, f"there is no setting {quoted(key)}; {_suggestion(key, [*names])}")
        default = Settings._field_defaults[names[key]]
        if isinstance(default, bool) and not isinstance(value, bool):
            raise _error(path, f"{key} must be true or false")
        if isinstance(default, tuple):
            if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
                raise _error(path, f"{key} must be a list of strings")
            value = tuple(value)
        values[names[key]] = value
    if "exclude" in values:
        values["exclude"] = tuple(_whole_patterns(values["exclude"], os.path.dirname(path)))
    return Settings(os.path.relpath(path), **values)


def _whole_patterns(patterns: Iterable[str], folder: str) -> Iterator[str]:
    """Yield the glob patterns of a settings file; those with a ``/`` become absolute.

    As in git, a pattern with a ``/`` is relative to ``folder``, that of the settings file; one
    without matches names in any folder.
    """
    root = re.sub(r"([*?\[])", r"[\1]", folder.replace(os.sep, "/").rstrip("/"))
    for pattern in patterns:
        plain = pattern.rstrip("/")
        if "/" not in plain:
            yield plain
            continue
        plain = plain.removeprefix("./").removesuffix("/**")
        below = plain.removeprefix("**/").lstrip("/")
        yield f"{root}/{below}"
        if plain.startswith("**/"):
            yield f"{root}/*/{below}"


def _suggestion(key: str, names: list[str]) -> str:
    from difflib import get_close_matches  # only for mistakes

    close = get_close_matches(key.replace("_", "-"), names, 1)
    return f"did you mean '{close[0]}'?" if close else f"use {join_limited(names, 9, 'or')}"


def _error(path: str, reason: str) -> click.ClickException:
    return click.ClickException(f"{os.path.relpath(path)}: {reason}")
