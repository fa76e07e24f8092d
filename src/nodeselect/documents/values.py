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
from nodeselect.text import FORBIDDEN, UNPRINTABLE, position_in_utf8, printable, quoted

TEMPLATE_HINT = "fill in the template before using the file"

# What only templates of Helm have.
_HELM = re.compile(r"\.(?:Values|Release|Chart)\.|\{\{-? *include ")


def template_hint(text: str) -> str:
    """Return what to do with ``text``, a document with a template that was not filled in."""
    if _HELM.search(text):
        return "render the chart before using the file: helm template FOLDER"
    return TEMPLATE_HINT


class Position(NamedTuple):
    """A place in a document: its line, and its column in characters, both from 0."""

    line: int
    column: int


_START = Position(0, 0)


def position_in(text: str, index: int) -> Position:
    """Return the position of the character at ``index`` of ``text``. Lines end only with LF."""
    return Position(text.count("\n", 0, index), index - (text.rfind("\n", 0, index) + 1))


class Scalar(NamedTuple):
    """A string, number, boolean or null, as it is written.

    :param kind: ``null``, ``boolean``, ``number``, ``date`` or ``merge key``, if any version of
        YAML reads the scalar as such; otherwise ``text``.
    :param position: where the scalar begins in the document, after an opening quote.
    :param verbatim: whether the document has exactly ``text`` there, without escapes.
    """

    text: str
    kind: str
    position: Position
    verbatim: bool


class List(NamedTuple):
    """A list of values."""

    items: list["Value"]
    position: Position


class Object(NamedTuple):
    """A mapping with unique keys, in the order of the document."""

    entries: "Entries"
    position: Position


Value = Scalar | List | Object
Entries = dict[str, tuple[Scalar, Value]]


def is_null(value: Value) -> bool:
    """Return whether a value is null, or absent after its key, as in ``key:``."""
    return isinstance(value, Scalar) and value.kind == "null"


def find(value: Value | None, path: str) -> Value | None:
    """Return the value at a path of fields, such as ``metadata.name``; None if missing or null."""
    for name in path.split("."):
        if not isinstance(value, Object) or name not in value.entries:
            return None
        value = value.entries[name][1]
    return None if value is None or is_null(value) else value


def text_of(value: Value, path: str) -> str:
    """Return the text of a scalar at a path of fields; empty if there is none."""
    found = find(value, path)
    return found.text if isinstance(found, Scalar) else ""


def has(value: Value, path: str) -> bool:
    """Return whether the value at a path of fields exists and is neither null nor empty.

    In a list, any item may have the fields.
    """
    if isinstance(value, List):
        return any(has(item, path) for item in value.items)
    if not path:
        return bool(value.entries) if isinstance(value, Object) else not is_null(value)
    name, _, rest = path.partition(".")
    return isinstance(value, Object) and name in value.entries and has(value.entries[name][1], rest)


def is_bare_key(key: Scalar, value: Value) -> bool:
    """Return whether a key is without colon and value, like ``region:eu`` in ``{region:eu}``."""
    end = (key.position.line, key.position.column + len(key.text))
    return key.verbatim and value.position == end and isinstance(value, Scalar) and not value.text


def double_quoted(text: str, limit: int = 60) -> str | None:
    """Return ``text`` in double quotes, for YAML or JSON; None if it is long or needs escapes."""
    if len(text) > limit or '"' in text or "\\" in text or UNPRINTABLE.search(text):
        return None
    return f'"{text}"'


def quote_fix(text: str, words: str = "quote it") -> Fix:
    """Return a :class:`Fix` that suggests, in ``words``, to put ``text`` in quotes."""
    quoted_text = double_quoted(text)
    return Fix.write(quoted_text, words) if quoted_text else Fix(words)


def to_python(
    value: Value,
    convert: Callable[[Scalar], Any],
    key_text: Callable[[Scalar], str] = attrgetter("text"),
) -> Any:
    """Convert a value to plain Python data: lists, dicts and the results of ``convert``.

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
    """Convert plain Python data to a value; every position in it is line 0, column 0.

    :raises DocumentError: if the data is nested deeper than ``LIMITS.depth``, or a number is not
        finite or has more than 64 bits.
    :raises TypeError: if there is anything but lists, mappings with string keys, and scalars.
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

    ``others`` is a tuple of further mistakes, up to a limit; ``unreported`` is the number of those
    beyond the limit.
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
    """Decode a UTF-8 document without its byte order mark, or raise a DocumentError."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        place, hint = Position(*position_in_utf8(data, error.start)), "save the file as UTF-8"
        raise DocumentError("not-utf-8", "the file is not UTF-8", place, hint) from None


def check_characters(text: str, forbidden: re.Pattern[str] = FORBIDDEN) -> None:
    """Raise if a text has forbidden characters. The error lists them, up to the first NUL.

    :raises DocumentError: with the code ``control-character`` or ``surrogate``.
    """
    if not forbidden.search(text):
        return
    end = text.find("\0") + 1 or len(text)  # UTF-16 has a NUL beside each letter
    matches = forbidden.finditer(text, 0, end)
    error, *others = (
        character_error(match[0], position_in(text, match.start()))
        for match in islice(matches, LIMITS.reported_errors)
    )
    error.others = tuple(others)
    error.unreported = sum(1 for _ in matches)
    raise error


def character_error(character: str, position: Position) -> DocumentError:
    """Return the error for a control character or a surrogate."""
    if "\ud800" <= character <= "\udfff":
        message = f"{printable(character)} is half of a character (an unpaired surrogate)"
        return DocumentError("surrogate", message, position, "remove it")
    message = f"the character {printable(character)} is not allowed"
    return DocumentError("control-character", message, position, "remove it")


def file_too_large_error(what: str, limit: int = LIMITS.job_file_bytes) -> DocumentError:
    """Return the error for a text that is too large; ``what`` names it, such as ``a job file``."""
    name = "job_file_bytes" if limit == LIMITS.job_file_bytes else "manifest_bytes"
    message = f"{what} may have at most {limit:,} bytes (limit: {name})"
    return DocumentError("file-too-large", message, _START)


def too_deep_error(position: Position, limit: int = LIMITS.depth) -> DocumentError:
    """Return the error for a value that is nested too deeply."""
    name = "depth" if limit == LIMITS.depth else "manifest_depth"
    message = f"nested deeper than {limit} levels (limit: {name})"
    return DocumentError("too-deep", message, position)


def _too_many_values_error(position: Position, limit: int, what: str = "") -> DocumentError:
    is_manifest = limit == LIMITS.manifest_values
    what = what or ("a manifest" if is_manifest else "a job file")
    name = "manifest_values" if is_manifest else "job_file_values"
    message = f"{what} may have at most {limit:,} keys and values (limit: {name})"
    return DocumentError("too-many-values-in-file", message, position)


def check_size(value: Value) -> None:
    """Raise if a part of a document exceeds a limit for job files. Cost: linear."""
    count = size = 0
    remaining = [(value, 0)]
    while remaining:
        each, depth = remaining.pop()
        count += 1 if isinstance(each, Scalar) else 2
        if isinstance(each, Scalar):
            size += len(each.text.encode())
        elif depth >= LIMITS.depth:
            raise too_deep_error(each.position)
        elif isinstance(each, List):
            remaining += [(item, depth + 1) for item in each.items]
        else:
            remaining += [(item, depth + 1) for entry in each.entries.values() for item in entry]
    if count > LIMITS.job_file_values:
        raise _too_many_values_error(value.position, LIMITS.job_file_values, "an object")
    if size > LIMITS.job_file_bytes:
        raise file_too_large_error("an object")


class Builder:
    """Counts the values in JSON or YAML, computes their positions and collects the mistakes."""

    def __init__(self, text: str, max_values: int | None, max_depth: int) -> None:
        self._text = text
        self._max_values = max_values
        self._max_depth = max_depth
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
        """Add a mistake. Only the first ones in the document are kept; others are counted."""
        insort(self._first, error, key=attrgetter("position"))
        if len(self._first) > LIMITS.reported_errors:
            self._first.pop()
            self._unreported += 1

    def raise_if_refused(self) -> None:
        """Raise the first mistake in the document, if any, with the other mistakes attached."""
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
        """Count a key or value that begins at ``index``; raise if there are too many."""
        self._count += 1
        if self._max_values is not None and self._count > self._max_values:
            raise _too_many_values_error(self.position(index), self._max_values)

    def enter(self, depth: int, index: int) -> None:
        """Count a list or object that is inside ``depth`` others; raise if there are too many."""
        if depth >= self._max_depth:
            raise too_deep_error(self.position(index), self._max_depth)
        self._count += 1

    def add_entry(self, entries: Entries, key: Scalar, value: Value) -> None:
        """Add a key and a value to ``entries``; if the key is there already, add a mistake."""
        first, _ = entries.setdefault(key.text, (key, value))
        if first is not key:
            line = first.position.line + 1
            message = f"duplicate key {quoted(key.text)}; the first is on line {line}"
            length = len(key.text) if key.verbatim and key.text else 1
            self.refuse("duplicate-key", message, key.position, "keep only one of the two", length)
