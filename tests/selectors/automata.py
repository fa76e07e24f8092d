"""Languages of regular expressions and of Lark's parsers, compared for texts of any length.

Both sides read a text character by character. :class:`Regexp` follows all ways in which Python's
``re`` could match, including look-around and possessive runs. :class:`Parser` runs Lark's
contextual lexer and its LALR tables, and checks each token against a rule for its words.
:func:`difference` walks through all pairs of states that one text can lead to.
"""

import re._constants as op  # type: ignore[import-not-found]
import re._parser as sre  # type: ignore[import-not-found]
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Set
from functools import cache
from typing import Any, NamedTuple

from lark import Lark
from lark.parsers.lalr_analysis import Shift

Characters = frozenset[str]
Items = tuple["Item", ...]


class Item(NamedTuple):
    """Part of an expression: what it does, and with what."""

    kind: str
    what: Any


class Thread(NamedTuple):
    """One way to match: what is left to match, and what else must hold for the same text.

    A promise is a set of characters that must not follow, or items that must match as well.
    """

    rest: Items
    promises: frozenset[Characters | Items] = frozenset()


State = frozenset[Thread]


def items_of(regexp: str, alphabet: Collection[str]) -> Items:
    """Return the items of an expression. Sets of characters are reduced to the alphabet."""

    def convert(tree: Any) -> Items:
        return tuple(item for each in tree for item in convert_one(*each))

    def convert_one(kind: Any, what: Any) -> Items:
        if kind in (op.LITERAL, op.NOT_LITERAL, op.IN):
            return (Item("set", frozenset(c for c in alphabet if contains(kind, what, c))),)
        if kind is op.SUBPATTERN:
            return convert(what[3])
        if kind is op.BRANCH:
            return (Item("choice", tuple(map(convert, what[1]))),)
        if kind in (op.MAX_REPEAT, op.POSSESSIVE_REPEAT):
            low, high, tree = what
            is_possessive = kind is op.POSSESSIVE_REPEAT
            count = None if high == op.MAXREPEAT else high - low
            body = convert(tree)
            return (*body * low, Item("repeat", (body, count, is_possessive)))
        assert kind in (op.ASSERT, op.ASSERT_NOT)
        direction, tree = what
        body = convert(tree)
        if kind is op.ASSERT and direction > 0:
            return (Item("ahead", body),)
        [(_, characters)] = body
        return (Item("behind" if direction < 0 else "not-next", characters),)

    return convert(sre.parse(regexp))


def contains(kind: Any, what: Any, character: str) -> bool:
    """Return whether a set of characters of an expression contains one."""
    code = ord(character)
    if kind is not op.IN:
        return bool(code == what) == (kind is op.LITERAL)
    is_listed = any(
        code == value if each is op.LITERAL else value[0] <= code <= value[1]
        for each, value in what
        if each is not op.NEGATE
    )
    return is_listed != bool(what[0][0] is op.NEGATE)


def distinct_characters(regexps: Collection[str]) -> list[str]:
    """Return one character of each class that no expression distinguishes.

    All beyond ASCII are in one class.
    """
    sets: list[tuple[Any, Any]] = []

    def collect(tree: Any) -> None:
        for part in tree if isinstance(tree, sre.SubPattern) else [tree]:
            if isinstance(part, tuple) and part[0] in (op.LITERAL, op.NOT_LITERAL, op.IN):
                sets.append(part)
            elif isinstance(part, tuple | list | sre.SubPattern):
                for each in part:
                    collect(each)

    for regexp in regexps:
        collect(sre.parse(regexp))
    found: dict[tuple[bool, ...], str] = {}
    for character in map(chr, range(129)):
        found.setdefault(tuple(contains(*each, character) for each in sets), character)
    assert not any(contains(*each, "\x80") != contains(*each, "\U0010ffff") for each in sets)
    return list(found.values())


class Regexp:
    """The texts that an expression matches."""

    def __init__(self, regexp: str, alphabet: Collection[str]) -> None:
        self.start: State = frozenset(expand(Thread(items_of(regexp, alphabet)), None))

    @staticmethod
    @cache
    def step(state: State, character: str) -> State:
        """Return the state after one more character; it is empty if nothing can match."""
        return frozenset(
            expanded
            for thread in state
            if (after := advance(thread, character)) is not None
            for expanded in expand(after, character)
        )

    @staticmethod
    def accepts(state: State, following: str | None = None) -> bool:
        """Return whether the text so far matches before ``following``, None at the end."""
        return any(
            not thread.rest
            and all(
                isinstance(each, frozenset) and following not in each for each in thread.promises
            )
            for thread in state
        )


def advance(thread: Thread, character: str) -> Thread | None:
    """Return what is left of an expanded thread after a character, None if it does not match."""
    promises: set[Characters | Items] = set()
    for promise in thread.promises:
        if isinstance(promise, frozenset):
            if character in promise:
                return None
        elif character not in promise[0].what:
            return None
        elif promise[1:]:
            promises.add(promise[1:])
    if not thread.rest or character not in thread.rest[0].what:
        return None
    return Thread(thread.rest[1:], frozenset(promises))


def expand(thread: Thread, before: str | None) -> Iterator[Thread]:
    """Yield the threads in which each next item is a set of characters.

    :param before: the character before, None at the start.
    """
    rest, promises = thread
    for promise in promises:
        if isinstance(promise, tuple) and not is_expanded(promise):
            for kept in expand(Thread(promise), before):
                more = kept.promises | ({kept.rest} if kept.rest else frozenset())
                yield from expand(Thread(rest, promises - {promise} | more), before)
            return
    if is_expanded(rest):
        yield thread
        return
    (kind, what), *others = rest
    after = tuple(others)
    match kind:
        case "choice":
            for alternative in what:
                yield from expand(Thread(alternative + after, promises), before)
        case "repeat":
            body, count, is_possessive = what
            if count != 0:
                again = Item("repeat", (body, count and count - 1, is_possessive))
                yield from expand(Thread((*body, again, *after), promises), before)
                if is_possessive:  # it stops only where it must
                    [(_, characters)] = body
                    promises |= {characters}
            yield from expand(Thread(after, promises), before)
        case "ahead" | "not-next":
            yield from expand(Thread(after, promises | {what}), before)
        case "behind":
            if before in what:
                yield from expand(Thread(after, promises), before)


def is_expanded(items: Items) -> bool:
    """Return whether nothing is left, or a set of characters comes next."""
    return not items or items[0].kind == "set"


class Reading(NamedTuple):
    """Where Lark is in a text: the stack of its parser, and the token that it has begun.

    ``valid`` is how far the token follows the rule for its words.
    """

    stack: tuple[int, ...]
    token: str | None = None
    state: State = frozenset()
    valid: State = frozenset()


class Parser:
    """The texts that a parser of Lark accepts, if the words in its tokens follow some rules.

    :param rules: for the name of a terminal, the expression for its valid words.
    """

    def __init__(self, lark: Lark, rules: Mapping[str, str], alphabet: Collection[str]) -> None:
        self._table: Any = lark.parser.parser._parse_table
        self._ignored = set(lark.ignore_tokens)
        self._tokens = {
            each.name: Regexp(each.pattern.to_regexp(), alphabet).start for each in lark.terminals
        }
        self._rules = self._tokens | {
            name: Regexp(rule, alphabet).start for name, rule in rules.items()
        }
        [first] = self._table.start_states.values()
        [self._last] = self._table.end_states.values()
        self.start: Reading | None = Reading((first,))

    def step(self, reading: Reading | None, character: str) -> Reading | None:
        """Return where Lark is after one more character; None if it has failed."""
        if reading is None:
            return None
        if reading.token is not None:
            if longer := Regexp.step(reading.state, character):  # a token is as long as possible
                valid = Regexp.step(reading.valid, character)
                return reading._replace(state=longer, valid=valid)
            reading = self._end_token(reading, character)
            if reading is None:
                return None
        begun = [
            Reading(reading.stack, name, state, Regexp.step(self._rules[name], character))
            for name in self._acceptable(reading.stack)
            if (state := Regexp.step(self._tokens[name], character))
        ]
        assert len(begun) < 2, "the first character decides which token it is"
        return begun[0] if begun else None

    def accepts(self, reading: Reading | None) -> bool:
        """Return whether the text so far is accepted."""
        if reading is not None and reading.token is not None:
            reading = self._end_token(reading, None)
        return reading is not None and self._shift(reading.stack, "$END") is not None

    def _acceptable(self, stack: tuple[int, ...]) -> Set[str]:
        """Return the terminals that the lexer looks for."""
        expected: Set[str] = self._table.states[stack[-1]].keys()
        return (expected | self._ignored) & self._tokens.keys()

    def _end_token(self, reading: Reading, following: str | None) -> Reading | None:
        assert reading.token is not None
        if not Regexp.accepts(reading.state, following) or not Regexp.accepts(reading.valid):
            return None
        if reading.token in self._ignored:
            return Reading(reading.stack)
        stack = self._shift(reading.stack, reading.token)
        return None if stack is None else Reading(stack)

    def _shift(self, stack: tuple[int, ...], token: str) -> tuple[int, ...] | None:
        """Return the stack after a token; None if the parser does not accept it."""
        while token in self._table.states[stack[-1]]:
            action, target = self._table.states[stack[-1]][token]
            if action is Shift:
                return (*stack, target)
            stack = stack[: len(stack) - len(target.expansion)]
            stack += (self._table.states[stack[-1]][target.origin.name][1],)
            if token == "$END" and stack[-1] == self._last:
                return stack
        return None


def difference(
    regexp: Regexp, state: State, parser: Parser, alphabet: Collection[str]
) -> str | None:
    """Return a shortest text that only one of both accepts; None if there is none.

    :param state: the state of ``regexp`` before the text.
    """
    start = state, parser.start
    texts: dict[tuple[State, Reading | None], str] = {start: ""}
    queue = deque([start])
    while queue:
        pair = state, reading = queue.popleft()
        text = texts[pair]
        if regexp.accepts(state) != parser.accepts(reading):
            return text
        for character in alphabet:
            after = regexp.step(state, character), parser.step(reading, character)
            if after not in texts and (after[0] or after[1] is not None):
                texts[after] = text + character
                queue.append(after)
    return None
