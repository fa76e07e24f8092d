"""Parse a selector text into requirements, by the grammar.

Lark generates the tables in ``_parse_tables.json`` from ``grammar/selector.lark``, and loads them:
generating them in each process would cost more than 100 ms (``grammar/build_parse_tables.py``).

Words are checked requirement by requirement, so that the error is the leftmost one of the text.
"""

import json
import pkgutil
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from lark import Lark, Token, UnexpectedInput

from nodeselect.errors import SelectorError
from nodeselect.limits import LIMITS
from nodeselect.selectors.charset import is_key, is_value, parse_int64
from nodeselect.selectors.diagnostics.mistakes import syntax_error
from nodeselect.selectors.diagnostics.words import (
    integer_error,
    key_error,
    too_many_values_error,
    value_error,
)
from nodeselect.selectors.operator import Operator
from nodeselect.selectors.requirement import Requirement

__all__ = ["load_tables", "parse_requirements"]

_SPACES = " \t\r\n"

# What people call the terminals, in the order in which they are listed.
_TERMINAL_NAMES = {
    "KEY": "a key",
    "BANG": "'!'",
    "EQUALS": "'='",
    "NOT_EQUALS": "'!='",
    "_IN": "'in'",
    "_NOT_IN": "'notin'",
    "GREATER_THAN": "'>'",
    "LESS_THAN": "'<'",
    "VALUES": "'('",
    "COMMA": "','",
    "RPAR": "')'",
    "$END": "the end",
}


def parse_requirements(source: str) -> list[Requirement]:
    """Return the requirements of ``source`` in the order of the text.

    Raises :class:`SelectorError`. Cost: linear in the text.
    """
    try:
        requirements: list[Requirement] = _parser().parse(source)  # type: ignore[assignment]
    except _InvalidWordError as invalid:
        raise invalid.error(source) from None
    except UnexpectedInput as unexpected:
        raise _locate_error(source, unexpected) from None
    return requirements


class _InvalidWordError(Exception):
    """A word breaks the rule for its place. The text around it is not known where it is raised."""

    def __init__(
        self, build_error: Callable[[str, int, int, str], SelectorError],
        end: int, word: str, key: str,
    ) -> None:  # fmt: skip
        super().__init__()
        self._build_error = build_error
        self._span = end - len(word), end
        self._key = key

    def error(self, source: str) -> SelectorError:
        """Return the error for the word in ``source``."""
        return self._build_error(source, *self._span, self._key)


# One reader for each terminal that contains a word: it extracts the word and checks it.


def _key(token: Token) -> str:
    key: str = token.value
    if not is_key(key):
        raise _InvalidWordError(key_error, _end(token), key, key)
    return key


def _value(token: Token, key: str) -> str:
    value: str = token.value.lstrip("=!<>").lstrip(_SPACES)
    if not is_value(value):
        raise _InvalidWordError(value_error, _end(token), value, key)
    return value


def _integer(token: Token, key: str) -> str:
    value: str = token.value[1:].lstrip(_SPACES)
    if value[:1] in ("-", "+") or (is_value(value) and value and parse_int64(value) is None):
        raise _InvalidWordError(integer_error, _end(token), value, key)
    return _value(token, key)


def _values(token: Token, key: str) -> tuple[str, ...]:
    text: str = token.value
    values = {value.strip(_SPACES) for value in text[1:].split(",")}
    if not all(map(is_value, values)):
        for match in re.finditer(r"[^ \t\r\n(,]+", text):
            if not is_value(match[0]):
                end = _start(token) + match.end()
                raise _InvalidWordError(value_error, end, match[0], key)
    if len(values) > LIMITS.values_in_set:
        raise _InvalidWordError(too_many_values_error, _end(token), text, key)
    return tuple(sorted(values))


def _end(token: Token) -> int:
    return _start(token) + len(token.value)


def _start(token: Token) -> int:
    assert token.start_pos is not None, "every token of a lexer has a position"
    return token.start_pos


_READERS: dict[str, Callable[[Token, str], object]] = {
    "KEY": lambda token, _: _key(token),
    "EQUALS": _value,
    "NOT_EQUALS": _value,
    "GREATER_THAN": _integer,
    "LESS_THAN": _integer,
    "VALUES": _values,
}


class _Requirements:
    """One method for each alternative of the grammar; its result replaces the rule's tokens."""

    def selector(self, requirements: list[Requirement]) -> list[Requirement]:
        return requirements

    def exists(self, tokens: list[Token]) -> Requirement:
        return Requirement._trusted(_key(tokens[0]), Operator.EXISTS, ())

    def does_not_exist(self, tokens: list[Token]) -> Requirement:
        return Requirement._trusted(_key(tokens[0]), Operator.DOES_NOT_EXIST, ())

    def equals(self, tokens: list[Token]) -> Requirement:
        key = _key(tokens[0])
        spelling = "==" if tokens[1].value.startswith("==") else "="
        return Requirement._trusted(key, Operator.EQUALS, (_value(tokens[1], key),), spelling)

    def not_equals(self, tokens: list[Token]) -> Requirement:
        key = _key(tokens[0])
        return Requirement._trusted(key, Operator.NOT_EQUALS, (_value(tokens[1], key),))

    def greater_than(self, tokens: list[Token]) -> Requirement:
        return _comparison(Operator.GREATER_THAN, *tokens)

    def less_than(self, tokens: list[Token]) -> Requirement:
        return _comparison(Operator.LESS_THAN, *tokens)

    def in_(self, tokens: list[Token]) -> Requirement:
        key = _key(tokens[0])
        return Requirement._trusted(key, Operator.IN, _values(tokens[1], key))

    def not_in(self, tokens: list[Token]) -> Requirement:
        key = _key(tokens[0])
        return Requirement._trusted(key, Operator.NOT_IN, _values(tokens[1], key))


def _comparison(operator: Operator, token: Token, integer: Token) -> Requirement:
    key = _key(token)
    value = _integer(integer, key)
    if not value:  # checked only here, because "x>=5" has another mistake
        raise _InvalidWordError(integer_error, _start(integer) + 1, "", key)
    return Requirement._trusted(key, operator, (value,))


def load_tables() -> dict[str, Any]:
    """Return the generated tables, and under ``grammar`` the digest of their grammar."""
    text = pkgutil.get_data(__package__, "_parse_tables.json")
    assert text is not None, "the file ships with the package"
    tables: dict[str, Any] = json.loads(text, object_hook=_with_integer_keys)
    return tables


def _with_integer_keys(table: dict[str, Any]) -> dict[str | int, Any]:
    return {int(key) if key.isdigit() else key: value for key, value in table.items()}


@cache
def _parser() -> Lark:
    # Lark's own generated parsers load their tables by this private method. The public Lark.load
    # reads a pickle, and takes no transformer.
    load: Callable[..., Lark] = Lark._load_from_dict
    tables = load_tables()
    return load(tables["data"], tables["memo"], transformer=_Requirements())


def _locate_error(source: str, unexpected: UnexpectedInput) -> SelectorError:
    """Return the error for the position where Lark stopped.

    If a word before it, which no rule has read yet, breaks its own rule, that is the error.
    """
    # At the end of input Lark's own position is the start of the last token.
    token: Token = unexpected.token  # type: ignore[attr-defined]
    position = len(source) if token.type == "$END" else _start(token)
    stack: list[Any] = unexpected.state.value_stack
    start = 0 if not stack else position
    pending: list[Token] = []
    for item in reversed(stack):
        if not isinstance(item, Token):
            break
        start = _start(item)
        if item.type == "COMMA":
            break
        pending.insert(0, item)
    key = next((word.value for word in pending if word.type == "KEY"), "key")
    try:
        for word in pending:
            if word.type in _READERS:
                _READERS[word.type](word, key)
    except _InvalidWordError as invalid:
        return invalid.error(source)
    expected = set(unexpected.expected)  # type: ignore[attr-defined]
    if "COMMA" in expected:  # where a requirement may end, so may the text
        expected.add("$END")
    if "RPAR" in expected:  # the comma between values is part of their terminal
        expected.add("COMMA")
    names = tuple(name for terminal, name in _TERMINAL_NAMES.items() if terminal in expected)
    return syntax_error(source, start, position, names)
