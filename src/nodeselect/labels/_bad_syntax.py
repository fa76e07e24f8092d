"""What is wrong with a text that the grammar refuses, and what to write instead.

The parser says where it stopped and which terminals could have followed; that tells in which of
six places the text went wrong, and each place has the mistakes that people make there.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from nodeselect.errors import SelectorError, found
from nodeselect.labels._bad_words import bad_value
from nodeselect.printable import cut, printable

__all__ = ["Stop", "bad_syntax"]


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
    def key(self) -> str:
        """The key of the unfinished requirement, for a piece of advice."""
        return next((_shown(text) for name, text in self.pending if name == "KEY"), "key")

    def error(
        self, code: str, message: str, hint: str | None, *, length: int | None = None
    ) -> SelectorError:
        """Give an error at this place, its span ``length`` long or as long as :attr:`found`."""
        end = self.at + (len(self.found) if length is None else length)
        return SelectorError(
            code, message, self.source, (self.at, end), expected=_could_be(self.expected), hint=hint
        )


_TOKEN = re.compile(r"[^ \t\r\n(),!=><]+|==|!=|[(),!=><]")
_WORDS = re.compile(r"[^ \t\r\n(),!=><]+")

_COMPARISONS = {
    "gt": ">", "lt": "<", "eq": "=", "ne": "!=", "neq": "!=", "is": "=", "equals": "=",
}  # fmt: skip
_PRESENT = {"exists", "exist", "present"}
_ABSENT = {"absent", "missing", "doesnotexist", "notexists"}

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
    "RPAR": "')'",
    "COMMA": "','",
    "$END": "the end",
}
"""What people call the terminals, in the order in which they are listed."""


def bad_syntax(stop: Stop) -> SelectorError:
    """Give the error for the place where the parser stopped. Cost: linear in the text."""
    expected = stop.expected
    if "BANG" in expected:
        advise: Callable[[Stop], SelectorError | None] = _at_start
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
    return _joined(stop) or advise(stop) or _plain(stop)


def _plain(stop: Stop) -> SelectorError:
    *most, last = _could_be(stop.expected)
    wanted = f"{', '.join(most)} or {last}" if most else last
    hint = None
    if _WORDS.match(stop.found) and "COMMA" in stop.expected:
        hint = "put ',' between two requirements"
    code = "unexpected" if stop.found else "unexpected-end"
    return stop.error(code, f"expected {wanted}, found {found(stop.found)}", hint)


def _joined(stop: Stop) -> SelectorError | None:
    """AND and OR as other languages write them."""
    word = stop.found.lower()
    if word in ("and", "&&", "&"):
        return stop.error("and", "AND is written ','", "write: a=b,c=d")
    if word in ("or", "||", "|"):
        return stop.error(
            "or",
            "there is no OR inside a selector",
            f"for values of one key write: {stop.key} in (a,b); for different keys use several"
            " selectors",
        )
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
        return stop.error("double-not", "'!' is not said twice", "write: key, or !key")
    return None


def _after_key(stop: Stop) -> SelectorError | None:
    word, key = stop.found.lower(), stop.key
    if word == "not" or word.startswith("not("):
        return _after_not(stop)
    if word in ("in", "notin"):
        return stop.error(
            "operator-case",
            f"operators are written in lower case: '{word}'",
            f"write: {key} {word} {_list(stop, stop.at + len(word))}",
        )
    if word.startswith(("in[", "in{", "notin[", "notin{")):
        operator = "notin" if word.startswith("notin") else "in"
        return _brackets(stop._replace(at=stop.at + len(operator)), operator)
    if word in _COMPARISONS or word in ("ge", "gte", "le", "lte"):
        return _word_operator(stop, word)
    if word in _PRESENT:
        return stop.error("word-exists", "a key alone asks that it exists", f"write: {key}")
    if word in _ABSENT:
        return stop.error(
            "word-exists", "'!' before a key asks that it does not exist", f"write: !{key}"
        )
    if word.startswith(":"):
        value = word[1:] or _word(stop.source, stop.at + 1) or "value"
        return stop.error(
            "colon",
            "a key and its value are joined by '=', not ':'",
            f"write: {key}={_shown(value)}",
            length=1,
        )
    if word == "!" and _next(stop) == "=":
        return stop.error(
            "split-operator",
            "'!=' is written without a blank in it",
            f"write: {key}!={_shown(_word(stop.source, stop.source.index('=', stop.at) + 1))}",
        )
    if word == "(" and key.endswith("in") and key not in ("in", "notin"):
        operator = "notin" if key.endswith("notin") else "in"
        return stop.error(
            "missing-blank",
            f"'{operator}' is a word of its own",
            f"write: {key.removesuffix(operator) or 'key'} {operator} {_list(stop, stop.at)}",
        )
    if key == "not" and _WORDS.match(word):
        return stop.error("word-not", "NOT is written '!'", f"write: !{_shown(stop.found)}")
    return None


def _after_not(stop: Stop) -> SelectorError:
    match = re.compile(r"not[ \t\r\n]+(\w+)", re.ASCII | re.IGNORECASE).match(stop.source, stop.at)
    word = match[1].lower() if match else ""
    if match and word in _PRESENT:
        return stop.error(
            "word-exists",
            "'!' before a key asks that it does not exist",
            f"write: !{stop.key}",
            length=match.end() - stop.at,
        )
    end = match.end() if match and word == "in" else stop.at + len("not")
    return stop.error(
        "not-in",
        "'not in' is written 'notin'",
        f"write: {stop.key} notin {_list(stop, end)}",
        length=end - stop.at,
    )


def _word_operator(stop: Stop, word: str) -> SelectorError:
    value = _word(stop.source, stop.at + len(word)) or "5"
    if word in _COMPARISONS:
        sign = _COMPARISONS[word]
        advice = f"{stop.key}{sign}{_shown(value)}"
    else:
        sign = ">=" if word.startswith("g") else "<="
        advice = _strict(stop.key, sign, value)
    return stop.error(
        "word-operator",
        f"{_quoted(stop.found)} is no operator in a text",
        f"write: {advice}",
    )


def _before_list(stop: Stop) -> SelectorError | None:
    operator = "notin" if stop.pending[-1][0] == "_NOT_IN" else "in"
    if stop.found.startswith(("[", "{")):
        return _brackets(stop, operator)
    value = _shown(stop.found) if _WORDS.match(stop.found) else "a,b"
    return stop.error(
        "missing-parentheses",
        f"the values of '{operator}' stand between '(' and ')', found {found(stop.found)}",
        f"write: {stop.key} {operator} ({value})",
    )


def _brackets(stop: Stop, operator: str) -> SelectorError:
    match = re.compile(r"[\[{]([^\]}\n]*)[\]}]?").match(stop.source, stop.at)
    values = re.sub(r"[\s'\"]", "", match[1]) if match else ""
    return stop.error(
        "square-brackets",
        f"the values of '{operator}' stand between '(' and ')'",
        f"write: {stop.key} {operator} ({_shown(values) or 'a,b'})",
        length=1,
    )


def _in_list(stop: Stop) -> SelectorError | None:
    if not stop.found:
        return stop.error("unclosed-list", "the list of values is not closed", "put ')' behind it")
    if _WORDS.match(stop.found):
        return stop.error(
            "missing-comma",
            f"expected ',' or ')' between values, found {found(stop.found)}",
            "put ',' between two values, ')' behind the last",
        )
    if stop.found == "(":
        return stop.error("parentheses", "lists are not nested", f"write: {stop.key} in (a,b)")
    return None


def _after_requirement(stop: Stop) -> SelectorError | None:
    names = [name for name, _ in stop.pending]
    last, text = stop.pending[-1] if stop.pending else ("", "")
    if "BANG" in names:
        return _negated(stop)
    if last in ("GREATER_THAN", "LESS_THAN") and text in "<>":
        if stop.found in ("=", "=="):
            value = _word(stop.source, stop.at + len(stop.found)) or "5"
            return stop.error(
                "or-equal",
                f"there is no '{text}='",
                f"write: {_strict(stop.key, text + '=', value)}",
            )
        if text + stop.found == "<>":
            value = _word(stop.source, stop.at + 1) or "value"
            return stop.error(
                "unequal-sign", "'not equal' is written '!='", f"write: {stop.key}!={_shown(value)}"
            )
    if last == "EQUALS" and stop.found in ("=", "=="):
        value = _word(stop.source, stop.at + len(stop.found)).strip("'\"") or "value"
        return stop.error(
            "triple-equals",
            "equality is written '=' or '=='",
            f"write: {stop.key}={_shown(value)}",
        )
    if last == "EQUALS" and text == "=" and stop.found in (">", "<"):
        template = bad_value(stop.source, stop.at, len(stop.source))
        if template.code == "template" and template.span[0] == stop.at:
            return template
        value = _word(stop.source, stop.at + 1) or "5"
        return stop.error(
            "or-equal",
            f"there is no '={stop.found}'",
            f"write: {_strict(stop.key, stop.found + '=', value)}",
        )
    if last in ("EQUALS", "NOT_EQUALS") and stop.found == "(":
        operator = "in" if last == "EQUALS" else "notin"
        return stop.error(
            "list-needs-in",
            f"a list of values stands behind '{operator}'",
            f"write: {stop.key} {operator} {_list(stop, stop.at)}",
        )
    return None


def _negated(stop: Stop) -> SelectorError:
    """``!x`` with more behind it."""
    word = stop.found.lower()
    advice = f"!{stop.key}"
    if stop.found in ("=", "=="):
        advice = f"{stop.key}!={_shown(_word(stop.source, stop.at + len(stop.found)))}"
    elif stop.found == "!=":
        advice = f"{stop.key}={_shown(_word(stop.source, stop.at + 2))}"
    elif word == "in":
        advice = f"{stop.key} notin {_list(stop, stop.at + 2)}"
    elif word == "notin":
        advice = f"{stop.key} in {_list(stop, stop.at + 5)}"
    return stop.error(
        "not-equality", "'!' goes before a key alone, not before a comparison", f"write: {advice}"
    )


def _strict(key: str, sign: str, value: str) -> str:
    """Say ``key >= value`` by the strict comparison of whole numbers."""
    if not re.fullmatch("[0-9]{1,18}", value):
        return f"{key}{sign[0]}{_shown(value)}"
    strict = int(value) - 1 if sign == ">=" else int(value) + 1
    if strict < 0:
        return key
    return f"{key}{sign[0]}{strict}"


def _list(stop: Stop, at: int) -> str:
    """The list that stands at ``at``, or an example of one."""
    match = re.compile(r"[ \t\r\n]*(\([^()\n]*\))").match(stop.source, at)
    return _shown(match[1]) if match else "(a,b)"


def _word(source: str, at: int) -> str:
    match = re.compile(r"[ \t\r\n]*([^ \t\r\n(),!=><]+)").match(source, at)
    return match[1] if match else ""


def _next(stop: Stop) -> str:
    match = _TOKEN.search(stop.source, stop.at + len(stop.found))
    return match[0] if match else ""


def _could_be(expected: frozenset[str]) -> tuple[str, ...]:
    if "COMMA" in expected:  # where a requirement may end, so may the text
        expected |= {"$END"}
    return tuple(text for name, text in _NAMES.items() if name in expected)


def _shown(text: str) -> str:
    return cut(printable(text[:64]), 60)


def _quoted(text: str) -> str:
    return f"'{_shown(text)}'"
