"""Pieces of HTML: user text made harmless, bars."""

from collections.abc import Iterable
from html import escape

from nodeselect.text import printable, truncate

__all__ = ["LONGEST", "bar", "code", "plain", "text"]

LONGEST = 200
"""Characters of a user's text that are shown in one place."""

_WIDE = 1000
"""The width of a bar in its own units."""


def plain(words: str, limit: int = LONGEST) -> str:
    """Give ``words`` cut, with every character that is obeyed or not seen as its escape; between
    quotes where blanks at an end would not be seen."""
    shown = truncate(printable(words[: limit + 1]), limit)
    return shown if shown == shown.strip() else f'"{shown}"'


def text(words: str, limit: int = LONGEST) -> str:
    """Give ``words`` for the inside of an element or of a quoted attribute."""
    return escape(plain(words, limit))


def code(words: str, limit: int = LONGEST) -> str:
    """Give ``words`` as an element of its own, whose direction does not touch what stands beside
    it."""
    return f"<code>{text(words, limit)}</code>"


def bar(parts: Iterable[tuple[str, int]], whole: int) -> str:
    """Draw shares of a whole side by side, each in the colour of its class.

    What is not nothing is at least a trace. No program reads it out: the numbers stand beside it.
    """
    drawn, at = [], 0
    for name, part in parts:
        wide = min(max(_WIDE * part // whole, 6), _WIDE - at) if part else 0
        if wide:
            drawn.append(f'<rect class="{name}" x="{at}" width="{wide}" height="1"/>')
        at += wide
    return (
        f'<svg class="bar" viewBox="0 0 {_WIDE} 1" preserveAspectRatio="none"'
        f' aria-hidden="true">{"".join(drawn)}</svg>'
    )
