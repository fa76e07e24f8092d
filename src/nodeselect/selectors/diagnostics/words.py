"""What is wrong with a word that may not be a key, a value or an id, and what to write instead.

Nothing here decides *whether* a word is refused: ``rules.py`` does. These functions are called
once it is, and look for the mistake that a person most likely made: the first entry of a table
that fits gives the code, the span and the advice.
"""

import re
from typing import NamedTuple

from nodeselect.errors import SelectorError
from nodeselect.limits import LIMITS
from nodeselect.selectors.charset import PREFIX_RE, is_key
from nodeselect.selectors.diagnostics.suggestions import (
    WHOLE_NUMBER,
    comparison,
    in_list,
    key_like,
    value_like,
    word_at,
)
from nodeselect.text import FORBIDDEN, UNPRINTABLE, printable, quoted

__all__ = [
    "HABITS",
    "bad_character",
    "bad_id",
    "bad_integer",
    "bad_key",
    "bad_value",
    "either",
    "template_at",
    "too_many_values",
]

_OPENING = "'\"`\u00b4\u2018\u201c\u201e\u00ab"
_CLOSING = "'\"`\u00b4\u2019\u201d\u201c\u00bb"
"""Quotes that begin and end a word."""

_QUOTED_BLANK = re.compile(
    f"[{_OPENING}][^, \t{_OPENING}{_CLOSING}]*[ \t][^,{_OPENING}{_CLOSING}]*[{_CLOSING}]"
)
"""A text between quotes with a blank in it."""

_OR = re.compile(r"[ \t\r\n]or[ \t\r\n]|\|+", re.IGNORECASE)
_EQUALITY = re.compile(r"([^ \t\r\n(),!=><]+)[ \t]*==?[ \t]*([^ \t\r\n(),!=><]+)")


class _Habit(NamedTuple):
    """A way of writing that belongs to another language."""

    code: str
    pattern: re.Pattern[str]
    message: str
    hint: str


_LOOK_ALIKES = "\u00a0\u1680\u2000-\u200f\u2028\u2029\u202f\u205f-\u2064\u3000\u00ad\ufeff"

_TEMPLATE = _Habit(
    "template",
    re.compile(
        r"\$\{[^}\n]*\}?|\{\{(?:(?!\}\})[^\n])*+(?:\}\})?|\$\([^)\n]*\)?"
        r"|\$\w+|%\w+%|<[\w .:-]+>",
        re.ASCII,
    ),
    "a template was left in: {found}",
    "fill the template in before the selector is used",
)

_HABITS = (
    _Habit(
        "look-alike-blank",
        re.compile(f"[{_LOOK_ALIKES}]+"),
        "{character} looks like a blank, or like nothing, and is neither",
        "write an ordinary blank, or none",
    ),
    _Habit(
        "or",
        re.compile(r"\|+"),
        "there is no OR inside a selector",
        "for values of one key there is 'in'; for different keys use several selectors",
    ),
    _Habit("and", re.compile("&+"), "AND is written ','", "put ',' in its place"),
    _Habit(
        "regex",
        re.compile(r"\.[*+]|[~^$\\?]+|\A/.*/\Z"),
        "there are no regular expressions",
        "write the values out, as in: {key} in (a,b); or ask for the key alone: {key}",
    ),
    _Habit(
        "wildcard",
        re.compile(r"[*%]+"),
        "there are no wildcards",
        "write the values out, as in: {key} in (a,b); or ask for the key alone: {key}",
    ),
    _Habit(
        "quotes",
        re.compile("['\"`\u00b4\u2018-\u201f\u2032\u2033\u00ab\u00bb]+"),
        "there is no quoting; quotes would be part of the word",
        "{bare}",
    ),
    _Habit(
        "brackets",
        re.compile(r"[\[\]{}]+"),
        "there are no brackets but '(' and ')' behind 'in' and 'notin'",
        "write values as: {key} in (a,b)",
    ),
    _Habit(
        "semicolon",
        re.compile(";+"),
        "requirements are parted by ','",
        "put ',' in its place",
    ),
)  # fmt: skip


HABITS = {habit.code: habit for habit in _HABITS}
"""The habits by code, for a place in the syntax where one shows."""


def bad_character(source: str, at: int) -> SelectorError:
    """Give the error for the forbidden character at ``at``."""
    character = source[at]
    if "\ud800" <= character <= "\udfff":
        code, what = "surrogate", "half of a surrogate pair"
    else:
        code, what = "control-character", "a control character"
    return SelectorError(
        code,
        f"{what} ({printable(character)}) is refused",
        source,
        (at, at + 1),
        hint="take it out",
    )


def bad_key(source: str, start: int, end: int, key: str = "key") -> SelectorError:
    """Give the error for ``source[start:end]``, which is no key."""
    word = source[start:end]
    colon = word.find(":")
    meant = key_like(word[:colon])
    if colon > 0 and (meant != "key" or word[:colon] == "key"):
        value = value_like(word[colon + 1 :] or word_at(source, end))
        return SelectorError(
            "colon",
            "a key and its value are joined by '=', not ':'",
            source,
            (start + colon, start + colon + 1),
            hint=f"write: {meant}={value}",
        )
    return _by_habit(source, start, end, "key") or _key_rule(source, start, word)


def bad_value(source: str, start: int, end: int, key: str = "key") -> SelectorError:
    """Give the error for ``source[start:end]``, which is no value of ``key``."""
    return _by_habit(source, start, end, key) or _name_rule(
        source, start, source[start:end], "value", LIMITS.label_value
    )


def bad_integer(source: str, start: int, end: int, key: str = "key") -> SelectorError:
    """Give the error for ``source[start:end]``, which is no integer that ``>`` or ``<`` take."""
    word = source[start:end]
    if re.fullmatch("[-+][0-9]+", word):
        hint = "numbers from 0 on can be written, without a sign"
    elif key.isdigit() and is_key(word):  # "5<x"
        sign = "<" if source[:start].rstrip().endswith(">") else ">"
        hint = f"write: {word}{sign}{key}"
    elif re.fullmatch("[0-9]+", word):
        hint = "the largest number is 9223372036854775807"
    else:
        sign = source[:start].rstrip(" \t\r\n")[-1:]  # none where there is no text but the number
        hint = comparison(key_like(key), sign, word) if sign else WHOLE_NUMBER
    return SelectorError(
        "not-an-integer",
        f"'>' and '<' compare with a whole number, found {quoted(word) if word else 'none'}",
        source,
        (start, end),
        expected=("a number from 0 to 9223372036854775807",),
        hint=hint,
    )


def too_many_values(source: str, start: int, end: int, key: str = "key") -> SelectorError:
    """Give the error for the list ``source[start:end]``, which is too long."""
    return SelectorError(
        "too-many-values",
        f"a list holds at most {LIMITS.values_in_set:,} values (values_in_set)",
        source,
        (start, end),
        hint="use several selectors",
    )


def bad_id(text: str) -> SelectorError | None:
    """Give what is wrong with ``text`` as a node id, or None. Any printable text is an id."""
    if not text:
        return SelectorError("empty-id", "a node id is never empty", text, (0, 0))
    match = UNPRINTABLE.search(text)
    if match is None:
        return None
    return SelectorError(
        "unprintable-id",
        f"a node id holds no unprintable character ({printable(match[0])})",
        text,
        match.span(),
        hint="take it out",
    )


def either(source: str) -> str | None:
    """Say how to write ``x=a or x=b``; None where it is anything but values of one key."""
    found = [_EQUALITY.fullmatch(piece.strip(" \t\r\n")) for piece in _OR.split(source)]
    keys = {match[1] if match else None for match in found}
    key = keys.pop() if len(keys) == 1 else None
    return in_list(key, [match[2] for match in found if match]) if key else None


def template_at(source: str, at: int) -> SelectorError | None:
    """Give the error for a template that begins at ``at``, if one does."""
    match = _TEMPLATE.pattern.match(source, at)
    return None if match is None else _error(_TEMPLATE, source, at, match[0], "key", "")


def _by_habit(source: str, start: int, end: int, key: str) -> SelectorError | None:
    forbidden = FORBIDDEN.search(source, start, end)
    if forbidden:
        return bad_character(source, forbidden.start())
    template = _TEMPLATE.pattern.search(source, start)  # it may end behind the word
    if template and template.start() < end:
        return _error(_TEMPLATE, source, template.start(), template[0], key, "")
    word = source[start:end]
    for habit in _HABITS:
        match = habit.pattern.search(word)
        if match is not None:
            return _error(habit, source, start + match.start(), match[0], key, word)
    return None


def _error(habit: _Habit, source: str, at: int, found: str, key: str, word: str) -> SelectorError:
    if habit.code == "or":
        hint = either(source)
    elif habit.code == "quotes" and _QUOTED_BLANK.match(source, at):
        hint = "keys and values hold no blank"
    else:
        hint = None
    return SelectorError(
        habit.code,
        habit.message.format(found=quoted(found), character=f"U+{ord(found[0]):04X}"),
        source,
        (at, at + len(found)),
        hint=hint or _habit_hint(habit, key, word),
    )


def _habit_hint(habit: _Habit, key: str, word: str) -> str:
    whole = len(word) > 1 and word[0] in _OPENING and word[-1] in _CLOSING
    bare = value_like(word, "") if whole else ""
    return habit.hint.format(
        key=key_like(key),
        bare=f"write it without quotes: {bare}" if bare else "leave the quotes out",
    )


def _key_rule(source: str, start: int, word: str) -> SelectorError:
    if word.count("/") > 1:
        at = word.index("/", word.index("/") + 1)
        return SelectorError(
            "two-slashes",
            f"a key has at most one '/', found {word.count('/')} in {quoted(word)}",
            source,
            (start + at, start + at + 1),
            expected=("name", "prefix/name"),
            hint="write a prefix, one '/' and a name, as in: app.kubernetes.io/name",
        )
    prefix, slash, name = word.partition("/")
    if not slash:
        return _name_rule(source, start, word, "key", LIMITS.key_name)
    if not prefix:
        return SelectorError(
            "empty-prefix",
            "nothing stands before the '/'",
            source,
            (start, start + 1),
            hint=f"write: {key_like(name)}",
        )
    if not PREFIX_RE.fullmatch(prefix):
        return _prefix_rule(source, start, prefix, name)
    at = start + len(prefix) + 1
    return _name_rule(source, at, name, "key's name", LIMITS.key_name)


def _prefix_rule(source: str, start: int, prefix: str, name: str) -> SelectorError:
    if len(prefix) > LIMITS.key_prefix:
        return SelectorError(
            "prefix-too-long",
            f"a key's prefix has at most {LIMITS.key_prefix} characters, this one {len(prefix)}",
            source,
            (start + LIMITS.key_prefix, start + len(prefix)),
        )
    if prefix != prefix.lower() and PREFIX_RE.fullmatch(prefix.lower()) and prefix.isascii():
        upper = [at for at, character in enumerate(prefix) if character.isupper()]
        return SelectorError(
            "upper-case-prefix",
            "a key's prefix is written in lower case",
            source,
            (start + upper[0], start + upper[-1] + 1),
            hint=f"write: {key_like(f'{prefix.lower()}/{name}')}",
        )
    bad = re.search(r"[^-a-z0-9.]+|\.\.+|^[-.]+|[-.]+$|-\.|\.-", prefix)
    span = bad.span() if bad else (0, len(prefix))
    return SelectorError(
        "invalid-prefix",
        f"{quoted(prefix)} is no prefix of a key",
        source,
        (start + span[0], start + span[1]),
        expected=("lower-case letters, digits and '-', in parts joined by '.'",),
        hint="write a domain name in lower case before the '/', as in: example.com/key",
    )


def _name_rule(source: str, start: int, word: str, what: str, limit: int) -> SelectorError:
    """Say why ``word`` is no name; values and keys' names have one rule."""
    code = what.partition("'")[0]
    alphabet = "letters, digits, '-', '_' and '.'"
    ascii_only = f"the {alphabet.replace('letters', 'letters a-z and A-Z')}"
    if not word:
        return SelectorError(
            f"empty-{code}",
            f"a {what} is never empty",
            source,
            (start, start),
            expected=(alphabet,),
            hint=f"write {alphabet}",
        )
    bad = re.search(r"[^-A-Za-z0-9_.]+", word)
    if bad is None and len(word) > limit:
        return SelectorError(
            f"{code}-too-long",
            f"a {what} has at most {limit} characters, this one {len(word)}",
            source,
            (start + limit, start + len(word)),
            hint=f"shorten it by {len(word) - limit}",
        )
    if bad is not None:
        return SelectorError(
            f"invalid-{code}",
            f"a {what} cannot hold {quoted(bad[0])}",
            source,
            (start + bad.start(), start + bad.end()),
            expected=(alphabet,),
            hint=f"a {what} holds {ascii_only if bad[0].isalpha() else alphabet}",
        )
    edge = re.match(r"[-_.]+", word) or re.search(r"[-_.]+$", word)
    span = edge.span() if edge else (0, len(word))
    return SelectorError(
        f"invalid-{code}",
        f"a {what} begins and ends with a letter or digit, found {quoted(word)}",
        source,
        (start + span[0], start + span[1]),
        expected=("a letter or digit",),
        hint=f"take {quoted(word[slice(*span)])} away",
    )
