"""User text on its way to a person: escaped, measured, cut.

Labels, ids, selectors and file names come from people we do not know. None of their control
characters may reach a terminal or a log: they are shown, not sent. Everything that leaves the
library as text for people goes through :func:`printable`.
"""

import re
import unicodedata

__all__ = ["FORBIDDEN", "UNPRINTABLE", "cut", "in_ascii", "printable", "quoted", "width"]

UNPRINTABLE = re.compile(
    "["
    "\\x00-\\x1f\\x7f-\\x9f"  # C0, DEL, C1
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # this line and the one above: drawn as nothing
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufff9-\ufffb"  # zero width, line ends, bidirectional
    "\ufffe\uffff"  # noncharacters
    "\ud800-\udfff"  # surrogates
    "\U000e0000-\U000e0fff"  # tags, variation selectors
    "]"
)
"""A character that a terminal would obey, hide or reorder by."""


FORBIDDEN = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\ud800-\udfff]")
"""Control characters but TAB, LF and CR, and surrogates: refused wherever they stand."""


def printable(text: str) -> str:
    """Give ``text`` with every unprintable character written as its escape.

    >>> printable("a\\x1b[31mb")
    'a\\\\x1b[31mb'
    """
    if text.isascii() and text.isprintable():
        return text
    return UNPRINTABLE.sub(lambda match: _escape(match[0]), text)


def in_ascii(text: str) -> str:
    """Give printable ``text`` in ASCII: other characters as their escapes, an ellipsis as dots."""
    if text.isascii():
        return text
    return text.replace("…", "...").encode("ascii", "backslashreplace").decode("ascii")


def quoted(text: str, limit: int = 60) -> str:
    """Give ``text`` escaped, cut to ``limit`` characters and put between quotes, for a message."""
    return f"'{cut(printable(text[: limit + 1]), limit)}'"


def cut(text: str, limit: int) -> str:
    """Give ``text``, or its first ``limit - 1`` characters and an ellipsis where it is longer."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def width(text: str) -> int:
    """Count the columns that a terminal gives to printable ``text``."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
