"""Each limit of a selector, on both sides, for every constructor."""

import pickle
from collections.abc import Callable

import pytest

from nodeselect.errors import SelectorError
from nodeselect.limits import LIMITS
from nodeselect.selectors import Operator, Requirement, Selector
from tests.short import short


def names(number: int) -> list[str]:
    """Return ``number`` different words that are keys and values alike."""
    return [f"v{at}" for at in range(number)]


def text_of_length(length: int) -> str:
    """Return a valid selector of ``length`` characters, most of them spaces."""
    return "x=a" + " " * (length - 3)


def set_text(key: str, number: int) -> str:
    return f"{key} in ({','.join(names(number))})"


def short_sets(number: int) -> str:
    """Return a text with ``number`` values in total, in as many sets as a selector can have."""
    size, more = divmod(number, LIMITS.requirements)
    sizes = [size + (at < more) for at in range(LIMITS.requirements)]
    return ",".join(f"k{at} in ({','.join(map(str, range(of)))})" for at, of in enumerate(sizes))


def equalities(first: int, number: int) -> Selector:
    """Return a selector of ``number`` requirements on keys from ``k<first>`` on."""
    return Selector.of(match_labels={f"k{first + at}": "a" for at in range(number)})


def full_sets(number: int) -> list[str]:
    """Return expressions with ``number`` values in total, in sets as large as possible."""
    parts, rest = divmod(number, LIMITS.values_in_set)
    return [set_text(f"k{at}", LIMITS.values_in_set) for at in range(parts)] + (
        [set_text("rest", rest)] if rest else []
    )


def and_of(expressions: list[str]) -> Selector:
    """Join the expressions one by one with ``&``."""
    selector = Selector.everything()
    for expression in expressions:
        selector &= Selector.parse(expression)
    return selector


def equality(key: str = "x", value: str = "") -> Requirement:
    return Requirement(key, Operator.EQUALS, [value])


TEXT = ("text-too-long", 16_384, "at most 16,384 characters, found 16,385 (limit: selector_text)")
REQUIREMENTS = (
    "too-many-requirements",
    256,
    "at most 256 requirements, found 257 (limit: requirements)",
)
SET = ("too-many-values", 1_024, "1,024 values (limit: values_in_set)")
VALUES = ("too-many-values", 4_096, "at most 4,096 values, found 4,097 (limit: values)")
VALUE = ("value-too-long", 63, "at most 63 characters, found 64")
NAME = ("key-too-long", 63, "at most 63 characters, found 64")
PREFIX = ("prefix-too-long", 253, "at most 253 characters, found 254")
IDS = ("too-many-ids", 100_000, "at most 100,000 ids, found 100,001 (limit: match_ids)")

# For each limit and constructor: what builds a selector of this size.
CASES: list[tuple[tuple[str, int, str], Callable[[int], object]]] = [
    (TEXT, lambda n: Selector.parse(text_of_length(n))),
    (TEXT, lambda n: Selector.of(match_expressions=["x", text_of_length(n)])),
    (REQUIREMENTS, lambda n: Selector.parse(",".join(names(n)))),
    (REQUIREMENTS, lambda n: Selector.of(match_expressions=names(n))),
    (REQUIREMENTS, lambda n: equalities(0, n)),
    (REQUIREMENTS, lambda n: equalities(0, 128) & equalities(128, n - 128)),
    (SET, lambda n: Selector.parse(set_text("x", n))),
    (SET, lambda n: Selector.of(match_expressions=[set_text("x", n)])),
    (SET, lambda n: Requirement("x", Operator.IN, names(n))),
    (VALUES, lambda n: Selector.parse(short_sets(n))),
    (VALUES, lambda n: Selector.of(match_expressions=full_sets(n))),
    (VALUES, lambda n: and_of(full_sets(n))),
    (VALUE, lambda n: Selector.parse(f"x={'a' * n}")),
    (VALUE, lambda n: Selector.of(match_labels={"x": "a" * n})),
    (VALUE, lambda n: equality(value="a" * n)),
    (NAME, lambda n: Selector.parse(f"b/{'a' * n}")),
    (NAME, lambda n: Selector.of(match_labels={"a" * n: ""})),
    (NAME, lambda n: equality("a" * n)),
    (PREFIX, lambda n: Selector.parse(f"{'b' * n}/{'a' * 63}")),
    (PREFIX, lambda n: Selector.of(match_labels={f"{'b' * n}/a": ""})),
    (PREFIX, lambda n: equality(f"{'b' * n}/a")),
    (IDS, lambda n: Selector.of(match_ids=names(n))),
    (IDS, lambda n: Selector.of(match_ids=names(n) * 2)),
    (IDS, lambda n: Selector.from_requirements([], names(n))),
]


@pytest.mark.parametrize(("limit", "build"), CASES)
def test_limit(limit: tuple[str, int, str], build: Callable[[int], object]) -> None:
    """A selector at a limit is accepted; above it an error names the limit and is short."""
    code, number, words = limit
    assert build(number) is not None
    with pytest.raises(SelectorError) as caught:
        build(number + 1)
    assert caught.value.code == code
    assert words in caught.value.message
    is_word = number < 256
    is_list = "values" in code or "ids" in code
    hint = "use several selectors" if is_list else "use fewer requirements"
    hint = "shorten it by 1 character" if is_word else hint
    assert caught.value.hint == hint
    assert len(short(caught.value)) < 1_000


HUGE = [
    pytest.param("x" * 16_384, id="one-word"),
    pytest.param("x=" + "日" * 16_000, id="wide"),
    pytest.param("x=" + "\u200b" * 16_000, id="invisible"),
    pytest.param("x=${" + "a" * 16_000, id="template"),
    pytest.param("x in (" + "a " * 8_000, id="list"),
    pytest.param("x in [" + "a," * 8_000, id="square-brackets"),
    pytest.param("x\n" * 8_000, id="lines"),
    pytest.param("," * 16_000, id="commas"),
    pytest.param("x:" + "y" * 16_000, id="colon"),
    pytest.param("a/" * 8_000, id="slashes"),
    pytest.param("B" * 16_000 + "/a", id="prefix"),
    pytest.param("x>" + "9" * 16_000, id="integer"),
    pytest.param("\t" * 16_000 + "x y", id="tabs"),
    pytest.param("\u200b" * 5_000_000, id="five-million"),
]


@pytest.mark.parametrize("text", HUGE)
def test_an_error_stays_short(text: str) -> None:
    """The error of a text of any length has less than a thousand characters."""
    with pytest.raises(SelectorError) as caught:
        Selector.parse(text)
    assert len(short(caught.value)) < 1_000
    with pytest.raises(SelectorError) as caught:
        Selector.of(match_labels={text: text})
    assert len(short(caught.value)) < 1_000
    with pytest.raises(SelectorError) as caught:
        Selector.of(match_ids=[f"{text}\0"])
    assert len(short(caught.value)) < 1_000


def test_repeated_values_count_once() -> None:
    """A repeated value counts once, in a text and in a structured requirement."""
    values = ["a"] * 1_025
    [requirement] = Selector.parse(f"x in ({','.join(values)})").requirements
    assert requirement == Requirement("x", Operator.IN, values)
    assert requirement.values == ("a",)


def test_a_selector_with_a_long_canonical_text_pickles() -> None:
    """Every selector can be pickled, even if its text is longer than 16 KiB."""
    wanted = {f"{'b' * 253}/k{at}": "a" * 63 for at in range(256)}
    selector = Selector.of(match_labels=wanted)
    assert len(str(selector)) > LIMITS.selector_text
    assert pickle.loads(pickle.dumps(selector)) == selector


def test_the_canonical_text_of_any_text_parses() -> None:
    """A text with a canonical text longer than 16 KiB is rejected, so each can be parsed again."""
    parts = [f"k{at:02} in({'a' * 55})" for at in range(256)]
    text = ",".join(parts)[: LIMITS.selector_text].rpartition(",")[0]
    with pytest.raises(SelectorError, match="selector_text") as caught:
        Selector.parse(text)
    assert caught.value.code == "text-too-long"
    shorter = text.rpartition(",")[0].rpartition(",")[0].rpartition(",")[0].rpartition(",")[0]
    selector = Selector.parse(shorter)
    assert len(str(selector)) > len(shorter)
    assert Selector.parse(str(selector)) == selector
