"""The tables of mistakes that people make, with their messages and suggestions.

The tables do not decide *whether* a text is valid. They are searched once a text is rejected, and
the first row that fits gives the error. This module is imported with the first mistake, and its
patterns are compiled on first use: together they would slow down ``import nodeselect`` by 3 %.
"""

import re
from typing import NamedTuple

from nodeselect.errors import SelectorError
from nodeselect.selectors.diagnostics.suggestions import (
    as_key,
    as_value,
    comparison,
    in_list,
    values_at,
    word_at,
)
from nodeselect.text import quoted

__all__ = ["syntax_error", "word_error"]


class _Mistake(NamedTuple):
    """One row of a table; message and hint are formatted with ``at``, a :class:`_Place`.

    The span is that of the pattern or, if it has one, of its group ``at``.
    """

    code: str
    pattern: str
    message: str
    hint: str = ""


class _Place(NamedTuple):
    """A mistake in a text, and the values that messages and hints are formatted with."""

    source: str
    start: int
    end: int
    next: int
    """Where the text begins that a suggestion takes a value from."""
    written_key: str
    """The key that the mistake belongs to, valid or not."""
    context: str
    """The word with the mistake in it, or the text of the requirement before the mistake."""
    operator: str = ""
    """The operator of the requirement, if it is a word."""
    expected: tuple[str, ...] = ()
    """What the grammar would have accepted."""

    @property
    def text(self) -> str:
        return self.source[self.start : self.end]

    @property
    def found(self) -> str:
        return quoted(self.text) if self.text else "the end"

    @property
    def code_point(self) -> str:
        return f"U+{ord(self.text[0]):04X}"

    @property
    def alternatives(self) -> str:
        *names, last = self.expected
        return f"{', '.join(names)} or {last}" if names else last

    @property
    def key(self) -> str:
        return as_key(self.written_key)

    @property
    def next_key(self) -> str:
        return as_key(word_at(self.source, self.next))

    @property
    def value(self) -> str:
        return as_value(word_at(self.source, self.next))

    @property
    def values(self) -> str:
        return values_at(self.source, self.start if self.text in ("(", "[", "{") else self.next)

    @property
    def sign(self) -> str:
        return f"{self.context.rstrip()[-1:]}{self.text[:1]}"

    @property
    def comparison(self) -> str:
        sign = _WORD_SIGNS.get(self.text.lower()) or f"{self.sign.strip('=')}="
        return comparison(self.key, sign, word_at(self.source, self.next))

    @property
    def or_hint(self) -> str:
        return in_list(self.source) or (
            "for several values of one key use 'in'; for different keys use several selectors"
        )

    @property
    def quotes_hint(self) -> str:
        if re.match(f"{_QUOTE}[^, \t]*[ \t][^,]*?{_QUOTE}", self.source[self.start :]):
            return "keys and values cannot contain spaces"
        is_quoted = re.fullmatch(f"{_QUOTE}.*{_QUOTE}", self.context)
        bare = as_value(self.context, "") if is_quoted else ""
        return f"write it without quotes: {bare}" if bare else "remove the quotes"

    def error(self, mistake: _Mistake) -> SelectorError:
        """Return the error for the mistake at this place."""
        return SelectorError(
            mistake.code,
            mistake.message.format(at=self),
            self.source,
            (self.start, self.end),
            expected=self.expected,
            hint=mistake.hint.format(at=self) or None,
        )


_WORD_SIGNS = {"gt": ">", "lt": "<", "ge": ">=", "gte": ">=", "le": "<=", "lte": "<="}
_QUOTE = "['\"`\u00b4\u2018-\u201f\u2032\u2033\u00ab\u00bb]"
_INVISIBLE = "[\u00a0\u1680\u2000-\u200f\u2028\u2029\u202f\u205f-\u2064\u3000\u00ad\ufeff]"
_LIST_VALUES = "list the values: {at.key} in (a,b); or require only the key: {at.key}"

_TEMPLATE = _Mistake(
    "template",
    r"\$\{[^}\n]*\}?|\{\{(?:(?!\}\})[^\n])*+(?:\}\})?|\$\([^)\n]*\)?|\$\w+|%\w+%|<[\w .:-]+>",
    "the template {at.found} was not filled in",
    "fill in the template before the selector is used",
)
_COLON = _Mistake(
    "colon",
    ":",
    "a key and its value are separated by '=', not ':'",
    "write: {at.key}={at.value}",
)
_OR = "OR is not supported inside a selector"
_AND = "AND is written ','"
_REGEX = "regular expressions are not supported"
_REPLACE = "replace it with ','"
_LIST_VALUES = "list the values: {at.key} in (a,b); or require only the key: {at.key}"

# Mistakes in a word that is not a valid key or value.
_IN_WORD = (
    _Mistake(
        "look-alike-blank",
        f"{_INVISIBLE}+",
        "{at.code_point} looks like a space or is invisible, but is not a space",
        "use an ordinary space, or none",
    ),
    _Mistake("or", r"\|+", _OR, "{at.or_hint}"),
    _Mistake("and", "&+", _AND, _REPLACE),
    _Mistake("regex", r"\.[*+]|[~^$\\?]+|\A/.*/\Z", _REGEX, _LIST_VALUES),
    _Mistake("wildcard", "[*%]+", "wildcards are not supported", _LIST_VALUES),
    _Mistake("quotes", f"{_QUOTE}+", "quotes are not supported", "{at.quotes_hint}"),
    _Mistake(
        "brackets",
        r"[\[\]{}]+",
        "only the brackets '(' and ')' are supported, after 'in' and 'notin'",
        "write values as: {at.key} in (a,b)",
    ),
    _Mistake("semicolon", ";+", "requirements are separated by ','", _REPLACE),
)

# Pieces of patterns: white space, a word, the end of a word, an operator, any token, the end of a
# requirement, a key with the spaces after it, a key with the span of the mistake.
_S = "[ \t\r\n]*"
_W = r"[^ \t\r\n(),!=><]+"
_E = r"(?![^ \t\r\n(),!=><])"
_OP = f"(?:==?|!=|[<>]|in{_E}|notin{_E})"
_TOKEN = rf"{_W}|==|!=|[(),!=><]"
_END = rf"{_S}(?:,|\Z)"
_KEY = f"(?P<key>{_W}){_E}{_S}"
_KEY_AT = f"(?P<at>(?P<key>{_W})){_E}{_S}"

_NOT = "NOT is written '!'"
_NEGATED = "'!' is allowed before a key alone, not before a comparison"
_EXISTS = "a key alone requires that the label exists"
_ABSENT = "'!' before a key requires that the label does not exist"
_PARENTHESES = "the values of '{at.operator}' must be in parentheses"
_NOT_AN_OPERATOR = "{at.found} is not an operator in a selector text"
_NO_SIGN = "'{at.sign}' is not an operator"
_UNEXPECTED = "expected {at.alternatives}, found {at.found}"
_WRITE_KEY = "write: {at.key}"
_WRITE_ABSENT = "write: !{at.key}"
_WRITE_EQUAL = "write: {at.key}={at.value}"
_WRITE_UNEQUAL = "write: {at.key}!={at.value}"
_WRITE_IN = "write: {at.key} in {at.values}"
_WRITE_NOT_IN = "write: {at.key} notin {at.values}"
_WRITE_LIST = "write: {at.key} {at.operator} {at.values}"
_PUT_COMMA = "put ',' between two requirements"

_FLAGS = (re.IGNORECASE | re.ASCII | re.DOTALL).value

# Mistakes where the grammar stopped. Each group has a pattern for the text of the unfinished
# requirement, from the ',' before it on; the patterns of the rows match what follows that text.
_IN_SYNTAX: tuple[tuple[str, tuple[_Mistake, ...]], ...] = (
    (".*", (
        _TEMPLATE,
        _Mistake("and", f"(?:and|&&?){_E}", _AND, _REPLACE),
        _Mistake("or", rf"(?:or|\|\|?){_E}", _OR, "{at.or_hint}"),
    )),
    (f",{_S}", (
        _Mistake("doubled-comma", ",", "two commas in a row", "remove one ','"),
        _Mistake("trailing-comma", r"\Z", "a requirement is missing after the last ','",
                 "remove the ','"),
    )),
    (f",?{_S}", (
        _Mistake("leading-comma", ",", "a requirement is missing before the first ','",
                 "remove the ','"),
        _Mistake("parentheses", r"\(", "requirements cannot be in parentheses",
                 "remove the parentheses, and separate requirements with ','"),
    )),
    (f",?{_S}!{_S}", (
        _Mistake("double-not", "!", "'!' may appear only once", "write: {at.next_key}"),
    )),
    (f",?{_S}!{_S}{_KEY}", (
        _Mistake("not-equality", "==?", _NEGATED, _WRITE_UNEQUAL),
        _Mistake("not-equality", "!=", _NEGATED, _WRITE_EQUAL),
        _Mistake("not-equality", f"in{_E}", _NEGATED, _WRITE_NOT_IN),
        _Mistake("not-equality", f"notin{_E}", _NEGATED, _WRITE_IN),
        _Mistake("not-equality", "[<>]", _NEGATED, "use the opposite comparison"),
    )),
    (f",?{_S}not{_S}", (
        _Mistake("word-not", f"(?P<key>{_W}){_E}(?={_END})", _NOT, _WRITE_ABSENT),
        _Mistake("word-not", rf"\((?={_S}{_KEY}\))", _NOT, _WRITE_ABSENT),
        _Mistake("word-not", f"{_KEY_AT}==?", _NOT, _WRITE_UNEQUAL),
        _Mistake("word-not", f"{_KEY_AT}in{_E}", _NOT, _WRITE_NOT_IN),
        _Mistake("word-not", rf"{_W}|\(", _NOT, "use '!' before a key, or '!=' or 'notin'"),
    )),
    (f",?{_S}exists?{_S}", (
        _Mistake("word-exists", f"(?P<key>{_W}){_E}(?={_END})", _EXISTS, _WRITE_KEY),
        _Mistake("word-exists", rf"\((?={_S}{_KEY}\))", _EXISTS, _WRITE_KEY),
    )),
    (f",?{_S}{_KEY}", (
        _Mistake("not-in", rf"(?:is{_S})?not(?:[ \t\r\n]+in{_E}|(?={_S}\())",
                 "'not in' is written 'notin'", _WRITE_NOT_IN),
        _Mistake("word-exists", f"(?:not{_S}exists?|is{_S}null|absent|missing|doesnotexist){_E}",
                 _ABSENT, _WRITE_ABSENT),
        _Mistake("word-exists", f"(?:exists?|present){_E}", _EXISTS, _WRITE_KEY),
        _Mistake("operator-case", f"(?P<operator>in|notin){_E}",
                 "operators are lower case: '{at.operator}'", _WRITE_LIST),
        _Mistake("square-brackets", r"(?P<operator>in|notin)(?P<at>[\[{])", _PARENTHESES,
                 _WRITE_LIST),
        _Mistake("word-operator", f"(?:is{_S}not|neq?){_E}", _NOT_AN_OPERATOR, _WRITE_UNEQUAL),
        _Mistake("word-operator", f"(?:eq|is|equals){_E}", _NOT_AN_OPERATOR, _WRITE_EQUAL),
        _Mistake("word-operator", f"[gl](?:t|e|te){_E}", _NOT_AN_OPERATOR, "{at.comparison}"),
        _COLON,
        _Mistake("regex", f"!(?={_S}~)", _REGEX, "list the values: {at.key} notin (a,b)"),
        _Mistake("split-operator", f"(?P<at>!){_S}=", "'!=' must not contain spaces",
                 _WRITE_UNEQUAL),
    )),
    (f",?{_S}(?P<key>{_W}?)(?P<operator>notin|in){_S}", (
        _Mistake("missing-blank", r"\(", "there must be a space before '{at.operator}'",
                 _WRITE_LIST),
    )),
    (f",?{_S}{_KEY}(?P<operator>in|notin){_S}", (
        _Mistake("square-brackets", r"[\[{]", _PARENTHESES, _WRITE_LIST),
        _Mistake("missing-parentheses", rf"(?=(?P<at>{_TOKEN}|\Z))",
                 _PARENTHESES + ", found {at.found}", _WRITE_LIST),
    )),
    (rf",?{_S}{_KEY}(?P<operator>in|notin){_S}\([^)]*", (
        _Mistake("unclosed-list", r"\Z", "the list of values is not closed", "add ')' at its end"),
        _Mistake("parentheses", r"\(", "lists cannot be nested", _WRITE_LIST),
        _Mistake("missing-comma", _W, "expected ',' or ')' between values, found {at.found}",
                 "separate values with ',', and end the list with ')'"),
    )),
    (f",?{_S}{_KEY}[<>]{_S}", (
        _Mistake("or-equal", "==?", _NO_SIGN, "{at.comparison}"),
        _Mistake("unequal-sign", ">", "'not equal' is written '!='", _WRITE_UNEQUAL),
    )),
    (f",?{_S}{_KEY}={_S}", (
        _Mistake("or-equal", "[<>]", _NO_SIGN, "{at.comparison}"),
    )),
    (f",?{_S}{_KEY}==?{_S}", (
        _Mistake("triple-equals", "==?", "equality is written '=' or '=='", _WRITE_EQUAL),
        _Mistake("list-needs-in", r"\(", "a list of values requires 'in'", _WRITE_IN),
    )),
    (f",?{_S}{_KEY}!={_S}", (
        _Mistake("list-needs-in", r"\(", "a list of values requires 'notin'", _WRITE_NOT_IN),
    )),
    (rf",?{_S}{_KEY}(?:(?:==?|!=|[<>]){_S}{_W}|(?:in|notin){_S}\(.*){_S}", (
        _Mistake("unexpected", _OP, _UNEXPECTED,
                 "a requirement has one operator; " + _PUT_COMMA),
    )),
    (f",?{_S}{_KEY}(?:==?|!=){_S}{_W}{_S}", (
        _Mistake("unexpected", f"{_W}{_E}(?={_END})", _UNEXPECTED,
                 "a value cannot contain spaces; if {at.found} is a key, put ',' before it"),
        _Mistake("unexpected", f"{_W}{_E}(?!{_S}{_OP})", _UNEXPECTED,
                 "a value cannot contain spaces"),
    )),
    (".*", (
        _Mistake("unexpected", f"{_W}{_E}(?={_S}{_OP}|{_END})", _UNEXPECTED, _PUT_COMMA),
        _Mistake("unexpected-end", r"\Z", _UNEXPECTED),
        _Mistake("unexpected", _TOKEN, _UNEXPECTED),
    )),
)  # fmt: skip


def word_error(
    source: str, start: int, end: int, key: str, *, is_key: bool = False
) -> SelectorError | None:
    """Return the error for a mistake in the word ``source[start:end]``, None if none is known.

    :param key: the key that the word belongs to.
    :param is_key: whether the word is in the place of a key.
    """
    word = source[start:end]
    before, colon, _ = word.partition(":")
    if is_key and colon and (before == "key" or as_key(before) != "key"):
        position = start + len(before)
        return _Place(source, position, position + 1, position + 1, before, word).error(_COLON)
    template = re.compile(_TEMPLATE.pattern, re.ASCII).search(source, start)
    if template and template.start() < end:  # it may end after the word
        return _Place(source, *template.span(), end, key, word).error(_TEMPLATE)
    for mistake in _IN_WORD:
        if match := re.search(mistake.pattern, word):
            span = start + match.start(), start + match.end()
            return _Place(source, *span, end, key, word).error(mistake)
    return None


def syntax_error(
    source: str, start: int, position: int, expected: tuple[str, ...]
) -> SelectorError:
    """Return the error for the ``position`` where the grammar stopped. Cost: linear in the text.

    :param start: where the unfinished requirement begins, with the ``,`` before it.
    :param expected: names of the tokens that the grammar would have accepted, for people.
    """
    before = source[start:position]
    for pattern, mistakes in _IN_SYNTAX:
        if (context := re.fullmatch(pattern, before, _FLAGS)) is None:
            continue
        for mistake in mistakes:
            match = re.compile(mistake.pattern, _FLAGS).match(source, position)
            if match is None:
                continue
            groups = context.groupdict() | match.groupdict()
            span = match.span("at" if "at" in groups else 0)
            place = _Place(
                source, *span, match.end(), groups.get("key") or "key", before,
                (groups.get("operator") or "").lower(), expected,
            )  # fmt: skip
            return place.error(mistake)
    raise AssertionError("the last row fits everything")
