"""Pieces of suggestions. Whatever follows "write:" in a hint is a valid selector.

Each function takes what was written and returns something valid: the same if possible, else an
example.
"""

import re

from nodeselect.selectors.charset import is_key, is_value

__all__ = ["INTEGER_HINT", "as_key", "as_value", "comparison", "in_list", "values_at", "word_at"]

INTEGER_HINT = "use a non-negative integer, in decimal digits"

_SPACE = "[ \t\r\n]*"
_WORD = r"[^ \t\r\n(),!=><]+"
_MARKS = "'\"`\u00b4\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2032\u2033\u00ab\u00bb()[]{}"
_LIST = rf"{_SPACE}[(\[{{]([^)\]}}\n]*)"
# Words separated by commas; a word that an operator or another word follows is a key.
_WORDS = rf"{_SPACE}({_WORD}(?:[ \t]*,[ \t]*{_WORD}(?!{_WORD}|[ \t]*[!=><(]|[ \t]+\w))*)"


def as_key(text: str) -> str:
    """Return ``text`` without quotes if it is a key, else ``key``."""
    text = text.strip(_MARKS)
    return text if is_key(text) else "key"


def as_value(text: str, example: str = "value") -> str:
    """Return ``text`` without quotes and brackets if it is a value, else ``example``."""
    bare = text.strip(_MARKS)
    return bare if is_value(bare) and (bare or text) else example


def word_at(source: str, position: int) -> str:
    """Return the word at ``position`` or after the spaces there; empty if there is none."""
    match = re.compile(f"{_SPACE}({_WORD})").match(source, position)
    return match[1] if match else ""


def values_at(source: str, position: int) -> str:
    """Return a list of the values at ``position``, which are in any brackets or in none."""
    match = re.compile(_LIST).match(source, position) or re.compile(_WORDS).match(source, position)
    values = [value.strip(_MARKS + " \t\r") for value in match[1].split(",")] if match else []
    text = ",".join(values)
    return f"({text})" if text and len(text) < 200 and all(map(is_value, values)) else "(a,b)"


def in_list(source: str) -> str | None:
    """Return how to write alternatives such as ``x=a or x=b``, None if they differ in more."""
    alternatives = re.split(r"(?i:[ \t\r\n]or[ \t\r\n])|\|+", source)
    equality = re.compile(rf"{_SPACE}({_WORD}){_SPACE}==?{_SPACE}({_WORD}){_SPACE}")
    matches = [equality.fullmatch(alternative) for alternative in alternatives]
    keys = {match[1] if match else "" for match in matches}
    values = [match[2] for match in matches if match]
    if len(keys) > 1 or len(values) > 20 or not all(map(is_key, keys)):
        return None
    return f"write: {keys.pop()} in ({','.join(values)})" if all(map(is_value, values)) else None


def comparison(key: str, sign: str, value: str) -> str:
    """Return how to write a comparison by ``>``, ``<``, ``>=`` or ``<=`` with integers."""
    match = re.fullmatch("([0-9]{1,18})(?:[.]([0-9]{1,18}))?", value)
    if match is None:
        return INTEGER_HINT
    number, is_between = int(match[1]), int(match[2] or 0) > 0
    if sign == ">=" and not is_between:
        if number == 0:
            return f"negative integers cannot be written; {key}>0 excludes 0"
        number -= 1
    elif sign == "<=" or (sign == "<" and is_between):
        number += 1
    suggestion = f"write: {key}{sign[0]}{number}"
    return f"only integers are compared; {suggestion}" if match[2] else suggestion
