"""Count the nodes of a table, for explanations."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from typing import Any

from nodeselect.engines.conditions import express
from nodeselect.engines.sql.table import SqlTable, to_id, to_state, to_text
from nodeselect.explain.countable import (
    MAX_GROUPS_WITH_IDS,
    MAX_NEAREST,
    FailureCounts,
    Positions,
    rank_counts,
)
from nodeselect.explain.explanation import NearMiss, label_requirement
from nodeselect.placement.requirements import Condition

# For how many requirements one integer of SQL has bits.
_WORD = 60

# Among how many nodes examples are looked for before all nodes are read for them.
_FIRST_NODES = 1_000

# Of more values of a key, those that are asked for are counted one by one.
_MAX_VALUES = 1_000


class SqlFailures:
    """The nodes of a table, grouped by the requirements that they fail.

    It implements ``Failures`` of ``explain/countable.py``. One query counts the groups. A second
    query finds example ids among the first 1,000 nodes; a third one runs only for groups with too
    few examples.

    In these queries, ``failed0`` is an integer with a bit for each of the first 60 requirements,
    the lowest bit for the first. For example, 5 means that a node fails the first and the third,
    and 0 that the node matches. ``failed1`` is for the next 60 requirements, and so on.
    """

    def __init__(self, table: SqlTable, requirements: Sequence[Condition]) -> None:
        self._table = table
        self._requirements = requirements
        tests = [express(each, table.conditions) for each in requirements]  # type: ignore[arg-type]
        bits = [
            f"CASE WHEN {test} THEN 0 ELSE {1 << at % _WORD} END" for at, test in enumerate(tests)
        ]
        words = [" + ".join(bits[at : at + _WORD]) for at in range(0, len(bits), _WORD)] or ["0"]
        self._words = {f"failed{at}": word for at, word in enumerate(words)}
        self._names = ", ".join(self._words)
        self._rows = table.rows() + table.conditions.fence(requirements)
        self._ids: dict[Positions, list[str]] | None = None
        self._states = Counter[str | None]()
        masks, absent = Counter[int](), Counter[str]()
        keys = _counted_keys(requirements)
        for row in table.execute(self._groups(keys)):
            mask = self._mask(row)
            nodes, *lacking = map(int, row[len(row) - len(keys) - 1 :])
            masks[mask] += nodes
            for key, lacks in zip(keys, lacking, strict=True):
                absent[key] += lacks
            if not mask and table.state is not None:
                self._states[to_state(row[len(self._words)])] += nodes
        self.counts = FailureCounts.from_masks(len(requirements), masks).largest()
        if table.state is None:
            self._states[None] = self.counts.matched
        self.with_key = {key: self.counts.total - absent[key] for key in keys}

    def state_counts(self) -> Mapping[str | None, int]:
        return rank_counts(self._states)

    def example_ids(self, failed: Positions, limit: int) -> Sequence[str]:
        return self._first_ids(limit)[failed][:limit]

    def nearest(self, limit: int) -> Sequence[NearMiss]:
        ids = self._first_ids(limit)
        nearest = [NearMiss(each, at) for at in self.counts.nearest_groups() for each in ids[at]]
        return sorted(nearest)[:limit]

    def count_if_replaced(
        self, positions: Collection[int], replacements: Sequence[Condition]
    ) -> int:
        kept = [each for at, each in enumerate(self._requirements) if at not in positions]
        conditions = self._table.conditions
        tests = [express(each, conditions) for each in (*replacements, *kept)]  # type: ignore[arg-type]
        return self._table.count_rows(self._table.rows(conditions.conjunction(tests)))

    def _groups(self, keys: Sequence[str]) -> str:
        """Return a query with a row for each group of nodes that fail the same requirements.

        The columns are ``failed0``, …; the state, if the table has states (the matching nodes have
        a row for each state, other nodes have NULL); the number of nodes in the group; and for each
        of ``keys``, the number of nodes in the group without this label.
        """
        table = self._table
        columns, groups, counts = [], [self._names], ["count(*) AS nodes"]
        if table.state is not None:
            columns.append(f"{table.dialect.bytewise(table.state)} AS node_state")
            matches = " AND ".join(f"{name} = 0" for name in self._words)
            groups.append(f"CASE WHEN {matches} THEN node_state END")
        for at, key in enumerate(keys):
            has_key = table.conditions.has_key(key)
            columns.append(f"CASE WHEN {has_key} THEN 0 ELSE 1 END AS lacks{at}")
            counts.append(f"sum(lacks{at}) AS lacks{at}")
        selected = ", ".join([*groups, *counts])
        failures = self._failures(self._rows, *columns)
        return f"SELECT {selected} FROM {failures} GROUP BY {', '.join(groups)}"

    def _first_ids(self, limit: int) -> dict[Positions, list[str]]:
        """Return ids by group: of the largest groups, and of those with the fewest failures."""
        if not self.counts.groups:
            return {}
        if self._ids is None:
            ids = self._among_first_nodes()
            largest = islice(self.counts.groups.items(), MAX_GROUPS_WITH_IDS)
            few = {failed for failed, nodes in largest if len(ids[failed]) < min(limit, nodes)}
            nearest = self.counts.nearest_groups()
            found = sum(len(ids[failed]) for failed in nearest)
            if found < min(MAX_NEAREST, sum(nearest.values())):
                few.update(nearest)
            if few:
                ids |= self._of_groups(sorted(few), max(limit, MAX_NEAREST))
            self._ids = ids
        return self._ids

    def _among_first_nodes(self) -> defaultdict[Positions, list[str]]:
        """Return the first 1,000 ids, by group. This is cheap if the ids have an index."""
        table = self._table
        node_id = table.dialect.bytewise(table.id)
        in_order = f"ORDER BY {node_id} ASC LIMIT {_FIRST_NODES}"
        first_rows = f"(SELECT * FROM {table.rows()} {in_order}) AS {table.alias}"
        failures = self._failures(first_rows, f"{node_id} AS node_id")
        return self._by_group(f"SELECT {self._names}, node_id FROM {failures}")

    def _of_groups(self, groups: Sequence[Positions], limit: int) -> dict[Positions, list[str]]:
        failures = self._failures(
            self._rows, f"{self._table.dialect.bytewise(self._table.id)} AS node_id"
        )
        place = f"row_number() OVER (PARTITION BY {self._names} ORDER BY node_id ASC) AS place"
        in_any = " OR ".join(map(self._is_in_group, groups))
        members = f"SELECT {self._names}, node_id, {place} FROM {failures} WHERE {in_any}"
        query = f"SELECT {self._names}, node_id FROM ({members}) AS ranked WHERE place <= {limit}"
        return self._by_group(query)

    def _failures(self, rows: str, *columns: str) -> str:
        """Return a FROM clause with ``failed0``, … and ``columns`` for each node of ``rows``."""
        words = [f"{word} AS {name}" for name, word in self._words.items()]
        return f"(SELECT {', '.join([*words, *columns])} FROM {rows}) AS failures"

    def _by_group(self, query: str) -> defaultdict[Positions, list[str]]:
        ids = defaultdict[Positions, list[str]](list)
        for row in self._table.execute(f"{query} ORDER BY node_id ASC"):
            mask = self._mask(row)
            failed = tuple(at for at in range(len(self._requirements)) if mask >> at & 1)
            ids[failed].append(to_id(row[-1]))
        return ids

    def _is_in_group(self, failed: Positions) -> str:
        mask = sum(1 << at for at in failed)
        words = [(mask >> at * _WORD) % (1 << _WORD) for at in range(len(self._words))]
        tests = (f"{name} = {word}" for name, word in zip(self._words, words, strict=True))
        return f"({' AND '.join(tests)})"

    def _mask(self, row: Sequence[Any]) -> int:
        return sum(int(row[at]) << at * _WORD for at in range(len(self._words)))


class SqlCounts:
    """Counts the nodes of a table; implements ``Countable`` of ``explain/countable.py``.

    Counts are cached, so the nodes must not change meanwhile.
    """

    def __init__(self, table: SqlTable) -> None:
        self._table = table
        self._with_key: dict[str, int] = {}
        self._values: dict[str, Mapping[str, int] | None] = {}

    def failures(self, requirements: Sequence[Condition]) -> SqlFailures:
        failures = SqlFailures(self._table, requirements)
        self._with_key |= failures.with_key
        return failures

    def note(self, requirement: Condition, among: Sequence[str] = ()) -> str | None:
        return None

    def key_counts(self, limit: int) -> Mapping[str, int] | None:
        counts = self._count_columns(self._table.dialect.is_present)
        if labels := self._table.labels():
            counts |= self._count_texts("label_key", labels, limit)
        return counts if len(counts) <= limit else None

    def value_counts(self, key: str, limit: int) -> Mapping[str, int] | None:
        if self._values.get(key) is None:
            counts = self._count_texts("label_value", self._table.values(key), limit)
            self._values[key] = counts if len(counts) <= limit else None
        return self._values[key]

    def count_with_key(self, key: str) -> int:
        if key not in self._with_key:
            rows = self._table.rows(self._table.conditions.has_key(key))
            self._with_key[key] = self._table.count_rows(rows)
        return self._with_key[key]

    def count_with_value(self, key: str, value: str) -> int:
        if key not in self._values:  # count all values of the key, since more calls usually follow
            self.value_counts(key, _MAX_VALUES)
        if (counts := self._values[key]) is not None:
            return counts.get(value, 0)
        conditions = self._table.conditions
        if key in conditions.columns or conditions.labels.value(key):
            rows = self._table.rows(conditions.value_in(key, [value]))  # an index may find them
        else:
            rows = f"{self._table.values(key)} AND {self._is_value(value)}"
        return self._table.count_rows(rows)

    def keys_with_value(self, value: str, keys: Collection[str]) -> Mapping[str, int]:
        if not keys:
            return {}
        literals = [self._table.dialect.literal(value)]
        counts = self._count_columns(lambda column: self._table.dialect.value_in(column, literals))
        if labels := self._table.labels():
            rows = f"{labels} AND {self._is_value(value)}"
            counts |= self._count_texts("label_key", rows, len(keys))
        return {key: nodes for key, nodes in counts.items() if nodes and key in keys}

    def missing_ids(self, ids: Sequence[str]) -> Sequence[str]:
        if not ids:  # a list in SQL must not be empty
            return []
        table = self._table
        query = f"SELECT {table.id} FROM {table.rows(table.conditions.id_in(ids))}"
        there = {row[0] for row in self._table.execute(query)}
        return [node_id for node_id in ids if node_id not in there]

    def find_names(self, names: Sequence[str]) -> Mapping[str, tuple[str, int]]:
        table, dialect = self._table, self._table.dialect
        if table.name is None or not names:
            return {}
        name, node_id = dialect.bytewise(table.name), dialect.bytewise(table.id)
        rows = table.rows(dialect.value_in(table.name, list(map(dialect.literal, names))))
        query = f"SELECT {name}, min({node_id}), count(*) FROM {rows} GROUP BY {name}"
        found = {
            to_text(name): (to_id(first), int(nodes))
            for name, first, nodes in self._table.execute(query)
        }
        return {name: found[name] for name in names if name in found}

    def find_id_prefix(self, prefix: str) -> tuple[str, int] | None:
        table, dialect = self._table, self._table.dialect
        start = f"substr({table.id}, 1, {len(prefix)})"
        rows = table.rows(dialect.value_in(start, [dialect.literal(prefix)]))
        query = f"SELECT min({dialect.bytewise(table.id)}), count(*) FROM {rows}"
        ((lowest, nodes),) = self._table.execute(query)
        return (to_id(lowest), int(nodes)) if nodes else None

    def _is_value(self, value: str) -> str:
        return self._table.dialect.value_in("label_value", [self._table.dialect.literal(value)])

    def _count_columns(self, test: Callable[[str], str]) -> dict[str, int]:
        """Count, for each label that has its own column, the nodes for which a test is true.

        Keys without such nodes are left out.

        :param test: called with a column; returns SQL that tests its value.
        """
        columns = self._table.conditions.columns
        if not columns:
            return {}
        sums = [f"count(CASE WHEN {test(column)} THEN 1 END)" for column in columns.values()]
        query = f"SELECT {', '.join(sums)} FROM {self._table.rows()}"
        (row,) = self._table.execute(query)
        return {key: int(nodes) for key, nodes in zip(columns, row, strict=True) if nodes}

    def _count_texts(self, column: str, rows: str, limit: int) -> dict[str, int]:
        """Count the rows for each distinct text in a column; stop after ``limit + 1`` texts.

        Label keys that have their own columns are left out.
        """
        columns = self._table.conditions.columns if column == "label_key" else {}
        query = f"{self._table.count_query(rows, column)} LIMIT {limit + len(columns) + 1}"
        counts = {to_text(each): int(nodes) for each, nodes in self._table.execute(query)}
        return {each: nodes for each, nodes in counts.items() if each not in columns}


def _counted_keys(requirements: Sequence[Condition]) -> list[str]:
    """Return the keys in requirements with ``!=``, ``notin`` or several values.

    For these keys, an explanation needs to know how many nodes have the label.
    """
    return list(
        dict.fromkeys(
            requirement.key
            for requirement in map(label_requirement, requirements)
            if requirement is not None
            and (
                len(requirement.values) > 1
                or (requirement.values and requirement.operator.matches_absent)
            )
        )
    )
