"""What is wrong with a text that the grammar refuses, and what to write instead.

The parser says where it stopped and which terminals could have followed; that tells in which of
six places the text went wrong, and each place has the mistakes that people make there.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from nodeselect.errors import SelectorError, found
from nodeselect.selectors.diagnostics.suggestions import (
    comparison,
    key_alone,
    key_like,
    list_at,
    value_like,
    word_at,
)
from nodeselect.selectors.diagnostics.words import HABITS, either, template_at
from nodeselect.text import quoted

__all__ = ["Stop", "bad_syntax"]

_TOKEN = re.compile(r"[^ \t\r\n(),!=><]+|==|!=|[(),!=><]")
_WORD = re.compile(r"[^ \t\r\n(),!=><]+")
_EQUALITIES = {"eq": "=", "is": "=", "equals": "=", "ne": "!=", "neq": "!="}
_COMPARISONS = {"gt": ">", "lt": "<", "ge": ">=", "gte": ">=", "le": "<=", "lte": "<="}
_PRESENT = ("exists", "exist", "present")
_PRESENT_BEFORE = (*_PRESENT, "has")
_ABSENT = ("absent", "missing", "doesnotexist", "notexists")

_OPERATORS = ("=", "==", "!=", "in", "notin", ">", "<")
_BEHIND_A_KEY = (",", *_OPERATORS)
"""What may follow a key; a word with something else behind it is hardly one."""

_NAMES = {
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
"""What people call the terminals, in the order in which they are listed."""


class Stop(NamedTuple):
    """Where the parser stopped."""

    source: str
    at: int
    """Position of the first text that cannot be; ``len(source)`` at the end of input."""
    expected: frozenset[str]
    """Names of the terminals that could have followed."""
    pending: tuple[tuple[str, str], ...]
    """The unfinished requirement: its terminals, each a name and its text."""

    @property
    def found(self) -> str:
        """The word or punctuation at :attr:`at`; empty at the end of input."""
        match = _TOKEN.match(self.source, self.at)
        return match[0] if match else ""

    @property
    def behind(self) -> int:
        """The position behind :attr:`found`."""
        return self.at + len(self.found)

    @property
    def key(self) -> str:
        """The key of the unfinished requirement, for a piece of advice."""
        return next((key_like(text) for name, text in self.pending if name == "KEY"), "key")

    @property
    def could_be(self) -> tuple[str, ...]:
        """What could have followed, as people call it."""
        expected = set(self.expected)
        if "COMMA" in expected:  # where a requirement may end, so may the text
            expected.add("$END")
        if "RPAR" in expected:  # the comma between values is part of their terminal
            expected.add("COMMA")
        return tuple(text for name, text in _NAMES.items() if name in expected)

    def error(
        self, code: str, message: str, hint: str | None, *, length: int | None = None
    ) -> SelectorError:
        """Give an error at this place, its span ``length`` long or as long as :attr:`found`."""
        end = self.behind if length is None else self.at + length
        return SelectorError(
            code, message, self.source, (self.at, end), expected=self.could_be, hint=hint
        )


def bad_syntax(stop: Stop) -> SelectorError:
    """Give the error for the place where the parser stopped. Cost: linear in the text."""
    expected = stop.expected
    advise: Callable[[Stop], SelectorError | None]
    if "BANG" in expected:
        advise = _at_start
    elif "KEY" in expected:
        advise = _after_bang
    elif "EQUALS" in expected:
        advise = _after_key
    elif "VALUES" in expected:
        advise = _before_list
    elif "RPAR" in expected:
        advise = _in_list
    else:
        advise = _after_requirement
    template = template_at(stop.source, stop.at)
    return template or _joined(stop) or advise(stop) or _plain(stop)


def _plain(stop: Stop) -> SelectorError:
    *most, last = stop.could_be
    wanted = f"{', '.join(most)} or {last}" if most else last
    hint = None
    following = _TOKEN.search(stop.source, stop.behind)
    begins = following is None or following[0] in _BEHIND_A_KEY
    is_word = _WORD.match(stop.found) and "COMMA" in stop.expected
    if is_word and begins:
        hint = "put ',' between two requirements"
    if is_word and _is_equality(stop) and (following is None or following[0] not in _OPERATORS):
        hint = "a value holds no blank"
        if begins:
            hint += f"; if {found(stop.found)} is a key, put ',' before it"
    if stop.found in _BEHIND_A_KEY and _has_value(stop):
        hint = "a requirement has one operator; put ',' between two requirements"
    code = "unexpected" if stop.found else "unexpected-end"
    return stop.error(code, f"expected {wanted}, found {found(stop.found)}", hint)


def _is_equality(stop: Stop) -> bool:
    """Say whether the unfinished requirement is ``x=a`` or ``x!=a``."""
    return stop.pending[-1][0] in ("EQUALS", "NOT_EQUALS")


def _has_value(stop: Stop) -> bool:
    """Say whether the unfinished requirement ends with something behind its operator."""
    return stop.expected == {"COMMA"} and stop.pending[-1][1] not in _BEHIND_A_KEY


def _joined(stop: Stop) -> SelectorError | None:
    """AND and OR as other languages write them."""
    word = stop.found.lower()
    if word in ("and", "&&", "&"):
        return stop.error("and", HABITS["and"].message, HABITS["and"].hint)
    if word in ("or", "||", "|"):
        return stop.error("or", HABITS["or"].message, either(stop.source) or HABITS["or"].hint)
    return None


def _at_start(stop: Stop) -> SelectorError | None:
    before = stop.source[: stop.at].rstrip(" \t\r\n")
    if before.endswith(",") and not stop.found:
        return stop.error(
            "trailing-comma", "a requirement is missing after the last ','", "take the ',' away"
        )
    if stop.found == ",":
        if before:
            return stop.error("doubled-comma", "two commas in a row", "take one ',' away")
        return stop.error(
            "leading-comma", "a requirement is missing before the first ','", "take the ',' away"
        )
    if stop.found == "(":
        return stop.error(
            "parentheses",
            "there are no parentheses around requirements",
            "write the requirements one after another, parted by ','",
        )
    return None


def _after_bang(stop: Stop) -> SelectorError | None:
    if stop.found == "!":
        meant = key_like(word_at(stop.source, stop.behind))
        return stop.error("double-not", "'!' is not said twice", f"write: {meant}")
    return None


def _after_key(stop: Stop) -> SelectorError | None:
    word = stop.found.lower()
    if stop.key.lower() == "not" and (word == "(" or _WORD.match(word)):
        return stop.error("word-not", "NOT is written '!'", _negation(stop))
    if stop.key.lower() in _PRESENT_BEFORE and (word == "(" or _WORD.match(word)):
        return stop.error("word-exists", "a key alone asks that it exists", _presence(stop))
    if word == "not":
        return _after_not(stop)
    if word in ("in", "notin"):
        return stop.error(
            "operator-case",
            f"operators are written in lower case: '{word}'",
            f"write: {stop.key} {word} {list_at(stop.source, stop.behind)}",
        )
    if match := re.match(r"(in|notin)[\[{]", word):
        return _brackets(stop._replace(at=stop.at + match.end() - 1), match[1])
    if word in _EQUALITIES or word in _COMPARISONS:
        return _word_operator(stop)
    if word in _PRESENT:
        return stop.error("word-exists", "a key alone asks that it exists", f"write: {stop.key}")
    if word in _ABSENT:
        return _absent(stop, len(word))
    if word.startswith(":"):
        value = value_like(word_at(stop.source, stop.at + 1))
        return stop.error(
            "colon",
            "a key and its value are joined by '=', not ':'",
            f"write: {stop.key}={value}",
            length=1,
        )
    following = _TOKEN.search(stop.source, stop.behind)
    if word == "!" and following and following[0].startswith("~"):
        return stop.error(
            "regex", HABITS["regex"].message, f"write the values out, as in: {stop.key} notin (a,b)"
        )
    if word == "!" and following and following[0] == "=":
        return stop.error(
            "split-operator",
            "'!=' is written without a blank in it",
            f"write: {stop.key}!={value_like(word_at(stop.source, following.end()))}",
        )
    return _glued(stop)


def _glued(stop: Stop) -> SelectorError | None:
    """``xin (a)``: the operator was read as the end of the key."""
    key = stop.key
    operator = next((word for word in ("notin", "in") if key.endswith(word)), None)
    if stop.found == "(" and operator and key != operator:
        meant = key_like(key.removesuffix(operator))
        return stop.error(
            "missing-blank",
            f"'{operator}' is a word of its own",
            f"write: {meant} {operator} {list_at(stop.source, stop.at)}",
        )
    return None


def _presence(stop: Stop) -> str:
    """Say how to write ``exists x`` or ``has(x)``."""
    key = key_alone(stop.source, stop.at)
    return f"write: {key}" if key else f"take {quoted(stop.key)} away"


def _negation(stop: Stop) -> str:
    """Say how to write ``not`` before what stands at the stop."""
    exists = stop.found.lower() in _PRESENT_BEFORE
    if exists or stop.found == "(":
        meant = key_alone(stop.source, stop.behind if exists else stop.at)
        return f"write: !{meant}" if meant else "write the opposite comparison"
    following = _TOKEN.search(stop.source, stop.behind)
    operator = following[0] if following else ""
    key, behind = key_like(stop.found), following.end() if following else 0
    if operator in ("=", "=="):
        return f"write: {key}!={value_like(word_at(stop.source, behind))}"
    if operator == "in":
        return f"write: {key} notin {list_at(stop.source, behind)}"
    return f"write: !{key}" if operator in ("", ",") else "write the opposite comparison"


def _after_not(stop: Stop) -> SelectorError | None:
    match = re.compile(r"[ \t\r\n]*(\w*)", re.ASCII).match(stop.source, stop.behind)
    word = match[1].lower() if match else ""
    end = match.end() if match and word else stop.behind
    if word in _PRESENT:
        return _absent(stop, end - stop.at)
    if word == "in" or (not word and stop.source[stop.behind :].lstrip().startswith("(")):
        return stop.error(
            "not-in",
            "'not in' is written 'notin'",
            f"write: {stop.key} notin {list_at(stop.source, end)}",
            length=end - stop.at,
        )
    return None


def _absent(stop: Stop, length: int) -> SelectorError:
    return stop.error(
        "word-exists",
        "'!' before a key asks that it does not exist",
        f"write: !{stop.key}",
        length=length,
    )


def _word_operator(stop: Stop) -> SelectorError:
    word = stop.found.lower()
    value = word_at(stop.source, stop.behind)
    if word in _COMPARISONS:
        hint = comparison(stop.key, _COMPARISONS[word], value)
    else:
        hint = f"write: {_equality(stop, _EQUALITIES[word], value)}"
    return stop.error("word-operator", f"{found(stop.found)} is no operator in a text", hint)


def _equality(stop: Stop, sign: str, value: str) -> str:
    """Say ``x is …``, ``x is not …``, ``x is null`` in the language."""
    if value.lower() == "not":
        behind = stop.source.lower().index("not", stop.behind) + len("not")
        value = word_at(stop.source, behind)
        if value.lower() == "in":
            behind = stop.source.lower().index("in", behind) + len("in")
            return f"{stop.key} notin {list_at(stop.source, behind)}"
        sign = "!="
    if value.lower() in ("null", "none", "nil", "empty"):
        return stop.key if sign == "!=" else f"!{stop.key}"
    return f"{stop.key}{sign}{value_like(value)}"


def _before_list(stop: Stop) -> SelectorError | None:
    operator = "notin" if stop.pending[-1][0] == "_NOT_IN" else "in"
    if stop.found.startswith(("[", "{")):
        return _brackets(stop, operator)
    return stop.error(
        "missing-parentheses",
        f"the values of '{operator}' stand between '(' and ')', found {found(stop.found)}",
        f"write: {stop.key} {operator} {list_at(stop.source, stop.at)}",
    )


def _brackets(stop: Stop, operator: str) -> SelectorError:
    return stop.error(
        "square-brackets",
        f"the values of '{operator}' stand between '(' and ')'",
        f"write: {stop.key} {operator} {list_at(stop.source, stop.at)}",
        length=1,
    )


def _in_list(stop: Stop) -> SelectorError | None:
    if not stop.found:
        return stop.error("unclosed-list", "the list of values is not closed", "put ')' behind it")
    if _WORD.match(stop.found):
        return stop.error(
            "missing-comma",
            f"expected ',' or ')' between values, found {found(stop.found)}",
            "put ',' between two values, ')' behind the last",
        )
    if stop.found == "(":
        operator = "notin" if stop.pending[-2][0] == "_NOT_IN" else "in"
        values = list_at(stop.source, stop.at)
        return stop.error(
            "parentheses", "lists are not nested", f"write: {stop.key} {operator} {values}"
        )
    return None


def _after_requirement(stop: Stop) -> SelectorError | None:
    if any(name == "BANG" for name, _ in stop.pending):
        return _negated(stop)
    last, text = stop.pending[-1] if stop.pending else ("", "")
    value = word_at(stop.source, stop.behind)
    match text, stop.found:
        case ((">" | "<"), ("=" | "==")):
            return stop.error(
                "or-equal", f"there is no '{text}='", comparison(stop.key, f"{text}=", value)
            )
        case "=", (">" | "<"):
            sign = stop.found
            return stop.error(
                "or-equal", f"there is no '={sign}'", comparison(stop.key, f"{sign}=", value)
            )
        case "<", ">":
            return stop.error(
                "unequal-sign",
                "'not equal' is written '!='",
                f"write: {stop.key}!={value_like(value)}",
            )
        case (("=" | "=="), ("=" | "==")):
            return stop.error(
                "triple-equals",
                "equality is written '=' or '=='",
                f"write: {stop.key}={value_like(value)}",
            )
    if last in ("EQUALS", "NOT_EQUALS") and stop.found == "(":
        operator = "in" if last == "EQUALS" else "notin"
        return stop.error(
            "list-needs-in",
            f"a list of values stands behind '{operator}'",
            f"write: {stop.key} {operator} {list_at(stop.source, stop.at)}",
        )
    return None


def _negated(stop: Stop) -> SelectorError | None:
    """``!x`` with a comparison behind it."""
    value = value_like(word_at(stop.source, stop.behind))
    values = list_at(stop.source, stop.behind)
    match stop.found.lower():
        case "=" | "==":
            hint = f"write: {stop.key}!={value}"
        case "!=":
            hint = f"write: {stop.key}={value}"
        case "in":
            hint = f"write: {stop.key} notin {values}"
        case "notin":
            hint = f"write: {stop.key} in {values}"
        case ">" | "<":
            hint = "turn the comparison round, as in: key<6 for not key>5"
        case _:
            return None
    return stop.error("not-equality", "'!' goes before a key alone, not before a comparison", hint)
