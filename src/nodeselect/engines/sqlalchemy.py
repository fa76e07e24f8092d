"""Convert selectors and placements to SQLAlchemy conditions. Needs ``sqlalchemy``."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, TypeAlias

try:
    import sqlalchemy as sa
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "nodeselect.engines.sqlalchemy needs SQLAlchemy: pip install 'nodeselect[sql]'"
    ) from error
from sqlalchemy.exc import CompileError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import inv

from nodeselect.engines.conditions import Table, express, required
from nodeselect.engines.sql.dialects import Dialect
from nodeselect.engines.sql.nodes import SqlNodes
from nodeselect.engines.sql.text import ROW_NAMES, LongTable, Name, TableConditions, dialect_named
from nodeselect.placement import Placement
from nodeselect.selectors import AnyOf, Selector

__all__ = ["nodes", "where"]

_Column: TypeAlias = sa.SQLColumnExpression[Any]

# The columns of a table with a row for each label: the id of the node, the key and the value.
_LongTable: TypeAlias = tuple[_Column, _Column, _Column]

# Databases compare them in different ways with a text. Other types may be texts or have labels.
_NOT_TEXTS = (
    sa.Boolean,
    sa.Date,
    sa.DateTime,
    sa.Float,
    sa.Integer,
    sa.LargeBinary,
    sa.Numeric,
    sa.Time,
    sa.Uuid,
)

# More ids than this are one parameter, and are joined. From about this number on, that is faster;
# PostgreSQL has at most 65,535 parameters.
_MAX_IDS = 100

_DIALECTS = "postgresql", "sqlite", "duckdb"


def where(
    selector: Selector | AnyOf | Placement,
    *,
    labels: _Column | _LongTable | None,
    id: _Column | None = None,  # noqa: A002
    columns: Mapping[str, _Column] | None = None,
    taints: _Column | None = None,
    resources: _Column | None = None,
    exact: bool = False,
) -> sa.ColumnElement[bool]:
    """Return a condition that is true for the nodes ``selector`` matches. It is never NULL.

    >>> from sqlalchemy import column, create_engine, select, table
    >>> nodes = table("nodes", column("id"), column("labels"), column("region"))
    >>> selector = Selector.parse("region=eu,gpu>1")
    >>> condition = where(selector, labels=nodes.c.labels, columns={"region": nodes.c.region})
    >>> print(select(nodes.c.id).where(condition).compile(create_engine("sqlite://")).params)
    {'param_1': 'eu', 'param_2': 'gpu', 'param_3': 2, 'param_4': 9223372036854775807}

    Keys, values and ids are bound parameters, so caches of statements work. Thousands of ids are
    one parameter. Dialects other than PostgreSQL, SQLite and DuckDB raise ``CompileError``.

    The other parameters are those of :func:`nodeselect.engines.sql.where`, with columns in place of
    names, and a tuple in place of a ``LongTable``.

    :param labels: the column of all labels; or a tuple of three columns of a table with a row for
        each label: the node's id, the key and the value; or None.
    :raises TypeError: if an argument is not a column, or the type of a column is not a text.
    :raises ValueError: if a column that ``selector`` depends on (``id``, ``taints`` or
        ``resources``) is None.
    """
    table = Table(labels, id, columns, taints, resources)
    return express(selector, _Conditions(table, exact))


def nodes(
    connection: sa.Connection,
    table: Name = "nodes",
    *,
    labels: Name | LongTable | None = "labels",
    id: Name = "id",  # noqa: A002
    columns: Mapping[str, Name] | None = None,
    name: Name | None = None,
    state: Name | None = None,
    where: str | None = None,
    taints: Name | None = None,
    resources: Name | None = None,
) -> SqlNodes:
    """Return the nodes of a table, with the methods of an inventory, such as ``explain``.

    All parameters but the connection are those of :class:`~nodeselect.engines.sql.nodes.SqlNodes`.

    :raises CompileError: if the dialect of the connection is not supported.
    """

    def execute(query: str) -> Iterable[Sequence[Any]]:
        # Without parameters, a driver does not look for their marks in names and constants.
        return connection.exec_driver_sql(query, execution_options={"no_parameters": True})

    return SqlNodes(
        execute, _dialect(connection.dialect.name).name, table,
        labels=labels, id=id, columns=columns, name=name, state=state, where=where,
        taints=taints, resources=resources,
    )  # fmt: skip


class _Conditions(TableConditions[Any]):
    """Expresses conditions for SQLAlchemy, which become SQL when the dialect is known."""

    def __init__(self, table: Table[_Column], is_exact: bool) -> None:
        super().__init__(table)
        self._is_exact = is_exact
        of_labels = self.labels if isinstance(self.labels, tuple) else (self.labels,)
        for column in (*of_labels, self.id, self.taints, self.resources, *self.columns.values()):
            if column is not None:
                _check(column)
        if isinstance(self.labels, tuple) and (len(self.labels) != 3 or self.id is None):
            needed = "(node_id, key, value), and the column of the ids as id"
            raise ValueError(f"labels in a table of their own need its columns {needed}")

    def apply(self, method: str, *arguments: Any) -> Any:
        lists = [each for each in arguments if isinstance(each, list)]
        single = arguments[: len(arguments) - len(lists)]
        condition = _condition(method, len(single), len(lists), self._is_exact)
        return condition(*single, *(clause for each in lists for clause in each))

    def literal(self, value: str | int) -> Any:
        return sa.literal(value, sa.String() if isinstance(value, str) else sa.BigInteger())

    def pair(self, key: str, value: str) -> Any:
        return self.literal(json.dumps({key: value}))

    def has_row(self, key: str, test_value: Callable[[Any], Any]) -> Any:
        assert self.id is not None, "the constructor has checked it"

        def tests(node_id: Any, label_key: Any, value: Any) -> tuple[Any, ...]:
            is_key = self.apply("value_in", label_key, [self.literal(key)])
            return node_id.is_not(None), is_key, test_value(value)

        ids = sa.select(self.apply("join_keys", self.labels[0])).where(*tests(*self.labels))
        named = (column.label(name) for column, name in zip(self.labels, ROW_NAMES, strict=True))
        rows = sa.select(*named).subquery("nodeselect_labels")
        is_same = self.apply("is_same", rows.c[ROW_NAMES[0]], self.id)
        owned: sa.Select[Any] = sa.select(sa.literal_column("1")).where(is_same, *tests(*rows.c))
        exists = owned.correlate_except(rows).exists()
        return self.apply("is_in", self.id, ids.scalar_subquery(), exists)

    def id_in(self, ids: Sequence[str]) -> Any:
        node_id = required(self.id, "ids")
        if len(ids) > _MAX_IDS:
            array = json.dumps(ids, ensure_ascii=False)
            return self.apply("value_in_array", node_id, self.literal(array))
        return self.apply("value_in", node_id, list(map(self.literal, ids)))

    def taint_is(self, field: str, text: str) -> Any:
        return self.apply("taint_is", sa.literal_column(field), self.literal(text))

    def constant(self, value: bool) -> Any:
        return sa.true() if value else sa.false()

    def negation(self, condition: Any) -> Any:
        return super().negation(condition.self_group(against=inv))

    def conjunction(self, conditions: Sequence[Any]) -> Any:
        return sa.and_(*conditions)

    def disjunction(self, conditions: Sequence[Any]) -> Any:
        return sa.or_(*conditions)


def _check(column: _Column) -> None:
    """Raise ``TypeError`` if it is not a column, or its type cannot be text or labels."""
    if not isinstance(column, sa.SQLColumnExpression):
        # It would be a bound parameter.
        message = f"{column!r} is not a column of SQLAlchemy: pass one, such as table.c.labels"
        raise TypeError(message)
    found = getattr(column, "type", None)
    stored = found.impl_instance if isinstance(found, sa.TypeDecorator) else found
    if isinstance(stored, _NOT_TEXTS):
        name = type(found).__name__
        raise TypeError(f"{column} has the type {name}, not text: pass cast({column}, Text)")


class _Condition(FunctionElement[Any]):
    """What a method of a dialect returns, as SQL when the dialect is known.

    Its clauses are the tested columns and the bound parameters. The SQL depends only on the clauses
    and on the class, so SQLAlchemy may cache the SQL.
    """

    type = sa.Boolean()
    inherit_cache = True

    method: ClassVar[str]
    single: ClassVar[int]
    lists: ClassVar[int]
    is_exact: ClassVar[bool]

    def self_group(self, against: object = None) -> "_Condition":
        """Return the condition itself, since its SQL has parentheses already.

        The method of the base class would append ``= 1`` for a database without booleans, which
        would keep the database from using an index.
        """
        return self


@cache
def _condition(method: str, single: int, lists: int, is_exact: bool) -> type[_Condition]:
    """Return the class of the conditions that a dialect expresses by ``method``.

    :param single: how many arguments the method has before its lists.
    :param lists: how many lists, all of one length.
    """
    fields = {"method": method, "single": single, "lists": lists, "is_exact": is_exact}
    return type("_Condition", (_Condition,), {**fields, "inherit_cache": True})


@compiles(_Condition)
def _compile(condition: _Condition, compiler: SQLCompiler, **options: Any) -> str:
    clauses, single = list(condition.clauses), condition.single
    # A dialect may use a clause several times, or not at all; and then a parameter must not be
    # bound. So it gets marks, and each clause is compiled where its mark is.
    marks = [f"\0{at}\0" for at in range(len(clauses))]
    size = (len(clauses) - single) // (condition.lists or 1)
    lists = [marks[at : at + size] for at in range(single, len(marks), size or 1)]
    dialect = _dialect(compiler.dialect.name, condition.is_exact)
    text = getattr(dialect, condition.method)(*marks[:single], *lists)
    compiled = re.sub(
        "\0([0-9]+)\0", lambda mark: compiler.process(clauses[int(mark[1])], **options), text
    )
    # Parentheses would make one of several keys.
    return compiled if condition.method == "join_keys" else f"({compiled})"


def _dialect(name: str, exact: bool = False) -> Dialect:
    """Return the dialect for a name of SQLAlchemy; raise ``CompileError`` if there is none."""
    name = "postgresql" if name == "default" else name  # which str() of a statement shows
    if name in _DIALECTS:
        return dialect_named(name, exact)
    raise CompileError(
        f"selectors are not known in the dialect {name!r}, but in: {', '.join(_DIALECTS)}"
    )
