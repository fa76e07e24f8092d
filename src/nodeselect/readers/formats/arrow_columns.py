"""Find the columns of a table that have the ids, names, states and labels of nodes."""

from collections import Counter
from collections.abc import Mapping
from itertools import chain
from typing import Any, NamedTuple

import pyarrow as pa

from nodeselect.errors import InventoryError
from nodeselect.text import join_limited, printable, quoted, to_exact_str, truncate

# How pandas calls the columns of an index that has no name.
_PANDAS_INDEX = "__index_level_"

_ID_HINT = "choose the column that has the ids: --id-column NAME, or id='NAME' in Python"

_LABELS_HINT = (
    "store the labels of a node as a map of strings, as a list of structs with the strings 'key'"
    " and 'value', or as a struct of strings"
)


class ColumnNames(NamedTuple):
    """The names of the columns that a caller has chosen; None for the default.

    ``Inventory.from_arrow`` documents these parameters and their defaults.
    """

    id: str = "id"
    labels: str | None = None
    columns: Mapping[str, str] | None = None
    name: str | None = None
    state: str | None = None


class TableColumns(NamedTuple):
    """The columns to read. All of them exist, and have a type that can be read.

    :param labels: the column with all labels of a node; None if there is none.
    :param columns: a mapping from label keys to the columns of their values.
    """

    id: str
    labels: str | None
    columns: Mapping[str, str]
    name: str | None
    state: str | None

    def used(self) -> list[str]:
        """Return the names of all these columns."""
        single = (self.id, self.labels, self.name, self.state)
        return [*(column for column in single if column is not None), *self.columns.values()]


def resolve(schema: Any, names: ColumnNames) -> TableColumns:
    """Return the columns of a table to read.

    :param schema: the schema of the table.
    :param names: the columns that the caller has chosen.
    :raises InventoryError: if a column is missing or ambiguous, or has the wrong type.
    :raises TypeError: if a name is not a string.
    """
    _check_names(names)
    available = [name for name in schema.names if not name.startswith(_PANDAS_INDEX)]
    chosen = {names.id, names.labels, names.name, names.state, *(names.columns or {}).values()}

    def default(name: str) -> str | None:
        return name if name in available and name not in chosen else None

    labels = names.labels or default("labels")
    # Without 'labels', it is a table of labels such as CSV, in which 'name' is a label.
    name = names.name or (default("name") if labels else None)
    state = names.state or default("state")
    columns = names.columns
    if columns is None:
        others = [column for column in available if column not in {names.id, labels, name, state}]
        _check_keys(others)
        columns = {column: column for column in others}
    resolved = TableColumns(names.id, labels, columns, name, state)
    _check_exists(names.id, available, "no-id-column", _ID_HINT)
    for column in resolved.used():
        _check_exists(column, available, "no-column", "choose a column of the table")
    _check_types(schema, resolved)
    return resolved


def is_untyped(labels_type: Any) -> bool:
    """Return whether a column of labels has the Arrow type null, because no node has labels."""
    types = pa.types
    if types.is_list(labels_type) or types.is_large_list(labels_type):
        labels_type = labels_type.value_type
    return bool(types.is_null(labels_type))


def row_error(
    code: str, message: str, row: int, column: str | None, hint: str | None = None
) -> InventoryError:
    """Return an error with the place of a row or cell.

    :param row: the number of the row, from 0.
    :param column: the column of the cell; None if the error is about several columns.
    """
    place = f"row {row + 1}" if column is None else f"row {row + 1}, column {quoted(column)}"
    return InventoryError(code, message, place=place, hint=hint)


def _check_names(names: ColumnNames) -> None:
    if not isinstance(names.columns, Mapping | None):
        kind = type(names.columns).__name__
        raise TypeError(f"columns must be a mapping from label keys to columns, not {kind}")
    to_exact_str(names.id, "a column")
    for text in (names.labels, names.name, names.state, *chain(*(names.columns or {}).items())):
        if text is not None:
            to_exact_str(text, "a column")


def _check_keys(columns: list[str]) -> None:
    """Raise if the name of a column is not a label key: it is empty, or may mean ``labels``."""
    for column in columns:
        if not column:
            message = "a column has no name"
            hint = "give it one: the name becomes the label key"
            raise InventoryError("no-column-name", message, hint=hint)
        if column.lower() in ("label", "labels"):
            raise InventoryError(
                "unknown-field",
                f"the column {quoted(column)} may be meant as 'labels'",
                hint="rename it to 'labels' if it has all labels, or else to another name",
            )


def _check_exists(column: str, available: list[str], code: str, hint: str) -> None:
    """Raise unless a table has exactly one column with the name ``column``.

    :param available: the names of the columns of the table.
    :param code: the code of the error if there is no such column; ``hint`` is its hint.
    """
    number = available.count(column)
    if number > 1:
        message = f"{number} columns have the name {quoted(column)}"
        raise InventoryError("duplicate-key", message, hint="rename all but one")
    if not number:
        others = join_limited(list(map(quoted, available)), 8, noun="column")
        only = f", only {others}" if others else ""
        raise InventoryError(code, f"the table has no column {quoted(column)}{only}", hint=hint)


def _check_types(schema: Any, columns: TableColumns) -> None:
    _check_text("id-not-text", columns.id, schema.field(columns.id).type)
    for column in (columns.name, columns.state):
        if column is not None:
            _check_text("wrong-type", column, schema.field(column).type)
    for column in columns.columns.values():
        _check_text("label-not-text", column, schema.field(column).type)
    keys = list(columns.columns)
    if columns.labels is not None:
        keys += _check_labels(columns.labels, schema.field(columns.labels).type)
    for key, number in Counter(keys).items():
        if number > 1:
            message = f"{number} columns have the label {quoted(key)}"
            raise InventoryError("duplicate-key", message, hint="rename or remove all but one")


def _check_labels(column: str, labels_type: Any) -> list[str]:
    """Check the type of a column with all labels of a node.

    Return the label keys, if it is a struct; an empty list, if it is a map.
    """
    types = pa.types
    if is_untyped(labels_type):
        return []
    if types.is_struct(labels_type):
        fields = list(labels_type)
        for field in fields:
            _check_text("label-not-text", f"{column}.{field.name}", field.type)
        return [field.name for field in fields]
    if types.is_map(labels_type):
        entry = {"key": labels_type.key_type, "value": labels_type.item_type}
    elif types.is_list(labels_type) or types.is_large_list(labels_type):
        element = labels_type.value_type
        entry = {field.name: field.type for field in element} if types.is_struct(element) else {}
    else:
        entry = {}
    if entry.keys() != {"key", "value"}:
        message = f"the column {quoted(column)} must have labels, not {_shown(labels_type)}"
        raise InventoryError("wrong-type", message, hint=_LABELS_HINT)
    for name, entry_type in entry.items():
        _check_text("label-not-text", f"{column}.{name}", entry_type)
    return []


def _check_text(code: str, column: str, column_type: Any) -> None:
    """Raise unless the type of a column is string, dictionary-encoded string, or null.

    :param code: the code of the error.
    """
    types = pa.types
    is_encoded = types.is_dictionary(column_type)
    text_type = column_type.value_type if is_encoded else column_type
    if not (
        types.is_string(text_type)
        or types.is_large_string(text_type)
        or types.is_string_view(text_type)
        or types.is_null(text_type)
    ):
        message = f"the column {quoted(column)} must be of strings, not of {_shown(text_type)}"
        raise InventoryError(code, message, hint="cast it to strings, or leave it out")


def _shown(column_type: Any) -> str:
    return printable(truncate(str(column_type), 60))
