"""A table of nodes, and what the queries over it have in common."""

from typing import Any, NamedTuple

from nodeselect.engines.sql.dialect import Dialect
from nodeselect.engines.sql.text import LongTable, SqlConditions
from nodeselect.errors import InventoryError
from nodeselect.text import quoted


class SqlTable(NamedTuple):
    """The names of a table of nodes and of its columns, quoted as in SQL.

    :param conditions: expresses conditions on labels and ids.
    :param table: the table.
    :param alias: its name without that of its schema.
    :param id: its column with the ids.
    :param name: its column with the names, if it has one.
    :param state: its column with the states, if it has one.
    :param where: a condition, in parentheses, that a row must satisfy to be a node; None if there
        is none.
    """

    conditions: SqlConditions
    table: str
    alias: str
    id: str
    name: str | None
    state: str | None
    where: str | None

    @property
    def dialect(self) -> Dialect:
        """The dialect of all queries."""
        return self.conditions.dialect

    def rows(self, condition: str | None = None) -> str:
        """Return what to write after FROM, with WHERE, for the nodes that satisfy ``condition``."""
        bracketed = None if condition is None else f"({condition})"
        conditions = " AND ".join(filter(None, (self.where, bracketed)))
        return f"{self.table} WHERE {conditions}" if conditions else self.table

    def count_query(self, rows: str, *columns: str) -> str:
        """Return a query that counts the rows with each combination of the texts of columns.

        :param rows: what to write after FROM.
        """
        texts = ", ".join(map(self.dialect.bytewise, columns))
        return f"SELECT {texts}, count(*) FROM {rows} GROUP BY {texts}"

    def each_label(self, condition: str | None = None) -> str | None:
        """Return a query with the columns ``label_key`` and ``label_value``: a row for each label.

        It reads the column or table of all labels; return None if there is none. Values may be
        NULL; keys that also have a column of their own are not left out.
        """
        labels, dialect = self.conditions.labels, self.dialect
        if labels is None:
            return None
        if isinstance(labels, LongTable):
            return (
                f"SELECT {labels.key} AS label_key, {labels.value} AS label_value"
                f" FROM {labels.table} WHERE ({dialect.join_keys(labels.node_id)}) IN"
                f" (SELECT {dialect.join_keys(self.id)} FROM {self.rows(condition)})"
            )
        rows = f"(SELECT {labels} AS all_labels FROM {self.rows(condition)}) AS nodes"
        return dialect.each_label("all_labels", rows)

    def values(self, key: str, condition: str | None = None) -> str:
        """Return a SELECT with one column, ``label_value``: the value of ``key`` for each node.

        A node without the label has no row, or NULL.

        :param condition: a condition in SQL that the nodes must satisfy; None for all nodes.
        """
        conditions, dialect, labels = self.conditions, self.dialect, self.conditions.labels
        if key in conditions.columns:
            value = conditions.columns[key]
        elif labels is None:
            return f"SELECT '' AS label_value FROM {self.rows('FALSE')}"
        elif isinstance(labels, LongTable) or not is_path(key):
            is_key = dialect.value_in("label_key", [dialect.literal(key)])
            each_label = self.each_label(condition)
            return f"SELECT label_value FROM ({each_label}) AS labels WHERE {is_key}"
        else:
            value = dialect.value(labels, dialect.literal(key))
            has_key = conditions.has_key(key)  # an index may find these rows
            condition = has_key if condition is None else f"{has_key} AND ({condition})"
        return f"SELECT {value} AS label_value FROM {self.rows(condition)}"


def is_path(key: str) -> bool:
    """Return whether a key can be part of a JSON path, ``$."key"``, as every valid key can."""
    return '"' not in key and "\\" not in key


def to_text(value: Any) -> str:
    """Convert what a driver returned to a text; it may be bytes, if the query compares bytes.

    :raises InventoryError: if it is not a text.
    """
    text = _decoded(value)
    if not isinstance(text, str):
        message = f"a label, a name or a state is {quoted(str(text))}, not a text"
        raise InventoryError("invalid-row", message, hint="store texts, or cast it in a view")
    return text


def to_state(value: Any) -> str | None:
    """Convert what a driver returned to a state; NULL is None.

    :raises InventoryError: if it is neither a text nor NULL.
    """
    return None if value is None else to_text(value)


def _decoded(value: Any) -> Any:
    return value.decode() if isinstance(value, (bytes, bytearray)) else value


def to_id(value: Any) -> str:
    """Convert what a driver returned to an id; it may be bytes, if the query compares bytes.

    :raises InventoryError: if it is not a text.
    """
    node_id = _decoded(value)
    if not isinstance(node_id, str):
        what = "NULL" if node_id is None else quoted(str(node_id))
        hint = "ids are distinct texts: name another column, or cast it in a view"
        raise InventoryError("invalid-row", f"the id of a node is {what}, not a text", hint=hint)
    return node_id
