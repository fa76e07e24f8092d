"""The layout of reports: what fits a screen, and what Markdown and JSON may hold."""

import io
import os
import re
import sys
from collections.abc import Iterable
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect.render.screen import (
    Markdown,
    Screen,
    align_columns,
    detect_screen,
    json_lines,
    report_lines,
)
from nodeselect.text import display_width
from tests.cli.running import unprintable

WIDE = st.text("ab日,=/ \u0301")


@pytest.mark.parametrize(
    ("part", "whole", "blocks", "hashes"),
    [
        (0, 0, "", ""),
        (0, 9, "", ""),
        (1, 1_000_000, "▏", "#"),
        (1, 2, "██", "##"),
        (5, 8, "██▌", "###"),
        (999_999, 1_000_000, "████", "####"),
        (9, 9, "████", "####"),
    ],
)
def test_bar(part: int, whole: int, blocks: str, hashes: str) -> None:
    """A bar is as long as its share; a share above zero is never invisible."""
    assert Screen().bar(part, whole, 4) == blocks
    assert Screen(ascii_only=True).bar(part, whole, 4) == hashes


def test_a_long_cell_lengthens_no_other_line() -> None:
    """The columns of a table are at most 320 wide; a longer cell is whole, but only in its line."""
    for length, width in ((300, 300), (320, 320), (100_000, 320)):
        long, short = align_columns([["a" * length, "b"], ["c", "d"]])
        assert long == f"{'a' * length}  b"
        assert short == f"c{' ' * width} d"


@given(st.text() | WIDE, st.integers(6, 50), st.booleans())
def test_user_text_fits(text: str, columns: int, ascii_only: bool) -> None:
    """User text is never wider than it may be, and nothing in it is interpreted by a terminal."""
    screen = Screen(80, ascii_only)
    for shown in (screen.word(text, columns), screen.truncate(text, columns)):
        assert display_width(shown) <= columns
        assert not unprintable(shown)
        assert shown.isascii() or not ascii_only


@pytest.mark.parametrize(
    ("text", "shown", "ascii_text"),
    [
        ("abcdefghij", "abcdefghij", "abcdefghij"),
        ("abcdefghijk", "abcde…hijk", "abcd...ijk"),
        ("日本日本日本", "日本…日本", r"\u65...72c"),
        ("a\x1b[31mbcd", "a\\x1b…mbcd", r"a\x1...bcd"),
        ("eu…", "eu…", "eu..."),
        ("é", "é", r"\xe9"),
        ("😀", "😀", r"\U0001f600"),
    ],
)
def test_truncate(text: str, shown: str, ascii_text: str) -> None:
    """A text that is too wide has an ellipsis in the middle; what is not ASCII can be escaped."""
    assert Screen().truncate(text, 10) == shown
    assert Screen(ascii_only=True).truncate(text, 10) == ascii_text


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", '""'),
        ("eu-west", "eu-west"),
        ("two words", '"two words"'),
        ("a,b", '"a,b"'),
        ("(none)", '"(none)"'),
        ("x" * 35 + "y" * 35, "x" * 31 + "…" + "y" * 31),
        ("x y" * 50, '"x yx yx yx yx yx yx yx yx yx y…x yx yx yx yx yx yx yx yx yx y"'),
        ("日本" * 20, "日本" * 8 + "…" + "本" + "日本" * 7),
        ("\x1b[0m", r"\x1b[0m"),
    ],
)
def test_word(text: str, word: str) -> None:
    """A text that could be read as several words is quoted; a long one is cut in the middle."""
    assert Screen().word(text) == word


@given(st.text("ab日,=/ ", max_size=60), st.integers(10, 30), st.integers(0, 4), st.integers(0, 4))
def test_wrap(text: str, columns: int, indent: int, hang: int) -> None:
    """Lines fit, are indented, and hold all of the text but the blanks where it is broken."""
    lines = list(Screen(columns).wrap(text, indent=indent, hang=hang))
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    for number, line in enumerate(lines):
        assert display_width(line) <= columns
        assert line.startswith(" " * (indent + (hang if number else 0)))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("region=eu: write x", ["region=eu:", "write x"]),
        ("example.com/zone=eu:", ["example.com/", "zone=eu:"]),
        ("id in (n-1,n-2,n-3,n-4)", ["id in", "(n-1,n-2,", "n-3,n-4)"]),
        ("aaaaaaaaaaaaaaaa b", ["aaaaaaaaaaaa", "aaaa b"]),
        ("日本日本日本日 a", ["日本日本日本", "日 a"]),
    ],
)
def test_wrap_words(text: str, lines: list[str]) -> None:
    """A line is broken between words; a word wider than a line is broken at a sign, if it can."""
    assert list(Screen(12).wrap(text)) == lines


TABLES = {
    60: """\
JOB                   NODES  MAIN PROBLEM
jobs/fleet…rope.yaml  1,204  region=eu: fails 81 of 1,285
                             nodes
a.yaml                    7  none""",
    28: """\
JOB                    NODES
  MAIN PROBLEM
jobs/fleet…urope.yaml  1,204
  region=eu: fails 81 of
  1,285 nodes
a.yaml                     7
  none""",
}


@pytest.mark.parametrize("columns", TABLES)
def test_table(columns: int) -> None:
    """A table fits: a name is cut in the middle, and the last column is wrapped or goes below."""
    rows = [
        ("jobs/fleet-agent-europe.yaml", "1,204", "region=eu: fails 81 of 1,285 nodes"),
        ("a.yaml", "7", "none"),
    ]
    heads = ("JOB", "NODES", "MAIN PROBLEM")
    lines = Screen(columns).table(heads, rows, right=(1,), wrap_last=True)
    assert "\n".join(lines) == TABLES[columns]


ANY = st.text(max_size=90) | st.text("`| \\<a", max_size=20)


@given(ANY)
def test_md_code(text: str) -> None:
    """Markdown code ends where it should, whatever it holds, in a cell too; nothing is hidden."""
    shown = Markdown().code(text)
    assert not unprintable(shown)
    assert "\n" not in shown
    fences = re.findall("`+", shown)
    assert fences.count(fences[0]) == 2
    assert shown.startswith(fences[0])
    assert shown.endswith(fences[0])
    *_, row = Markdown().table(("",), [(shown,)])
    assert "|" not in re.sub(r"\\.", "", row[2:-2].replace("\\`", "`"))


@pytest.mark.parametrize(
    ("text", "in_prose", "in_cell"),
    [
        ("", '`""`', '`""`'),
        ("a`b", "``a`b``", "``a`b``"),
        ("`", "`` ` ``", "`` ` ``"),
        ("a|b", "`a|b`", r"`a\|b`"),
        ("a\\|b", r"`a\|b`", r"`a\\x7cb`"),
        ("\n", r"`\x0a`", r"`\x0a`"),
        ("<b>", "`<b>`", "`<b>`"),
    ],
)
def test_pipes(text: str, in_prose: str, in_cell: str) -> None:
    """A pipe is escaped in a cell, as GitHub wants it; behind a backslash that would not help."""
    code = Markdown().code(text)
    assert code == in_prose
    assert list(Markdown().table((code,), [(code,)]))[::2] == [f"| {in_cell} |"] * 2


def test_markdown() -> None:
    """Signs of Markdown are escaped in text; a table says how its columns are aligned."""
    text = "*a* [b](c) http://d www.e\x1b"
    assert Markdown().prose(text) == r"\*a\* \[b\](c) http\://d www\.e\\x1b"
    assert list(Markdown().table(("a", "b"), [("x", "1")], right=(1,))) == [
        "| a | b |",
        "| --- | --: |",
        "| x | 1 |",
    ]


def test_json_is_harmless() -> None:
    """JSON holds no control character and nothing but ASCII."""
    lines = json_lines({"a": "\x7f\x1b\u2028é\ud800"})
    assert lines == ["{", r'  "a": "\u007f\u001b\u2028\u00e9\ud800"', "}"]


@pytest.mark.parametrize(
    ("value", "columns"),
    [
        ("120", (120, 120)),
        ("7", (20, 20)),
        *((value, (sys.maxsize, 60)) for value in ("", "x", "0", "-5", "9" * 5_000)),
    ],
)
def test_columns(monkeypatch: pytest.MonkeyPatch, value: str, columns: tuple[int, int]) -> None:
    """The width is COLUMNS, at least 20; or else that of the terminal; a pipe has no width."""
    monkeypatch.setenv("COLUMNS", value)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert detect_screen().columns == columns[0]
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(fileno=int, isatty=bool, encoding="utf-8"))
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((60, 24)))
    assert detect_screen().columns == columns[1]


def test_lines_are_whole_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only for a terminal, or with COLUMNS, a line is wrapped or truncated."""
    monkeypatch.delenv("COLUMNS", raising=False)
    text = f"{'n' * 100}, {'m' * 100}"
    assert list(detect_screen().wrap(text)) == [text]
    assert detect_screen().word("n" * 100) == "n" * 100
    assert "n" * 100 in "".join(detect_screen().table(("ID", "NODES"), [("n" * 100, "1")]))
    monkeypatch.setenv("COLUMNS", "80")
    assert len(list(detect_screen().wrap(text))) == 4
    assert "…" in "".join(detect_screen().table(("ID", "NODES"), [("n" * 100, "1")]))


def test_report() -> None:
    """Blank lines separate the blocks; one ends Markdown, so that a report can be appended."""

    def blocks(screen: Screen) -> list[Iterable[str]]:
        bullets = screen.bullets(["one", "two"])
        return [screen.title("A"), screen.paragraph("b"), screen.section("C", bullets)]

    text = list(report_lines("text", Screen(), dict, blocks))
    assert text == ["A", "", "b", "", "C", "  one", "  two"]
    markdown = list(report_lines("markdown", Screen(), dict, blocks))
    assert markdown == ["**A**", "", "b", "", "**C**", "", "- one", "- two", ""]
    assert list(report_lines("json", Screen(), dict, blocks)) == ["{}"]
