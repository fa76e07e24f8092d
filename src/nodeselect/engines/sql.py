"""Selectors as text of SQL, for psql, DuckDB, SQLite, Spark SQL, ClickHouse, MariaDB and MySQL."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from nodeselect.engines.conditions import express
from nodeselect.engines.dialects import DIALECTS, Dialect
from nodeselect.selectors import Selector

__all__ = ["LongTable", "Name", "SqlConditions", "dialect_named", "quote", "where"]

Name: TypeAlias = str | tuple[str, ...]
"""The exact name of a column or table; a tuple is a path, such as ``("n", "labels")``."""


class LongTable(NamedTuple):
    """A table with a row for each label of each node, instead of a column of all labels.

    :param table: the table. It must not have two rows for the same node and key.
    :param node_id: its column with the id of the node.
    :param key: its column with the key of the label.
    :param value: its column with the value of the label.
    """

    table: Name
    node_id: str = "node_id"
    key: str = "key"
    value: str = "value"


def where(
    selector: Selector,
    dialect: str,
    *,
    labels: Name | LongTable | None = "labels",
    id: Name | None = "id",  # noqa: A002
    columns: Mapping[str, Name] | None = None,
) -> str:
    """Return the condition of a WHERE clause that is true for the nodes ``selector`` matches.

    It is never NULL. Names are quoted, and so exact: in PostgreSQL, ``labels`` is not ``Labels``.

    >>> where(Selector.parse("region=eu,!debug"), "duckdb", columns={"region": "region"})
    '(("region" IS NOT NULL AND "region" COLLATE "C" IN (\\'eu\\')) AND (NOT "labels"[\\'debug\\'] IS NOT NULL))'

    :param dialect: ``postgresql``, ``duckdb``, ``sqlite``, ``spark``, ``clickhouse`` or ``mysql``
        (which MariaDB reads too).
    :param labels: the column of all labels (jsonb in PostgreSQL, JSON text in SQLite, JSON in
        MySQL, a map elsewhere), or the table that has them; None if every label has a column of its
        own. Then a label without a column is absent.
    :param id: the column of the ids; needed only for a selector by ids, or a :class:`LongTable`.
    :param columns: by key, the columns of labels that have one of their own. Such a column is 20 to
        100 times faster than a map. NULL means that the label is absent.
    :raises ValueError: if the dialect is not known, a name is empty or has a NUL, or ``id`` is
        needed and None.
    """  # noqa: E501
    return express(selector, SqlConditions(dialect_named(dialect), labels, id, columns or {}))


def dialect_named(name: str) -> Dialect:
    """Return a dialect.

    :raises ValueError: if there is none of this name.
    """
    try:
        return DIALECTS[name]
    except KeyError:
        known = ", ".join(DIALECTS)
        raise ValueError(f"{name!r} is not a dialect of SQL known here: {known}") from None


class SqlConditions:
    """The conditions of a selector as SQL, for one dialect and one layout of the nodes."""

    def __init__(
        self,
        dialect: Dialect,
        labels: Name | LongTable | None,
        id: Name | None,  # noqa: A002
        columns: Mapping[str, Name],
    ) -> None:
        """Quote the names.

        :raises ValueError: if a name is empty or has a NUL, or a long table has no ``id``.
        """
        if isinstance(labels, LongTable) and id is None:
            raise ValueError("labels in a table of their own are found by id: say which column")
        self._dialect = dialect
        self._labels = labels
        self._id = None if id is None else quote(id, dialect)
        self._columns = {key: quote(column, dialect) for key, column in columns.items()}

    def has_key(self, key: str) -> str:
        if column := self._columns.get(key):
            return self._dialect.is_present(column)
        if self._labels is None:
            return self.constant(False)
        if isinstance(self._labels, LongTable):
            return self._in_table(self._labels, key, self._dialect.is_present)
        return self._dialect.has_key(*self._label(self._labels, key))

    def value_in(self, key: str, values: Sequence[str]) -> str:
        literals = list(map(self._dialect.literal, values))
        if column := self._columns.get(key):
            return self._dialect.value_in(column, literals)
        if self._labels is None:
            return self.constant(False)
        if isinstance(self._labels, LongTable):
            return self._in_table(
                self._labels, key, lambda value: self._dialect.value_in(value, literals)
            )
        # Keys and values have no character that is escaped in JSON or in SQL.
        pairs = [f"'{json.dumps({key: value})}'" for value in values]
        return self._dialect.label_in(*self._label(self._labels, key), literals, pairs)

    def integer_between(self, key: str, low: int, high: int) -> str:
        bounds = str(low), str(high)
        if column := self._columns.get(key):
            return self._dialect.value_between(column, *bounds)
        if self._labels is None:
            return self.constant(False)
        if isinstance(self._labels, LongTable):
            return self._in_table(
                self._labels, key, lambda value: self._dialect.value_between(value, *bounds)
            )
        return self._dialect.label_between(*self._label(self._labels, key), *bounds)

    def id_in(self, ids: Sequence[str]) -> str:
        if self._id is None:
            raise ValueError("the selector asks for ids: say which column has them")
        return self._dialect.value_in(self._id, list(map(self._dialect.literal, ids)))

    def constant(self, value: bool) -> str:
        return "TRUE" if value else "FALSE"

    def negation(self, condition: str) -> str:
        return f"(NOT {condition})"

    def conjunction(self, conditions: Sequence[str]) -> str:
        return f"({' AND '.join(conditions)})"

    def _label(self, labels: Name, key: str) -> tuple[str, str]:
        return quote(labels, self._dialect), self._dialect.literal(key)

    def _in_table(self, table: LongTable, key: str, test: Callable[[str], str]) -> str:
        """Test a value in the table of labels.

        A list of ids, unlike EXISTS, needs no name for the table outside, which is not known.
        """
        dialect = self._dialect
        node_id, key_column, value = (
            quote(name, dialect) for name in (table.node_id, table.key, table.value)
        )
        is_key = dialect.value_in(key_column, [dialect.literal(key)])
        return (
            f"({self._id} IS NOT NULL AND {self._id} IN"  # noqa: S608
            f" (SELECT {node_id} FROM {quote(table.table, dialect)}"
            f" WHERE {node_id} IS NOT NULL AND {is_key} AND {test(value)}))"
        )


def quote(name: Name, dialect: Dialect) -> str:
    """Quote a name, or each name of a path.

    :raises ValueError: if a name is empty or has a NUL.
    """
    path = (name,) if isinstance(name, str) else name
    if not path or not all(path) or any("\0" in each for each in path):
        raise ValueError(f"{name!r} is not a name in SQL")
    return ".".join(map(dialect.quote, path))
