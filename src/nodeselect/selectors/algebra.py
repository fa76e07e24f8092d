"""What follows from what: exact answers about all nodes, without any node.

All of it is about every map of labels and every id, be it told or not: a claim holds for whatever
``matches`` can be given, so no bound on the labels of a node plays a part. Each key is looked at by
itself: a selector takes a node when each key gives an answer that it allows (``answers.py``), and
the id is one of its ids.
"""

from collections.abc import Iterator, Mapping, Sequence

from nodeselect.limits import LIMITS
from nodeselect.selectors._bit_sets import irreducible, masks, smallest_contradiction
from nodeselect.selectors.charset import MAX_INT64, MIN_INT64
from nodeselect.selectors.key_constraint import KeyConstraint, constraints_by_key
from nodeselect.selectors.operator import Operator
from nodeselect.selectors.requirement import Requirement
from nodeselect.selectors.selector import Selector

__all__ = ["conflict", "disjoint", "equivalent", "implies", "normal_form", "redundant"]


def implies(one: Selector, other: Selector) -> bool:
    """Say whether every node that ``one`` takes is taken by ``other`` too.

    >>> implies(Selector.parse("tier=gold"), Selector.parse("tier,tier!=free"))
    True
    >>> implies(Selector.parse("tier!=free"), Selector.parse("tier"))
    False
    """
    answers = _answers(one)
    if answers is None:
        return True
    if other.ids is not None and (one.ids is None or not set(one.ids) <= set(other.ids)):
        return False
    return all(
        key in answers and answers[key] <= wanted
        for key, wanted in constraints_by_key(other.requirements).items()
    )


def equivalent(one: Selector, other: Selector) -> bool:
    """Say whether both take the same nodes. (``==`` asks whether they say the same.)

    >>> equivalent(Selector.parse("a=b,a"), Selector.parse("a in (b)"))
    True
    """
    answers = _answers(one)
    return answers == _answers(other) and (answers is None or one.ids == other.ids)


def disjoint(one: Selector, other: Selector) -> bool:
    """Say whether no node is taken by both.

    >>> disjoint(Selector.parse("gpu>5"), Selector.parse("gpu<6"))
    True
    """
    answers, others = _answers(one), _answers(other)
    if answers is None or others is None:
        return True
    if one.ids is not None and other.ids is not None and set(one.ids).isdisjoint(other.ids):
        return True
    return any((answers[key] & others[key]).is_empty for key in answers.keys() & others.keys())


def redundant(selector: Selector) -> tuple[Requirement, ...]:
    """Give the requirements that follow from the others and can be left out, all at once.

    What is left takes the same nodes, and none of it follows from the rest of it. Where there is a
    choice, the requirement that allows more goes, and of those that allow the same the later. In a
    selector that contradicts itself all but one :func:`conflict` is redundant.

    >>> redundant(Selector.parse("a,a=b,c>5,c>7,c!=3"))
    (Requirement('a'), Requirement('c>5'), Requirement('c!=3'))
    """
    by_key = _by_key(selector)
    contradiction = _contradiction(by_key)
    if contradiction is None:
        kept = {key: irreducible(_masks(some)) for key, some in by_key.items()}
    else:
        kept = dict([contradiction])
    return tuple(
        requirement
        for key, some in by_key.items()
        for at, requirement in enumerate(some)
        if at not in kept.get(key, ())
    )


def conflict(selector: Selector) -> tuple[Requirement, ...] | None:
    """Give a smallest set of requirements that contradict each other; None if nodes can match.

    They are on one key, the first one where several have as few. The set is empty for a selector
    that takes nothing because no id is left. Where three are needed among more than some 40 on one
    key, the search may end early, and then none of the given ones can be left out, but there might
    be fewer others.

    >>> conflict(Selector.parse("a in (b,c),a!=d,a>5,x"))
    (Requirement('a in (b,c)'), Requirement('a>5'))
    """
    if selector.ids == ():
        return ()
    by_key = _by_key(selector)
    contradiction = _contradiction(by_key)
    if contradiction is None:
        return None
    key, places = contradiction
    return tuple(by_key[key][at] for at in places)


def normal_form(selector: Selector) -> Selector:
    """Give the selector that takes the same nodes with the fewest requirements and values.

    Selectors that take the same nodes have the same normal form; that of one that takes none is
    ``Selector.nothing()``. For each key it holds ``!k``, or ``k=a``, or ``k in (…)``, or: ``k`` if
    that is asked for and no bound, the tightest bounds as plain numbers, and ``k!=a`` or
    ``k notin (…)``. It keeps every limit that the selector kept: where refused values do not fit
    into one ``notin`` (``values_in_set``), they are in several, in order and each but the last
    full. Only its text can be longer: ``a!=b,a!=c`` has 9 characters and ``a notin (b,c)`` 13.

    >>> normal_form(Selector.parse("a in (b,c),a!=c,n>5,n>07,x notin (b),x!=a"))
    Selector('a=b,n>7,x notin (a,b)')
    """
    answers = _answers(selector)
    if answers is None:
        return Selector.nothing()
    requirements = [each for key, wanted in answers.items() for each in _fewest(key, wanted)]
    return Selector.from_requirements(requirements, selector.ids)


def _answers(selector: Selector) -> Mapping[str, KeyConstraint] | None:
    """Give what the selector allows each key that it restricts; None if it takes no node."""
    if selector.ids == ():
        return None
    answers = constraints_by_key(selector.canonical)
    return None if any(each.is_empty for each in answers.values()) else answers


def _by_key(selector: Selector) -> dict[str, list[Requirement]]:
    by_key: dict[str, list[Requirement]] = {}
    for requirement in selector.canonical:
        by_key.setdefault(requirement.key, []).append(requirement)
    return by_key


def _masks(requirements: Sequence[Requirement]) -> list[int]:
    return masks([constraints_by_key([each])[each.key] for each in requirements])


def _contradiction(by_key: Mapping[str, list[Requirement]]) -> tuple[str, list[int]] | None:
    """Give a key whose requirements contradict each other, and the places of as few that do."""
    found = [
        (key, smallest_contradiction(_masks(some)))
        for key, some in by_key.items()
        if constraints_by_key(some)[key].is_empty
    ]
    return min(found, key=_how_many, default=None)


def _how_many(contradiction: tuple[str, list[int]]) -> int:
    return len(contradiction[1])


def _fewest(key: str, wanted: KeyConstraint) -> Iterator[Requirement]:
    """Give the requirements on ``key`` that allow exactly what ``wanted`` does, not nothing."""
    if wanted.values is not None:
        if wanted.allows_absent:
            yield Requirement._trusted(key, Operator.DOES_NOT_EXIST, ())
        elif len(wanted.values) == 1:
            yield Requirement._trusted(key, Operator.EQUALS, tuple(wanted.values))
        else:
            yield Requirement._trusted(key, Operator.IN, tuple(sorted(wanted.values)))
        return
    if wanted.int_range is not None:
        low, high = wanted.int_range
        if low > MIN_INT64:
            yield Requirement._trusted(key, Operator.GREATER_THAN, (str(low - 1),))
        if high < MAX_INT64:
            yield Requirement._trusted(key, Operator.LESS_THAN, (str(high + 1),))
    elif not wanted.allows_absent:
        yield Requirement._trusted(key, Operator.EXISTS, ())
    but = tuple(sorted(wanted.excluded))
    if len(but) == 1:
        yield Requirement._trusted(key, Operator.NOT_EQUALS, but)
        return
    for start in range(0, len(but), LIMITS.values_in_set):
        yield Requirement._trusted(key, Operator.NOT_IN, but[start : start + LIMITS.values_in_set])
