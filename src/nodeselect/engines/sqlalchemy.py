"""Convert selectors and placements to SQLAlchemy conditions. Needs ``sqlalchemy``."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

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

from nodeselect.engines.conditions import express, required
from nodeselect.engines.sql.dialects import Dialect
from nodeselect.engines.sql.nodes import SqlNodes
from nodeselect.engines.sql.text import LongTable, Name, dialect_named
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

# The option of a compilation for ``exact``.
_EXACT = "nodeselect_exact"

# More ids than this are one parameter, and are joined. From about this number on, that is faster;
# PostgreSQL has at most 65,535 parameters.
_MAX_IDS = 100

# How a dialect reads an array in JSON as rows.
_ELEMENTS = {
    "postgresql": "SELECT jsonb_array_elements_text(CAST({} AS jsonb))",
    "sqlite": "SELECT value FROM json_each({})",
    "duckdb": "SELECT unnest(from_json({}, '[\"VARCHAR\"]'))",
}


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
    condition = express(selector, _Conditions(labels, id, columns or {}, taints, resources))
    return _Exact(condition) if exact else condition


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


class _Conditions:
    """Implements :class:`nodeselect.engines.conditions.Conditions` for SQLAlchemy."""

    def __init__(
        self,
        labels: _Column | _LongTable | None,
        id: _Column | None,  # noqa: A002
        columns: Mapping[str, _Column],
        taints: _Column | None,
        resources: _Column | None,
    ) -> None:
        of_labels = labels if isinstance(labels, tuple) else (labels,)
        for column in (*of_labels, id, taints, resources, *columns.values()):
            if column is not None:
                _check(column)
        if isinstance(labels, tuple) and (len(labels) != 3 or id is None):
            needed = "(node_id, key, value), and the column of the ids as id"
            raise ValueError(f"labels in a table of their own need its columns {needed}")
        self._labels = labels
        self._id = id
        self._columns = columns
        self._taints = taints
        self._resources = resources

    def has_key(self, key: str) -> sa.ColumnElement[bool]:
        return self._test(
            key, lambda column: column.is_not(None), lambda labels: _HasKey(labels, _text(key))
        )

    def value_in(self, key: str, values: Sequence[str]) -> sa.ColumnElement[bool]:
        texts = list(map(_text, values))

        def label_in(labels: _Column) -> sa.ColumnElement[bool]:
            pairs = [_text(json.dumps({key: value})) for value in values]
            return _LabelIn(labels, _text(key), *texts, *pairs)

        return self._test(key, lambda column: _ValueIn(column, *texts), label_in)

    def value_not_in(self, key: str, values: Sequence[str]) -> sa.ColumnElement[bool]:
        condition = self.value_in(key, values).self_group(against=inv)
        is_joined = key not in self._columns and isinstance(self._labels, tuple)
        return _Not(condition) if is_joined else _Exclusion(condition)

    def integer_between(self, key: str, low: int, high: int) -> sa.ColumnElement[bool]:
        bounds = sa.literal(low, sa.BigInteger()), sa.literal(high, sa.BigInteger())
        return self._test(
            key,
            lambda column: _ValueBetween(column, *bounds),
            lambda labels: _LabelBetween(labels, _text(key), *bounds),
        )

    def id_in(self, ids: Sequence[str]) -> sa.ColumnElement[bool]:
        node_id = required(self._id, "ids")
        if len(ids) > _MAX_IDS:
            return _ValueInArray(node_id, _text(json.dumps(ids, ensure_ascii=False)))
        return _ValueIn(node_id, *map(_text, ids))

    def has_id(self) -> sa.ColumnElement[bool]:
        return required(self._id, "ids").is_not(None)

    def taint_is(self, field: str, text: str) -> sa.ColumnElement[bool]:
        return _TaintIs(sa.literal_column(field), _text(text))

    def no_taint(self, condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        return _NoTaint(required(self._taints, "taints"), condition)

    def has_amount(self, resource: str, amount: int) -> sa.ColumnElement[bool]:
        resources = required(self._resources, "resources")
        return _HasAmount(resources, _text(resource), sa.literal(amount, sa.BigInteger()))

    def constant(self, value: bool) -> sa.ColumnElement[bool]:
        return sa.true() if value else sa.false()

    def negation(self, condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        return _Not(condition.self_group(against=inv))

    def conjunction(self, conditions: Sequence[sa.ColumnElement[bool]]) -> sa.ColumnElement[bool]:
        return sa.and_(*conditions)

    def disjunction(self, conditions: Sequence[sa.ColumnElement[bool]]) -> sa.ColumnElement[bool]:
        return sa.or_(*conditions)

    def _test(
        self,
        key: str,
        test_value: Callable[[_Column], sa.ColumnElement[bool]],
        test_label: Callable[[_Column], sa.ColumnElement[bool]],
    ) -> sa.ColumnElement[bool]:
        """Return a condition on the label ``key``, in its own column or in that of all labels."""
        labels = self._labels
        if (column := self._columns.get(key)) is not None:
            return test_value(column)
        if labels is None:
            return self.constant(False)
        if not isinstance(labels, tuple):
            return test_label(labels)
        assert self._id is not None, "the constructor has checked it"
        node_id, label_key, value = labels
        is_key = _ValueIn(label_key, _text(key))
        is_label = sa.and_(node_id.is_not(None), is_key, test_value(value))
        nodes = sa.select(_JoinKeys(node_id)).where(is_label).scalar_subquery()
        columns: tuple[Any, ...] = self._id, node_id
        tables = [getattr(each.expression, "table", None) for each in columns]
        # A column without a table could be one of the table of labels, if it were in a subquery.
        if None in tables:
            return _IsIn(self._id, nodes)
        owned: sa.Select[Any] = sa.select(sa.literal_column("1"))
        joined = owned.where(_IsSame(node_id, self._id), is_label).correlate_except(tables[1])
        return _IsIn(self._id, nodes, joined.exists())


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


def _text(text: str) -> sa.ColumnElement[str]:
    return sa.literal(text, sa.String())


class _Condition(FunctionElement[bool]):
    """A condition that becomes SQL when the dialect is known.

    Its clauses are the tested columns and the bound parameters. The SQL depends only on the clauses
    and on the class, so SQLAlchemy may cache the SQL.
    """

    type = sa.Boolean()

    to_sql: Callable[..., str]
    """Returns the SQL for a dialect and for the texts of the clauses."""

    def self_group(self, against: object = None) -> "_Condition":
        """Return the condition itself, since its SQL has parentheses already.

        The method of the base class would append ``= 1`` for a database without booleans, which
        would keep the database from using an index.
        """
        return self


def _condition(to_sql: Callable[..., str]) -> type[_Condition]:
    """Return a class of conditions; ``to_sql`` returns the SQL of such a condition."""
    return type(
        "_Condition", (_Condition,), {"to_sql": staticmethod(to_sql), "inherit_cache": True}
    )


def _label_in(dialect: Dialect, labels: str, key: str, *values: str) -> str:
    count = len(values) // 2
    return dialect.label_in(labels, key, values[:count], values[count:])


def _value_in_array(dialect: Dialect, value: str, array: str) -> str:
    return dialect.value_in(value, [_ELEMENTS[dialect.name].format(array)])


def _is_in(dialect: Dialect, value: str, query: str, exists: str = "") -> str:
    if exists and dialect.correlates:
        return exists
    return f"{value} IS NOT NULL AND ({dialect.join_keys(value)}) IN {query}"


_HasKey = _condition(lambda dialect, *clauses: dialect.has_key(*clauses))
_LabelIn = _condition(_label_in)
_LabelBetween = _condition(lambda dialect, *clauses: dialect.label_between(*clauses))
_ValueIn = _condition(lambda dialect, value, *values: dialect.value_in(value, values))
_ValueInArray = _condition(_value_in_array)
_ValueBetween = _condition(lambda dialect, *clauses: dialect.value_between(*clauses))
_IsIn = _condition(_is_in)
_IsSame = _condition(
    lambda dialect, *clauses: " = ".join(f"({dialect.join_keys(each)})" for each in clauses)
)
_TaintIs = _condition(lambda dialect, *clauses: dialect.taint_is(*clauses))
_NoTaint = _condition(lambda dialect, *clauses: dialect.no_taint.format(*clauses))
_HasAmount = _condition(lambda dialect, *clauses: dialect.has_amount(*clauses))
_Not = _condition(lambda dialect, condition: f"NOT {condition}")
_Exclusion = _condition(lambda dialect, condition: dialect.exclusion.format(condition))


class _JoinKeys(FunctionElement[Any]):
    """The expressions of :meth:`Dialect.join_keys`, which compare ids as bytes."""

    inherit_cache = True


class _Exact(_Condition):
    """A condition in which each text is compared once: an option for all that is within it."""

    inherit_cache = True


@compiles(_Exact)
def _compile_exact(exact: _Exact, compiler: SQLCompiler, **options: Any) -> str:
    (condition,) = exact.clauses
    return f"({compiler.process(condition, **{**options, _EXACT: True})})"


@compiles(_JoinKeys)
def _compile_join_keys(keys: _JoinKeys, compiler: SQLCompiler, **options: Any) -> str:
    (text,) = keys.clauses
    dialect = _dialect(compiler.dialect.name, _EXACT in options)
    return dialect.join_keys(compiler.process(text, **options))


@compiles(_Condition)
def _compile(condition: _Condition, compiler: SQLCompiler, **options: Any) -> str:
    dialect = _dialect(compiler.dialect.name, _EXACT in options)
    clauses = list(condition.clauses)
    # A dialect may use a clause several times, or not at all; and then a parameter must not be
    # bound. So it gets marks, and each clause is compiled where its mark is.
    text = condition.to_sql(dialect, *(f"\0{at}\0" for at in range(len(clauses))))
    compiled = re.sub(
        "\0([0-9]+)\0", lambda mark: compiler.process(clauses[int(mark[1])], **options), text
    )
    return f"({compiled})"


def _dialect(name: str, exact: bool = False) -> Dialect:
    """Return the dialect for a name of SQLAlchemy; raise ``CompileError`` if there is none."""
    name = "postgresql" if name == "default" else name  # which str() of a statement shows
    if name in _ELEMENTS:
        return dialect_named(name, exact)
    raise CompileError(
        f"selectors are not known in the dialect {name!r}, but in: {', '.join(_ELEMENTS)}"
    )
