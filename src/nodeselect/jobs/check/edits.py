"""Edits of the text of a job file: what is written in place of a value, and where it ends."""

import re
from array import array
from collections.abc import Callable, Iterable
from typing import NamedTuple

from nodeselect.documents.values import DocumentError, List, Position, Scalar, Value, double_quoted
from nodeselect.documents.yaml import scalar_kind
from nodeselect.errors import SelectorError
from nodeselect.problem import Fix
from nodeselect.selectors import Selector

# Strings that need no quotes in YAML, also in its flow style; most others could do without, too.
_PLAIN = r"[A-Za-z0-9_](?:[\w./=!<> ()-]*[\w)])?"

# A list of values in an expression.
_BRACKETS = r"[(\[{][^()\[\]{}]*[)\]}]"

# What is written in quotes is not longer.
_MAX_LENGTH = 400

# A fix, or only its words, or a function that returns one of these and is called only if needed.
Hint = Fix | str | Callable[[], Fix | str | None] | None


class Edit(NamedTuple):
    """A correction: what to write in place of a value.

    :param first: the value.
    :param text: the string to write, with quotes if the value has them or the string needs them; or
        a fix, whose replacement is written as it is if it is certain; or a function that returns
        one of these, or None if the value cannot be corrected.
    :param last: if several neighbouring values are replaced together, the last of them; ``first``
        is the first. None if only ``first`` is replaced.
    """

    first: Value
    text: Hint
    last: Value | None = None


def quote(value: Value) -> Edit | None:
    """Return the edit that puts a number, a boolean or the like in quotes; None for other values.

    Null is not put in quotes, since it may mean that there is no value.
    """
    if isinstance(value, Scalar) and value.kind not in ("text", "null"):
        return Edit(value, value.text)
    return None


def quote_tag(error: DocumentError) -> Edit | None:
    """Return the edit that puts a YAML tag such as ``!debug`` in quotes, or None.

    It is right only if the tag is meant as an expression of a selector.

    :param error: the error about the tag; for other errors, the result is None.
    """
    text = error.fix and error.fix.replacement
    if text is None or not text.startswith('"!'):
        return None
    return Edit(Scalar(text[1:-1], "tag", error.position, True), text[1:-1])


def corrected_expression(error: SelectorError) -> str | None:
    """Return an invalid expression with its mistake corrected.

    Return None if it has several requirements, or if the fix is not certain.
    """
    fix, outside = error.fix, re.sub(_BRACKETS, "", error.source)
    if fix is None or not fix.is_certain or "," in outside:
        return None
    try:
        return fix.replacement if Selector.parse(fix.replacement or "").requirements else None
    except SelectorError:
        return None


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Return the text of a document after edits of its values.

    An edit is not made if the value contains escapes or comments, or if it overlaps another edit.
    """
    document = _Text(text)
    pieces, done = [], 0
    for start, end, new in sorted(filter(None, map(document.replacement, edits))):
        if start >= done:
            pieces += [text[done:start], new]
            done = end
    return "".join([*pieces, text[done:]])


class _Text:
    """The text of a document, in which values are found by their positions."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._line_starts = array("I", [0, *(match.end() for match in re.finditer("\n", text))])

    def replacement(self, edit: Edit) -> tuple[int, int, str] | None:
        """Return start and end of what an edit replaces, and the new text.

        Return None if the edit cannot be made safely.
        """
        text = edit.text() if callable(edit.text) else edit.text
        mark = self._quote_of(edit.first)
        start = self._index(edit.first.position) - len(mark)
        end = self._end(edit.last or edit.first)
        if text is None or end is None:
            return None
        is_scalar = isinstance(edit.first, Scalar) and edit.last is None
        if not is_scalar and "#" in self._text[start:end]:
            return None
        if isinstance(text, Fix):
            return (start, end, text.replacement or "") if text.is_certain else None
        if double_quoted(text, _MAX_LENGTH) is None:
            return None
        is_flow = self._text[start] in "[{"  # it may be JSON
        if not mark and (is_flow or not re.fullmatch(_PLAIN, text) or scalar_kind(text) != "text"):
            mark = '"'
        return start, end, f"{mark}{text}{mark}"

    def _index(self, position: Position) -> int:
        return self._line_starts[position.line] + position.column

    def _quote_of(self, value: Value) -> str:
        """Return the quote character around a value; an empty text if it has none."""
        if not isinstance(value, Scalar) or value.kind != "text":
            return ""
        start = self._index(value.position)
        before, after = self._text[max(start - 1, 0) : start], self._text[start + len(value.text) :]
        return before if before in ("'", '"') and after.startswith(before) else ""

    def _end(self, value: Value) -> int | None:
        """Return the index in the text at which a value ends; None if that is not certain."""
        start = self._index(value.position)
        if isinstance(value, Scalar):
            if not value.verbatim or not value.text:
                return None
            return start + len(value.text) + len(self._quote_of(value))
        inner = value.items if isinstance(value, List) else [v for _, v in value.entries.values()]
        end = self._end(inner[-1]) if inner else start + 1
        if end is None or self._text[start] not in "[{":
            return end
        closing = re.compile(r"[\s,]*[\]}]").match(self._text, end)
        return closing.end() if closing else None
