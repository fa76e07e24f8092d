"""A table of nodes: what its queries have in common, and how their results are read."""

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
    :param alias: its name without that of its schema.
    :param id: its column with the ids.
    :param name: its column with the names, if it has one.
    :param state: its column with the states, if it has one.
    :param where: a condition that a row must satisfy to be a node; None if there is none.
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
        """Return what to write after FROM, with WHERE, for the nodes that satisfy conditions.

        :param conditions: each a text of SQL; None for a condition that every node satisfies.
        """
        restricting = filter(None, (self.where, *conditions))
        tests = " AND ".join(f"({condition})" for condition in restricting)
        return f"{self.table} WHERE {tests}" if tests else self.table

    def count_rows(self, rows: str) -> int:
        """Count rows.

        :param rows: what to write after FROM.
        """
        ((nodes,),) = self.execute(f"SELECT count(*) FROM {rows}")
        return int(nodes)

    def count_query(self, rows: str, *columns: str) -> str:
        """Return a query that counts the rows with each combination of the texts of columns.

        :param rows: what to write after FROM.
        """
        texts = ", ".join(map(self.dialect.bytewise, columns))
        return f"SELECT {texts}, count(*) FROM {rows} GROUP BY {texts}"

    def labels(self, condition: str | None = None) -> str | None:
        """Return what to write after FROM for the columns ``label_key`` and ``label_value``.

        There is a row for each label in the column or table of all labels; return None if there is
        none of these. Keys that also have a column of their own are not left out.

        :param condition: a condition in SQL that the nodes must satisfy; None for all nodes.
        """
        labels = self.conditions.labels.each_label(self.rows(condition))
        return None if labels is None else f"({labels}) AS labels WHERE label_value IS NOT NULL"

    def values(self, key: str, condition: str | None = None) -> str:
        """Return what to write after FROM for ``label_value``, the value of ``key`` for each node.

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
    """Convert what a driver returned to a text; it may be bytes, if the query compares bytes.

    :param what: what to call it in the error.
    :raises InventoryError: if it is not a text.
    """
    text = value.decode() if isinstance(value, (bytes, bytearray)) else value
    if not isinstance(text, str):
        shown = "NULL" if text is None else quoted(str(text))
        hint = "store distinct texts as ids, and texts as labels, or cast the column in a view"
        raise InventoryError("invalid-row", f"{what} is {shown}, not a text", hint=hint)
    return text


def to_id(value: Any) -> str:
    """Convert what a driver returned to an id, as :func:`to_text` does."""
    return to_text(value, "the id of a node")


def to_state(value: Any) -> str | None:
    """Convert what a driver returned to a state, as :func:`to_text` does; NULL is None."""
    return None if value is None else to_text(value)
