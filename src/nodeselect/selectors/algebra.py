"""Compare selectors without any node: the answers are exact for all possible nodes.

A possible node may have any labels and any id. A selector matches a node if the value of each key
meets the selector's constraint on that key (``key_constraint.py``) and the node's id is one of the
selector's ids. So two selectors are compared key by key.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from itertools import accumulate
from operator import and_

from nodeselect.selectors.key_constraint import (
    KeyConstraint,
    constraint_on_key,
    constraints_by_key,
    group_by_key,
)
from nodeselect.selectors.requirement import ID_KEY, Operator, Requirement
from nodeselect.selectors.selector import Selector

# Operators whose requirements exclude only the values in their lists, or only the absence of a key.
_EXCLUDING = (Operator.EXISTS, Operator.NOT_EQUALS, Operator.NOT_IN)


def implies(a: Selector, b: Selector) -> bool:
    """Return whether ``b`` matches every possible node that ``a`` matches.

    >>> implies(Selector.parse("tier=gold"), Selector.parse("tier,tier!=free"))
    True
    >>> implies(Selector.parse("tier!=free"), Selector.parse("tier"))
    False
    """
    of_a, of_b = _constraints(a), _constraints(b)
    if of_a is None or of_b is None:
        return of_a is None
    return all(
        (of_a.get(key) or constraint_on_key([])) <= constraint for key, constraint in of_b.items()
    )


def equivalent(a: Selector, b: Selector) -> bool:
    """Return whether two selectors match the same nodes. (``==`` compares requirements and ids.)

    >>> equivalent(Selector.parse("a=b,a"), Selector.parse("a in (b)"))
    True
    """
    return _constraints(a) == _constraints(b)


def disjoint(a: Selector, b: Selector) -> bool:
    """Return whether no possible node matches both selectors.

    >>> disjoint(Selector.parse("gpu>5"), Selector.parse("gpu<6"))
    True
    """
    of_a, of_b = _constraints(a), _constraints(b)
    if of_a is None or of_b is None:
        return True
    return any((of_a[key] & of_b[key]).is_empty for key in of_a.keys() & of_b.keys())


def redundant(selector: Selector) -> tuple[Requirement, ...]:
    """Return the requirements that can all be removed without changing which nodes match.

    None of the others follows from the rest. Of two that could be removed, the one that allows more
    values is, or the later one. Of a contradiction, those of :func:`conflict` remain.

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
    """Return requirements that contradict each other; None if a node can match ``selector``.

    They are all on one key, and all are necessary: a node can satisfy the rest if one is removed.
    Of several contradictions, return the shortest; for ``Selector.nothing()``, an empty tuple.

    >>> conflict(Selector.parse("a in (b,c),a!=d,a>5,x"))
    (Requirement('a in (b,c)'), Requirement('a>5'))
    """
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
    if not isinstance(selector, Selector):  # an AnyOf allows several values of several keys
        raise TypeError(f"expected a Selector, not {type(selector).__name__}")
    return selector


def constraints_of(selector: Selector) -> Mapping[str, KeyConstraint]:
    """Map each key to what the selector allows for it, and ``ID_KEY`` to the ids."""
    requirements = list(_require_selector(selector).requirements)
    if selector.ids is not None:
        requirements.append(Requirement._trusted(ID_KEY, Operator.IN, selector.ids))
    return constraints_by_key(requirements)


def _constraints(selector: Selector) -> Mapping[str, KeyConstraint] | None:
    """Return the result of :func:`constraints_of`, or None if no node can match."""
    constraints = constraints_of(selector)
    return None if any(each.is_empty for each in constraints.values()) else constraints


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
