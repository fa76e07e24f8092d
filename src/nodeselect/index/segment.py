"""Segments: many nodes that never change, stored and indexed for fast queries."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from nodeselect.errors import InventoryError
from nodeselect.index import postings
from nodeselect.index.label_index import LabelIndex
from nodeselect.index.lazy import bulk_reader, lazy
from nodeselect.index.node_rows import AmountColumn, NodeRows, Ranks, to_list
from nodeselect.index.planner import CacheMemory, Plan, PlanCache, make_plan, plan_excluding
from nodeselect.index.postings import Postings
from nodeselect.index.tuning import Tuning
from nodeselect.node import Node
from nodeselect.placement import Placement
from nodeselect.placement.requirements import Requirable
from nodeselect.selectors import AnyOf, Selector

_T = TypeVar("_T")

# Whatever the number of nodes, the caches of a segment may have this much.
_LEAST_CACHE_BYTES = 1 << 20

# For how many amounts of a resource the nodes that have as much are cached.
_MAX_AMOUNTS = 16

# For how many sets of states the nodes in them are cached.
_MAX_STATE_SETS = 64


class InventoryOrder:
    """Sorts nodes in inventory order: the order in which they were first added.

    :param rank_at: for each ordinal, the rank of its node; not an array of numpy, in which to read
        one number takes three times longer.
    :param damaged: for ranks in a file; returns the error to raise if the ranks of n nodes are not
        the numbers from 0 to n - 1, each once.
    """

    def __init__(
        self, rank_at: "memoryview[int]", damaged: Callable[[], InventoryError] | None = None
    ) -> None:
        self.rank_at = rank_at
        self._damaged = damaged

    def sorted_ranks(self, ordinals: "array[int]", limit: int | None = None) -> Ranks:
        """Return the ranks of these nodes, ascending; at most the first ``limit``."""
        bulk = bulk_reader(len(ordinals))
        if bulk is None:
            return array("I", sorted(map(self.rank_at.__getitem__, ordinals))[:limit])
        ranks: Ranks = bulk.sorted_ranks(self.array, ordinals, limit)
        return ranks

    def sort(self, ordinals: "array[int]", limit: int | None = None) -> list[int]:
        """Return ``ordinals`` in inventory order; at most the first ``limit``."""
        bulk = bulk_reader(len(ordinals))
        if bulk is None:
            return sorted(ordinals, key=self.rank_at.__getitem__)[:limit]
        in_order: list[int] = bulk.sort_by_rank(self.array, ordinals, limit)
        return in_order

    def below(self, rank: int) -> "array[int]":
        """Return the ordinals of the first ``rank`` nodes in inventory order; sorted by ordinal."""
        bulk = bulk_reader(len(self.rank_at))
        if bulk is None:
            return array("I", [at for at, each in enumerate(self.rank_at) if each < rank])
        below: array[int] = bulk.ordinals_below(self.array, rank)
        return below

    def reorder(self, numbers: "memoryview[int]") -> list[int]:
        """Return ``numbers``, which are by rank, by ordinal."""
        try:
            return [numbers[rank] for rank in self.rank_at]
        except IndexError:
            assert self._damaged is not None, "only a file can have wrong ranks"
            raise self._damaged() from None

    @lazy
    def array(self) -> Any:
        """The rank for each ordinal as a numpy array; an error if the ranks are damaged."""
        import numpy as np

        from nodeselect.index.arrays import is_permutation

        ranks = np.asarray(self.rank_at)
        if self._damaged and not is_permutation(ranks):
            raise self._damaged()
        return ranks


class SegmentAmounts:
    """The amounts that the nodes of a segment have of one resource; ``column`` has them by rank."""

    def __init__(self, column: AmountColumn, order: InventoryOrder) -> None:
        self.largest = column.largest
        self._column = column
        self._order = order
        self._codes: Any = None  # by ordinal, as a numpy array or a list
        self._found: dict[int, Postings] = {}

    def at_least(self, amount: int) -> Postings:
        """Return the nodes that have at least ``amount``, which must be above 0.

        Cost: 0.3 ms for a million nodes, the first time 5 ms; the last few results are cached.
        """
        amounts, codes = self._column
        code = bisect_left(amounts, amount)
        nodes = self._found.get(code)
        if nodes is not None:
            return nodes
        if code and self._codes is None:
            if bulk := bulk_reader(len(codes)):
                self._codes = bulk.reorder(codes, self._order.array)
            else:
                self._codes = self._order.reorder(codes)
        nodes = at_least(self._codes, code) if code else postings.from_range(0, len(codes))
        if len(self._found) >= _MAX_AMOUNTS:
            self._found.clear()
        self._found[code] = nodes
        return nodes


def at_least(numbers: Any, least: int) -> Postings:
    """Return the positions of all numbers that are at least ``least``, in a list or an array."""
    if bulk := bulk_reader(len(numbers)):
        return postings.from_encoded(bulk.at_least(numbers, least))
    return postings.from_ordinals([at for at, each in enumerate(numbers) if each >= least])


def segment_amounts(rows: NodeRows, order: InventoryOrder) -> dict[str, SegmentAmounts]:
    """Return the amounts of each resource that a node of a segment has, those of ``KNOWN`` too."""
    columns = {} if rows.fact_columns is None else rows.fact_columns.amounts
    return {name: SegmentAmounts(column, order) for name, column in columns.items()}


class StringIndex(Protocol):
    """Finds the ordinals of nodes, their numbers in the index, by their ids or by their names."""

    def find(self, text: str) -> int | None:
        """Return the ordinal of the node with the id ``text``; None if there is none."""

    def find_every(self, text: str) -> list[int]:
        """Return the ordinals of all nodes with the name ``text``, in any order."""

    def find_all(self, texts: Sequence[str]) -> "array[int]":
        """Return the ordinals of the distinct ids ``texts``, in any order; ignore unknown ids."""


class Segment:
    """Many nodes with an index. Immutable, except for its caches.

    The *ordinal* of a node is its number in the index, where similar nodes are neighbours. A
    subclass has the nodes in memory or in a file; it loads each attribute when it is first read.

    :ivar rows: the nodes by rank.
    :ivar order: the rank for each ordinal.
    :ivar index: the ordinals of the nodes with each label, and in each state.
    :ivar ids: finds the ordinal of a node by its id.
    :ivar names: finds the ordinals of nodes by name; None if no node has a name.
    :ivar memory: counts the bytes of the cached sets and plans, and limits them.
    """

    order: InventoryOrder
    index: LabelIndex
    ids: StringIndex
    names: StringIndex | None

    def __init__(self, rows: NodeRows, cache_bytes_per_node: int, tuning: Tuning) -> None:
        self.rows = rows
        self.memory = CacheMemory(_LEAST_CACHE_BYTES + len(rows) * cache_bytes_per_node)
        self._tuning = tuning
        self._plans = PlanCache(self.memory)
        self._windows: dict[int, Postings] = {}
        self._in_states: dict[Callable[[str | None], bool], Postings] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def plan(self, condition: Requirable | Placement) -> Plan:
        plan = self._plans.get(condition)
        if plan is None:
            plan = self._make_plan(condition)
            self._plans.put(condition, plan)
        return plan

    def _make_plan(self, condition: Requirable | Placement) -> Plan:
        match condition:
            case Selector():
                return self._plan_selector(condition)
            case AnyOf(selectors=selectors):
                nodes = postings.union([self.plan(each).evaluate() for each in selectors])
                return Plan(self.index.everything, (nodes,), (), postings.encoded_bytes(nodes))
            case Placement():
                plan, conditions = self.plan(condition.selector), condition.requirements()
                others = [nodes for each in conditions for nodes in self.plan(each).exclude]
                exclude = tuple(filter(None, (*plan.exclude, *others)))
                nodes = plan._replace(exclude=exclude).evaluate()
                return Plan(self.index.everything, (nodes,), (), postings.encoded_bytes(nodes))
            case _:
                return plan_excluding(self.index, condition)

    def _plan_selector(self, selector: Selector) -> Plan:
        if selector.ids is None:
            excluded = sorted(self.ids.find_all(selector.excluded_ids))
            return make_plan(self.index, selector, without_ids=excluded)
        ordinals = self.ids.find_all(selector.ids)
        is_tested = len(selector.ids) <= self._tuning.max_tested_ids
        if is_tested:
            matches = selector.predicate
            nodes_found = ((ordinal, self.node(ordinal)) for ordinal in ordinals)
            matching = (at for at, node in nodes_found if matches(node.labels, node.id))
            ordinals = array("I", matching)
        nodes = postings.from_ordinals(sorted(ordinals))
        if is_tested:
            return Plan(self.index.everything, (nodes,), (), postings.encoded_bytes(nodes))
        return make_plan(self.index, selector, nodes)

    def with_name(self, name: str) -> list[int]:
        """Return the nodes with this name. The first call may index all names: 0.2 µs a node."""
        names = self.names
        return [] if names is None else names.find_every(name)

    def in_states(self, accepts: Callable[[str | None], bool]) -> Postings:
        """Return the nodes for which ``accepts(state)`` is true; cached for each ``accepts``."""
        nodes = self._in_states.get(accepts)
        if nodes is None:  # two threads may both compute it, with the same result
            if len(self._in_states) >= _MAX_STATE_SETS:
                self._in_states.clear()
            nodes = self._in_states[accepts] = self.index.in_states(accepts)
        return nodes

    def load_nodes(self) -> None:
        """Read all data of the nodes that was not read yet, to find damage now and not later."""
        self.rows.load()
        _ = self.order

    def node(self, ordinal: int) -> Node:
        return self.rows.node(self.order.rank_at[ordinal])

    def equals(self, ordinal: int, node: Node) -> bool:
        """Return whether ``node`` has the labels, state and name of the node with this ordinal."""
        return self.rows.equals(self.order.rank_at[ordinal], node)

    def rank(self, ordinal: int) -> int:
        return self.order.rank_at[ordinal]

    def ordinals_below_rank(self, rank: int) -> Postings:
        """Return the ordinals of the first ``rank`` nodes in inventory order; cached."""
        ordinals = self._windows.get(rank)
        if ordinals is None:
            ordinals = postings.from_ordinals(self.order.below(rank))
            self._windows[rank] = ordinals
        return ordinals

    def ids_in_order(
        self, ordinals: "array[int]", others: Sequence[tuple[int, str]], limit: int | None = None
    ) -> list[str]:
        """Return the first ``limit`` ids of these nodes and ``others``: sorted pairs (rank, id)."""
        ranks = self.order.sorted_ranks(ordinals, limit)
        ids: list[str] = to_list(self.rows.ids.take(ranks))
        return _merged(ranks.tolist(), ids, others)[:limit] if others else ids

    def in_order(
        self, ordinals: "array[int]", others: Sequence[tuple[int, int]], limit: int | None = None
    ) -> list[int]:
        """Return the first ``limit`` ordinals; ``others`` are sorted pairs (rank, ordinal)."""
        found = self.order.sort(ordinals, limit)
        if not others:
            return found
        return _merged([self.order.rank_at[at] for at in found], found, others)[:limit]


def _merged(ranks: Sequence[int], items: list[_T], others: Sequence[tuple[int, _T]]) -> list[_T]:
    """Merge ``items``, sorted by their ``ranks``, with ``others``: sorted pairs (rank, item)."""
    merged: list[_T] = []
    start = 0
    for rank, item in others:
        position = bisect_left(ranks, rank, start)
        merged += items[start:position]
        merged.append(item)
        start = position
    return merged + items[start:]
