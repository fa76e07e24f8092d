"""Read decoded JSON: mappings, lists and texts, with the path of a value that is not as expected.

If an unknown field were ignored, a selector could match too many nodes. So unknown fields, wrong
types and wrong values raise a :class:`SelectorError`. The parameter ``path`` is the path of the
value that a function reads.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from nodeselect.errors import SelectorError
from nodeselect.problem import Fix, Path, find_typo, path_text, suggest_word
from nodeselect.text import describe_json, join_limited, quoted, to_exact_str

_T = TypeVar("_T")


def read_fields(value: object, path: Path, names: tuple[str, ...]) -> Mapping[str, object]:
    """Return ``value`` if it is a mapping whose keys are all in ``names``; raise otherwise.

    For None, return an empty mapping.
    """
    if value is None:
        return {}
    fields = read_mapping(value, path, "write an object with the fields", names)
    for name in fields:
        if name not in names:
            message = f"there is no field {quoted(name)}"
            known = f"the fields are {join_limited(names, len(names))}"
            hint = suggest_word(name, names, fields) or known
            raise structure_error("unknown-field", message, (*path, name), hint)
    return fields


def reject_typo(fields: Mapping[str, object], names: tuple[str, ...], path: Path) -> None:
    """Raise if a mapping lacks one of ``names`` and has a similar field instead."""
    if typo := find_typo(tuple(fields), names):
        name, fix = typo
        message = f"there is no field {quoted(name)}"
        raise structure_error("unknown-field", message, (*path, name), fix)


def read_object(value: object, path: Path) -> Mapping[str, Any]:
    """Return a mapping whose keys are strings, an empty one for None; raise for other values."""
    return {} if value is None else read_mapping(value, path)


def read_labels(value: object, path: Path) -> Mapping[str, Any]:
    """Return a mapping from keys to labels, which may be invalid, as :func:`read_object` does."""
    return {} if value is None else read_mapping(value, path, "write each label as KEY: VALUE")


def read_mapping(
    value: object, path: Path, hint: str = "write an object", names: tuple[str, ...] = ()
) -> Mapping[str, Any]:
    """Return ``value`` if it is a mapping whose keys are strings; raise otherwise.

    :param hint: the hint of the error if ``value`` is not a mapping; ``names`` are its last words.
    """
    if type(value) is not dict and not isinstance(value, Mapping):  # the first is faster
        hint = f"{hint} {join_limited(names, len(names))}".rstrip()
        raise _type_error("an object", value, path, hint)
    for key in value:
        if not isinstance(key, str):
            message = f"expected strings as keys, found {describe_json(key)}"
            raise structure_error("wrong-type", message, path, "write it in quotes")
    return value


def read_list(value: object, path: Path) -> list[object]:
    """Return a list or tuple as a list; an empty list for None. Raise for other values."""
    if value is None:
        return []
    if not isinstance(value, (list, tuple)):
        is_plain = isinstance(value, str) and re.fullmatch(r"[\w./-]{1,63}", value)
        hint = Fix.write(f'["{value}"]') if is_plain else "write a list: [ … ]"
        raise _type_error("a list", value, path, hint)
    return list(value)


def read_items(value: object, path: Path, read: Callable[[object, Path], _T]) -> list[_T]:
    """Return the result of ``read(item, path of the item)`` for each item of a list, if not None.

    :raises SelectorError: if ``value`` is not a list, or if ``read`` raises it.
    """
    if value is None:
        return []
    items = enumerate(read_list(value, path))
    return [read(item, (*path, number)) for number, item in items]


def read_strings(value: object, path: Path) -> list[str]:
    """Return a list of strings; an empty list for None. Raise if ``value`` is something else."""
    return read_items(value, path, read_text)


def read_text(value: object, path: Path) -> str:
    """Return ``value`` as a plain ``str``; raise if ``value`` is not a string."""
    if not isinstance(value, str):
        is_unquoted = isinstance(value, (bool, int, float))
        hint = "write it in quotes" if is_unquoted else None
        raise _type_error("a string", value, path, hint)
    return value if type(value) is str else to_exact_str(value, path_text(path))


def structure_error(
    code: str, message: str, path: Path, hint: Fix | str | None = None, *expected: str
) -> SelectorError:
    """Return the error for a mistake in the structure of an object, such as an unknown field."""
    return SelectorError(code, message, "", (0, 0), expected=expected, hint=hint, path=path)


def _type_error(expected: str, value: object, path: Path, hint: Fix | str | None) -> SelectorError:
    message = f"expected {expected}, found {describe_json(value)}"
    return structure_error("wrong-type", message, path, hint, expected)
