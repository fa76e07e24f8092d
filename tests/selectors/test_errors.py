"""The error of each invalid selector: its code, position and fix, and the words of each kind."""

import re
import string
from pathlib import Path

import pytest

from nodeselect.errors import SelectorError
from nodeselect.notations.bacalhau import bacalhau_from_selector, selector_from_bacalhau
from nodeselect.selectors import (
    AnyOf,
    Operator,
    Requirement,
    Selector,
    pod_spec_from_selectors,
    selectors_from_pod_spec,
)
from tests import golden
from tests.selectors.test_kubernetes import REQUIRED, affinity

ROOT = Path(__file__).resolve().parents[2]
DIAGNOSTICS = golden.rows(
    Path(__file__).with_name("diagnostics.txt"),
    r"^(?P<code>[a-z-]+) (?P<span>\d+-\d+)(?P<path>(?: at (?:[^ ']|'[^']*')+)?) (?P<source>.*?)"
    r"(?P<replacement>(?:  (?:write|example): .*)?)\n(?P<words>(?:    .*\n)*)",
)


# The names in those that are expressions.
SCOPE = {
    "AnyOf": AnyOf,
    "map": map,
    "Selector": Selector,
    "Requirement": Requirement,
    "Operator": Operator,
    "names": lambda number: [f"v{at}" for at in range(number)],
    "label_selector": Selector.from_kubernetes,
    "pod_spec": selectors_from_pod_spec,
    "pod_spec_from_selectors": pod_spec_from_selectors,
    "affinity": affinity,
    "match_fields": lambda *items: affinity({"matchFields": list(items)}),
    "REQUIRED": REQUIRED,
    "bacalhau": selector_from_bacalhau,
    "bacalhau_from_selector": bacalhau_from_selector,
}


def refusal(text: str) -> SelectorError:
    with pytest.raises(SelectorError) as caught:
        Selector.parse(text)
    return caught.value


def short_name(row: golden.Row) -> str:
    """Return the name of a test for a row (mutmut wants names without backslashes)."""
    return ascii(row["source"][:20])[1:-1].replace("\\", "|")


@pytest.mark.parametrize("row", DIAGNOSTICS, ids=short_name)
def test_diagnostic(row: golden.Row) -> None:
    """An invalid text or part raises just this error; what it surely means is itself valid."""
    with pytest.raises(SelectorError) as caught:
        Selector.parse(eval(row["source"], SCOPE))
    error = caught.value
    path = error.path.replace(REQUIRED, "REQUIRED")
    replacement = ""
    if error.fix is not None and error.fix.replacement is not None:
        label = "write" if error.fix.is_certain else "example"
        replacement = f"  {label}: {ascii(error.fix.replacement)[1:-1]}"
    row.check(
        code=error.code,
        span="{}-{}".format(*error.span),
        path=f" at {path}" if path else "",
        replacement=replacement,
    )
    if row["words"]:
        words = [error.message] if error.hint is None else [error.message, error.hint]
        row.check(words="".join(f"    {line}\n" for line in words))
    if error.fix is not None and error.fix.replacement is not None and error.fix.is_certain:
        Selector.parse(error.fix.replacement)


def test_every_code_has_words() -> None:
    """The message of each code is shown once at least."""
    codes = {row["code"] for row in DIAGNOSTICS}
    assert {row["code"] for row in DIAGNOSTICS if row["words"]} == codes


def test_every_code_of_the_docs_is_shown() -> None:
    """Each code in the table of the docs has a diagnostic here; the table has all of texts."""
    table = (ROOT / "docs/language.md").read_text("utf-8").partition("## Errors")[2]
    codes = re.findall(r"`([a-z]+-[a-z-]+|[a-z]+)`(?=[^|]*\|[^|]*\|[^|]*\|$)", table, re.MULTILINE)
    assert len(codes) > 40
    assert set(codes) <= {row["code"] for row in DIAGNOSTICS}
    of_texts = {row["code"] for row in DIAGNOSTICS if row["source"][0] in "'\""}
    assert of_texts <= set(re.findall(r"`([a-z-]+)`", table))


def test_a_suggestion_without_quotes() -> None:
    """Quotes around a value are left out of a suggestion; letters and digits are not."""
    quotes = "'\"`\u00b4\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2032\u2033\u00ab\u00bb"
    for quote in quotes:
        assert refusal(f"x: {quote}a{quote}").hint == "write: x=a"
    for each in string.ascii_letters + string.digits:
        assert refusal(f"x: {each}-{each}").hint == f"write: x={each}-{each}"


def test_a_long_list_is_not_suggested() -> None:
    """A suggestion repeats a list of up to 199 characters."""
    short, long = f"{'a,' * 99}b", f"{'a,' * 98}a,bb"
    assert refusal(f"x=({short})").hint == f"write: x in ({short})"
    assert refusal(f"x=({long})").hint == "for example: x in (a,b)"


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
