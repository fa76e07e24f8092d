"""Names of tables and columns, as they are written on the command line."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nodeselect.text import UNPRINTABLE, quoted

if TYPE_CHECKING:
    from nodeselect.engines.sql import Name

__all__ = ["parse_columns", "parse_name"]

_PIECE = r'"(?:[^"]|"")+"|[^".]+'

_PATH = rf"(?:{_PIECE})(?:\.(?:{_PIECE}))*"


def parse_name(text: str) -> "Name":
    """Return the name that a text means: ``fleet.nodes`` is a path, ``"fleet.nodes"`` one name.

    :raises ValueError: if it is not a name.
    """
    if UNPRINTABLE.search(text) or not re.fullmatch(_PATH, text):
        raise ValueError(f"{quoted(text)} is not a name: write NAME, SCHEMA.NAME or '\"any.name\"'")
    return tuple(
        piece[1:-1].replace('""', '"') if piece.startswith('"') else piece
        for piece in re.findall(_PIECE, text)
    )


def parse_columns(texts: Sequence[str]) -> "dict[str, Name]":
    """Return the columns of labels by key. ``KEY=COLUMN`` has both; ``KEY`` is the name of both.

    :raises ValueError: if a column is not a name, or two are for the same key.
    """
    columns: dict[str, Name] = {}
    for text in texts:
        key, equals, column = text.partition("=")
        if key in columns:
            raise ValueError(f"the label {quoted(key)} has two columns: give one")
        if not key or UNPRINTABLE.search(key):
            raise ValueError(f"{quoted(text)} has no key of a label: write KEY=COLUMN")
        columns[key] = parse_name(column) if equals else (key,)
    return columns
