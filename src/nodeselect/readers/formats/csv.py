"""CSV: a column of ids, and one column for each label key; an empty cell is an absent label.

``docs/nodes.md`` lists the columns that are not labels.
"""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import chain
from operator import eq
from typing import BinaryIO

from nodeselect.errors import InventoryError
from nodeselect.files.inputs import (
    begins_with_long_line,
    decode_utf8,
    line_too_long_error,
    read_chunks,
)
from nodeselect.limits import LIMITS
from nodeselect.node import NodeRow
from nodeselect.problem import Place
from nodeselect.readers.raw_node import RawNode, validate
from nodeselect.readers.shapes import bacalhau_state
from nodeselect.text import printable, quoted

DELIMITERS = (",", ";", "\t")

# If a table has all three, they are the state, as in the output of Bacalhau's command line.
_BACALHAU_COLUMNS = ("type", "approval", "status")

# Columns, in lower case, that may be meant as one that is not a label, and what that has.
_COLUMN_MEANINGS = (
    (("label", "labels"), "labels", "pairs key=value"),
    (("state", "status"), "state", "the states of nodes"),
)


def split_line(line: str, delimiter: str) -> list[str]:
    """Return the cells of a line of CSV; an empty list if the line is invalid."""
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


def find_delimiter(line: str, id_column: str) -> str | None:
    """Return what separates the cells of a header with the column ``id_column``, or None."""
    if line.lstrip().startswith("#"):
        return None
    return next((each for each in DELIMITERS if id_column in split_line(line, each)), None)


def read_rows(start: bytes, stream: BinaryIO, id_column: str) -> Iterator[NodeRow]:
    """Yield the node of each row; ``start`` has the header, and was read already.

    :raises InventoryError: if a row or a column name is invalid; the place of the error is the last
        line of the row.
    """
    delimiter = find_delimiter(start.decode("utf-8", "replace").strip(), id_column)
    assert delimiter is not None, "the format was detected by it"
    unfinished_bytes = 0  # of the chunks since the last row

    def lines(chunk: bytes) -> Iterable[str]:
        nonlocal unfinished_bytes
        line = rows.line_num + 1
        if unfinished_bytes > LIMITS.line_bytes or begins_with_long_line(chunk):
            raise line_too_long_error(line)
        unfinished_bytes += len(chunk)
        return StringIO(decode_utf8(chunk, line), newline="\n")

    text = chain.from_iterable(map(lines, read_chunks(start, stream)))
    rows = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        columns = next(row for row in rows if row)
        _check_columns(columns, Place(line=rows.line_num))
        names = frozenset(columns)
        is_bacalhau = names.issuperset(_BACALHAU_COLUMNS)
        unfinished_bytes = 0
        for row in rows:
            unfinished_bytes = 0
            if not row:
                continue
            if len(row) != len(columns):
                raise InventoryError(
                    "wrong-number-of-cells",
                    f"the row has {len(row)} cells, but the header has {len(columns)}",
                    place=Place(line=rows.line_num),
                )
            labels = {key: cell for key, cell in zip(columns, row, strict=True) if cell}
            node_id = labels.pop(id_column, None)
            if not names.isdisjoint(row) and is_header(row, columns, id_column):
                raise InventoryError(
                    "not-csv",
                    "this is a header, so another table begins here",
                    place=Place(line=rows.line_num),
                    hint="remove it if the columns of both tables are the same; if it is a node,"
                    " write the nodes as JSON",
                )
            if is_bacalhau:
                state = bacalhau_state(*(labels.pop(key, None) for key in _BACALHAU_COLUMNS))
            else:
                state = labels.pop("state", None)
            name = labels.pop("name", None) if "labels" in names else None
            if pairs := labels.pop("labels", ""):
                _add_pairs(labels, pairs, rows.line_num)
            raw = RawNode(node_id, labels, name, state, id_column, "labels")
            yield validate((rows.line_num, ""), raw)
    except csv.Error as error:
        place = Place(line=rows.line_num)
        message = f"invalid CSV: {printable(str(error))}"  # it contains the delimiter
        raise InventoryError("not-csv", message, place=place) from None


def is_header(row: list[str], columns: list[str], id_column: str) -> bool:
    """Return whether a row is probably a header, as when two tables are joined, not a node."""
    same = sum(map(eq, row, columns))
    return same > 1 or (id_column in row and (same > 0 or sorted(row) == sorted(columns)))


def _check_columns(columns: list[str], place: Place) -> None:
    seen: set[str] = set()
    for number, column in enumerate(columns):
        if not column:
            message = f"column {number + 1} has no name"
            raise InventoryError("no-column-name", message, place=place)
        if column != column.strip():
            raise InventoryError(
                "not-csv",
                f"the column name {quoted(column)} starts or ends with a space",
                place=place,
                hint="remove the space: it would become part of the label key",
            )
        for names, meant, content in _COLUMN_MEANINGS:
            if column.lower() in names and column not in (meant, "status"):
                raise InventoryError(
                    "unknown-field",
                    f"the column {quoted(column)} may be meant as '{meant}'",
                    place=place,
                    hint=f"rename it to '{meant}' if it has {content}, or else to another name",
                )
        if column in seen:
            message = f"duplicate column {quoted(column)}"
            raise InventoryError("duplicate-key", message, place=place)
        seen.add(column)


def _add_pairs(labels: dict[str, str], pairs: str, line: int) -> None:
    """Add the labels in a cell of the column ``labels``, such as ``region=eu, gpu=true``."""
    for pair in pairs.replace("\\,", ",").replace(",", " ").split():  # Bacalhau escapes commas
        key, separator, value = pair.partition("=")
        is_several = ";" in pair or "=" in value.rstrip("=")  # which ends Base64
        if not (key and separator) or is_several:
            raise InventoryError(
                "wrong-type",
                f"the column 'labels' must contain pairs key=value, found {quoted(pair)}",
                place=Place(line=line),
                hint="write pairs, such as: region=eu, gpu=true; if a value has a space, ',', ';'"
                " or '=', write the nodes as JSON",
            )
        if key in labels:
            message = f"duplicate label {quoted(key)}"
            raise InventoryError("duplicate-key", message, place=Place(line=line))
        labels[key] = value
