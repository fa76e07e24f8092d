"""Strict JSON, with positions: no library gives them."""

import re
from json import JSONDecodeError
from json.decoder import scanstring  # type: ignore[attr-defined]
from math import inf

from nodeselect.documents.values import (
    FILL_IN,
    DocumentError,
    List,
    Object,
    Position,
    Refusals,
    Scalar,
    Unknown,
    Value,
    enter,
    given_twice,
    last_of,
    position_in,
    too_deep,
    too_many,
    with_more,
)
from nodeselect.limits import LIMITS
from nodeselect.text import printable, quoted

__all__ = ["NotJsonError", "read_json"]


def read_json(text: str, most: int | None = None, refusals: Refusals | None = None) -> Value:
    """Read ``text`` as JSON, strictly. Cost: linear.

    :param most: how many keys and values it may hold.
    :param refusals: empty; takes what is refused and can be read past, which is unknown in what is
        given back. Without it the first refusal is raised.
    :raises NotJsonError: when it is not JSON; it may be YAML.
    :raises DocumentError: when it is JSON that is refused.
    """
    return _JsonScanner(text, most, refusals).document()


class NotJsonError(DocumentError):
    """The text is no JSON; perhaps it is YAML."""


_MEANT = (
    (re.compile("(?<=\\{)\\{|\\{\\{"), FILL_IN),
    (re.compile("#|//|/[*]"), "JSON has no comments: take it away"),
    (re.compile("'"), 'a text stands between double quotes: "..."'),
    (re.compile(r"(?:True|False)\b"), "truth values are written true and false"),
    (re.compile(r"None\b"), "nothing is written null"),
    (re.compile("[}\\]]"), "take the comma before it away"),
    (re.compile(r"[A-Za-z_]"), 'a text stands between double quotes: "..."'),
)
"""What people write in JSON that it does not have, and what to do about it."""


class _JsonScanner:
    """Reads strict JSON, with positions: no library gives them."""

    _no_number = re.compile(r"-?(?:NaN|Infinity)(?=[ \t\r\n,\]}])")
    _blank = re.compile(r"[ \t\r\n]*")
    _word = re.compile(
        r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null", re.ASCII
    )

    def __init__(self, text: str, most: int | None, refusals: Refusals | None) -> None:
        self._text = text
        self._refusals = refusals
        self._most = most
        self._count = 0
        self._at = 0
        self._line = 0
        self._line_start = 0

    def document(self) -> Value:
        self._skip()
        value = self._value(0)
        self._skip()
        if self._text[self._at : self._at + 1] in ("{", "["):
            hint = "keep one document in a file"
            message = "a second document begins here"
            self._refuse(DocumentError("second-document", message, self._here(), hint))
            return with_more(value)
        if self._at != len(self._text):
            raise self._no_json("the end")
        return value

    def _no_json(self, expected: str) -> NotJsonError:
        """Give the error for what stands here instead of what was expected."""
        if self._at >= len(self._text.rstrip()):
            hint = "the file ends here, too early"
            message = f"not JSON: expected {expected}, found the end"
            return NotJsonError("not-json", message, last_of(self._text), hint)
        hints = (hint for pattern, hint in _MEANT if pattern.match(self._text, self._at))
        found = quoted(self._text[self._at])
        message = f"not JSON: expected {expected}, found {found}"
        return NotJsonError("not-json", message, self._here(), next(hints, None))

    def _value(self, depth: int) -> Value:
        at = self._here()
        self._count += 1
        if self._most is not None and self._count > self._most:
            raise too_many(at, self._most)
        character = self._text[self._at : self._at + 1]
        if character in ("{", "[") and depth >= LIMITS.depth:
            raise too_deep(at)
        if character == "{":
            return self._object(at, depth)
        if character == "[":
            return self._list(at, depth)
        if character == '"':
            return self._string()
        match = self._word.match(self._text, self._at)
        if match is None:
            match = self._no_number.match(self._text, self._at)
            if match is None:
                raise self._no_json("a value")
            message, hint = f"{match[0]} is no number of JSON", f'as text write: "{match[0]}"'
            self._refuse(DocumentError("not-finite", message, at, hint))
            self._at = match.end()
            return Unknown(at)
        self._at = match.end()
        if match[0][-1].isdigit() and abs(float(match[0])) == inf:
            message, hint = f"{quoted(match[0])} is no finite number", "write a smaller one"
            self._refuse(DocumentError("not-finite", message, at, hint))
            return Unknown(at)
        kinds = {"true": "boolean", "false": "boolean", "null": "null"}
        return Scalar(match[0], kinds.get(match[0], "number"), at, True)

    def _refuse(self, error: DocumentError) -> None:
        if self._refusals is None:
            raise error
        self._refusals.add(error)

    def _string(self) -> Scalar | Unknown:
        at = self._here()
        try:
            text, end = scanstring(self._text, self._at + 1, True)
        except JSONDecodeError as error:
            place = position_in(self._text, min(error.pos, len(self._text.rstrip()) - 1))
            message = f"not JSON: {printable(error.msg.lower().removesuffix(' at'))}"
            raise NotJsonError("not-json", message, place) from None
        behind = Position(at.line, at.column + 1)
        verbatim = self._text.startswith(text, self._at + 1)
        self._at = end
        if re.search("[\ud800-\udfff]", text):
            message = "half of a surrogate pair is refused"
            self._refuse(DocumentError("surrogate", message, at, "take it out"))
            return Unknown(at)
        if self._refusals is not None and self._refusals.hide(text):
            return Unknown(at)
        return Scalar(text, "text", behind, verbatim)

    def _list(self, at: Position, depth: int) -> List:
        items: list[Value] = []
        self._count += 1
        self._step("[")
        while not self._ends("]", bool(items)):
            items.append(self._value(depth + 1))
            self._skip()
        return List(items, at)

    def _object(self, at: Position, depth: int) -> Object:
        entries: dict[str, tuple[Scalar, Value]] = {}
        is_open = more = False
        self._count += 1
        self._step("{")
        while not self._ends("}", more):
            more = True
            if self._text[self._at : self._at + 1] != '"':
                raise self._no_json("a key in double quotes")
            key = self._string()
            self._count += 1
            self._skip()
            self._step(":")
            if isinstance(key, Scalar) and key.text in entries:
                self._refuse(given_twice(key, entries[key.text][0]))
            value = self._value(depth + 1)
            if isinstance(key, Scalar):
                enter(entries, key, value)
            else:
                is_open = True
            self._skip()
        return Object(entries, at, is_open)

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
            raise self._no_json(quoted(character))
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
