"""The error of each invalid selector: the whole diagnostic, its code, position and suggestion."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from nodeselect.errors import SelectorError
from nodeselect.selectors import Operator, Requirement, Selector
from nodeselect.selectors.structured import requirement_from_structured
from tests import golden

ROOT = Path(__file__).resolve().parents[2]
DIAGNOSTICS = golden.rows(
    Path(__file__).with_name("diagnostics.txt"),
    r"^(?P<code>[a-z-]+) (?P<span>\d+ \d+) (?P<source>['\"].*)\n(?P<shown>(?:    .*\n)+)",
)


def refusal(text: str) -> SelectorError:
    """Return the error that ``text`` raises."""
    with pytest.raises(SelectorError) as caught:
        Selector.parse(text)
    return caught.value


@pytest.mark.parametrize("row", DIAGNOSTICS, ids=lambda row: row["source"][:20])
def test_diagnostic(row: golden.Row) -> None:
    """An invalid text raises just this error, caret and suggestion included."""
    source = ast.literal_eval(row["source"])
    error = refusal(source)
    shown = "".join(f"    {line}\n" for line in str(error).split("\n"))
    row.check(code=error.code, span="{} {}".format(*error.span), shown=shown)
    assert (error.source, error.place) == (source, None)


LABEL_64 = "a" * 64

PARTS = [
    pytest.param(
        lambda: Selector.of(match_labels={"a b": "c"}),
        "invalid-key",
        "match_labels['a b']: a key cannot contain ' '\n"
        "  a b\n"
        "   ^\n"
        "  use letters, digits, '-', '_' and '.'",
        id="key-of-match-labels",
    ),
    pytest.param(
        lambda: Selector.of(match_labels={"": "c"}),
        "empty-key",
        "match_labels['']: a key must not be empty\n  use letters, digits, '-', '_' and '.'",
        id="empty-key-of-match-labels",
    ),
    pytest.param(
        lambda: Selector.of(match_labels={"x\x1b": "c"}),
        "control-character",
        "match_labels['x\\x1b']: control character \\x1b is not allowed\n"
        "  x\\x1b\n"
        "   ^^^^\n"
        "  remove it",
        id="escape-in-a-key-of-match-labels",
    ),
    pytest.param(
        lambda: Selector.of(match_labels={"x": LABEL_64}),
        "value-too-long",
        "match_labels['x']: a value can have at most 63 characters, found 64\n"
        f"  {LABEL_64}\n"
        f"  {' ' * 63}^\n"
        "  shorten it by 1",
        id="long-value-of-match-labels",
    ),
    pytest.param(
        lambda: Selector.of(match_expressions=["x", "x not in (a)"]),
        "not-in",
        "match_expressions[1]: 'not in' is written 'notin'\n"
        "  x not in (a)\n"
        "    ^^^^^^\n"
        "  write: x notin (a)",
        id="expression",
    ),
    pytest.param(
        lambda: Selector.of(match_expressions=["x", " \t"]),
        "blank",
        "match_expressions[1]: an expression must not be blank\n"
        "  write a requirement, or remove the item",
        id="blank-expression",
    ),
    pytest.param(
        lambda: Selector.of(match_ids=["n-1", ""]),
        "empty-id",
        "match_ids[1]: a node id must not be empty",
        id="empty-id",
    ),
    pytest.param(
        lambda: Selector.of(match_ids=["n\u202e1"]),
        "unprintable-id",
        "match_ids[0]: a node id must not contain the unprintable character \\u202e\n"
        "  n\\u202e1\n"
        "   ^^^^^^\n"
        "  remove it",
        id="unprintable-id",
    ),
    pytest.param(
        lambda: Requirement("x", Operator.EXISTS, ["a"]),
        "wrong-number-of-values",
        "a key alone must have no value, found 1\n  x\n  ^",
        id="value-of-exists",
    ),
    pytest.param(
        lambda: Requirement("x", Operator.EQUALS, ["a", "b"]),
        "wrong-number-of-values",
        "'=' must have one value, found 2\n  x\n  ^",
        id="two-values-of-equals",
    ),
    pytest.param(
        lambda: Requirement("x", Operator.IN),
        "wrong-number-of-values",
        "'in' must have at least one value, found 0\n  x\n  ^",
        id="no-value-of-in",
    ),
    pytest.param(
        lambda: requirement_from_structured("k", "Matches", ["a"]),
        "unknown-operator",
        "'Matches' is not an operator\n"
        "  Matches\n"
        "  ^^^^^^^\n"
        "  use In, NotIn, Exists, DoesNotExist, Gt or Lt",
        id="unknown-operator",
    ),
    pytest.param(
        lambda: Requirement("x", Operator.LESS_THAN, ["1.5"]),
        "not-an-integer",
        "'>' and '<' require an integer, found '1.5'\n"
        "  1.5\n"
        "  ^^^\n"
        "  use a non-negative integer, in decimal digits",
        id="no-integer",
    ),
]


@pytest.mark.parametrize(("make", "code", "shown"), PARTS)
def test_part_of_a_structured_selector(make: Callable[[], object], code: str, shown: str) -> None:
    """An invalid part of a structured selector raises just this error, with its place."""
    with pytest.raises(SelectorError) as caught:
        make()
    assert caught.value.code == code
    assert str(caught.value) == shown


def test_every_code_of_the_docs_is_shown() -> None:
    """Each code in the table of the docs has a diagnostic here, or is of a limit."""
    table = (ROOT / "docs/language.md").read_text("utf-8").partition("## Errors")[2]
    codes = re.findall(r"`([a-z]+-[a-z-]+|[a-z]+)`(?=[^|]*\|[^|]*\|[^|]*\|$)", table, re.MULTILINE)
    shown = {row["code"] for row in DIAGNOSTICS} | {str(row.values[1]) for row in PARTS}
    limits = {"text-too-long", "too-many-requirements", "too-many-values", "too-many-ids"}
    assert len(codes) > 40
    assert set(codes) - shown == limits


SUGGESTED = [
    ast.literal_eval(row["source"])
    for row in DIAGNOSTICS
    if re.search(r"^      write: ", row["shown"], re.MULTILINE)
]

MORE_SUGGESTED = [
    'x: "a"', "x:'a'", "x : 'a'", "x === '5'", "!x='a'", "x <> 'a'", "x ! = 'a'", "x eq 'a'",
    "x in 'a'", "x in a/b", "x >= 1.5", "x >= '5'", "x<=a", "x gt 5Gi", "x >= -1", "x in {{.var}}",
    "not 'x'", "x.in(a)", f"{'x' * 63} in a", f"example.com/{'x' * 60} gt 5", f"x <> {'a' * 63}",
    f"x in {'a' * 63}", f"x:{'a' * 63}", "x gt", "x notin [a, 'b']",
]  # fmt: skip


@pytest.mark.parametrize("text", [*SUGGESTED, *MORE_SUGGESTED])
def test_suggestions_parse(text: str) -> None:
    """What a hint says to write is itself a valid selector."""
    hint = refusal(text).hint or ""
    if hint.startswith("write: "):
        Selector.parse(hint.removeprefix("write: "))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        pytest.param("x notin ((a))", "write: x notin (a)", id="nested-list-of-notin"),
        pytest.param("x is not a", "write: x!=a", id="is-not"),
    ],
)
def test_suggestions_keep_the_meaning(text: str, hint: str) -> None:
    """The suggestion means what was written, not its opposite or half of it."""
    assert refusal(text).hint == hint


@pytest.mark.parametrize(
    "text", ["!x>5", "x>=0", "x not gt 5"], ids=["not-above", "from-0", "not-above-in-words"]
)
def test_no_advice_is_better_than_a_wider_selector(text: str) -> None:
    """A comparison is not dropped: no hint suggests a selector without one."""
    hint = refusal(text).hint or ""
    if hint.startswith("write: "):
        advised = Selector.parse(hint.removeprefix("write: "))
        assert [each.operator for each in advised.requirements] not in (
            [Operator.EXISTS],
            [Operator.DOES_NOT_EXIST],
            [Operator.NOT_IN],
        )


@pytest.mark.parametrize(
    ("text", "span"),
    [
        pytest.param("x in (<A>)", (6, 9), id="in-a-list"),
        pytest.param("x in <A>", (5, 8), id="as-a-list"),
        pytest.param("x==<A>", (3, 6), id="behind-two-equals"),
        pytest.param("x!=<A>", (3, 6), id="behind-unequal"),
        pytest.param("<A>=x", (0, 3), id="as-a-key"),
        pytest.param("x=$(cat v)", (2, 10), id="shell-command"),
    ],
)
def test_a_template_is_recognised_everywhere(text: str, span: tuple[int, int]) -> None:
    """A template is recognised in every place of a value or key."""
    error = refusal(text)
    assert (error.code, error.span) == ("template", span)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("=", ("a key", "'!'"), id="start"),
        pytest.param("!", ("a key",), id="after-bang"),
        pytest.param("x in", ("'('",), id="before-list"),
        pytest.param("x in (a", ("')'", "','"), id="in-list"),
        pytest.param("x in (a b", ("')'", "','"), id="between-values"),
        pytest.param("x=a b", ("','", "the end"), id="after-requirement"),
    ],
)
def test_expected(text: str, expected: tuple[str, ...]) -> None:
    """``expected`` lists everything that the grammar would have accepted."""
    assert set(refusal(text).expected) == set(expected)
