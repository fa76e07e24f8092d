"""The values of a document, with their positions, and the error for an invalid document."""

import re
from array import array
from bisect import bisect_right, insort
from collections.abc import Callable, Mapping
from itertools import islice
from math import isfinite
from operator import attrgetter
from typing import Any, NamedTuple

from nodeselect.limits import LIMITS
from nodeselect.problem import Fix
from nodeselect.text import FORBIDDEN, UNPRINTABLE, printable, quoted

TEMPLATE_HINT = "fill in the template before using the file"


class Position(NamedTuple):
    """A place in a document: its line, and its column in characters, both from 0."""

    line: int
    column: int


_START = Position(0, 0)


def position_in(text: str, index: int) -> Position:
    """Return the position of the character at ``index``; lines end at LF, as in editors."""
    return Position(text.count("\n", 0, index), index - (text.rfind("\n", 0, index) + 1))


class Scalar(NamedTuple):
    """A string, number, boolean or null, as it is written.

    :param kind: ``text`` or, if a version of YAML could read it as anything else: ``null``,
        ``boolean``, ``number``, ``date``, ``merge key``.
    :param position: where it begins, after an opening quote.
    :param verbatim: whether the document has exactly ``text`` there, without escapes.
    """

    text: str
    kind: str
    position: Position
    verbatim: bool


class List(NamedTuple):
    """A sequence of values."""

    items: list["Value"]
    position: Position


class Object(NamedTuple):
    """A mapping with unique keys, in the order of the document."""

    entries: "Entries"
    position: Position


Value = Scalar | List | Object
Entries = dict[str, tuple[Scalar, Value]]


def is_null(value: Value) -> bool:
    """Return whether a value is null, or missing as in ``key:``."""
    return isinstance(value, Scalar) and value.kind == "null"


def find(value: Value | None, path: str) -> Value | None:
    """Return the value at a path of fields, such as ``metadata.name``.

    Return None if the value is missing or null: both mean the same.
    """
    for name in path.split("."):
        if not isinstance(value, Object) or name not in value.entries:
            return None
        value = value.entries[name][1]
    return None if value is None or is_null(value) else value


def is_bare_key(key: Scalar, value: Value) -> bool:
    """Return whether a key has nothing after it, not even a colon, as in ``{region:eu}``."""
    end = (key.position.line, key.position.column + len(key.text))
    return key.verbatim and value.position == end and isinstance(value, Scalar) and not value.text


def double_quoted(text: str, limit: int = 60) -> str | None:
    """Return ``text`` in double quotes, as it can be pasted into YAML or JSON.

    Return None if it is longer than ``limit``, or if a character of it has to be escaped.
    """
    if len(text) > limit or '"' in text or "\\" in text or UNPRINTABLE.search(text):
        return None
    return f'"{text}"'


def quote_fix(text: str, words: str = "quote it") -> Fix:
    """Return the fix to put ``text`` in quotes."""
    quoted_text = double_quoted(text)
    return Fix.write(quoted_text, words) if quoted_text else Fix(words)


def to_python(
    value: Value,
    convert: Callable[[Scalar], Any],
    key_text: Callable[[Scalar], str] = attrgetter("text"),
) -> Any:
    """Convert a value to lists and dicts, without positions.

    :param convert: returns the Python value of a scalar.
    :param key_text: returns the text of a key, or raises if the key is not valid.
    """
    match value:
        case List(items):
            return [to_python(item, convert, key_text) for item in items]
        case Object(entries):
            return {
                key_text(key): to_python(item, convert, key_text) for key, item in entries.values()
            }
    return convert(value)


def from_python(value: Any, depth: int = 0) -> Value:
    """Convert plain data to a value; the position of all its parts is line 0, column 0.

    :raises DocumentError: if it is nested deeper than ``LIMITS.depth``, or a number is not finite
        or has more than 64 bits.
    :raises TypeError: if it is not plain data: lists, mappings with strings as keys, and scalars.
    """
    match value:
        case str():
            return Scalar(value, "text", _START, False)
        case None:
            return Scalar("null", "null", _START, False)
        case bool():
            return Scalar("true" if value else "false", "boolean", _START, False)
        case int() if value.bit_length() <= 64:
            return Scalar(str(value), "number", _START, False)
        case float() if isfinite(value):
            return Scalar(repr(value), "number", _START, False)
        case int() | float():
            message = "a number must be finite, and have at most 64 bits"
            raise DocumentError("not-finite", message, _START)
        case dict() | list() | tuple() | Mapping() if depth >= LIMITS.depth:  # the last is slow
            raise too_deep_error(_START)
        case list() | tuple():
            return List([from_python(item, depth + 1) for item in value], _START)
        case dict() | Mapping():
            entries: Entries = {}
            for key, item in value.items():
                if not isinstance(key, str):
                    raise TypeError(f"a key must be a string, not {type(key).__name__}")
                entries[key] = (Scalar(key, "text", _START, False), from_python(item, depth + 1))
            return Object(entries, _START)
    raise TypeError(f"{type(value).__name__} is not plain data")


class DocumentError(Exception):
    """The first mistake in a document. Callers convert it to a public error, such as ``JobError``.

    ``others`` are the mistakes after the first one, up to a limit; ``unreported`` is how many more
    there are.
    """

    def __init__(
        self,
        code: str,
        message: str,
        position: Position,
        hint: Fix | str | None = None,
        length: int = 1,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.position = position
        self.fix = Fix.of(hint)
        self.length = length
        self.others: tuple[DocumentError, ...] = ()
        self.unreported = 0


def decode_utf8(data: bytes) -> str:
    """Decode the bytes of a document: UTF-8, with or without a byte order mark.

    :raises DocumentError: with the code ``not-utf-8``.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n")
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace"))
        raise DocumentError(
            "not-utf-8", "the file is not UTF-8", Position(line, column), "save the file as UTF-8"
        ) from None


def check_characters(text: str, forbidden: re.Pattern[str] = FORBIDDEN) -> None:
    """Raise if a text has forbidden characters; the error lists those up to the first NUL.

    :raises DocumentError: with the code ``control-character`` or ``surrogate``.
    """
    if not forbidden.search(text):
        return
    end = text.find("\0") + 1 or len(text)  # UTF-16 has a NUL beside each letter
    matches = forbidden.finditer(text, 0, end)
    error, *others = (
        _character_error(match[0], position_in(text, match.start()))
        for match in islice(matches, LIMITS.reported_errors)
    )
    error.others = tuple(others)
    error.unreported = sum(1 for _ in matches)
    raise error


def _character_error(character: str, position: Position) -> DocumentError:
    if "\ud800" <= character <= "\udfff":
        message = f"{printable(character)} is half of a character (an unpaired surrogate)"
        return DocumentError("surrogate", message, position, "remove it")
    message = f"the character {printable(character)} is not allowed"
    return DocumentError("control-character", message, position, "remove it")


def file_too_large_error(what: str) -> DocumentError:
    """Return the error for ``what``, such as ``a job file``, if it is too large."""
    message = f"{what} may have at most {LIMITS.job_file_bytes:,} bytes (limit: job_file_bytes)"
    return DocumentError("file-too-large", message, Position(0, 0))


def too_deep_error(position: Position) -> DocumentError:
    """Return the error for a value that is nested too deeply."""
    message = f"nested deeper than {LIMITS.depth} levels (limit: depth)"
    return DocumentError("too-deep", message, position)


class Builder:
    """Base class of what builds a document from JSON or YAML.

    It counts the values, finds their positions and collects mistakes.
    """

    def __init__(self, text: str, max_values: int | None) -> None:
        self._text = text
        self._max_values = max_values
        self._count = 0
        self._first: list[DocumentError] = []
        self._unreported = 0
        # Lines as editors count them, which YAML also ends at a CR alone.
        self._line_starts = array("I", [0])
        self._line_starts.extend(match.end() for match in re.finditer("\n", text))

    def refuse(
        self,
        code: str,
        message: str,
        position: Position,
        hint: Fix | str | None = None,
        length: int = 1,
    ) -> None:
        self.add(DocumentError(code, message, position, hint, length))

    def add(self, error: DocumentError) -> None:
        """Add a mistake: keep the first ones by position, and count the others."""
        insort(self._first, error, key=attrgetter("position"))
        if len(self._first) > LIMITS.reported_errors:
            self._first.pop()
            self._unreported += 1

    def raise_if_refused(self) -> None:
        """Raise the first mistake, if there is one, with the others attached."""
        if self._first:
            error, *others = self._first
            error.others = tuple(others)
            error.unreported = self._unreported
            raise error

    def position(self, index: int) -> Position:
        """Return the line and column of the character at ``index`` of the document's text."""
        line = bisect_right(self._line_starts, index) - 1
        return Position(line, index - self._line_starts[line])

    def count(self, index: int) -> None:
        """Count a key or value, which begins at ``index``.

        :raises DocumentError: if there are more than allowed.
        """
        self._count += 1
        if self._max_values is not None and self._count > self._max_values:
            most = f"{self._max_values:,} keys and values (limit: job_file_values)"
            message = f"a job file may have at most {most}"
            raise DocumentError("too-many-values-in-file", message, self.position(index))

    def enter(self, depth: int, index: int) -> None:
        """Check the depth of a list or an object, and count it as one more value.

        :param depth: the number of lists and objects that it is in.
        :param index: where it begins.
        :raises DocumentError: if it is nested too deeply.
        """
        if depth >= LIMITS.depth:
            raise too_deep_error(self.position(index))
        self._count += 1

    def add_entry(self, entries: Entries, key: Scalar, value: Value) -> None:
        """Add a key and its value to ``entries``; if the key is in it, add a mistake instead."""
        first, _ = entries.setdefault(key.text, (key, value))
        if first is not key:
            line = first.position.line + 1
            message = f"duplicate key {quoted(key.text)}; the first is on line {line}"
            length = len(key.text) if key.verbatim and key.text else 1
            self.refuse("duplicate-key", message, key.position, "keep only one of the two", length)
