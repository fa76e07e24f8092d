"""The grammar file, and the pattern that is generated from it."""

import logging
import re
import string
from pathlib import Path

import lark
import pytest
from grammar import build
from lark import Lark, Tree, UnexpectedInput
from lark.lexer import Token

from nodeselect.errors import SelectorError
from nodeselect.selectors import Selector, _pattern, diagnostics
from nodeselect.selectors.parser import build_parser, load_grammar


@pytest.fixture(scope="module")
def built() -> Lark:
    """Return the parser that Lark builds from the grammar now."""
    return build_parser(load_grammar())


def outcome(parser: Lark, text: str) -> tuple[object, ...]:
    """Return the tree with name, text and span of each terminal, or where parsing fails and why."""
    try:
        return described(parser.parse(text))
    except UnexpectedInput as unexpected:
        expected = sorted(getattr(unexpected, "expected", ()))
        return type(unexpected).__name__, unexpected.pos_in_stream, expected


def described(tree: Tree[Token]) -> tuple[object, ...]:
    """Return a tree as nested tuples."""
    return tree.data, *[
        described(child)
        if isinstance(child, Tree)
        else (child.type, str(child), child.start_pos, child.end_pos)
        for child in tree.children
    ]


def test_the_pattern_is_fresh() -> None:
    """The pattern was generated from the current grammar."""
    assert build.build_pattern(load_grammar()) == Path(_pattern.__file__).read_text("utf-8")


def conflicts(grammar: str, caplog: pytest.LogCaptureFixture) -> list[str]:
    """Build an LALR parser and return the conflicts that Lark resolved by itself."""
    with caplog.at_level(logging.DEBUG, logger=lark.logger.name):
        lark.Lark(grammar, parser="lalr", start="selector", debug=True)
    return [record.getMessage() for record in caplog.records if "onflict" in record.getMessage()]


def test_the_grammar_has_no_conflict(caplog: pytest.LogCaptureFixture) -> None:
    """The grammar is LALR without conflicts: no choice is left to Lark."""
    assert conflicts(load_grammar(), caplog) == []


def test_a_conflict_would_be_seen(caplog: pytest.LogCaptureFixture) -> None:
    """The same check reports a grammar with a conflict, which Lark resolves silently."""
    assert conflicts('selector : "a" selector selector | "a"', caplog) != []


SPACES = " \t\r\n"


def code_point(character: str) -> str:
    """Return the name of a test for a character (mutmut wants names without backslashes)."""
    return f"U+{ord(character):04X}"


@pytest.mark.parametrize("space", list(SPACES), ids=code_point)
@pytest.mark.parametrize("pattern", ["{}x", "x{}=a", "x={}a", "x{}in{}({}a{},{}b{}){}", "x{},{}y"])
def test_four_characters_are_white_space(space: str, pattern: str) -> None:
    """Space, TAB, LF and CR separate tokens in every place."""
    assert Selector.parse(pattern.replace("{}", space)) == Selector.parse(
        pattern.replace("{}", " ")
    )


OTHER = [
    character
    for character in map(chr, range(0x110000))
    if (character.isspace() or character in "\u180e\u200b\u2060\ufeff\0")
    and character not in SPACES
]


@pytest.mark.parametrize("character", OTHER, ids=code_point)
@pytest.mark.parametrize("pattern", ["{}", "{}x", "x{}=a", "x={}a", "x=a{}", "x in (a{})", "x{},y"])
def test_no_other_character_is_white_space(character: str, pattern: str) -> None:
    """Whatever else Python or Unicode calls a space is rejected in every place."""
    with pytest.raises(SelectorError):
        Selector.parse(pattern.replace("{}", character))


@pytest.mark.parametrize("character", string.printable)
def test_characters_of_a_word(character: str, built: Lark) -> None:
    """A word is a run of anything but white space and seven punctuation characters."""
    separates_words = character in SPACES or character in "(),!=><"
    tree = outcome(built, f"x{character}y")
    is_one_word = tree == ("selector", ("requirement", ("KEY", f"x{character}y", 0, 3)))
    assert is_one_word != separates_words


def test_every_pattern_has_the_same_words(built: Lark) -> None:
    """What ends a word is the same in the grammar and in the patterns of mistakes."""
    regexps = {each.name: each.pattern.to_regexp() for each in built.terminals}
    characters = regexps["KEY"].removesuffix("+")
    assert regexps["VALUE"] == regexps["KEY"]
    assert regexps["MEMBERSHIP"].endswith(f"(?!{characters})")
    assert f"{characters}+" == diagnostics._W.encode().decode("unicode_escape")
    assert f"(?!{characters})" == diagnostics._E.encode().decode("unicode_escape")
    for character in "(),!=><":
        assert any(re.fullmatch(regexp, character) for regexp in regexps.values()), character
