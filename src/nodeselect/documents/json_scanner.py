"""Strict JSON, with positions: no library gives them."""

import re
from json.decoder import scanstring  # type: ignore[attr-defined]

from nodeselect.documents.values import (
    DocumentError,
    List,
    Object,
    Position,
    Refusals,
    Scalar,
    Value,
    given_twice,
    too_deep,
    too_many,
)
from nodeselect.limits import LIMITS

__all__ = ["NotJsonError", "read_json"]


def read_json(text: str, most: int | None = None, refusals: Refusals | None = None) -> Value:
    """Read ``text`` as JSON, strictly. Cost: linear.

    :param most: how many keys and values it may hold.
    :param refusals: empty; takes what is refused and can be read past. What is given back is not
        to be used then. Without it the first refusal is raised.
    :raises NotJsonError: when it is not JSON; it may be YAML.
    :raises DocumentError: when it is JSON that is refused.
    """
    return _JsonScanner(text, most, refusals).document()


class NotJsonError(Exception):
    """The text is no JSON; perhaps it is YAML."""


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
        if self._at != len(self._text):
            raise NotJsonError
        return value

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
                raise NotJsonError
            message, hint = f"{match[0]} is no number of JSON", f'as text write: "{match[0]}"'
            self._refuse(DocumentError("not-finite", message, at, hint))
        self._at = match.end()
        kinds = {"true": "boolean", "false": "boolean", "null": "null"}
        return Scalar(match[0], kinds.get(match[0], "number"), at, True)

    def _refuse(self, error: DocumentError) -> None:
        if self._refusals is None:
            raise error
        self._refusals.add(error)

    def _string(self) -> Scalar:
        at = self._here()
        try:
            text, end = scanstring(self._text, self._at + 1, True)
        except ValueError:
            raise NotJsonError from None
        if re.search("[\ud800-\udfff]", text):
            message = "half of a surrogate pair is refused"
            self._refuse(DocumentError("surrogate", message, at, "take it out"))
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
                raise NotJsonError
            key = self._string()
            self._count += 1
            self._skip()
            self._step(":")
            if key.text in entries:
                self._refuse(given_twice(key, entries[key.text][0]))
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
            raise NotJsonError
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
