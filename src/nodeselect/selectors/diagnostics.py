"""Build the error for an invalid selector: what is wrong, and what to write instead.

This module does not decide *whether* a text is valid: ``charset.py`` and the parser do. After they
reject a text, the tables of known mistakes are searched, and the first row that matches determines
the error. The patterns are compiled on first use.

The replacement in a fix is a valid requirement. If the replacement has all keys and values of the
invalid text, the fix is certain; otherwise it is an example.
"""

import re
from typing import NamedTuple

from nodeselect.errors import SelectorError
from nodeselect.limits import LIMITS
from nodeselect.problem import Fix
from nodeselect.selectors.charset import MAX_INT64, WHITE_SPACE, is_key, is_prefix, is_value
from nodeselect.text import FORBIDDEN, join_limited, pluralize, printable, quoted


class _Write(NamedTuple):
    """A hint to write ``requirement`` instead, with an optional reason in words before it."""

    requirement: str
    reason: str = ""


class _Mistake(NamedTuple):
    """A known mistake: the pattern by which it is found, and the error to report.

    Message and hint may contain ``{found}``, ``{key}`` and the other fields of :func:`_error`. The
    carets of the error are under the text that ``pattern`` matches. If ``pattern``, or the pattern
    for the text before the mistake, has a group ``at``, they are under the text of that group.
    """

    code: str
    pattern: str
    message: str
    hint: str | _Write = ""


_OR = "OR is not supported inside a selector"
_OR_HINT = "for several values of one key use 'in'; for different keys use several selectors"
_AND = "AND is written ','"
_REGEX = "regular expressions are not supported"
_REPLACE = "replace it with ','"
_LIST_VALUES = "list the values: {key} in (a,b); or accept any value: {key}"
_LIST_NOT_VALUES = "list the values: {key} notin (a,b); or accept no value: !{key}"

_TEMPLATE = _Mistake(
    "template",
    r"\$\{[^}\n]*\}?|\{\{(?:(?!\}\})[^\n])*+(?:\}\})?|\$\([^)\n]*\)?|\$\w+|%\w+%|<[\w .:-]+>",
    "the template {found} was not filled in",
    "fill in the template before the selector is used",
)
_TEMPLATE_OR_NAME = _TEMPLATE.pattern + r"|\{[A-Za-z_]\w+\}"
_COLON = _Mistake(
    "colon", ":", "a key and its value are separated by '=', not ':'", _Write("{key}={value}")
)

# Mistakes in a word that is not a valid key or value.
_IN_WORD = (
    _Mistake(
        "look-alike-blank",
        "[\u00a0\u1680\u2000-\u200f\u2028\u2029\u202f\u205f-\u2064\u3000\u00ad\ufeff]+",
        "the blank or invisible character {code_point} is not allowed",
        "replace it with an ordinary space, or remove it",
    ),
    _Mistake("or", r"\|+", _OR, _OR_HINT),
    _Mistake("and", "&+", _AND, _REPLACE),
    _Mistake("regex", r"\.[*+]|[~^$\\?]+|\A/.*/\Z", _REGEX, _LIST_VALUES),
    _Mistake("wildcard", "[*%]+", "wildcards are not supported", _LIST_VALUES),
    _Mistake(
        "quotes",
        "['\"`\u00b4\u2018-\u201f\u2032\u2033\u00ab\u00bb]+",
        "quotes are not supported",
        "remove the quotes; keys and values never need quotes",
    ),
    _Mistake(
        "brackets",
        r"[\[\]{}]+",
        "{found} is not allowed; a list of values is written in '(' and ')'",
        "write a list as: {key} in (a,b)",
    ),
    _Mistake("semicolon", ";+", "requirements are separated by ','", _REPLACE),
)

# Pieces of patterns: white space, a word, the end of a word, an operator, any token, the end of a
# requirement, a key with the spaces after it.
_S = "[ \t\r\n]*"
_W = r"[^ \t\r\n(),!=><]+"
_E = r"(?![^ \t\r\n(),!=><])"
_OP = f"(?:==?|!=|[<>]|in{_E}|notin{_E})"
_TOKEN = rf"{_W}|==|!=|[(),!=><]"
_END = rf"{_S}(?:,|\Z)"
_KEY = f"(?P<key>{_W}){_E}{_S}"

_NEGATED = "'!' is only allowed before a key that has no operator"
_PARENTHESES = "the values of '{operator}' must be in parentheses"
_NOT_AN_OPERATOR = "{found} is not an operator in a selector text"
_NO_SIGN = "'{sign}' is not an operator"
_NO_KEY = "a key is missing before the operator"
_UNEXPECTED = "expected {expected}, found {found}"
_WRITE_EQUAL = _Write("{key}={value}")
_WRITE_UNEQUAL = _Write("{key}!={value}")
_WRITE_IN = _Write("{key} in {values}")
_WRITE_NOT_IN = _Write("{key} notin {values}")
_WRITE_LIST = _Write("{key} {operator} {values}")
_COMPARISON = "{comparison}"  # replaced by what _comparison returns
_PUT_COMMA = "put ',' between two requirements"

# What is between values, or requirements, of which one must hold.
_OR_SIGN = r"\|\|?|(?<=[ \t\r\n])[oO][rR](?=[ \t\r\n])"

_FLAGS = (re.IGNORECASE | re.ASCII | re.DOTALL).value

# Mistakes where the parser stopped. The pattern of a group matches the unfinished requirement up to
# that position, with the ',' that precedes it; the patterns of its rows match the text after it.
_IN_SYNTAX: tuple[tuple[str, tuple[_Mistake, ...]], ...] = (
    (".*", (
        _TEMPLATE,
        _Mistake("and", f"(?:and|&&?){_E}", _AND, _REPLACE),
        _Mistake("or", rf"(?:or|\|\|?){_E}", _OR, _OR_HINT),
    )),
    (f",{_S}", (
        _Mistake("doubled-comma", ",", "two commas in a row", "remove one ','"),
        _Mistake("trailing-comma", r"\Z", "a requirement is missing after the last ','",
                 "remove the ','"),
    )),
    (f",?{_S}", (
        _Mistake("parentheses", r"\(", "requirements cannot be in parentheses",
                 "remove the parentheses, and separate requirements with ','"),
    )),
    (f",?{_S}(?P<operator>in|notin){_S}", (_Mistake("unexpected", r"\(", _NO_KEY, _WRITE_LIST),)),
    (f",?{_S}!{_S}in{_S}", (_Mistake("unexpected", r"\(", _NO_KEY, _WRITE_NOT_IN),)),
    (f",?{_S}!{_S}{_KEY}", (
        _Mistake("not-equality", "==?", _NEGATED, _WRITE_UNEQUAL),
        _Mistake("not-equality", f"in{_E}", _NEGATED, _WRITE_NOT_IN),
        _Mistake("not-equality", _OP, _NEGATED, "use the opposite operator, without '!'"),
    )),
    (f",?{_S}(?P<at>not){_S}", (
        _Mistake("word-not", f"(?P<key>{_W}){_E}(?={_END})", "NOT is written '!'",
                 _Write("!{key}")),
        _Mistake("word-not", rf"{_W}|\(", "NOT is written '!'",
                 "use '!' before a key, or '!=' or 'notin'"),
    )),
    (f",?{_S}{_KEY}", (
        _Mistake("not-in", rf"(?:is{_S})?not(?:[ \t\r\n]+in{_E}|(?={_S}\())",
                 "'not in' is written 'notin'", _WRITE_NOT_IN),
        _Mistake("word-exists", f"(?:not{_S}exists?|is{_S}null|doesnotexist){_E}",
                 "'!' before a key means that the label does not exist", _Write("!{key}")),
        _Mistake("word-exists", f"(?:exists?|is{_S}not{_S}null){_E}",
                 "a key alone means that the label exists", _Write("{key}")),
        _Mistake("operator-case", f"(?P<operator>in|notin){_E}",
                 "operators are written in lower case: '{operator}'", _WRITE_LIST),
        _Mistake("square-brackets", r"(?P<operator>in|notin)(?P<at>[\[{])", _PARENTHESES,
                 _WRITE_LIST),
        _Mistake("word-operator", f"(?:is{_S}not|neq?){_E}", _NOT_AN_OPERATOR, _WRITE_UNEQUAL),
        _Mistake("word-operator", f"(?:eq|is|equals){_E}", _NOT_AN_OPERATOR, _WRITE_EQUAL),
        _Mistake("word-operator", f"[gl](?:t|e|te){_E}", _NOT_AN_OPERATOR, _COMPARISON),
        _COLON,
        _Mistake("regex", f"!(?={_S}~)", _REGEX, "list the values: {key} notin (a,b)"),
    )),
    (f",?{_S}{_KEY}(?P<operator>in|notin){_S}", (
        _Mistake("square-brackets", r"[\[{]", _PARENTHESES, _WRITE_LIST),
        _Mistake("missing-parentheses", rf"(?=(?P<at>{_TOKEN}|\Z))",
                 _PARENTHESES + ", found {found}", _WRITE_LIST),
    )),
    (rf",?{_S}{_KEY}(?P<operator>in|notin){_S}\([^)]*", (
        _Mistake("unclosed-list", r"\Z", "the list of values is not closed", "add ')' at its end"),
        _Mistake("parentheses", r"\(", "lists cannot be nested", "remove the inner parentheses"),
        _Mistake("missing-comma", _W, "expected ',' or ')' between values, found {found}",
                 "separate values with ',', and end the list with ')'"),
    )),
    (f",?{_S}{_KEY}[<>]{_S}", (
        _Mistake("or-equal", "==?", _NO_SIGN, _COMPARISON),
    )),
    (f",?{_S}{_KEY}<{_S}", (
        _Mistake("unequal-sign", ">", "'not equal' is written '!='", _WRITE_UNEQUAL),
    )),
    (f",?{_S}{_KEY}={_S}", (
        _Mistake("or-equal", "[<>]", _NO_SIGN, _COMPARISON),
    )),
    (f",?{_S}{_KEY}==?{_S}", (
        _Mistake("triple-equals", "==?", "equality is written '=' or '=='", _WRITE_EQUAL),
        _Mistake("list-needs-in", r"\(", "a list of values requires 'in'", _WRITE_IN),
        _Mistake("unequal-sign", "!", "'not equal' is written '!='", _WRITE_UNEQUAL),
    )),
    (f",?{_S}{_KEY}==?{_S}(?P<operator>in|notin){_S}", (
        _Mistake("list-needs-in", r"\(", "'=' is not written before '{operator}'", _WRITE_LIST),
    )),
    (f",?{_S}{_KEY}!={_S}", (
        _Mistake("list-needs-in", r"\(", "a list of values requires 'notin'", _WRITE_NOT_IN),
    )),
    (rf",?{_S}{_KEY}(?:(?:==?|!=|[<>]){_S}{_W}|(?:in|notin){_S}\(.*){_S}", (
        _Mistake("unexpected", _OP, _UNEXPECTED,
                 "a requirement has one operator; " + _PUT_COMMA),
    )),
    (f",?{_S}{_KEY}(?:==?|!=){_S}{_W}{_S}", (
        _Mistake("unexpected", f"{_W}{_E}(?!{_S}{_OP})", _UNEXPECTED,
                 "a value cannot contain spaces; if {found} is a key, put ',' before it"),
    )),
    (".*", (
        _Mistake("unexpected", f"{_W}{_E}(?={_S}{_OP}|{_END})", _UNEXPECTED, _PUT_COMMA),
        _Mistake("unexpected-end", r"\Z", _UNEXPECTED),
        _Mistake("unexpected", _TOKEN, _UNEXPECTED),
    )),
)  # fmt: skip

# The operators that people write as words.
_WORD_SIGNS = {"gt": ">", "lt": "<", "ge": ">=", "gte": ">=", "le": "<=", "lte": "<="}

# The end of a text that a suggestion replaces: another requirement follows, not the rest of 5,000.
_WHOLE = rf"{_S}(?:,(?![0-9])|\Z)"
# Values with or without brackets. Without them, a word before an operator or before another word is
# not a value but a key.
_BRACKETED = rf"{_S}[(\[{{]([^()\[\]{{}}]*)(?:[)\]}}]|\Z){_WHOLE}"
_BARE = rf"{_S}({_W}(?:[ \t]*,[ \t]*{_W}{_E}(?![ \t]*[!=><(]|[ \t]+\w))*+){_WHOLE}"
# Values in brackets, maybe after their operator, as in: key: in (a,b)
_LIST_AHEAD = rf"{_S}(?:(?P<operator>in|notin){_E}{_S})?(?=[(\[{{])"
_QUOTES = "'\"`\u00b4\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2032\u2033\u00ab\u00bb"

_ALPHABET = "letters, digits, '-', '_' and '.'"
_NAME = "the part of a key after the '/'"
_PREFIX = "the part of a key before the '/'"


def character_error(source: str, position: int) -> SelectorError:
    """Return the error for the forbidden character at ``position``."""
    character = source[position]
    code, what = "control-character", "control character"
    if "\ud800" <= character <= "\udfff":
        code, what = "surrogate", "unpaired surrogate"
    message = f"{what} {printable(character)} is not allowed"
    return SelectorError(code, message, source, (position, position + 1), hint="remove it")


def key_error(source: str, start: int, end: int) -> SelectorError:
    """Return the error for the invalid key ``source[start:end]``."""
    if error := _known_mistake(source, start, end, "key", at_key=True):
        return error
    word = source[start:end]
    prefix, slash, name = word.partition("/")
    if not slash:
        return _name_error(source, start, word, "a key", LIMITS.key_name)
    if len(prefix) > LIMITS.key_prefix:
        return _length_error("prefix", _PREFIX, source, start, prefix, LIMITS.key_prefix)
    if is_prefix(prefix):
        return _name_error(source, start + len(prefix) + 1, name, _NAME, LIMITS.key_name)
    invalid = re.search(r"[^-a-z0-9.]+|\.\.+|^[-.]+|(?<![-.])[-.]+$|-\.|\.-", prefix)
    first, last = invalid.span() if invalid else (0, 1)
    message = f"{quoted(prefix)} is not a valid prefix of a key"
    hint = "use a domain name in lower case before the '/', as in: example.com/key"
    span = (start + first, start + last)
    return SelectorError("invalid-prefix", message, source, span, hint=hint)


def value_error(source: str, start: int, end: int, key: str) -> SelectorError:
    """Return the error for ``source[start:end]``, an invalid value of ``key``."""
    word = source[start:end]
    remedy = None
    if re.match(r"-[0-9]+\b", word):  # without its sign, it would be another number
        remedy = f"no selector can contain a negative number; {key}<0 matches all negative integers"
    return _known_mistake(source, start, end, key) or _name_error(
        source, start, word, "a value", LIMITS.label_value, remedy
    )


def integer_error(source: str, start: int, end: int) -> SelectorError:
    """Return the error for ``source[start:end]``, an invalid integer after ``>`` or ``<``."""
    word = source[start:end]
    if re.fullmatch("-[0-9]+", word):
        hint = "the smallest integer is 0"
    elif re.fullmatch("[+][0-9]+", word):
        hint = "use a non-negative integer without a sign"
    elif re.fullmatch("[0-9]+", word):
        hint = f"the largest integer is {MAX_INT64}"
    else:
        hint = "use a non-negative integer in decimal digits"
    return SelectorError(
        "not-an-integer",
        f"'>' and '<' require an integer, found {quoted(word) if word else 'none'}",
        source,
        (start, end),
        expected=(f"an integer from 0 to {MAX_INT64}",),
        hint=hint,
    )


def too_many_values_error(source: str, start: int, end: int) -> SelectorError:
    """Return the error for ``source[start:end]``, a list with too many values."""
    message = f"a list can have at most {LIMITS.values_in_set:,} values (limit: values_in_set)"
    hint = "use several selectors"
    return SelectorError("too-many-values", message, source, (start, end), hint=hint)


def limit_error(name: str, what: str, number: int, text: str) -> SelectorError:
    """Return the error for a selector with too many requirements, values, ids or characters.

    :param name: the name of the exceeded limit in ``LIMITS``.
    :param what: the plural of the things counted, such as ``values``; ``number`` is their count.
    :param text: the text of the selector; empty if it was not built from a text.
    """
    limit, start = getattr(LIMITS, name), 0
    code = f"too-many-{what}"
    if name == "selector_text":
        code, start = "text-too-long", min(limit, len(text))
    message = f"a selector can have at most {limit:,} {what}, found {number:,} (limit: {name})"
    # Several selectors are alternatives, so they can share a list, but not requirements.
    hint = "use several selectors" if what in ("ids", "values") else "use fewer requirements"
    return SelectorError(code, message, text, (start, len(text)), hint=hint)


def _known_mistake(
    source: str, start: int, end: int, key: str, *, at_key: bool = False
) -> SelectorError | None:
    """Return the error if the word ``source[start:end]`` has a known mistake; None otherwise.

    :param key: the key of the requirement that contains the word; the word itself may be the key.
    :param at_key: whether the word is in the place of a key.
    """
    if forbidden := FORBIDDEN.search(source, start, end):
        return character_error(source, forbidden.start())
    word = source[start:end]
    before, colon, _ = word.partition(":")
    if at_key and colon and is_key(_unquoted(before)):
        position = start + len(before)
        mistake = _COLON
        if _is_negated(source, start):
            mistake = _COLON._replace(hint=_WRITE_UNEQUAL)
        return _error(mistake, source, (position, position + 1), before)
    template = re.compile(_TEMPLATE_OR_NAME, re.ASCII).search(source, start)
    if template and template.start() < end:  # a template may end after the word, as in {{ x }}
        return _error(_TEMPLATE, source, template.span(), key)
    for mistake in _IN_WORD:
        if match := re.search(mistake.pattern, word):
            if mistake.hint == _LIST_VALUES and _is_negated(source, start):
                mistake = mistake._replace(hint=_LIST_NOT_VALUES)
            return _error(mistake, source, (start + match.start(), start + match.end()), key)
    return None


def _name_error(
    source: str, start: int, word: str, what: str, limit: int, remedy: str | None = None
) -> SelectorError:
    """Return the error for an invalid ``word``, which begins at ``start`` in ``source``.

    :param what: what the word should be, such as ``a value``; ``limit`` is the maximum length.
    :param remedy: the hint if only the first or last characters are wrong; None for the default.
    """
    code = "value" if what == "a value" else "key"
    prefix = ", optionally after a prefix, as in: example.com/key" if what == "a key" else ""
    if not word:
        message, hint = f"{what} must not be empty", f"use {_ALPHABET}{prefix}"
        return SelectorError(f"empty-{code}", message, source, (start, start), hint=hint)
    invalid = re.search(r"[^-A-Za-z0-9_.]+", word)
    if invalid is None and len(word) > limit:
        return _length_error(code, what, source, start, word, limit)
    if invalid is not None:
        ascii_only = "ASCII " if invalid[0].isalpha() else ""
        message = f"{what} cannot contain {quoted(invalid[0])}"
        hint = f"use {ascii_only}{_ALPHABET}{prefix}"
    else:
        invalid = re.search(r"^[-_.]+|(?<![-_.])[-_.]+$", word)
        assert invalid is not None, "such a word can only be wrong at its ends"
        message = f"{what} must begin and end with a letter or digit, found {quoted(word)}"
        hint = remedy or f"remove {quoted(invalid[0])}"
    span = (start + invalid.start(), start + invalid.end())
    return SelectorError(f"invalid-{code}", message, source, span, hint=hint)


def _length_error(
    code: str, what: str, source: str, start: int, word: str, limit: int
) -> SelectorError:
    message = f"{what} can have at most {limit} characters, found {len(word)}"
    hint = f"shorten it by {pluralize(len(word) - limit, 'character')}"
    span = (start + limit, start + len(word))
    return SelectorError(f"{code}-too-long", message, source, span, hint=hint)


def syntax_error(
    source: str, start: int, position: int, expected: tuple[str, ...]
) -> SelectorError:
    """Return the error for the ``position`` where the parser stopped. Cost: linear in the text.

    :param start: the start of the unfinished requirement, including a ``,`` before it.
    :param expected: the tokens that would be valid at ``position``, in words.
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
            if "at" in context.groupdict():
                span = start + context.start("at"), start + context.end("at")
            else:
                span = match.span("at" if "at" in groups else 0)
            key, operator = groups.get("key") or "", groups.get("operator") or ""
            return _error(mistake, source, span, key, match.end(), operator.lower(), expected)
    raise AssertionError("the last row matches everything")


def _error(
    mistake: _Mistake,
    source: str,
    span: tuple[int, int],
    key: str,
    following: int | None = None,
    operator: str = "",
    expected: tuple[str, ...] = (),
) -> SelectorError:
    """Return the error for ``mistake`` at ``span``, with its message and hint filled in.

    :param key: the key of the requirement with the mistake; it may be invalid.
    :param following: where the values for the hint begin in ``source``; by default, after ``span``.
    :param operator: the operator of the requirement, if ``in`` or ``notin``; empty otherwise.
    :param expected: what would be valid at ``span``, in words.
    """
    start, end = span
    text = source[start:end]
    sign = source[:start].rstrip(WHITE_SPACE)[-1:] + text[:1]
    hint = mistake.hint
    following = end if following is None else following
    if hint in (_WRITE_EQUAL, _WRITE_UNEQUAL) and (
        ahead := re.compile(_LIST_AHEAD, _FLAGS).match(source, following)
    ):
        operator, following = (ahead["operator"] or "in").lower(), ahead.end()
        if hint == _WRITE_UNEQUAL:
            operator = {"in": "notin", "notin": "in"}[operator]
        hint = _WRITE_LIST
    operand: str | None = ""
    if hint == _OR_HINT and (found := _or_values(source)):
        hint, operator, (key, operand) = _WRITE_LIST, "in", found
    elif hint == _COMPARISON:
        hint = _comparison(key, text, sign, source, following)
    elif isinstance(hint, _Write):
        position = start if text in ("(", "[", "{") else following
        operand = _operand(hint.requirement, source, position)
    fields = {
        "found": quoted(text) if text else "the end",
        "code_point": f"U+{ord(text[0]):04X}" if text else "",
        "expected": join_limited(expected, len(expected), "or"),
        "key": _as_key(key),
        "operator": operator,
        "sign": sign,
        "value": "value" if operand is None else operand,
        "values": "(a,b)" if operand is None else f"({operand})",
    }
    if isinstance(hint, _Write):
        is_certain = operand is not None and is_key(_unquoted(key))
        words = f"{hint.reason}{'write' if is_certain else 'for example'}"
        requirement = hint.requirement.format_map(fields)
        fix: Fix | str = Fix.write(requirement, words, is_certain=is_certain)
    else:
        fix = hint.format_map(fields)
    message = mistake.message.format_map(fields)
    return SelectorError(mistake.code, message, source, span, expected=expected, hint=fix or None)


# Pieces of suggestions: the text of the user if it is valid, otherwise an example.


def _or_values(source: str) -> tuple[str, str] | None:
    """Return the key, and its values, of a selector with OR between values of one key, or None."""
    first, *others = re.split(_OR_SIGN, source)
    key, _, value = (each.strip(WHITE_SPACE) for each in first.partition("="))
    values = [value.removeprefix("=").lstrip(WHITE_SPACE)]
    for other in others:
        name, sign, value = (each.strip(WHITE_SPACE) for each in other.rpartition("="))
        # A word alone is a value in a=x|y, but may be a key in a=x or y.
        if (
            name.removesuffix("=").rstrip(WHITE_SPACE) != key
            if sign
            else re.search(r"\|\||[ \t\r\n]", source)
        ):
            return None
        values.append(value)
    return (
        (key, ",".join(values))
        if is_key(key) and all(values) and all(map(is_value, values))
        else None
    )


def _operand(template: str, source: str, position: int) -> str | None:
    """Return the values in ``source`` at ``position``, as text to insert into a suggestion.

    Return None if the values are invalid, or if the requirement does not end after them. Return an
    empty text if the suggestion has no place for values.

    :param template: the suggestion; ``{values}`` or ``{value}`` is the place for values.
    """
    if "{values}" in template:
        pattern = f"{_BRACKETED}|{_BARE}"
    elif "{value}" in template:
        pattern = f"{_S}({_W}){_WHOLE}"
    else:
        pattern = f"(){_WHOLE}"
    match = re.compile(pattern, re.ASCII).match(source, position)
    text = match[match.lastindex or 0] if match else ""
    if match is None or ("{values}" in template and not text.strip(WHITE_SPACE)):
        return None
    values = [_unquoted(value.strip(WHITE_SPACE)) for value in text.split(",")]
    operand = ",".join(values)
    return operand if all(map(is_value, values)) and len(operand) < 200 else None


def _comparison(key: str, text: str, sign: str, source: str, position: int) -> str | _Write:
    """Return the hint for a comparison such as ``x>=5`` or ``x gt 5``: ``x>4`` or ``x>5``.

    :param text: the operator if it is a word, such as ``gt``; otherwise ``sign`` is the operator.
    :param position: where the integer begins in ``source``.
    """
    sign, reason = f"{sign.strip('=')}=", "for integers, "
    if text.lower() in _WORD_SIGNS:
        sign = _WORD_SIGNS[text.lower()]
        reason = f"there is no '{sign}'; "
    match = re.compile(f"{_S}(-?[0-9]{{1,19}}){_WHOLE}").match(source, position)
    if match is None:
        return "use '>' or '<' and a non-negative integer in decimal digits"
    number = int(match[1]) + {">=": -1, "<=": 1}.get(sign, 0)
    if not 0 <= number <= MAX_INT64:
        return f"nothing is equivalent: an integer after '>' or '<' is from 0 to {MAX_INT64}"
    return _Write(f"{_as_key(key)}{sign[0]}{number}", reason if len(sign) == 2 else "")


def _as_key(text: str) -> str:
    text = _unquoted(text)
    return text if is_key(text) else "key"


def _unquoted(text: str) -> str:
    is_quoted = len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES
    return text.strip(_QUOTES) if is_quoted else text


def _is_negated(source: str, start: int) -> bool:
    """Return whether the word at ``start`` follows ``!`` or ``!=``, or is a value of ``notin``."""
    before = source[:start].rstrip(WHITE_SPACE)
    if before.endswith(("(", ",")):
        operator, _, values = before.rpartition("(")
        return operator.rstrip(WHITE_SPACE).endswith("notin") and ")" not in values
    return before.endswith(("!", "!="))
