"""Convert selectors and placements to SQL text, for PostgreSQL, DuckDB, SQLite and Spark SQL."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from nodeselect.engines.conditions import express, required
from nodeselect.engines.sql.dialects import DIALECTS, EXACT, Dialect
from nodeselect.explain.explanation import named_keys
from nodeselect.placement import Placement
from nodeselect.placement.requirements import AtLeast, Condition, Tolerates
from nodeselect.selectors import AnyOf, Selector

_PLAIN_PAIR = re.compile(r'\{"[A-Za-z0-9._/@+\- ]*": "[A-Za-z0-9._/@+\- ]*"\}')

Name: TypeAlias = str | tuple[str, ...]
"""The exact name of a column or table; a tuple is a path, such as ``("n", "labels")``."""

_ValueTest: TypeAlias = Callable[[str], str]
_LabelTest: TypeAlias = Callable[[str, str], str]


class LongTable(NamedTuple):
    """A table with a row for each label of each node, instead of a column of all labels.

    :param table: the name of the table. It must not have two rows for the same node and key.
    :param node_id: the column with the id of the node.
    :param key: the column with the key of the label.
    :param value: the column with the value of the label.
    """

    table: Name
    node_id: str = "node_id"
    key: str = "key"
    value: str = "value"


def where(
    selector: Selector | AnyOf | Placement,
    dialect: str,
    *,
    labels: Name | LongTable | None = "labels",
    id: Name | None = "id",  # noqa: A002
    columns: Mapping[str, Name] | None = None,
    exact: bool = False,
    taints: Name | None = None,
    resources: Name | None = None,
) -> str:
    """Return the condition of a WHERE clause that is true for the nodes ``selector`` matches.

    It is never NULL. Names are quoted and so case-sensitive. Columns and label values must be
    texts, but not ``char(n)``: databases compare others in different ways.

    >>> where(Selector.parse("region=eu,!debug"), "duckdb", columns={"region": "region"})
    '(("region" IS NOT NULL AND "region" COLLATE "C" IN (\\'eu\\')) AND (NOT map_extract_value("labels", \\'debug\\') IS NOT NULL))'

    :param dialect: ``postgresql``, ``duckdb``, ``sqlite`` or ``spark``; or ``postgresql-jdbc``,
        without the operator ``?``, which JDBC and ODBC read as a parameter.
    :param labels: the column of all labels (jsonb in PostgreSQL, JSON text in SQLite, a map
        elsewhere), or the table that has them; None if every label has a column of its own. Then a
        label without a column is absent.
    :param id: the column of the ids; needed only for a selector by ids, or a :class:`LongTable`.
        With its table, such as ``("n", "id")``, PostgreSQL joins a ``LongTable``, which is faster.
    :param columns: maps label keys to the columns of their values, 20 to 100 times faster than a
        map. NULL means that the label is absent.
    :param exact: in PostgreSQL, compare each text only once, not a second time byte for byte. Then
        the columns must have the type ``text`` or ``varchar`` and a deterministic collation, or
        wrong nodes may match.
    :param taints: the column of the taints: a list of structs with the texts ``key``, ``value`` and
        ``effect``, in PostgreSQL (jsonb) and SQLite as JSON. A cordon counts if its taint is in the
        list. NULL means unknown taints, which exclude no node.
    :param resources: the column of the amounts: a map to integers, in millicores for ``cpu`` and in
        bytes or pieces for all others; in PostgreSQL and SQLite as JSON. NULL means unknown
        amounts, which exclude no node.
    :raises ValueError: if the dialect is not known, a name is empty or has a NUL, or a column that
        ``selector`` depends on (``id``, ``taints`` or ``resources``) is None.
    """  # noqa: E501
    engine = dialect_named(dialect, exact)
    return express(selector, SqlConditions(engine, labels, id, columns or {}, taints, resources))


class Labels:
    """The labels that do not have their own columns. This base class has no such labels."""

    column = "NULL"
    """What a query selects to read all labels."""

    def test(self, key: str, test_value: _ValueTest, test_label: _LabelTest) -> str:
        """Return SQL that tests the label ``key``.

        :param test_value: returns SQL that tests a label, given the column of its value.
        :param test_label: the same, given the column of all labels and an SQL constant with the
            key.
        """
        return "FALSE"

    def value(self, key: str) -> str | None:
        """Return SQL for the value of a label, NULL if absent; None if this cannot be written."""
        return None

    def each_label(self, rows: str) -> str | None:
        """Return a query for each label of the nodes, as :meth:`Dialect.each_label` does."""
        return None


class LabelColumn(Labels):
    """Labels in one column, which has all labels of a node."""

    def __init__(self, column: str, id: str | None, dialect: Dialect) -> None:  # noqa: A002
        self.column = column
        self._id = id
        self._dialect = dialect

    def test(self, key: str, test_value: _ValueTest, test_label: _LabelTest) -> str:
        return test_label(self.column, self._dialect.literal(key))

    def value(self, key: str) -> str | None:
        is_path = '"' not in key and "\\" not in key  # of JSON, as every valid key is
        return self._dialect.value(self.column, self._dialect.literal(key)) if is_path else None

    def each_label(self, rows: str) -> str | None:
        columns = f"{self._id} AS node_id, {self.column} AS all_labels"
        labels = f"(SELECT {columns} FROM {rows}) AS nodes"
        return self._dialect.each_label("all_labels", labels)


class LabelTable(Labels):
    """Labels in a table of their own, with a row for each label of each node.

    :param names: the quoted names of this table and its columns.
    :param id: the column of the ids of the nodes.
    :param is_joined: whether ``id`` has the name of its table, so that a subquery can refer to it.
    """

    def __init__(
        self,
        names: LongTable,
        id: str,  # noqa: A002
        dialect: Dialect,
        is_joined: bool,
    ) -> None:
        self.table, self.node_id, self.key, self.value_column = map(str, names)
        self._id = id
        self._dialect = dialect
        self._is_joined = is_joined and dialect.correlates

    def test(self, key: str, test_value: _ValueTest, test_label: _LabelTest) -> str:
        join_keys = self._dialect.join_keys
        if self._is_joined:
            node_id, name, value = (
                f"nodeselect_labels.{each}" for each in (self.node_id, self.key, self.value_column)
            )
            is_node = f"({join_keys(node_id)}) = ({join_keys(self._id)})"
            tests = f"{is_node} AND {self._dialect.text_in(name, [key])} AND {test_value(value)}"
            return f"EXISTS (SELECT 1 FROM {self.table} AS nodeselect_labels WHERE {tests})"
        is_key = self._dialect.text_in(self.key, [key])
        condition = f"{self.node_id} IS NOT NULL AND {is_key} AND {test_value(self.value_column)}"
        return (
            f"({self._id} IS NOT NULL AND ({join_keys(self._id)}) IN"
            f" (SELECT {join_keys(self.node_id)} FROM {self.table}"
            f" WHERE {condition}))"
        )

    def each_label(self, rows: str) -> str | None:
        columns = f"{self.key} AS label_key, {self.value_column} AS label_value"
        return (
            f"SELECT {self.node_id} AS node_id, {columns}"
            f" FROM {self.table} WHERE ({self._dialect.join_keys(self.node_id)}) IN"
            f" (SELECT {self._dialect.join_keys(self._id)} FROM {rows})"
        )


class SqlConditions:
    """Expresses conditions as SQL, for one dialect and one table layout."""

    def __init__(
        self,
        dialect: Dialect,
        labels: Name | LongTable | None,
        id: Name | None,  # noqa: A002
        columns: Mapping[str, Name],
        taints: Name | None = None,
        resources: Name | None = None,
    ) -> None:
        """Quote the names; raise ``ValueError`` if one is invalid, or ``id`` is missing."""
        self.dialect = dialect
        self.taints = None if taints is None else quote(taints, dialect)
        self.resources = None if resources is None else quote(resources, dialect)
        self.id = None if id is None else quote(id, dialect)
        self.columns = {key: quote(column, dialect) for key, column in columns.items()}
        self.labels = Labels()
        if isinstance(labels, LongTable):
            if self.id is None:
                raise ValueError("labels in a table of their own are found by id: say which column")
            quoted_names = LongTable(*(quote(name, dialect) for name in labels))
            is_named = isinstance(id, tuple) and len(id) > 1
            self.labels = LabelTable(quoted_names, self.id, dialect, is_named)
        elif labels is not None:
            self.labels = LabelColumn(quote(labels, dialect), self.id, dialect)

    def has_key(self, key: str) -> str:
        return self._test(key, self.dialect.is_present, self.dialect.has_key)

    def value_in(self, key: str, values: Sequence[str]) -> str:
        literals = list(map(self.dialect.literal, values))

        def label_in(labels: str, name: str) -> str:
            pairs = [self._pair(key, value) for value in values]
            return self.dialect.label_in(labels, name, literals, pairs)

        return self._test(key, lambda value: self.dialect.value_in(value, literals), label_in)

    def integer_between(self, key: str, low: int, high: int) -> str:
        bounds = str(low), str(high)
        return self._test(
            key,
            lambda value: self.dialect.value_between(value, *bounds),
            lambda labels, name: self.dialect.label_between(labels, name, *bounds),
        )

    def id_in(self, ids: Sequence[str]) -> str:
        return self.dialect.text_in(required(self.id, "ids"), ids)

    def has_id(self) -> str:
        return self.dialect.is_present(required(self.id, "ids"))

    def taint_is(self, field: str, text: str) -> str:
        return self.dialect.taint_is(field, self.dialect.literal(text))

    def no_taint(self, condition: str) -> str:
        return self.dialect.no_taint.format(required(self.taints, "taints"), condition)

    def has_amount(self, resource: str, amount: int) -> str:
        resources, name = required(self.resources, "resources"), self.dialect.literal(resource)
        return self.dialect.has_amount(resources, name, f"{amount:d}")

    def constant(self, value: bool) -> str:
        return "TRUE" if value else "FALSE"

    def negation(self, condition: str) -> str:
        return f"(NOT {condition})"

    def value_not_in(self, key: str, values: Sequence[str]) -> str:
        is_joined = key not in self.columns and isinstance(self.labels, LabelTable)
        exclusion = "NOT {}" if is_joined else self.dialect.exclusion
        return f"({exclusion.format(self.value_in(key, values))})"

    def conjunction(self, conditions: Sequence[str]) -> str:
        tests = [each for each in conditions if each != "TRUE"] or ["TRUE"]
        return f"({' AND '.join(tests)})" if len(tests) > 1 else tests[0]

    def disjunction(self, conditions: Sequence[str]) -> str:
        return f"({' OR '.join(conditions)})"

    def fence(self, requirements: Sequence[Condition]) -> str:
        """Return SQL that ends a subquery, so that a database does not merge it with the outer one.

        Merging would repeat the slow tests of taints, of resources and of labels in a map. Return
        an empty string if all keys have their own columns: these tests are fast, and merged queries
        can run in parallel.
        """
        in_labels = {*named_keys(requirements)} - {*self.columns, None}
        is_slow = in_labels or any(isinstance(each, Tolerates | AtLeast) for each in requirements)
        return self.dialect.fence if is_slow else ""

    def _pair(self, key: str, value: str) -> str:
        pair = json.dumps({key: value}, ensure_ascii=False)
        # What a selector has needs no escapes, in JSON and in SQL; what a node has may need them.
        return f"'{pair}'" if _PLAIN_PAIR.fullmatch(pair) else self.dialect.literal(pair)

    def _test(self, key: str, test_value: _ValueTest, test_label: _LabelTest) -> str:
        """Return SQL that tests a label in its own column, or as :meth:`Labels.test` does."""
        if column := self.columns.get(key):
            return test_value(column)
        return self.labels.test(key, test_value, test_label)


def dialect_named(name: str, exact: bool = False) -> Dialect:
    """Return the dialect with this name; raise ``ValueError`` if there is none."""
    if name in DIALECTS:
        return EXACT.get(name, DIALECTS[name]) if exact else DIALECTS[name]
    raise ValueError(f"{name!r} is not a dialect of SQL known here: {', '.join(DIALECTS)}")


def quote(name: Name, dialect: Dialect) -> str:
    """Quote a name; or each name of a path, a tuple such as ``("public", "nodes")``.

    :raises TypeError: if ``name`` is anything else, such as an SQLAlchemy or Spark column.
    :raises ValueError: if a name is empty or has a NUL.
    """
    path = (name,) if isinstance(name, str) else name
    if not (isinstance(path, tuple) and all(isinstance(each, str) for each in path)):
        raise TypeError(f"{name!r} is not a name: pass a string, or a tuple of strings for a path")
    if not path or not all(path) or any("\0" in each for each in path):
        raise ValueError(f"{name!r} is not a name in SQL")
    return ".".join(map(dialect.quote, path))
