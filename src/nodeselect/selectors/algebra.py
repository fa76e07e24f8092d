"""Compare selectors without any node: the answers are exact for all possible nodes.

A possible node may have any labels and any id. A selector matches a node if the value of each key
meets the selector's constraint on that key (``key_constraint.py``) and the node's id is one of the
selector's ids. So two selectors are compared key by key. To compare an ``AnyOf``, all values of a
key are represented by a few, which its constraints tell apart.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from functools import reduce
from itertools import accumulate, product
from operator import and_

from nodeselect.errors import SelectorError
from nodeselect.limits import LIMITS
from nodeselect.selectors.key_constraint import (
    KeyConstraint,
    constraint_on_key,
    constraints_by_key,
    distinct_values,
    group_by_key,
)
from nodeselect.selectors.requirement import ID_KEY, Operator, Requirement
from nodeselect.selectors.selector import AnyOf, Selector, alternatives, require_condition

# Operators whose requirements exclude only the values in their lists, or only the absence of a key.
_EXCLUDING = (Operator.EXISTS, Operator.NOT_EQUALS, Operator.NOT_IN)


_Constraints = Mapping[str, KeyConstraint]

_ANY_VALUE = constraint_on_key([])


def implies(a: Selector | AnyOf, b: Selector | AnyOf) -> bool:
    """Return whether ``b`` matches every possible node that ``a`` matches.

    >>> implies(Selector.parse("tier=gold"), Selector.parse("tier,tier!=free"))
    True
    >>> implies(Selector.parse("tier!=free"), Selector.parse("tier"))
    False
    >>> implies(Selector.everything(), Selector.parse("a!=b") | Selector.parse("a!=c"))
    True

    :raises SelectorError: with the code ``too-many-selectors`` if an ``AnyOf`` has so many that the
        comparison takes more than 4,000,000 steps (1 to 3 s).
    """
    of_a, of_b = _satisfiable(a), _satisfiable(b)
    if len(of_b) == 1:
        return all(_is_within(each, of_b[0]) for each in of_a)
    return _are_covered(of_a, of_b)


def equivalent(a: Selector | AnyOf, b: Selector | AnyOf) -> bool:
    """Return whether both match the same nodes. (``==`` compares requirements and ids.)

    >>> equivalent(Selector.parse("a=b,a"), Selector.parse("a in (b)"))
    True

    :raises SelectorError: as :func:`implies` does.
    """
    if isinstance(a, Selector) and isinstance(b, Selector):
        return _satisfiable(a) == _satisfiable(b)
    return implies(a, b) and implies(b, a)


def disjoint(a: Selector | AnyOf, b: Selector | AnyOf) -> bool:
    """Return whether no possible node matches both.

    Each selector of ``a`` is compared with each of ``b``.

    >>> disjoint(Selector.parse("gpu>5"), Selector.parse("gpu<6"))
    True
    """
    return all(
        any((one[key] & other[key]).is_empty for key in one.keys() & other.keys())
        for one, other in product(_satisfiable(a), _satisfiable(b))
    )


def redundant(selector: Selector) -> tuple[Requirement, ...]:
    """Return the requirements that can all be removed without changing which nodes match.

    None of the others follows from the rest. Of two that could be removed, the one that allows more
    values is, or the later one. Of a contradiction, those of :func:`conflict` remain.

    >>> redundant(Selector.parse("a,a=b,c>5,c>7,c!=3"))
    (Requirement('a'), Requirement('c>5'), Requirement('c!=3'))
    """
    contradiction = conflict(_require_selector(selector))
    removed: list[Requirement] = []
    for key, on_key in group_by_key(selector.canonical).items():
        in_conflict = not contradiction or contradiction[0].key == key
        kept = _irredundant(on_key) if in_conflict else ()
        removed += [requirement for at, requirement in enumerate(on_key) if at not in kept]
    return tuple(removed)


def conflict(selector: Selector | AnyOf) -> tuple[Requirement, ...] | None:
    """Return requirements that contradict each other; None if a node can match ``selector``.

    They are all on one key, and all are necessary: a node can satisfy the rest if one is removed.
    Of several contradictions, also of an ``AnyOf``, return the shortest; for
    ``Selector.nothing()``, an empty tuple.

    >>> conflict(Selector.parse("a in (b,c),a!=d,a>5,x"))
    (Requirement('a in (b,c)'), Requirement('a>5'))
    """
    if isinstance(selector, AnyOf):
        found = list(map(conflict, selector.selectors))
        return None if None in found else min(filter(None, found), key=len, default=())
    if _require_selector(selector).ids == ():
        return ()
    constraints = constraints_by_key(selector.requirements)
    contradictions = [
        tuple(on_key[at] for at in sorted(_irredundant(on_key)))
        for key, on_key in group_by_key(selector.canonical).items()
        if constraints[key].is_empty
    ]
    return min(contradictions, key=len, default=None)


def _require_selector(selector: Selector) -> Selector:
    if not isinstance(selector, Selector):  # requirements of an AnyOf have no meaning by themselves
        raise TypeError(f"expected a Selector, not {type(selector).__name__}")
    return selector


def constraints_of(selector: Selector) -> Mapping[str, KeyConstraint]:
    """Map each key to what the selector allows for it, and ``ID_KEY`` to the ids."""
    requirements = list(_require_selector(selector).requirements)
    if selector.ids is not None:
        requirements.append(Requirement._trusted(ID_KEY, Operator.IN, selector.ids))
    return constraints_by_key(requirements)


def require_all(condition: AnyOf) -> Selector | None:
    """Return one selector with the requirements of all alternatives; None if no node can match it.

    Also return None if it would exceed a limit.
    """
    try:
        together = reduce(and_, condition.selectors, Selector.everything())
    except SelectorError:
        return None
    return together if together.is_satisfiable else None


def only_negates(condition: AnyOf) -> bool:
    """Return whether there are several alternatives, and each consists of negative requirements.

    Then they exclude only the nodes that each of them excludes, as ``a!=b or c!=d``; if
    :func:`implies` is true for ``Selector.everything()``, not any, as ``a!=b or a!=c``.
    """
    return len(condition.selectors) > 1 and all(
        each.requirements
        and each.ids is None
        and all(requirement.operator.matches_absent for requirement in each.requirements)
        for each in condition.selectors
    )


def _satisfiable(condition: Selector | AnyOf) -> list[_Constraints]:
    """Return the result of :func:`constraints_of` for each selector that a node can match."""
    found = map(constraints_of, alternatives(require_condition(condition)))
    return [each for each in found if not any(one.is_empty for one in each.values())]


def _is_within(a: _Constraints, b: _Constraints) -> bool:
    return all(a.get(key, _ANY_VALUE) <= constraint for key, constraint in b.items())


def _are_covered(some: list[_Constraints], others: list[_Constraints]) -> bool:
    """Return whether any of ``others`` allows each node that one of ``some`` allows.

    What one of ``others`` does not cover of a set of nodes is split by its keys into sets that the
    rest must cover: exact, and exponential in the worst case. Source of the idea: the difference
    of boxes. Sets of values are bit masks.
    """
    steps = 0

    def count(number: int) -> None:
        nonlocal steps
        steps += number
        if steps > LIMITS.comparison_steps:
            message = "the selectors are too many to compare exactly"
            limit = f"at most {LIMITS.comparison_steps:,} steps (limit: comparison_steps)"
            raise SelectorError("too-many-selectors", f"{message}: {limit}", "", (0, 0))

    by_key: dict[str, dict[KeyConstraint, int]] = {}
    for each in (*some, *others):
        for key, constraint in each.items():
            by_key.setdefault(key, {})[constraint] = 0
    for masks in by_key.values():
        values = distinct_values(masks)
        count(len(values) * len(masks))
        for constraint in masks:
            bits = "".join("01"[value in constraint] for value in values)
            masks[constraint] = int(bits, 2)
        masks[_ANY_VALUE] = (1 << len(values)) - 1

    def as_masks(each: _Constraints) -> dict[str, int]:
        return {key: by_key[key][constraint] for key, constraint in each.items()}

    every = {key: masks[_ANY_VALUE] for key, masks in by_key.items()}
    covers = list(map(as_masks, others))
    left = [(as_masks(each), covers) for each in some]
    while left:
        box, candidates = left.pop()
        count(len(candidates))
        touching = [
            (sum(1 for key, mask in each.items() if box.get(key, every[key]) & ~mask), at)
            for at, each in enumerate(candidates)
            if all(box.get(key, every[key]) & mask for key, mask in each.items())
        ]
        if not touching:
            return False
        _, best = min(touching)
        rest = [candidates[at] for _, at in touching if at != best]
        for key, mask in candidates[best].items():
            allowed = box.get(key, every[key])
            if outside := allowed & ~mask:
                left.append((box | {key: outside}, rest))
                box = box | {key: allowed & mask}
    return True


def _irredundant(requirements: list[Requirement]) -> Collection[int]:
    """Return which requirements on one key to keep; together, they allow the same values as all.

    None of the kept requirements can be left out too. Requirements that allow more values are left
    out first; of those that allow equally many, the later ones.
    """
    if len(requirements) == 1:  # the usual case; every requirement excludes something
        return (0,)
    # What each of these excludes is listed: None, the absence of the key, or some values.
    excluded: dict[int, tuple[str | None, ...]] = {}
    allowed: dict[int, KeyConstraint] = {}
    for at, requirement in enumerate(requirements):
        if requirement.operator in _EXCLUDING:
            excluded[at] = requirement.values or (None,)
        else:
            allowed[at] = constraint_on_key([requirement])
    order = sorted(allowed, key=lambda at: (_size_key(allowed[at]), at))
    # What the first of these allow together, for each number of them.
    together = list(accumulate((allowed[at] for at in order), and_, initial=constraint_on_key([])))
    times = Counter(each for values in excluded.values() for each in values if each in together[-1])
    for at in sorted(excluded, key=lambda at: (len(requirements[at].values), -at)):
        if all(times[each] != 1 for each in excluded[at]):
            times.subtract(excluded.pop(at))
    kept = set(excluded)
    allowed_by_kept = constraint_on_key([requirements[at] for at in kept])
    allowed_by_all = together[-1] & allowed_by_kept
    for number in reversed(range(len(order))):
        if together[number] & allowed_by_kept != allowed_by_all:
            kept.add(order[number])
            allowed_by_kept &= allowed[order[number]]
    return kept


def _size_key(constraint: KeyConstraint) -> tuple[bool, int]:
    """Return a sort key for constraints of single requirements; larger if more values are allowed.

    A list counts as fewer values than a range, a wider range as more than a narrower one.
    """
    if constraint.int_range is None:
        return False, len(constraint.values or ())
    low, high = constraint.int_range
    return True, high - low
