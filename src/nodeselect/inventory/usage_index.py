"""The nodes on which too little of a resource is free, because of the pods that run there.

The set of these nodes is built once for each amount that pods request, and then kept up to date:
only nodes whose usage has changed since the last call are tested again.
"""

from nodeselect.index import postings
from nodeselect.index.node_rows import KNOWN
from nodeselect.index.postings import Postings
from nodeselect.index.segment import Segment
from nodeselect.inventory.delta import Delta
from nodeselect.placement import Usage
from nodeselect.placement.requirements import AtLeast

_EMPTY = postings.from_ordinals(())

# For more different requests, all sets are built again. A set of 100,000 nodes has up to 12 KiB.
_MAX_SETS = 1_024


class UsageIndex:
    """Finds the nodes of a store that lack a resource because of one ``Usage``.

    A set has all versions of a node, so it is right for every reader of the store.

    :param segment: the nodes of the store at the last compaction; ``delta`` has the later ones.
    """

    __slots__ = ("_delta", "_segment", "_sets")

    def __init__(self, segment: Segment | None, delta: Delta) -> None:
        self._segment = segment
        self._delta = delta
        # For each request: the version of the usage, how many nodes the delta had, and the set.
        self._sets: dict[AtLeast, tuple[int, int, Postings]] = {}

    def lacking(self, request: AtLeast, usage: Usage) -> Postings:
        """Return the ordinals of the nodes in use on which less than the request is free.

        The result may be modified by no caller. Cost: about 3 µs for each node whose usage has
        changed since the last call with this request; the first time, for each node in use.

        :param usage: the same object in each call; its changes since the last one are considered.
        """
        version, added, nodes = self._sets.get(request, (0, 0, _EMPTY))
        now, count = usage.version, len(self._delta.nodes)
        if (version, added) == (now, count):
            return nodes
        changed = {*usage.changed_since(version)}
        new_ids = (node.id for node in self._delta.nodes[added:count])
        changed.update(node_id for node_id in new_ids if usage.of(node_id))
        nodes = nodes.copy()
        for node_id in changed:
            used = usage.of(node_id).get(request.resource, 0)
            for ordinal in self._ordinals(node_id):
                amount = self._amount(ordinal, request.resource)
                if used and amount is not None and amount - used < request.amount:
                    nodes.add(ordinal)
                else:
                    nodes.discard(ordinal)
        if len(self._sets) >= _MAX_SETS:
            self._sets = {}
        self._sets[request] = now, count, nodes
        return nodes

    def _ordinals(self, node_id: str) -> list[int]:
        """Return the ordinals of all versions of a node, deleted versions included."""
        indexed = None if self._segment is None else self._segment.ids.find(node_id)
        return [*([] if indexed is None else [indexed]), *self._delta.ordinals(node_id)]

    def _amount(self, ordinal: int, resource: str) -> int | None:
        """Return how much of a resource a node has; None if its resources are not known."""
        if self._segment is None or ordinal >= self._delta.first:
            resources = self._delta.nodes[ordinal - self._delta.first].resources
            return None if resources is None else resources.get(resource, 0)
        columns, rank = self._segment.rows.fact_columns, self._segment.rank(ordinal)
        if columns is None or not columns.amount(rank, KNOWN):
            return None
        return columns.amount(rank, resource)
