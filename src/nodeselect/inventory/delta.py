"""The nodes added since the segment was built, and the tombstones of the nodes deleted since.

Everything here is only ever appended to. So a reader that knows how many nodes and how many
tombstones there were at its snapshot sees just those, whatever is added meanwhile, without a lock:

    nodes       [ node , node , node ‖ node …     ordinals first, first + 1, …
    previous    [ None , 17   , 1001 ‖ …          the ordinal of the previous version
    tombstones  [ 17   , 1001 ‖ …                 deleted ordinals, in the order of deletion

    ‖ is where the snapshot of one reader ends.
"""

from array import array

from nodeselect.index import postings
from nodeselect.index.label_index import LabelIndex
from nodeselect.index.plan_cache import PlanCache
from nodeselect.index.planner import make_plan
from nodeselect.index.postings import Postings
from nodeselect.index.tuning import DEFAULT, Tuning
from nodeselect.node import Node
from nodeselect.selectors import Selector

__all__ = ["Delta"]


class Delta:
    """Nodes by ordinal, and tombstones. One thread writes at a time, any number read.

    :param first: the ordinal of the first node; those below it are of the segment.
    """

    def __init__(self, first: int, tuning: Tuning = DEFAULT) -> None:
        self.first = first
        self.nodes: list[Node] = []
        self.ranks: list[int] = []
        self.tombstones = array("I")
        self.index = LabelIndex.mutable()
        self.tuning = tuning
        self._previous: list[int | None] = []
        self._latest: dict[str, int] = {}
        self._deleted_at: dict[int, int] = {}
        self._windows: dict[int, tuple[Postings, int]] = {}
        self._by_name: dict[str, array[int]] = {}
        self._plans = PlanCache(tuning.delta_plan_bytes)

    def add(self, node: Node, rank: int) -> None:
        """Append a node. The caller deletes the previous version, if there is one."""
        ordinal = self.first + len(self.nodes)
        self._previous.append(self._latest.get(node.id))
        self.ranks.append(rank)
        self.index.add(ordinal, node.labels, node.state)
        if node.name is not None:
            self._by_name.setdefault(node.name, array("I")).append(ordinal)
        self.nodes.append(node)  # after the index: whoever counts the nodes can rely on it
        self._latest[node.id] = ordinal

    def delete(self, ordinal: int) -> None:
        """Append a tombstone for an ordinal of the segment or of the delta."""
        self._deleted_at[ordinal] = len(self.tombstones)
        self.tombstones.append(ordinal)

    def is_deleted(self, ordinal: int, tombstone_count: int) -> bool:
        """Return whether an ordinal is among the first tombstones."""
        deleted_at = self._deleted_at.get(ordinal)
        return deleted_at is not None and deleted_at < tombstone_count

    def with_name(self, name: str) -> "array[int]":
        """Return the ordinals of all nodes with a name that were ever added."""
        return self._by_name.get(name, array("I"))[:]

    def latest_ordinal(self, node_id: str, node_count: int) -> int | None:
        """Return the ordinal of the latest version of a node among the first nodes, or None.

        Cost: a step for each version added later; for the latest snapshot one look-up.
        """
        ordinal = self._latest.get(node_id)
        while ordinal is not None and ordinal - self.first >= node_count:
            ordinal = self._previous[ordinal - self.first]
        return ordinal

    def ordinals_below_rank(self, rank: int) -> Postings:
        """Return the ordinals that were ever added at a rank below ``rank``. Cached."""
        window, covered = self._windows.get(rank, (postings.from_ordinals(()), 0))
        node_count = len(self.nodes)
        if covered < node_count:  # two threads may both add them, with the same result
            added = enumerate(self.ranks[covered:node_count], self.first + covered)
            more = [ordinal for ordinal, its_rank in added if its_rank < rank]
            window = window | postings.from_ordinals(more)
            self._windows[rank] = (window, node_count)
        return window

    def evaluate(self, selector: Selector, node_count: int) -> Postings:
        """Return the matches among the first nodes; deleted nodes may be among them."""
        if selector.ids is not None:
            return self._evaluate_ids(selector, selector.ids, node_count)
        plan = self._plans.get(selector)
        covered = 0 if plan is None else plan.covered_nodes
        # To test a few later nodes one by one is faster than to plan again.
        if node_count - covered > self.tuning.max_tested_nodes:
            covered = len(self.nodes)
            plan = make_plan(self.index, selector, covered_nodes=covered)
            self._plans.put(selector, plan)
        if plan is None:
            return self._test_nodes(selector, 0, node_count)
        covered = min(covered, node_count)
        matches = postings.below(plan.evaluate(), self.first + covered)
        return matches | self._test_nodes(selector, covered, node_count)

    def _test_nodes(self, selector: Selector, start: int, stop: int) -> Postings:
        matches = selector.matches
        nodes = enumerate(self.nodes[start:stop], self.first + start)
        return postings.from_ordinals([at for at, node in nodes if matches(node.labels, node.id)])

    def _evaluate_ids(self, selector: Selector, ids: tuple[str, ...], node_count: int) -> Postings:
        ordinals = (self.latest_ordinal(node_id, node_count) for node_id in ids)
        nodes = ((at, self.nodes[at - self.first]) for at in ordinals if at is not None)
        matching = [at for at, node in nodes if selector.matches(node.labels, node.id)]
        return postings.from_ordinals(matching)
