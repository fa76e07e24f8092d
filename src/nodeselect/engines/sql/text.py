"""Convert selectors and placements to SQL text, for PostgreSQL, DuckDB, SQLite and Spark SQL."""

import json
import re
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeVar

from nodeselect.engines.conditions import Conditions, Table, express, required
from nodeselect.engines.sql.dialects import DIALECTS, EXACT, Dialect
from nodeselect.explain.explanation import named_keys
from nodeselect.placement import Placement
from nodeselect.placement.requirements import AtLeast, Condition, Tolerates
from nodeselect.selectors import AnyOf, Selector

_PLAIN_PAIR = re.compile(r'\{"[A-Za-z0-9._/@+\- ]*": "[A-Za-z0-9._/@+\- ]*"\}')

Name: TypeAlias = str | tuple[str, ...]
"""The exact name of a column or table; a tuple is a path, such as ``("n", "labels")``."""

_E = TypeVar("_E")

# The columns of a table of labels in a subquery, in which the id of a node means that of no label.
ROW_NAMES = "nodeselect_node", "nodeselect_key", "nodeselect_value"


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
    table = Table(labels, id, columns, taints, resources)
    return express(selector, SqlConditions(dialect_named(dialect, exact), table))


class TableConditions(Conditions[_E]):
    """The conditions on a table. Each is what a method of a dialect returns, now or later."""

    def __init__(self, table: Table[_E]) -> None:
        self.labels, self.id, columns, self.taints, self.resources = table
        self.columns = columns or {}

    @abstractmethod
    def apply(self, method: str, *arguments: _E | Sequence[_E]) -> _E:
        """Express what a method of the dialect returns for ``arguments``."""

    @abstractmethod
    def literal(self, value: str | int) -> _E:
        """Express a constant."""

    @abstractmethod
    def pair(self, key: str, value: str) -> _E:
        """Express a constant with the JSON text ``{key: value}``."""

    @abstractmethod
    def has_row(self, key: str, test_value: Callable[[_E], _E]) -> _E:
        """Express that the label has a row in a table of labels, and a value of this kind."""

    def has_key(self, key: str) -> _E:
        return self._test(
            key,
            lambda value: self.apply("is_present", value),
            lambda labels, name: self.apply("has_key", labels, name),
        )

    def value_in(self, key: str, values: Sequence[str]) -> _E:
        texts = list(map(self.literal, values))

        def label_in(labels: _E, name: _E) -> _E:
            return self.apply("label_in", labels, name, texts, [self.pair(key, v) for v in values])

        return self._test(key, lambda value: self.apply("value_in", value, texts), label_in)

    def value_not_in(self, key: str, values: Sequence[str]) -> _E:
        is_joined = key not in self.columns and isinstance(self.labels, tuple)
        condition = self.value_in(key, values)
        return self.negation(condition) if is_joined else self.apply("excluded", condition)

    def integer_between(self, key: str, low: int, high: int) -> _E:
        bounds = self.literal(low), self.literal(high)
        return self._test(
            key,
            lambda value: self.apply("value_between", value, *bounds),
            lambda labels, name: self.apply("label_between", labels, name, *bounds),
        )

    def has_id(self) -> _E:
        return self.apply("is_present", required(self.id, "ids"))

    def no_taint(self, condition: _E) -> _E:
        return self.apply("tolerated", required(self.taints, "taints"), condition)

    def has_amount(self, resource: str, amount: int) -> _E:
        resources = required(self.resources, "resources")
        return self.apply("has_amount", resources, self.literal(resource), self.literal(amount))

    def negation(self, condition: _E) -> _E:
        return self.apply("negated", condition)

    def _test(
        self, key: str, test_value: Callable[[_E], _E], test_label: Callable[[_E, _E], _E]
    ) -> _E:
        """Express a test of a label: of its own column, its row, or all labels and its key."""
        if (column := self.columns.get(key)) is not None:
            return test_value(column)
        if self.labels is None:
            return self.constant(False)
        if isinstance(self.labels, tuple):
            return self.has_row(key, test_value)
        return test_label(self.labels, self.literal(key))


class SqlConditions(TableConditions[str]):
    """Expresses conditions as SQL, for one dialect and one table layout.

    Its columns are quoted names. Its labels are a column, a table of labels, or None.
    """

    labels: str | LongTable | None

    def __init__(self, dialect: Dialect, table: Table[Name]) -> None:
        """Quote the names; raise ``ValueError`` if one is invalid, or the ids are missing."""
        self.dialect = dialect
        super().__init__(table.convert(self._quote))
        if self.id is None and isinstance(self.labels, LongTable):
            raise ValueError("labels in a table of their own are found by id: say which column")

    def apply(self, method: str, *arguments: str | Sequence[str]) -> str:
        condition: str = getattr(self.dialect, method)(*arguments)
        return condition

    def literal(self, value: str | int) -> str:
        return self.dialect.literal(value) if isinstance(value, str) else f"{value:d}"

    def pair(self, key: str, value: str) -> str:
        pair = json.dumps({key: value}, ensure_ascii=False)
        # What a selector has needs no escapes, in JSON and in SQL; what a node has may need them.
        return f"'{pair}'" if _PLAIN_PAIR.fullmatch(pair) else self.literal(pair)

    def has_row(self, key: str, test_value: Callable[[str], str]) -> str:
        assert isinstance(self.labels, LongTable)
        assert self.id is not None, "the constructor has checked it"
        dialect, names = self.dialect, ROW_NAMES if self.dialect.correlates else self.labels[1:]
        node_id, name, value = names
        tests = f"{dialect.text_in(name, [key])} AND {test_value(value)}"
        if dialect.correlates:
            columns = ", ".join(map(" AS ".join, zip(self.labels[1:], names, strict=True)))
            rows = f"(SELECT {columns} FROM {self.labels.table}) AS nodeselect_labels"
            tests = f"{dialect.is_same(node_id, self.id)} AND {tests}"
            return f"EXISTS (SELECT 1 FROM {rows} WHERE {tests})"
        query = f"SELECT {dialect.join_keys(node_id)} FROM {self.labels.table}"
        return f"({dialect.is_in(self.id, f'({query} WHERE {node_id} IS NOT NULL AND {tests})')})"

    def id_in(self, ids: Sequence[str]) -> str:
        return self.dialect.text_in(required(self.id, "ids"), ids)

    def taint_is(self, field: str, text: str) -> str:
        return self.dialect.taint_is(field, self.literal(text))

    def constant(self, value: bool) -> str:
        return "TRUE" if value else "FALSE"

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

    def value(self, key: str) -> str | None:
        """Return SQL for the value of a label, NULL if absent; None if this cannot be written."""
        if key in self.columns or not isinstance(self.labels, str):
            return self.columns.get(key)
        is_path = '"' not in key and "\\" not in key  # of JSON, as every valid key is
        return self.dialect.value(self.labels, self.literal(key)) if is_path else None

    def each_label(self, rows: str) -> str | None:
        """Return a query as ``Dialect.labels`` for nodes FROM ``rows``; None without labels."""
        if self.labels is None:
            return None
        if isinstance(self.labels, str):
            nodes = (
                f"(SELECT {self.id} AS node_id, {self.labels} AS all_labels FROM {rows}) AS nodes"
            )
            return self.dialect.labels.format("all_labels", nodes)
        table, node_id, key, value = map(str, self.labels)
        return (
            f"SELECT {node_id} AS node_id, {key} AS label_key, {value} AS label_value"
            f" FROM {table} WHERE ({self.dialect.join_keys(node_id)}) IN"
            f" (SELECT {self.dialect.join_keys(str(self.id))} FROM {rows})"
        )

    def _quote(self, name: Name | LongTable) -> Any:
        if isinstance(name, LongTable):
            return LongTable(*(quote(each, self.dialect) for each in name))
        return quote(name, self.dialect)


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
