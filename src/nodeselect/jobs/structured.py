"""Read selectors of other systems from a document, so that errors have a position in it."""

from collections.abc import Callable
from typing import Any, TypeVar

from nodeselect.documents.values import List, Object, Scalar, Value, is_null, quote_fix, to_python
from nodeselect.errors import SelectorError
from nodeselect.jobs.check.edits import Hint
from nodeselect.jobs.check.rule import describe, finding_at
from nodeselect.jobs.check.suggestions import suggest_text
from nodeselect.problem import Fix
from nodeselect.text import printable, quoted

_T = TypeVar("_T")

_EMPTY = Fix.write('""', "remove the line, or write")


class StructureError(Exception):
    """A value in a document is invalid. Callers convert it to a public error, such as ``JobError``.

    :ivar finding: what is wrong, and where.
    """

    def __init__(
        self,
        code: str,
        message: str,
        place: Value,
        path: str = "",
        hint: Hint = None,
        span: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(message)
        self.finding = finding_at(code, "error", place, path, message, hint, span)


def read_structured(value: Value, read: Callable[[Any], _T], path: str = "") -> _T:
    """Convert a value of a document to lists and dicts, and return what ``read`` returns for them.

    An error of ``read`` gets the position of the mistake in the document.

    :param read: reads lists and dicts; raises a :class:`SelectorError` whose ``place`` is the path
        of a mistake, such as ``nodeSelector['region']`` or ``terms[0].key``.
    :param path: the path of the value, for messages.
    :raises StructureError: if ``read`` raises an error, or a key is not a string.
    """
    try:
        return read(to_python(value, _to_json_type, _key_text))
    except SelectorError as error:
        place, message = error.path, error.message
        hint: Hint = error.fix
        separator = "." if place and not place.startswith("[") else ""
        key, found = _locate(None, value, f"{separator}{place}")
        if error.code == "wrong-type" and error.expected:
            [expected] = error.expected
            # Of what YAML reads in several ways, the error knows only one.
            message = f"expected {expected}, found {describe(found)}"
            if expected == "a string":  # null is no value, not a text that says so
                hint = _EMPTY if is_null(found) else suggest_text(found)
        if key is not None and (error.code == "unknown-field" or error.source == key.text):
            found = key
        is_source = isinstance(found, Scalar) and found.text == error.source
        span = error.span if is_source else None
        place = f"{path}{separator}{place}" if path else place
        raise StructureError(error.code, message, found, place, hint, span) from None


def _to_json_type(scalar: Scalar) -> str | bool | None:
    """Return a string, None for null, or False for all other types, which are always wrong here."""
    if scalar.kind == "text":
        return scalar.text
    return None if scalar.kind == "null" else False


def _key_text(key: Scalar) -> str:
    if key.kind != "text":
        message = f"expected a string, found {describe(key)}"
        raise StructureError("wrong-type", message, key, hint=quote_fix(key.text))
    return key.text


def _locate(key: Scalar | None, value: Value, path: str) -> tuple[Scalar | None, Value]:
    """Return the key and the value at a path, or at the longest part of it that exists.

    :param value: the value in which the path begins; ``key`` is its key.
    :param path: fields and items, such as ``.nodeSelector['region']`` or ``.terms[0]``.
    """
    steps: dict[str, tuple[Scalar | None, Value]] = {}
    if isinstance(value, List):
        steps = {f"[{number}]": (None, item) for number, item in enumerate(value.items)}
    elif isinstance(value, Object):
        for name, entry in value.entries.items():
            steps[f".{printable(name[:60])}"] = steps[f"[{quoted(name)}]"] = entry
    for step, (inner_key, inner) in steps.items():
        rest = path.removeprefix(step)
        if rest != path and rest[:1] in ("", ".", "["):
            return _locate(inner_key, inner, rest)
    return key, value
