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

# A comma separates two requirements of an expression, unless it is within brackets.
_COMMA_OR_BRACKET = r"[,()\[\]{}]"

# Words of an expression that its correction replaces by an operator.
_OPERATORS = frozenset((
    *("in", "notin", "not", "is", "eq", "ne", "neq", "equals", "gt", "gte", "ge", "lt", "lte"),
    *("le", "exist", "exists", "null", "doesnotexist"),
))  # fmt: skip

# A list that has "&", as in (R&D), or ";" at an end: (a;) means no empty value.
_DOUBTFUL_LIST = r"[(\[{][^()\[\]{}]*&|[(\[{]\s*;|;\s*[)\]}]"

# A quoted word, not a piece of a longer one.
_QUOTED_WORD = r"(?<![\w./'\"-])(?:'([\w./-]+)'|\"([\w./-]+)\")(?![\w./'\"-])"

# An expression is not corrected if it is longer, or has more mistakes.
_MAX_LENGTH = 400
_MAX_MISTAKES = 10


# A fix, or only its words, or a function that returns one of these and is called only if needed.
Hint = Fix | str | Callable[[], Fix | str | None] | None


class Edit(NamedTuple):
    """A correction: what to write in place of a value, which is the only way to correct it.

    :param first: the value.
    :param text: the string to write, with quotes if the value has them or the string needs them; or
        a function that returns the string, or None if the value cannot be corrected.
    :param is_hint: whether ``text`` is a hint such as ``write: 5``, of which only what follows
        ``write:`` is written, as it is.
    :param last: if several neighbouring values are replaced together, the last of them; ``first``
        is the first. None if only ``first`` is replaced.
    """

    first: Value
    text: str | Callable[[], str | None] | Hint
    is_hint: bool = False
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
        if isinstance(text, Fix):
            text = text.replacement if text.is_certain else None
        mark = self._quote_of(edit.first)
        start = self._index(edit.first.position) - len(mark)
        end = self._end(edit.last or edit.first)
        if not text or end is None:
            return None
        is_scalar = isinstance(edit.first, Scalar) and edit.last is None
        if not is_scalar and "#" in self._text[start:end]:
            return None
        if edit.is_hint:
            return start, end, text
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


def corrected_expression(text: str) -> str | None:
    """Return an invalid expression with its operators and commas corrected.

    Return None if it is not certain what was meant.

    >>> corrected_expression("region not in (eu) && tier IN (a;b),"), corrected_expression("a || b")
    ('region notin (eu),tier in (a,b)', None)
    """
    if len(text) > _MAX_LENGTH:
        return None
    # "&" and ";" are never part of a valid key or value, but R&D may be meant as one.
    if re.search("[&;]", text):
        if re.search(_DOUBTFUL_LIST, text):
            return None
        text = ",".join(piece.strip() for piece in re.split("[&;]+", text))
        if _may_list_values(text):
            return None
    for _ in range(_MAX_MISTAKES):
        try:
            return text if Selector.parse(text).requirements else None
        except SelectorError as error:
            corrected = _correct(error)
        if corrected is None or corrected == text:
            return None
        text = corrected
    return None


def _correct(error: SelectorError) -> str | None:
    """Return the text of an expression with its first mistake corrected.

    Return None if it is not certain what was meant.

    :param error: the error about the mistake.
    """
    text, (start, end) = error.source, error.span
    match error.code:
        case "trailing-comma":
            return text.rstrip().removesuffix(",").rstrip()
        case "and":
            corrected = f"{text[:start].rstrip()},{text[end:].lstrip()}"
            return None if _may_list_values(corrected) else corrected
        case "doubled-comma":
            corrected = text[:start].rstrip() + text[end:]
            return None if _may_list_values(corrected) else corrected
        case "quotes":
            corrected = re.sub(_QUOTED_WORD, r"\1\2", text, flags=re.ASCII)
            is_sure = not re.search("['\"]", corrected) and not _may_list_values(corrected)
            return corrected if is_sure else None
    if error.fix is None or error.fix.replacement is None or not error.fix.is_certain:
        return None
    requirement = error.fix.replacement
    pieces = list(_requirements(text))
    if len(pieces) == 1:
        return requirement
    for first, last in pieces:
        if first <= start <= last:
            has_integer = error.code in ("or-equal", "word-operator")  # x>=5 is x>4
            if _words(text[first:last], has_integer) != _words(requirement, has_integer):
                return None
            return f"{text[:first]}{requirement}{text[last:]}"
    return None


def _requirements(text: str) -> Iterable[tuple[int, int]]:
    """Yield start and end of each requirement of an expression: the text between its commas.

    Commas in brackets do not count. The expression may be invalid.
    """
    start, is_outside = 0, True
    for sign in re.finditer(_COMMA_OR_BRACKET, text):
        if sign[0] != ",":
            is_outside = sign[0] in ")]}"
        elif is_outside:
            yield start, sign.start()
            start = sign.end()
    yield start, len(text)


def _may_list_values(text: str) -> bool:
    """Return whether a requirement after a comma is a single word, and may be meant as a value.

    Whoever writes ``x=a,b`` may mean ``x in (a,b)``, but it means ``x=a`` and that ``b`` exists.
    """
    words = [text[first:last].strip() for first, last in _requirements(text)]
    return any(re.fullmatch(r"[\w./-]+", word, re.ASCII) for word in words[1:])


def _words(requirement: str, has_integer: bool) -> set[str]:
    """Return the words of a requirement that are its key and values, not operators.

    :param has_integer: whether to leave out integers, too.
    """
    words = set(re.findall(r"[\w./-]+", requirement, re.ASCII))
    return {
        word
        for word in words
        if word.lower() not in _OPERATORS and not (has_integer and word.isdigit())
    }
