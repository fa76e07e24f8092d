"""Many nodes that do not change, stored and indexed for fast answers."""

from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodeselect.index import postings
from nodeselect.index.arrays import smallest
from nodeselect.index.cluster import cluster
from nodeselect.index.id_index import IdIndex
from nodeselect.index.node_table import NodeTable
from nodeselect.index.planner import Plan, PlanCache, Step, make_plan
from nodeselect.index.postings import Postings
from nodeselect.node import Node, duplicate_id_error
from nodeselect.selectors import Selector

__all__ = ["Segment"]

_NONE = np.array([], np.uint32)

_FEW = 16
"""Ids whose nodes are tested one by one; of more, the ordinals meet those of the labels."""

_PLAN_BYTES = 16
"""Bytes of kept plans for each node."""


class Segment:
    """Nodes by rank and by ordinal, with an index. Immutable, but for the plans that it keeps.

    The *rank* of a node is its place in inventory order, its *ordinal* the place in clustered
    order, which is what postings are made of.
    """

    __slots__ = (
        *("_early", "_ids", "_names", "_ordinal_at", "_ordinals", "_plans", "_rank_at", "_ranks"),
        *("index", "rows"),
    )

    def __init__(self, rows: NodeTable) -> None:
        """Index the nodes of ``rows``.

        :raises InventoryError: with the code ``duplicate-id``, when two nodes have one id.
        """
        self._ids = IdIndex(rows.ids)
        both = self._ids.find_twice()
        if both is not None:
            raise duplicate_id_error(rows.ids[both[1]], *both)
        self._names: IdIndex | None = None
        self.rows = rows
        self._ranks, self._ordinals, self.index = cluster(rows)
        self._rank_at = self._ranks.data  # one number of them is a third of the time
        self._ordinal_at = self._ordinals.data
        self._plans = PlanCache(_PLAN_BYTES * len(rows) + (1 << 20))
        self._early: dict[int, Postings] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def plan(self, selector: Selector) -> Plan:
        """Give the plan for ``selector``: the kept one where it was asked before."""
        plan = self._plans.get(selector)
        if plan is None:
            plan = self._make_plan(selector)
            self._plans.put(selector, plan)
        return plan

    def _make_plan(self, selector: Selector) -> Plan:
        if selector.ids is None:
            return make_plan(self.index, selector)
        ranks = self._ids.find_all(selector.ids)
        if len(selector.ids) > _FEW:
            return make_plan(self.index, selector, self._of_ranks(ranks))
        matches, rows = selector.matches, self.rows
        taken = [rank for rank in ranks if matches(rows.labels(rank), rows.ids[rank])]
        found = self._of_ranks(array("I", taken))
        step = Step("few ids, tested one by one", found, postings.encoded_bytes(found), made=True)
        return Plan(self.index.everything, [step])

    def find(self, node_id: str) -> int | None:
        """Give the ordinal of the node with this id, or None. Cost: about a microsecond."""
        rank = self._ids.find(node_id)
        return None if rank is None else self._ordinal_at[rank]

    def node(self, ordinal: int) -> Node:
        """Make the node with this ordinal."""
        return self.rows.node(self._rank_at[ordinal])

    def holds(self, ordinal: int, node: Node) -> bool:
        """Say whether the node with this ordinal is equal to ``node``, which has the same id."""
        return self.rows.holds(self._rank_at[ordinal], node)

    def with_name(self, name: str) -> list[int]:
        """Give the ordinals of the nodes with a name.

        Cost: about a microsecond, and the first time some 0.2 µs a node, for a table that is kept.
        """
        if self._names is None:  # two threads may both make it, to the same end
            if self.rows.names is None:
                return []
            self._names = IdIndex(self.rows.names)
        return [self._ordinal_at[rank] for rank in self._names.find_each(name)]

    def rank(self, ordinal: int) -> int:
        """Give the rank of an ordinal."""
        return self._rank_at[ordinal]

    def early(self, ranks: int) -> Postings:
        """Give the ordinals of the first so many ranks. Kept: for few numbers of ranks only."""
        found = self._early.get(ranks)
        if found is None:
            ordinals = np.sort(self._ordinals[:ranks])
            found = self._early[ranks] = postings.from_ordinals(array("I", ordinals.tobytes()))
        return found

    def in_order(
        self,
        ordinals: "array[int]",
        others: Sequence[tuple[int, int]],
        most: int | None = None,
    ) -> list[int]:
        """Put ordinals in the order of their ranks; among them ``others``, given with ranks.

        :param most: give so many of the first.
        """
        ranks = self._in_order(ordinals, most)
        ordered = _with_others(self._ordinals[ranks], ranks, others)
        return ordered[:most].tolist()  # type: ignore[no-any-return]

    def ids(
        self,
        ordinals: "array[int]",
        others: Sequence[tuple[int, str]],
        most: int | None = None,
    ) -> list[str]:
        """Give the ids in the order of ranks; among them those of ``others``, given with ranks.

        :param most: give so many of the first.
        """
        ranks = self._in_order(ordinals, most)
        ordered = _with_others(self.rows.ids.take(ranks), ranks, others)
        return ordered[:most].tolist()  # type: ignore[no-any-return]

    def _in_order(self, ordinals: "array[int]", most: int | None = None) -> NDArray[np.uint32]:
        if not ordinals:
            return _NONE
        ranks = self._ranks.take(np.frombuffer(ordinals, np.uint32))
        if most is not None and most < len(ranks):
            return smallest(ranks, most)
        ranks.sort()
        return ranks

    def merged(
        self, ordinals: "array[int]", others: NodeTable, other_ranks: Sequence[int]
    ) -> tuple[NodeTable, list[int]]:
        """Give the rows of ``ordinals`` with those of ``others`` among them, as their ranks say.

        The second of what is given is the rank that each row has had.
        """
        ranks = np.concatenate([self._in_order(ordinals), np.array(other_ranks, np.uint32)])
        places = ranks.astype(np.int64)
        places[len(ordinals) :] = np.arange(len(self), len(self) + len(others))
        order = np.argsort(ranks, kind="stable")
        return self.rows.joined(others).chosen(places[order]), ranks[order].tolist()

    def bytes(self) -> dict[str, int]:
        """Give the memory by part, in bytes."""
        early = sum(map(postings.memory_bytes, list(self._early.values())))
        return {
            "ids": self.rows.ids.nbytes + sum(map(str.__sizeof__, self.rows.ids)),
            "id table": self._ids.bytes + (0 if self._names is None else self._names.bytes),
            "rows": self.rows.bytes(),
            "order": self._ranks.nbytes + self._ordinals.nbytes + early,
            "index": self.index.bytes(),
            "plans": self._plans.bytes,
        }

    def _of_ranks(self, ranks: "array[int]") -> Postings:
        if not ranks:
            return postings.from_ordinals(())
        ordinals = self._ordinals[np.frombuffer(ranks, np.uint32)]
        ordinals.sort()
        return postings.from_ordinals(array("I", ordinals.tobytes()))


def _with_others(
    things: NDArray[Any], ranks: NDArray[np.uint32], others: Sequence[tuple[int, object]]
) -> NDArray[Any]:
    """Put the things of ``others`` among ``things``, whose ranks ascend, as their ranks say."""
    if not others:
        return things
    places = np.searchsorted(ranks, np.array([rank for rank, _ in others], np.uint32))
    return np.insert(things, places, np.array([thing for _, thing in others], things.dtype))
