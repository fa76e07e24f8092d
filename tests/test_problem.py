"""A problem is drawn with its line and carets, fitted to any screen."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Problem, SelectorError
from nodeselect.problem import Fix, draw, excerpt
from nodeselect.render.screen import Screen
from nodeselect.text import display_width, printable


@pytest.mark.parametrize(
    ("source", "span", "lines"),
    [
        pytest.param("a b", (2, 3), ["a b", "  ^"], id="one"),
        pytest.param("region=eu", (0, 6), ["region=eu", "^^^^^^"], id="several"),
        pytest.param("a=", (2, 2), ["a=", "  ^"], id="end"),
        pytest.param("", (0, 0), [], id="empty"),
        pytest.param(" \n\t", (1, 1), [], id="blank"),
        pytest.param("a,\nb c\nd", (5, 6), ["b c", "  ^"], id="second-line"),
        pytest.param("a,\r\nb c\r\nd", (6, 7), ["b c", "  ^"], id="windows"),
        pytest.param("ab\ncd", (1, 5), ["ab", " ^"], id="into-the-next-line"),
        pytest.param("a=\n\n", (4, 4), ["a=", "  ^"], id="end-after-blank-lines"),
        pytest.param("a\tb c", (4, 5), ["a    b c", "       ^"], id="tab"),
        pytest.param("日本 b", (3, 4), ["日本 b", "     ^"], id="wide-before"),
        pytest.param("a 日本", (2, 4), ["a 日本", "  ^^^^"], id="wide-under"),
        pytest.param("e\u0301 b", (3, 4), ["e\u0301 b", "  ^"], id="accent"),
        pytest.param("a\x1b[31mb", (1, 2), ["a\\x1b[31mb", " ^^^^"], id="escape"),
    ],
)
def test_excerpt(source: str, span: tuple[int, int], lines: list[str]) -> None:
    """The line is shown with carets exactly under the mistake."""
    assert list(excerpt(source, span)) == lines


@pytest.mark.parametrize("letter", [pytest.param(each, id=f"{each!a}") for each in "x日\x1b"])
@pytest.mark.parametrize("before", [0, 1, 35, 100, 5000])
@pytest.mark.parametrize("after", [0, 1, 35, 100, 5000])
def test_excerpt_of_a_long_line(letter: str, before: int, after: int) -> None:
    """A long line is truncated around the mistake, with an ellipsis on each side that is cut."""
    source = letter * before + "!?" + letter * after
    line, carets = excerpt(source, (before, before + 2))
    assert display_width(line) <= 73
    head, _, tail = line.partition("!?")
    assert carets == " " * display_width(head) + "^^"
    assert head.startswith("…") == (printable(letter * before) != head)
    assert tail.endswith("…") == (printable(letter * after) != tail)


@given(st.data(), st.text(st.characters(exclude_categories=()) | st.sampled_from("\n\r\tab日")))
def test_excerpt_of_anything(data: st.DataObject, source: str) -> None:
    """For any span of any text the excerpt is empty, or a short safe line with carets."""
    start = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(start, len(source)))
    drawn = excerpt(source, (start, end))
    assert bool(drawn) == bool(source.strip(" \t\r\n"))
    for line, carets in [drawn] if drawn else []:
        assert printable(line) == line
        assert display_width(line) <= 73
        assert re.fullmatch(r" *\^+", carets)
        assert len(carets) <= 73


def test_an_excerpt_in_ascii() -> None:
    """On a screen that shows only ASCII the carets are under the escapes."""
    problem = Problem("bad", "it is bad", 1, 3, "", excerpt("\xe9 b" + "x" * 99, (2, 3)), None)
    assert list(draw(problem, "job.yaml:1:3", Screen(40, ascii_only=True)))[3:] == [
        r"1 | \xe9 bxxxxxxxxxxxxxxxxxxxxxxxxxxx...",
        r"  |      ^",
    ]


def test_a_number_only_before_a_line_of_the_file() -> None:
    """The text of a value, without its quotes and escapes, has no line number before it."""
    problem = Problem("bad", "it is bad", 1234, 3, "a", ("b c", "  ^"), Fix("help"))
    assert list(draw(problem, "x:1234:3"))[1:4] == ["    --> x:1234:3 at a", "     |", "1234 | b c"]
    problem = problem._replace(is_verbatim=False)
    assert list(draw(problem, "x:1234:3"))[1:4] == [" --> x:1234:3 at a", "  |", "  | b c"]


def test_a_position_is_not_broken() -> None:
    """A position that is wider than the screen is on one line, so that it can be opened."""
    problem = Problem("bad", "it is bad", 1, 3, "selector.match_ids", (), None)
    shown = draw(problem, "a/long/path/of/a/job.yaml:1:3", Screen(24), others="5 more")
    assert list(shown)[1:] == [
        " --> a/long/path/of/a/job.yaml:1:3",
        "     selector.match_ids",
        "     5 more",
    ]


@given(
    st.text(st.characters(exclude_categories=()) | st.sampled_from("\n\r\tab日"), max_size=200),
    st.data(),
    st.integers(20, 200),
    st.booleans(),
)
def test_a_drawing_fits_any_screen(
    source: str, data: st.DataObject, columns: int, ascii_only: bool
) -> None:
    """Whatever is wrong, each line of the drawing fits the screen, and is safe to print."""
    start = data.draw(st.integers(0, len(source)))
    span = (start, data.draw(st.integers(start, len(source))))
    error = SelectorError("code", source, source, span, hint=source, path=("-l",))
    screen = Screen(columns, ascii_only)
    for line in error.draw(screen):
        assert screen.escape(line) == line
        assert display_width(line) <= columns
    assert printable(str(error).replace("\n", "")) == str(error).replace("\n", "")
