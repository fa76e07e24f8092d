"""The grammar file, and the pattern that is generated from it."""

import logging
import re
import string
from pathlib import Path

import lark
import pytest
from grammar import build

from nodeselect.errors import SelectorError
from nodeselect.selectors import Selector, _pattern, diagnostics
from nodeselect.selectors.parser import build_parser, load_grammar


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


@pytest.mark.parametrize("pattern", ["{}x", "x{}=a", "x={}a", "x{}in{}({}a{},{}b{}){}", "x{},{}y"])
def test_four_characters_are_white_space(pattern: str) -> None:
    """Space, TAB, LF and CR separate tokens in every place."""
    assert len({Selector.parse(pattern.replace("{}", space)) for space in SPACES}) == 1


OTHER = [
    character
    for character in map(chr, range(0x110000))
    if (character.isspace() or character in "\u180e\u200b\u2060\ufeff\0")
    and character not in SPACES
]


@pytest.mark.parametrize("pattern", ["{}", "{}x", "x{}=a", "x={}a", "x=a{}", "x in (a{})", "x{},y"])
def test_no_other_character_is_white_space(pattern: str) -> None:
    """Whatever else Python or Unicode calls a space is rejected in every place."""
    for character in OTHER:
        with pytest.raises(SelectorError):
            Selector.parse(pattern.replace("{}", character))


def test_every_pattern_has_the_same_words() -> None:
    """White space and seven characters end a word, in the grammar and in all patterns."""
    parser = build_parser(load_grammar())
    regexps = {each.name: each.pattern.to_regexp() for each in parser.terminals}
    for character in string.printable:
        separates_words = character in SPACES or character in "(),!=><"
        assert bool(re.fullmatch(regexps["KEY"], f"x{character}y")) != separates_words
    characters = regexps["KEY"].removesuffix("+")
    assert regexps["VALUE"] == regexps["KEY"]
    assert regexps["MEMBERSHIP"].endswith(f"(?!{characters})")
    assert f"{characters}+" == diagnostics._W.encode().decode("unicode_escape")
    assert f"(?!{characters})" == diagnostics._E.encode().decode("unicode_escape")
    for character in "(),!=><":
        assert any(re.fullmatch(regexp, character) for regexp in regexps.values()), character
