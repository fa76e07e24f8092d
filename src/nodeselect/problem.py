"""Problems: what is wrong, where, and what to write instead; and how to draw them as text.

::

    error[not-in]: 'not in' is written 'notin'
     --> job.yaml:4:31 at selector.match_expressions[0]
      |
    4 |   match_expressions: ["region not in (eu)"]
      |                               ^^^^^^
    help: write: region notin (eu)
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple, Protocol

from nodeselect.text import display_width, prefix, printable

Style = Literal["heading", "error", "warning", "gutter", "help"]

# The width of an excerpt in terminal columns, if a drawing has so much room.
_EXCERPT_COLUMNS = 73


class Place(NamedTuple):
    """Where a mistake is, as far as it is known.

    :param file: the name of the file; empty if it has none.
    :param line: the line, from 1; 0 if it is unknown.
    :param column: the column, from 1; 0 if it is unknown.
    :param path: the path in the file or the line, such as ``nodes[3].labels``; may be empty.
    """

    file: str = ""
    line: int = 0
    column: int = 0
    path: str = ""

    def __bool__(self) -> bool:
        return any(self)

    def __str__(self) -> str:
        """Return the place in words: ``nodes.json: line 3, column 7: labels.gpu``."""
        line = f"line {self.line}" if self.line else ""
        column = f", column {self.column}" if self.column else ""
        return ": ".join(filter(None, (self.file, line + column, self.path)))

    def within(self, outer: "Place") -> "Place":
        """Return this place, which is relative to ``outer``, as an absolute place.

        If ``outer`` is more than a file, this place becomes part of its path: ``event 2: line 3``.
        """
        if outer.line or outer.path:
            return outer._replace(path=": ".join(filter(None, (outer.path, str(self)))))
        return self._replace(file=outer.file)


class Fix(NamedTuple):
    """What to do about a mistake.

    :param text: what to do, in words, with the replacement at the end if there is one.
    :param replacement: what to write instead of the mistake, or a command to run; it can be pasted.
        None if there are only words.
    :param is_certain: whether the replacement is surely right, and not only an example.
    """

    text: str
    replacement: str | None = None
    is_certain: bool = False

    @classmethod
    def of(cls, hint: "Fix | str | None") -> "Fix | None":
        """Return a fix as it is, or the fix that has only these words; None if there are none."""
        return cls(hint) if isinstance(hint, str) else hint

    @classmethod
    def write(cls, replacement: str, words: str = "write", *, is_certain: bool = False) -> "Fix":
        """Return the fix ``write: replacement``.

        :param words: other words before the colon, such as ``for seconds, write`` or ``run``.
        """
        return cls(f"{words}: {replacement}", replacement, is_certain)


class Problem(NamedTuple):
    """A mistake in a document, with its position.

    :param code: the stable name of the mistake.
    :param message: what is wrong, in one line.
    :param line: the line, from 1; 0 for the whole document.
    :param column: the column where the mistake begins, from 1; 0 for the whole document.
    :param path: the path in the document, such as ``selector.match_expressions[2]``; empty for the
        whole document.
    :param excerpt: the line of the document, and a second line with carets under the mistake.
    :param fix: a suggested fix, or None.
    :param severity: ``error`` or ``warning``.
    :param end_column: the column after the end of the mistake, from 1; 0 for the whole document.
    :param is_verbatim: whether the excerpt is a line of the document, and not the text of a value
        without its quotes and escapes.
    """

    code: str
    message: str
    line: int = 0
    column: int = 0
    path: str = ""
    excerpt: tuple[str, ...] = ()
    fix: Fix | None = None
    severity: str = "error"
    end_column: int = 0
    is_verbatim: bool = True

    @property
    def hint(self) -> str | None:
        """The words of the fix, or None."""
        return self.fix and self.fix.text

    def show(self, file: str) -> str:
        """Return the problem as text.

        :param file: the name of the document.
        """
        return "\n".join(draw(self, self.place(file)))

    def place(self, file: str) -> str:
        """Return where the problem is: ``file:line:column``, or ``file`` if there is no line."""
        known = [str(number) for number in (self.line, self.column) if number]
        return ":".join([printable(file), *known])


class Canvas(Protocol):
    """What a problem is drawn on: a width, and how text is escaped, styled and wrapped."""

    @property
    def columns(self) -> int:
        """The width in terminal columns."""

    def escape(self, text: str) -> str:
        """Return text, with unprintable characters escaped."""

    def style(self, text: str, style: Style) -> str:
        """Return ``text``, which must be escaped already, in a style such as bold."""

    def wrap(self, text: str, *, indent: int = 0, hang: int = 0) -> Iterator[str]:
        """Escape a text and yield its lines, broken to fit the width.

        :param indent: how many blanks are before each line.
        :param hang: how many more blanks are before all lines except the first.
        """


class _Plain:
    """The canvas for the text of an exception: it has no colours, and breaks no lines."""

    columns = 80
    escape = staticmethod(printable)

    def style(self, text: str, style: Style) -> str:
        """Return ``text``."""
        return text

    def wrap(self, text: str, *, indent: int = 0, hang: int = 0) -> Iterator[str]:
        """Yield a single line."""
        yield " " * indent + printable(text)


PLAIN: Canvas = _Plain()


def draw(
    problem: Problem, place: str, canvas: Canvas = PLAIN, *, others: str = ""
) -> Iterator[str]:
    """Yield the lines of a problem: its message, the excerpt with carets, and the hint.

    :param place: where the problem is, such as ``file:line:column``; empty if that is unknown.
    :param others: words for equal problems that are not drawn, such as ``12 more``.
    """
    severity: Style = "warning" if problem.severity == "warning" else "error"
    label = f"{problem.severity}[{problem.code}]"
    first, *rest = canvas.wrap(f"{label}: {problem.message}", hang=2)
    yield canvas.style(first[: len(label)], severity) + canvas.style(first[len(label) :], "heading")
    yield from (canvas.style(line, "heading") for line in rest)
    shown = problem.excerpt
    number = str(problem.line) if shown and problem.is_verbatim else " "
    if place:
        yield from _location(" " * len(number) + "--> ", place, problem.path, others, canvas)
    if shown:
        line, carets = _fit(shown, canvas.columns - len(number) - 3, canvas.escape)
        indent = " " * (len(carets) - carets.count("^"))
        gutter = canvas.style(" " * len(number) + " |", "gutter")
        yield gutter
        yield f"{canvas.style(f'{number} |', 'gutter')} {line}".rstrip()
        yield f"{gutter} {indent}{canvas.style(carets.lstrip(), severity)}"
    if problem.fix:
        first, *rest = _wrap_fix(problem.fix, canvas)
        yield canvas.style("help", "help") + first.removeprefix("help")
        yield from rest


def _wrap_fix(fix: Fix, canvas: Canvas) -> Iterator[str]:
    """Yield the escaped lines of a fix; its replacement is not broken, so that it can be pasted."""
    lines = list(canvas.wrap(f"help: {fix.text}", hang=6))
    text, pasted = map(canvas.escape, (fix.text, fix.replacement or ""))
    if pasted and text.endswith(pasted) and not any(pasted in line for line in lines):
        words = text.removesuffix(pasted).rstrip()
        lines = [*canvas.wrap(f"help: {words}", hang=6), " " * 6 + pasted]
    yield from lines


def _location(arrow: str, place: str, path: str, others: str, canvas: Canvas) -> Iterator[str]:
    """Yield the line with the place and path of a problem, or more lines if it is too long.

    The place itself is never broken: terminals and editors open a file at it.
    """
    lines = [canvas.escape(place)]
    for word, text in (("at", path), ("and", others)):
        longer = f"{lines[-1]} {word} {canvas.escape(text)}"
        if text and len(arrow) + display_width(longer) <= canvas.columns:
            lines[-1] = longer
        elif text:
            wrapped = canvas.wrap(text, indent=len(arrow))
            lines.extend(line[len(arrow) :] for line in wrapped)
    yield canvas.style(arrow, "gutter") + lines[0]
    yield from (" " * len(arrow) + line for line in lines[1:])


def excerpt(
    source: str,
    span: tuple[int, int],
    columns: int = _EXCERPT_COLUMNS,
    escape: Callable[[str], str] = printable,
) -> tuple[str, ...]:
    """Return two texts: the line of ``source`` in which ``span`` begins, and carets under the span.

    The line is escaped; if it is wider than ``columns``, the text around the span is truncated. A
    tab becomes four spaces. If the span continues in the next line, the carets end with its first
    line; an empty span gets one caret. If ``source`` is blank, the result is empty.
    """
    if not source.strip(" \t\r\n"):
        return ()
    start, end = _visible_start(source, span[0]), span[1]
    line_start = _line_start(source, start)
    line_break = re.compile("[\r\n]").search(source, start)
    line_end = line_break.start() if line_break else len(source)
    end = max(min(end, line_end), start)
    # No more than this is shown: do not escape all of a very long line.
    most = 2 * columns
    before = _escape(source[max(line_start, start - most) : start], escape)
    marked = _truncate_end(_escape(source[start:end][:most], escape), 2 * columns // 3, escape)
    after = _escape(source[end:line_end][:most], escape)
    room = columns - max(1, display_width(marked))
    left = max(room // 2, room - display_width(after))
    before = _truncate_end(before[::-1], left, escape)[::-1]
    after = _truncate_end(after, room - display_width(before), escape)
    carets = " " * display_width(before) + "^" * max(1, display_width(marked))
    return f"{before}{marked}{after}", carets


def position(source: str, start: int) -> tuple[int, int]:
    """Return the line and the column, from 1, at which :func:`excerpt` shows a mistake."""
    start = _visible_start(source, start)
    line_start = _line_start(source, start)
    breaks = re.findall("\r\n|[\r\n]", source[:line_start])
    return len(breaks) + 1, start - line_start + 1


def _visible_start(source: str, start: int) -> int:
    """Return the index at which to show a mistake that begins at ``start``.

    It is moved to the left of trailing blank lines and of a combining mark, which cannot be marked.
    """
    if start == len(source):  # show the end of input after the last line that is not blank
        stripped = source.rstrip()
        start = len(stripped) if "\n" in source[len(stripped) :] else start
    while 0 < start < len(source) and unicodedata.combining(source[start]):
        start -= 1  # a combining mark is drawn on the character before it
    return start


def _line_start(source: str, start: int) -> int:
    return max(source.rfind("\n", 0, start), source.rfind("\r", 0, start)) + 1


def _fit(shown: tuple[str, ...], columns: int, escape: Callable[[str], str]) -> tuple[str, ...]:
    """Return an excerpt, which is a line and its carets, truncated and escaped for a screen."""
    line, carets = shown
    if escape(line) == line and max(display_width(line.rstrip()), len(carets)) <= columns:
        return shown
    marks = carets.count("^")
    before = prefix(line, len(carets) - marks)
    marked = prefix(line[len(before) :], marks)
    return excerpt(line, (len(before), len(before) + len(marked)), columns, escape)


def _escape(text: str, escape: Callable[[str], str]) -> str:
    return escape(text.replace("\t", "    "))


def _truncate_end(text: str, columns: int, escape: Callable[[str], str]) -> str:
    if display_width(text) <= columns:
        return text
    ellipsis = escape("…")
    return prefix(text, columns - len(ellipsis)) + ellipsis
