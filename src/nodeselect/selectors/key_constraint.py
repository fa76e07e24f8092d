"""What requirements allow for one key: a set of values, and whether the key may be absent.

A value may be any string, since the labels of nodes follow no rule. Each set of values is a list,
or all strings except some, or all integers in a range except some. Intersections of such sets have
one of these forms too, so several requirements are combined exactly.
"""

from collections.abc import Iterable

from nodeselect.selectors.charset import MAX_INT64, MIN_INT64, parse_int64
from nodeselect.selectors.frozen import Frozen
from nodeselect.selectors.requirement import ID_KEY, InRange, OneOf, Requirement
from nodeselect.text import truncate


class KeyConstraint(Frozen):
    """The values that one key may have, and whether the key may be absent. Frozen.

    :func:`constraints_by_key` builds constraints. ``a & b`` allows what both allow. ``a <= b`` is
    true if ``b`` allows everything that ``a`` allows. ``value in a`` is true if ``a`` allows the
    value; None is an absent key. Two constraints are equal if they allow the same values.

    >>> from nodeselect.selectors import Selector
    >>> above = constraints_by_key(Selector.parse("x>5").requirements)["x"]
    >>> below = constraints_by_key(Selector.parse("x<8").requirements)["x"]
    >>> "6" in above & below, "8" in above & below, (above & below) <= above
    (True, False, True)
    """

    __slots__ = ("allows_absent", "excluded", "int_range", "values")

    allows_absent: bool
    """Whether the key may be absent."""
    values: frozenset[str] | None
    """The allowed values; None if these are all in ``int_range`` except those in ``excluded``."""
    excluded: frozenset[str]
    """Values that the key must not have, although they are in ``int_range``."""
    int_range: tuple[int, int] | None
    """The lowest and highest integer allowed as value; None if the value need not be an integer."""

    def __init__(self) -> None:
        raise TypeError("use constraints_by_key(requirements)")

    @property
    def is_empty(self) -> bool:
        """Whether nothing is allowed: neither any value of the key, nor its absence."""
        # Excluded values never exhaust a range: each integer has endless spellings (7, 07, 007).
        return not self.allows_absent and self.values is not None and not self.values

    def __contains__(self, value: str | None) -> bool:
        if value is None:
            return self.allows_absent
        if self.values is not None:
            return value in self.values
        return value not in self.excluded and _is_in_range(value, self.int_range)

    def __and__(self, other: "KeyConstraint") -> "KeyConstraint":
        if not isinstance(other, KeyConstraint):
            return NotImplemented
        int_range = self.int_range or other.int_range
        if self.int_range and other.int_range:
            (low, high), (other_low, other_high) = self.int_range, other.int_range
            int_range = max(low, other_low), min(high, other_high)
        values = other.values if self.values is None else self.values
        if self.values is not None and other.values is not None:
            values = self.values & other.values
        return _build(
            self.allows_absent and other.allows_absent,
            values,
            self.excluded | other.excluded,
            int_range,
        )

    def __le__(self, other: "KeyConstraint") -> bool:
        if not isinstance(other, KeyConstraint):
            return NotImplemented
        return self == other or self & other == self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, KeyConstraint):
            return NotImplemented
        return self._fields == other._fields

    def __hash__(self) -> int:
        return hash(self._fields)

    def __reduce__(self) -> tuple[object, ...]:
        return _build, self._fields

    def __repr__(self) -> str:
        values = None if self.values is None else sorted(self.values)
        text = f"allows_absent={self.allows_absent}, values={values}"
        text += f", excluded={sorted(self.excluded)}, int_range={self.int_range}"
        return f"KeyConstraint({truncate(text, 200)})"

    @property
    def _fields(self) -> tuple[bool, frozenset[str] | None, frozenset[str], tuple[int, int] | None]:
        return self.allows_absent, self.values, self.excluded, self.int_range


def constraints_by_key(requirements: Iterable[Requirement]) -> dict[str, KeyConstraint]:
    """Map each key in ``requirements`` to what all requirements on this key allow together.

    Keys that are not in the result may have any value. Cost: linear in the number of values.

    >>> from nodeselect.selectors import Selector
    >>> constraints_by_key(Selector.parse("a in (b,c),a!=c,x").requirements)["a"].values
    frozenset({'b'})
    """
    return {key: constraint_on_key(on_key) for key, on_key in group_by_key(requirements).items()}


def distinct_values(constraints: Iterable[KeyConstraint]) -> list[str | None]:
    """Return a value for each set of values that the constraints on a key tell apart; None: absent.

    They are all values that are named, and for each range between the bounds of integers, and for
    all other texts, one that is not named: an integer has endless spellings.
    """
    constraints = list(constraints)
    named = frozenset[str]().union(*(each.values or each.excluded for each in constraints))
    bounds = {MIN_INT64}
    for each in constraints:
        if each.int_range is not None:
            low, high = each.int_range
            bounds |= {low, min(high + 1, MAX_INT64)}
    width = max(map(len, named), default=0) + len(str(MIN_INT64))
    return [None, *sorted(named), "x" * width, *(f"{number:0{width}}" for number in sorted(bounds))]


def group_by_key(requirements: Iterable[Requirement]) -> dict[str, list[Requirement]]:
    """Map each key to the requirements on it, in their original order."""
    by_key: dict[str, list[Requirement]] = {}
    for requirement in requirements:
        by_key.setdefault(requirement.key, []).append(requirement)
    return by_key


def constraint_on_key(requirements: list[Requirement]) -> KeyConstraint:
    """Return the constraint of all ``requirements`` together, which must have the same key.

    A label may be absent; the id of a node may not.
    """
    allows_absent = True
    values: frozenset[str] | None = None
    excluded: list[tuple[str, ...]] = []
    int_range: tuple[int, int] | None = None
    for requirement in requirements:
        test, is_negated = requirement.test, requirement.operator.matches_absent
        allows_absent = allows_absent and is_negated and requirement.key != ID_KEY
        if isinstance(test, InRange):
            lowest, highest = int_range or (MIN_INT64, MAX_INT64)
            int_range = max(test.low, lowest), min(test.high, highest)
        elif isinstance(test, OneOf):
            if is_negated:
                excluded.append(test.values)
            else:
                allowed = frozenset(test.values)
                values = allowed if values is None else values & allowed
        elif is_negated:
            values = frozenset()
    return _build(allows_absent, values, frozenset().union(*excluded), int_range)


def _is_in_range(value: str, int_range: tuple[int, int] | None) -> bool:
    if int_range is None:
        return True
    number = parse_int64(value)
    return number is not None and int_range[0] <= number <= int_range[1]


def _build(
    allows_absent: bool,
    values: frozenset[str] | None,
    excluded: frozenset[str],
    int_range: tuple[int, int] | None,
) -> KeyConstraint:
    """Build a normalized constraint: constraints that allow the same values have equal fields."""
    if int_range is not None and int_range[0] > int_range[1]:
        values = frozenset()
    if values is not None:
        if excluded or int_range is not None:
            allowed = values - excluded
            values = frozenset(value for value in allowed if _is_in_range(value, int_range))
            excluded, int_range = frozenset(), None
    elif int_range is not None:
        excluded = frozenset(value for value in excluded if _is_in_range(value, int_range))
    constraint = object.__new__(KeyConstraint)
    _set_allows_absent(constraint, allows_absent)
    _set_values(constraint, values)
    _set_excluded(constraint, excluded)
    _set_int_range(constraint, int_range)
    return constraint


# These are twice as fast as object.__setattr__. A store of standing selectors builds a constraint
# for each requirement (benchmarks/test_standing.py).
_set_allows_absent, _set_excluded, _set_int_range, _set_values = (
    vars(KeyConstraint)[name].__set__ for name in KeyConstraint.__slots__
)
