"""Layout of reports: lines, tables and bars on a screen, Markdown, JSON."""

import json
import os
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple, TextIO

from nodeselect.text import display_width, prefix, printable, truncate

__all__ = [
    "PROBLEM_FORMATS",
    "REPORT_FORMATS",
    "Markdown",
    "Screen",
    "align_columns",
    "detect_screen",
    "is_colour_wanted",
    "json_lines",
    "report_lines",
]

REPORT_FORMATS = ("text", "json", "markdown")
PROBLEM_FORMATS = ("text", "json", "github", "sarif")

# Characters of user text in Markdown; the rest of a longer one is cut off.
_CODE_LENGTH = 200

# The last two would make a link of an address. A table escapes its pipes.
_MARKDOWN_SIGNS = re.compile(r"[\\`*_\[\]<>~&$@#]|:(?=//)|(?<=www)[.]")

# Eighths of a column.
_BLOCKS = " ▏▎▍▌▋▊▉█"

# Text that is unambiguous without quotes.
_PLAIN = re.compile(r"[^\s,()\"'…]+")

# A word that is wider than a line is broken after one of these, if it has any.
_BREAKS = ",/="

# Columns that the wrapped last column of a table needs beside the others.
_LAST_COLUMN = 30

# Columns below which a table does not truncate its cells.
_SHORTEST_CELL = 12

_STYLES = {"heading": "\x1b[1m", "advice": "\x1b[32m\x1b[1m"}


class Screen(NamedTuple):
    """What a report is laid out for.

    Methods that return text return it escaped, and in ASCII if the screen has nothing else.
    """

    columns: int = 80
    ascii_only: bool = False
    colour: bool = False

    def escape(self, text: str) -> str:
        """Return text without characters that this screen cannot show or would interpret."""
        text = printable(text)
        if self.ascii_only and not text.isascii():
            return text.replace("…", "...").encode("ascii", "backslashreplace").decode("ascii")
        return text

    def code(self, text: str) -> str:
        """Return user text as it is, for a sentence or a cell."""
        return self.escape(text)

    def prose(self, text: str) -> str:
        """Return a sentence that has user text in it."""
        return self.escape(text)

    def style(self, text: str, style: Literal["heading", "advice"]) -> str:
        """Return escaped text in a style; unchanged on a screen without colour."""
        return f"{_STYLES[style]}{text}\x1b[0m" if self.colour and text else text

    def bar(self, part: int, whole: int, columns: int = 20) -> str:
        """Draw ``part`` of ``whole`` as a bar of at most ``columns``; only 0 leaves no trace."""
        eighths = -(-part * columns * 8 // whole) if whole else 0
        if self.ascii_only:
            return "#" * -(-eighths // 8)
        return "█" * (eighths // 8) + _BLOCKS[eighths % 8].strip()

    def truncate(self, text: str, columns: int) -> str:
        """Return text, or its beginning and its end around an ellipsis.

        Ids, label keys and file names that look alike often differ at the end.
        """
        text = self.escape(text)
        if display_width(text) <= columns:
            return text
        ellipsis = self.escape("…")
        room = columns - len(ellipsis)
        end = prefix(text[::-1], room // 2)[::-1]
        return prefix(text, room - display_width(end)) + ellipsis + end

    def word(self, text: str, columns: int = 40) -> str:
        """Return user text as one word: truncated in the middle, and quoted if it has blanks or
        signs that would make it look like several."""
        if _PLAIN.fullmatch(self.escape(text)):
            return self.truncate(text, columns)
        return f'"{self.truncate(text, columns - 2)}"'

    def wrap(self, text: str, *, indent: int = 0, hang: int = 0) -> Iterator[str]:
        """Yield text in lines that fit: broken at blanks, and inside words wider than a line.

        :param indent: blanks before the first line.
        :param hang: additional blanks before the other lines.
        """
        line = " " * indent
        is_empty = True
        for word in self.escape(text).split(" "):
            if not is_empty and display_width(line) + 1 + display_width(word) > self.columns:
                yield line
                line, is_empty = " " * (indent + hang), True
            while is_empty and len(line) + display_width(word) > self.columns:
                piece = prefix(word, self.columns - len(line)) or word[:1]
                piece = piece[: max(map(piece.rfind, _BREAKS)) + 1] or piece
                word = word[len(piece) :]
                if not word:
                    word = piece
                    break
                yield line + piece
                line = " " * (indent + hang)
            line += word if is_empty else f" {word}"
            is_empty = False
        if not is_empty:
            yield line

    def title(self, text: str) -> Iterator[str]:
        """Yield the lines of the most important sentence of a report."""
        return (self.style(line, "heading") for line in self.wrap(text, hang=2))

    def paragraph(self, text: str) -> Iterator[str]:
        """Yield the lines of a sentence."""
        return self.wrap(text, hang=2)

    def section(self, title: str, lines: Iterable[str]) -> Iterator[str]:
        """Yield lines below a heading."""
        yield from self.title(title)
        yield from lines

    def bullets(self, items: Iterable[str]) -> Iterator[str]:
        """Yield the lines of a list."""
        return (line for item in items for line in self.wrap(item, indent=2, hang=2))

    def table(
        self,
        heads: Sequence[str],
        rows: Iterable[Sequence[str]],
        right: Collection[int] = (),
        *,
        wrap_last: bool = False,
    ) -> Iterator[str]:
        """Yield rows of cells in columns that fit the screen.

        Cells of the first column are truncated in the middle if there is too little room.

        :param right: columns whose cells are aligned to the right.
        :param wrap_last: wrap the cells of the last column; they are on lines of their own, below
            the others, if there is little room.
        """
        cells = [[self.escape(cell) for cell in row] for row in (heads, *rows)]
        last = [row.pop() if wrap_last else "" for row in cells]
        first, *others = _column_widths(cells)
        room = self.columns - sum(others) - 2 * len(others)
        longest = max(map(display_width, last))
        least = min(first, max(self.columns // 3, _SHORTEST_CELL))
        is_beside = wrap_last and room - 2 - least >= min(longest, _LAST_COLUMN)
        if is_beside:
            room = max(least, room - 2 - longest)
        for row in cells:
            row[0] = self.truncate(row[0], max(room, _SHORTEST_CELL))
        indent = sum(_column_widths(cells)) + 2 * len(cells[0]) if is_beside else 2
        for number, line in enumerate(align_columns(cells, right)):
            lines = list(self.wrap(last[number], indent=indent)) if last[number] else []
            if is_beside and lines:
                lines[0] = line + " " * (indent - display_width(line)) + lines[0][indent:]
            else:
                lines.insert(0, line)
            yield from (self.style(line, "heading") for line in lines) if number == 0 else lines


class Markdown(Screen):
    """A report in GitHub's dialect of Markdown, which has no lines to fit."""

    __slots__ = ()

    def code(self, text: str) -> str:
        """Return user text, truncated, as code."""
        text = truncate(printable(text[: _CODE_LENGTH + 1]), _CODE_LENGTH) or '""'
        fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
        pad = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
        return f"{fence}{pad}{text}{pad}{fence}"

    def word(self, text: str, columns: int = 0) -> str:
        """Return user text, truncated, as code."""
        return self.code(text)

    def prose(self, text: str) -> str:
        """Return a sentence in which no sign of user text has a meaning in Markdown."""
        return _MARKDOWN_SIGNS.sub(r"\\\g<0>", printable(text))

    def title(self, text: str) -> Iterator[str]:
        """Yield a bold sentence."""
        yield f"**{text}**"

    def paragraph(self, text: str) -> Iterator[str]:
        """Yield a sentence."""
        yield text

    def section(self, title: str, lines: Iterable[str]) -> Iterator[str]:
        """Yield lines below a bold heading."""
        yield from (f"**{title}**", "", *lines)

    def bullets(self, items: Iterable[str]) -> Iterator[str]:
        """Yield the lines of a list."""
        return (f"- {item}" for item in items)

    def table(
        self,
        heads: Sequence[str],
        rows: Iterable[Sequence[str]],
        right: Collection[int] = (),
        *,
        wrap_last: bool = False,
    ) -> Iterator[str]:
        """Yield the lines of a table."""
        rule = ["--:" if at in right else "---" for at in range(len(heads))]
        for row in (heads, rule, *rows):
            # GitHub reads a pipe after a backslash as the end of the cell, too.
            cells = (cell.replace("\\|", r"\\x7c").replace("|", r"\|") for cell in row)
            yield f"| {' | '.join(cells)} |"


def report_lines(
    output: str,
    screen: Screen,
    as_dict: Callable[[], dict[str, Any]],
    blocks: Callable[[Screen], Iterable[Iterable[str]]],
) -> Iterator[str]:
    """Yield the lines of a report.

    :param output: one of ``REPORT_FORMATS``.
    :param as_dict: returns the report as JSON values.
    :param blocks: yields the parts of the report, between which there are blank lines.
    """
    if output == "json":
        yield from json_lines(as_dict())
        return
    is_markdown = output == "markdown"
    for number, block in enumerate(blocks(Markdown(screen.columns) if is_markdown else screen)):
        if number:
            yield ""
        yield from block
    if is_markdown:
        yield ""  # so that another report can be appended


def detect_screen() -> Screen:
    """Return the screen that standard output is.

    Its width is that of COLUMNS, of the terminal, or 80. A stream that cannot encode blocks gets
    ASCII.
    """
    ascii_only = False
    try:
        columns = int(os.environ.get("COLUMNS") or 0)
        columns = columns or os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError, AttributeError):  # no number; not a terminal, closed, or no file
        columns = 0
    try:
        "█…".encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except UnicodeEncodeError:
        ascii_only = True
    return Screen(max(columns or 80, 20), ascii_only, is_colour_wanted(sys.stdout))


def is_colour_wanted(stream: TextIO | None) -> bool:
    """Return whether ``stream`` is a terminal, and neither NO_COLOR nor TERM=dumb is set."""
    declined = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return not declined and stream is not None and stream.isatty()


def align_columns(
    rows: Sequence[Sequence[str]], right: Collection[int] = (), *, gap: int = 2
) -> Iterator[str]:
    """Yield rows of escaped cells as lines in columns, ``gap`` blanks apart."""
    widths = _column_widths(rows)
    for row in rows:
        cells = []
        for number, (cell, width) in enumerate(zip(row, widths, strict=True)):
            blanks = " " * (width - display_width(cell))
            cells.append(blanks + cell if number in right else cell + blanks)
        yield (" " * gap).join(cells).rstrip()


def _column_widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(display_width, column)) for column in zip(*rows, strict=True)]


def json_lines(value: dict[str, Any]) -> list[str]:
    """Return the lines of a JSON document, all ASCII."""
    text = json.dumps(value, indent=2)
    return text.replace("\x7f", "\\u007f").split("\n")  # the one control that json leaves
