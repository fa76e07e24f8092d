"""Counts over the nodes of a table, which an explanation is made of."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeAlias

from nodeselect.engines.conditions import express
from nodeselect.engines.sql.table import SqlTable, is_path, to_id, to_state, to_text
from nodeselect.engines.sql.text import WORD, counted_keys, failed_words, failure_query
from nodeselect.explain.countable import (
    MAX_GROUPS_WITH_IDS,
    MAX_NEAREST,
    FailureCounts,
    Positions,
    rank_counts,
)
from nodeselect.explain.explanation import NearMiss
from nodeselect.selectors import Selector

Execute: TypeAlias = Callable[[str], Iterable[Sequence[Any]]]
"""Runs a query and returns its rows."""

# Among how many nodes examples are looked for before all nodes are read for them.
_FIRST_NODES = 1_000

# Of more values of a key, those that are asked for are counted one by one.
_MAX_VALUES = 1_000


class SqlFailures:
    """The nodes of a table by what they fail; implements ``Failures`` of ``explain/countable.py``.

    One query counts the groups. A second one finds ids of examples among the first 1,000 nodes; a
    third is run only for groups that have too few of these.
    """

    def __init__(self, execute: Execute, table: SqlTable, requirements: Sequence[Selector]) -> None:
        self._execute = execute
        self._table = table
        self._requirements = requirements
        self._words = failed_words(requirements, table.conditions)
        self._ids: dict[int, list[str]] | None = None
        masks, states, absent = Counter[int](), Counter[str | None](), Counter[str]()
        keys = counted_keys(requirements)
        query = failure_query(requirements, table.conditions, table.rows(), table.state)
        for row in execute(query):
            mask = self._mask(row)
            nodes, *lacking = map(int, row[len(row) - len(keys) - 1 :])
            masks[mask] += nodes
            for key, lacks in zip(keys, lacking, strict=True):
                absent[key] += lacks
            if not mask and table.state is not None:
                states[to_state(row[len(self._words)])] += nodes
        self.counts = FailureCounts.from_masks(len(requirements), masks).largest()
        if table.state is None:
            states[None] = self.counts.matched
        self._states = states
        self.with_key = {key: self.counts.total - absent[key] for key in keys}

    def state_counts(self) -> Mapping[str | None, int]:
        """Count the nodes that match, by their state; the most frequent state comes first."""
        return rank_counts(self._states)

    def example_ids(self, failed: Positions, limit: int) -> Sequence[str]:
        """Return the first ids of the nodes that fail exactly the requirements at ``failed``.

        This must be one of the largest groups.
        """
        return self._first_ids(limit)[_to_mask(failed)][:limit]

    def nearest(self, limit: int) -> Sequence[NearMiss]:
        """Return up to ``limit`` of the non-matching nodes that fail the fewest requirements."""
        ids = self._first_ids(limit)
        nearest = sorted((each, mask) for mask in self._nearest_groups() for each in ids[mask])
        return [NearMiss(node_id, self._positions(mask)) for node_id, mask in nearest[:limit]]

    def count_if_replaced(
        self, positions: Collection[int], replacements: Sequence[Selector]
    ) -> int:
        """Count the nodes that would match if some requirements were replaced."""
        kept = [each for at, each in enumerate(self._requirements) if at not in positions]
        conditions = self._table.conditions
        tests = [express(each, conditions) for each in (*replacements, *kept)]
        return count(self._execute, self._table.rows(conditions.conjunction(tests)))

    def _nearest_groups(self) -> dict[int, int]:
        """Return the size of each group that fails the fewest requirements, by its bit mask."""
        return {_to_mask(each): nodes for each, nodes in self.counts.nearest_groups().items()}

    def _first_ids(self, limit: int) -> dict[int, list[str]]:
        """Return the first ids, by bit mask, of the largest groups and of the nearest ones."""
        if not self.counts.groups:
            return {}
        if self._ids is None:
            ids = self._among_first_nodes()
            largest = islice(self.counts.groups.items(), MAX_GROUPS_WITH_IDS)
            sizes = {_to_mask(failed): nodes for failed, nodes in largest}
            few = {mask for mask, nodes in sizes.items() if len(ids[mask]) < min(limit, nodes)}
            nearest = self._nearest_groups()
            found = sum(len(ids[mask]) for mask in nearest)
            if found < min(MAX_NEAREST, sum(nearest.values())):
                few.update(nearest)
            if few:
                ids |= self._of_groups(sorted(few), max(limit, MAX_NEAREST))
            self._ids = ids
        return self._ids

    def _among_first_nodes(self) -> defaultdict[int, list[str]]:
        """Return the first 1,000 ids, grouped by which requirements the nodes fail.

        The keys are bit masks; the lowest bit is the first requirement. It is cheap if the
        database has an index of the ids.
        """
        table = self._table
        in_order = f"ORDER BY {table.dialect.bytewise(table.id)} ASC LIMIT {_FIRST_NODES}"
        first_rows = f"(SELECT * FROM {table.rows()} {in_order}) AS {table.alias}"
        return self._by_group(f"SELECT {self._names()}, node_id FROM {self._failures(first_rows)}")

    def _of_groups(self, masks: Sequence[int], limit: int) -> dict[int, list[str]]:
        names = self._names()
        rows = self._table.rows() + self._table.conditions.fence(self._requirements)
        place = f"row_number() OVER (PARTITION BY {names} ORDER BY node_id ASC) AS place"
        any_mask = " OR ".join(map(self._is_mask, masks))
        members = f"SELECT {names}, node_id, {place} FROM {self._failures(rows)} WHERE {any_mask}"
        query = f"SELECT {names}, node_id FROM ({members}) AS ranked WHERE place <= {limit}"
        return self._by_group(query)

    def _failures(self, rows: str) -> str:
        """Return what to write after FROM to read ``failed0``, … and ``node_id`` of some rows."""
        words = [f"{word} AS failed{at}" for at, word in enumerate(self._words)]
        node_id = f"{self._table.dialect.bytewise(self._table.id)} AS node_id"
        return f"(SELECT {', '.join([*words, node_id])} FROM {rows}) AS failures"

    def _by_group(self, query: str) -> defaultdict[int, list[str]]:
        ids = defaultdict[int, list[str]](list)
        for row in self._execute(f"{query} ORDER BY node_id ASC"):
            ids[self._mask(row)].append(to_id(row[-1]))
        return ids

    def _names(self) -> str:
        return ", ".join(f"failed{at}" for at in range(len(self._words)))

    def _is_mask(self, mask: int) -> str:
        words = range(len(self._words))
        tests = (f"failed{at} = {mask >> at * WORD & (1 << WORD) - 1}" for at in words)
        return f"({' AND '.join(tests)})"

    def _mask(self, row: Sequence[Any]) -> int:
        return sum(int(row[at]) << at * WORD for at in range(len(self._words)))

    def _positions(self, mask: int) -> Positions:
        return tuple(at for at in range(len(self._requirements)) if mask >> at & 1)


class SqlCounts:
    """Counts over the nodes of a table; implements ``Countable`` of ``explain/countable.py``.

    What was counted once is not counted again: the nodes must not change.
    """

    def __init__(self, execute: Execute, table: SqlTable) -> None:
        self._execute = execute
        self._table = table
        self._with_key: dict[str, int] = {}
        self._values: dict[str, Mapping[str, int] | None] = {}

    def failures(self, requirements: Sequence[Selector]) -> SqlFailures:
        """Group the nodes by the exact set of ``requirements`` that they fail."""
        failures = SqlFailures(self._execute, self._table, requirements)
        self._with_key |= failures.with_key
        return failures

    def key_counts(self, limit: int) -> Mapping[str, int] | None:
        """Count the nodes that have each label key; return None for more than ``limit`` keys."""
        counts = self._count_columns(self._table.dialect.is_present)
        if labels := self._table.each_label():
            present = f"({labels}) AS labels WHERE label_value IS NOT NULL"
            counts |= self._grouped("label_key", present, limit)
        return counts if len(counts) <= limit else None

    def value_counts(self, key: str, limit: int) -> Mapping[str, int] | None:
        """Return how many nodes have each value of ``key``; None for more than ``limit`` values."""
        if self._values.get(key) is None:
            present = f"({self._table.values(key)}) AS labels WHERE label_value IS NOT NULL"
            counts = self._grouped("label_value", present, limit)
            self._values[key] = counts if len(counts) <= limit else None
        return self._values[key]

    def count_with_key(self, key: str) -> int:
        """Count the nodes that have the label ``key``, which is valid in a selector."""
        if key not in self._with_key:
            rows = self._table.rows(self._table.conditions.has_key(key))
            self._with_key[key] = count(self._execute, rows)
        return self._with_key[key]

    def count_with_value(self, key: str, value: str) -> int:
        """Count the nodes that have ``value`` for ``key``.

        The first call for a key counts all its values, since more calls for the key follow.
        """
        if key not in self._values:
            self.value_counts(key, _MAX_VALUES)
        if (counts := self._values[key]) is not None:
            return counts.get(value, 0)
        if key in self._table.conditions.columns or is_path(key):
            rows = self._table.rows(self._table.conditions.value_in(key, [value]))
        else:
            rows = f"({self._table.values(key)}) AS labels WHERE {self._is_value(value)}"
        return count(self._execute, rows)

    def keys_with_value(self, value: str, keys: Collection[str]) -> Mapping[str, int]:
        """Count the nodes with this ``value`` for each of ``keys``; leave out keys without any."""
        if not keys:
            return {}
        literals = [self._table.dialect.literal(value)]
        counts = self._count_columns(lambda column: self._table.dialect.value_in(column, literals))
        if labels := self._table.each_label():
            rows = f"({labels}) AS labels WHERE {self._is_value(value)}"
            counts |= self._grouped("label_key", rows, len(keys))
        return {key: nodes for key, nodes in counts.items() if nodes and key in keys}

    def missing_ids(self, ids: Sequence[str]) -> Sequence[str]:
        """Return those of ``ids`` that no node has."""
        if not ids:  # a list in SQL must not be empty
            return []
        table = self._table
        query = f"SELECT {table.id} FROM {table.rows(table.conditions.id_in(ids))}"
        there = {row[0] for row in self._execute(query)}
        return [node_id for node_id in ids if node_id not in there]

    def find_names(self, names: Sequence[str]) -> Mapping[str, tuple[str, int]]:
        """Find nodes by their names; return for each name the lowest id and the number of nodes."""
        table, dialect = self._table, self._table.dialect
        if table.name is None or not names:
            return {}
        name, node_id = dialect.bytewise(table.name), dialect.bytewise(table.id)
        rows = table.rows(dialect.value_in(table.name, list(map(dialect.literal, names))))
        query = f"SELECT {name}, min({node_id}), count(*) FROM {rows} GROUP BY {name}"
        found = {
            to_text(name): (to_id(first), int(nodes)) for name, first, nodes in self._execute(query)
        }
        return {name: found[name] for name in names if name in found}

    def find_id_prefix(self, prefix: str) -> tuple[str, int] | None:
        """Return the lowest id with this prefix, and how many nodes have such an id; or None."""
        table, dialect = self._table, self._table.dialect
        start = f"substr({table.id}, 1, {len(prefix)})"
        rows = table.rows(dialect.value_in(start, [dialect.literal(prefix)]))
        query = f"SELECT min({dialect.bytewise(table.id)}), count(*) FROM {rows}"
        ((lowest, nodes),) = self._execute(query)
        return (to_id(lowest), int(nodes)) if nodes else None

    def _is_value(self, value: str) -> str:
        return self._table.dialect.value_in("label_value", [self._table.dialect.literal(value)])

    def _count_columns(self, test: Callable[[str], str]) -> dict[str, int]:
        """Count, for each key with a column of its own, the nodes for which a test is true.

        Keys without such nodes are left out.

        :param test: returns SQL that tests a column.
        """
        columns = self._table.conditions.columns
        if not columns:
            return {}
        sums = [f"count(CASE WHEN {test(column)} THEN 1 END)" for column in columns.values()]
        query = f"SELECT {', '.join(sums)} FROM {self._table.rows()}"
        (row,) = self._execute(query)
        return {key: int(nodes) for key, nodes in zip(columns, row, strict=True) if nodes}

    def _grouped(self, column: str, rows: str, limit: int) -> dict[str, int]:
        """Count the rows with each text of a column; stop after more than ``limit`` texts.

        Label keys that have a column of their own are left out.
        """
        columns = self._table.conditions.columns if column == "label_key" else {}
        query = f"{self._table.count_query(rows, column)} LIMIT {limit + len(columns) + 1}"
        counts = {to_text(each): int(nodes) for each, nodes in self._execute(query)}
        return {each: nodes for each, nodes in counts.items() if each not in columns}


def count(execute: Execute, rows: str) -> int:
    """Count the rows of a FROM clause."""
    ((nodes,),) = execute(f"SELECT count(*) FROM {rows}")
    return int(nodes)


def _to_mask(failed: Positions) -> int:
    return sum(1 << at for at in failed)
