"""The nodes on which too little of a resource is free, because of the pods that run there.

What is free on each node, and the sets of nodes on which less is free than was requested, are kept
up to date: only nodes whose usage has changed since the last call are looked at again.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from operator import itemgetter
from typing import Any

from nodeselect.files.thread_lock import ThreadLock
from nodeselect.index import postings
from nodeselect.index.lazy import bulk_reader
from nodeselect.index.postings import Postings
from nodeselect.index.segment import Segment, at_least
from nodeselect.inventory.delta import Delta
from nodeselect.inventory.pod_index import Nodes, PodIndex
from nodeselect.placement import UsageSnapshot
from nodeselect.placement.pod_rules import PodRule, PodRules
from nodeselect.quantity import MAX_AMOUNT

# So many sets are kept for a resource. A set of 100,000 nodes has up to 12 KiB.
_MAX_SETS = 128

# If one of so many nodes, or more, has changed, to look at all nodes is faster.
_FEW = 16

# Up to this many changed nodes, a table is changed and never built anew.
_MIN_CHANGES = 1_024

# An index keeps this many tables.
_MAX_TABLES = 4

_limit = itemgetter(0)


class UsageIndex:
    """Finds the nodes of a store that lack a resource because of a usage, or of copies of it.

    It has all versions of a node, so it is right for every reader of the store. For each of the
    last few moments that are far from each other, it has a table; for any other moment, the nearest
    table is changed. Memory: 8 bytes for each node and each resource that any pod requests.

    :param segment: the nodes of the store at the last compaction; ``delta`` has the later ones.
    """

    def __init__(self, segment: Segment | None, delta: Delta) -> None:
        self._nodes = segment, delta
        self._lock = ThreadLock()  # readers update it
        self._tables: list[_Table] = []  # the one that was used last is the first

    def with_free(
        self, nodes: Postings, requests: Mapping[str, int], usage: UsageSnapshot
    ) -> Postings:
        """Return the ordinals in ``nodes`` of nodes on which not less than ``requests`` is free.

        A node on which no pod requests a resource does not lack it. Cost: a few microseconds for
        each node whose usage has changed since the last call; the first time, about a microsecond
        for each node.
        """
        return self._lock.run(self._with_free, nodes, requests, usage)

    def has_pods(self, nodes: Postings, usage: UsageSnapshot) -> bool:
        """Return whether anything runs on ``nodes``. Cost: as for :meth:`with_free`."""
        return self._lock.run(lambda: self._table(usage).in_use.intersect(nodes))

    def without_excluded(
        self, nodes: Postings, rules: Iterable[PodRule], view: Nodes, usage: UsageSnapshot
    ) -> Postings:
        """Return the ordinals in ``nodes`` of nodes of a view that no rule excludes.

        Cost: a few microseconds for each rule and each node whose pods have changed since the last
        call; the first time, a microsecond for each pod that the rules count.
        """
        return self._lock.run(self._without_excluded, nodes, rules, view, usage)

    def _without_excluded(
        self, nodes: Postings, rules: Iterable[PodRule], view: Nodes, usage: UsageSnapshot
    ) -> Postings:
        pods = self._pods(usage)
        for rule in rules:
            nodes = nodes - pods.excluded(rule, view, usage)
        return nodes

    def pods_in_the_way(
        self, rule: PodRule, node_id: str, view: Nodes, usage: UsageSnapshot
    ) -> list[str]:
        """Return the ids of the pods by which a rule excludes a node. Cost: as for ``match``."""

        def find() -> list[str]:
            return self._pods(usage).in_the_way(rule, node_id, view, usage)

        return self._lock.run(find)

    def depends_on_namespaces(self, rules: PodRules, usage: UsageSnapshot) -> bool:
        """Return whether an anti-affinity of running pods depends on labels of a namespace."""
        return self._lock.run(lambda: self._pods(usage).depends_on_namespaces(rules))

    def _pods(self, usage: UsageSnapshot) -> PodIndex:
        table = self._table(usage)
        if table.pods is None:
            table.pods = PodIndex(usage)
        return table.pods

    def free(self, resource: str, ordinals: Any, usage: UsageSnapshot) -> Any:
        """Return how much is free on the nodes in use, and ``MAX_AMOUNT`` on others, as an array.

        :param ordinals: a numpy array of ordinals. Cost: that of :meth:`with_free`, 5 ns a node.
        """
        return self._lock.run(lambda: self._table(usage).amounts(resource, ordinals))

    def load(self, previous: "UsageIndex") -> None:
        """Compute the tables and sets that a ``previous`` index has, of another store.

        Cost: about a microsecond for each node, which a reader then need not wait for.
        """
        for old in previous._tables.copy():
            table = _Table(*self._nodes, old.usage)
            for resource, free in old.free.items():
                if resource in table.free:
                    for amount in free.limits():
                        table.free[resource].less_than(amount)
            table.pods = old.pods and PodIndex(old.usage)
            self._tables.append(table)

    def _with_free(
        self, nodes: Postings, requests: Mapping[str, int], usage: UsageSnapshot
    ) -> Postings:
        free = self._table(usage).free
        in_use = [(free[each], amount) for each, amount in requests.items() if each in free]
        lacking = [amounts.less_than(amount) for amounts, amount in in_use]
        return postings.evaluate(nodes, (), list(filter(None, lacking)))

    def _table(self, usage: UsageSnapshot) -> "_Table":
        """Return the table of the usage, with all nodes that there are now."""
        tables = self._tables
        found = next((each for each in tables if each.usage._nodes is usage._nodes), None)
        if found is None:
            found = next((each for each in tables if each.change_to(usage)), None)
        if found is None:
            found = _Table(*self._nodes, usage)
        if not (tables and tables[0] is found):
            others = [each for each in tables if each is not found]
            self._tables = [found, *others[: _MAX_TABLES - 1]]
        found.add_nodes()
        return found


class _Table:
    """What is free on each node at one moment.

    :ivar free: of each resource that is requested on any node.
    :ivar in_use: the nodes on which anything runs.
    :ivar pods: what runs there, once a rule between pods is asked.
    """

    def __init__(self, segment: Segment | None, delta: Delta, usage: UsageSnapshot) -> None:
        self._segment, self._delta, self.usage = segment, delta, usage
        self.pods: PodIndex | None = None
        self._added = 0  # how many nodes of the delta it has
        self.free: dict[str, _FreeAmounts] = {}
        self.in_use = postings.from_ordinals(())
        changed = usage._nodes
        if segment is not None and _FEW * len(changed) > len(segment) and bulk_reader(len(changed)):
            self.free, self.in_use = _read(segment, usage)
        else:
            self._update(changed.to_dict(), delta.first)

    def change_to(self, usage: UsageSnapshot) -> bool:
        """Make it the table of another moment; return False if it is too far for that."""
        limit = max(_MIN_CHANGES, (self._delta.first + self._added) // _FEW)
        changed = usage._nodes.differences(self.usage._nodes, limit)
        if changed is None:
            return False
        self.usage = usage
        if self.pods is not None:
            self.pods.change_to(usage, changed)
        self._update(changed, self._delta.first + self._added)
        return True

    def add_nodes(self) -> None:
        """Consider the nodes that were added since the last call."""
        delta, added = self._delta, len(self._delta.nodes)
        if added > self._added:
            size = delta.first + added
            for free in self.free.values():
                free.extend(size)
            self._update({node.id for node in delta.nodes[self._added : added]}, size)
            self._added = added

    def amounts(self, resource: str, ordinals: Any) -> Any:
        """Return what is free of a resource on some nodes, as a numpy array."""
        import numpy as np

        if (free := self.free.get(resource)) is None:
            return np.full(len(ordinals), MAX_AMOUNT)
        return np.frombuffer(free.amounts, np.int64)[ordinals]

    def _update(self, changed: Iterable[str], size: int) -> None:
        """Consider what runs on the nodes with these ids, whose ordinals are below ``size``."""
        for node_id in changed:
            on_node = self.usage._nodes.get(node_id)
            used = {} if on_node is None else on_node.used
            for resource in used:
                if resource not in self.free:
                    self.free[resource] = _FreeAmounts(array("Q", [MAX_AMOUNT]) * size)
            for ordinal, resources in self._versions(node_id, size):
                (self.in_use.discard if on_node is None else self.in_use.add)(ordinal)
                for resource, free in self.free.items():
                    amount = MAX_AMOUNT
                    if resources is not None and resource in used:
                        amount = max(resources.get(resource, 0) - used[resource], 0)
                    free.put(ordinal, amount)

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
        self.amounts = amounts
        # Pairs of an amount, ascending, and the nodes on which less is free.
        self._sets: list[tuple[int, Postings]] = []

    def extend(self, size: int) -> None:
        """Add nodes that are not in use, up to ``size`` nodes."""
        if size > len(self.amounts):
            self.amounts.extend([MAX_AMOUNT] * (size - len(self.amounts)))

    def limits(self) -> list[int]:
        """Return the amounts for which :meth:`less_than` has a set."""
        return [limit for limit, _ in self._sets]

    def put(self, ordinal: int, amount: int) -> None:
        old = bisect_right(self._sets, self.amounts[ordinal], key=_limit)
        new = bisect_right(self._sets, amount, key=_limit)
        for at in range(new, old):
            self._sets[at][1].add(ordinal)
        for at in range(old, new):
            self._sets[at][1].discard(ordinal)
        self.amounts[ordinal] = amount

    def less_than(self, amount: int) -> Postings:
        """Return the nodes on which less than ``amount`` is free. :meth:`put` changes the set."""
        at = bisect_left(self._sets, amount, key=_limit)
        if at < len(self._sets) and self._sets[at][0] == amount:
            return self._sets[at][1]
        everything = postings.from_range(0, len(self.amounts))
        nodes = everything - at_least(self.amounts, amount)
        if len(self._sets) >= _MAX_SETS:
            self._sets.clear()
            at = 0
        self._sets.insert(at, (amount, nodes))
        return nodes


def _read(segment: Segment, usage: UsageSnapshot) -> tuple[dict[str, _FreeAmounts], Postings]:
    """Return what is free on the nodes of a segment, by resource; and on which nodes pods run."""
    from nodeselect.index.fact_columns import unused_amounts  # imports numpy

    columns, order = segment.rows.fact_columns, segment.order.array
    find = usage._nodes.to_dict().get
    ids = segment.ids_in_order(array("I", range(len(segment))), ())
    found = [find(each) for each in ids]
    used = [{} if on_node is None else on_node.used for on_node in found]
    in_use = postings.from_ordinals([n for n, rank in enumerate(order.tolist()) if found[rank]])
    free: dict[str, _FreeAmounts] = {}
    if columns is None:
        return free, in_use
    for resource in set(chain.from_iterable(used)):
        amounts = array("Q", [min(each.get(resource, 0), MAX_AMOUNT) for each in used])
        unused = unused_amounts(columns, resource, amounts)
        free[resource] = _FreeAmounts(array("Q", unused.take(order).tobytes()))
    return free, in_use
