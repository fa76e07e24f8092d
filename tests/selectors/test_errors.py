"""The error of each invalid selector: the whole diagnostic, its code, position and suggestion."""

import ast
import re
from pathlib import Path

import pytest

from nodeselect.errors import SelectorError
from nodeselect.notations.bacalhau import bacalhau_from_selector, selector_from_bacalhau
from nodeselect.notations.nomad import selector_from_nomad
from nodeselect.selectors import Operator, Requirement, Selector, selectors_from_pod_spec
from tests import golden
from tests.hints import check_selector_hint

ROOT = Path(__file__).resolve().parents[2]
DIAGNOSTICS = golden.rows(
    Path(__file__).with_name("diagnostics.txt"),
    r"^(?P<code>[a-z-]+) (?P<span>\d+ \d+) (?P<source>.*)\n(?P<shown>(?:    .*\n)+)",
)
TEXTS = [
    ast.literal_eval(row["source"]) for row in DIAGNOSTICS if row["source"].startswith(("'", '"'))
]
# The names in those that are expressions.
SCOPE = {
    each.__name__: each
    for each in (
        *(Selector, Requirement, Operator),
        *(selectors_from_pod_spec, selector_from_bacalhau, bacalhau_from_selector),
        selector_from_nomad,
    )
}


def refusal(text: str) -> SelectorError:
    """Return the error that ``text`` raises."""
    with pytest.raises(SelectorError) as caught:
        Selector.parse(text)
    return caught.value


def short_name(row: golden.Row) -> str:
    """Return the name of a test for a row (mutmut wants names without backslashes)."""
    return ascii(row["source"][:20])[1:-1].replace("\\", "|")


@pytest.mark.parametrize("row", DIAGNOSTICS, ids=short_name)
def test_diagnostic(row: golden.Row) -> None:
    """An invalid text or part raises just this error, caret and suggestion included."""
    with pytest.raises(SelectorError) as caught:
        Selector.parse(eval(row["source"], SCOPE))
    error = caught.value
    shown = "".join(f"    {line}\n" for line in str(error).split("\n"))
    row.check(code=error.code, span="{} {}".format(*error.span), shown=shown)


@pytest.mark.parametrize("code_point", [0xD800, 0xDFFF])
def test_surrogates(code_point: int) -> None:
    """The first and the last surrogate are rejected as such."""
    assert refusal(f"x={chr(code_point)}").code == "surrogate"


def test_an_error_has_the_text_it_was_raised_for() -> None:
    """``source`` is the text as it was passed, and a text has no place."""
    errors = [refusal(text) for text in TEXTS]
    assert [(error.source, error.path) for error in errors] == [(text, "") for text in TEXTS]


def test_every_code_of_the_docs_is_shown() -> None:
    """Each code in the table of the docs has a diagnostic here, or is of a limit."""
    table = (ROOT / "docs/language.md").read_text("utf-8").partition("## Errors")[2]
    codes = re.findall(r"`([a-z]+-[a-z-]+|[a-z]+)`(?=[^|]*\|[^|]*\|[^|]*\|$)", table, re.MULTILINE)
    shown = {row["code"] for row in DIAGNOSTICS}
    limits = {"text-too-long", "too-many-requirements", "too-many-values", "too-many-ids"}
    assert len(codes) > 40
    assert set(codes) - shown == limits


SUGGESTED = [
    *(
        ast.literal_eval(row["source"])
        for row in DIAGNOSTICS
        if row["source"].startswith(("'", '"')) and "\n      write: " in row["shown"]
    ),
    'x: "a"', "x:'a'", "x : 'a'", "x === '5'", "!x='a'", "x <> 'a'", "x eq 'a'", "x in 'a'",
    "not 'x'", f"{'x' * 63} in a", f"example.com/{'x' * 60} gt 5", f"x <> {'a' * 63}",
    f"x in {'a' * 63}", f"x:{'a' * 63}", "x notin [a, 'b']",
]  # fmt: skip


@pytest.mark.parametrize("text", SUGGESTED)
def test_suggestions_parse(text: str) -> None:
    """What a hint says to write is itself a valid selector."""
    hint = refusal(text).hint or ""
    assert hint.startswith("write: ")
    Selector.parse(hint.removeprefix("write: "))


@pytest.mark.parametrize(
    "text",
    ["x=-1", "x!=-1", "x == -05", "x in (-1)", "x notin (a,-1)", "x=-1.5", "x=-1-", "x>-1", "x<-5"],
)
def test_no_hint_takes_a_sign_away(text: str) -> None:
    """A number without its sign is another number, so no hint leads to it."""
    hint = refusal(text).hint
    assert hint in (
        "no selector can contain a negative number; x<0 matches all negative integers",
        "the smallest integer is 0",
    )
    below_zero = Selector.parse("x<0")
    assert below_zero.matches({"x": "-1"})
    assert not below_zero.matches({"x": "0"})


@pytest.mark.parametrize(
    "text",
    [
        "5xy>9223372036854775808", "9223372036854775808>x", "9223372036854775808<5xy",
        "x>=9223372036854775807", "x<=9223372036854775807", "x gt 9223372036854775808",
        "x<=999999999999999999", "x lte 999999999999999999", "x>=0", "x=>9223372036854775808",
    ],
)  # fmt: skip
def test_no_hint_has_an_integer_that_is_too_large(text: str) -> None:
    """If a hint suggests a comparison, its integer has 64 bits."""
    check_selector_hint(refusal(text))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("x is not a", "write: x!=a"),
        ("x is not null", "write: x"),
        ("x is in (a,b)", "write: x in (a,b)"),
        ("x is NotIn [a]", "write: x notin (a)"),
        ("x in (a),y in b", "write: y in (b)"),
        ("x:in (a,b)", "write: x in (a,b)"),
        ("x : [a,b]", "write: x in (a,b)"),
        ("!x:a", "write: x!=a"),
        ("x eq (a,b)", "write: x in (a,b)"),
        ("x ne (a,b)", "write: x notin (a,b)"),
        ("x===(a,b)", "write: x in (a,b)"),
        ("!x=(a,b)", "write: x notin (a,b)"),
        ("x in [a\n,b]", "write: x in (a,b)"),
        ("x<=-1", "for integers, write: x<0"),
        ("x>=9223372036854775807", "for integers, write: x>9223372036854775806"),
        ("x<=9223372036854775806", "for integers, write: x<9223372036854775807"),
    ],
)
def test_suggestions_keep_the_meaning(text: str, hint: str) -> None:
    """The suggestion means what was written, not its opposite or half of it."""
    assert refusal(text).hint == hint


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("x notin ((a))", "remove the inner parentheses"),
        ("x notin (b,(c,d))", "remove the inner parentheses"),
        ("x in (b,c,(d", "remove the inner parentheses"),
        ("x in a b", "for example: x in (a,b)"),
        ("x not in b c", "for example: x notin (a,b)"),
        ("x in a, b)", "for example: x in (a,b)"),
        ("x in [b] c", "for example: x in (a,b)"),
        ("x in a/b", "for example: x in (a,b)"),
        ("x ne in (a)", "for example: x!=value"),
        ("x exists a", "for example: x"),
        ("x:'a,b'", "for example: x=value"),
        ("x:5,000", "for example: x=value"),
        ("x eq", "for example: x=value"),
        ("x:'", "for example: x=value"),
        ("x=()", "for example: x in (a,b)"),
        ("not [x]", "for example: !key"),
        ("x>>5", None),
        ("x!=a*", "list the values: x notin (a,b); or accept no value: !x"),
        ("x notin (a,b*)", "list the values: x notin (a,b); or accept no value: !x"),
        ("x notin (a, b*)", "list the values: x notin (a,b); or accept no value: !x"),
        ("x notin (b*,a)", "list the values: x notin (a,b); or accept no value: !x"),
        ("x in (a),y notin (b,c*)", "list the values: y notin (a,b); or accept no value: !y"),
        ("x notin (a),y=b*", "list the values: y in (a,b); or accept any value: y"),
        ("x notin (a),y*", "list the values: key in (a,b); or accept any value: key"),
        ("x=-1x", "remove '-'"),
    ],
)
def test_no_suggestion_drops_a_word(text: str, hint: str | None) -> None:
    """If a suggestion cannot have all words of a requirement, there is an example or a rule."""
    assert refusal(text).hint == hint


@pytest.mark.parametrize("text", ["x>= 5 GB", "x>=5,000", "x gt 5,000"])
def test_half_a_number_is_not_suggested(text: str) -> None:
    """A number with more behind it is not cut."""
    assert refusal(text).hint == "use '>' or '<' and a non-negative integer in decimal digits"


@pytest.mark.parametrize("text", ["x>=0", "x>=-5", "x gt -1", "x<=9223372036854775807"])
def test_a_comparison_without_an_equivalent(text: str) -> None:
    """The hint says so if no comparison of the language is equivalent."""
    assert refusal(text).hint == (
        "nothing is equivalent: an integer after '>' or '<' is from 0 to 9223372036854775807"
    )


def test_a_long_list_is_not_suggested() -> None:
    """A suggestion repeats a list of up to 199 characters."""
    short, long = f"{'a,' * 99}b", f"{'a,' * 98}a,bb"
    assert refusal(f"x=({short})").hint == f"write: x in ({short})"
    assert refusal(f"x=({long})").hint == "for example: x in (a,b)"


@pytest.mark.parametrize(
    "text", ["!x>5", "x>=0", "x not gt 5"], ids=["not-above", "from-0", "not-above-in-words"]
)
def test_no_advice_is_better_than_a_wider_selector(text: str) -> None:
    """A comparison is not dropped: no hint suggests a selector without one."""
    _, found, advice = (refusal(text).hint or "").partition("write: ")
    if found:
        advised = Selector.parse(advice)
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
        pytest.param("x>a", ("an integer from 0 to 9223372036854775807",), id="integer"),
    ],
)
def test_expected(text: str, expected: tuple[str, ...]) -> None:
    """``expected`` lists everything that the grammar would have accepted."""
    assert set(refusal(text).expected) == set(expected)
