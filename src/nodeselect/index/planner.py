"""From a selector and an index to the steps that answer it.

Planning looks at the sizes and decides; running decides nothing.

- Postings are intersected in the order of their *bytes*: in a clustered segment a million ordinals
  may be one run, and cost less than a thousand scattered ones (``benchmarks/test_match.py``).
- What is not wanted is subtracted last, the biggest first; no complement is ever made.
- All nodes are begun with only where nothing is intersected.
- A list of values is one union, made while planning and kept with the plan. Where a list names
  most of what there is, the others are subtracted instead.
"""

from collections.abc import Collection, Iterable
from operator import attrgetter

from nodeselect.index import postings
from nodeselect.index.label_index import LabelIndex
from nodeselect.index.postings import Postings
from nodeselect.selectors import HasKey, InRange, OneOf, Operator, Requirement, Selector
from nodeselect.text import printable, truncate

__all__ = ["Plan", "PlanCache", "Step", "count", "make_plan", "run"]

_SHOWN = 60
"""Characters shown of what a step asks for."""


_ID_BYTES = 150
"""What a selector spends on an id: the string, and its places in a tuple and in a set."""


class Step:
    """One step of a plan: nodes to be kept, or to be taken away. Immutable."""

    __slots__ = ("_asked", "_postings", "bytes", "made")

    bytes: int
    """What reading them costs."""
    made: bool
    """Whether they were put together for this plan, and are not as the index has them."""

    def __init__(self, asked: object, found: Postings, cost: int, *, made: bool) -> None:
        """Made while planning; the text of ``asked`` is that of a selector."""
        self._asked = asked
        self._postings = found
        self.bytes = cost
        self.made = made

    @property
    def asked(self) -> str:
        """What these nodes have, as a selector says it."""
        return str(self._asked)

    @property
    def nodes(self) -> int:
        """How many they are."""
        return len(self._postings)


class Plan:
    """How one selector is answered over one index: small, immutable, to be run often."""

    __slots__ = ("_drops", "_everything", "_takes", "covers", "drops", "takes")

    takes: tuple[Step, ...]
    """What is intersected, in this order; where there is nothing, all nodes are begun with."""
    drops: tuple[Step, ...]
    """What is then taken away, in this order."""

    covers: int
    """How many nodes the index had, if it grows: of later ones the plan may not know."""

    def __init__(
        self,
        everything: Postings,
        takes: Iterable[Step] = (),
        drops: Iterable[Step] = (),
        covers: int = 0,
    ) -> None:
        """Put the steps in the order of their cost."""
        self.covers = covers
        self.takes = tuple(sorted(takes, key=attrgetter("bytes")))
        self.drops = tuple(sorted(drops, key=attrgetter("bytes"), reverse=True))
        self._everything = everything
        self._takes = tuple(step._postings for step in self.takes)
        self._drops = tuple(step._postings for step in self.drops)

    @property
    def bytes(self) -> int:
        """The memory of what was made for this plan, in bytes."""
        return sum(step.bytes for step in (*self.takes, *self.drops) if step.made)

    def explain(self) -> str:
        """Name the steps with their sizes, a line each.

        ``take`` keeps what the line names, ``drop`` takes it away.
        """
        lines = [_line("take", step) for step in self.takes]
        if not lines:
            lines = [f"take all: {len(self._everything):,} nodes"]
        return "\n".join([*lines, *(_line("drop", step) for step in self.drops)])

    def __repr__(self) -> str:
        return f"<Plan: {self.explain()}>".replace("\n", "; ")


def run(plan: Plan) -> Postings:
    """Give the ordinals of the answer. They may be those of the index: not to be changed."""
    return postings.evaluate(plan._everything, plan._takes, plan._drops)


def count(plan: Plan) -> int:
    """Give how many ordinals the answer has, without making all of it."""
    return postings.evaluate_size(plan._everything, plan._takes, plan._drops)


class PlanCache:
    """PlanCache made for one index, kept by selector; a bounded table."""

    __slots__ = ("_bytes", "_most_bytes", "_plans")

    _MOST = 4_096

    def __init__(self, most_bytes: int) -> None:
        """Keep plans of some thousand selectors, and ``most_bytes`` of what they take.

        That is what was made for the plans, and the ids that the selectors themselves hold.
        """
        self._plans: dict[Selector, Plan] = {}
        self._most_bytes = most_bytes
        self._bytes = 0

    @property
    def bytes(self) -> int:
        """The memory of what is kept, in bytes."""
        return self._bytes

    def get(self, selector: Selector) -> Plan | None:
        """Give the plan of ``selector`` if it is kept. Cost: one look-up."""
        return self._plans.get(selector)

    def put(self, selector: Selector, plan: Plan) -> None:
        """Keep ``plan``; what does not fit any more makes room by starting anew."""
        ids = _ID_BYTES * len(selector.ids or ())
        more = plan.bytes + ids
        before = self._plans.get(selector)
        self._bytes += more - (0 if before is None else before.bytes + ids)
        if self._bytes > self._most_bytes or len(self._plans) >= self._MOST:
            self._plans.clear()
            self._bytes = more
        self._plans[selector] = plan


def make_plan(
    index: LabelIndex, selector: Selector, chosen: Postings | None = None, covers: int = 0
) -> Plan:
    """Decide how to answer ``selector`` over ``index``.

    :param chosen: the nodes with the ids that the selector names; None when it names none.
    :param covers: of an index that grows, how many nodes it has at least.

    Cost: some microseconds a requirement, and the unions of its lists.
    """
    if not selector.is_satisfiable:
        nothing = Step("nothing", postings.from_range(0, 0), 0, made=False)
        return Plan(index.everything, [nothing], covers=covers)
    takes: list[Step] = []
    drops: list[Step] = []
    if chosen is not None:
        takes.append(Step("one of the ids", chosen, postings.encoded_bytes(chosen), made=True))
    for requirement in selector.requirements:
        _add_steps(index, requirement, takes, drops)
    return Plan(index.everything, takes, [step for step in drops if step.bytes], covers)


def _add_steps(
    index: LabelIndex, requirement: Requirement, takes: list[Step], drops: list[Step]
) -> None:
    key, negated = requirement.key, requirement.is_negated
    match requirement.test:
        case HasKey() if negated:
            drops.append(_step(index, key, index.nodes_with_key(key)))
        case HasKey():
            _take_carriers(index, key, takes)
        case OneOf(values) if negated:
            drops.append(_union(index, key, values, Requirement._trusted(key, Operator.IN, values)))
        case OneOf(values):
            _take_values(index, requirement, values, takes, drops)
        case InRange(low, high):
            within = index.values_in_range(key, low - 1, high + 1)
            _take_values(index, requirement, within, takes, drops)


def _take_carriers(index: LabelIndex, key: str, takes: list[Step]) -> None:
    carriers = index.nodes_with_key(key)
    # (Two lengths of an index that grows are not of one moment.)
    if index.is_mutable or len(carriers) < len(index.everything):
        takes.append(_step(index, key, carriers))


def _take_values(
    index: LabelIndex,
    requirement: Requirement,
    values: Collection[str],
    takes: list[Step],
    drops: list[Step],
) -> None:
    key = requirement.key
    known = index.values(key)
    if not index.is_mutable:
        values = [value for value in values if value in known]
    if index.is_mutable or len(values) < 2 or 2 * len(values) <= len(known):
        takes.append(_union(index, key, values, requirement))
        return
    others = known.keys() - values
    _take_carriers(index, key, takes)
    drops.append(_union(index, key, others, f"{key} in ({len(others):,} other values)"))


def _union(index: LabelIndex, key: str, values: Iterable[str], asked: object) -> Step:
    known = index.values(key)
    found = [known.get(value) for value in values]
    parts = [stored for stored in found if stored is not None]
    return _step(index, asked, postings.union(parts), made=len(parts) > 1)


def _step(index: LabelIndex, asked: object, found: Postings, *, made: bool = False) -> Step:
    # What is scattered takes two bytes an ordinal; of an index that grows it is not worth more.
    cost = 2 * len(found) if index.is_mutable else postings.encoded_bytes(found)
    return Step(asked, found, cost, made=made)


def _line(what: str, step: Step) -> str:
    text = printable(truncate(step.asked, _SHOWN))
    return f"{what} {text}: {step.nodes:,} nodes, {step.bytes:,} bytes"
