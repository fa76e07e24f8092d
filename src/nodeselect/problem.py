"""Problems: what is wrong, where, and what to write instead. Draw them as lines of text.

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
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache
from typing import Literal, NamedTuple, Protocol, TypeAlias

from nodeselect.text import display_width, prefix, printable, quoted

Style = Literal["heading", "error", "warning", "gutter", "help"]

# The severities of problems, the worst first, and their styles.
STYLES: dict[str, Style] = {"error": "error", "warning": "warning", "note": "help"}
SEVERITIES = tuple(STYLES)

TEMPLATE_HINT = "fill in the template before using the file"
TEMPLATE_TEXT = (
    r"\$\{[^}\n]*\}?|\{\{(?:(?!\}\})[^\n])*+(?:\}\})?|\{[A-Za-z_]\w+\}|<[A-Za-z][\w .:-]*>"
)
"""A pattern of the templates and placeholders that people fill in."""

# The width of an excerpt in terminal columns, if a drawing has so much room.
_EXCERPT_COLUMNS = 73


class Key(str):
    """A key that users choose, such as that of a label, in a :data:`Path`."""

    __slots__ = ()


Path: TypeAlias = tuple[str | int, ...]
"""Where a value is in a document: names of fields, keys, and numbers of items from 0."""


def path_text(path: Path) -> str:
    """Return a path as text, in which long names are cut: ``terms[0].labels['region']``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f"[{quoted(step)}]" if isinstance(step, Key) else f".{printable(step[:60])}"
    return text.removeprefix(".")


class Place(NamedTuple):
    """The position of a mistake, as far as it is known.

    :param file: the name of the file; empty if it has none.
    :param line: from 1; 0 if unknown.
    :param column: from 1; 0 if unknown.
    :param path: the path in the file or line, such as ``nodes[3].labels``; empty if unknown.
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
        """Return this place as an absolute place; until now it is relative to ``outer``.

        If ``outer`` has more than a file, append this place to its path: ``event 2: line 3``.
        """
        if outer.line or outer.path:
            return outer._replace(path=": ".join(filter(None, (outer.path, str(self)))))
        return self._replace(file=outer.file)


class Fix(NamedTuple):
    """What the user can do about a mistake.

    :param text: what to do, in words; ends with the replacement if there is one.
    :param replacement: a text to write instead, or a command to run; None if there are only words.
    :param is_certain: whether the replacement is certainly right, and not only an example.
    """

    text: str
    replacement: str | None = None
    is_certain: bool = False

    @classmethod
    def of(cls, hint: "Fix | str | None") -> "Fix | None":
        """Return ``hint`` if it is a fix or None; for a text, return a fix with these words."""
        return cls(hint) if isinstance(hint, str) else hint

    @classmethod
    def write(cls, replacement: str, words: str = "write", *, is_certain: bool = False) -> "Fix":
        """Return a fix with the text ``write: replacement``.

        :param words: the words before the colon, such as ``for seconds, write`` or ``run``.
        """
        return cls(f"{words}: {replacement}", replacement, is_certain)


def suggest_word(text: str, words: Iterable[str], written: Collection[str] = ()) -> Fix | None:
    """Return a fix with the word that is most similar to ``text``; None if no word is similar.

    :param written: words that are there already and must not be repeated; if the similar word is
        one of these, the fix says to merge the two or to remove one.
    """
    from nodeselect.similarity import similar_name  # compiles patterns

    close = similar_name(text[:60].lower(), words)
    if close in written:
        return Fix(f"'{close}' is there already: merge the two, or remove one of them")
    return None if close is None else Fix(f"did you mean '{close}'?", close)


@lru_cache(256)  # the objects of a list have few different sets of fields
def find_typo(fields: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, Fix] | None:
    """Return the first field that is probably a typo of one of ``names`` that is missing."""
    missing = [name for name in names if name not in fields]
    fixes = ((field, suggest_word(field, missing)) for field in fields if field not in names)
    return next(((field, fix) for field, fix in fixes if fix), None)


class Problem(NamedTuple):
    """A mistake in a document, with its position.

    :param code: the stable name of the mistake.
    :param message: what is wrong, in one line.
    :param line: from 1; 0 for the whole document, as for both columns.
    :param column: where the mistake begins, from 1.
    :param path: such as ``selector.match_expressions[2]``; empty for the whole document.
    :param excerpt: a line of the document and a line with carets under the mistake; or empty.
    :param fix: a suggested fix, or None.
    :param severity: ``error``, ``warning`` or ``note``.
    :param end_column: the column after the end of the mistake.
    :param is_verbatim: whether the excerpt is an exact line of the document, not a decoded value.
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
        """The words of the fix; None if there is no fix."""
        return self.fix and self.fix.text

    def show(self, file: str) -> str:
        """Return the problem as text of several lines; ``file`` is the name of the document."""
        return "\n".join(draw(self, self.place(file)))

    def place(self, file: str) -> str:
        """Return the place as text: ``file:line:column``, or ``file`` if the line is unknown."""
        known = [str(number) for number in (self.line, self.column) if number]
        return ":".join([printable(file), *known])


class Canvas(Protocol):
    """A medium for problems, such as a terminal: its width; how to escape, style and wrap text.

    What a medium does not define is as in the text of an exception: no styles, no wrapped lines.
    """

    @property
    def columns(self) -> int:
        """The width in terminal columns."""

    def escape(self, text: str) -> str:
        """Return ``text`` with unprintable characters escaped."""
        return printable(text)

    def style(self, text: str, style: Style) -> str:
        """Return ``text`` in a style such as bold. The text must already be escaped."""
        return text

    def wrap(self, text: str, *, indent: int = 0, hang: int = 0) -> Iterator[str]:
        """Escape ``text``, and yield its lines, with ``indent`` spaces; all but the first hang."""
        yield " " * indent + printable(text)


class _Plain(Canvas):
    columns = 80


PLAIN: Canvas = _Plain()


def draw(
    problem: Problem, place: str, canvas: Canvas = PLAIN, *, others: str = ""
) -> Iterator[str]:
    """Yield the lines of a problem: its message, the excerpt with carets, and the hint.

    :param place: where the problem is, such as ``file:line:column``; empty if that is unknown.
    :param others: words for the equal problems that are not shown, such as ``12 more``.
    """
    severity = STYLES[problem.severity]
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
    """Yield the escaped, wrapped lines of a fix; the replacement stays on one line, for pasting."""
    lines = list(canvas.wrap(f"help: {fix.text}", hang=6))
    text, pasted = map(canvas.escape, (fix.text, fix.replacement or ""))
    if pasted and text.endswith(pasted) and not any(pasted in line for line in lines):
        words = text.removesuffix(pasted).rstrip()
        lines = [*canvas.wrap(f"help: {words}", hang=6), " " * 6 + pasted]
    yield from lines


def _location(arrow: str, place: str, path: str, others: str, canvas: Canvas) -> Iterator[str]:
    """Yield the place, the path and ``others`` in one line, or in several if that is too long.

    The place is never wrapped, because terminals and editors use it as a link to the file.
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
    """Return two texts: the line of ``source`` where ``span`` begins, and carets under the span.

    The line is escaped; a tab becomes four spaces. If the line is wider than ``columns``, the text
    around the span is truncated. If the span continues in the next line, the carets are only under
    its first line. An empty span gets one caret. If ``source`` is blank, return an empty tuple.
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
    """Return line and column, from 1, of the character above the first caret of :func:`excerpt`."""
    start = _visible_start(source, start)
    line_start = _line_start(source, start)
    breaks = re.findall("\r\n|[\r\n]", source[:line_start])
    return len(breaks) + 1, start - line_start + 1


def _visible_start(source: str, start: int) -> int:
    """Return the index at or before ``start`` that can be shown: not a final blank line."""
    if start == len(source):  # show the end of input after the last line that is not blank
        stripped = source.rstrip()
        start = len(stripped) if "\n" in source[len(stripped) :] else start
    while 0 < start < len(source) and unicodedata.combining(source[start]):
        start -= 1  # a combining mark is drawn on the character before it
    return start


def _line_start(source: str, start: int) -> int:
    return max(source.rfind("\n", 0, start), source.rfind("\r", 0, start)) + 1


def _fit(shown: tuple[str, ...], columns: int, escape: Callable[[str], str]) -> tuple[str, ...]:
    """Return an excerpt (a line and its carets) escaped, and truncated to ``columns``."""
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
