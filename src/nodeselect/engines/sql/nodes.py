"""The nodes of a table in a database, with the read methods of an inventory."""

import json
from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

from nodeselect.engines.conditions import Table, express
from nodeselect.engines.sql.dialects import EXACT, Dialect
from nodeselect.engines.sql.text import (
    LongTable,
    Name,
    SqlConditions,
    dialect_named,
    quote,
)
from nodeselect.errors import InventoryError
from nodeselect.explain import explain_node
from nodeselect.explain.compute import exclude_by_state, explain
from nodeselect.explain.countable import (
    MAX_GROUPS_WITH_IDS,
    MAX_NEAREST,
    FailureCounts,
    KeyFacet,
    Positions,
    rank_counts,
)
from nodeselect.explain.explanation import Explanation, NearMiss, NodeExplanation, label_requirement
from nodeselect.node import Node, has_state, require_count
from nodeselect.placement import Placement
from nodeselect.placement.requirements import Condition
from nodeselect.readers.detect import require_states
from nodeselect.selectors import AnyOf, Requirement, Selector
from nodeselect.selectors.selector import require_condition
from nodeselect.text import quoted

Execute: TypeAlias = Callable[[str], Iterable[Sequence[Any]]]
"""Runs a query and returns its rows."""

# For how many requirements one integer of SQL has bits.
_WORD = 60

# Among how many nodes examples are looked for before all nodes are read for them.
_FIRST_NODES = 1_000

# Among how many they are looked for then, if there are more.
_MORE_NODES = 30_000

# If an explanation reads more first ids than this, the next one looks for a lower bound.
_MAX_FIRST_NODES = 4_000

# Of how many ids one is drawn to find out which are about the first. To sort fewer is faster.
_ID_SAMPLE = 16

# Of more values of a key, those that are asked for are counted one by one.
_MAX_VALUES = 1_000

# How many values in lists of requirements are counted together with the groups of an explanation.
_MAX_COUNTED = 128

# For how many keys the rows of each are read by a query of its own, which an index may answer.
_MAX_KEYS_ALONE = 16

# For how many nodes the labels in a table of their own are read at once.
_LONG_BATCH = 1_000


class SqlTable(NamedTuple):
    """The names of a table of nodes and of its columns, quoted as in SQL, and how to query it.

    :param alias: the name of the table without its schema.
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
        """Return SQL to write after FROM, with WHERE, for the nodes that satisfy ``conditions``."""
        tests = " AND ".join(filter(None, (self.where, *conditions)))
        return f"{self.table} WHERE {tests}" if tests else self.table

    def count_rows(self, rows: str) -> int:
        """Run a query that counts the rows FROM ``rows``; return the number."""
        ((nodes,),) = self.execute(f"SELECT count(*) FROM {rows}")
        return int(nodes)

    def count_query(self, rows: str, *columns: str) -> str:
        """Return a query for the values of ``columns`` FROM ``rows``, and how often these occur."""
        texts = ", ".join(map(self.dialect.bytewise, columns))
        return f"SELECT {texts}, count(*) FROM {rows} GROUP BY {texts}"

    def count_texts(self, rows: str, column: str, tail: str = "") -> dict[str, int]:
        """Run :meth:`count_query` for a column, with ``tail``; return the counts by text."""
        counts = self.execute(f"{self.count_query(rows, column)}{tail}")
        return {to_text(text): int(nodes) for text, nodes in counts}

    def restricted(self, condition: str) -> "SqlTable":
        """Return the table without the nodes that do not satisfy ``condition``."""
        return self._replace(where=" AND ".join(filter(None, (self.where, condition))))

    def facts(self) -> tuple[str, str]:
        """Return SQL for the taints and for the resources; for what no column has, a constant."""
        return self.conditions.taints or "'0'", self.conditions.resources or "'0'"

    def labels(self) -> str | None:
        """Return SQL to write after FROM for ``node_id``, ``label_key`` and ``label_value``.

        They have a row for each label of a node that is in the column or table of all labels, and
        has no column of its own. Return None if there is no such column or table.
        """
        labels, own = self.conditions.each_label(self.rows()), self.conditions.columns
        others = f" AND NOT {self.dialect.text_in('label_key', own)}" if own else ""
        return labels and f"({labels}) AS labels WHERE label_value IS NOT NULL{others}"

    def values(self, key: str) -> str:
        """Return SQL to write after FROM as :meth:`labels`, but without keys, for one key."""
        conditions, value = self.conditions, self.conditions.value(key)
        if value is None and (labels := self.labels()):
            return f"{labels} AND {self.dialect.text_in('label_key', [key])}"
        rows = self.rows(conditions.has_key(key))  # an index may find these rows
        fence = "" if key in conditions.columns else self.dialect.fence
        select = (
            f"SELECT {self.id} AS node_id, {value or self.id} AS label_value FROM {rows}{fence}"
        )
        return f"({select}) AS labels WHERE label_value IS NOT NULL"

    def labels_with(self, keys: Iterable[str]) -> str:
        """Return a query as :meth:`labels`, for labels with ``keys``, and perhaps for others."""
        needed, own = sorted({*keys}), self.conditions.columns
        is_few = len(needed) <= _MAX_KEYS_ALONE  # an index may find the rows of each
        alone = [key for key in needed if key in own or (is_few and self.conditions.value(key))]
        columns = "label_key, label_value FROM"
        queries = [
            f"SELECT node_id, {self.dialect.literal(key)} AS {columns} {self.values(key)}"
            for key in alone
        ]
        if len(alone) < len(needed) and (labels := self.labels()):
            queries.append(f"SELECT node_id, {columns} {labels}")
        return " UNION ALL ".join(queries)

    def label_counts(self) -> str:
        """Return a query for label keys, their values, and the number of nodes with each."""
        queries = []
        for key in self.conditions.columns:
            text = self.dialect.bytewise(self.dialect.literal(key))
            counts = self.count_query(self.values(key), "label_value")
            queries.append(f"SELECT {text}, counts.* FROM ({counts}) AS counts")
        if labels := self.labels():
            queries.append(self.count_query(labels, "label_key", "label_value"))
        return " UNION ALL ".join(queries) or f"SELECT '', '', 0 FROM {self.rows('FALSE')}"


def to_text(value: Any, what: str = "a label, a name or a state") -> str:
    """Convert text or bytes of a driver to a string; raise if it is anything else."""
    text = value
    if isinstance(value, (bytes, bytearray)):
        with suppress(UnicodeDecodeError):
            text = value.decode()
    if not isinstance(text, str):
        shown = "NULL" if text is None else quoted(str(text))
        hint = "store distinct texts as ids, and texts as labels, or cast the column in a view"
        raise InventoryError("invalid-row", f"{what} is {shown}, not a text", hint=hint)
    return text


def to_id(value: Any) -> str:
    return to_text(value, "the id of a node")


def to_state(value: Any) -> str | None:
    return None if value is None else to_text(value)


class SqlFailures:
    """The nodes of a table, grouped by the requirements that they fail.

    It implements ``Failures`` of ``explain/countable.py``. One query counts the groups, and the
    values in lists of ``requirements``. Example ids are found among the first 1,000 nodes: in Spark
    by the same query, otherwise by a second one. For groups with too few examples, more queries
    read the first 30,000 nodes, and then all.

    In these queries, ``failed0`` is an integer with a bit for each of the first 60 requirements,
    the lowest bit for the first. For example, 5 means that a node fails the first and the third,
    and 0 that the node matches. ``failed1`` is for the next 60 requirements, and so on.

    :ivar ids_read: how many ids up to ``highest_id`` were read.
    :ivar with_label: how many nodes have each of some labels: a key, and a value or None for any.
    :ivar known: how many nodes have each of ``facts``, which are columns.
    """

    def __init__(
        self,
        table: SqlTable,
        requirements: Sequence[Condition],
        highest_id: str | None = None,
        facts: Sequence[str] = (),
    ) -> None:
        """Count the groups; of a list, all values but the first, whose number is what remains."""
        self._table = table
        self._requirements = requirements
        tests = [express(each, table.conditions) for each in requirements]
        bits = [
            f"CASE WHEN {test} THEN 0 ELSE {1 << at % _WORD} END" for at, test in enumerate(tests)
        ]
        words = [" + ".join(bits[at : at + _WORD]) for at in range(0, len(bits), _WORD)] or ["0"]
        self._words = {f"failed{at}": word for at, word in enumerate(words)}
        self._names = ", ".join(self._words)
        self._rows = table.rows() + table.conditions.fence(requirements)
        self._ids: dict[Positions, list[str]] | None = None
        self._first = None if highest_id is None else defaultdict[Positions, list[str]](list)
        self._states = Counter[str | None]()
        masks, having = Counter[int](), Counter[tuple[str, str | None]]()
        labels = list(map(label_requirement, requirements))
        counted = _labels_to_count(table, labels)
        self.known = [0] * len(facts)
        for row in table.execute(self._groups(counted, highest_id, facts)):
            columns = iter(row[len(words) :])
            nodes, *numbers = map(int, islice(columns, 1 + len(counted)))
            mask = self._mask(row)
            masks[mask] += nodes
            self.known = [known + int(next(columns)) for known in self.known]
            having.update(dict(zip(counted, numbers, strict=True)))
            state = None if table.state is None else next(columns)
            if not mask:
                self._states[to_state(state)] += nodes
            if self._first is not None and (node_id := next(columns)) is not None:
                insort(self._first[self._failed(row)], to_id(node_id))
        self.ids_read = sum(map(len, self._first.values())) if self._first else 0
        counts = FailureCounts.from_masks(len(requirements), masks)
        self.counts = counts.largest()
        self.with_label = {label: having[label] for label in counted}
        for each, failing in zip(labels, counts.failing, strict=True):
            if each and each.values and not each.operator.is_comparison:
                first, *others = ((each.key, value) for value in each.values)
                if self.with_label.keys() >= {*others}:
                    nodes = failing if each.operator.matches_absent else counts.total - failing
                    self.with_label[first] = nodes - sum(self.with_label[label] for label in others)

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
        tests = [express(each, conditions) for each in (*replacements, *kept)]
        return self._table.count_rows(self._table.rows(conditions.conjunction(tests)))

    def _groups(
        self,
        counted: Sequence[tuple[str, str | None]],
        highest_id: str | None,
        facts: Sequence[str],
    ) -> str:
        """Return a query with a row for each group of nodes that fail the same requirements.

        The columns are ``failed0``, …; the number of nodes; for each label in ``counted``, a key
        with a value or None for any, the number of nodes that have it; that of the nodes for which
        each of ``facts`` is known; the state, if the table has
        states (NULL for nodes that do not match); and the id, if there is a ``highest_id``. A node
        with an id up to that is a group of its own; of all others, the id is NULL.
        """
        table, dialect = self._table, self._table.dialect
        labels = {
            key: f"label{at}" for at, key in enumerate(dict.fromkeys(key for key, _ in counted))
        }
        columns, groups, counts = [], [self._names], ["count(*)"]
        for key, name in labels.items():
            has_key = f"CASE WHEN {table.conditions.has_key(key)} THEN 1 END"
            columns.append(f"{table.conditions.value(key) or has_key} AS {name}")
        for key, value in counted:
            test = dialect.is_present(labels[key])
            if value is not None:
                test = " = ".join(map(dialect.bytewise, (labels[key], dialect.literal(value))))
            counts.append(f"count(CASE WHEN {test} THEN 1 END)")
        for at, fact in enumerate(facts):
            columns.append(
                f"CASE WHEN {dialect.known.format(fact)} IS NOT NULL THEN 1 END AS known{at}"
            )
            counts.append(f"count(known{at})")
        selected = [self._names, *counts]
        if table.state is not None:
            columns.append(f"{dialect.bytewise(table.state)} AS node_state")
            matches = " AND ".join(f"{name} = 0" for name in self._words)
            groups.append(f"CASE WHEN {matches} THEN node_state END")
            selected.append(groups[-1])
        if highest_id is not None:
            node_id = dialect.bytewise(table.id)
            columns.append(f"CASE WHEN {node_id} <= {highest_id} THEN {node_id} END AS node_id")
            groups.append("node_id")
            selected.append("node_id")
        rows = self._failures(self._rows, *columns)
        return f"SELECT {', '.join(selected)} FROM {rows} GROUP BY {', '.join(groups)}"

    def _first_ids(self, limit: int) -> dict[Positions, list[str]]:
        """Return ids by group: of the largest groups, and of those with the fewest failures."""
        if not self.counts.groups:
            return {}
        if self._ids is None:
            ids = self._among_first_nodes(_FIRST_NODES) if self._first is None else self._first
            few = self._with_few(ids, limit)
            if few and self._first is None and self.counts.total > _MORE_NODES:
                ids = self._among_first_nodes(_MORE_NODES)
                few = self._with_few(ids, limit)
            if few:
                ids |= self._of_groups(sorted(few), max(limit, MAX_NEAREST))
            self._ids = ids
        return self._ids

    def _with_few(self, ids: Mapping[Positions, Sequence[str]], limit: int) -> set[Positions]:
        """Return the groups of which there must be more ids than these."""
        largest = islice(self.counts.groups.items(), MAX_GROUPS_WITH_IDS)
        few = {failed for failed, nodes in largest if len(ids[failed]) < min(limit, nodes)}
        nearest = self.counts.nearest_groups()
        found = sum(len(ids[failed]) for failed in nearest)
        return few | {*nearest} if found < min(MAX_NEAREST, sum(nearest.values())) else few

    def _among_first_nodes(self, count: int) -> defaultdict[Positions, list[str]]:
        """Return the first ids, by group. This is cheap if the ids have an index."""
        table = self._table
        node_id = table.dialect.bytewise(table.id)
        in_order = f"ORDER BY {node_id} ASC LIMIT {count}"
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
            ids[self._failed(row)].append(to_id(row[-1]))
        return ids

    def _failed(self, row: Sequence[Any]) -> Positions:
        mask = self._mask(row)
        return tuple(at for at in range(len(self._requirements)) if mask >> at & 1)

    def _is_in_group(self, failed: Positions) -> str:
        mask = sum(1 << at for at in failed)
        words = [(mask >> at * _WORD) % (1 << _WORD) for at in range(len(self._words))]
        tests = (f"{name} = {word}" for name, word in zip(self._words, words, strict=True))
        return f"({' AND '.join(tests)})"

    def _mask(self, row: Sequence[Any]) -> int:
        return sum(int(row[at]) << at * _WORD for at in range(len(self._words)))


def _labels_to_count(
    table: SqlTable, requirements: Sequence[Requirement | None]
) -> list[tuple[str, str | None]]:
    """Return the labels to count with the groups: excluded keys; of lists, all values but one."""
    valued = [each for each in requirements if each and each.values]
    excluding = ((each.key, None) for each in valued if each.operator.matches_absent)
    readable = (each for each in valued if table.conditions.value(each.key))
    listed = ((each.key, value) for each in readable for value in each.values[1:])
    return [*dict.fromkeys(excluding), *islice(dict.fromkeys(listed), _MAX_COUNTED)]


class SqlCounts:
    """Counts the nodes of a table; implements ``Countable`` of ``explain/countable.py``.

    Counts are cached, so the nodes must not change meanwhile.
    """

    def __init__(
        self, table: SqlTable, highest_id: str | None = None, facts: Sequence[str] = ()
    ) -> None:
        self._table = table
        self._highest_id = highest_id
        self._facts = facts
        self.unknown: list[int] = []
        self.ids_read = 0
        self._with_label: dict[tuple[str, str | None], int] = {}
        # For each key, the counts of its values, or a number if it has more values than this.
        self._values: dict[str, Mapping[str, int] | int] = {}

    def failures(self, requirements: Sequence[Condition]) -> SqlFailures:
        failures = SqlFailures(self._table, requirements, self._highest_id, self._facts)
        if self._facts:
            self.unknown = [failures.counts.total - known for known in failures.known]
        # Only the first call, that of an explanation, is about examples and facts.
        self._highest_id, self._facts = None, ()
        self.ids_read += failures.ids_read
        self._with_label |= failures.with_label
        return failures

    def missing_label(self, key: str) -> str | None:
        return None  # an audit takes several queries

    def resources(self) -> Collection[str]:
        return ()

    @property
    def has_usage(self) -> bool:
        return False

    def most_free(self, resource: str) -> int | None:
        return None

    def key_counts(self, limit: int) -> Mapping[str, int] | None:
        counts = self._count_columns(self._table.dialect.is_present)
        if labels := self._table.labels():
            counts |= self._table.count_texts(labels, "label_key", f" LIMIT {limit + 1}")
        return counts if len(counts) <= limit else None

    def value_counts(self, key: str, limit: int) -> Mapping[str, int] | None:
        known = self._values.get(key, 0)
        if isinstance(known, int) and known < limit:
            rows, tail = self._table.values(key), f" LIMIT {limit + 1}"
            counts = self._table.count_texts(rows, "label_value", tail)
            self._values[key] = known = counts if len(counts) <= limit else limit
        return None if isinstance(known, int) or len(known) > limit else known

    def count_with_key(self, key: str) -> int:
        if (key, None) not in self._with_label:
            rows = self._table.rows(self._table.conditions.has_key(key))
            self._with_label[key, None] = self._table.count_rows(rows)
        return self._with_label[key, None]

    def count_with_value(self, key: str, value: str) -> int:
        if (key, value) in self._with_label:
            return self._with_label[key, value]
        # Count all values of the key, since more calls usually follow.
        if (counts := self.value_counts(key, _MAX_VALUES)) is not None:
            return counts.get(value, 0)
        conditions = self._table.conditions
        if self._table.conditions.value(key):
            rows = self._table.rows(conditions.value_in(key, [value]))  # an index may find them
        else:
            is_value = self._table.dialect.text_in("label_value", [value])
            rows = f"{self._table.values(key)} AND {is_value}"
        return self._table.count_rows(rows)

    def keys_with_value(self, value: str, keys: Collection[str]) -> Mapping[str, int]:
        if not keys:
            return {}
        dialect = self._table.dialect
        counts = self._count_columns(lambda column: dialect.text_in(column, [value]))
        if labels := self._table.labels():
            rows = f"{labels} AND {dialect.text_in('label_value', [value])}"
            counts |= self._table.count_texts(rows, "label_key", f" LIMIT {len(keys) + 1}")
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
        rows = table.rows(dialect.text_in(table.name, names))
        query = f"SELECT {name}, min({node_id}), count(*) FROM {rows} GROUP BY {name}"
        found = {
            to_text(name): (to_id(first), int(nodes))
            for name, first, nodes in self._table.execute(query)
        }
        return {name: found[name] for name in names if name in found}

    def find_id_prefix(self, prefix: str) -> tuple[str, int] | None:
        table, dialect = self._table, self._table.dialect
        start = f"substr({table.id}, 1, {len(prefix)})"
        rows = table.rows(dialect.text_in(start, [prefix]))
        query = f"SELECT min({dialect.bytewise(table.id)}), count(*) FROM {rows}"
        ((lowest, nodes),) = self._table.execute(query)
        return (to_id(lowest), int(nodes)) if nodes else None

    def label_counts(
        self, keys: int, values: int
    ) -> Iterator[tuple[str, int, Mapping[str, int] | None]]:
        texts = ("counted.label_key", "label_keys.label_key")
        is_same = " = ".join(map(self._table.dialect.bytewise, texts))
        # Only values that are returned are joined again: Spark keeps all values of a key in memory.
        few = f"counted JOIN label_keys ON {is_same} AND distinct_values <= {values}"
        for facet in self._facets(f"(SELECT counted.* FROM {few})", keys):
            counts = dict(facet.values) if facet.distinct <= values else None
            self._values[facet.key] = values if counts is None else counts
            yield facet.key, facet.nodes, counts

    def count_with_keys(self, pairs: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
        if not pairs:
            return {}
        listed, bytewise = list(pairs), self._table.dialect.bytewise
        others = self._table.labels_with(other for _, other in listed)
        query = (
            f"{self._holders(listed, 'label_key')} SELECT item, count(*) FROM holders"
            f" JOIN ({others}) AS others ON {bytewise('others.label_key')} = {bytewise('other')}"
            f" AND {bytewise('others.node_id')} = holders.node_id GROUP BY item"
        )
        both = {listed[item]: int(nodes) for item, nodes in self._table.execute(query)}
        return dict.fromkeys(listed, 0) | both

    def key_counts_by_value(
        self, key: str, values: Collection[str], keys: Collection[str]
    ) -> Mapping[str, Mapping[str, int]]:
        bytewise = self._table.dialect.bytewise
        names = ", ".join(map(bytewise, ("typed.label_value", "others.label_key")))
        counts: dict[str, dict[str, int]] = {value: {} for value in values}
        for value, name, nodes in self._table.execute(
            f"SELECT {names}, count(*) FROM (SELECT node_id, label_value FROM"
            f" {self._table.values(key)}) AS typed JOIN ({self._table.labels_with(keys)}) AS others"
            f" ON {bytewise('others.node_id')} = {bytewise('typed.node_id')} GROUP BY {names}"
        ):
            if to_text(value) in counts:
                counts[to_text(value)][to_text(name)] = int(nodes)
        return counts

    def example_ids(
        self, labels: Collection[tuple[str, str | None]], limit: int
    ) -> Mapping[tuple[str, str | None], Sequence[str]]:
        ids: dict[tuple[str, str | None], list[str]] = {label: [] for label in labels}
        place = "row_number() OVER (PARTITION BY item ORDER BY node_id ASC) AS place"
        for columns in (["label_key"], ["label_key", "label_value"]):
            if listed := [each for each in labels if (each[1] is None) == (len(columns) == 1)]:
                holders = self._holders([(key, value or "") for key, value in listed], *columns)
                ranked = f"SELECT item, node_id, {place} FROM holders"
                query = f"{holders} SELECT item, node_id FROM ({ranked}) AS ranked"
                found = self._table.execute(f"{query} WHERE place <= {limit} ORDER BY place ASC")
                for item, node_id in found:
                    ids[listed[item]].append(to_id(node_id))
        return ids

    def facets(self, limit: int | None) -> Sequence[KeyFacet]:
        if limit is None:
            return self._facets("counted")
        key, value = map(self._table.dialect.bytewise, ("label_key", "label_value"))
        place = f"row_number() OVER (PARTITION BY {key} ORDER BY nodes DESC, {value} ASC) AS place"
        ranked = f"(SELECT *, {place} FROM counted) AS ranked"
        return self._facets(f"(SELECT * FROM {ranked} WHERE place <= {limit:d})")

    def _facets(self, values: str, limit: int | None = None) -> list[KeyFacet]:
        """Return the keys, up to ``limit``, with those counts that are in the table ``values``."""
        key, of_key, of_value = map(
            self._table.dialect.bytewise, ("label_key", "label_keys.label_key", "listed.label_key")
        )
        most = "" if limit is None else f" ORDER BY key_nodes DESC, {key} ASC LIMIT {limit}"
        counts: dict[tuple[str, int, int], dict[str, int]] = {}
        for name, nodes, distinct, text, count in self._table.execute(
            f"WITH counted(label_key, label_value, nodes) AS ({self._table.label_counts()}),"
            f" label_keys AS (SELECT {key} AS label_key, sum(nodes) AS key_nodes,"
            f" count(*) AS distinct_values FROM counted GROUP BY {key}{most})"
            " SELECT label_keys.label_key, key_nodes, distinct_values, label_value, nodes"
            f" FROM label_keys LEFT JOIN {values} AS listed ON {of_key} = {of_value}"
        ):
            found = counts.setdefault((to_text(name), int(nodes), int(distinct)), {})
            if text is not None:
                found[to_text(text)] = int(count)
        facets = (KeyFacet(*each, tuple(rank_counts(counts[each]).items())) for each in counts)
        return sorted(facets, key=lambda facet: (-facet.nodes, facet.key))

    def _holders(self, texts: Sequence[tuple[str, str]], *columns: str) -> str:
        """Return SQL that defines the table ``holders``: the nodes with some labels.

        It has a row for each node that has both texts of a pair in ``columns``, or only the key:
        ``item``, the position of the pair; ``other``, its second text; and ``node_id``.
        """
        bytewise, literal = self._table.dialect.bytewise, self._table.dialect.literal
        rows = (f"({at}, {literal(a)}, {literal(b)})" for at, (a, b) in enumerate(texts))
        names = zip(columns, ("label", "other"), strict=False)
        tests = (f"{bytewise(column)} = {bytewise(name)}" for column, name in names)
        # DISTINCT keeps a database from joining another table first, which could be far more rows.
        return (
            f"WITH wanted(item, label, other) AS (VALUES {', '.join(rows)}), holders AS"
            f" (SELECT DISTINCT item, other, {bytewise('node_id')} AS node_id FROM wanted JOIN"
            f" ({self._table.labels_with(key for key, _ in texts)}) AS labels"
            f" ON {' AND '.join(tests)})"
        )

    def _count_columns(self, test: Callable[[str], str]) -> dict[str, int]:
        """Count, for each label with its own column, the nodes for which ``test`` of it is true."""
        columns = self._table.conditions.columns
        if not columns:
            return {}
        sums = [f"count(CASE WHEN {test(column)} THEN 1 END)" for column in columns.values()]
        query = f"SELECT {', '.join(sums)} FROM {self._table.rows()}"
        (row,) = self._table.execute(query)
        return {key: int(nodes) for key, nodes in zip(columns, row, strict=True) if nodes}


class _Rows:
    """Nodes of a table that can be read: all, or a set of them."""

    _table: SqlTable

    def __len__(self) -> int:
        return self._table.count_rows(self._table.rows())

    def __iter__(self) -> Iterator[Node]:
        return self._nodes(self._in_order())

    def ids(self) -> list[str]:
        """Return the ids, sorted byte by byte."""
        query = f"SELECT {self._table.id} FROM {self._table.rows()}{self._in_order()}"
        return [to_id(node_id) for (node_id,) in self._table.execute(query)]

    def _counts(self) -> SqlCounts:
        return SqlCounts(self._table)

    def _in_order(self) -> str:
        return f" ORDER BY {self._table.dialect.bytewise(self._table.id)} ASC"

    def _nodes(self, tail: str) -> Iterator[Node]:
        """Yield the nodes of the set; ``tail`` is ORDER BY and, if wanted, LIMIT."""
        table, labels = self._table, self._table.conditions.labels
        own = table.conditions.columns
        all_labels = labels if isinstance(labels, str) else "NULL"
        columns = [table.id, table.name or "NULL", table.state or "NULL", all_labels]
        query = f"SELECT {', '.join([*columns, *own.values()])}"
        rows = table.execute(f"{query} FROM {self._table.rows()}{tail}")
        if isinstance(labels, LongTable):
            return self._with_labels(list(rows), labels)
        return (_node(row, _to_labels(row), own) for row in rows)

    def _with_labels(self, rows: Sequence[Sequence[Any]], table: LongTable) -> Iterator[Node]:
        """Yield the nodes in ``rows``, with their labels from ``table``."""
        for start in range(0, len(rows), _LONG_BATCH):
            batch = rows[start : start + _LONG_BATCH]
            labels: dict[str, dict[str, Any]] = {to_id(row[0]): {} for row in batch}
            is_owner = self._table.dialect.text_in(table.node_id, labels)
            names = f"{table.node_id}, {table.key}, {table.value}"
            query = f"SELECT {names} FROM {table.table} WHERE {is_owner}"
            for node_id, key, value in self._table.execute(query):
                labels[to_id(node_id)][to_text(key)] = value
            for row in batch:
                yield _node(row, labels[to_id(row[0])], self._table.conditions.columns)


class SqlNodes(_Rows):
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
    0 of 3 nodes match
    write gpu=t4 instead of gpu=T4: 1 node would match

    Nodes are in the order of their ids, byte by byte. A method may run several queries. For all of
    them to see the same rows, run them in one transaction with at least REPEATABLE READ.

    In PostgreSQL, the catalogue is read first. If it shows that ``exact`` of :func:`where` is right
    for all columns, each text is compared once.

    :param execute: runs a query and returns its rows: ``connection.execute`` of sqlite3 and
        psycopg, or ``lambda query: connection.execute(query).fetchall()`` for DuckDB.
    :param dialect: as for :func:`where`, like ``labels``, ``columns``, ``taints``, ``resources``.
    :param table: the table of the nodes.
    :param id: the column of the ids, which must be distinct texts and not NULL.
    :param name: the column of the names; None if there is none.
    :param state: the column of the states; None if there is none.
    :param where: a condition in SQL for a row to be a node, such as ``deleted_at IS NULL``; copied
        unchanged.
    :raises ValueError: if the dialect is not known, or a name is empty or has a NUL.
    """

    def __init__(
        self,
        execute: Execute,
        dialect: str | Dialect,
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
    ) -> None:
        engine = dialect_named(dialect) if isinstance(dialect, str) else dialect
        used = [(table, each) for each in (id, name, state, *(columns or {}).values()) if each]
        if isinstance(labels, LongTable):
            used += ((labels.table, each) for each in labels[1:])
        if engine.name in EXACT and _are_exact(execute, engine, used):
            engine = EXACT[engine.name]
        alias = table if isinstance(table, str) else table[-1]
        self._table = SqlTable(
            execute,
            SqlConditions(engine, Table(labels, id, columns, taints, resources)),
            quote(table, engine),
            quote(alias, engine),
            quote(id, engine),
            None if name is None else quote(name, engine),
            None if state is None else quote(state, engine),
            where and f"({where})",
        )

    def match(
        self, selector: Selector | AnyOf | Placement, *, states: Collection[str] | None = None
    ) -> "SqlNodeSet":
        """Return the nodes that match ``selector``; no query is run before the set is used.

        :param states: only nodes in these states, in any case; a typo raises ``ValueError``.
        """
        condition = express(selector, self._table.conditions)
        placements = (selector,) if isinstance(selector, Placement) else ()
        matching = SqlNodeSet(self._table, condition, placements)
        return matching if states is None else matching.in_states(states)

    def explain(
        self,
        selector: Selector | AnyOf | Placement,
        *,
        examples: int = 3,
        states: Collection[str] | None = None,
    ) -> Explanation:
        """Return how many nodes match ``selector``, and why the others do not.

        One query reads all nodes and counts them; up to three more queries find example ids. If a
        requirement matches nothing or excludes nothing, or one of its values is rare, further
        queries count keys and values for suggestions; of an ``AnyOf``, one reads all nodes for each
        of the first sixteen selectors. With ``states``, all this is done twice.

        The parameters are those of :meth:`Inventory.explain`.
        """
        require_count("examples", examples)
        table = self._table
        if states is not None:
            everything = self.match(Selector.everything())
            chosen = everything.in_states(states)
            left_out = Counter(everything.state_counts())
            left_out.subtract(chosen.state_counts())
            table = chosen._table
        highest_id = self._highest_first_id if examples else None
        is_placement = isinstance(selector, Placement)
        counts = SqlCounts(table, highest_id, table.facts() if is_placement else ())
        explanation = explain(counts, selector, examples)
        if isinstance(selector, Placement):
            unknown = selector.undecided(explanation.total, *counts.unknown)
            explanation = explanation._replace(not_considered=unknown)
        if counts.ids_read > _MAX_FIRST_NODES:  # nodes with lower ids have been added
            del self._highest_first_id
        if states is None or not +left_out:
            return explanation
        missing = Selector.from_requirements((), match_ids=explanation.missing_ids)
        excluded = {node.id: node.state for node in self.match(missing)}
        everywhere = self.explain(selector, examples=0)
        return exclude_by_state(explanation, excluded, +left_out, everywhere)

    def explain_node(self, selector: Selector | AnyOf, node: str | Node) -> NodeExplanation:
        """Return which requirements of ``selector`` a node satisfies or fails.

        :raises KeyError: if there is no node with this id.
        """
        node = node if isinstance(node, Node) else self[node]
        return explain_node(require_condition(selector), node)

    @cached_property
    def _highest_first_id(self) -> str | None:
        """SQL for the highest of about 1,000 first ids, found once; None if there is an index."""
        table, dialect = self._table, self._table.dialect
        node_id = dialect.bytewise(table.id)
        if not dialect.id_sample:
            return None
        rows = table.rows(dialect.id_sample.format(node_id, _ID_SAMPLE))
        in_order = f"{rows} ORDER BY node_id ASC LIMIT {_FIRST_NODES // _ID_SAMPLE}"
        query = f"SELECT max(node_id) FROM (SELECT {node_id} AS node_id FROM {in_order}) AS ids"
        ((highest,),) = table.execute(query)
        return None if highest is None else dialect.bytewise(dialect.literal(to_id(highest)))

    def get(self, node_id: str) -> Node | None:
        """Return the node with this id; None if there is none."""
        found = self.match(Selector.of(match_ids=[node_id])).first(1)
        return found[0] if found else None

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


class SqlNodeSet(_Rows):
    """A set of nodes of a table: an SQL condition. Each method that reads nodes runs a query."""

    def __init__(self, table: SqlTable, condition: str, placements: tuple[Placement, ...]) -> None:
        """Internal: a set is created by ``SqlNodes.match``."""
        self._all = table
        self._table = table.restricted(condition)
        self._condition = condition
        self._placements = placements

    def first(self, n: int) -> list[Node]:
        """Return the first ``n`` nodes in order of their ids, or all if there are fewer."""
        require_count("n", n)
        return list(self._nodes(f"{self._in_order()} LIMIT {n:d}"))

    def sample(self, n: int) -> list[Node]:
        """Return ``n`` random nodes in order of their ids, or all if there are fewer."""
        require_count("n", n)
        drawn = self._nodes(f" ORDER BY random() ASC LIMIT {n:d}")
        return sorted(drawn, key=lambda node: node.id)

    def in_states(self, states: Collection[str]) -> "SqlNodeSet":
        """Return the nodes that are in one of ``states``; upper and lower case are equal."""
        conditions, state = self._table.conditions, self._table.state
        everything = SqlNodeSet(self._table, conditions.constant(True), ())
        lowered = require_states(states, everything.state_counts)
        chosen = [
            each for each in self.state_counts() if each is not None and has_state(each, lowered)
        ]
        if state is None or not chosen:
            return self._derived(conditions.constant(False))
        is_chosen = self._table.dialect.text_in(state, chosen)
        return self._derived(conditions.conjunction([self._condition, is_chosen]))

    def state_counts(self) -> dict[str | None, int]:
        """Return how many nodes are in each state (None: NULL), the most frequent state first."""
        table = self._table
        if table.state is None:
            return rank_counts({None: len(self)})
        counts = table.execute(table.count_query(table.rows(), table.state))
        return rank_counts({to_state(state): nodes for state, nodes in counts})

    def value_counts(self, key: str) -> dict[str, int]:
        """Return how many nodes have each value of ``key``, the most frequent value first."""
        return rank_counts(self._table.count_texts(self._table.values(key), "label_value"))

    def label_counts(self) -> dict[str, dict[str, int]]:
        """Return the result of :meth:`value_counts` for each label key, sorted by key.

        The query returns a row for each value of each key, perhaps one for each node:
        ``nodeselect.inventory.count_labels`` can limit their number.
        """
        return {facet.key: dict(facet.values) for facet in sorted(self._counts().facets(None))}

    @property
    def not_considered(self) -> tuple[str, ...]:
        """What may exclude nodes of the set and is not known, in words; empty for a selector."""
        if not self._placements:
            return ()
        table = self._all
        known = ", ".join(f"count({table.dialect.known.format(each)})" for each in table.facts())
        ((total, *counts),) = table.execute(f"SELECT count(*), {known} FROM {table.rows()}")
        unknown = [total - count for count in counts]
        found = (text for each in self._placements for text in each.undecided(total, *unknown))
        return tuple(dict.fromkeys(found))

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
        if self._all is not other._all:
            raise ValueError("the two sets are not of the same table")
        condition = f"({form.format(self._condition, other._condition)})"
        return SqlNodeSet(self._all, condition, self._placements + other._placements)

    def _derived(self, condition: str) -> "SqlNodeSet":
        return SqlNodeSet(self._all, condition, self._placements)


def _are_exact(execute: Execute, dialect: Dialect, used: Iterable[tuple[Name, Name]]) -> bool:
    """Return whether, by the catalogue of PostgreSQL, columns of tables compare bytes."""
    text = dialect.literal
    columns = {
        f"(to_regclass({text(quote(table, dialect))}), {text(name)})"
        for table, path in used
        for name in ([path] if isinstance(path, str) else path[-1:])
    }
    # It does not fail, which would end a transaction: what an older or another database does not
    # have is not counted, nor are citext and domains, which may be over it.
    query = (
        "SELECT count(*) FROM pg_catalog.pg_attribute AS a"
        " JOIN pg_catalog.pg_collation AS c ON c.oid = a.attcollation"
        " JOIN pg_catalog.pg_class AS r ON r.oid = a.attrelid"
        # Not of a foreign table, or what may be over one: the other server has its own collations.
        " AND r.relkind IN ('r', 'm') AND NOT r.relhassubclass"
        f" WHERE (a.attrelid, a.attname) IN ({', '.join(columns)})"
        " AND a.atttypid IN ('pg_catalog.text'::regtype, 'pg_catalog.varchar'::regtype)"
        " AND to_jsonb(c) ->> 'collisdeterministic' = 'true'"
    )
    try:
        ((found,),) = execute(query)
    except Exception:  # of any driver
        return False
    return int(found) == len(columns)


def _to_labels(row: Sequence[Any]) -> Mapping[str, Any]:
    """Return the labels in a row as a mapping. Drivers return a mapping, pairs or JSON text."""
    labels = row[3]
    with suppress(TypeError, ValueError):
        pairs = json.loads(labels, object_pairs_hook=list) if isinstance(labels, str) else labels
        labels = dict(pairs or {})
        if len(labels) == len(pairs or ()):
            return labels
    raise _invalid(row, "its labels are not a map of strings, in which each key occurs once")


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
