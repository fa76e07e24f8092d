"""Text for messages: escape, truncate and measure text of the user; write counts and lists.

Labels, ids, selectors and file names are untrusted. Their control characters must never reach a
terminal or a log, so all text for people goes through :func:`printable`.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence

UNPRINTABLE = re.compile(
    "["
    "\\x00-\\x1f\\x7f-\\x9f"  # C0, DEL, C1
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # as above: invisible
    "\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000\U00013441\U00013442"  # look like a space
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufff0-\ufffc"  # zero width, line ends, bidirectional
    "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"  # enclose what follows
    "\u2d7f\U00013440\U00016fe4\U0001d159"  # drawn as nothing, or as a part of another sign
    "\ufdd0-\ufdef"  # noncharacters, as the last two of each plane
    + "".join(
        chr(plane + last) for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF)
    )
    + "\ud800-\udfff"  # surrogates
    "\U000e0000-\U000e0fff"  # tags, variation selectors
    "]"
)
"""Characters that are invisible, control a terminal, or change the direction of the text."""

FORBIDDEN = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\ud800-\udfff]")
"""Control characters except TAB, LF and CR, and surrogates: rejected in all input."""

LONGEST_ID = 1_000
"""Node ids with up to this many characters are shown whole; those of Kubernetes have up to 253."""


def id_mistake(text: str) -> tuple[str, str, tuple[int, int]] | None:
    """Return the code, the message and the span of the mistake in a node id; None if it is valid.

    A valid id is not empty, and has no unprintable characters. The span is start and end.
    """
    if text and text.isascii() and text.isprintable():  # the usual case
        return None
    if not text:
        return "empty-id", "a node id must not be empty", (0, 0)
    bad = UNPRINTABLE.search(text)
    if bad is None:
        return None
    message = f"the node id {quoted(text)} contains the unprintable character {printable(bad[0])}"
    return "unprintable-id", message, bad.span()


def position_in_utf8(data: bytes, index: int) -> tuple[int, int]:
    """Return the line and the column, from 0, of the byte at ``index``; before it is UTF-8."""
    begin = data.rfind(b"\n", 0, index) + 1
    return data.count(b"\n", 0, index), len(data[begin:index].decode())


def to_exact_str(text: object, what: str) -> str:
    """Return ``text`` as a plain ``str``, because a subclass might define another equality.

    :param what: words for ``text`` in the error, such as ``a value``.
    :raises TypeError: if ``text`` is not a string.
    """
    if not isinstance(text, str):
        raise TypeError(f"{what} must be a string, not {type(text).__name__}")
    return text if type(text) is str else str.__str__(text)


def printable(text: str) -> str:
    """Return ``text`` with every unprintable character replaced by its escape.

    >>> printable("a\\x1b[31mb")
    'a\\\\x1b[31mb'
    """
    if text.isascii() and text.isprintable():
        return text
    return UNPRINTABLE.sub(lambda match: _escape(match[0]), text)


def quoted(text: str, limit: int = 60) -> str:
    """Return ``text`` escaped, truncated to ``limit`` characters, and in single quotes."""
    return f"'{truncate(printable(text[: limit + 1]), limit)}'"


def quoted_id(node_id: str) -> str:
    """Return a node id in quotes for a message: escaped, and whole, so that it can be copied."""
    return quoted(node_id, LONGEST_ID)


def truncate(text: str, limit: int) -> str:
    """Return ``text``; if it has more than ``limit`` characters, its beginning and ``…``."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def describe_json(value: object) -> str:
    """Describe a value of decoded JSON in words, for a message.

    >>> describe_json([]), describe_json(True), describe_json(5)
    ('a list', 'true', 'the number 5')
    """
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return "a string"
        case int() if value.bit_length() < 10_000:  # str() refuses thousands of digits
            return f"the number {truncate(str(value), 20)}"
        case int() | float():  # a fraction may be written in another way: 1.10
            return "a number"
        case Mapping():
            return "an object"
        case list() | tuple():
            return "a list"
    return type(value).__name__


def display_width(text: str) -> int:
    """Return the number of terminal columns that printable ``text`` occupies."""
    if text.isascii():
        return len(text)
    return sum(map(_character_width, text))


def prefix(text: str, columns: int) -> str:
    """Return the longest beginning of printable ``text`` that fits in ``columns`` of a terminal."""
    text = text[: max(columns, 0)]
    if text.isascii():
        return text
    width = 0
    for end, character in enumerate(text):
        width += _character_width(character)
        if width > columns:
            return text[:end]
    return text


def pluralize(count: int, noun: str, plural: str | None = None) -> str:
    """Return ``count`` followed by ``noun``, or by ``plural`` if the count is not 1.

    The default plural is ``noun`` with an ``s``.

    >>> pluralize(1, "node"), pluralize(1200, "node"), pluralize(2, "is empty", "are empty")
    ('1 node', '1,200 nodes', '2 are empty')
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def join_limited(
    items: Sequence[str], limit: int = 3, conjunction: str = "and", noun: str = ""
) -> str:
    """Join up to ``limit`` items in words; if there are more items, append how many more.

    :param noun: a word for an item, in the singular, to append to the number of further items.

    >>> join_limited(["a", "b"]), join_limited(["a", "b", "c"], conjunction="or")
    ('a and b', 'a, b or c')
    >>> join_limited(["a", "b", "c", "d", "e"], noun="label")
    'a, b, c and 2 more labels'
    """
    if len(items) > limit:
        others = len(items) - limit
        more = pluralize(others, f"more {noun}") if noun else f"{others:,} more"
        return f"{', '.join(items[:limit])} {conjunction} {more}"
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {conjunction} {items[-1]}"


def _character_width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
