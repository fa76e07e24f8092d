"""What the forms of a report share: columns and bars on a screen, Markdown, JSON."""

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TextIO

import click

from nodeselect.text import cut, in_ascii, printable, width

__all__ = [
    "MARKDOWN_CODE",
    "REPORTS",
    "Screen",
    "broken",
    "cell",
    "code",
    "json_lines",
    "markdown",
    "markdown_table",
    "number_of",
    "screen_here",
    "table",
    "wrapped",
]

REPORTS = ("text", "json", "markdown")
"""The forms of a report."""

MARKDOWN_CODE = 200
"""Characters of the longest user text in Markdown."""

_BLOCKS = " ▏▎▍▌▋▊▉█"
"""Eighths of a column."""

_PLAIN = re.compile(r"[^\s,()\"'…]+")
"""A text that needs no quotes to be told from what stands around it."""

_SIGNS = ",/="
"""Behind these a requirement is broken rather than elsewhere."""


class Screen(NamedTuple):
    """What a report is drawn on."""

    columns: int
    """How wide it is."""
    ascii_only: bool
    """Whether there is ASCII alone; whatever else user text holds is shown as its escape."""
    bold: bool
    """Whether headings are bold."""

    def heading(self, text: str) -> str:
        """Draw a heading."""
        return click.style(text, bold=True) if self.bold else text

    def bar(self, part: int, whole: int, columns: int) -> str:
        """Draw a share of ``columns``; what is not nothing leaves a trace.

        ``part`` is at most ``whole``.
        """
        eighths = -(-part * columns * 8 // whole) if whole else 0
        if self.ascii_only:
            return "#" * -(-eighths // 8)
        return "█" * (eighths // 8) + _BLOCKS[eighths % 8].strip()

    @property
    def dots(self) -> str:
        """What stands for something left out."""
        return "..." if self.ascii_only else "…"

    def escaped(self, text: str) -> str:
        """Give text in the characters that there are, and nothing that a terminal would obey."""
        text = printable(text)
        return in_ascii(text) if self.ascii_only else text

    def shown(self, text: str, columns: int = 40, end: int = 0) -> str:
        """Give user text as a word of at most ``columns``: escaped, cut as by :meth:`cut`, and
        between quotes where it could not be told from what stands around it."""
        word = self.escaped(text if end else text[: columns + 1])
        if _PLAIN.fullmatch(word):
            return self.cut(word, columns, end)
        return f'"{self.cut(word, columns - 2, end)}"'

    def cut(self, text: str, columns: int, end: int = 0) -> str:
        """Give text escaped, or as much of its beginning as has room in ``columns``.

        :param end: columns of its end that are kept before its beginning is.
        """
        text = self.escaped(text)
        if width(text) <= columns:
            return text
        room = max(columns - len(self.dots), 0)
        kept = text[len(text) - min(end, room) :]
        while width(kept) > room:
            kept = kept[1:]
        return _beginning(text, room - width(kept)) + self.dots + kept


def screen_here(*, ascii_only: bool, stream: TextIO | None = None) -> Screen:
    """Give the screen that standard output, or ``stream``, is: COLUMNS, the terminal, or 80
    columns.

    A stream whose encoding has no blocks gets ASCII. Headings are bold on a terminal, where that is
    not declined.
    """
    stream = sys.stdout if stream is None else stream
    encoding = getattr(stream, "encoding", None) or "ascii"
    try:
        "█…".encode(encoding)
    except UnicodeEncodeError:
        ascii_only = True
    declined = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    bold = not declined and stream is not None and stream.isatty()
    return Screen(max(_columns(stream), 20), ascii_only, bold)


def _columns(stream: TextIO | None) -> int:
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and 0 < len(said) < 6 and int(said):
        return int(said)
    try:
        return os.get_terminal_size(-1 if stream is None else stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def _beginning(text: str, columns: int) -> str:
    """Give as much of the beginning as has room."""
    text = text[:columns]
    while width(text) > columns:
        text = text[:-1]
    return text


def number_of(count: int, one: str, many: str | None = None) -> str:
    """Say a number of things: ``number_of(2, "node")`` is "2 nodes"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> Iterator[str]:
    """Give rows of printable cells as lines in columns; those in ``right`` end where others do."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = []
        for at, (cell, most) in enumerate(zip(row, widths, strict=True)):
            blank = " " * (most - width(cell))
            cells.append(blank + cell if at in right else cell + blank)
        yield "  ".join(cells).rstrip()


def wrapped(words: Iterable[str], columns: int, indent: int = 0, hang: int = 0) -> Iterator[str]:
    """Give words, with a blank between two, in lines of at most ``columns`` where they fit.

    :param indent: blanks before the first line.
    :param hang: blanks more before the others.
    """
    line, empty = " " * indent, True
    for word in words:
        if not empty and width(line) + 1 + width(word) > columns:
            yield line
            line, empty = " " * (indent + hang), True
        line += word if empty else f" {word}"
        empty = False
    if not empty:
        yield line


def broken(text: str, columns: int) -> Iterator[str]:
    """Give printable text in lines of at most ``columns``, broken at its blanks; a word that is
    wider than a line behind a sign that parts it, or wherever the line ends."""
    pieces = []
    for word in text.split(" "):
        while width(word) > columns:
            piece = _beginning(word, columns)
            end = max(map(piece.rfind, _SIGNS)) + 1 or len(piece)
            pieces.append(piece[:end])
            word = word[end:]
        pieces.append(word)
    return wrapped(pieces, columns)  # two pieces of a word have never room in one line


def code(text: str) -> str:
    """Give user text, cut where it is long, as code of Markdown: nothing in it means anything."""
    text = cut(printable(text[: MARKDOWN_CODE + 1]), MARKDOWN_CODE) or '""'
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    pad = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def cell(text: str) -> str:
    """Give user text as code in a cell of a table, where a pipe would end the cell."""
    # GitHub takes a pipe behind a backslash for the end of the cell, too.
    text = text[: MARKDOWN_CODE + 1].replace("\\|", "\\\\x7c")
    return code(text).replace("|", "\\|")


def markdown(lines: Iterable[str]) -> Iterator[str]:
    """Give a whole report of Markdown: a blank line behind it parts it from what is appended."""
    yield from lines
    yield ""


def markdown_table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()
) -> Iterator[str]:
    """Give a table of Markdown, as GitHub has them."""
    yield f"| {' | '.join(heads)} |"
    yield f"| {' | '.join('--:' if at in right else '---' for at in range(len(heads)))} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def json_lines(value: dict[str, Any]) -> list[str]:
    """Give the lines of a JSON document; all ASCII."""
    text = json.dumps(value, indent=2)
    return text.replace("\x7f", "\\u007f").split("\n")  # the one control that json leaves
