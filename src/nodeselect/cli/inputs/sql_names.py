"""Names of tables and columns, as they are written on the command line."""

import re
from collections.abc import Sequence

from nodeselect.text import UNPRINTABLE, quoted

_PIECE = re.compile(r'"(?:[^"]|"")+"|[^".]+')


def parse_name(text: str) -> tuple[str, ...]:
    """Split the name of a table or column at its dots, except for dots in double quotes.

    ``fleet.nodes`` is the table ``nodes`` of the schema ``fleet``; ``"fleet.nodes"`` is one name.

    :raises ValueError: if it is not a name.
    """
    names, end = [], -1
    while end < len(text):
        piece = _PIECE.match(text, end + 1)
        is_last = piece is not None and text[piece.end() : piece.end() + 1] in ("", ".")
        if piece is None or not is_last or UNPRINTABLE.search(text):
            hint = "write NAME, SCHEMA.NAME or '\"any.name\"'"
            raise ValueError(f"{quoted(text)} is not a name: {hint}")
        name, end = piece[0], piece.end()
        names.append(name[1:-1].replace('""', '"') if name.startswith('"') else name)
    return tuple(names)


def parse_columns(texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the column of each label key; a text is ``KEY=COLUMN``, or ``KEY`` if both are equal.

    :raises ValueError: if a column is not a name, or two are for the same key.
    """
    columns: dict[str, tuple[str, ...]] = {}
    for text in texts:
        key, equals, column = text.partition("=")
        if key in columns:
            raise ValueError(f"the label {quoted(key)} has two columns: give one")
        if not key or UNPRINTABLE.search(key):
            raise ValueError(f"{quoted(text)} has no label key before the '=': write KEY=COLUMN")
        columns[key] = parse_name(column) if equals else (key,)
    return columns
