"""CSV: a column ``id``, then one column a label; an empty cell is an absent label.

Not an empty label: a table has no other way to leave one out.
"""

import csv
import re
from collections.abc import Iterator

from nodeselect.errors import InventoryError
from nodeselect.readers.raw_node import RawNode
from nodeselect.text import quoted

__all__ = ["is_header", "read_rows", "reject_other_tables"]


def is_header(line: str) -> bool:
    """Say whether ``line`` is the first of such a table."""
    if line.lstrip().startswith("#"):
        return False
    try:
        return "id" in next(csv.reader([line], strict=True), [])
    except csv.Error:
        return False


def reject_other_tables(line: str, number: int) -> None:
    """Refuse a table with other marks between its columns, or without a column ``id``.

    :raises InventoryError: with the code ``not-csv``.
    """
    cells = re.split("[,;\t|]", line.strip())
    words = [cell.strip().strip('"').lower() for cell in cells]
    if len(cells) > 1 and ({"id", "name", "node", "hostname"} & set(words)) and ":" not in line:
        raise InventoryError(
            "not-csv",
            f"this looks like a table, with the header {quoted(line.strip())}",
            place=f"line {number}",
            hint="a table has a column called id, and ',' between its columns",
        )


def read_rows(lines: Iterator[str], before: int = 0) -> Iterator[tuple[str, RawNode]]:
    """Give what each row says of a node, with the line that the row ends in.

    :param before: how many lines stand before the header.

    :raises InventoryError: when a row has too few or too many cells, or a column comes twice.
    """
    rows = csv.reader(lines, strict=True)
    columns = next(rows)
    for number, column in enumerate(columns):
        if not column:
            raise InventoryError(
                "no-column-name", f"column {number + 1} has no name", place=f"line {before + 1}"
            )
        if column != column.strip():
            raise InventoryError(
                "not-csv",
                f"the column {quoted(column)} has a blank at its edge",
                place=f"line {before + 1}",
                hint="take it away: it would be part of the label's key",
            )
        if columns.index(column) != number:
            raise InventoryError(
                "duplicate-key",
                f"the column {quoted(column)} comes twice",
                place=f"line {before + 1}",
            )
    at = columns.index("id")
    try:
        for row in rows:
            place = f"line {before + rows.line_num}"
            if not row:
                continue
            if len(row) != len(columns):
                raise InventoryError(
                    "wrong-number-of-cells",
                    f"the row has {len(row)} cells, the header {len(columns)}",
                    place=place,
                )
            labels = {
                column: cell
                for column, cell in zip(columns, row, strict=True)
                if cell and column != "id"
            }
            yield place, RawNode(row[at] or None, labels, None, None, "id", "labels")
    except csv.Error as error:
        raise InventoryError(
            "not-csv", f"broken CSV: {error}", place=f"line {before + rows.line_num}"
        ) from None
