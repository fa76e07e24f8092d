"""Selectors as expressions of Polars, and explanations of them over a frame. Needs ``polars``."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

try:
    import polars as pl
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "nodeselect.engines.polars needs Polars: pip install 'nodeselect[polars]'"
    ) from error

from nodeselect.engines.conditions import express
from nodeselect.engines.polars_columns import ALL_LABELS, check_columns, is_text
from nodeselect.explain import Explanation, FailureCounts, NearMiss, compute
from nodeselect.explain.countable import Positions, rank_counts
from nodeselect.inventory.facets import Facets, count_labels
from nodeselect.selectors import Selector
from nodeselect.text import quoted

__all__ = ["explain", "facets", "where"]

# How many requirements have their bits in one column.
_BITS = 62

# How many nodes of each group are read with its size; an explanation shows this many.
_MIN_NAMED = 5


def where(
    selector: Selector,
    *,
    labels: str | pl.Expr | None = "labels",
    id: str | pl.Expr | None = "id",  # noqa: A002
    columns: Mapping[str, str | pl.Expr] | None = None,
) -> pl.Expr:
    """Return an expression that is true for the nodes ``selector`` matches. It is never NULL.

    A query with it raises Polars' ``InvalidOperationError`` if a column that it reads is not of
    texts: a number is not compared as if it were its text.

    >>> nodes = pl.DataFrame({"id": ["n-1", "n-2"], "region": ["eu", None], "gpu": ["2", "4"]})
    >>> columns = {"region": "region", "gpu": "gpu"}
    >>> condition = where(Selector.parse("gpu>1,region!=eu"), labels=None, columns=columns)
    >>> nodes.filter(condition)["id"].to_list()
    ['n-2']

    :param labels: the column of all labels, a ``Map`` of strings; None if every label has a column
        of its own. Then a label without a column is absent. A list of structs becomes a map by
        ``pl.col("labels").list.to_map()``.
    :param id: the column of the ids; needed only for a selector by ids.
    :param columns: by key, the columns of labels that have one of their own: strings, categories
        or an enum; or fields of a struct. Such a column is 20 to 100 times faster than a map. NULL
        means that the label is absent.
    :raises ValueError: if ``id`` is needed and None.
    """
    conditions = _Conditions(labels, id, columns or {})
    condition = express(selector, conditions)
    if not condition.meta.root_names():
        # A literal would be one row, not one for each node.
        return (pl.first().is_null() | True) & condition
    keys = dict.fromkeys(requirement.key for requirement in selector.requirements)
    read = [*map(conditions.value, keys), *([conditions.id] if selector.ids else [])]
    return pl.all_horizontal(condition, *map(is_text, read))


def explain(
    nodes: pl.DataFrame | pl.LazyFrame,
    selector: Selector,
    *,
    labels: str | pl.Expr | None = "labels",
    id: str | pl.Expr = "id",  # noqa: A002
    columns: Mapping[str, str | pl.Expr] | None = None,
    name: str | pl.Expr | None = None,
    state: str | pl.Expr | None = None,
    examples: int = 3,
) -> Explanation:
    """Explain how many rows ``selector`` matches, and why it does not match the others.

    The result is the same as :meth:`Inventory.explain` would return for these nodes, in the order
    of the rows. The frame is read once for the counts, and a few times more for hints, if a
    requirement matches nothing or excludes nothing.

    :param labels: as for :func:`where`; so are ``id`` and ``columns``.
    :param name: the column of the names, for the hint that an id in the selector is a name.
    :param state: the column of the states.
    :param examples: how many nodes to name for each reason.
    :raises InventoryError: with the code ``invalid-column``, if a column is not of texts.
    """
    conditions = _Conditions(labels, id, columns or {})
    statistics = _Statistics(nodes.lazy(), conditions, state, name, examples)
    return compute.explain(statistics, selector, examples)


def facets(
    nodes: pl.DataFrame | pl.LazyFrame,
    *,
    labels: str | pl.Expr | None = "labels",
    columns: Mapping[str, str | pl.Expr] | None = None,
    state: str | pl.Expr | None = None,
) -> Facets:
    """Count the rows that have each label key and each value; ``nodes`` may be a filtered frame.

    :param labels: as for :func:`where`; so is ``columns``.
    :param state: the column of the states.
    :raises InventoryError: with the code ``invalid-column``, if a column is not of texts.
    """
    return count_labels(_Statistics(nodes.lazy(), _Conditions(labels, None, columns or {}), state))


class _Conditions:
    """Implements :class:`nodeselect.engines.conditions.Conditions`."""

    def __init__(
        self,
        labels: str | pl.Expr | None,
        id: str | pl.Expr | None,  # noqa: A002
        columns: Mapping[str, str | pl.Expr],
    ) -> None:
        self.labels = None if labels is None else _column(labels)
        self._id = None if id is None else _column(id)
        self.columns = {key: _column(column) for key, column in columns.items()}

    @property
    def id(self) -> pl.Expr:
        if self._id is None:
            raise ValueError("the selector asks for ids: say which column has them")
        return self._id

    def by_role(self) -> dict[str, pl.Expr | None]:
        """Return each column under words for what it contains, such as ``the ids``."""
        columns = {f"the label {quoted(key)}": column for key, column in self.columns.items()}
        return {**columns, ALL_LABELS: self.labels, "the ids": self._id}

    def value(self, key: str) -> pl.Expr:
        """Return one label, NULL if it is absent."""
        if (column := self.columns.get(key)) is not None:
            return column
        if self.labels is None:
            return pl.lit(None, pl.String)
        return self.labels.map.get(key)

    def has_key(self, key: str) -> pl.Expr:
        return self.value(key).is_not_null()

    def value_in(self, key: str, values: Sequence[str]) -> pl.Expr:
        return _is_in(self.value(key), values)

    def integer_between(self, key: str, low: int, high: int) -> pl.Expr:
        # To this cast, only an optional sign and digits are an integer; more than 64 bits are NULL.
        # A category would not be cast as its text.
        number = self.value(key).cast(pl.String).cast(pl.Int64, strict=False)
        return number.is_between(low, high).fill_null(False)

    def id_in(self, ids: Sequence[str]) -> pl.Expr:
        return _is_in(self.id, ids)

    def constant(self, value: bool) -> pl.Expr:
        return pl.lit(value)

    def negation(self, condition: pl.Expr) -> pl.Expr:
        return ~condition

    def conjunction(self, conditions: Sequence[pl.Expr]) -> pl.Expr:
        return pl.all_horizontal(conditions)


class _Statistics:
    """Counts over a frame; implements :class:`nodeselect.explain.Countable`."""

    def __init__(
        self,
        frame: pl.LazyFrame,
        conditions: _Conditions,
        state: str | pl.Expr | None,
        name: str | pl.Expr | None = None,
        examples: int = 0,
    ) -> None:
        self._frame = frame
        self.conditions = conditions
        self._name = None if name is None else _column(name)
        self._state = pl.lit(None, pl.String) if state is None else _column(state)
        self._named = max(examples, _MIN_NAMED) if examples else 0
        others = {"the names": self._name, "the states": self._state}
        check_columns(frame, {**conditions.by_role(), **others})
        self._with_key: dict[str, int] = {}

    def failures(self, requirements: Sequence[Selector]) -> "_Failures":
        """Group the nodes by the set of requirements that they fail.

        The same query counts, for later calls, the nodes that have each key of ``requirements``.
        """
        conditions = self.conditions
        passes = [express(requirement, conditions) for requirement in requirements]
        masks = {
            f"mask {start}": pl.sum_horizontal(
                (~passed).cast(pl.Int64) * (1 << bit)
                for bit, passed in enumerate(passes[start : start + _BITS])
            )
            for start in range(0, len(passes), _BITS)
        }
        keys = {part.requirements[0].key for part in requirements if part.requirements}
        with_key = {f"key {key}": conditions.has_key(key) for key in keys}
        groups = (
            self._frame.select(
                id=conditions.id, state=self._state.cast(pl.String), **masks, **with_key
            )
            .with_row_index("row")
            .group_by(*masks, "state")
            .agg(
                pl.col(list(with_key)).sum(),
                nodes=pl.len(),
                first=pl.struct("row", "id").head(self._named),
            )
            .collect()
        )
        self._with_key = {key: int(groups[f"key {key}"].sum()) for key in keys}
        return _Failures(self, passes, groups)

    def state_counts(self) -> Mapping[str | None, int]:
        """Return how many nodes are in each state or in none."""
        states = self._frame.group_by(self._state.cast(pl.String).alias("state")).agg(pl.len())
        return dict(states.collect().iter_rows())

    def label_counts(self) -> Mapping[str, Mapping[str, int]]:
        """Return for each label key that any node has how many nodes have each value."""
        columns = self.conditions.columns
        counts = {key: dict(self._values(key).collect().iter_rows()) for key in columns}
        pairs = self._entries().group_by("key", "value").agg(pl.len())
        for key, value, nodes in pairs.collect().iter_rows():
            counts.setdefault(key, {})[value] = nodes
        return {key: values for key, values in counts.items() if values}

    def key_counts(self, limit: int) -> Mapping[str, int] | None:
        """Count the nodes that have each label key; return None for more than ``limit`` keys."""
        columns = self.conditions.columns
        present = {key: column.count() for key, column in columns.items()}
        counts = self._frame.select(**present).collect().to_dicts()[0] if present else {}
        keys = self._entries().group_by("key").agg(pl.len()).head(limit + 1).collect()
        counts = {key: count for key, count in [*counts.items(), *keys.iter_rows()] if count}
        return counts if len(counts) <= limit else None

    def value_counts(self, key: str, limit: int) -> Mapping[str, int] | None:
        """Return how many nodes have each value of ``key``; None for more than ``limit`` values."""
        counts = dict(self._values(key).head(limit + 1).collect().iter_rows())
        return counts if len(counts) <= limit else None

    def count_with_key(self, key: str) -> int:
        """Count the nodes that have the label ``key``."""
        count = self._with_key.get(key)
        return self.count(self.conditions.has_key(key)) if count is None else count

    def count_with_value(self, key: str, value: str) -> int:
        """Count the nodes that have ``value`` for ``key``."""
        return self.count(self.conditions.value_in(key, [value]))

    def keys_with_value(self, value: str, keys: Collection[str]) -> Mapping[str, int]:
        """Count the nodes with this ``value`` for each of ``keys``; leave out keys without any."""
        conditions = self.conditions
        counts = {
            key: self.count_with_value(key, value) for key in keys if key in conditions.columns
        }
        entries = self._entries().filter(pl.col("value") == value)
        counts |= entries.group_by("key").agg(pl.len()).collect().iter_rows()
        return {key: count for key, count in counts.items() if count and key in keys}

    def missing_ids(self, ids: Sequence[str]) -> Sequence[str]:
        """Return those of ``ids`` that no node has."""
        conditions = self.conditions
        rows = self._frame.filter(conditions.id_in(ids)).select(conditions.id.cast(pl.String))
        found = set(rows.collect().to_series())
        return [node_id for node_id in ids if node_id not in found]

    def find_names(self, names: Sequence[str]) -> Mapping[str, tuple[str, int]]:
        """Find nodes by their names; return for each name the first id and the number of nodes."""
        if self._name is None:
            return {}
        nodes = self._frame.select(id=self.conditions.id, name=self._name.cast(pl.String))
        found = nodes.filter(_is_in(pl.col("name"), names)).group_by("name")
        rows = found.agg(pl.first("id"), nodes=pl.len()).collect().iter_rows()
        by_name = {name: (node_id, nodes) for name, node_id, nodes in rows}
        return {name: by_name[name] for name in names if name in by_name}

    def find_id_prefix(self, prefix: str) -> tuple[str, int] | None:
        """Return the lowest id with this prefix, and how many nodes have such an id; or None."""
        ids = self._frame.select(id=self.conditions.id.cast(pl.String))
        found = ids.filter(pl.col("id").str.starts_with(prefix)).select(pl.min("id"), n=pl.len())
        ((lowest, count),) = found.collect().iter_rows()
        return (lowest, count) if count else None

    def count(self, condition: pl.Expr) -> int:
        """Count the nodes for which a condition holds."""
        return int(self._frame.filter(condition).select(pl.len()).collect().item())

    def _values(self, key: str) -> pl.LazyFrame:
        """Return a frame with a row for each value of a label: the value, and its node count."""
        values = self._frame.select(value=self.conditions.value(key).cast(pl.String)).drop_nulls()
        return values.group_by("value").agg(pl.len())

    def _entries(self) -> pl.LazyFrame:
        """Return a frame with a row for each label of each node, except for keys with a column."""
        conditions = self.conditions
        if conditions.labels is None:
            return pl.LazyFrame(schema={"key": pl.String, "value": pl.String})
        entry = pl.col("entry").struct
        return (
            self._frame.select(entry=conditions.labels.map.entries())
            .explode("entry")
            .select(
                key=entry.field("key").cast(pl.String), value=entry.field("value").cast(pl.String)
            )
            .drop_nulls()
            .filter(~pl.col("key").is_in(list(conditions.columns)))
        )


class _Failures:
    """Implements :class:`nodeselect.explain.Failures`."""

    def __init__(
        self, statistics: _Statistics, passes: Sequence[pl.Expr], groups: pl.DataFrame
    ) -> None:
        self._statistics = statistics
        self._passes = passes
        self._states = Counter[str | None]()
        self._first: dict[Positions, list[tuple[int, str]]] = {}
        masks = Counter[int]()
        for group in groups.iter_rows(named=True):
            mask = sum(group[f"mask {start}"] << start for start in range(0, len(passes), _BITS))
            masks[mask] += group["nodes"]
            if mask:
                failed = tuple(at for at in range(len(passes)) if mask >> at & 1)
                first = self._first.setdefault(failed, [])
                first += ((node["row"], node["id"]) for node in group["first"])
                first.sort()  # a group has a row for each state
            else:
                self._states[group["state"]] += group["nodes"]
        self.counts = FailureCounts.from_masks(len(passes), masks).largest()

    def state_counts(self) -> Mapping[str | None, int]:
        """Count the nodes that match, by their state; the most frequent state comes first."""
        return rank_counts(self._states)

    def example_ids(self, failed: Positions, limit: int) -> Sequence[str]:
        """Return the first ids of the nodes that fail exactly the requirements at ``failed``."""
        return [node_id for _, node_id in self._first[failed][:limit]]

    def nearest(self, limit: int) -> Sequence[NearMiss]:
        """Return up to ``limit`` of the non-matching nodes that fail the fewest requirements."""
        nodes = sorted(
            (row, node_id, failed)
            for failed in self.counts.nearest_groups()
            for row, node_id in self._first[failed][:limit]
        )
        return [NearMiss(node_id, failed) for _, node_id, failed in nodes[:limit]]

    def count_if_replaced(
        self, positions: Collection[int], replacements: Sequence[Selector]
    ) -> int:
        """Count the nodes that would match if some requirements were replaced."""
        conditions = self._statistics.conditions
        passes = [express(replacement, conditions) for replacement in replacements]
        passes += (passed for at, passed in enumerate(self._passes) if at not in positions)
        return self._statistics.count(conditions.conjunction(passes))


def _is_in(value: pl.Expr, values: Sequence[str]) -> pl.Expr:
    if len(values) == 1:  # never NULL, and ten times faster than a list
        return value.eq_missing(pl.lit(values[0]))
    return value.is_in(list(values)).fill_null(False)


def _column(column: str | pl.Expr) -> pl.Expr:
    if isinstance(column, pl.Expr):
        return column
    if not isinstance(column, str):
        raise TypeError(f"{column!r} is neither the name of a column nor an expression of Polars")
    if column == "*" or (column.startswith("^") and column.endswith("$")):
        raise ValueError(f"to Polars, {column!r} is a pattern for names: rename the column")
    return pl.col(column)
