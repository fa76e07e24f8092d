"""The nodes added since the last compaction, and the tombstones of the nodes deleted since.

Nodes and tombstones are only ever appended. So a reader remembers how many of each there were at
its snapshot, ignores all later ones, and needs no lock:

    nodes       [ node , node , node ‖ node …     ordinals first, first + 1, …
    tombstones  [ 17   , 1001 ‖ …                 deleted ordinals, in the order of deletion

    ‖ is where the snapshot of one reader ends.
"""

from array import array
from bisect import bisect_left
from itertools import chain

from nodeselect.index import postings
from nodeselect.index.label_index import MutableLabelIndex
from nodeselect.index.planner import CacheMemory, PlanCache, make_plan, plan_excluding
from nodeselect.index.postings import Postings
from nodeselect.index.tuning import DEFAULT, Tuning
from nodeselect.node import Node
from nodeselect.placement import Placement
from nodeselect.placement.requirements import AtLeast, Requirable, Tolerates
from nodeselect.selectors import AnyOf, Selector


class Delta:
    """The changes since the last compaction: added nodes, and which nodes are deleted.

    Each version of a node has a number, its *ordinal*. Only one thread may write at a time.

    :param first: the ordinal of the first added node; older nodes have lower ordinals.
    """

    def __init__(self, first: int, tuning: Tuning = DEFAULT) -> None:
        self.first = first
        self.nodes: list[Node] = []
        self.ranks: list[int] = []
        self.tombstones = array("I")
        self.index = MutableLabelIndex()
        self.tuning = tuning
        # For each id its ordinal or, if it has several, these in ascending order.
        self._ordinals: dict[str, int | list[int]] = {}
        self._deleted_at: dict[int, int] = {}
        self._windows: dict[int, tuple[Postings, int]] = {}
        self._by_name: dict[str, array[int]] = {}
        self._plans = PlanCache(CacheMemory(tuning.delta_plan_bytes))

    def add(self, node: Node, rank: int) -> None:
        """Append a node with this rank. The caller must delete its previous version, if any."""
        ordinal = self.first + len(self.nodes)
        self.ranks.append(rank)
        self.index.add(ordinal, node.labels, node.state, node._facts)
        if node.name is not None:
            self._by_name.setdefault(node.name, array("I")).append(ordinal)
        earlier = self._ordinals.get(node.id)
        if isinstance(earlier, list):
            earlier.append(ordinal)
        else:
            self._ordinals[node.id] = ordinal if earlier is None else [earlier, ordinal]
        self.nodes.append(node)  # last: labels and ids of all nodes that a reader counts are known

    def delete(self, ordinal: int) -> None:
        """Mark the node with this ordinal as deleted, by appending a tombstone."""
        self._deleted_at[ordinal] = len(self.tombstones)
        self.tombstones.append(ordinal)

    def is_deleted(self, ordinal: int, tombstone_count: int) -> bool:
        """Return whether ``ordinal`` is among the first ``tombstone_count`` deleted ordinals."""
        deleted_at = self._deleted_at.get(ordinal)
        return deleted_at is not None and deleted_at < tombstone_count

    def with_name(self, name: str) -> "array[int]":
        """Return the ordinals of the added nodes with this name, deleted nodes included."""
        return self._by_name.get(name, array("I"))[:]

    def latest_ordinal(self, node_id: str, node_count: int) -> int | None:
        """Return the last version of a node among the first ``node_count`` added nodes, or None.

        Cost: one look-up, and a binary search if the node has several versions.
        """
        found = self._ordinals.get(node_id)
        if found is None:
            return None
        end = self.first + node_count
        if isinstance(found, int):
            return found if found < end else None
        position = bisect_left(found, end)
        return found[position - 1] if position else None

    def ordinals(self, node_id: str) -> list[int]:
        """Return the ordinals of all added versions of a node, deleted versions included."""
        found = self._ordinals.get(node_id, [])
        return [found] if isinstance(found, int) else found.copy()

    def ordinals_below_rank(self, rank: int) -> Postings:
        """Return the added nodes whose ranks are below ``rank``, deleted nodes included."""
        window, covered = self._windows.get(rank, (postings.from_ordinals(()), 0))
        node_count = len(self.nodes)
        if covered < node_count:  # two threads may both add them, with the same result
            added = enumerate(self.ranks[covered:node_count], self.first + covered)
            more = [ordinal for ordinal, its_rank in added if its_rank < rank]
            window = window | postings.from_ordinals(more)
            self._windows[rank] = (window, node_count)
        return window

    def evaluate(self, condition: Requirable | Placement, node_count: int) -> Postings:
        """Return the matching nodes among the first ``node_count`` added ones, even if deleted."""
        if isinstance(condition, AnyOf):
            return postings.union([self.evaluate(each, node_count) for each in condition.selectors])
        if isinstance(condition, Placement):
            nodes = self.evaluate(condition.selector, node_count)
            for each in condition.requirements():
                nodes = nodes & self.evaluate(each, node_count)
            return nodes
        if isinstance(condition, Selector) and condition.ids is not None:
            return self._evaluate_ids(condition, condition.ids, node_count)
        plan = self._plans.get(condition)
        covered = 0 if plan is None else plan.covered_nodes
        # If only a few nodes came later, testing each is faster than planning again.
        if node_count - covered > self.tuning.max_tested_nodes:
            covered = len(self.nodes)
            if isinstance(condition, Selector):
                excluded = map(self.ordinals, condition.excluded_ids)
                without_ids = [*chain.from_iterable(excluded)]
                plan = make_plan(self.index, condition, None, without_ids, covered)
            else:
                plan = plan_excluding(self.index, condition, covered)
            self._plans.put(condition, plan)
        if plan is None:
            return self._test_nodes(condition, 0, node_count)
        covered = min(covered, node_count)
        matches = postings.below(plan.evaluate(), self.first + covered)
        return matches | self._test_nodes(condition, covered, node_count)

    def _test_nodes(
        self, condition: Selector | Tolerates | AtLeast, start: int, stop: int
    ) -> Postings:
        nodes = enumerate(self.nodes[start:stop], self.first + start)
        if not isinstance(condition, Selector):
            return postings.from_ordinals([at for at, node in nodes if condition.is_met(node)])
        matches = condition.predicate
        return postings.from_ordinals([at for at, node in nodes if matches(node.labels, node.id)])

    def _evaluate_ids(self, selector: Selector, ids: tuple[str, ...], node_count: int) -> Postings:
        if node_count < len(ids):
            return self._test_nodes(selector, 0, node_count)
        ordinals = (self.latest_ordinal(node_id, node_count) for node_id in ids)
        nodes = ((at, self.nodes[at - self.first]) for at in ordinals if at is not None)
        matching = [at for at, node in nodes if selector.predicate(node.labels, node.id)]
        return postings.from_ordinals(matching)
