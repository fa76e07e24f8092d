"""Parse a selector text into requirements.

A valid text is parsed by a regular expression that is generated from ``grammar/selector.lark``. If
a text does not match the expression, Lark is imported, parses the text by the grammar itself, and
finds the mistake. A test checks that both parsers accept the same texts.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from nodeselect.errors import SelectorError
from nodeselect.limits import LIMITS
from nodeselect.selectors._pattern import REQUIREMENT
from nodeselect.selectors.charset import WHITE_SPACE, is_key, is_value, parse_int64
from nodeselect.selectors.diagnostics import (
    character_error,
    integer_error,
    key_error,
    syntax_error,
    too_many_values_error,
    value_error,
)
from nodeselect.selectors.requirement import OPERATORS, Operator, Requirement
from nodeselect.text import FORBIDDEN

if TYPE_CHECKING:
    from lark import Lark, Token

# What matches nowhere else is matched as a whole, with empty groups.
_find_requirements = re.compile(f"({REQUIREMENT})|(?s:.+)").findall

_Parts = tuple[str, str, str, str, str, str, str]
"""The groups of a match: all; key, comparison, value, membership, values; the key after ``!``."""

# Most requirements are part of many selectors. Long lists are not kept: 4,096 of 1,024 values would
# take some 400 MB. The keys are texts, because the garbage collector would look at tuples.
_known: dict[str, Requirement] = {}
_MAX_KNOWN = 4_096
_MAX_KNOWN_TEXT = 256

# What people call the terminals, in the order in which they are listed.
_TERMINAL_NAMES = (
    ("KEY", "a key"),
    ("BANG", "'!'"),
    ("COMPARISON", "'='"),
    ("COMPARISON", "'!='"),
    ("MEMBERSHIP", "'in'"),
    ("MEMBERSHIP", "'notin'"),
    ("COMPARISON", "'>'"),
    ("COMPARISON", "'<'"),
    ("LPAR", "'('"),
    ("COMMA", "','"),
    ("RPAR", "')'"),
    ("$END", "the end"),
)


def parse_requirements(text: str) -> list[Requirement]:
    """Parse the text of a selector; return its requirements in the order of the text.

    Cost: linear in the text, a few microseconds; for the first invalid text about 50 ms.

    :raises SelectorError: if the text is invalid. If it is a valid text of another system, the fix
        is its equivalent.
    """
    requirements = parse_by_pattern(text)
    if requirements is not None:
        return requirements
    try:
        return parse_by_lark(text)
    except SelectorError as error:
        from nodeselect.selectors.other_syntax import equivalent  # only for wrong texts

        error.fix = equivalent(text) or error.fix
        raise


def parse_by_pattern(text: str) -> list[Requirement] | None:
    """Parse the text of a selector by a regular expression; return None if the text is invalid."""
    requirements = []
    for parts in _find_requirements(f",{text}"):
        requirement = _known.get(parts[0]) or _read_parts(parts)
        if requirement is None:
            return None if text.strip(WHITE_SPACE) else []
        requirements.append(requirement)
    return requirements


def _read_parts(parts: _Parts) -> Requirement | None:
    """Build a requirement from the groups of a match; return None if the requirement is invalid."""
    text, key, comparison, value, membership, values, absent_key = parts
    if comparison:
        operator = OPERATORS[comparison]
        if operator.is_comparison and parse_int64(value) is None:
            return None
        requirement = Requirement._trusted(key, operator, (value,), comparison)
    elif membership:
        distinct = sorted({each.strip(WHITE_SPACE) for each in values.split(",")})
        if len(distinct) > LIMITS.values_in_set:
            return None
        requirement = Requirement._trusted(key, OPERATORS[membership], tuple(distinct), membership)
    elif key:
        requirement = Requirement._trusted(key, Operator.EXISTS, (), "")
    elif absent_key:
        requirement = Requirement._trusted(absent_key, Operator.DOES_NOT_EXIST, (), "!")
    else:
        return None
    if len(text) <= _MAX_KNOWN_TEXT:
        if len(_known) >= _MAX_KNOWN:
            _known.clear()
        _known[text] = requirement
    return requirement


def parse_by_lark(source: str) -> list[Requirement]:
    """Parse the text of a selector with Lark. Cost: linear in the text.

    :raises SelectorError: for the first mistake in the text: the words before the position where
        Lark stops are checked first.
    """
    if not source.isprintable() and (forbidden := FORBIDDEN.search(source)):
        raise character_error(source, forbidden.start())
    from lark import UnexpectedToken

    parser = _parser().parse_interactive(source)
    tokens: list[Token] = []
    unexpected: Token | None = None
    try:
        for token in parser.iter_parse():
            tokens.append(token)  # noqa: PERF402 - those before an error are needed
        parser.feed_eof()  # type: ignore[no-untyped-call]
    except UnexpectedToken as error:
        unexpected = error.token
    groups = list(_split([token for token in tokens if token is not unexpected]))
    pending = groups.pop() if groups and unexpected is not None else []
    requirements = [_read_tokens(source, group) for group in groups]
    if unexpected is None:
        return requirements
    position = len(source) if unexpected.type == "$END" else _start(unexpected)
    _check_words(source, pending, position)
    expected: set[str] = parser.accepts()  # type: ignore[no-untyped-call]
    if "COMMA" not in expected:  # the empty text is valid, but not what anybody tried to write
        expected.discard("$END")
    names = tuple(name for terminal, name in _TERMINAL_NAMES if terminal in expected)
    raise syntax_error(source, _start(pending[0]) if pending else 0, position, names)


def _split(tokens: "list[Token]") -> "Iterator[list[Token]]":
    """Yield a list of tokens for each requirement, starting with the comma before it, if any."""
    group: list[Token] = []
    is_in_list = False
    for token in tokens:
        if token.type == "COMMA" and not is_in_list:
            yield group
            group = []
        is_in_list = token.type == "LPAR" or (is_in_list and token.type != "RPAR")
        group.append(token)
    if group:
        yield group


def _read_tokens(source: str, tokens: "list[Token]") -> Requirement:
    """Return the requirement that consists of ``tokens``; raise if a word is invalid."""
    key, spelling, values = _check_words(source, tokens, len(source))
    operator = OPERATORS[spelling]
    if operator.is_comparison and "" in values:  # checked only here: "x>=5" has another mistake
        position = _start(tokens[-1]) + len(tokens[-1])
        raise integer_error(source, position, position)
    if operator.arity == "none":
        values = set()
    return Requirement._trusted(key, operator, tuple(sorted(values)), spelling)


def _check_words(source: str, tokens: "list[Token]", end: int) -> tuple[str, str, set[str]]:
    """Check the words of a requirement that may be incomplete; return key, operator and values.

    :param end: the position in ``source`` where the requirement ends.
    :raises SelectorError: if a word is invalid.
    """
    key, spelling, values = "key", "", {""}
    list_start = None
    for token in tokens:
        word, start = str(token), _start(token)
        span = start, start + len(word)
        match token.type:
            case "KEY":
                if not is_key(word):
                    raise key_error(source, *span)
                key = word
            case "BANG" | "COMPARISON" | "MEMBERSHIP":
                spelling = word
            case "VALUE":
                is_valid = is_value(word)
                if OPERATORS[spelling].is_comparison and (
                    word[0] in "-+" or (is_valid and parse_int64(word) is None)
                ):
                    raise integer_error(source, *span)
                if not is_valid:
                    raise value_error(source, *span, key)
                values = {word}
            case "LPAR":
                list_start = start
            case "RPAR":
                end = start
    if list_start is not None:
        values = {value.strip(WHITE_SPACE) for value in source[list_start + 1 : end].split(",")}
        if len(values) > LIMITS.values_in_set:
            raise too_many_values_error(source, list_start, end)
    return key, spelling, values


def _start(token: "Token") -> int:
    assert token.start_pos is not None, "every token of a lexer has a position"
    return token.start_pos


def load_grammar() -> str:
    """Return the text of ``grammar/selector.lark``."""
    import pkgutil

    grammar = pkgutil.get_data("nodeselect", "grammar/selector.lark")
    assert grammar is not None, "the file ships with the package"
    return grammar.decode()


def build_parser(grammar: str) -> "Lark":
    """Build a Lark parser from ``grammar``. Cost: about 25 ms for the first one in a process."""
    from lark import Lark

    return Lark(grammar, parser="lalr", start="selector", maybe_placeholders=False)


@cache
def _parser() -> "Lark":
    return build_parser(load_grammar())
