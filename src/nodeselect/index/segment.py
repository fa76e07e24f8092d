"""Many nodes that do not change, stored and indexed for fast answers."""

from array import array
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodeselect.index import postings
from nodeselect.index.cluster import cluster
from nodeselect.index.id_index import IdIndex
from nodeselect.index.node_table import NodeTable
from nodeselect.index.plan_cache import PlanCache
from nodeselect.index.planner import Plan, make_plan
from nodeselect.index.postings import Postings
from nodeselect.index.tuning import DEFAULT, Tuning
from nodeselect.node import Node, duplicate_id_error
from nodeselect.selectors import Selector

__all__ = ["Segment"]

# The limit for the memory of the cached plans: bytes for each node, and one mebibyte more.
_PLAN_BYTES_PER_NODE = 16
_PLAN_BYTES = 1 << 20

# For how many sets of states the nodes in them are cached.
_MAX_STATE_SETS = 64


class Segment:
    """Nodes by rank and by ordinal, with an index. Immutable, except for its caches.

    The *rank* of a node is its position in inventory order. Its *ordinal*, by which it appears in
    postings, is its position in clustered order.
    """

    def __init__(self, table: NodeTable, tuning: Tuning = DEFAULT) -> None:
        """Index the nodes of ``table``.

        :raises InventoryError: with the code ``duplicate-id`` if two nodes have the same id.
        """
        self._ids = IdIndex(table.ids)
        duplicate = self._ids.find_duplicate()
        if duplicate is not None:
            raise duplicate_id_error(table.ids[duplicate[1]], *duplicate)
        self._names: IdIndex | None = None
        self._tuning = tuning
        self.table = table
        self._ranks, self.ordinals, self.index = cluster(table, tuning)
        # Reading one number takes a third of the time in a memoryview.
        self._rank_at = self._ranks.data
        self._ordinal_at = self.ordinals.data
        self._plans = PlanCache(_PLAN_BYTES_PER_NODE * len(table) + _PLAN_BYTES)
        self._windows: dict[int, Postings] = {}
        self.in_states = lru_cache(_MAX_STATE_SETS)(self.index.in_states)

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
        ranks = self._ids.find_all(selector.ids)
        is_tested = len(selector.ids) <= self._tuning.max_tested_ids
        if is_tested:
            matches, table = selector.predicate, self.table
            matching = (rank for rank in ranks if matches(table.labels(rank), table.ids[rank]))
            ranks = array("I", matching)
        nodes = _to_postings(self.ordinals.take(np.asarray(ranks)))
        if is_tested:
            return Plan(self.index.everything, (nodes,), (), postings.encoded_bytes(nodes))
        return make_plan(self.index, selector, nodes)

    def find(self, node_id: str) -> int | None:
        """Return the ordinal of the node with this id, or None. Cost: about a microsecond."""
        rank = self._ids.find(node_id)
        return None if rank is None else self._ordinal_at[rank]

    def with_name(self, name: str) -> list[int]:
        """Return the ordinals of the nodes with this name.

        Cost: about a microsecond. The first call indexes all names, which takes 0.2 µs a node.
        """
        if self._names is None:  # two threads may both build it, with the same result
            if self.table.names is None:
                return []
            self._names = IdIndex(self.table.names)
        return [self._ordinal_at[rank] for rank in self._names.find_every(name)]

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
            ordinals = self._windows[rank] = _to_postings(self.ordinals[:rank])
        return ordinals

    def in_order(
        self,
        column: NDArray[Any],
        ordinals: "array[int]",
        others: Sequence[tuple[int, object]],
        limit: int | None = None,
    ) -> list[Any]:
        """Merge what ``column`` has for the nodes ``ordinals`` with ``others``, by rank.

        :param column: a value for each rank of the segment: ``self.table.ids`` or
            ``self.ordinals``.
        :param others: pairs of a rank and a value, sorted by rank.
        :param limit: return only the first ``limit`` values.
        """
        ranks = self._sorted_ranks(ordinals, limit)
        items = column.take(ranks)
        if others:
            positions = np.searchsorted(ranks, np.array([rank for rank, _ in others], np.uint32))
            items = np.insert(items, positions, np.array([item for _, item in others], items.dtype))
        return items[:limit].tolist()  # type: ignore[no-any-return]

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
        ranks = self._ranks.take(np.asarray(ordinals))
        if limit is not None and limit < len(ranks):
            ranks = np.partition(ranks, limit - 1)[:limit]
        ranks.sort()
        return ranks


def _to_postings(ordinals: NDArray[np.uint32]) -> Postings:
    return postings.from_ordinals(array("I", np.sort(ordinals).tobytes()))
