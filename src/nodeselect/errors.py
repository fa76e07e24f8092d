"""The exceptions of nodeselect, and the excerpt that shows the position of a mistake.

::

    NodeselectError
    ├── SelectorError     a selector is invalid                              (also a ValueError)
    ├── InventoryError    nodes cannot be read or contradict each other      (also a ValueError)
    └── JobError          a job document has problems                        (also a ValueError)

No exception of Lark, msgspec, PyYAML or another library leaves nodeselect. An argument of the wrong
type, such as a list instead of a string, raises :class:`TypeError`.
"""

import re
import unicodedata
from typing import NamedTuple

from nodeselect.text import display_width, prefix, printable

__all__ = [
    "InventoryError",
    "JobError",
    "NodeselectError",
    "Problem",
    "SelectorError",
    "excerpt",
]

# The width of an excerpt in terminal columns, without its indentation.
_EXCERPT_COLUMNS = 73


class NodeselectError(Exception):
    """The base class of all errors that nodeselect raises."""


class SelectorError(NodeselectError, ValueError):
    """A selector is invalid: its text, or a key, value or id that it was built from.

    ``str()`` returns the message, the line with carets under the mistake, and a suggested fix. It
    is safe to print: user text in it is escaped and truncated.

    :param code: the stable name of the mistake, such as ``not-in``; ``docs/language.md`` lists
        them.
    :param message: what is wrong, in one line.
    :param source: the text that has the mistake, as it was passed.
    :param span: start and end of the mistake in ``source``, in characters; both are
        ``len(source)`` if something is missing at the end.
    :param expected: what would be valid at ``span``, in words; may be empty.
    :param hint: a suggested fix, or None.
    :param place: the part of a structured selector that is invalid, such as
        ``match_expressions[2]``.
    """

    def __init__(
        self,
        code: str,
        message: str,
        source: str,
        span: tuple[int, int],
        *,
        expected: tuple[str, ...] = (),
        hint: str | None = None,
        place: str | None = None,
    ) -> None:
        super().__init__(code, message, source, span)
        self.code = code
        self.message = message
        self.source = source
        self.span = span
        self.expected = expected
        self.hint = hint
        self.place = place

    def at(self, place: str) -> "SelectorError":
        """Return a copy of the error with this ``place`` instead of its own."""
        return SelectorError(
            self.code, self.message, self.source, self.span,
            expected=self.expected, hint=self.hint, place=place,
        )  # fmt: skip

    def __str__(self) -> str:
        before = f"{self.place}: " if self.place else ""
        lines = [f"{before}{self.message}", *excerpt(self.source, self.span)]
        if self.hint:
            lines.append(f"  {self.hint}")
        return "\n".join(lines)


class InventoryError(NodeselectError, ValueError):
    """Nodes cannot be read or contradict each other. No node of the input was added.

    ``str()`` is safe to print.

    :param code: the stable name of the mistake, such as ``duplicate-id``.
    :param message: what is wrong, in one line.
    :param place: the file, the line or record, and the path inside it, as far as known.
    :param hint: a suggested fix, or None.
    """

    def __init__(
        self, code: str, message: str, *, place: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.place = place
        self.hint = hint

    def within(self, place: str) -> "InventoryError":
        """Return a copy of the error with ``place`` put before its own place."""
        inner = f"{place}: {self.place}" if self.place else place
        return InventoryError(self.code, self.message, place=inner, hint=self.hint)

    def __str__(self) -> str:
        before = f"{printable(self.place)}: " if self.place else ""
        after = f"\n  {self.hint}" if self.hint else ""
        return f"{before}{self.message}{after}"


class Problem(NamedTuple):
    """A mistake in a document, with its position.

    :param code: the stable name of the mistake.
    :param message: what is wrong, in one line.
    :param line: the line, from 1; 0 for the whole document.
    :param column: the column where the mistake begins, from 1; 0 for the whole document.
    :param path: the path in the document, such as ``selector.match_expressions[2]``; empty for the
        whole document.
    :param excerpt: the line of the document, and a second line with carets under the mistake.
    :param hint: a suggested fix, or None.
    :param severity: ``error`` or ``warning``.
    :param end_column: the column after the end of the mistake, from 1; 0 for the whole document.
    """

    code: str
    message: str
    line: int
    column: int
    path: str
    excerpt: tuple[str, ...]
    hint: str | None
    severity: str = "error"
    end_column: int = 0

    def show(self, file: str) -> str:
        """Return the problem as text that begins with ``file``, the name of the document."""
        place = f"{printable(file)}:{self.line}:{self.column}" if self.line else printable(file)
        path = f" at {printable(self.path)}" if self.path else ""
        lines = [f"{place}: {self.severity}[{self.code}]{path}: {self.message}", *self.excerpt]
        if self.hint:
            lines.append(f"  {self.hint}")
        return "\n".join(lines)


class JobError(NodeselectError, ValueError):
    """A job document has problems.

    ``str()`` is safe to print.

    :param file: the name of the document.
    :param problems: the first problems by position, 1 to ``LIMITS.reported_errors``.
    :param unreported: the number of further problems.
    """

    def __init__(self, file: str, problems: tuple[Problem, ...], unreported: int = 0) -> None:
        super().__init__(file, problems, unreported)
        self.file = file
        self.problems = problems
        self.unreported = unreported

    def __str__(self) -> str:
        shown = [problem.show(self.file) for problem in self.problems]
        if self.unreported:
            shown.append(f"{printable(self.file)}: and {self.unreported:,} more")
        return "\n".join(shown)


def excerpt(source: str, span: tuple[int, int]) -> list[str]:
    """Return the line of ``source`` in which ``span`` begins, and carets under the span.

    The line is escaped; if it is long, the text around the span is truncated. A tab becomes four
    spaces. If the span goes on in the next line, the carets end with its first line; an empty span
    gets one caret. If ``source`` is blank, the result is empty.
    """
    if not source.strip(" \t\r\n"):
        return []
    start, end = span
    if start == len(source):  # show the end of input after the last line that is not blank
        stripped = source.rstrip()
        start = len(stripped) if "\n" in source[len(stripped) :] else start
    while 0 < start < len(source) and unicodedata.combining(source[start]):
        start -= 1  # a combining mark is drawn on the character before it
    line_start = max(source.rfind("\n", 0, start), source.rfind("\r", 0, start)) + 1
    line_break = re.compile("[\r\n]").search(source, start)
    line_end = line_break.start() if line_break else len(source)
    end = max(min(end, line_end), start)
    # No more than this is shown: do not escape all of a very long line.
    most = 2 * _EXCERPT_COLUMNS
    before = _escape(source[max(line_start, start - most) : start])
    marked = _truncate_end(_escape(source[start:end][:most]), 2 * _EXCERPT_COLUMNS // 3)
    after = _escape(source[end:line_end][:most])
    room = _EXCERPT_COLUMNS - display_width(marked)
    before = _truncate_start(before, max(room // 2, room - display_width(after)))
    after = _truncate_end(after, room - display_width(before))
    carets = " " * display_width(before) + "^" * max(1, display_width(marked))
    return [f"  {before}{marked}{after}".rstrip(), f"  {carets}"]


def _escape(text: str) -> str:
    return printable(text.replace("\t", "    "))


def _truncate_end(text: str, columns: int) -> str:
    return text if display_width(text) <= columns else prefix(text, columns - 1) + "…"


def _truncate_start(text: str, columns: int) -> str:
    return _truncate_end(text[::-1], columns)[::-1]
