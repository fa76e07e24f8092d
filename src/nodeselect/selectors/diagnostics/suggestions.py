"""Pieces of advice: what to write instead. Whatever stands behind "write:" is a selector.

Each function takes what the person wrote and gives something that may stand in a selector: the
same where that can be, an example where it cannot.
"""

import re

from nodeselect.selectors.charset import is_key, is_value

__all__ = [
    "WHOLE_NUMBER",
    "comparison",
    "in_list",
    "key_alone",
    "key_like",
    "list_at",
    "value_like",
    "word_at",
]

WHOLE_NUMBER = "write a whole number in decimal digits"
"""Advice about what is compared with."""

_QUOTES = "'\"`\u00b4\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2032\u2033\u00ab\u00bb"
_BRACKETS = "()[]{}"
_WORD = re.compile(r"[ \t\r\n]*([^ \t\r\n(),!=><]+)")
_LIST = re.compile(r"[ \t\r\n]*[(\[{]([^)\]}\n]*)")
_WORDS = re.compile(
    r"[^ \t\r\n(),!=><]+"
    r"(?:[ \t]*,[ \t]*[^ \t\r\n(),!=><]+(?![^ \t\r\n(),!=><]|[ \t]*[!=><(]|[ \t]+\w))*"
)
"""Bare words parted by commas, as far as they are values: what an operator follows is a key."""

_ALONE = re.compile(
    r"[ \t\r\n]*(?:([^ \t\r\n(),!=><]+)|\([ \t]*([^ \t\r\n(),!=><]+)[ \t]*\))[ \t\r\n]*(?=,|\Z)"
)
"""A word, perhaps in parentheses, that ends a requirement."""


def key_like(text: str) -> str:
    """Give ``text`` without quotes where it is a key, else ``key``."""
    text = text.strip(_QUOTES)
    return text if is_key(text) else "key"


def key_alone(source: str, at: int) -> str | None:
    """Give the key that stands at ``at`` with nothing behind it, perhaps in parentheses."""
    match = _ALONE.match(source, at)
    word = (match[1] or match[2]) if match else ""
    return word if word and key_like(word) == word else None


def value_like(text: str, example: str = "value") -> str:
    """Give ``text`` without quotes and brackets where it is a value, else ``example``."""
    bare = text.strip(_QUOTES + _BRACKETS)
    return bare if is_value(bare) and (bare or text) else example


def word_at(source: str, at: int) -> str:
    """Give the word that stands at ``at``, behind any blanks; empty where there is none."""
    match = _WORD.match(source, at)
    return match[1] if match else ""


def list_at(source: str, at: int) -> str:
    """Give a list of the values that stand at ``at``, in whatever brackets or bare."""
    match = _LIST.match(source, at)
    if match is None:
        words = _WORDS.match(source, at + len(source[at:]) - len(source[at:].lstrip(" \t\r\n")))
        inside = words[0] if words else ""
    else:
        inside = match[1]
    values = [value.strip(_QUOTES + _BRACKETS + " \t\r") for value in inside.split(",")]
    text = ",".join(values)
    return f"({text})" if text and len(text) < 200 and all(map(is_value, values)) else "(a,b)"


def in_list(key: str, values: list[str]) -> str | None:
    """Say how to ask for any of the ``values`` of a key; None where they are none."""
    fits = is_key(key) and len(values) <= 20 and all(value and is_value(value) for value in values)
    return f"write: {key} in ({','.join(values)})" if fits else None


def comparison(key: str, sign: str, value: str) -> str:
    """Say how to write ``key sign value``, where ``sign`` is ``>``, ``<``, ``>=`` or ``<=``."""
    match = re.fullmatch("([0-9]{1,18})(?:[.]([0-9]{1,18}))?", value)
    if match is None:
        return WHOLE_NUMBER
    number, is_between = int(match[1]), int(match[2] or 0) > 0
    if sign == ">=" and not is_between:
        if number == 0:
            return f"numbers below 0 cannot be written; {key}>0 leaves 0 out"
        number -= 1
    elif sign == "<=" or (sign == "<" and is_between):
        number += 1
    advice = f"write: {key}{sign[0]}{number}"
    return advice if match[2] is None else f"only whole numbers are compared; for these {advice}"
