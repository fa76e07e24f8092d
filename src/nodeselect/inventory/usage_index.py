"""The nodes on which too little of a resource is free, because of the pods that run there.

What is free on each node, and the sets of nodes on which less is free than was requested, are kept
up to date: only nodes whose usage has changed since the last call are looked at again.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from itertools import chain
from operator import itemgetter

from nodeselect.files.thread_lock import ThreadLock
from nodeselect.index import postings
from nodeselect.index.lazy import bulk_reader
from nodeselect.index.postings import Postings
from nodeselect.index.segment import Segment, at_least
from nodeselect.inventory.delta import Delta
from nodeselect.placement import Usage
from nodeselect.quantity import MAX_AMOUNT

# So many sets are kept for a resource. A set of 100,000 nodes has up to 12 KiB.
_MAX_SETS = 128

# If one of so many nodes, or more, has changed, to look at all nodes is faster.
_FEW = 16

_limit = itemgetter(0)


class UsageIndex:
    """Finds the nodes of a store that lack a resource because of one ``Usage``.

    It has all versions of a node, so it is right for every reader of the store. Memory: 8 bytes for
    each node and each resource that any pod requests.

    :param segment: the nodes of the store at the last compaction; ``delta`` has the later ones.
    """

    def __init__(self, segment: Segment | None, delta: Delta) -> None:
        self._segment = segment
        self._delta = delta
        self._lock = ThreadLock()  # readers update it
        # The version of the usage, and how many nodes the delta had.
        self._seen = 0, 0
        self._free: dict[str, _FreeAmounts] = {}
        self._in_use = postings.from_ordinals(())  # the nodes on which pods run

    def with_free(self, nodes: Postings, requests: Mapping[str, int], usage: Usage) -> Postings:
        """Return the ordinals in ``nodes`` of nodes on which not less than ``requests`` is free.

        A node on which no pod requests a resource does not lack it. Cost: a few microseconds for
        each node whose usage has changed since the last call; the first time, about a microsecond
        for each node.

        :param usage: the same object in each call; its changes since the last one are considered.
        """
        return self._lock.run(self._with_free, nodes, requests, usage)

    def has_pods(self, nodes: Postings, usage: Usage) -> bool:
        """Return whether pods run on any of ``nodes``. Cost: as for :meth:`with_free`."""
        return self._lock.run(self._has_pods, nodes, usage)

    def load(self, usage: Usage, previous: "UsageIndex") -> None:
        """Compute what :meth:`with_free` needs, the sets of a ``previous`` index of the usage too.

        Cost: about a microsecond for each node, which a reader then need not wait for.
        """
        self._lock.run(self._load, usage, previous)

    def _load(self, usage: Usage, previous: "UsageIndex") -> None:
        self._update(usage)
        for resource, free in self._free.items():
            if resource in previous._free:
                for amount in previous._free[resource].limits():
                    free.less_than(amount)

    def _has_pods(self, nodes: Postings, usage: Usage) -> bool:
        self._update(usage)
        return self._in_use.intersect(nodes)

    def _with_free(self, nodes: Postings, requests: Mapping[str, int], usage: Usage) -> Postings:
        self._update(usage)
        in_use = [(self._free[each], n) for each, n in requests.items() if each in self._free]
        lacking = [free.less_than(amount) for free, amount in in_use]
        return postings.evaluate(nodes, (), list(filter(None, lacking)))

    def _update(self, usage: Usage) -> None:
        """Consider the changes of the usage and of the nodes since the last call."""
        version, added = self._seen
        seen = usage.version, len(self._delta.nodes)
        if seen == self._seen:
            return
        size = self._delta.first + seen[1]
        changed = usage.changed_since(version)
        if changed is None:
            changed, added = usage.in_use(), 0
            self._free, self._in_use = {}, postings.from_ordinals(())
        segment, count = self._segment, len(changed)
        if segment is not None and _FEW * count > len(segment) and bulk_reader(count):
            self._free, self._in_use = _read(segment, usage)
            changed, added = frozenset(), 0
        for free in self._free.values():
            free.extend(size)
        if new_nodes := self._delta.nodes[added : seen[1]]:
            changed = changed.union(node.id for node in new_nodes)
        for node_id in changed:
            used = usage.of(node_id)
            for resource in used:
                if resource not in self._free:
                    self._free[resource] = _FreeAmounts(array("Q", [MAX_AMOUNT]) * size)
            for ordinal, resources in self._versions(node_id, size):
                (self._in_use.add if used else self._in_use.discard)(ordinal)
                for resource, free in self._free.items():
                    amount = MAX_AMOUNT
                    if resources is not None and resource in used:
                        amount = max(resources.get(resource, 0) - used[resource], 0)
                    free.put(ordinal, amount)
        self._seen = seen

    def _versions(self, node_id: str, size: int) -> Iterator[tuple[int, Mapping[str, int] | None]]:
        """Yield the ordinal, if below ``size``, and the resources of each version of a node."""
        segment, delta = self._segment, self._delta
        if segment is not None and (ordinal := segment.ids.find(node_id)) is not None:
            facts = segment.rows.facts(segment.rank(ordinal))
            yield ordinal, facts and facts.resources
        for ordinal in delta.ordinals(node_id):
            if ordinal < size:  # otherwise a writer has added it meanwhile
                yield ordinal, delta.nodes[ordinal - delta.first].resources


class _FreeAmounts:
    """How much of a resource is free on each node, and the nodes with less than certain amounts.

    :param amounts: for each ordinal, what is free on a node in use; otherwise the most possible.
    """

    def __init__(self, amounts: "array[int]") -> None:
        self._amounts = amounts
        # Pairs of an amount, ascending, and the nodes on which less is free.
        self._sets: list[tuple[int, Postings]] = []

    def extend(self, size: int) -> None:
        """Add nodes that are not in use, up to ``size`` nodes."""
        if size > len(self._amounts):
            self._amounts.extend([MAX_AMOUNT] * (size - len(self._amounts)))

    def limits(self) -> list[int]:
        """Return the amounts for which :meth:`less_than` has a set."""
        return [limit for limit, _ in self._sets]

    def put(self, ordinal: int, amount: int) -> None:
        old = bisect_right(self._sets, self._amounts[ordinal], key=_limit)
        new = bisect_right(self._sets, amount, key=_limit)
        for at in range(new, old):
            self._sets[at][1].add(ordinal)
        for at in range(old, new):
            self._sets[at][1].discard(ordinal)
        self._amounts[ordinal] = amount

    def less_than(self, amount: int) -> Postings:
        """Return the nodes on which less than ``amount`` is free. :meth:`put` changes the set."""
        at = bisect_left(self._sets, amount, key=_limit)
        if at < len(self._sets) and self._sets[at][0] == amount:
            return self._sets[at][1]
        everything = postings.from_range(0, len(self._amounts))
        nodes = everything - at_least(self._amounts, amount)
        if len(self._sets) >= _MAX_SETS:
            self._sets.clear()
            at = 0
        self._sets.insert(at, (amount, nodes))
        return nodes


def _read(segment: Segment, usage: Usage) -> tuple[dict[str, _FreeAmounts], Postings]:
    """Return what is free on the nodes of a segment, by resource; and on which nodes pods run."""
    from nodeselect.index.fact_columns import unused_amounts  # imports numpy

    columns, order = segment.rows.fact_columns, segment.order.array
    used = list(map(usage.of, segment.ids_in_order(array("I", range(len(segment))), ())))
    in_use = postings.from_ordinals([n for n, rank in enumerate(order.tolist()) if used[rank]])
    free: dict[str, _FreeAmounts] = {}
    if columns is None:
        return free, in_use
    for resource in set(chain.from_iterable(used)):
        amounts = array("Q", [each.get(resource, 0) for each in used])
        unused = unused_amounts(columns, resource, amounts)
        free[resource] = _FreeAmounts(array("Q", unused.take(order).tobytes()))
    return free, in_use
