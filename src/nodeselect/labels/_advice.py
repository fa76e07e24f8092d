"""Pieces of advice: what to write instead. Whatever stands behind "write:" is a selector.

Each function takes what the person wrote and gives something that may stand in a selector: the
same where that can be, an example where it cannot.
"""

import re

from nodeselect.labels.rules import is_key, is_value

__all__ = ["comparison", "key_like", "list_at", "value_like", "word_at"]

_QUOTES = "'\"`\u00b4\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2032\u2033\u00ab\u00bb"
_BRACKETS = "()[]{}"
_WORD = re.compile(r"[ \t\r\n]*([^ \t\r\n(),!=><]+)")
_LIST = re.compile(r"[ \t\r\n]*[(\[{]([^)\]}\n]*)")
_WORDS = re.compile(
    r"[^ \t\r\n(),!=><]+"
    r"(?:[ \t]*,[ \t]*[^ \t\r\n(),!=><]+(?![^ \t\r\n(),!=><]|[ \t]*[!=><(]|[ \t]+\w))*"
)
"""Bare words parted by commas, as far as they are values: what an operator follows is a key."""


def key_like(text: str) -> str:
    """Give ``text`` without quotes where it is a key, else ``key``."""
    text = text.strip(_QUOTES)
    return text if is_key(text) else "key"


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


def comparison(key: str, sign: str, value: str) -> str:
    """Say how to write ``key sign value``, where ``sign`` is ``>``, ``<``, ``>=`` or ``<=``."""
    number = int(value) if re.fullmatch("[0-9]{1,18}", value) else None
    if sign == ">=" and number == 0:
        return f"numbers below 0 cannot be written; {key}>0 leaves 0 out"
    if number is None:
        return f"write a whole number, as in: {key}{sign[0]}5"
    if sign == ">=":
        number -= 1
    elif sign == "<=":
        number += 1
    return f"write: {key}{sign[0]}{number}"
