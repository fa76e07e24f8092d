"""Many nodes that do not change, stored and indexed for fast answers."""

from array import array
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from nodeselect.index import postings
from nodeselect.index.arrays import stable_argsort
from nodeselect.index.cluster import cluster
from nodeselect.index.id_index import IdIndex, StringIndex
from nodeselect.index.label_index import LabelIndex
from nodeselect.index.lazy import lazy
from nodeselect.index.node_table import NodeTable
from nodeselect.index.plan_cache import PlanCache
from nodeselect.index.planner import Plan, make_plan
from nodeselect.index.postings import Postings
from nodeselect.index.strings import to_array, to_list
from nodeselect.index.tuning import DEFAULT, Tuning
from nodeselect.node import DuplicateIdError, Node
from nodeselect.selectors import Selector

__all__ = ["BuiltParts", "Segment", "SegmentParts"]

_T = TypeVar("_T")

# The limit for the memory of the cached plans: bytes for each node, and one mebibyte more.
_PLAN_BYTES_PER_NODE = 16
_PLAN_BYTES = 1 << 20

# For how many sets of states the nodes in them are cached.
_MAX_STATE_SETS = 64


class SegmentParts(Protocol):
    """What a segment consists of. An attribute may be computed, or loaded, when it is first read.

    :ivar table: the nodes by rank.
    :ivar ranks: the rank of each ordinal.
    :ivar labels: the nodes of each label, and of each state.
    :ivar ids: finds the ordinals of ids.
    :ivar names: finds the ordinals of names; None if no node has a name.
    """

    @property
    def table(self) -> NodeTable: ...
    @property
    def ranks(self) -> NDArray[np.uint32]: ...
    @property
    def labels(self) -> LabelIndex: ...
    @property
    def ids(self) -> StringIndex: ...
    @property
    def names(self) -> StringIndex | None: ...


class BuiltParts:
    """The parts of a segment that are built from a table of its nodes."""

    def __init__(self, table: NodeTable, tuning: Tuning = DEFAULT) -> None:
        """Index the nodes of ``table``.

        :raises InventoryError: with the code ``duplicate-id`` if two nodes have the same id.
        """
        self.table = table
        self.ranks, self.labels = cluster(table, tuning)
        self.ids = IdIndex(to_array(table.ids), self.ranks)
        duplicate = self.ids.find_duplicate()
        if duplicate is not None:
            raise DuplicateIdError(str(table.ids[duplicate[1]]), duplicate)

    @lazy
    def names(self) -> IdIndex | None:
        """An index of the names, which takes 0.2 µs a node to build."""
        return None if self.table.names is None else IdIndex(to_array(self.table.names), self.ranks)


class Segment:
    """Nodes by rank and by ordinal, with an index. Immutable, except for its caches.

    The *rank* of a node is its position in inventory order. Its *ordinal*, by which it appears in
    postings, is its position in clustered order.
    """

    def __init__(self, parts: SegmentParts, tuning: Tuning = DEFAULT) -> None:
        self.parts = parts
        self._tuning = tuning
        self.table = parts.table
        self._plans = PlanCache(_PLAN_BYTES_PER_NODE * len(self.table) + _PLAN_BYTES)
        self._windows: dict[int, Postings] = {}
        self.in_states = lru_cache(_MAX_STATE_SETS)(lambda accepts: parts.labels.in_states(accepts))

    @lazy
    def index(self) -> LabelIndex:
        """The nodes of each label, and of each state."""
        return self.parts.labels

    @lazy
    def _rank_at(self) -> "memoryview[int]":
        # Reading one number takes a third of the time in a memoryview.
        return self.parts.ranks.data

    def __len__(self) -> int:
        return len(self.table)

    def plan(self, selector: Selector) -> Plan:
        """Return the plan for ``selector``, from the cache if possible."""
        plan = self._plans.get(selector)
        if plan is None:
            plan = self._make_plan(selector)
            self._plans.put(selector, plan)
        return plan

    def _make_plan(self, selector: Selector) -> Plan:
        if selector.ids is None:
            return make_plan(self.index, selector)
        ordinals = self.parts.ids.find_all(selector.ids)
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

    def find(self, node_id: str) -> int | None:
        """Return the ordinal of the node with this id, or None. Cost: about a microsecond."""
        return self.parts.ids.find(node_id)

    def with_name(self, name: str) -> list[int]:
        """Return the ordinals of the nodes with this name.

        Cost: about a microsecond. The first call may index all names, which takes 0.2 µs a node.
        """
        names = self.parts.names
        return [] if names is None else names.find_every(name)

    def node(self, ordinal: int) -> Node:
        """Build the node with this ordinal."""
        return self.table.node(self._rank_at[ordinal])

    def equals(self, ordinal: int, node: Node) -> bool:
        """Return whether ``node`` equals the node with this ordinal. Their ids must be equal."""
        return self.table.equals(self._rank_at[ordinal], node)

    def rank(self, ordinal: int) -> int:
        """Return the rank of the node with this ordinal."""
        return self._rank_at[ordinal]

    def ordinals_below_rank(self, rank: int) -> Postings:
        """Return the ordinals of the nodes at ranks below ``rank``, cached for each rank."""
        ordinals = self._windows.get(rank)
        if ordinals is None:
            below = np.flatnonzero(self.parts.ranks < rank).astype(np.uint32)
            ordinals = self._windows[rank] = postings.from_ordinals(array("I", below.tobytes()))
        return ordinals

    def ids_in_order(
        self, ordinals: "array[int]", others: Sequence[tuple[int, str]], limit: int | None = None
    ) -> list[str]:
        """Return the ids of the nodes ``ordinals``, merged with ``others``, by rank.

        :param others: pairs of a rank and an id, sorted by rank.
        :param limit: return only the first ``limit`` ids.
        """
        ranks = self._sorted_ranks(ordinals, limit)
        ids: list[str] = to_list(self.table.ids.take(ranks))
        return _merged(ranks, ids, others)[:limit] if others else ids

    def in_order(
        self, ordinals: "array[int]", others: Sequence[tuple[int, int]], limit: int | None = None
    ) -> list[int]:
        """Return ``ordinals``, merged with those of ``others``, by rank; see `ids_in_order`."""
        positions = np.asarray(ordinals)
        ranks = self.parts.ranks.take(positions)
        if limit is not None and limit < len(ranks):
            first = np.argpartition(ranks, limit - 1)[:limit]
            positions, ranks = positions[first], ranks[first]
        order = stable_argsort(ranks)
        found: list[int] = positions.take(order).tolist()
        return _merged(ranks[order], found, others)[:limit] if others else found

    def merge(
        self, ordinals: "array[int]", others: NodeTable, other_ranks: Sequence[int]
    ) -> NodeTable:
        """Return a table of the nodes with ``ordinals`` and those of ``others``, in order of ranks.

        :param other_ranks: the rank of each node of ``others``.
        """
        ranks = np.concatenate([self._sorted_ranks(ordinals), np.array(other_ranks, np.uint32)])
        positions = ranks.astype(np.int64)
        positions[len(ordinals) :] = np.arange(len(self), len(self) + len(others))
        order = np.argsort(ranks, kind="stable")
        return self.table.concat(others).take(positions[order], self._tuning.chunk)

    def _sorted_ranks(self, ordinals: "array[int]", limit: int | None = None) -> NDArray[np.uint32]:
        ranks = self.parts.ranks.take(np.asarray(ordinals))
        if limit is not None and limit < len(ranks):
            ranks = np.partition(ranks, limit - 1)[:limit]
        ranks.sort()
        return ranks


def _merged(
    ranks: NDArray[np.uint32], items: list[_T], others: Sequence[tuple[int, _T]]
) -> list[_T]:
    """Insert ``others``, pairs of a rank and an item, between the items with the given ranks."""
    positions = np.searchsorted(ranks, np.array([rank for rank, _ in others], np.uint32))
    merged: list[_T] = []
    start = 0
    for position, (_, item) in zip(positions.tolist(), others, strict=True):
        merged += items[start:position]
        merged.append(item)
        start = position
    return merged + items[start:]
