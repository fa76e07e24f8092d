"""The errors for words that are not valid keys, values, integers or ids.

These functions do not decide *whether* a word is valid; ``charset.py`` does.
"""

import re

from nodeselect.errors import SelectorError
from nodeselect.limits import LIMITS
from nodeselect.selectors.charset import MAX_INT64, is_prefix
from nodeselect.selectors.diagnostics.mistakes import word_error
from nodeselect.text import FORBIDDEN, UNPRINTABLE, pluralize, printable, quoted

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
    """Return the error for ``source[start:end]``, which is not a valid key."""
    if error := _known_mistake(source, start, end, "key", is_key=True):
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
    return SelectorError(
        "invalid-prefix", message, source, (start + first, start + last), hint=hint
    )


def value_error(source: str, start: int, end: int, key: str) -> SelectorError:
    """Return the error for ``source[start:end]``, which is not a valid value of ``key``."""
    word = source[start:end]
    remedy = None
    if re.match(r"-[0-9]+\b", word):  # without its sign, it would be another number
        remedy = f"no selector can contain a negative number; {key}<0 matches all negative integers"
    return _known_mistake(source, start, end, key) or _name_error(
        source, start, word, "a value", LIMITS.label_value, remedy
    )


def integer_error(source: str, start: int, end: int) -> SelectorError:
    """Return the error for ``source[start:end]``, which is not an integer for ``>``."""
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
    """Return the error for the list ``source[start:end]``, which is too long."""
    message = f"a list can have at most {LIMITS.values_in_set:,} values (limit: values_in_set)"
    hint = "use several selectors"
    return SelectorError("too-many-values", message, source, (start, end), hint=hint)


def limit_error(name: str, what: str, number: int, text: str) -> SelectorError:
    """Return the error for a selector with too many requirements, values or ids.

    :param name: the name of the limit.
    :param what: what there are too many of; ``number`` is how many.
    :param text: the text of the selector; empty if it has none.
    """
    limit = f"{getattr(LIMITS, name):,} {what} ({name})"
    message = f"a selector can have at most {limit}, found {number:,}"
    hint = "use several selectors"
    return SelectorError(f"too-many-{what}", message, text, (0, len(text)), hint=hint)


def text_length_error(text: str, length: int) -> SelectorError:
    """Return the error for ``text``, which is too long, or whose canonical text is."""
    limit, hint = LIMITS.selector_text, "use several selectors"
    message = f"a selector can have at most {limit:,} characters (selector_text), found {length:,}"
    span = (min(limit, len(text)), len(text))
    return SelectorError("text-too-long", message, text, span, hint=hint)


def id_error(text: str) -> SelectorError | None:
    """Return the error for a node id; None if it is valid: printable, and not empty."""
    if not text:
        return SelectorError("empty-id", "a node id must not be empty", text, (0, 0))
    match = UNPRINTABLE.search(text)
    if match is None:
        return None
    message = f"a node id must not contain the unprintable character {printable(match[0])}"
    return SelectorError("unprintable-id", message, text, match.span(), hint="remove it")


def _known_mistake(
    source: str, start: int, end: int, key: str, *, is_key: bool = False
) -> SelectorError | None:
    forbidden = FORBIDDEN.search(source, start, end)
    if forbidden:
        return character_error(source, forbidden.start())
    return word_error(source, start, end, key, is_key=is_key)


def _name_error(
    source: str, start: int, word: str, what: str, limit: int, remedy: str | None = None
) -> SelectorError:
    """Return the error for an invalid value, key or part of a key.

    :param word: the invalid text, which begins at ``start``.
    :param what: what it should be, such as ``a value``; ``limit`` is its maximum length.
    :param remedy: the hint for a word that only begins or ends with a wrong character.
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
