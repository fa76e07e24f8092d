"""The exceptions: their text is safe and complete, and they can be pickled."""

import copy
import pickle
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import (
    InventoryError,
    JobError,
    NodeselectError,
    Problem,
    Selector,
    SelectorError,
)
from nodeselect.errors import excerpt
from nodeselect.text import display_width, printable


@pytest.mark.parametrize("kind", [SelectorError, InventoryError, JobError])
def test_tree(kind: type[Exception]) -> None:
    """Every error is a NodeselectError and a ValueError."""
    assert issubclass(kind, NodeselectError)
    assert issubclass(kind, ValueError)


@pytest.mark.parametrize(
    ("source", "span", "lines"),
    [
        pytest.param("a b", (2, 3), ["  a b", "    ^"], id="one"),
        pytest.param("region=eu", (0, 6), ["  region=eu", "  ^^^^^^"], id="several"),
        pytest.param("a=", (2, 2), ["  a=", "    ^"], id="end"),
        pytest.param("", (0, 0), [], id="empty"),
        pytest.param(" \n\t", (1, 1), [], id="blank"),
        pytest.param("a,\nb c\nd", (5, 6), ["  b c", "    ^"], id="second-line"),
        pytest.param("a,\r\nb c\r\nd", (6, 7), ["  b c", "    ^"], id="windows"),
        pytest.param("ab\ncd", (1, 5), ["  ab", "   ^"], id="into-the-next-line"),
        pytest.param("a=\n\n", (4, 4), ["  a=", "    ^"], id="end-after-blank-lines"),
        pytest.param("a\tb c", (4, 5), ["  a    b c", "         ^"], id="tab"),
        pytest.param("日本 b", (3, 4), ["  日本 b", "       ^"], id="wide-before"),
        pytest.param("a 日本", (2, 4), ["  a 日本", "    ^^^^"], id="wide-under"),
        pytest.param("e\u0301 b", (3, 4), ["  e\u0301 b", "    ^"], id="accent"),
        pytest.param("a\x1b[31mb", (1, 2), ["  a\\x1b[31mb", "   ^^^^"], id="escape"),
    ],
)
def test_excerpt(source: str, span: tuple[int, int], lines: list[str]) -> None:
    """The line is shown with carets exactly under the mistake."""
    assert excerpt(source, span) == lines


@pytest.mark.parametrize("letter", [pytest.param(each, id=f"{each!a}") for each in "x日\x1b"])
@pytest.mark.parametrize("before", [0, 1, 35, 100, 5000])
@pytest.mark.parametrize("after", [0, 1, 35, 100, 5000])
def test_excerpt_of_a_long_line(letter: str, before: int, after: int) -> None:
    """A long line is truncated around the mistake, with an ellipsis on each side that is cut."""
    source = letter * before + "!?" + letter * after
    line, carets = excerpt(source, (before, before + 2))
    assert display_width(line) <= 80
    head, _, tail = line.partition("!?")
    assert carets == " " * display_width(head) + "^^"
    assert head.startswith("  …") == (printable(letter * before) != head[2:])
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
        assert display_width(line) <= 80
        assert re.fullmatch(r"  +\^+", carets)
        assert len(carets) <= 80


SELECTOR_ERROR = SelectorError(
    "not-in",
    "a message",
    "a not in (b)",
    (2, 8),
    expected=("in",),
    hint="write notin",
    place="x[1]",
)
INVENTORY_ERROR = InventoryError("no-id", "the node has no id", place="[0].id", hint="give one")
PROBLEM = Problem(
    "bad", "it is bad", 3, 7, "selector.match_ids[0]", ("  a b", "    ^"), "write it better"
)
JOB_ERROR = JobError("job.yaml", (PROBLEM, PROBLEM._replace(line=4, path="", hint=None)), 5)


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        pytest.param(
            SELECTOR_ERROR,
            "x[1]: a message\n  a not in (b)\n    ^^^^^^\n  write notin",
            id="selector",
        ),
        pytest.param(
            SelectorError("not-in", "a message", "a b", (2, 3)),
            "a message\n  a b\n    ^",
            id="selector-bare",
        ),
        pytest.param(
            SelectorError("not-in", "a message", "a b", (2, 3)).at("match_labels['a']"),
            "match_labels['a']: a message\n  a b\n    ^",
            id="selector-at",
        ),
        pytest.param(INVENTORY_ERROR, "[0].id: the node has no id\n  give one", id="inventory"),
        pytest.param(
            InventoryError("no-id", "the node has no id"), "the node has no id", id="inventory-bare"
        ),
        pytest.param(
            InventoryError("no-id", "the node has no id", place="a\x1b\n"),
            "a\\x1b\\x0a: the node has no id",
            id="inventory-place",
        ),
        pytest.param(
            INVENTORY_ERROR.within("items").within("nodes.json"),
            "nodes.json: items: [0].id: the node has no id\n  give one",
            id="inventory-within",
        ),
        pytest.param(
            InventoryError("no-id", "no id").within("nodes.json"),
            "nodes.json: no id",
            id="inventory-within-bare",
        ),
        pytest.param(
            JOB_ERROR,
            "job.yaml:3:7: error[bad] at selector.match_ids[0]: it is bad\n"
            "  a b\n    ^\n  write it better\n"
            "job.yaml:4:7: error[bad]: it is bad\n  a b\n    ^\n"
            "job.yaml: and 5 more",
            id="job",
        ),
        pytest.param(
            JobError("a\x1b", (Problem("bad", "it is bad", 1, 1, "k\x1b", (), None),)),
            "a\\x1b:1:1: error[bad] at k\\x1b: it is bad",
            id="job-escapes",
        ),
    ],
)
def test_str(error: NodeselectError, shown: str) -> None:
    """The text of an error has its position, message and hint, with user text escaped."""
    assert str(error) == shown


def parse_error() -> SelectorError:
    """Return an error of the parser."""
    with pytest.raises(SelectorError) as caught:
        Selector.parse("region = a b")
    return caught.value


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(SELECTOR_ERROR, id="selector"),
        pytest.param(parse_error(), id="selector-parsed"),
        pytest.param(INVENTORY_ERROR, id="inventory"),
        pytest.param(INVENTORY_ERROR.within("nodes.json"), id="inventory-within"),
        pytest.param(JOB_ERROR, id="job"),
    ],
)
def test_pickle_and_copy(error: NodeselectError) -> None:
    """A pickled or copied error has the same type, fields and text."""
    for again in (
        pickle.loads(pickle.dumps(error)),
        copy.copy(error),
        copy.deepcopy(error),
    ):
        assert type(again) is type(error)
        assert vars(again) == vars(error)
        assert again.args == error.args
        assert str(again) == str(error)


def test_fields() -> None:
    """Errors have fields for programs."""
    assert (SELECTOR_ERROR.code, SELECTOR_ERROR.span) == ("not-in", (2, 8))
    assert (SELECTOR_ERROR.source, SELECTOR_ERROR.expected) == ("a not in (b)", ("in",))
    assert (INVENTORY_ERROR.code, INVENTORY_ERROR.place) == ("no-id", "[0].id")
    assert INVENTORY_ERROR.within("f").place == "f: [0].id"
    assert INVENTORY_ERROR.place == "[0].id"
    assert (JOB_ERROR.file, len(JOB_ERROR.problems), JOB_ERROR.unreported) == ("job.yaml", 2, 5)
