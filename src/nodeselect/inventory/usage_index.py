"""The nodes on which too little of a resource is free, because of the pods that run there.

What is free on each node, and the sets of nodes on which less is free than was asked for, are kept
up to date: only nodes whose usage has changed since the last call are looked at again.
"""

from array import array
from collections.abc import Mapping, Sequence

from nodeselect.files.thread_lock import ThreadLock
from nodeselect.index import postings
from nodeselect.index.lazy import bulk_reader
from nodeselect.index.postings import Postings
from nodeselect.index.segment import Segment
from nodeselect.inventory.delta import Delta
from nodeselect.placement import Usage
from nodeselect.placement.requirements import AtLeast
from nodeselect.quantity import MAX_AMOUNT

# For more different requests, all sets are built again. A set of 100,000 nodes has up to 12 KiB.
_MAX_SETS = 256

# The list of changes is kept up to this length, or up to the number of nodes if that is larger.
_MIN_CHANGES = 1_024


class UsageIndex:
    """Finds the nodes of a store that lack a resource because of one ``Usage``.

    A set has all versions of a node, so it is right for every reader of the store. Memory: 8 bytes
    for each node and each resource that any pod requests.

    :param segment: the nodes of the store at the last compaction; ``delta`` has the later ones.
    """

    __slots__ = ("_changed", "_delta", "_free", "_lock", "_seen", "_segment", "_sets")

    def __init__(self, segment: Segment | None, delta: Delta) -> None:
        self._segment = segment
        self._delta = delta
        self._lock = ThreadLock()  # readers update it
        # The version of the usage, and how many nodes the delta had.
        self._seen = 0, 0
        # By resource, for each ordinal: what is free on a node in use; otherwise the most possible.
        self._free: dict[str, array[int]] = {}
        self._changed: list[int] = []  # ordinals
        # For each request: how many of ``_changed`` are considered, and the set.
        self._sets: dict[AtLeast, tuple[int, Postings]] = {}

    def lacking(self, requests: Sequence[AtLeast], usage: Usage) -> list[Postings]:
        """Return for each request the ordinals of the nodes in use on which less is free.

        The results may be modified by no caller. Cost: a few microseconds for each node whose usage
        has changed since the last call; the first time, for each node in use.

        :param usage: the same object in each call; its changes since the last one are considered.
        """
        return self._lock.run(self._lacking, requests, usage)

    def _lacking(self, requests: Sequence[AtLeast], usage: Usage) -> list[Postings]:
        self._update(usage)
        # The others are requested by no pod.
        return [self._below(each) for each in requests if each.resource in self._free]

    def _below(self, request: AtLeast) -> Postings:
        free, end = self._free[request.resource], len(self._changed)
        done, nodes = self._sets.get(request, (0, None))
        if nodes is None:
            if len(self._sets) >= _MAX_SETS:
                self._sets.clear()
            nodes = _below(free, request.amount)
        else:
            lacks = {ordinal: free[ordinal] < request.amount for ordinal in self._changed[done:]}
            moved = [ordinal for ordinal, lacking in lacks.items() if lacking != (ordinal in nodes)]
            if moved:  # seldom
                nodes = nodes ^ postings.from_ordinals(sorted(moved))
        self._sets[request] = end, nodes
        return nodes

    def _update(self, usage: Usage) -> None:
        """Consider the changes of the usage and of the nodes since the last call."""
        version, added = self._seen
        seen = usage.version, len(self._delta.nodes)
        if seen == self._seen:
            return
        size = self._delta.first + seen[1]
        for free in self._free.values():
            free.extend([MAX_AMOUNT] * (size - len(free)))
        new_ids = {node.id for node in self._delta.nodes[added : seen[1]]}
        for node_id in usage.changed_since(version) | new_ids:
            used = usage.of(node_id)
            for resource in used.keys() - self._free.keys():
                self._free[resource] = array("Q", [MAX_AMOUNT]) * size
            for ordinal in self._ordinals(node_id):
                if ordinal >= size:  # a writer has added it meanwhile
                    continue
                self._changed.append(ordinal)
                resources = self._resources(ordinal) if used else None
                for resource, free in self._free.items():
                    if resources is None or resource not in used:
                        free[ordinal] = MAX_AMOUNT
                    else:
                        free[ordinal] = max(resources.get(resource, 0) - used[resource], 0)
        self._seen = seen
        if len(self._changed) > max(_MIN_CHANGES, size):
            self._changed.clear()
            self._sets.clear()

    def _ordinals(self, node_id: str) -> list[int]:
        """Return the ordinals of all versions of a node, deleted versions included."""
        indexed = None if self._segment is None else self._segment.ids.find(node_id)
        return [*([] if indexed is None else [indexed]), *self._delta.ordinals(node_id)]

    def _resources(self, ordinal: int) -> Mapping[str, int] | None:
        if self._segment is None or ordinal >= self._delta.first:
            return self._delta.nodes[ordinal - self._delta.first].resources
        facts = self._segment.rows.facts(self._segment.rank(ordinal))
        return facts and facts.resources


def _below(free: "array[int]", amount: int) -> Postings:
    """Return the ordinals of the nodes on which less than ``amount`` is free."""
    bulk = bulk_reader(len(free))
    if bulk is None:
        return postings.from_ordinals([at for at, each in enumerate(free) if each < amount])
    enough = postings.from_containers(bulk.at_least(free, amount))
    return postings.from_range(0, len(free)) - enough
