"""Read strict JSON into values with positions, which no library does."""

import re
from json import JSONDecodeError, JSONDecoder
from math import isinf

from nodeselect.documents.values import (
    TEMPLATE_HINT,
    Builder,
    DocumentError,
    Entries,
    List,
    Object,
    Position,
    Scalar,
    Value,
    character_error,
)
from nodeselect.problem import Fix
from nodeselect.text import printable, quoted


def read_json(
    text: str, max_values: int | None, max_depth: int, *, may_be_yaml: bool, single: bool
) -> list[Value] | None:
    """Read ``text`` as strict JSON: a document, or a stream of several. Cost: linear.

    :param single: whether a second document is a mistake.
    :param may_be_yaml: whether to return None instead of raising if the text is not JSON.
    :raises DocumentError: if the text has mistakes, such as a duplicate key; the error lists all.
    """
    builder = _JsonBuilder(text, max_values, max_depth)
    try:
        documents = builder.documents(single=single)
    except DocumentError as error:
        if may_be_yaml and error.code == "not-json":
            return None
        builder.add(error)
    builder.raise_if_refused()
    return documents


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
                hint = "write each document to a file of its own"
                self.refuse("second-document", "a second document begins here", self._here(), hint)
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
