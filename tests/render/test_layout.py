"""What the forms of a report share."""

import io
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect.render.layout import (
    Screen,
    broken,
    cell,
    code,
    json_lines,
    markdown_table,
    screen_here,
    wrapped,
)
from nodeselect.text import width
from tests.cli.running import Run, unprintable

JOB = str(Path(__file__).parents[2] / "docs" / "example" / "job.yaml")
PLAIN = Screen(80, ascii_only=False, bold=False)


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
    """A share has its length; what is not nothing leaves a trace."""
    assert PLAIN.bar(part, whole, 4) == blocks
    assert Screen(80, ascii_only=True, bold=False).bar(part, whole, 4) == hashes


@given(st.text(), st.integers(5, 50), st.integers(0, 60), st.booleans())
def test_shown(text: str, columns: int, end: int, ascii_only: bool) -> None:
    """User text is never wider than it may be, and holds nothing that a terminal obeys."""
    word = Screen(80, ascii_only=ascii_only, bold=False).shown(text, columns, end)
    assert width(word) <= columns
    assert not unprintable(word)
    assert word
    assert word.isascii() or not ascii_only


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", '""'),
        ("eu-west", "eu-west"),
        ("two words", '"two words"'),
        ("a,b", '"a,b"'),
        ("(none)", '"(none)"'),
        ("x" * 50, "x" * 39 + "…"),
        ("x y" * 50, '"' + ("x y" * 13)[:37] + '…"'),
        ("日本" * 20, "日本" * 9 + "日…"),
        ("\x1b[0m", r"\x1b[0m"),
    ],
)
def test_words(text: str, word: str) -> None:
    """A text that could not be told from what stands around it is between quotes."""
    assert PLAIN.shown(text) == word


@given(
    st.lists(st.text("ab日", min_size=1)), st.integers(10, 30), st.integers(0, 4), st.integers(0, 4)
)
def test_wrapped(words: list[str], columns: int, indent: int, hang: int) -> None:
    """Every word is there, in order; a line is only too wide where one word is."""
    lines = list(wrapped(words, columns, indent, hang))
    assert " ".join(lines).split() == words
    for number, line in enumerate(lines):
        blanks = indent + (hang if number else 0)
        assert line.startswith(" " * blanks)
        assert width(line) <= columns or " " not in line.strip()


@pytest.mark.parametrize(
    ("end", "kept"),
    [
        (0, "topology.kuber…"),
        (5, "topology.…/zone"),
        (14, "…rnetes.io/zone"),
        (99, "…rnetes.io/zone"),
    ],
)
def test_cut(end: int, kept: str) -> None:
    """Of a text that is cut, as much of its end is kept as is asked for."""
    assert PLAIN.cut("topology.kubernetes.io/zone", 15, end) == kept


@given(st.text("ab日,=/ ", max_size=60), st.integers(2, 20))
def test_broken(text: str, columns: int) -> None:
    """Broken lines fit, and hold all of the text but blanks where it is broken."""
    lines = list(broken(text, columns))
    assert max(map(width, lines)) <= columns
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


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
def test_broken_words(text: str, lines: list[str]) -> None:
    """A word that is wider than a line is broken where a requirement has parts."""
    assert list(broken(text, 12)) == lines


ANY = st.text(max_size=90) | st.text("`| \\<a", max_size=20)


@given(ANY)
def test_code(text: str) -> None:
    """Code of Markdown ends where it should, whatever it holds, and shows what it holds."""
    shown = code(text)
    assert not unprintable(shown)
    assert "\n" not in shown
    fences = re.findall("`+", shown)
    assert len(fences[0]) == len(fences[-1])
    assert fences.count(fences[0]) == 2
    assert shown.startswith(fences[0])
    assert shown.endswith(fences[0])


@given(ANY)
def test_code_in_a_cell(text: str) -> None:
    """In a cell of a table it is the same, and no pipe of it ends the cell."""
    shown = cell(text)
    assert "|" not in re.sub(r"\\.", "", shown.replace("\\`", "`"))
    if "|" not in text:
        assert shown == code(text)


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
    """A pipe is marked in a cell, as GitHub wants it; behind a backslash no mark would help."""
    assert (code(text), cell(text)) == (in_prose, in_cell)


def test_markdown_table() -> None:
    """A table has a line below its heads that says how its columns stand."""
    assert list(markdown_table(("a", "b"), [("x", "1")], right=(1,))) == [
        "| a | b |",
        "| --- | --: |",
        "| x | 1 |",
    ]


def test_json_is_harmless() -> None:
    """JSON holds no control character and nothing but ASCII."""
    lines = json_lines({"a": "\x7f\x1b\u2028é\ud800"})
    assert lines == ["{", r'  "a": "\u007f\u001b\u2028\u00e9\ud800"', "}"]


class Terminal(io.StringIO):
    """A terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        """Say that a person is looking."""
        return True


@pytest.mark.parametrize(
    ("environment", "heading"),
    [
        ({}, "\x1b[1mKEY\x1b[0m"),
        ({"NO_COLOR": "1"}, "KEY"),
        ({"NO_COLOR": ""}, "\x1b[1mKEY\x1b[0m"),
        ({"TERM": "dumb"}, "KEY"),
    ],
)
def test_headings(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], heading: str
) -> None:
    """Headings are bold on a terminal, unless that is declined."""
    for name, value in {"NO_COLOR": "", "TERM": "xterm", **environment}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert screen_here(ascii_only=False).heading("KEY") == heading
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert screen_here(ascii_only=False).heading("KEY") == "KEY"


@pytest.mark.parametrize(("said", "columns"), [("120", 120), ("7", 20), ("", 80), ("x", 80)])
def test_columns(monkeypatch: pytest.MonkeyPatch, said: str, columns: int) -> None:
    """COLUMNS says how wide the screen is; it is never narrower than 20."""
    monkeypatch.setenv("COLUMNS", said)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert screen_here(ascii_only=False).columns == columns


def test_a_stream_without_an_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is known of the stream, ASCII is drawn."""
    monkeypatch.setattr(sys, "stdout", None)
    assert screen_here(ascii_only=False).ascii_only


@pytest.mark.parametrize(
    "question",
    [
        pytest.param(["explain", "-l", "region=eu"], id="explain"),
        pytest.param(["explain", "-l", "region", "-l", "tier"], id="several"),
        pytest.param(["explain", "-l", "tier", "--node", "n-1"], id="node"),
        pytest.param(["explain", "--job", JOB, "--job", JOB], id="jobs"),
        pytest.param(["diff", "-l", "region", "-l", "tier"], id="diff"),
        pytest.param(["labels"], id="labels"),
        pytest.param(["labels", "tier"], id="label"),
        pytest.param(["waves", "--job", JOB], id="waves"),
    ],
)
def test_reports_of_markdown_can_be_appended(run: Run, fleet: str, question: list[str]) -> None:
    """A blank line ends each, so that the next does not run into its last paragraph or table."""
    ended = run(*question, "-n", fleet, "-o", "markdown")
    assert re.search(r"[^\n]\n\n\Z", ended.out)
