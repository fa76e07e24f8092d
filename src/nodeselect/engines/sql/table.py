"""A table of nodes: parts of the queries on it, and the conversion of their results."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

from nodeselect.engines.sql.dialects import Dialect
from nodeselect.engines.sql.text import SqlConditions
from nodeselect.errors import InventoryError
from nodeselect.text import quoted

Execute: TypeAlias = Callable[[str], Iterable[Sequence[Any]]]
"""Runs a query and returns its rows."""


class SqlTable(NamedTuple):
    """The names of a table of nodes and of its columns, quoted as in SQL, and how to query it.

    :param execute: runs a query.
    :param conditions: expresses conditions on labels and ids.
    :param table: the table.
    :param alias: the name of the table without its schema.
    :param id: the column of the ids.
    :param name: the column of the names; None if there is none.
    :param state: the column of the states; None if there is none.
    :param where: a condition that a row must satisfy to be a node; None if all rows are nodes.
    """

    execute: Execute
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

    def rows(self, *conditions: str | None) -> str:
        """Return SQL to write after FROM, with WHERE, for the nodes that satisfy ``conditions``.

        :param conditions: strings of SQL; None for a condition that every node satisfies.
        """
        restricting = filter(None, (self.where, *conditions))
        tests = " AND ".join(f"({condition})" for condition in restricting)
        return f"{self.table} WHERE {tests}" if tests else self.table

    def count_rows(self, rows: str) -> int:
        """Run a query that counts rows; return the number.

        :param rows: SQL to write after FROM.
        """
        ((nodes,),) = self.execute(f"SELECT count(*) FROM {rows}")
        return int(nodes)

    def count_query(self, rows: str, *columns: str) -> str:
        """Return a query for the values of ``columns`` and the number of rows with these values.

        :param rows: SQL to write after FROM.
        """
        texts = ", ".join(map(self.dialect.bytewise, columns))
        return f"SELECT {texts}, count(*) FROM {rows} GROUP BY {texts}"

    def labels(self, condition: str | None = None) -> str | None:
        """Return SQL to write after FROM for the columns ``label_key`` and ``label_value``.

        They have a row for each label in the column or table of all labels, even if a label also
        has its own column. Return None if there is no such column or table.

        :param condition: a condition in SQL that the nodes must satisfy; None for all nodes.
        """
        labels = self.conditions.labels.each_label(self.rows(condition))
        return None if labels is None else f"({labels}) AS labels WHERE label_value IS NOT NULL"

    def values(self, key: str, condition: str | None = None) -> str:
        """Return SQL to write after FROM for ``label_value``, the value of ``key`` of each node.

        :param condition: a condition in SQL that the nodes must satisfy; None for all nodes.
        """
        conditions = self.conditions
        if column := conditions.columns.get(key):
            select = f"SELECT {column} AS label_value FROM {self.rows(condition)}"
        elif value := conditions.labels.value(key):
            has_key = conditions.has_key(key)  # an index may find these rows
            select = f"SELECT {value} AS label_value FROM {self.rows(has_key, condition)}"
        elif labels := self.labels(condition):
            is_key = self.dialect.value_in("label_key", [self.dialect.literal(key)])
            return f"{labels} AND {is_key}"
        else:
            select = f"SELECT '' AS label_value FROM {self.rows('FALSE')}"
        return f"({select}) AS labels WHERE label_value IS NOT NULL"


def to_text(value: Any, what: str = "a label, a name or a state") -> str:
    """Convert a result of a driver to a string; queries that compare bytes return bytes.

    :param what: the name of the value in the error.
    :raises InventoryError: if the value is neither a string nor bytes.
    """
    text = value.decode() if isinstance(value, (bytes, bytearray)) else value
    if not isinstance(text, str):
        shown = "NULL" if text is None else quoted(str(text))
        hint = "store distinct texts as ids, and texts as labels, or cast the column in a view"
        raise InventoryError("invalid-row", f"{what} is {shown}, not a text", hint=hint)
    return text


def to_id(value: Any) -> str:
    """Convert a result of a driver to an id, as :func:`to_text` does."""
    return to_text(value, "the id of a node")


def to_state(value: Any) -> str | None:
    """Convert a result of a driver to a state, as :func:`to_text` does; return None for NULL."""
    return None if value is None else to_text(value)
