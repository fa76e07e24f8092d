"""The nodes of a table in a database, with the read methods of an inventory."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from nodeselect.engines.conditions import express
from nodeselect.engines.sql.counts import SqlCounts
from nodeselect.engines.sql.table import Execute, SqlTable, to_id, to_state, to_text
from nodeselect.engines.sql.text import (
    LabelTable,
    LongTable,
    Name,
    SqlConditions,
    dialect_named,
    quote,
)
from nodeselect.errors import InventoryError
from nodeselect.explain import explain_node
from nodeselect.explain.compute import explain
from nodeselect.explain.countable import rank_counts
from nodeselect.explain.explanation import Explanation, NodeExplanation
from nodeselect.node import Node, has_state, require_count
from nodeselect.selectors import AnyOf, Selector
from nodeselect.selectors.selector import require_condition
from nodeselect.text import quoted

# For how many nodes the labels in a table of their own are read at once.
_LONG_BATCH = 1_000


class SqlNodes:
    """The nodes of a table. The methods run queries, with the same results as an inventory.

    >>> import sqlite3
    >>> database = sqlite3.connect(":memory:")
    >>> _ = database.execute("CREATE TABLE nodes (id TEXT PRIMARY KEY, labels TEXT)")
    >>> rows = [("n-1", '{"gpu": "t4"}'), ("n-2", '{"gpu": "l4"}'), ("n-3", None)]
    >>> _ = database.executemany("INSERT INTO nodes VALUES (?, ?)", rows)
    >>> nodes = SqlNodes(database.execute, "sqlite")
    >>> nodes.match(Selector.parse("gpu")).ids()
    ['n-1', 'n-2']
    >>> print(nodes.explain(Selector.parse("gpu=T4")))
    0 of 3 nodes match: all fail gpu=T4
    write gpu=t4 instead of gpu=T4: 1 node would match

    Nodes are in the order of their ids, byte by byte; an index with that order is used. A method
    may run several queries. For all of them to see the same rows, run them in one transaction whose
    isolation level is at least REPEATABLE READ.

    :param execute: runs a query and returns its rows: ``connection.execute`` of sqlite3 and
        psycopg, or ``lambda query: connection.execute(query).fetchall()`` for DuckDB. The rows of a
        query are not read after the next one has run.
    :param dialect: as for :func:`where`, like ``labels`` and ``columns``.
    :param table: the table of the nodes.
    :param id: the column of the ids, which must be distinct texts and not NULL.
    :param name: the column of the names; None if there is none.
    :param state: the column of the states; None if there is none.
    :param where: a condition in SQL that a row must satisfy to be a node, such as
        ``deleted_at IS NULL``. It is copied into the queries unchanged.
    :raises ValueError: if the dialect is not known, or a name is empty or has a NUL.
    """

    def __init__(
        self,
        execute: Execute,
        dialect: str,
        table: Name = "nodes",
        *,
        labels: Name | LongTable | None = "labels",
        id: Name = "id",  # noqa: A002
        columns: Mapping[str, Name] | None = None,
        name: Name | None = None,
        state: Name | None = None,
        where: str | None = None,
    ) -> None:
        engine = dialect_named(dialect)
        self._table = SqlTable(
            execute,
            SqlConditions(engine, labels, id, columns or {}),
            quote(table, engine),
            quote(table if isinstance(table, str) else table[-1], engine),
            quote(id, engine),
            None if name is None else quote(name, engine),
            None if state is None else quote(state, engine),
            where,
        )

    def match(
        self, selector: Selector | AnyOf, *, states: Collection[str] | None = None
    ) -> "SqlNodeSet":
        """Return the nodes that match ``selector``; no query is run before the set is used.

        :param states: return only the nodes in one of these states (upper or lower case).
        """
        condition = express(require_condition(selector), self._table.conditions)
        matching = SqlNodeSet(self._table, condition)
        return matching if states is None else matching.in_states(states)

    def explain(self, selector: Selector | AnyOf, *, examples: int = 3) -> Explanation:
        """Return how many nodes match ``selector``, and why the others do not.

        One query reads all nodes and counts them; up to two more queries find example ids. If a
        requirement matches nothing or excludes nothing, further queries count keys and values
        for suggestions, and of an ``AnyOf``, one query reads all nodes for each of the first
        sixteen selectors. A query returns a row for each group of nodes that fail the same
        requirements, or for each id, key or value.

        :param examples: as for :meth:`Inventory.explain`.
        """
        require_count("examples", examples)
        return explain(SqlCounts(self._table), require_condition(selector), examples)

    def explain_node(self, selector: Selector | AnyOf, node: str | Node) -> NodeExplanation:
        """Return which requirements of ``selector`` a node satisfies or fails.

        :raises KeyError: if there is no node with this id.
        """
        node = node if isinstance(node, Node) else self[node]
        return explain_node(require_condition(selector), node.id, node.labels)

    def get(self, node_id: str) -> Node | None:
        """Return the node with this id; None if there is none."""
        found = self.match(Selector.of(match_ids=[node_id])).first(1)
        return found[0] if found else None

    def ids(self) -> list[str]:
        """Return all ids, sorted byte by byte."""
        return self.match(Selector.everything()).ids()

    def __len__(self) -> int:
        return self._table.count_rows(self._table.rows())

    def __iter__(self) -> Iterator[Node]:
        return iter(self.match(Selector.everything()))

    def __contains__(self, node_id: object) -> bool:
        """Return whether there is a node with this id."""
        return isinstance(node_id, str) and self.get(node_id) is not None

    def __getitem__(self, node_id: str) -> Node:
        """Return the node with this id.

        :raises KeyError: if there is none.
        """
        node = self.get(node_id)
        if node is None:
            raise KeyError(node_id)
        return node


class SqlNodeSet:
    """A set of nodes of a table: an SQL condition. Each method that reads nodes runs a query."""

    def __init__(self, table: SqlTable, condition: str) -> None:
        """Internal: a set is created by ``SqlNodes.match``."""
        self._table = table
        self._condition = condition

    def __len__(self) -> int:
        return self._table.count_rows(self._table.rows(self._condition))

    def __iter__(self) -> Iterator[Node]:
        return self._nodes(self._in_order())

    def ids(self) -> list[str]:
        """Return the ids, sorted byte by byte."""
        table = self._table
        query = f"SELECT {table.id} FROM {table.rows(self._condition)}{self._in_order()}"
        return [to_id(node_id) for (node_id,) in self._table.execute(query)]

    def first(self, n: int) -> list[Node]:
        """Return the first ``n`` nodes in order of their ids, or all if there are fewer."""
        require_count("n", n)
        return list(self._nodes(f"{self._in_order()} LIMIT {n:d}"))

    def sample(self, n: int) -> list[Node]:
        """Return ``n`` random nodes in order of their ids, or all if there are fewer.

        Each call draws another sample.
        """
        require_count("n", n)
        drawn = self._nodes(f" ORDER BY random() ASC LIMIT {n:d}")
        return sorted(drawn, key=lambda node: node.id)

    def in_states(self, states: Collection[str]) -> "SqlNodeSet":
        """Return the nodes that are in one of ``states``; upper and lower case are equal."""
        if isinstance(states, str):  # its letters would be read as states
            raise TypeError("states must be a collection of strings, not a string")
        conditions, state = self._table.conditions, self._table.state
        lowered = {each.lower() for each in states}
        chosen = [
            each for each in self.state_counts() if each is not None and has_state(each, lowered)
        ]
        if state is None or not chosen:
            return self._derived(conditions.constant(False))
        dialect = self._table.dialect
        is_chosen = dialect.value_in(state, list(map(dialect.literal, chosen)))
        return self._derived(conditions.conjunction([self._condition, is_chosen]))

    def state_counts(self) -> dict[str | None, int]:
        """Return how many nodes are in each state (None: NULL), the most frequent state first."""
        table = self._table
        if table.state is None:
            return rank_counts({None: len(self)})
        query = table.count_query(table.rows(self._condition), table.state)
        return rank_counts({to_state(each): nodes for each, nodes in self._table.execute(query)})

    def value_counts(self, key: str) -> dict[str, int]:
        """Return how many nodes have each value of ``key``, the most frequent value first."""
        query = self._table.count_query(self._table.values(key, self._condition), "label_value")
        return rank_counts({to_text(each): nodes for each, nodes in self._table.execute(query)})

    def label_counts(self) -> dict[str, dict[str, int]]:
        """Return the result of :meth:`value_counts` for each label key, sorted by key.

        The query returns a row for each value of each key: for a label that has another value on
        each node, as many rows as there are nodes.
        """
        columns = self._table.conditions.columns
        counts = {key: self.value_counts(key) for key in columns}
        if labels := self._table.labels(self._condition):
            query = self._table.count_query(labels, "label_key", "label_value")
            found: dict[str, dict[str, int]] = {}
            for key, value, nodes in self._table.execute(query):
                found.setdefault(to_text(key), {})[to_text(value)] = nodes
            counts |= {key: rank_counts(each) for key, each in found.items() if key not in columns}
        return {key: values for key, values in sorted(counts.items()) if values}

    def __and__(self, other: "SqlNodeSet") -> "SqlNodeSet":
        """Return the nodes that are in both sets. The sets must be of the same table."""
        return self._combined(other, "{} AND {}")

    def __or__(self, other: "SqlNodeSet") -> "SqlNodeSet":
        """Return the nodes that are in at least one of the sets."""
        return self._combined(other, "{} OR {}")

    def __sub__(self, other: "SqlNodeSet") -> "SqlNodeSet":
        """Return the nodes that are in this set but not in ``other``."""
        return self._combined(other, "{} AND NOT {}")

    def _combined(self, other: "SqlNodeSet", form: str) -> "SqlNodeSet":
        if self._table is not other._table:
            raise ValueError("the two sets are not of the same table")
        return self._derived(f"({form.format(self._condition, other._condition)})")

    def _derived(self, condition: str) -> "SqlNodeSet":
        return SqlNodeSet(self._table, condition)

    def _in_order(self) -> str:
        return f" ORDER BY {self._table.dialect.bytewise(self._table.id)} ASC"

    def _nodes(self, tail: str) -> Iterator[Node]:
        """Yield the nodes of the set.

        :param tail: the end of the query: ORDER BY and, if wanted, LIMIT.
        """
        table, labels = self._table, self._table.conditions.labels
        own = table.conditions.columns
        columns = [table.id, table.name or "NULL", table.state or "NULL", labels.column]
        query = f"SELECT {', '.join([*columns, *own.values()])}"
        rows = table.execute(f"{query} FROM {table.rows(self._condition)}{tail}")
        if isinstance(labels, LabelTable):
            return self._with_labels(list(rows), labels)
        return (_node(row, _to_labels(row), own) for row in rows)

    def _with_labels(self, rows: Sequence[Sequence[Any]], table: LabelTable) -> Iterator[Node]:
        """Yield the nodes in ``rows``, with their labels from ``table``."""
        for start in range(0, len(rows), _LONG_BATCH):
            batch = rows[start : start + _LONG_BATCH]
            labels: dict[str, dict[str, Any]] = {to_id(row[0]): {} for row in batch}
            for node_id, key, value in self._table.execute(table.labels_of(labels)):
                labels[to_id(node_id)][to_text(key)] = value
            for row in batch:
                yield _node(row, labels[to_id(row[0])], self._table.conditions.columns)


def _to_labels(row: Sequence[Any]) -> Mapping[str, Any]:
    """Return the labels in a row as a mapping. Drivers return a mapping, pairs or JSON text."""
    labels = row[3]
    try:
        labels = json.loads(labels) if isinstance(labels, str) else labels
        return dict(labels or {})
    except (TypeError, ValueError):
        raise _invalid(row, "its labels are not a map of strings") from None


def _node(row: Sequence[Any], labels: Mapping[str, Any], columns: Mapping[str, str]) -> Node:
    """Build a node of a row, without the labels whose value is NULL."""
    name, state, _, *values = row[1:]
    labels = {**labels, **dict(zip(columns, values, strict=True))}
    present = {key: value for key, value in labels.items() if value is not None}
    try:
        return Node(to_id(row[0]), present, name, state)
    except TypeError as error:
        raise _invalid(row, str(error)) from None


def _invalid(row: Sequence[Any], message: str) -> InventoryError:
    return InventoryError("invalid-row", message, place=f"the node {quoted(str(row[0]))}")
