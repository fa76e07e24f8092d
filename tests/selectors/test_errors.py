"""What each wrong selector is told: the whole diagnostic, its code, its place and its advice."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from nodeselect.errors import SelectorError
from nodeselect.selectors import Operator, Requirement, Selector
from nodeselect.selectors.diagnostics import syntax as _bad_syntax
from tests import golden

DIAGNOSTICS = golden.rows(
    Path(__file__).with_name("diagnostics.txt"),
    r"^(?P<code>[a-z-]+) (?P<span>\d+ \d+) (?P<source>['\"].*)\n(?P<shown>(?:    .*\n)+)",
)


def refusal(text: str) -> SelectorError:
    """Give the error that ``text`` raises."""
    with pytest.raises(SelectorError) as caught:
        Selector.parse(text)
    return caught.value


@pytest.mark.parametrize("row", DIAGNOSTICS, ids=lambda row: row["source"][:20])
def test_diagnostic(row: golden.Row) -> None:
    """A wrong text is told just this, caret and advice included."""
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
        "match_labels['a b']: a key cannot hold ' '\n"
        "  a b\n"
        "   ^\n"
        "  a key holds letters, digits, '-', '_' and '.'",
        id="key-of-match-labels",
    ),
    pytest.param(
        lambda: Selector.of(match_labels={"": "c"}),
        "empty-key",
        "match_labels['']: a key is never empty\n  write letters, digits, '-', '_' and '.'",
        id="empty-key-of-match-labels",
    ),
    pytest.param(
        lambda: Selector.of(match_labels={"x\x1b": "c"}),
        "control-character",
        "match_labels['x\\x1b']: a control character (\\x1b) is refused\n"
        "  x\\x1b\n"
        "   ^^^^\n"
        "  take it out",
        id="escape-in-a-key-of-match-labels",
    ),
    pytest.param(
        lambda: Selector.of(match_labels={"x": LABEL_64}),
        "value-too-long",
        "match_labels['x']: a value has at most 63 characters, this one 64\n"
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
        "match_ids[1]: a node id is never empty",
        id="empty-id",
    ),
    pytest.param(
        lambda: Selector.of(match_ids=["n\u202e1"]),
        "unprintable-id",
        "match_ids[0]: a node id holds no unprintable character (\\u202e)\n"
        "  n\\u202e1\n"
        "   ^^^^^^\n"
        "  take it out",
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
        lambda: Requirement("x", Operator.LESS_THAN, ["1.5"]),
        "not-an-integer",
        "'>' and '<' compare with a whole number, found '1.5'\n"
        "  1.5\n"
        "  ^^^\n"
        "  write a whole number in decimal digits",
        id="no-integer",
    ),
]


@pytest.mark.parametrize(("make", "code", "shown"), PARTS)
def test_part_of_a_structured_selector(make: Callable[[], object], code: str, shown: str) -> None:
    """A wrong part of a structured selector is told just this, with the place of the part."""
    with pytest.raises(SelectorError) as caught:
        make()
    assert caught.value.code == code
    assert str(caught.value) == shown


LIMIT_CODES = {
    "text-too-long",
    "too-many-requirements",
    "too-many-values",
    "too-many-ids",
}
"""Codes of limits: their texts are long, and test_limits.py has them."""


def codes_in(path: Path) -> set[str]:
    """Give the codes in a source file: strings that stand first in the making of an error, or are
    called ``code``. The parts of a code that is put together are joined by a star."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ("SelectorError", "_Habit", "error"):
                found |= written_codes(node.args[0])
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "code":
            found |= written_codes(node.value)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "(code, what)":
            found |= written_codes(next(ast.iter_child_nodes(node.value)))
    return found


def written_codes(node: ast.AST) -> set[str]:
    """Give the codes that an expression spells out."""
    match node:
        case ast.Constant(value=str(code)):
            return {code}
        case ast.IfExp(body=one, orelse=other):
            return written_codes(one) | written_codes(other)
        case ast.JoinedStr(values=parts):
            texts = (getattr(part, "value", "*") for part in parts)
            return {"".join(text if isinstance(text, str) else "*" for text in texts)}
    return set()


@pytest.mark.parametrize(
    "name",
    ["diagnostics/words.py", "diagnostics/syntax.py", "parser.py", "requirement.py", "selector.py"],
)
def test_every_code_has_a_row(name: str) -> None:
    """Each code that the sources can give stands in a table of this file or of the limits."""
    shown = {row["code"] for row in DIAGNOSTICS} | LIMIT_CODES
    shown |= {str(row.values[1]) for row in PARTS}
    for code in codes_in(Path(_bad_syntax.__file__).parents[1] / name):
        pattern = re.escape(code).replace(r"\*", "[a-z]+")
        assert any(re.fullmatch(pattern, row) for row in shown), f"{code} has no row"


def test_the_codes_are_found_in_the_sources() -> None:
    """The reader of codes sees plain ones, those chosen by a condition and those put together."""
    words = codes_in(Path(_bad_syntax.__file__).with_name("words.py"))
    assert {"template", "colon", "surrogate", "empty-*", "*-too-long"} <= words
    assert {"unexpected", "unexpected-end", "or"} <= codes_in(Path(_bad_syntax.__file__))


ADVISED = [
    ast.literal_eval(row["source"])
    for row in DIAGNOSTICS
    if re.search(r"^      write: ", row["shown"], re.MULTILINE)
    and row["code"] not in ("two-slashes", "empty-prefix", "double-not")  # "as in", "or"
]

MORE_ADVISED = [
    'x: "a"', "x:'a'", "x : 'a'", "x === '5'", "!x='a'", "x <> 'a'", "x ! = 'a'", "x eq 'a'",
    "x in 'a'", "x in a/b", "x >= 1.5", "x >= '5'", "x<=a", "x gt 5Gi", "x >= -1", "x in {{.var}}",
    "not 'x'", "x.in(a)", f"{'x' * 63} in a", f"example.com/{'x' * 60} gt 5", f"x <> {'a' * 63}",
    f"x in {'a' * 63}", f"x:{'a' * 63}", "x gt", "x notin [a, 'b']",
]  # fmt: skip


@pytest.mark.parametrize("text", [*ADVISED, *MORE_ADVISED])
def test_advice_parses(text: str) -> None:
    """What a hint says to write is itself a selector."""
    hint = refusal(text).hint or ""
    if hint.startswith("write: "):
        Selector.parse(hint.removeprefix("write: "))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        pytest.param("x notin ((a))", "write: x notin (a)", id="nested-list-of-notin"),
        pytest.param("x is not a", "write: x!=a", id="is-not"),
        pytest.param("x=\u2018a\u2019", "write it without quotes: a", id="curly-quotes"),
        pytest.param('x=""', "leave the quotes out", id="empty-quotes"),
    ],
)
def test_advice_keeps_the_meaning(text: str, hint: str) -> None:
    """The advice asks for what the writer meant, not for its opposite or for half of it."""
    assert refusal(text).hint == hint


@pytest.mark.parametrize(
    "text", ["!x>5", "x>=0", "x not gt 5"], ids=["not-above", "from-0", "not-above-in-words"]
)
def test_no_advice_is_better_than_a_wider_selector(text: str) -> None:
    """A comparison is not advised away: the hint gives no selector that says nothing of order."""
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
def test_a_template_is_known_wherever_it_stands(text: str, span: tuple[int, int]) -> None:
    """A template that was left in is called one in every place of a value or key."""
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
    """``expected`` lists all that could have stood there."""
    assert set(refusal(text).expected) == set(expected)
