"""From a text to requirements, by the grammar.

The tables in ``_tables.py`` are made by Lark from ``grammar/selector.lark`` and read by Lark
again: making them anew would cost every process more than 100 ms (``_make_tables.py``).

Words are checked requirement by requirement, so that the leftmost mistake of a text is the one
that is told.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from lark import Lark, Token, UnexpectedInput

from nodeselect.errors import SelectorError
from nodeselect.limits import LIMITS
from nodeselect.selectors import _parse_tables as _tables
from nodeselect.selectors.charset import is_key, is_value, parse_int64
from nodeselect.selectors.operator import Operator
from nodeselect.selectors.requirement import Requirement

__all__ = ["parse_requirements"]

_BLANKS = " \t\r\n"


def parse_requirements(source: str) -> list[Requirement]:
    """Read ``source`` by the grammar and give its requirements in the order of the text.

    Raises :class:`SelectorError`. Cost: linear in the text.
    """
    try:
        requirements: list[Requirement] = _parser().parse(source)  # type: ignore[assignment]
    except _BrokenWordError as broken:
        raise broken.error(source) from None
    except UnexpectedInput as unexpected:
        raise _where(source, unexpected) from None
    return requirements


class _BrokenWordError(Exception):
    """A word breaks the rule for its place; its reader does not know the text around it."""

    def __init__(self, mistake: str, end: int, word: str, key: str) -> None:
        """Name the function of ``_bad_words`` that says what is wrong."""
        super().__init__()
        self.mistake = mistake
        self.span = end - len(word), end
        self.key = key

    def error(self, source: str) -> SelectorError:
        from nodeselect.selectors.diagnostics import words as _bad_words  # with the first mistake

        error: SelectorError = getattr(_bad_words, self.mistake)(source, *self.span, self.key)
        return error


# One reader for each terminal that holds a word: it takes the word out and checks it.


def _key(token: Token) -> str:
    key: str = token.value
    if not is_key(key):
        raise _BrokenWordError("bad_key", _end(token), key, key)
    return key


def _value(token: Token, key: str) -> str:
    value: str = token.value.lstrip("=!<>").lstrip(_BLANKS)
    if not is_value(value):
        raise _BrokenWordError("bad_value", _end(token), value, key)
    return value


def _integer(token: Token, key: str) -> str:
    value: str = token.value[1:].lstrip(_BLANKS)
    if value[:1] in ("-", "+") or (is_value(value) and value and parse_int64(value) is None):
        raise _BrokenWordError("bad_integer", _end(token), value, key)
    return _value(token, key)


def _values(token: Token, key: str) -> tuple[str, ...]:
    text: str = token.value
    values = {value.strip(_BLANKS) for value in text[1:].split(",")}
    if not all(map(is_value, values)):
        for match in re.finditer(r"[^ \t\r\n(,]+", text):
            if not is_value(match[0]):
                raise _BrokenWordError("bad_value", _start(token) + match.end(), match[0], key)
    if len(values) > LIMITS.values_in_set:
        raise _BrokenWordError("too_many_values", _end(token), text, key)
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
    """One method for each alternative of the grammar; what it returns stands for the rule."""

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
    if not value:  # told only now: in "x>=5" the mistake is another one
        raise _BrokenWordError("bad_integer", _start(integer) + 1, "", key)
    return Requirement._trusted(key, operator, (value,))


@cache
def _parser() -> Lark:
    # The way that Lark's own generated parsers load their tables; Lark.load takes no transformer.
    load: Callable[..., Lark] = Lark._load_from_dict
    return load(_tables.DATA, _tables.MEMO, transformer=_Requirements())


def _where(source: str, unexpected: UnexpectedInput) -> SelectorError:
    """Say what is wrong where Lark stopped. A word before that place, which no rule has read yet,
    may break its own rule; then that is the first mistake."""
    # At the end of input Lark's own position is the start of the last token.
    token: Token = unexpected.token  # type: ignore[attr-defined]
    at = len(source) if token.type == "$END" else _start(token)
    stack: list[Any] = unexpected.state.value_stack
    pending: list[Token] = []
    for item in reversed(stack):
        if not isinstance(item, Token) or item.type == "COMMA":
            break
        pending.insert(0, item)
    key = next((word.value for word in pending if word.type == "KEY"), "key")
    try:
        for word in pending:
            if word.type in _READERS:
                _READERS[word.type](word, key)
    except _BrokenWordError as broken:
        return broken.error(source)
    expected: Iterable[str] = unexpected.expected  # type: ignore[attr-defined]
    words = tuple((word.type, word.value.strip(_BLANKS)) for word in pending)
    from nodeselect.selectors.diagnostics.syntax import Stop, bad_syntax  # with the first mistake

    return bad_syntax(Stop(source, at, frozenset(expected), words))
