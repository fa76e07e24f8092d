"""Edits of the text of a job file: what is written in place of a value, and where it ends."""

import re
from array import array
from collections.abc import Iterable

from nodeselect.documents.values import List, Position, Scalar, Value, double_quoted
from nodeselect.documents.yaml import scalar_kind
from nodeselect.jobs.check.rule import Finding
from nodeselect.problem import Fix

# Strings that need no quotes in YAML, also in its flow style; most others could do without, too.
_PLAIN = r"[A-Za-z0-9_](?:[\w./=!<> ()-]*[\w)])?"

# What is written in quotes is not longer.
_MAX_LENGTH = 400


def text_to_quote(value: Value) -> str | None:
    """Return the text of a number, a boolean or the like, which quotes make a string.

    Return None for other values, also for null, since it may mean that there is no value.
    """
    if isinstance(value, Scalar) and value.kind not in ("text", "null"):
        return value.text
    return None


def apply_edits(text: str, findings: Iterable[Finding]) -> str:
    """Return the text of a document after the edits of its findings.

    An edit is not made if the value contains escapes or comments, or if it overlaps another edit.
    """
    document = _Text(text)
    pieces, done = [], 0
    for start, end, new in sorted(filter(None, map(document.replacement, findings))):
        if start >= done:
            pieces += [text[done:start], new]
            done = end
    return "".join([*pieces, text[done:]])


class _Text:
    """The text of a document, in which values are found by their positions."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._line_starts = array("I", [0, *(match.end() for match in re.finditer("\n", text))])

    def replacement(self, finding: Finding) -> tuple[int, int, str] | None:
        """Return start and end of what the edit of a finding replaces, and the new text.

        Return None if the edit cannot be made safely.
        """
        text = finding.edit() if callable(finding.edit) else finding.edit
        mark = self._quote_of(finding.value)
        start = self._index(finding.value.position) - len(mark)
        end = self._end(finding.last or finding.value)
        if text is None or end is None:
            return None
        is_scalar = isinstance(finding.value, Scalar) and finding.last is None
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
