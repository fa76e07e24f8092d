"""The pattern that is generated from the grammar matches what the grammar accepts."""

import itertools

import pytest
from grammar import build
from hypothesis import given

from nodeselect.errors import SelectorError
from nodeselect.selectors import Requirement, parser
from nodeselect.selectors._pattern import REQUIREMENT
from tests.conformance.vectors import VECTORS
from tests.property.strategies import any_texts
from tests.selectors.automata import Parser, Regexp, difference, distinct_characters

NAME = "[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
PART = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"

# The rules of Kubernetes for words, written once more and in another way.
RULES = {"KEY": rf"(?:(?=[^/]{{1,253}}/){PART}(?:\.{PART})*/)?{NAME}", "VALUE": NAME}

VALUES = ",".join(map(str, range(1_025)))


def first_difference(requirement: str) -> str | None:
    """Return a shortest text that only the pattern or only the grammar accepts.

    The pattern is matched one or more times, after a comma. Blank texts, integers and the number of
    values in a list are checked in Python.
    """
    lark = parser.build_parser(parser.load_grammar())
    terminals = [each.pattern.to_regexp() for each in lark.terminals]
    alphabet = distinct_characters([requirement, *RULES.values(), *terminals])
    assert {"\t", "(", "=", "-", "_", ".", "/", "A", "i", "n"} <= set(alphabet)
    pattern = Regexp(rf"(?:{requirement})+|,[ \t\r\n]*", alphabet)
    after_comma = pattern.step(pattern.start, ",")
    return difference(pattern, after_comma, Parser(lark, RULES, alphabet), alphabet)


def test_the_pattern_matches_what_the_grammar_accepts() -> None:
    """Both describe the same language, whatever the length of the text."""
    assert first_difference(REQUIREMENT) is None


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        pytest.param("{0,62}+", "{0,61}+", "A" * 63, id="shorter-name"),
        pytest.param("(?:==|", "(?:===|==|", "A===", id="another-operator"),
        pytest.param("notin", "nitin", "A\tnitin()", id="another-word"),
        pytest.param("|)", ")", "A", id="no-key-alone"),
        pytest.param("(?<=[A-Za-z0-9])", "", "A-", id="any-end-of-name"),
        pytest.param("[ \\t", "[ \\t\\f", "\fA", id="more-white-space"),
    ],
)
def test_a_difference_is_found(old: str, new: str, text: str) -> None:
    """A pattern that matches a little more or less differs in this text, or a similar one."""
    assert old in REQUIREMENT
    found = first_difference(REQUIREMENT.replace(old, new))
    assert found is not None
    assert len(found) == len(text)


def by_lark(text: str) -> list[Requirement] | None:
    """Return the requirements of ``text`` as Lark reads it, None if it is invalid."""
    try:
        return parser.parse_by_lark(text)
    except SelectorError:
        return None


def agree(text: str) -> bool:
    """Return whether both readers return the same requirements, or neither any."""
    return parser.parse_by_pattern(text) == by_lark(text)


def test_vectors() -> None:
    """Both agree on every selector for which the verdict of Kubernetes is known."""
    assert [vector.id for vector in VECTORS if not agree(vector.selector)] == []


@given(any_texts())
def test_any_text(text: str) -> None:
    """Both agree on valid texts, nearly valid ones and any others."""
    assert agree(text)


@pytest.mark.parametrize("length", range(4))
def test_short_texts(length: int) -> None:
    """Both agree on every text of up to three characters from each class."""
    texts = map("".join, itertools.product("\0\t!(),-./0<=>A_in", repeat=length))
    assert [text for text in texts if not agree(text)] == []


@pytest.mark.parametrize("text", ["x>a", "x>9223372036854775808", f"x in ({VALUES})"])
def test_lark_explains_what_the_pattern_cannot_see(text: str) -> None:
    """A text that only the pattern matches is left to Lark."""
    assert parser.parse_by_pattern(text) is None
    assert by_lark(text) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('("," requirement)*', '("," requirement)+', id="not-a-list"),
        pytest.param('("," requirement)*', '("," value)*', id="a-list-of-others"),
        pytest.param("[ \\t\\r\\n]+", "[ \\t\\r\\n]", id="not-a-run"),
        pytest.param('| ">"', "", id="a-character-that-nothing-contains"),
    ],
)
def test_another_kind_of_grammar_is_rejected(old: str, new: str) -> None:
    """No pattern is generated if the generator does not understand the grammar."""
    grammar = parser.load_grammar()
    assert old in grammar
    with pytest.raises(ValueError, match="is not a"):
        build.build_pattern(grammar.replace(old, new))
