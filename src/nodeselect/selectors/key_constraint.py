"""What one key may answer: the set of answers that requirements leave it.

An answer is to be absent, or any string at all: the labels of nodes are never held to a rule. Every
requirement leaves one of few kinds of sets, and the kinds are closed under intersection, so what
several leave together is known exactly. Keys do not depend on each other.
"""

from collections.abc import Iterable
from typing import assert_never

from nodeselect.frozen import Frozen
from nodeselect.selectors.charset import parse_int64
from nodeselect.selectors.operator import Operator
from nodeselect.selectors.requirement import Requirement
from nodeselect.text import truncate

__all__ = ["MAX_INT64", "MIN_INT64", "Allowed", "allowed"]

MIN_INT64 = -(2**63)
MAX_INT64 = 2**63 - 1


class Allowed(Frozen):
    """The answers that one key may give. Frozen; equal when the sets are.

    Made by :func:`allowed` and by ``one & other``, which allows what both allow; there is no other
    way. ``one <= other`` says whether ``other`` allows all that ``one`` allows, and
    ``answer in one`` whether it allows that value or, for None, that the key is absent.

    >>> from nodeselect.selectors import Selector
    >>> more, less = (allowed(Selector.parse(text).requirements)["x"] for text in ("x>5", "x<8"))
    >>> "6" in more & less, "+007" in more & less, "8" in more & less, None in more & less
    (True, True, False, False)
    >>> (more & less) <= more, more <= less
    (True, False)
    """

    __slots__ = ("absent", "but", "integers", "values")

    absent: bool
    """Whether the key may be absent."""
    values: frozenset[str] | None
    """The values that it may have; None when they are endless: see the other two."""
    but: frozenset[str]
    """The values that it may not have, of those that it otherwise could."""
    integers: tuple[int, int] | None
    """The lowest and the highest integer as which its value must read; None for any string."""

    def __init__(self) -> None:
        raise TypeError("use allowed(requirements)")

    @property
    def is_empty(self) -> bool:
        """Whether no answer is left: no node can have the key, nor lack it."""
        # Values are endless, and so are the spellings of one integer (7, 07, 007): what "!=" and
        # "notin" refuse never uses them up.
        return not self.absent and self.values is not None and not self.values

    def __contains__(self, answer: str | None) -> bool:
        if answer is None:
            return self.absent
        if self.values is not None:
            return answer in self.values
        return answer not in self.but and _reads_within(answer, self.integers)

    def __and__(self, other: "Allowed") -> "Allowed":
        if not isinstance(other, Allowed):
            return NotImplemented
        integers = self.integers or other.integers
        if self.integers and other.integers:
            (low, high), (other_low, other_high) = self.integers, other.integers
            integers = max(low, other_low), min(high, other_high)
        values = other.values if self.values is None else self.values
        if self.values is not None and other.values is not None:
            values = self.values & other.values
        return _made(self.absent and other.absent, values, self.but | other.but, integers)

    def __le__(self, other: "Allowed") -> bool:
        if not isinstance(other, Allowed):
            return NotImplemented
        if self.absent and not other.absent:
            return False
        if self.values is not None:
            return all(value in other for value in self.values)
        if other.values is not None:
            return False
        if other.integers is not None:
            if self.integers is None:
                return False
            (low, high), (other_low, other_high) = self.integers, other.integers
            if low < other_low or high > other_high:  # each integer is there in endless spellings
                return False
        return not any(value in self for value in other.but)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Allowed):
            return NotImplemented
        return self._parts == other._parts

    def __hash__(self) -> int:
        return hash(self._parts)

    def __reduce__(self) -> tuple[object, ...]:
        return _made, self._parts

    def __repr__(self) -> str:
        values = None if self.values is None else sorted(self.values)
        text = f"absent={self.absent}, values={values}, but={sorted(self.but)}"
        return f"Allowed({truncate(f'{text}, integers={self.integers}', 200)})"

    @property
    def _parts(
        self,
    ) -> tuple[bool, frozenset[str] | None, frozenset[str], tuple[int, int] | None]:
        return self.absent, self.values, self.but, self.integers


def allowed(requirements: Iterable[Requirement]) -> dict[str, Allowed]:
    """Give for each key that is asked for what all its requirements together allow.

    A key that is missing here may be anything. Cost: linear in the values of the requirements.

    >>> from nodeselect.selectors import Selector
    >>> allowed(Selector.parse("a in (b,c),a!=c,x").requirements)["a"].values
    frozenset({'b'})
    """
    by_key: dict[str, list[Requirement]] = {}
    for requirement in requirements:
        by_key.setdefault(requirement.key, []).append(requirement)
    return {key: _allowed(some) for key, some in by_key.items()}


def _allowed(requirements: list[Requirement]) -> Allowed:
    """Give what is allowed by all of ``requirements``, which are on one key."""
    values: frozenset[str] | None = None
    but: set[str] = set()
    low, high = MIN_INT64, MAX_INT64
    compared = False
    for requirement in requirements:
        match requirement.operator:
            case Operator.EXISTS:
                pass  # any value will do
            case Operator.DOES_NOT_EXIST:
                values = frozenset()
            case Operator.EQUALS | Operator.IN:
                named = frozenset(requirement.values)
                values = named if values is None else values & named
            case Operator.NOT_EQUALS | Operator.NOT_IN:
                but.update(requirement.values)
            case Operator.GREATER_THAN:
                compared, low = True, max(low, _integer(requirement) + 1)
            case Operator.LESS_THAN:
                compared, high = True, min(high, _integer(requirement) - 1)
            case _:
                assert_never(requirement.operator)
    absent = all(requirement.operator.takes_absent for requirement in requirements)
    return _made(absent, values, frozenset(but), (low, high) if compared else None)


def _integer(requirement: Requirement) -> int:
    number = parse_int64(requirement.values[0])
    assert number is not None, "the constructor has read it"
    return number


def _reads_within(value: str, integers: tuple[int, int] | None) -> bool:
    if integers is None:
        return True
    number = parse_int64(value)
    return number is not None and integers[0] <= number <= integers[1]


def _made(
    absent: bool,
    values: frozenset[str] | None,
    but: frozenset[str],
    integers: tuple[int, int] | None,
) -> Allowed:
    """Make the set of its parts, in the one form that a set has; the only place that does."""
    if integers is not None and integers[0] > integers[1]:
        values = frozenset()
    if values is not None:
        values = frozenset(each for each in values - but if _reads_within(each, integers))
        but, integers = frozenset(), None
    elif integers is not None:
        but = frozenset(each for each in but if _reads_within(each, integers))
    made = Allowed.__new__(Allowed)
    object.__setattr__(made, "absent", absent)
    object.__setattr__(made, "values", values)
    object.__setattr__(made, "but", but)
    object.__setattr__(made, "integers", integers)
    return made
