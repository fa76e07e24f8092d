"""Plan how to answer a selector: which postings, sets of nodes, to intersect and to subtract.

All decisions are made while planning, by the sizes of the sets.

- Sets are intersected in ascending order of their *bytes*: in an index in which similar nodes are
  neighbours, a million nodes may be one run, and cost less than a thousand scattered nodes
  (``benchmarks/test_match.py``).
- Sets to exclude are subtracted last, the largest first. No complement is ever built.
- A plan starts from all nodes only if there is nothing to intersect.
- The union for a list of values is built while planning and kept in the plan. If the list has more
  than half of a key's values, the plan subtracts the other values from the nodes with the key.

Plans are cached by selector, limited in number and in memory.
"""

from collections.abc import Collection, Iterable
from operator import itemgetter
from typing import Any, NamedTuple, assert_never

from nodeselect.index import postings
from nodeselect.index.label_index import LabelIndex
from nodeselect.index.postings import Postings
from nodeselect.placement import Placement
from nodeselect.placement.requirements import AtLeast, Requirable, Tolerates
from nodeselect.selectors import Requirement, Selector
from nodeselect.selectors.requirement import ID_KEY, HasKey, InRange, OneOf

# Memory of an id in a selector: the string, and its entries in a tuple and in a set.
_ID_BYTES = 150


class CacheMemory:
    """Counts the bytes in several caches; empties all of them if there are more than ``max_bytes``.

    To empty only one cache would free nothing, because the cached plans and the cached sets of
    nodes refer to the same sets.
    """

    def __init__(self, max_bytes: int) -> None:
        self.used_bytes = 0
        self._max_bytes = max_bytes
        self._caches: list[dict[Any, Any]] = []

    def new_cache(self) -> dict[Any, Any]:
        """Return a new empty cache, which is emptied together with the others."""
        self._caches.append({})
        return self._caches[-1]

    def add(self, size: int) -> None:
        """Count ``size`` bytes that the caller then caches; negative for bytes no longer cached."""
        self.used_bytes += size
        if self.used_bytes > self._max_bytes:
            self.empty()
            self.used_bytes = size

    def empty(self) -> None:
        for cache in self._caches:
            cache.clear()
        self.used_bytes = 0


class Plan(NamedTuple):
    """How to answer one selector over one index: which sets of nodes to intersect and subtract.

    A plan may be evaluated many times.

    :param everything: all nodes of the index.
    :param include: the sets to intersect; if there are none, start from ``everything``.
    :param exclude: the sets to subtract afterwards.
    :param memory_bytes: the size of the sets that were built for this plan.
    :param covered_nodes: the plan is right for at least this many first nodes of a mutable index; 0
        for an index that does not change, where the plan is right for all nodes.
    """

    everything: Postings
    include: tuple[Postings, ...]
    exclude: tuple[Postings, ...] = ()
    memory_bytes: int = 0
    covered_nodes: int = 0

    def evaluate(self) -> Postings:
        """Return the set of matching nodes. Do not modify it: it may belong to the index."""
        return postings.evaluate(self.everything, self.include, self.exclude)

    def evaluate_size(self) -> int:
        """Return the number of matching nodes; faster than building their set."""
        return postings.evaluate_size(self.everything, self.include, self.exclude)


def make_plan(
    index: LabelIndex,
    selector: Selector,
    with_ids: Postings | None = None,
    without_ids: Collection[int] = (),
    covered_nodes: int = 0,
) -> Plan:
    """Make a plan that finds the nodes in ``index`` that ``selector`` matches.

    :param with_ids: the nodes with the ids in ``selector``; None if the selector has no ids.
    :param without_ids: the ordinals of the nodes with the ids that ``selector`` excludes.
    :param covered_nodes: how many nodes a mutable index had before this call. The plan covers all
        of these; nodes that another thread adds during the call may be missing.

    Cost: a few microseconds for each requirement, and the union of the nodes for a list of values.
    """
    if not selector.is_satisfiable:
        return Plan(index.everything, (postings.from_ordinals(()),), covered_nodes=covered_nodes)
    planner = _Planner(index)
    if with_ids is not None:
        planner.add(planner.include, with_ids, is_built=True)
    if without_ids:
        planner.add(planner.exclude, postings.from_ordinals(without_ids), is_built=True)
    for requirement in selector.requirements:
        if requirement.key != ID_KEY:
            planner.add_requirement(requirement)
    return planner.plan(covered_nodes)


def plan_excluding(
    index: LabelIndex, condition: Tolerates | AtLeast, covered_nodes: int = 0
) -> Plan:
    """Make a plan that finds the nodes which are not known to fail a condition of a placement.

    Cost: one step for each different set of taints; or about a nanosecond a node, to read the
    amounts of a resource. ``covered_nodes`` is as for :func:`make_plan`.
    """
    if isinstance(condition, Tolerates):
        by_taints = dict(index.taints).items()  # a writer may add sets of taints
        failing = [nodes for taints, nodes in by_taints if not condition.allows(taints)]
        excluded = postings.union(failing)
    else:
        excluded, amounts = index.with_resources, index.amounts.get(condition.resource)
        if amounts is not None:
            excluded = excluded - amounts.at_least(condition.amount)
    size = postings.encoded_bytes(excluded)
    return Plan(index.everything, (), (excluded,), size, covered_nodes)


class _Planner:
    """Collects the sets to intersect and to subtract, with the size of each set in bytes."""

    def __init__(self, index: LabelIndex) -> None:
        self.include: list[tuple[int, Postings]] = []
        self.exclude: list[tuple[int, Postings]] = []
        self._index = index
        self._built_bytes = 0

    def add(
        self, operands: list[tuple[int, Postings]], nodes: Postings, *, is_built: bool = False
    ) -> None:
        # Scattered ordinals take two bytes each; for a mutable index this estimate is good enough.
        cost = 2 * len(nodes) if self._index.is_mutable else postings.encoded_bytes(nodes)
        operands.append((cost, nodes))
        self._built_bytes += is_built * cost

    def add_requirement(self, requirement: Requirement) -> None:
        key, negated = requirement.key, requirement.is_negated
        match requirement.test:
            case HasKey() if negated:
                self.add(self.exclude, self._index.nodes_with_key(key))
            case HasKey():
                self._include_key(key)
            case OneOf(values) if negated:
                self._add_values(self.exclude, key, values)
            case OneOf(values):
                self._include_values(key, values)
            case InRange(low, high):
                self._include_values(key, self._index.values_in_range(key, low, high))
            case test:
                assert_never(test)

    def _include_key(self, key: str) -> None:
        nodes = self._index.nodes_with_key(key)
        # A writer may add nodes to a mutable index between the reading of the two lengths.
        if self._index.is_mutable or len(nodes) < len(self._index.everything):
            self.add(self.include, nodes)

    def _include_values(self, key: str, values: Collection[str]) -> None:
        known = self._index.values(key)
        if not self._index.is_mutable:
            values = [value for value in values if value in known]
            if len(values) > 1 and 2 * len(values) > len(known):
                self._include_key(key)
                self._add_values(self.exclude, key, known.keys() - values)
                return
        self._add_values(self.include, key, values)

    def _add_values(
        self, operands: list[tuple[int, Postings]], key: str, values: Iterable[str]
    ) -> None:
        by_value = self._index.values(key)
        parts = [stored for stored in map(by_value.get, values) if stored is not None]
        self.add(operands, postings.union(parts), is_built=len(parts) > 1)

    def plan(self, covered_nodes: int) -> Plan:
        cost = itemgetter(0)
        include = [nodes for _, nodes in sorted(self.include, key=cost)]
        exclude = [nodes for size, nodes in sorted(self.exclude, key=cost, reverse=True) if size]
        return Plan(
            self._index.everything, tuple(include), tuple(exclude), self._built_bytes, covered_nodes
        )


class PlanCache:
    """A cache of plans by condition, limited in number and by ``memory``."""

    def __init__(self, memory: CacheMemory, max_plans: int = 4_096) -> None:
        self._plans: dict[Requirable | Placement, Plan] = memory.new_cache()
        self._memory = memory
        self._max_plans = max_plans
        self.get = self._plans.get

    def put(self, condition: Requirable | Placement, plan: Plan) -> None:
        """Add or replace a plan; first drop all other plans if a limit would be exceeded."""
        ids = _ID_BYTES * len((isinstance(condition, Selector) and condition.ids) or ())
        previous = self._plans.get(condition)
        if previous is not None:
            self._memory.add(-previous.memory_bytes - ids)
        if len(self._plans) >= self._max_plans:
            self._memory.empty()
        self._memory.add(plan.memory_bytes + ids)
        self._plans[condition] = plan
