"""What follows from what: exact answers about all possible nodes, without any node.

A claim holds for every map of labels and every id, known or not; the limits on the labels of a node
do not matter. Keys are independent: a selector matches a node if each key meets its constraint
(``key_constraint.py``) and the id is one of the selector's ids.
"""

from collections.abc import Iterator, Mapping

from nodeselect.limits import LIMITS
from nodeselect.selectors._bit_sets import bit_masks, irredundant_subset
from nodeselect.selectors.charset import MAX_INT64, MIN_INT64
from nodeselect.selectors.key_constraint import KeyConstraint, constraints_by_key
from nodeselect.selectors.operator import Operator
from nodeselect.selectors.requirement import Requirement
from nodeselect.selectors.selector import Selector

__all__ = ["conflict", "disjoint", "equivalent", "implies", "normal_form", "redundant"]


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
    return all(
        key in constraints and constraints[key] <= constraint
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
    """Return the requirements that follow from the others and can be removed, all at once.

    The rest matches the same nodes, and none of it follows from the others. If there is a choice,
    the requirement that allows more is removed, and of those that allow the same the later. In a
    selector that contradicts itself, everything but one :func:`conflict` is redundant.

    >>> redundant(Selector.parse("a,a=b,c>5,c>7,c!=3"))
    (Requirement('a'), Requirement('c>5'), Requirement('c!=3'))
    """
    by_key = _by_key(selector)
    contradiction = _contradiction(by_key)
    kept = _irredundant(by_key) if contradiction is None else contradiction
    return tuple(
        requirement
        for key, requirements in by_key.items()
        for at, requirement in enumerate(requirements)
        if at not in kept.get(key, ())
    )


def conflict(selector: Selector) -> tuple[Requirement, ...] | None:
    """Return requirements that contradict each other, or None if a node can match.

    They are on one key, and minimal: without any one of them, the others can match. If several keys
    have contradictions, the smallest one is returned. The result is empty for a selector that
    matches nothing because it has no ids.

    >>> conflict(Selector.parse("a in (b,c),a!=d,a>5,x"))
    (Requirement('a in (b,c)'), Requirement('a>5'))
    """
    if selector.ids == ():
        return ()
    by_key = _by_key(selector)
    contradiction = _contradiction(by_key)
    if contradiction is None:
        return None
    [(key, positions)] = contradiction.items()
    return tuple(by_key[key][at] for at in positions)


def normal_form(selector: Selector) -> Selector:
    """Return the selector that matches the same nodes with the fewest requirements and values.

    Selectors that match the same nodes have the same normal form; if they match none, it is
    ``Selector.nothing()``. For each key it has ``!k``, or ``k=a``, or ``k in (…)``, or otherwise:
    ``k`` if the key is required without bounds, the tightest bounds as plain integers, and ``k!=a``
    or ``k notin (…)``. It stays within the limits: excluded values that do not fit into one
    ``notin`` (``values_in_set``) are in several, in order, each but the last full. Only its text
    can be longer: ``a!=b,a!=c`` has 9 characters and ``a notin (b,c)`` has 13.

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
    """Return the constraint of each key in the selector; None if it matches no node."""
    if selector.ids == ():
        return None
    constraints = constraints_by_key(selector.canonical)
    return None if any(each.is_empty for each in constraints.values()) else constraints


def _by_key(selector: Selector) -> dict[str, list[Requirement]]:
    by_key: dict[str, list[Requirement]] = {}
    for requirement in selector.canonical:
        by_key.setdefault(requirement.key, []).append(requirement)
    return by_key


def _irredundant(by_key: Mapping[str, list[Requirement]]) -> dict[str, list[int]]:
    """Return for each key the positions of requirements that allow the same as all together."""
    return {
        key: irredundant_subset(bit_masks([constraints_by_key([each])[key] for each in on_key]))
        for key, on_key in by_key.items()
    }


def _contradiction(by_key: Mapping[str, list[Requirement]]) -> dict[str, list[int]] | None:
    """Return the key with the fewest requirements that contradict each other, and their positions.

    None if no key has such requirements.
    """
    empty = {
        key: on_key for key, on_key in by_key.items() if constraints_by_key(on_key)[key].is_empty
    }
    subsets = _irredundant(empty)
    smallest = min(subsets, key=lambda key: len(subsets[key]), default=None)
    return None if smallest is None else {smallest: subsets[smallest]}


def _minimal_requirements(key: str, constraint: KeyConstraint) -> Iterator[Requirement]:
    """Yield the fewest requirements that allow exactly what ``constraint``, not empty, allows."""
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
