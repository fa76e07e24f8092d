"""The exceptions of nodeselect, and how they draw the place they speak of.

::

    NodeselectError
    ├── SelectorError     a selector text or a part of a selector is wrong   (also a ValueError)
    ├── InventoryError    nodes cannot be read, or contradict each other     (also a ValueError)
    └── JobError          a job document is wrong                            (also a ValueError)

No exception of Lark, msgspec, YAML or any other library leaves nodeselect. Wrong types handed in
by a program (a list where a string belongs) stay :class:`TypeError`.
"""

import unicodedata
from typing import NamedTuple

from nodeselect.text import display_width, printable, quoted

__all__ = [
    "InventoryError",
    "JobError",
    "NodeselectError",
    "Problem",
    "SelectorError",
    "excerpt",
    "found",
]

_WINDOW = 72
"""Columns of user text shown around a mistake."""


class NodeselectError(Exception):
    """The root: every error that nodeselect raises on purpose."""


class SelectorError(NodeselectError, ValueError):
    """A selector is wrong: its text, or a label, value or id it was made from.

    ``str()`` shows the message, the line with a caret under the offending characters, and what to
    write instead. It is safe to print: user text in it is escaped and cut.
    """

    code: str
    """Stable name of the mistake, such as ``not-in``; ``docs/language.md`` lists them."""
    message: str
    """What is wrong, in one line."""
    source: str
    """The text that holds the mistake, as it was given."""
    span: tuple[int, int]
    """Start and end of the mistake in ``source``, in characters; at the end of input both are
    ``len(source)``."""
    expected: tuple[str, ...]
    """What could have stood there, for people; empty where that says nothing."""
    hint: str | None
    """What to write instead, or None."""
    place: str | None
    """Which part of a structured selector it was, such as ``match_expressions[2]``."""

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
        super().__init__(message)
        self.code = code
        self.message = message
        self.source = source
        self.span = span
        self.expected = expected
        self.hint = hint
        self.place = place

    def at(self, place: str) -> "SelectorError":
        """Give the same error, said of ``place``."""
        return SelectorError(
            self.code, self.message, self.source, self.span,
            expected=self.expected, hint=self.hint, place=place,
        )  # fmt: skip

    def __reduce__(self) -> tuple[object, ...]:
        state = {"expected": self.expected, "hint": self.hint, "place": self.place}
        return type(self), (self.code, self.message, self.source, self.span), state

    def __str__(self) -> str:
        before = f"{self.place}: " if self.place else ""
        lines = [f"{before}{self.message}", *excerpt(self.source, self.span)]
        if self.hint:
            lines.append(f"  {self.hint}")
        return "\n".join(lines)


class InventoryError(NodeselectError, ValueError):
    """Nodes cannot be read, or contradict each other. Nothing of the input was taken.

    ``str()`` is safe to print.
    """

    code: str
    """Stable name of the mistake, such as ``duplicate-id``."""
    message: str
    """What is wrong, in one line."""
    place: str | None
    """Where: file, line or record, and path inside it, as far as they are known."""
    hint: str | None
    """What to do about it, or None."""

    def __init__(
        self, code: str, message: str, *, place: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.place = place
        self.hint = hint

    def within(self, place: str) -> "InventoryError":
        """Give the same error with ``place`` put before its own place."""
        inner = f"{place}: {self.place}" if self.place else place
        return InventoryError(self.code, self.message, place=inner, hint=self.hint)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.code, self.message), {"place": self.place, "hint": self.hint}

    def __str__(self) -> str:
        before = f"{printable(self.place)}: " if self.place else ""
        after = f"\n  {self.hint}" if self.hint else ""
        return f"{before}{self.message}{after}"


class Problem(NamedTuple):
    """One thing that is wrong with a document, at one place of it.

    :param code: stable name of the mistake.
    :param message: what is wrong, in one line.
    :param line: from 1; 0 when it is the document as a whole.
    :param column: from 1, in characters.
    :param path: in the document, such as ``selector.match_expressions[2]``; empty for the whole.
    :param excerpt: the text with carets under the mistake, line by line.
    :param hint: what to write instead, or None.
    :param severity: ``error`` or ``warning``.
    :param end_column: that behind the mistake, from 1; 0 when it is the document as a whole.
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
        """Give the problem as lines for people; ``file`` is what to call the document."""
        place = f"{printable(file)}:{self.line}:{self.column}" if self.line else printable(file)
        path = f" at {printable(self.path)}" if self.path else ""
        lines = [f"{place}: {self.severity}[{self.code}]{path}: {self.message}", *self.excerpt]
        if self.hint:
            lines.append(f"  {self.hint}")
        return "\n".join(lines)


class JobError(NodeselectError, ValueError):
    """A job document is wrong. It holds every problem found, in order of position."""

    file: str
    """What the document was called."""
    problems: tuple[Problem, ...]
    """What is wrong; at least one."""
    unreported: int
    """How many more there were beyond ``LIMITS.reported_errors``."""

    def __init__(self, file: str, problems: tuple[Problem, ...], unreported: int = 0) -> None:
        super().__init__(problems[0].message)
        self.file = file
        self.problems = problems
        self.unreported = unreported

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.file, self.problems, self.unreported)

    def __str__(self) -> str:
        shown = [problem.show(self.file) for problem in self.problems]
        if self.unreported:
            shown.append(f"{printable(self.file)}: and {self.unreported} more")
        return "\n".join(shown)


def excerpt(source: str, span: tuple[int, int]) -> list[str]:
    """Draw the line of ``source`` that ``span`` begins in, and carets under the span.

    User text is escaped and cut to a window around the span, tabs become four blanks, and wide
    characters count as two columns, so that the carets stand right on a terminal. A span that goes
    on into the next line is underlined to the end of its first; an empty one gets one caret.
    Nothing is drawn of a blank source.
    """
    if not source.strip(" \t\r\n"):
        return []
    start, end = span
    if start == len(source):  # the end of input stands behind the last line with text in it
        kept = source.rstrip()
        start = len(kept) if "\n" in source[len(kept) :] else start
    while 0 < start < len(source) and unicodedata.combining(source[start]):
        start -= 1  # it is drawn on the character before it
    line_start = max(source.rfind("\n", 0, start), source.rfind("\r", 0, start)) + 1
    line_end = min(
        (at for at in (source.find("\n", start), source.find("\r", start)) if at >= 0),
        default=len(source),
    )
    end = max(min(end, line_end), start)
    before = _shown(source[max(line_start, start - _WINDOW) : start])
    marked = _begin(_shown(source[start : min(end, start + _WINDOW)]), 2 * _WINDOW // 3)
    after = _shown(source[end : min(line_end, end + _WINDOW)])
    room = _WINDOW - display_width(marked)
    head = _end(before, max(room // 2, room - display_width(after)), start - line_start > _WINDOW)
    tail = _begin(after, room - display_width(head), line_end - end > _WINDOW)
    carets = " " * display_width(head) + "^" * max(1, display_width(marked))
    return [f"  {head}{marked}{tail}".rstrip(), f"  {carets}"]


def _begin(text: str, columns: int, more: bool = False) -> str:
    """Give the beginning of ``text`` that has room in so many columns."""
    fits = text
    while (
        display_width(fits) > max(columns, 0) + 1
    ):  # one more, since an ellipsis takes one as well
        fits = fits[: min(len(fits) - 1, columns)]
    return f"{fits}…" if more or fits != text else text


def _end(text: str, columns: int, more: bool) -> str:
    """Give the end of ``text`` that has room in so many columns."""
    fits = text
    while display_width(fits) > max(columns, 0) + 1:
        fits = fits[max(1, len(fits) - columns) :]
    return f"…{fits}" if more or fits != text else text


def _shown(text: str) -> str:
    return printable(text.replace("\t", "    "))


def found(text: str) -> str:
    """Name a piece of user text in a message: quoted, escaped, cut; or the end of input."""
    return quoted(text) if text else "the end"
