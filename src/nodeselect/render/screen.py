"""Lay out reports: as lines, tables and bars on a screen, as Markdown, or as JSON."""

import json
import os
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any, Literal, NamedTuple, TextIO, TypeAlias

from nodeselect.explain.wording import not_considered_text
from nodeselect.problem import Style as ProblemStyle
from nodeselect.text import display_width, prefix, printable, truncate

REPORT_FORMATS = ("text", "json", "markdown")
TABLE_FORMATS = (*REPORT_FORMATS, "csv")
PROBLEM_FORMATS = ("text", "concise", "json", "github", "sarif")
SELECTOR_FORMATS = ("text", "job", "label-selector", "pod-spec", "bacalhau", "json")

# Text in Markdown is truncated to this many characters, unless a place has its own limit.
_CODE_LENGTH = 320

# So is a word on a screen; values that a selector can contain are not longer.
_WORD_COLUMNS = 63

# What to escape in Markdown. The last two would make a link of an address; tables escape pipes.
_MARKDOWN_SIGNS = r"[\\`*_\[\]<>~&$@#]|:(?=//)|(?<=www)[.]"

# The end of a bar, from no to eight eighths of a column.
_BLOCKS = " ▏▎▍▌▋▊▉█"

# Text that needs no quotes to be read as one word.
_PLAIN = r"[^\s,()\"'…]+"

# Where a text is broken: at a blank, but not before a count in parentheses.
_BLANK = r" (?!\([\d,]+\))"

# If a word is wider than a line, it is broken after the first of these characters that it has.
_BREAKS = ",/="

# With fewer columns left, the last column of a table is below the others, not beside them.
_LAST_COLUMN = 30

# A column of a table is at most this wide; a longer cell makes its own line longer, but no other.
_WIDEST_COLUMN = 320

# Cells of a table are not truncated to fewer columns than this.
_SHORTEST_CELL = 12

Style: TypeAlias = ProblemStyle | Literal["advice", "good", "bad", "doubtful"]
"""How text is shown on a screen that has colours."""

_STYLES: dict[Style, str] = {
    "heading": "\x1b[1m",
    "advice": "\x1b[92m\x1b[1m",
    "good": "\x1b[92m",
    "bad": "\x1b[91m",
    "doubtful": "\x1b[93m",
    "error": "\x1b[91m\x1b[1m",
    "warning": "\x1b[93m\x1b[1m",
    "gutter": "\x1b[94m\x1b[1m",
    "help": "\x1b[96m\x1b[1m",
}


class Screen(NamedTuple):
    """The screen that a report is laid out for: the width, the character set, and colours or not.

    Methods escape control characters; if ``ascii_only``, also characters that are not ASCII.
    """

    columns: int = 80
    ascii_only: bool = False
    colour: bool = False

    def escape(self, text: str) -> str:
        """Escape control characters, and characters that the screen cannot show."""
        text = printable(text)
        if self.ascii_only and not text.isascii():
            return text.replace("…", "...").encode("ascii", "backslashreplace").decode("ascii")
        return text

    def code(self, text: str) -> str:
        """Return a user's text, such as a selector, escaped; in Markdown, as a code span."""
        return self.escape(text)

    def prose(self, text: str) -> str:
        """Return a sentence, which may contain a user's text, escaped for this screen."""
        return self.escape(text)

    def style(self, text: str, style: Style | None) -> str:
        """Return a text in a style if the screen has colours; ``text`` must be escaped already."""
        return f"{_STYLES[style]}{text}\x1b[0m" if self.colour and text and style else text

    def bar(self, part: int, whole: int, columns: int = 20) -> str:
        """Return a bar whose length is the share of ``part`` in ``whole``; empty only for 0."""
        eighths = -(-part * columns * 8 // whole) if whole else 0
        if self.ascii_only:
            return "#" * -(-eighths // 8)
        return "█" * (eighths // 8) + _BLOCKS[eighths % 8].strip()

    def truncate(self, text: str, columns: int) -> str:
        """Escape a text; if it is too wide, cut the middle, since similar ids differ at the end."""
        text = self.escape(text)
        if display_width(text) <= columns:
            return text
        ellipsis = self.escape("…")
        room = columns - len(ellipsis)
        end = prefix(text[::-1], room // 2)[::-1]
        return prefix(text, room - display_width(end)) + ellipsis + end

    def word(self, text: str, columns: int = _WORD_COLUMNS) -> str:
        """Return a user's text, in quotes if it has blanks or signs; truncated except in a pipe."""
        if self.columns == sys.maxsize:
            columns = sys.maxsize
        if re.fullmatch(_PLAIN, self.escape(text)):
            return self.truncate(text, columns)
        return f'"{self.truncate(text, columns - 2)}"'

    def wrap(self, text: str, *, indent: int = 0, hang: int = 0) -> Iterator[str]:
        """Break a text into lines that fit the screen, at blanks, but not before ``(3)``.

        A word that is wider than a line is broken, too, if possible after a comma.

        :param indent: how many blanks are before each line.
        :param hang: how many more blanks are before all lines except the first.
        """
        text, line = self.escape(text), " " * indent
        if text and indent + display_width(text) <= self.columns:
            yield line + text
            return
        is_empty = True
        for word in re.split(_BLANK, text):
            start, width = 0, display_width(word)
            if not is_empty and display_width(line) + 1 + width > self.columns:
                yield line
                line, is_empty = " " * (indent + hang), True
            while is_empty and len(line) + width > self.columns:
                room = self.columns - len(line)
                piece = prefix(word[start : start + room], room) or word[start : start + 1]
                end = next((piece.rfind(sign) + 1 for sign in _BREAKS if sign in piece), None)
                piece = piece[:end]
                if start + len(piece) == len(word):
                    break
                yield line + piece
                start += len(piece)
                width -= display_width(piece)
                line = " " * (indent + hang)
            line += word[start:] if is_empty else f" {word}"
            is_empty = False
        if not is_empty:
            yield line

    def title(self, text: str) -> Iterator[str]:
        """Yield the lines of a text in the style of headings."""
        return (self.style(line, "heading") for line in self.wrap(text, hang=2))

    def paragraph(self, text: str) -> Iterator[str]:
        """Yield the lines of a sentence, without a style."""
        return self.wrap(text, hang=2)

    def section(self, title: str, lines: Iterable[str]) -> Iterator[str]:
        """Yield a heading, then ``lines``."""
        yield from self.title(title)
        yield from lines

    def bullets(self, items: Iterable[str], depth: int = 0) -> Iterator[str]:
        """Yield the lines of a list with bullets; ``depth`` is 1 for a list inside an item."""
        return (line for item in items for line in self.wrap(item, indent=2 + 2 * depth, hang=2))

    def table(
        self,
        heads: Sequence[str],
        rows: Iterable[Sequence[str]],
        right: Collection[int] = (),
        *,
        wrap_last: bool = False,
        styles: Sequence[Style | None] = (),
        whole: bool = False,
        gap: int = 2,
    ) -> Iterator[str]:
        """Yield the lines of a table that fits the screen.

        If there is too little room, cells of the first column are truncated in the middle.

        :param right: the indexes, from 0, of the columns that are aligned to the right.
        :param wrap_last: whether cells of the last column are wrapped; if there is too little room
            beside the other columns for its widest word, these cells are on separate lines below.
        :param styles: the style of each row; empty for none.
        :param whole: whether the first column is never truncated.
        :param gap: the number of blanks between columns.
        """
        cells = [[self.escape(cell) for cell in row] for row in (heads, *rows)]
        last = [row.pop() if wrap_last else "" for row in cells]
        first, *others = _column_widths(cells)
        room = self.columns - sum(others) - gap * len(others)
        longest = max(map(display_width, last))
        widest_word = max(display_width(word) for cell in last for word in re.split("[ ,]", cell))
        least = min(first, max(self.columns // 3, _SHORTEST_CELL))
        last_room = max(_LAST_COLUMN, widest_word + 1)
        if whole:
            least = first
        is_beside = wrap_last and room - gap - least >= min(longest, last_room)
        if is_beside:
            room = max(least, room - gap - longest)
        for row in cells:
            row[0] = row[0] if whole else self.truncate(row[0], max(room, _SHORTEST_CELL))
        indent = sum(_column_widths(cells)) + gap * len(cells[0]) if is_beside else 2
        for number, line in enumerate(align_columns(cells, right, gap=gap)):
            lines = list(self.wrap(last[number], indent=indent)) if last[number] else []
            if is_beside and lines:
                lines[0] = line + " " * (indent - display_width(line)) + lines[0][indent:]
            else:
                lines.insert(0, line)
            style = "heading" if number == 0 else styles[number - 1] if styles else None
            yield from (self.style(line, style) for line in lines)


class Markdown(Screen):
    """Lays out a report in GitHub's Markdown, without a limit for the length of lines."""

    __slots__ = ()

    def code(self, text: str, limit: int = _CODE_LENGTH) -> str:
        """Return a user's text as code, truncated."""
        text = truncate(printable(text[: limit + 1]), limit) or '""'
        fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
        pad = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
        return f"{fence}{pad}{text}{pad}{fence}"

    def word(self, text: str, columns: int = _WORD_COLUMNS) -> str:
        """Return a user's text as code, truncated."""
        return self.code(text, columns)

    def prose(self, text: str) -> str:
        """Return a sentence with the characters escaped that have a meaning in Markdown."""
        return re.sub(_MARKDOWN_SIGNS, r"\\\g<0>", printable(text))

    def title(self, text: str) -> Iterator[str]:
        """Yield a bold sentence."""
        yield f"**{text}**"

    def paragraph(self, text: str) -> Iterator[str]:
        """Yield a sentence."""
        yield text

    def section(self, title: str, lines: Iterable[str]) -> Iterator[str]:
        """Yield a bold heading, a blank line, then ``lines``."""
        yield from (f"**{title}**", "", *lines)

    def bullets(self, items: Iterable[str], depth: int = 0) -> Iterator[str]:
        """Yield the lines of a list with bullets; ``depth`` is 1 for a list inside an item."""
        return (f"{'  ' * depth}- {item}" for item in items)

    def table(
        self,
        heads: Sequence[str],
        rows: Iterable[Sequence[str]],
        right: Collection[int] = (),
        **_: Any,
    ) -> Iterator[str]:
        """Yield the lines of a table; no other parameter has an effect on its layout."""
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
    not_considered: Sequence[str] = (),
) -> Iterator[str]:
    """Yield the lines of a report in the format ``output``, one of ``REPORT_FORMATS``.

    :param as_dict: returns the report as JSON values; ``blocks`` yields its parts, lines each.
    :param not_considered: what else decides but is unknown: for the last part.
    """
    if output == "json":
        yield from json_lines(as_dict())
        return
    screen = Markdown(sys.maxsize) if output == "markdown" else screen
    last = [not_considered_text(not_considered)] if not_considered else []
    paragraphs = (screen.paragraph(screen.prose(text)) for text in last)
    for number, block in enumerate(chain(blocks(screen), paragraphs)):
        if number:
            yield ""
        yield from block
    if output == "markdown":
        yield ""  # so that another report can be appended


def detect_screen(stream: TextIO | None = None) -> Screen:
    """Return the screen for a stream, by default for standard output.

    The width is the environment variable COLUMNS, or that of the terminal. A pipe has no width:
    nothing is wrapped or truncated. It is ``ascii_only`` if the encoding has no block characters.
    It has colours if NO_COLOR is not set and FORCE_COLOR is not 0, and either FORCE_COLOR or
    CLICOLOR_FORCE is set or the stream is a terminal.
    """
    stream = stream or sys.stdout
    columns = 0
    with suppress(ValueError):
        columns = int(os.environ.get("COLUMNS", ""))
    if columns <= 0:
        columns = 0
        with suppress(OSError, ValueError, AttributeError):  # not a terminal, closed, or not a file
            columns = os.get_terminal_size(stream.fileno()).columns
    encoding = getattr(stream, "encoding", None) or "ascii"
    ascii_only = b"?" in "█…".encode(encoding, "replace")
    force = os.environ.get("FORCE_COLOR")
    is_forced = force or os.environ.get("CLICOLOR_FORCE", "0") != "0"
    is_coloured = (
        bool(is_forced or is_terminal(stream)) and not os.environ.get("NO_COLOR") and force != "0"
    )
    return Screen(max(columns or sys.maxsize, 20), ascii_only, is_coloured)


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream is a terminal that obeys escape sequences."""
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


def align_columns(
    rows: Sequence[Sequence[str]], right: Collection[int] = (), *, gap: int = 2
) -> Iterator[str]:
    """Yield a line for each row of escaped cells; the columns ``right`` are right-aligned."""
    widths = _column_widths(rows)
    for row in rows:
        cells = []
        for number, (cell, width) in enumerate(zip(row, widths, strict=True)):
            blanks = " " * (width - display_width(cell))
            cells.append(blanks + cell if number in right else cell + blanks)
        yield (" " * gap).join(cells).rstrip()


def _column_widths(rows: Sequence[Sequence[str]]) -> list[int]:
    widths = [max(map(display_width, column)) for column in zip(*rows, strict=True)]
    return [min(width, _WIDEST_COLUMN) for width in widths]


def json_lines(value: dict[str, Any]) -> list[str]:
    """Return the lines of a JSON document, in printable ASCII."""
    return json.dumps(value, indent=2).split("\n")
