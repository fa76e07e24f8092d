"""From a selector and an index to a plan: the steps that answer it.

Planning looks at the sizes and decides; running decides nothing.

- Postings are intersected in the order of their *bytes*: in a clustered segment a million ordinals
  may be one run, and cost less than a thousand scattered ones (``benchmarks/test_match.py``).
- What is excluded is subtracted last, the largest first; no complement is ever built.
- Only if nothing is intersected, the plan starts from all nodes.
- A list of values is one union, built while planning and kept with the plan. If a list names most
  of the values of a key, the others are subtracted instead.
"""

from collections.abc import Collection, Iterable
from operator import attrgetter

from nodeselect.index import postings
from nodeselect.index.label_index import LabelIndex
from nodeselect.index.postings import Postings
from nodeselect.selectors import HasKey, InRange, OneOf, Operator, Requirement, Selector
from nodeselect.text import pluralize, printable, truncate

__all__ = ["Plan", "PlanCache", "Step", "count", "make_plan", "run"]

# Characters that are shown of the condition of a step.
_CONDITION_WIDTH = 60

# What a selector spends on an id: the string, and its entries in a tuple and in a set.
_ID_BYTES = 150


class Step:
    """One step of a plan: nodes to intersect with, or to subtract. Immutable.

    :param condition: what the nodes have in common; its text is that of a selector.
    :param nodes: the nodes.
    :param cost: what reading them costs, in bytes.
    :param is_materialized: whether they were built for this plan, not taken from the index.
    """

    __slots__ = ("_condition", "_postings", "bytes", "is_materialized")

    bytes: int
    is_materialized: bool

    def __init__(
        self, condition: object, nodes: Postings, cost: int, *, is_materialized: bool = False
    ) -> None:
        self._condition = condition
        self._postings = nodes
        self.bytes = cost
        self.is_materialized = is_materialized

    @property
    def condition(self) -> str:
        """What the nodes have in common, as a selector says it."""
        return str(self._condition)

    @property
    def nodes(self) -> int:
        """The number of nodes."""
        return len(self._postings)

    def __str__(self) -> str:
        condition = printable(truncate(self.condition, _CONDITION_WIDTH))
        return f"{condition}: {pluralize(self.nodes, 'node')}, {self.bytes:,} bytes"


class Plan:
    """The steps that answer one selector over one index: small, immutable, made to run often.

    :param everything: all nodes of the index.
    :param include: what is intersected; all nodes if there is nothing.
    :param exclude: what is subtracted afterwards.
    :param covered_nodes: how many nodes a mutable index had when the plan was made; the plan may
        miss later ones.
    """

    __slots__ = ("_everything", "_exclude", "_include", "covered_nodes", "exclude", "include")

    include: tuple[Step, ...]
    exclude: tuple[Step, ...]

    def __init__(
        self,
        everything: Postings,
        include: Iterable[Step] = (),
        exclude: Iterable[Step] = (),
        covered_nodes: int = 0,
    ) -> None:
        """Order the steps by their cost."""
        self.covered_nodes = covered_nodes
        self.include = tuple(sorted(include, key=attrgetter("bytes")))
        self.exclude = tuple(sorted(exclude, key=attrgetter("bytes"), reverse=True))
        self._everything = everything
        self._include = tuple(step._postings for step in self.include)
        self._exclude = tuple(step._postings for step in self.exclude)

    @property
    def bytes(self) -> int:
        """The memory of what was built for this plan, in bytes."""
        return sum(step.bytes for step in (*self.include, *self.exclude) if step.is_materialized)

    def __str__(self) -> str:
        """Return the steps with their sizes: *include* intersects, *exclude* subtracts.

        The numbers count the nodes of the index: also those replaced or removed since.
        """
        lines = [f"include {step}" for step in self.include]
        if not lines:
            lines = [f"include all: {pluralize(len(self._everything), 'node')}"]
        return "\n".join([*lines, *(f"exclude {step}" for step in self.exclude)])

    def __repr__(self) -> str:
        return f"<Plan: {self}>".replace("\n", "; ")


def run(plan: Plan) -> Postings:
    """Return the ordinals of the answer. They may be those of the index: do not modify them."""
    return postings.evaluate(plan._everything, plan._include, plan._exclude)


def count(plan: Plan) -> int:
    """Return the size of the answer, without building all of it."""
    return postings.evaluate_size(plan._everything, plan._include, plan._exclude)


class PlanCache:
    """The plans of one index by selector, bounded in number and in memory.

    :param max_bytes: the memory of what was built for the plans, and of the ids in the selectors.
    """

    __slots__ = ("_max_bytes", "_max_plans", "_plans", "memory_bytes")

    memory_bytes: int

    def __init__(self, max_bytes: int, max_plans: int = 4_096) -> None:
        self._plans: dict[Selector, Plan] = {}
        self._max_bytes = max_bytes
        self._max_plans = max_plans
        self.memory_bytes = 0

    def __len__(self) -> int:
        return len(self._plans)

    def get(self, selector: Selector) -> Plan | None:
        """Return the plan of ``selector``, or None. Cost: one look-up."""
        return self._plans.get(selector)

    def put(self, selector: Selector, plan: Plan) -> None:
        """Add or replace a plan; if it does not fit, all others are dropped."""
        ids = _ID_BYTES * len(selector.ids or ())
        added = plan.bytes + ids
        previous = self._plans.get(selector)
        self.memory_bytes += added - (0 if previous is None else previous.bytes + ids)
        if self.memory_bytes > self._max_bytes or len(self._plans) >= self._max_plans:
            self._plans.clear()
            self.memory_bytes = added
        self._plans[selector] = plan


def make_plan(
    index: LabelIndex,
    selector: Selector,
    with_ids: Postings | None = None,
    covered_nodes: int = 0,
) -> Plan:
    """Decide how to answer ``selector`` over ``index``.

    :param with_ids: the nodes with the ids of the selector; None if it has no ids.
    :param covered_nodes: of a mutable index, how many nodes it has at least.

    Cost: a few microseconds a requirement, and the unions of its lists.
    """
    if not selector.is_satisfiable:
        nothing = Step("nothing", postings.from_range(0, 0), 0)
        return Plan(index.everything, [nothing], covered_nodes=covered_nodes)
    include: list[Step] = []
    exclude: list[Step] = []
    if with_ids is not None:
        cost = postings.encoded_bytes(with_ids)
        include.append(Step("one of the ids", with_ids, cost, is_materialized=True))
    for requirement in selector.requirements:
        _add_steps(index, requirement, include, exclude)
    return Plan(index.everything, include, [step for step in exclude if step.bytes], covered_nodes)


def _add_steps(
    index: LabelIndex, requirement: Requirement, include: list[Step], exclude: list[Step]
) -> None:
    key, negated = requirement.key, requirement.is_negated
    match requirement.test:
        case HasKey() if negated:
            exclude.append(_step(index, key, index.nodes_with_key(key)))
        case HasKey():
            _include_key(index, key, include)
        case OneOf(values) if negated:
            condition = Requirement._trusted(key, Operator.IN, values)
            exclude.append(_union(index, key, values, condition))
        case OneOf(values):
            _include_values(index, requirement, values, include, exclude)
        case InRange(low, high):
            values_in_range = index.values_in_range(key, low, high)
            _include_values(index, requirement, values_in_range, include, exclude)


def _include_key(index: LabelIndex, key: str, include: list[Step]) -> None:
    nodes = index.nodes_with_key(key)
    # Two lengths of a mutable index may be of different moments.
    if index.is_mutable or len(nodes) < len(index.everything):
        include.append(_step(index, key, nodes))


def _include_values(
    index: LabelIndex,
    requirement: Requirement,
    values: Collection[str],
    include: list[Step],
    exclude: list[Step],
) -> None:
    key = requirement.key
    known = index.values(key)
    if not index.is_mutable:
        values = [value for value in values if value in known]
    if index.is_mutable or len(values) < 2 or 2 * len(values) <= len(known):
        include.append(_union(index, key, values, requirement))
        return
    others = known.keys() - values
    _include_key(index, key, include)
    exclude.append(_union(index, key, others, f"{key} in ({len(others):,} other values)"))


def _union(index: LabelIndex, key: str, values: Iterable[str], condition: object) -> Step:
    by_value = index.values(key)
    parts = [stored for stored in map(by_value.get, values) if stored is not None]
    return _step(index, condition, postings.union(parts), is_materialized=len(parts) > 1)


def _step(
    index: LabelIndex, condition: object, nodes: Postings, *, is_materialized: bool = False
) -> Step:
    # Scattered ordinals take two bytes each; for a mutable index this estimate is good enough.
    cost = 2 * len(nodes) if index.is_mutable else postings.encoded_bytes(nodes)
    return Step(condition, nodes, cost, is_materialized=is_materialized)
