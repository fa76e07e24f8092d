"""Read a part of a document as plain lists and dicts; a mistake has its place in the document."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from nodeselect.documents import (
    List,
    Object,
    Scalar,
    Value,
    describe,
    double_quoted,
    is_null,
    is_placeholder,
    quote_fix,
    to_python,
)
from nodeselect.errors import SelectorError
from nodeselect.findings.rule import Finding
from nodeselect.problem import TEMPLATE_HINT, Fix, Path
from nodeselect.selectors.charset import is_value
from nodeselect.selectors.diagnostics import value_error

_T = TypeVar("_T")


class StructureError(Exception):
    """A value in a document is invalid, as in ``findings``. Callers raise a public error."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__(findings[0].message)
        self.findings = findings


def read_structured(
    value: Value,
    read: Callable[[Any], _T],
    path: Path = (),
    find_errors: Callable[[Any], list[SelectorError]] | None = None,
    key_text: Callable[[Scalar], str] | None = None,
) -> _T:
    """Convert a value of a document to plain lists and dicts, and return the result of ``read``.

    :param read: a function that is called with the lists and dicts. It may raise a
        :class:`SelectorError` with the path of a mistake, such as ``nodeSelector['region']``.
    :param path: the path of the value in the document, for messages.
    :param find_errors: returns all errors for lists and dicts for which ``read`` raises one.
    :param key_text: returns the text of a key; by default, it raises if that is not a string.
    :raises StructureError: if ``read`` raises an error, or a key is not a string. The error has
        the position of each mistake in the document.
    """
    plain = to_python(value, _python_value, key_text or _key_text)
    try:
        return read(plain)
    except SelectorError as error:
        errors = [error] if find_errors is None else find_errors(plain)
        findings = (_finding(value, each, path) for each in errors)
        raise StructureError(*findings) from None


def _finding(value: Value, error: SelectorError, path: Path) -> Finding:
    """Return the finding for an error about ``value``, whose path in the document is ``path``."""
    message, hint = error.message, error.fix
    key, found = _locate(value, error.steps)
    if error.code == "wrong-type" and error.expected:
        [expected] = error.expected
        # Of what YAML reads in several ways, the error knows only one.
        message = f"expected {expected}, found {describe(found)}"
        if expected == "a string":
            hint = suggest_value(found) or hint
    is_named = key and (error.code == "unknown-field" or error.source == key.text)
    is_below = key and error.code == "wrong-type" and found.position.line > key.position.line
    if key and (is_named or (is_below and not isinstance(found, Scalar))):
        found = key
    is_source = isinstance(found, Scalar) and found.text == error.source
    span = error.span if is_source else None
    return Finding(found, (*path, *error.steps), message, hint, span, code=error.code)


def _python_value(scalar: Scalar) -> str | int | float | bool | None:
    """Return a decimal number, a boolean, or None; False for any other scalar.

    An = without quotes, which YAML 1.1 gives a type of its own, is a string.
    """
    if scalar.text == "=":
        return scalar.text
    if scalar.kind == "boolean":
        return scalar.text.lower() in ("true", "yes", "on", "y")
    if scalar.kind == "number":
        with suppress(ValueError):
            is_integer = scalar.text.removeprefix("-").isdecimal()
            return int(scalar.text) if is_integer else float(scalar.text)
    return None if scalar.kind == "null" else False


def _key_text(key: Scalar) -> str:
    message = f"expected a string, found {describe(key)}"
    raise StructureError(Finding(key, (), message, quote_fix(key.text), code="wrong-type"))


def _locate(value: Value, path: Path) -> tuple[Scalar | None, Value]:
    """Return the key, if any, and the value at the end of a path, or of the part that exists."""
    key: Scalar | None = None
    for step in path:
        if isinstance(value, Object) and step in value.entries:
            key, value = value.entries[str(step)]
        elif isinstance(value, List) and isinstance(step, int) and step < len(value.items):
            key, value = None, value.items[step]
        else:
            break
    return key, value


def suggest_value(value: Value) -> Fix | None:
    """Return a hint on what to write instead of a value of a label that is not a string."""
    if is_placeholder(value):
        return Fix(TEMPLATE_HINT)
    if not isinstance(value, Scalar) or value.kind == "text":
        return None
    if is_null(value) or is_value(value.text):
        return suggest_text(value)
    error = value_error(value.text, 0, len(value.text), "")
    return Fix(f"{error.message}, even in quotes")


def suggest_text(value: Value) -> Fix | None:
    """Return a fix that puts a value in quotes, as a string; None for a list or a mapping."""
    if not isinstance(value, Scalar):
        return None
    if is_null(value):
        return Fix.write('""', "remove the line, or write")
    text = double_quoted(value.text, 400)
    return Fix.write(text, is_certain=True) if text else None
