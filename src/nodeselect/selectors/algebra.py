"""Compare selectors without any node: the answers are exact for all possible nodes.

An answer holds for every map of labels, whatever its size, and for every id. A selector matches a
node if each key meets the constraint on it (``key_constraint.py``) and the id is one of the
selector's ids; so keys are compared one by one.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from itertools import accumulate
from operator import and_

from nodeselect.limits import LIMITS
from nodeselect.selectors.charset import MAX_INT64, MIN_INT64
from nodeselect.selectors.key_constraint import (
    KeyConstraint,
    constraint_on_key,
    constraints_by_key,
    group_by_key,
)
from nodeselect.selectors.requirement import Operator, Requirement
from nodeselect.selectors.selector import Selector

# Operators whose requirements exclude only the values in their lists, or only the absence of a key.
_EXCLUDING = (Operator.EXISTS, Operator.NOT_EQUALS, Operator.NOT_IN)


def implies(a: Selector, b: Selector) -> bool:
    """Return whether every node that ``a`` matches is matched by ``b`` too.

    >>> implies(Selector.parse("tier=gold"), Selector.parse("tier,tier!=free"))
    True
    >>> implies(Selector.parse("tier!=free"), Selector.parse("tier"))
    False
    """
    constraints = _constraints(a)
    if constraints is None:
        return True
    if b.ids is not None and (a.ids is None or not set(a.ids) <= set(b.ids)):
        return False
    anything = constraint_on_key([])
    return all(
        constraints.get(key, anything) <= constraint
        for key, constraint in constraints_by_key(b.requirements).items()
    )


def equivalent(a: Selector, b: Selector) -> bool:
    """Return whether both match the same nodes. (``==`` compares their requirements.)

    >>> equivalent(Selector.parse("a=b,a"), Selector.parse("a in (b)"))
    True
    """
    constraints = _constraints(a)
    return constraints == _constraints(b) and (constraints is None or a.ids == b.ids)


def disjoint(a: Selector, b: Selector) -> bool:
    """Return whether no node is matched by both.

    >>> disjoint(Selector.parse("gpu>5"), Selector.parse("gpu<6"))
    True
    """
    of_a, of_b = _constraints(a), _constraints(b)
    if of_a is None or of_b is None:
        return True
    if a.ids is not None and b.ids is not None and set(a.ids).isdisjoint(b.ids):
        return True
    return any((of_a[key] & of_b[key]).is_empty for key in of_a.keys() & of_b.keys())


def redundant(selector: Selector) -> tuple[Requirement, ...]:
    """Return the requirements that can be removed, all at once, as they follow from the others.

    The remaining ones match the same nodes, and none of them follows from the others. If there is a
    choice, the requirement that allows more values is removed, or else the later one. In a selector
    that contradicts itself, everything outside of one :func:`conflict` is redundant.

    >>> redundant(Selector.parse("a,a=b,c>5,c>7,c!=3"))
    (Requirement('a'), Requirement('c>5'), Requirement('c!=3'))
    """
    contradiction = conflict(selector)
    removed: list[Requirement] = []
    for key, on_key in group_by_key(selector.canonical).items():
        in_conflict = not contradiction or contradiction[0].key == key
        kept = _irredundant(on_key) if in_conflict else ()
        removed += [requirement for at, requirement in enumerate(on_key) if at not in kept]
    return tuple(removed)


def conflict(selector: Selector) -> tuple[Requirement, ...] | None:
    """Return requirements that contradict each other, or None if a node can match.

    They are all on one key, and none is superfluous: without any one of them, the others can match.
    If several keys have contradictions, the one with the fewest requirements is returned. The
    result is empty for ``Selector.nothing()``, which has no requirements.

    >>> conflict(Selector.parse("a in (b,c),a!=d,a>5,x"))
    (Requirement('a in (b,c)'), Requirement('a>5'))
    """
    if selector.ids == ():
        return ()
    constraints = constraints_by_key(selector.requirements)
    contradictions = [
        tuple(on_key[at] for at in sorted(_irredundant(on_key)))
        for key, on_key in group_by_key(selector.canonical).items()
        if constraints[key].is_empty
    ]
    return min(contradictions, key=len, default=None)


def normal_form(selector: Selector) -> Selector:
    """Return the selector that matches the same nodes with the fewest requirements and values.

    Selectors that match the same nodes have the same normal form; if they match none, it is
    ``Selector.nothing()``. On each key it has ``!k``, ``k=a`` or ``k in (…)`` if one of these is
    enough. Otherwise it has the tightest bounds (``k>5``, ``k<9``) or, for a required key without
    bounds, ``k``; and ``k!=a`` or ``k notin (…)`` for excluded values. It stays within the limits:
    values that do not fit into one ``notin`` (``values_in_set``) are in several. Only its text can
    be longer than that of ``selector``: ``a!=b,a!=c`` is shorter than ``a notin (b,c)``.

    >>> normal_form(Selector.parse("a in (b,c),a!=c,n>5,n>07,x notin (b),x!=a"))
    Selector('a=b,n>7,x notin (a,b)')
    """
    constraints = _constraints(selector)
    if constraints is None:
        return Selector.nothing()
    return Selector.from_requirements(
        [
            requirement
            for key, constraint in constraints.items()
            for requirement in _minimal_requirements(key, constraint)
        ],
        selector.ids,
    )


def _constraints(selector: Selector) -> Mapping[str, KeyConstraint] | None:
    """Return what the selector allows for each key; None if it matches no node."""
    if selector.ids == ():
        return None
    constraints = constraints_by_key(selector.canonical)
    return None if any(each.is_empty for each in constraints.values()) else constraints


def _irredundant(requirements: list[Requirement]) -> Collection[int]:
    """Return the positions of requirements that together allow the same values as all of them.

    No further requirement can be left out. Those that allow the most values are left out first, and
    of equal ones the last.

    :param requirements: all on one key.
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
    order = sorted(allowed, key=lambda at: (_size(allowed[at]), at))
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


def _size(constraint: KeyConstraint) -> tuple[bool, int]:
    """Return a key to sort the constraints of single requirements by how many values they allow.

    A list allows fewer than a range, and a wider range allows more.
    """
    if constraint.int_range is None:
        return False, len(constraint.values or ())
    low, high = constraint.int_range
    return True, high - low


def _minimal_requirements(key: str, constraint: KeyConstraint) -> Iterator[Requirement]:
    """Yield the fewest requirements that are equivalent to ``constraint``, which is not empty."""
    build = Requirement._trusted
    if constraint.values is not None:
        if constraint.allows_absent:
            yield build(key, Operator.DOES_NOT_EXIST, ())
        elif len(constraint.values) == 1:
            yield build(key, Operator.EQUALS, tuple(constraint.values))
        else:
            yield build(key, Operator.IN, tuple(sorted(constraint.values)))
        return
    if constraint.int_range is not None:
        low, high = constraint.int_range
        if low > MIN_INT64:
            yield build(key, Operator.GREATER_THAN, (str(low - 1),))
        if high < MAX_INT64:
            yield build(key, Operator.LESS_THAN, (str(high + 1),))
    elif not constraint.allows_absent:
        yield build(key, Operator.EXISTS, ())
    excluded = tuple(sorted(constraint.excluded))
    if len(excluded) == 1:
        yield build(key, Operator.NOT_EQUALS, excluded)
        return
    for start in range(0, len(excluded), LIMITS.values_in_set):
        yield build(key, Operator.NOT_IN, excluded[start : start + LIMITS.values_in_set])
