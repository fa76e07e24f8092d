"""Read YAML and JSON into values that know their position. Scalars stay text.

Documents are not trusted, and ordinary loaders change what is written: they expand an alias bomb,
drop one of two duplicate keys, and read ``version: 1.10`` as 1.1 and ``yes`` as true. So the values
are built here, from libyaml's *events* for YAML and with a scanner for JSON. Every value keeps its
line and column.

YAML features beyond plain data are rejected: anchors of lists and mappings, tags, merge keys, and
keys that are not strings. Duplicate keys, nesting beyond ``LIMITS.depth`` and, except by
:func:`read_documents`, a second document are rejected as well. One error reports all such mistakes
in a document.
"""

import re
from array import array
from bisect import bisect_right, insort
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from json import JSONDecodeError, JSONDecoder
from math import isfinite, isinf
from operator import attrgetter
from typing import Any, NamedTuple

from nodeselect.limits import LIMITS
from nodeselect.problem import TEMPLATE_HINT, Fix, Path
from nodeselect.text import FORBIDDEN, UNPRINTABLE, position_in_utf8, printable, quoted, truncate

# Whole numbers that JSON and all versions of YAML read alike, of at most 20 digits.
INTEGER = re.compile("-?(?:0|[1-9][0-9]{0,19})", re.ASCII)
# The same with any number of digits.
LONG_INTEGER = re.compile("-?(?:0|[1-9][0-9]*)", re.ASCII)
# Numbers of JSON.
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", re.ASCII)
# Fractions that all versions of YAML read alike: to YAML 1.1, 1e3 and 1.5e3 are strings.
FRACTION = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+][0-9]+)?", re.ASCII)

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


def find(value: Value | None, path: str | Path) -> Value | None:
    """Return the value at a path of fields, such as ``metadata.name``; None if missing or null."""
    for name in path.split(".") if isinstance(path, str) else path:
        if not isinstance(value, Object) or name not in value.entries:
            return None
        value = value.entries[str(name)][1]
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


def describe(value: Value) -> str:
    """Return what a value is, in the words of a message: ``a list``, ``the string 'x'``."""
    match value:
        case Object():
            return "a mapping"
        case List():
            return "a list"
        case Scalar(kind="null"):
            return "null"
        case Scalar(kind="text"):
            return f"the string {quoted(value.text)}"
        case Scalar("true" | "false", "boolean"):
            return value.text
        case Scalar(text, "number") if NUMBER.fullmatch(text):
            return truncate(text, 60)
    return f"{quoted(value.text)}, which some YAML parsers read as a {value.kind}"


def is_placeholder(value: Value) -> bool:
    """Return whether a value is such as ``{name}``, which YAML reads as a mapping."""
    return isinstance(value, Object) and [is_bare_key(*it) for it in value.entries.values()] == [
        True
    ]


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
    """Convert a value to plain Python data: lists, dicts, strings and the results of ``convert``.

    :param convert: returns the value of a scalar that is not certainly a string.
    :param key_text: returns the text of such a scalar as a key, or raises.
    """
    match value:
        case List(items):
            return [to_python(item, convert, key_text) for item in items]
        case Object(entries):
            return {
                key.text if key.kind == "text" else key_text(key): to_python(
                    item, convert, key_text
                )
                for key, item in entries.values()
            }
        case Scalar(text, "text"):
            return text
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

    def refuse_second(self, position: Position) -> None:
        hint = "write each document to a file of its own"
        self.refuse("second-document", "a second document begins here", position, hint)

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


# Control characters; U+2028 and U+2029, at which libyaml ends a line, while YAML 1.2 and editors do
# not; surrogates, which libyaml cannot encode.
_FORBIDDEN = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]"
)

# libyaml reads so far ahead of the events that it yields, in search of the ':' after a key.
_LOOK_AHEAD = 1024

_INDENT_HINT = "indent this line like the other keys or items of its block"

# How JSON begins, and how it begins when people put a comment before it.
_JSON_STARTS = ("{", "[")
_COMMENTED_JSON_STARTS = (*_JSON_STARTS, "#", "//", "/*")


def read_document(text: str, max_values: int | None = None, *, strict_json: bool = False) -> Value:
    """Read ``text`` as JSON if it is JSON, otherwise as plain YAML. Cost: linear.

    :param max_values: how many keys and values it may contain; None for any number.
    :param strict_json: whether to read a text that begins like JSON, or with a comment, as JSON
        only: for ``.json`` files, which other programs read as JSON.
    :raises DocumentError: if the text is neither, or has mistakes; the error has all mistakes up to
        the first syntax error.
    """
    documents = read_documents(text, max_values, strict_json=strict_json, single=True)
    return documents[0] if documents else Scalar("", "null", Position(0, 0), False)


def read_documents(
    text: str,
    max_values: int | None = None,
    *,
    strict_json: bool = False,
    max_depth: int = LIMITS.depth,
    single: bool = False,
    expands_aliases: bool = False,
) -> list[Value]:
    """Read ``text`` as :func:`read_document` does, but allow several YAML documents.

    Empty documents are left out. ``max_values`` limits all documents together.

    :param max_depth: how many lists and mappings may be nested.
    :param single: whether a second document is a mistake.
    :param expands_aliases: whether lists and mappings may have anchors, and mappings merge keys, as
        in the YAML of kubectl. What is inside an aliased value has its position at the anchor.
    """
    starts = _COMMENTED_JSON_STARTS if strict_json else _JSON_STARTS
    if text.lstrip(" \t\r\n")[:2].startswith(starts):
        json, documents = _JsonBuilder(text, max_values, max_depth), list[Value]()
        may_be_yaml = False
        try:
            documents = json.documents(single=single)
        except DocumentError as error:  # or it is YAML in flow style
            may_be_yaml = error.code == "not-json" and not strict_json
            json.add(error)
        if not may_be_yaml:
            json.raise_if_refused()
            return documents
    import yaml  # here, since most commands do not need it

    check_characters(text, _FORBIDDEN)
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    builder = _YamlBuilder(yaml.parse(text, Loader=loader), text, max_values, max_depth)
    builder.expands_aliases = expands_aliases
    try:
        documents = builder.documents(single=single)
    except DocumentError as error:
        builder.add(error)
    except yaml.MarkedYAMLError as error:
        if not builder.has_template:  # a template breaks the syntax after it
            builder.add(_syntax_error(text, error, max_depth))
    builder.raise_if_refused()
    return [each for each in documents if each[:2] != ("", "null")]


def scalar_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each scalar in a YAML text, up to the first syntax error."""
    import yaml  # here, since most commands do not need it

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    with suppress(yaml.YAMLError):
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.ScalarEvent) and event.start_mark and event.end_mark:
                start, end = event.start_mark.index, event.end_mark.index
                if event.style in ("|", ">"):  # its first line may end with a comment
                    start = max(text.find("\n", start), start)
                yield start, end


# Patterns of what people write in JSON that JSON does not have, and what to write instead.
_MISTAKES = (
    ("(?<=\\{)\\{|\\{\\{", TEMPLATE_HINT),
    ("#|//|/[*]", "JSON has no comments: remove it"),
    ("'", 'strings need double quotes: "..."'),
    (r"(?:True|False)\b", "write true or false"),
    (r"None\b", "write null"),
    ("[}\\]]", "remove the comma before it"),
    (r"[A-Za-z_]", 'strings need double quotes: "..."'),
)

_NOT_A_NUMBER = re.compile(r"-?(?:NaN|Infinity)(?=[ \t\r\n,\]}])")
_WHITESPACE = re.compile(r"[ \t\r\n]*")
_WORD = re.compile(
    r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null", re.ASCII
)
_WORD_KINDS = {"true": "boolean", "false": "boolean", "null": "null"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_DECODER = JSONDecoder()

# A key and a text without escapes: most of what is in a list of Kubernetes objects.
_PLAIN = r'"([^"\\\x00-\x1f\ud800-\udfff]*)"[ \t\r\n]*'
_PLAIN_ENTRY = re.compile(rf"{_PLAIN}:[ \t\r\n]*{_PLAIN}")


class _JsonBuilder(Builder):
    """Builds the value of a JSON text, in which every value has its position in the text."""

    def __init__(self, text: str, max_values: int | None, max_depth: int) -> None:
        super().__init__(text, max_values, max_depth)
        self._index = 0

    def documents(self, *, single: bool) -> list[Value]:
        found: list[Value] = []
        self._skip_whitespace()
        while not found or self._text.startswith(("{", "["), self._index):
            if found and single:
                self.refuse_second(self._here())
                return found
            found.append(self._value(0))
            self._skip_whitespace()
        if self._index != len(self._text):
            raise self._not_json("the end")
        return found

    def _not_json(self, expected: str) -> DocumentError:
        end = len(self._text.rstrip(" \t\r\n"))
        if self._index >= end:
            message = f"not JSON: expected {expected}, found the end"
            position = self.position(max(end - 1, 0))
            return DocumentError("not-json", message, position, "the file ends too early")
        hints = (
            hint
            for pattern, hint in _MISTAKES
            if re.compile(pattern).match(self._text, self._index)
        )
        message = f"not JSON: expected {expected}, found {quoted(self._text[self._index])}"
        return DocumentError("not-json", message, self._here(), next(hints, None))

    def _value(self, depth: int) -> Value:
        self.count(self._index)
        character = self._text[self._index : self._index + 1]
        if character == '"':
            return self._string()
        if character not in ("{", "["):
            return self._word()
        self.enter(depth, self._index)
        position = self._here()
        if character == "{":
            return Object(self._entries(depth + 1), position)
        return List(self._items(depth + 1), position)

    def _word(self) -> Scalar:
        """Read a number, a boolean or null at the current position."""
        position = self._here()
        match = _WORD.match(self._text, self._index)
        if match is None:
            match = _NOT_A_NUMBER.match(self._text, self._index)
            if match is None:
                raise self._not_json("a value")
            hint = Fix.write(f'"{match[0]}"', "as a string, write")
            self.refuse("not-finite", f"{match[0]} is not a JSON number", position, hint)
        elif match[0][-1].isdigit() and isinf(float(match[0])):
            message = f"{quoted(match[0])} is not a finite number"
            self.refuse("not-finite", message, position, "write a smaller number")
        self._index = match.end()
        return Scalar(match[0], _WORD_KINDS.get(match[0], "number"), position, True)

    def _string(self) -> Scalar:
        start = self._index
        try:
            text, self._index = _DECODER.raw_decode(self._text, start)
        except JSONDecodeError as error:
            if self._text[error.pos : error.pos + 1] in ("\r", "\n"):
                message = "not JSON: the string is not closed on this line"
                hint = "add the closing quote, or write \\n for a line break"
                raise DocumentError("not-json", message, self.position(start), hint) from None
            place = self.position(min(error.pos, len(self._text.rstrip(" \t\r\n")) - 1))
            message = f"not JSON: {printable(error.msg.lower().removesuffix(' at'))}"
            raise DocumentError("not-json", message, place) from None
        if half := _SURROGATE.search(text):
            self.add(character_error(half[0], self.position(start)))
        verbatim = self._text.startswith(text, start + 1)
        return Scalar(text, "text", self.position(start + 1), verbatim)

    def _items(self, depth: int) -> list[Value]:
        items: list[Value] = []
        self._step("[")
        while not self._take_closing("]", bool(items)):
            items.append(self._value(depth))
            self._skip_whitespace()
        return items

    def _entries(self, depth: int) -> Entries:
        entries: Entries = {}
        self._step("{")
        while not self._take_closing("}", bool(entries)):
            if not self._text.startswith('"', self._index):
                raise self._not_json("a key in double quotes")
            self.count(self._index)
            if plain := _PLAIN_ENTRY.match(self._text, self._index):  # for speed
                key = Scalar(plain[1], "text", self.position(plain.start(1)), True)
                self.count(plain.start(2) - 1)
                value = Scalar(plain[2], "text", self.position(plain.start(2)), True)
                self._index = plain.end()
                self.add_entry(entries, key, value)
                continue
            key = self._string()
            self._skip_whitespace()
            self._step(":")
            self.add_entry(entries, key, self._value(depth))
            self._skip_whitespace()
        return entries

    def _take_closing(self, closing: str, has_items: bool) -> bool:
        """Return whether ``closing`` is next; move past it, or else past a comma after an item."""
        if self._text.startswith(closing, self._index):
            self._index += 1
            return True
        if has_items:
            self._step(",")
        return False

    def _step(self, character: str) -> None:
        if not self._text.startswith(character, self._index):
            raise self._not_json(quoted(character))
        self._index += 1
        self._skip_whitespace()

    def _skip_whitespace(self) -> None:
        if match := _WHITESPACE.match(self._text, self._index):
            self._index = match.end()

    def _here(self) -> Position:
        return self.position(self._index)


def _syntax_error(text: str, error: Any, max_depth: int) -> DocumentError:
    """Convert a libyaml error; move its position to the place that a person would correct.

    The hint depends on the message of libyaml; there is none for an unknown message.
    """
    problem = printable(str(error.problem or "it cannot be read"))
    end = len(text.rstrip())
    stopped = (error.problem_mark or error.context_mark).index
    begin = error.context_mark.index if error.context_mark else stopped
    before = text[max(stopped - _LOOK_AHEAD, 0) : stopped]
    depth = sum(map(before.count, "[{")) - sum(map(before.count, "]}"))
    if depth > max_depth:  # the builder has not seen these yet; libyaml stops at a thousand
        return too_deep_error(position_in(text, stopped), max_depth)
    index = stopped
    hint: Fix | str | None = None
    places = (max(each, 0) for each in (begin - 1, begin, stopped, stopped - 1, stopped - 2))
    templates = (place for place in places if text.startswith(("{{", "{%", "${"), place))
    placeholder = re.search(r"\{[A-Za-z_]\w+\}\Z", text[max(stopped - 100, 0) : stopped])
    if (template := next(templates, None)) is not None:
        index, hint = template, template_hint(text)
    elif placeholder and not text[stopped : stopped + 1].isspace():  # {name}/x
        index, hint = stopped - len(placeholder[0]), TEMPLATE_HINT
    elif "expected ':'" in problem:
        index, hint = begin, "put ':' and a space after a key, or quotes around a string"
    elif tag := re.compile(r"![^\s,\]}\"\\]+").match(text, begin):  # as in [a, !debug]
        index, hint = begin, quote_fix(tag[0], "if this is a string, quote it")
    elif "alphabetic or numeric" in problem:  # of the name of an anchor or alias
        index, hint = begin, f"quote a string that begins with '{text[begin]}'"
    elif text[begin : begin + 1] in tuple("{[\"'"):
        if stopped >= end:
            index, hint = begin, f"this {text[begin]} is never closed"
        elif text.count("\n", begin, stopped):
            line = position_in(text, begin).line + 1
            hint = f"close the {text[begin]} of line {line} before this, or add a missing ','"
    elif "\t" in text[stopped : stopped + 1] or "tab character" in problem:
        hint = "indent YAML with spaces, not tabs"
    elif "mapping values are not allowed" in problem:
        hint = "quote a string that contains ': ', and put each key on a line of its own"
        if re.fullmatch(r" +[^\s:]+", text[text.rfind("\n", 0, stopped) + 1 : stopped]):
            hint = _INDENT_HINT
    elif str(error.context).startswith("while parsing a block"):
        before = text[text.rfind("\n", 0, stopped) + 1 : stopped]
        hint = "quote the whole value, and write nothing after it"
        if not before.strip(" "):
            hint = _INDENT_HINT
    if index >= end:
        index, hint = end - 1, hint or "the file ends too early"
    return DocumentError("not-yaml", f"not YAML: {problem}", position_in(text, max(index, 0)), hint)


class _Anchored(NamedTuple):
    """A value with an anchor: how long it is with its aliases expanded, and how deeply nested."""

    value: Value
    length: int
    height: int


class _YamlBuilder(Builder):
    """Builds values from libyaml's events."""

    def __init__(
        self, events: Iterator[Any], text: str, max_values: int | None, max_depth: int
    ) -> None:
        super().__init__(text, max_values, max_depth)
        # Lines end at LF, as in editors; libyaml also ends them at a CR alone.
        self._has_usual_lines = "\r" not in text
        self.has_template = False
        self.expands_aliases = False
        self._events = events
        # The values with an anchor in the current document; None if it is refused or not yet read.
        self._anchors: dict[str, _Anchored | None] = {}
        self._open_anchors: set[str] = set()  # those of the lists and mappings around the event
        self._ended_anchors: set[str] = set()  # those of the documents before
        self._aliased = 0  # how many characters the aliases stand for
        self._deepest = 0  # the depth of the innermost value since the last anchor
        self._end = 0  # where the last list or mapping ended

    def documents(self, *, single: bool) -> list[Value]:
        """Return the value of each document; if ``single``, a second document is a mistake."""
        documents: list[Value] = []
        next(self._events)  # the start of the stream
        while type(start := next(self._events)).__name__ != "StreamEndEvent":
            if documents and single:
                self.refuse_second(self._start(start))
                break
            if start.tags:
                self.refuse("tag", "%TAG is not allowed", self._start(start), "remove it")
            self._ended_anchors |= self._anchors.keys()
            self._anchors = {}
            documents.append(self._value(next(self._events), 0))
            next(self._events)  # the end of the document
        return documents

    def _value(self, event: Any, depth: int) -> Value:
        self.count(event.start_mark.index)
        name = type(event).__name__
        if name == "ScalarEvent" and event.anchor is event.tag is None:
            return self._scalar(event)
        position = self._start(event)
        if name == "AliasEvent":
            return self._resolve(event.anchor, position, depth)
        if event.anchor is not None and name != "ScalarEvent" and not self.expands_aliases:
            self._anchors[event.anchor] = None
            message = f"an anchor is only allowed on a scalar: {quoted(event.anchor)}"
            self.refuse("anchor", message, position, "write the value itself in each place")
        if event.tag is not None:
            hint: Fix | str = "remove the tag"
            if event.tag == "!include":
                hint = "replace it with the content of the file"
            elif name == "ScalarEvent" and event.tag.startswith("!"):  # as in "- !debug"
                hint = quote_fix(event.tag, "if this is a string, quote it")
            message = f"YAML tags are not allowed: {quoted(event.tag)}"
            self.refuse("tag", message, position, hint)
        if name == "ScalarEvent":
            scalar = self._scalar(event)
            if event.anchor is not None:
                self._anchors[event.anchor] = _Anchored(scalar, len(scalar.text), 0)
            return scalar
        self.enter(depth, event.start_mark.index)
        self._deepest = max(self._deepest, depth + 1)
        if event.anchor is None or not self.expands_aliases:
            return self._collection(name, position, depth)
        outer, self._deepest, aliased = self._deepest, depth + 1, self._aliased
        self._anchors[event.anchor] = None
        self._open_anchors.add(event.anchor)
        value = self._collection(name, position, depth)
        self._open_anchors.discard(event.anchor)
        length = self._end - event.start_mark.index + self._aliased - aliased
        self._anchors[event.anchor] = _Anchored(value, length, self._deepest - depth)
        self._deepest = max(outer, self._deepest)
        return value

    def _collection(self, name: str, position: Position, depth: int) -> Value:
        if name == "SequenceStartEvent":
            return List(list(self._items(depth + 1)), position)
        return Object(self._entries(depth + 1), position)

    def _resolve(self, anchor: str, position: Position, depth: int) -> Value:
        """Return the value that an alias at ``depth`` stands for, with the position of the alias.

        What is inside the value keeps its position at the anchor, where it can be corrected.
        """
        anchored = self._anchors.get(anchor)
        if anchored is None:
            message = ""
            if anchor in self._open_anchors:
                message = f"the alias {quoted(anchor)} is inside the value of its own anchor"
            elif anchor not in self._anchors:  # or it is refused where it is defined
                message = f"the alias {quoted(anchor)} has no anchor before it"
                if anchor in self._ended_anchors:
                    message += " in the same document"
            if message:
                self.refuse("anchor", message, position, "write the value itself")
            return Scalar("", "text", position, False)
        self._aliased += anchored.length
        if self._aliased > LIMITS.alias_text:
            limit = f"{LIMITS.alias_text:,} characters (limit: alias_text)"
            message = f"all aliases of a file may stand for at most {limit}"
            raise DocumentError("file-too-large", message, position, "write fewer aliases")
        if depth + anchored.height > self._max_depth:
            raise too_deep_error(position, self._max_depth)
        self._deepest = max(self._deepest, depth + anchored.height)
        if isinstance(anchored.value, Scalar):
            return anchored.value._replace(position=position, verbatim=False)
        return anchored.value._replace(position=position)

    def _scalar(self, event: Any) -> Scalar:
        style, text = event.style, event.value
        opening = 1 if style and style in "'\"" else 0
        verbatim = self._text.startswith(text, event.start_mark.index + opening)
        kind = "text" if style else scalar_kind(text)
        return Scalar(text, kind, self._start(event, opening), verbatim)

    def _items(self, depth: int) -> Iterator[Value]:
        while type(event := next(self._events)).__name__ != "SequenceEndEvent":
            yield self._value(event, depth)
        self._end = event.end_mark.index

    def _entries(self, depth: int) -> Entries:
        entries: Entries = {}
        merge: tuple[Scalar, Value] | None = None
        before: Entries = {}
        while type(event := next(self._events)).__name__ != "MappingEndEvent":
            key = self._value(event, depth)
            is_key = self._is_key(key, event.start_mark.index)
            value = self._value(next(self._events), depth)
            if not is_key or not isinstance(key, Scalar):
                continue
            if key.kind != "merge key":
                self.add_entry(entries, key, value)
            elif merge is None:
                merge, before = (key, value), dict(entries)
            else:
                message = "a second merge key in one mapping"
                self.refuse("merge-key", message, key.position, "merge a list: <<: [*a, *b]")
        self._end = event.end_mark.index
        return entries if merge is None else self._merged(*merge, before) | entries

    def _merged(self, key: Scalar, value: Value, before: Entries) -> Entries:
        """Return the entries that a merge key adds; of several mappings, the first one counts.

        What the mapping itself has counts more. But kubectl lets the merged value count for a key
        *before* the merge key, which other programs do not; so such a key is a mistake.
        """
        merged: Entries = {}
        for each in value.items if isinstance(value, List) else [value]:
            if not isinstance(each, Object):
                message = "a merge key needs a mapping, or a list of mappings"
                self.refuse("merge-key", message, each.position)
                return {}
            merged = each.entries | merged
        if twice := next((name for name in before if name in merged), None):
            message = f"{quoted(twice)} is before the merge key that has it, too"
            self.refuse("merge-key", message, key.position, "write << first in its mapping")
        return merged

    def _is_key(self, key: Value, index: int) -> bool:
        """Return whether the key that begins at ``index`` is a string; if not, add a mistake."""
        if isinstance(key, Object) and self._text[max(index - 1, 0) : index + 1] == "{{":
            self.has_template = True
            position = self.position(index - 1)
            hint = template_hint(self._text)
            self.refuse("key-not-text", "unfilled template", position, hint)
        elif isinstance(key, Object) and self._text.startswith("{{", index):
            pass  # "{{x}}: a": its inner braces are refused
        elif not isinstance(key, Scalar) or key.kind == "null":
            self.refuse("key-not-text", "a key must be a string", key.position)
        elif key.text == "<<" and not (self.expands_aliases and key.kind == "merge key"):
            message = "YAML merge keys are not allowed"
            self.refuse("merge-key", message, key.position, "write out the merged keys")
        else:
            return True
        return False

    def _start(self, event: Any, opening: int = 0) -> Position:
        """Return the position that is ``opening`` characters after the start of an event."""
        mark = event.start_mark
        # Where the text ends without a line end, libyaml reads one.
        if self._has_usual_lines and mark.index < len(self._text):
            return Position(mark.line, mark.column + opening)
        return self.position(min(mark.index + opening, len(self._text)))


# How the versions of YAML read plain scalars.
_KINDS = (
    ("null", re.compile(r"(?:~|null|Null|NULL)?")),
    ("boolean", re.compile(r"y|n|yes|no|on|off|true|false", re.IGNORECASE)),
    (
        "number",
        re.compile(
            r"[-+]?(?:0[xoXO][0-9a-fA-F_]+|0[bB][01_]+|[0-9][0-9_]*(?::[0-5]?[0-9])*(?:\.[0-9_]*)?"
            r"|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|=",
            re.ASCII,
        ),
    ),
    ("merge key", re.compile("<<")),
    ("date", re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?", re.ASCII)),
)

# A plain scalar that begins with any other character is text.
_FIRST = frozenset("~nNyYoOtTfF0123456789+-.=<")


def scalar_kind(plain: str) -> str:
    """Return the ``kind`` of a :class:`Scalar` without quotes, such as ``text`` or ``number``."""
    if plain and plain[0] not in _FIRST:
        return "text"
    for kind, pattern in _KINDS:
        if pattern.fullmatch(plain):
            return kind
    return "text"
