"""YAML and JSON as values that know where they stand.

Documents come from people we do not know, and what a loader makes of them by itself is the first
thing to go wrong: an alias bomb, a key given twice, ``version: 1.10`` read as 1.1, ``yes`` as true.
So YAML is read as libyaml's *events* and JSON by a scanner of its own; both give the same values,
nothing is converted, and every value keeps its line and column.

What YAML has beyond plain data is refused by name: anchors and aliases, tags, merge keys, second
documents, keys that are no text. So are keys given twice, and nesting beyond ``LIMITS.depth``.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, NamedTuple

from nodeselect.limits import LIMITS
from nodeselect.printable import printable, quoted

__all__ = [
    "DocumentError",
    "List",
    "Object",
    "Position",
    "Scalar",
    "Value",
    "read_document",
    "read_yaml",
    "text_of",
]


class Position(NamedTuple):
    """A place in a document: line and column, from 0, in characters."""

    line: int
    column: int


class Scalar(NamedTuple):
    """A text, number, truth value or null, as it is written."""

    text: str
    kind: str
    """``text``, or what YAML 1.1 or 1.2 could read it as: ``null``, ``boolean``, ``number``,
    ``date``, ``merge key``."""
    at: Position
    verbatim: bool
    """Whether the text stands in the document letter by letter, from ``at`` on (behind a quote)."""


class List(NamedTuple):
    """A sequence of values."""

    items: list["Value"]
    at: Position


class Object(NamedTuple):
    """A mapping; each key once, in the order of the document."""

    entries: dict[str, tuple[Scalar, "Value"]]
    at: Position


Value = Scalar | List | Object


class DocumentError(Exception):
    """A document cannot be read. Never leaves the library: rooms turn it into their own error."""

    def __init__(self, code: str, message: str, at: Position, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.at = at
        self.hint = hint


def text_of(data: bytes) -> str:
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
        hint = "save the file as UTF-8"
        raise DocumentError(
            "not-utf-8", "the file is not UTF-8", Position(line, column), hint
        ) from None


def read_document(text: str) -> Value:
    """Read ``text`` as JSON where it is JSON, else as YAML. Cost: linear.

    :raises DocumentError: when it is neither.
    """
    if text.lstrip(" \t\r\n")[:1] in ("{", "["):
        try:
            return _JsonScanner(text).document()
        except _NotJsonError:
            pass  # flow style of YAML looks like it
    return read_yaml(text)


def read_yaml(text: str) -> Value:
    """Read ``text`` as one YAML document of plain data. Cost: linear.

    :raises DocumentError: when it is not.
    """
    import yaml  # here, since most runs of the command line need none

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    builder = _YamlBuilder(yaml.parse(text, Loader=loader), text)
    try:
        return builder.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = builder.position(mark.index) if mark else Position(0, 0)
        problem = printable(str(error.problem or "it cannot be read"))
        if "nesting depth" in problem:  # of libyaml itself, at a thousand
            raise _too_deep(at) from None
        raise DocumentError("not-yaml", f"not YAML: {problem}", at) from None
    except yaml.reader.ReaderError as error:
        raise _unreadable(text, error) from None
    except UnicodeEncodeError as error:
        at = _position(text, error.start)
        raise DocumentError("surrogate", "half of a surrogate pair is refused", at) from None


def _unreadable(text: str, error: Any) -> DocumentError:
    bad = re.search(
        "[^\\t\\n\\r\\x20-\\x7e\\x85\\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text
    )
    if bad is None:
        return DocumentError(
            "not-yaml", f"not YAML: {printable(str(error.reason))}", Position(0, 0)
        )
    return DocumentError(
        "control-character",
        f"a control character ({printable(bad[0])}) is refused",
        _position(text, bad.start()),
        "take it out",
    )


def _position(text: str, at: int) -> Position:
    return Position(text.count("\n", 0, at), at - (text.rfind("\n", 0, at) + 1))


def _too_deep(at: Position) -> DocumentError:
    return DocumentError("too-deep", f"nested deeper than {LIMITS.depth} levels (depth)", at)


def _twice(key: Scalar, first: Scalar) -> DocumentError:
    return DocumentError(
        "duplicate-key",
        f"the key {quoted(key.text)} stands here for the second time; the first is in line"
        f" {first.at.line + 1}",
        key.at,
        "keep one of the two",
    )


class _YamlBuilder:
    """Builds values of the events that libyaml gives."""

    def __init__(self, events: Iterator[Any], text: str) -> None:
        self._events = events
        self._text = text
        # Lines as editors count them: YAML itself also ends one at U+2028 and the like.
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def position(self, index: int) -> Position:
        """Give the position of the character at ``index``."""
        line = bisect_right(self._starts, index) - 1
        return Position(line, index - self._starts[line])

    def document(self) -> Value:
        next(self._events)  # the start of the stream
        start = next(self._events)
        if type(start).__name__ == "StreamEndEvent":
            return Scalar("", "null", Position(0, 0), False)
        value = self._value(next(self._events), 0)
        next(self._events)  # the end of the document
        more = next(self._events)
        if type(more).__name__ != "StreamEndEvent":
            raise DocumentError(
                "second-document",
                "a second document begins here",
                self._mark(more),
                "keep one document in a file",
            )
        return value

    def _value(self, event: Any, depth: int) -> Value:
        self._refuse_extras(event)
        match type(event).__name__:
            case "ScalarEvent":
                return self._scalar(event)
            case _ if depth >= LIMITS.depth:
                raise _too_deep(self._mark(event))
            case "SequenceStartEvent":
                return self._list(event, depth)
            case _:
                return self._object(event, depth)

    def _refuse_extras(self, event: Any) -> None:
        if type(event).__name__ == "AliasEvent" or event.anchor is not None:
            raise DocumentError(
                "anchor",
                f"anchors and aliases are refused ({quoted(event.anchor)})",
                self._mark(event),
                "write the value out",
            )
        if event.tag is not None:
            hint = "write the value without it"
            if event.tag.startswith("!") and not event.tag.startswith("!!"):  # as in "- !debug"
                hint = f'if it is text, write it between quotes: "{quoted(event.tag)[1:-1]}"'
            raise DocumentError(
                "tag", f"tags are refused ({quoted(event.tag)})", self._mark(event), hint
            )

    def _scalar(self, event: Any) -> Scalar:
        index = event.start_mark.index
        kind = "text" if event.style else _kind(event.value)
        if event.style and event.style in "'\"":
            index += 1
        verbatim = self._text.startswith(event.value, index)
        return Scalar(event.value, kind, self.position(index), verbatim)

    def _bad_key(self, key: Value) -> DocumentError:
        line = self._starts[key.at.line]
        if self._text.startswith("{{", line + key.at.column - 1):
            return DocumentError(
                "template",
                "a template was left in",
                Position(key.at.line, key.at.column - 1),
                "fill the template in before the file is used",
            )
        return DocumentError("key-not-text", "a key is no text", key.at)

    def _mark(self, event: Any) -> Position:
        return self.position(event.start_mark.index)

    def _list(self, start: Any, depth: int) -> List:
        items: list[Value] = []
        while type(event := next(self._events)).__name__ != "SequenceEndEvent":
            items.append(self._value(event, depth + 1))
        return List(items, self._mark(start))

    def _object(self, start: Any, depth: int) -> Object:
        entries: dict[str, tuple[Scalar, Value]] = {}
        while type(event := next(self._events)).__name__ != "MappingEndEvent":
            key = self._value(event, depth + 1)
            if not isinstance(key, Scalar) or key.kind == "null":
                raise self._bad_key(key)
            if key.text == "<<":
                raise DocumentError(
                    "merge-key", "merge keys are refused", key.at, "write the values out"
                )
            if key.text in entries:
                raise _twice(key, entries[key.text][0])
            entries[key.text] = key, self._value(next(self._events), depth + 1)
        return Object(entries, self._mark(start))


_KINDS = (
    ("null", re.compile(r"(?:~|null|Null|NULL)?")),
    ("boolean", re.compile(r"y|n|yes|no|on|off|true|false", re.IGNORECASE)),
    (
        "number",
        re.compile(
            r"[-+]?(?:0[xo][0-9a-fA-F_]+|0b[01_]+|[0-9][0-9_]*(?::[0-5]?[0-9])*(?:\.[0-9_]*)?"
            r"|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|=",
            re.ASCII,
        ),
    ),
    ("merge key", re.compile("<<")),
    ("date", re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?", re.ASCII)),
)


def _kind(plain: str) -> str:
    """Say what YAML 1.1 or 1.2 could read a plain scalar as."""
    for kind, pattern in _KINDS:
        if pattern.fullmatch(plain):
            return kind
    return "text"


class _NotJsonError(Exception):
    """The text is no JSON; perhaps it is YAML."""


class _JsonScanner:
    """Reads strict JSON, with positions: no library gives them."""

    _blank = re.compile(r"[ \t\r\n]*")
    _word = re.compile(
        r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null", re.ASCII
    )

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 0
        self._line_start = 0

    def document(self) -> Value:
        self._skip()
        value = self._value(0)
        self._skip()
        if self._at != len(self._text):
            raise _NotJsonError
        return value

    def _value(self, depth: int) -> Value:
        at = self._here()
        character = self._text[self._at : self._at + 1]
        if character in ("{", "[") and depth >= LIMITS.depth:
            raise _too_deep(at)
        if character == "{":
            return self._object(at, depth)
        if character == "[":
            return self._list(at, depth)
        if character == '"':
            return self._string()
        match = self._word.match(self._text, self._at)
        if match is None:
            raise _NotJsonError
        self._at = match.end()
        kinds = {"true": "boolean", "false": "boolean", "null": "null"}
        return Scalar(match[0], kinds.get(match[0], "number"), at, True)

    def _string(self) -> Scalar:
        at = self._here()
        try:
            text, end = scanstring(self._text, self._at + 1, True)
        except ValueError:
            raise _NotJsonError from None
        if re.search("[\ud800-\udfff]", text):
            raise DocumentError(
                "surrogate", "half of a surrogate pair is refused", at, "take it out"
            )
        behind = Position(at.line, at.column + 1)
        verbatim = self._text.startswith(text, self._at + 1)
        self._at = end
        return Scalar(text, "text", behind, verbatim)

    def _list(self, at: Position, depth: int) -> List:
        items: list[Value] = []
        self._step("[")
        while not self._ends("]", bool(items)):
            items.append(self._value(depth + 1))
            self._skip()
        return List(items, at)

    def _object(self, at: Position, depth: int) -> Object:
        entries: dict[str, tuple[Scalar, Value]] = {}
        self._step("{")
        while not self._ends("}", bool(entries)):
            if self._text[self._at : self._at + 1] != '"':
                raise _NotJsonError
            key = self._string()
            self._skip()
            self._step(":")
            if key.text in entries:
                raise _twice(key, entries[key.text][0])
            entries[key.text] = key, self._value(depth + 1)
            self._skip()
        return Object(entries, at)

    def _ends(self, closing: str, more: bool) -> bool:
        """Step over what stands between two items; say whether it was the end instead."""
        if self._text.startswith(closing, self._at):
            self._at += 1
            return True
        if more:
            self._step(",")
        return False

    def _step(self, character: str) -> None:
        if not self._text.startswith(character, self._at):
            raise _NotJsonError
        self._at += 1
        self._skip()

    def _skip(self) -> None:
        match = self._blank.match(self._text, self._at)
        end = match.end() if match else self._at
        lines = self._text.count("\n", self._at, end)
        if lines:
            self._line += lines
            self._line_start = self._text.rfind("\n", self._at, end) + 1
        self._at = end

    def _here(self) -> Position:
        return Position(self._line, self._at - self._line_start)
