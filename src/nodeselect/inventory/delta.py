"""The nodes that came in since the segment was made, and the ordinals that are dead since.

Everything here is only ever added to. So a reader that knows how many nodes and how many deaths
there were at its moment sees just those, whatever is added meanwhile, and need not wait:

    nodes     [ node , node , node ‖ node …      ordinals first, first + 1, …
    before    [ 17   , None , 1001 ‖ …           the ordinal that each took the place of
    deaths    [ 17   , 1001 ‖ …                  ordinals, in the order in which they died

    ‖ is where one reader's moment ends.
"""

from array import array
from sys import getsizeof

from nodeselect.index import postings
from nodeselect.index.label_index import LabelIndex
from nodeselect.index.planner import PlanCache, make_plan, run
from nodeselect.index.postings import Postings
from nodeselect.node import Node
from nodeselect.selectors import Selector

__all__ = ["Delta"]

_FEW = 32
"""Nodes that are tested one by one rather than asked through an index."""

_LATE = 128
"""Nodes that came in since a plan was made, up to which it is kept and they are tested."""

_PLAN_BYTES = 4 << 20
"""Bytes of kept plans."""


_NONE = array("I")
_NOBODY = postings.from_ordinals(_NONE)


class Delta:
    """Nodes by ordinal, and deaths. Written by one thread at a time, read by any number."""

    __slots__ = (
        *("_before", "_died", "_early", "_latest", "_named", "_plans"),
        *("tombstones", "first", "index", "nodes", "ranks"),
    )

    def __init__(self, first: int, *, indexed: bool) -> None:
        """Begin without any; the first node will have the ordinal ``first``."""
        self.first = first
        self.nodes: list[Node] = []
        self.ranks: list[int] = []
        self.tombstones = array("I")
        self.index = LabelIndex.mutable() if indexed else None
        self._before: list[int | None] = []
        self._latest: dict[str, int] = {}
        self._died: dict[int, int] = {}
        self._early: dict[int, tuple[Postings, int]] = {}
        self._named: dict[str, array[int]] = {}
        self._plans = PlanCache(_PLAN_BYTES)

    def add(self, node: Node, rank: int) -> None:
        """Add a node behind all others; what had its id before is to be killed by the caller."""
        ordinal = self.first + len(self.nodes)
        self._before.append(self._latest.get(node.id))
        self.ranks.append(rank)
        if self.index is not None:
            self.index.add(ordinal, node.labels, node.state)
        if node.name is not None:
            self._named.setdefault(node.name, array("I")).append(ordinal)
        self.nodes.append(node)  # behind the index: who counts the nodes can rely on it
        self._latest[node.id] = ordinal

    def delete(self, ordinal: int) -> None:
        """Let an ordinal, of the segment or of these, be dead from now on."""
        self._died[ordinal] = len(self.tombstones)
        self.tombstones.append(ordinal)

    def is_deleted(self, ordinal: int, deaths: int) -> bool:
        """Say whether an ordinal is among the first so many deaths."""
        died = self._died.get(ordinal)
        return died is not None and died < deaths

    def changed_ordinals(self, start: tuple[int, int], stop: tuple[int, int]) -> Postings:
        """Give the ordinals that came in or died between two moments.

        A moment is the numbers of nodes and of deaths that there were. A node whose ordinal is
        not among these was the same all the time.
        """
        (nodes, deaths), (more_nodes, more_deaths) = start, stop
        died = postings.from_ordinals(self.tombstones[deaths:more_deaths])
        return died | postings.from_range(self.first + nodes, self.first + more_nodes)

    def with_name(self, name: str) -> "array[int]":
        """Give the ordinals of all nodes with a name that ever came in."""
        return self._named.get(name, _NONE)[:]

    def latest_ordinal(self, node_id: str, count: int) -> int | None:
        """Give the ordinal of the newest version of a node among the first ``count`` nodes.

        Cost: a step for each version that came in later; of the latest moment that is one look-up.
        """
        ordinal = self._latest.get(node_id)
        while ordinal is not None and ordinal - self.first >= count:
            ordinal = self._before[ordinal - self.first]
        return ordinal

    def version(
        self, node_id: str, found: Postings, start: int, stop: int
    ) -> tuple[int | None, bool]:
        """Give the version of a node that is in a set, if one is, and whether none before can be.

        :param start: the nodes that there were at the first moment that the set may be of.
        :param stop: those at the last.

        Cost: a step for each version that is newer than ``start``.
        """
        ordinal = self.latest_ordinal(node_id, stop)
        while ordinal is not None:
            if ordinal in found:
                return ordinal, True
            if ordinal - self.first < start:  # those before it were dead by then
                return None, True
            ordinal = self._before[ordinal - self.first]
        return None, False

    def early(self, ranks: int) -> Postings:
        """Give the ordinals that ever came in at one of the first so many ranks.

        Cost: a look at each node that came in since this was asked for so many ranks.
        """
        found, covers = self._early.get(ranks, (_NOBODY, 0))
        count = len(self.nodes)
        if covers < count:  # two threads may both add them, to the same end
            some = enumerate(self.ranks[covers:count], self.first + covers)
            found = found | postings.from_ordinals(
                [ordinal for ordinal, rank in some if rank < ranks]
            )
            self._early[ranks] = (found, count)
        return found

    def match(self, selector: Selector, count: int) -> Postings:
        """Give what ``selector`` takes of the first ``count`` nodes; the dead may be among it."""
        if selector.ids is not None:
            return self._match_ids(selector, selector.ids, count)
        if self.index is None or count <= _FEW:
            return self._match_some(selector, 0, count)
        plan = self._plans.get(selector)
        if plan is None or count - plan.covers > _LATE:
            plan = make_plan(self.index, selector, covers=len(self.nodes))
            self._plans.put(selector, plan)
        covered = min(plan.covers, count)
        found = postings.below(run(plan), self.first + covered)
        # The few that came in since are sooner tested than all is planned anew.
        return found | self._match_some(selector, covered, count)

    def _match_some(self, selector: Selector, start: int, stop: int) -> Postings:
        """Test the nodes from number ``start`` up to ``stop`` one by one."""
        matches = selector.matches
        some = enumerate(self.nodes[start:stop], self.first + start)
        return postings.from_ordinals([at for at, node in some if matches(node.labels, node.id)])

    def _match_ids(self, selector: Selector, ids: tuple[str, ...], count: int) -> Postings:
        nodes, first = self.nodes, self.first
        if count < len(ids):
            return self._match_some(selector, 0, count)
        newest = (
            self.latest_ordinal(node_id, count) for node_id in ids
        )  # those before it are dead
        taken = [
            at
            for at in newest
            if at is not None and selector.matches(nodes[at - first].labels, nodes[at - first].id)
        ]
        return postings.from_ordinals(sorted(taken))

    def bytes(self) -> int:
        """Give the memory of all, in bytes. Cost: a look at every node."""
        numbers = (self.ranks, self.tombstones, self._before, self._died)
        tables = (self.nodes, self._latest, *numbers, self._named, *list(self._named.values()))
        index = 0 if self.index is None else self.index.bytes()
        nodes = sum(map(_node_bytes, self.nodes))
        early = sum(postings.memory_bytes(found) for found, _ in list(self._early.values()))
        return early + index + self._plans.bytes + sum(map(getsizeof, tables)) + nodes


def _node_bytes(node: Node) -> int:
    """Give the memory of a node and its strings, as if no other node had any of them."""
    strings = (node.id, node.name or "", node.state or "", *node.labels, *node.labels.values())
    return getsizeof(node) + getsizeof(dict(node.labels)) + sum(map(getsizeof, strings))
