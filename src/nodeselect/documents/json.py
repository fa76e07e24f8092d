"""Strict JSON with positions, which no library gives."""

import re
from json import JSONDecodeError, JSONDecoder
from math import isinf

from nodeselect.documents.values import (
    TEMPLATE_HINT,
    DocumentError,
    List,
    Object,
    Position,
    Refusals,
    Scalar,
    Value,
    duplicate_key_error,
    end_position,
    position_in,
    too_deep_error,
    too_many_values_error,
)
from nodeselect.limits import LIMITS
from nodeselect.text import printable, quoted

__all__ = ["NotJsonError", "read_json"]


def read_json(text: str, max_values: int | None = None) -> Value:
    """Read ``text`` as strict JSON. Cost: linear.

    :param max_values: how many keys and values it may hold.
    :raises NotJsonError: if it is not JSON; it may be YAML.
    :raises DocumentError: if it is JSON that is refused, with all its mistakes.
    """
    scanner = _JsonScanner(text, max_values)
    document = scanner.document()
    scanner.refusals.raise_if_any()
    return document


class NotJsonError(DocumentError):
    """The text is not JSON; it may be YAML."""


# What people write in JSON that JSON does not have, and what to write instead.
_MISTAKES = (
    (re.compile("(?<=\\{)\\{|\\{\\{"), TEMPLATE_HINT),
    (re.compile("#|//|/[*]"), "JSON has no comments: remove it"),
    (re.compile("'"), 'strings need double quotes: "..."'),
    (re.compile(r"(?:True|False)\b"), "write true or false"),
    (re.compile(r"None\b"), "write null"),
    (re.compile("[}\\]]"), "remove the comma before it"),
    (re.compile(r"[A-Za-z_]"), 'strings need double quotes: "..."'),
)

_NOT_A_NUMBER = re.compile(r"-?(?:NaN|Infinity)(?=[ \t\r\n,\]}])")
_WHITESPACE = re.compile(r"[ \t\r\n]*")
_WORD = re.compile(
    r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null", re.ASCII
)
_WORD_KINDS = {"true": "boolean", "false": "boolean", "null": "null"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_DECODER = JSONDecoder()


class _JsonScanner:
    """Reads a JSON document from its first character to its last."""

    def __init__(self, text: str, max_values: int | None) -> None:
        self.refusals = Refusals()
        self._text = text
        self._max_values = max_values
        self._count = 0
        self._index = 0
        self._line = 0
        self._line_start = 0

    def document(self) -> Value:
        self._skip_whitespace()
        value = self._value(0)
        self._skip_whitespace()
        if self._text[self._index : self._index + 1] in ("{", "["):
            self._refuse(
                "second-document", "a second document begins here", self._here(),
                "keep one document per file",
            )  # fmt: skip
        elif self._index != len(self._text):
            raise self._not_json("the end")
        return value

    def _not_json(self, expected: str) -> NotJsonError:
        if self._index >= len(self._text.rstrip()):
            message = f"not JSON: expected {expected}, found the end"
            position = end_position(self._text)
            return NotJsonError("not-json", message, position, "the file ends too early")
        hints = (hint for pattern, hint in _MISTAKES if pattern.match(self._text, self._index))
        message = f"not JSON: expected {expected}, found {quoted(self._text[self._index])}"
        return NotJsonError("not-json", message, self._here(), next(hints, None))

    def _value(self, depth: int) -> Value:
        position = self._here()
        self._count += 1
        if self._max_values is not None and self._count > self._max_values:
            raise too_many_values_error(position, self._max_values)
        character = self._text[self._index : self._index + 1]
        if character in ("{", "[") and depth >= LIMITS.depth:
            raise too_deep_error(position)
        if character == "{":
            return self._object(position, depth)
        if character == "[":
            return self._list(position, depth)
        if character == '"':
            return self._string()
        return self._word(position)

    def _word(self, position: Position) -> Scalar:
        """Read a number, a boolean or null."""
        match = _WORD.match(self._text, self._index)
        if match is None:
            match = _NOT_A_NUMBER.match(self._text, self._index)
            if match is None:
                raise self._not_json("a value")
            hint = f'as text, write: "{match[0]}"'
            self._refuse("not-finite", f"{match[0]} is not a JSON number", position, hint)
        elif match[0][-1].isdigit() and isinf(float(match[0])):
            message = f"{quoted(match[0])} is not a finite number"
            self._refuse("not-finite", message, position, "write a smaller number")
        self._index = match.end()
        return Scalar(match[0], _WORD_KINDS.get(match[0], "number"), position, True)

    def _refuse(self, code: str, message: str, position: Position, hint: str) -> None:
        self.refusals.add(DocumentError(code, message, position, hint))

    def _string(self) -> Scalar:
        position = self._here()
        try:
            text, end = _DECODER.raw_decode(self._text, self._index)
        except JSONDecodeError as error:
            place = position_in(self._text, min(error.pos, len(self._text.rstrip()) - 1))
            message = f"not JSON: {printable(error.msg.lower().removesuffix(' at'))}"
            raise NotJsonError("not-json", message, place) from None
        after_quote = Position(position.line, position.column + 1)
        verbatim = self._text.startswith(text, self._index + 1)
        self._index = end
        if _SURROGATE.search(text):
            message = "unpaired surrogates are not allowed"
            self._refuse("surrogate", message, position, "remove it")
        return Scalar(text, "text", after_quote, verbatim)

    def _list(self, position: Position, depth: int) -> List:
        items: list[Value] = []
        self._count += 1
        self._step("[")
        while not self._at_end("]", bool(items)):
            items.append(self._value(depth + 1))
            self._skip_whitespace()
        return List(items, position)

    def _object(self, position: Position, depth: int) -> Object:
        entries: dict[str, tuple[Scalar, Value]] = {}
        self._count += 1
        self._step("{")
        while not self._at_end("}", bool(entries)):
            if self._text[self._index : self._index + 1] != '"':
                raise self._not_json("a key in double quotes")
            key = self._string()
            self._count += 1
            self._skip_whitespace()
            self._step(":")
            if key.text in entries:
                self.refusals.add(duplicate_key_error(key, entries[key.text][0]))
            entries.setdefault(key.text, (key, self._value(depth + 1)))
            self._skip_whitespace()
        return Object(entries, position)

    def _at_end(self, closing: str, has_items: bool) -> bool:
        """Step over the closing bracket and return True, or step over the comma, if due."""
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
        match = _WHITESPACE.match(self._text, self._index)
        end = match.end() if match else self._index
        lines = self._text.count("\n", self._index, end)
        if lines:
            self._line += lines
            self._line_start = self._text.rfind("\n", self._index, end) + 1
        self._index = end

    def _here(self) -> Position:
        return Position(self._line, self._index - self._line_start)
