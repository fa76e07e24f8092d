"""One requirement of a selector: a key, an operator, values; and what each operator means.

A requirement is a *test* of one key, or the negation of a test. There are three tests: the node has
the key; the value is one of a set; the value is an integer within a range. For a node without the
key, a test is false and a negated test is true. Code that tests nodes or compares selectors
implements these three tests and their negation, not the operators.

Source: Kubernetes apimachinery v0.36.3, ``Requirement.Matches``.
"""

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from nodeselect.errors import SelectorError
from nodeselect.limits import LIMITS
from nodeselect.selectors.charset import MAX_INT64, MIN_INT64, is_key, is_value, parse_int64
from nodeselect.selectors.diagnostics import (
    integer_error,
    key_error,
    too_many_values_error,
    value_error,
)
from nodeselect.selectors.frozen import Frozen
from nodeselect.text import printable, to_exact_str


class HasKey(NamedTuple):
    """True if the node has the key, whatever its value."""


class OneOf(NamedTuple):
    """True if the node has the key with one of ``values``.

    :param values: at least one value; sorted, without duplicates.
    """

    values: tuple[str, ...]


class InRange(NamedTuple):
    """True if the node has the key, with a signed 64-bit decimal integer in the range.

    No operator negates this test. If ``low`` is above ``high``, no value passes.

    :param low: the lowest integer that passes.
    :param high: the highest integer that passes.
    """

    low: int
    high: int


Test = HasKey | OneOf | InRange

ID_KEY = "<id>"
"""The key of a requirement on the id of a node; no label of a node is read for it.

No other requirement can have this key. Its operator is always ``NOT_IN``: see :func:`exclude_ids`.
"""


# For each operator its spelling, its number of values, its name in Kubernetes, its test, and
# whether it negates the test, so that an absent key matches. A name in Kubernetes that several
# operators have is read as the last of them in ``Operator``. An operator that Kubernetes does not
# have must be left out of KUBERNETES_OPERATORS.
_LAW: dict[str, tuple[str, str, str, type[Test], bool]] = {
    "exists": ("", "none", "Exists", HasKey, False),  # the key itself is required
    "!": ("!", "none", "DoesNotExist", HasKey, True),  # its absence is required
    "=": ("=", "one", "In", OneOf, False),  # no value is not one of the values; not even ""
    "!=": ("!=", "one", "NotIn", OneOf, True),  # no value is none; "k,k!=a" requires the label too
    "in": ("in", "many", "In", OneOf, False),  # as for "="
    "notin": ("notin", "many", "NotIn", OneOf, True),  # as for "!="
    "gt": (">", "one", "Gt", InRange, False),  # no value is not an integer; only integers compare
    "lt": ("<", "one", "Lt", InRange, False),  # as for "gt"
}


class Operator(Enum):
    """How a requirement tests its key.

    The value of a member is its name in Bacalhau constraints. ``Operator(name)`` accepts this name
    and the name in Kubernetes, :attr:`kubernetes_name`:

    >>> Operator("notin") is Operator("NotIn") is Operator.NOT_IN
    True
    """

    EXISTS = "exists"
    DOES_NOT_EXIST = "!"
    EQUALS = "="
    NOT_EQUALS = "!="
    IN = "in"
    NOT_IN = "notin"
    GREATER_THAN = "gt"
    LESS_THAN = "lt"

    # These are attributes and not properties, because compiling a predicate reads them often.
    spelling: str
    """The operator as written in a selector text; empty for a key alone."""
    arity: str
    """How many values a requirement has: ``"none"``, ``"one"`` or ``"many"`` (at least one)."""
    kubernetes_name: str
    """The name in Kubernetes: ``In`` for ``in`` and ``=``, ``NotIn`` for ``notin`` and ``!=``."""
    matches_absent: bool
    """Whether a node *without* the key matches: true for the negated operators only."""
    test_type: type[Test]
    """The type of the requirement's test."""
    is_inclusion: bool
    """Whether the value must be one of the requirement's values: true for ``=`` and ``in``."""
    is_exclusion: bool
    """Whether the value must be none of the requirement's values: true for ``!=`` and ``notin``."""
    is_comparison: bool
    """Whether the value is compared as an integer: true for ``>`` and ``<``."""

    # There is one object for each member, so its address will do, at a third of the cost.
    __hash__ = object.__hash__

    def __init__(self, name: str) -> None:
        self.spelling, self.arity, self.kubernetes_name, test, is_negated = _LAW[name]
        self.test_type, self.matches_absent = test, is_negated
        self.is_inclusion = test is OneOf and not is_negated
        self.is_exclusion = test is OneOf and is_negated
        self.is_comparison = test is InRange

    @classmethod
    def _missing_(cls, value: object) -> "Operator | None":
        return KUBERNETES_OPERATORS.get(value) if isinstance(value, str) else None


OPERATORS = {operator.spelling: operator for operator in Operator} | {"==": Operator.EQUALS}
"""The operator for each spelling in a selector text, such as ``notin``; ``""`` is a key alone."""

KUBERNETES_OPERATORS = {operator.kubernetes_name: operator for operator in Operator}
"""The operator for each name in Kubernetes: In, NotIn, Exists, DoesNotExist, Gt and Lt."""


class Requirement(Frozen):
    """A condition on one label. Frozen; equality and hash use all four fields.

    >>> Requirement("tier", Operator.IN, ["standard", "premium"])
    Requirement('tier in (premium,standard)')

    :param key: ``name`` or ``prefix/name`` by the rules of Kubernetes.
    :param operator: how the key is tested.
    :param values: none for ``EXISTS`` and ``DOES_NOT_EXIST``, one or more for ``IN`` and
        ``NOT_IN``, otherwise one; for ``GREATER_THAN`` and ``LESS_THAN`` a non-negative 64-bit
        integer in decimal digits.
    :param spelling: how the operator is written; only ``EQUALS`` has two, ``=`` and ``==``.
    :raises SelectorError: if the key or a value breaks a rule.
    """

    __slots__ = ("key", "operator", "spelling", "values")

    key: str
    """The label's key."""
    operator: Operator
    """How the key is tested."""
    values: tuple[str, ...]
    """The values to compare the label's value with: sorted, without duplicates."""
    spelling: str
    """How the operator is written in a selector text, such as ``==``."""

    def __init__(
        self,
        key: str,
        operator: Operator,
        values: Iterable[str] = (),
        *,
        spelling: str | None = None,
    ) -> None:
        if not isinstance(operator, Operator):
            raise TypeError(f"operator must be an Operator, not {type(operator).__name__}")
        key = to_exact_str(key, "a key")
        if isinstance(values, str):
            raise TypeError("values must be a list of strings, not one string")
        given = tuple(to_exact_str(value, "a value") for value in values)
        if spelling not in (None, operator.spelling, "==" if operator is Operator.EQUALS else None):
            raise ValueError(f"{operator.name} is not spelled {spelling!r}")
        if not is_key(key):
            raise key_error(key, 0, len(key))
        values = tuple(sorted(set(given)))
        name = f"'{operator.spelling}'" if operator.spelling else "a key alone"
        check_number_of_values(operator, len(given), key, name)
        if len(values) > LIMITS.values_in_set:
            raise too_many_values_error(key, 0, len(key))
        for value in values:
            if operator.is_comparison and parse_int64(value) is None:
                raise integer_error(value, 0, len(value))
            if not is_value(value):
                raise value_error(value, 0, len(value), key)
        _set_key(self, key)
        _set_operator(self, operator)
        _set_spelling(self, operator.spelling if spelling is None else spelling)
        _set_values(self, values)

    @staticmethod
    def _trusted(
        key: str, operator: Operator, values: tuple[str, ...], spelling: str | None = None
    ) -> "Requirement":
        """Build a requirement without checks. ``values`` must be valid, sorted and distinct."""
        requirement = object.__new__(Requirement)
        _set_key(requirement, key)
        _set_operator(requirement, operator)
        _set_spelling(requirement, operator.spelling if spelling is None else spelling)
        _set_values(requirement, values)
        return requirement

    @property
    def test(self) -> Test:
        """The test of the key without negation: ``a!=b`` has the same test as ``a=b``.

        A node satisfies the requirement if it passes the test or, if :attr:`is_negated`, fails it.
        """
        operator, values = self.operator, self.values
        if operator.test_type is HasKey:
            return HasKey()
        if operator.test_type is OneOf:
            return OneOf(values)
        bound = parse_int64(values[0])
        assert bound is not None, "every constructor has checked it"
        if operator is Operator.GREATER_THAN:
            return InRange(bound + 1, MAX_INT64)
        if operator is Operator.LESS_THAN:
            return InRange(MIN_INT64, bound - 1)
        raise NotImplementedError(f"{operator} has no test")

    @property
    def is_negated(self) -> bool:
        """Whether a node satisfies the requirement if it *fails* :attr:`test`.

        Nodes without the key satisfy negated requirements only.
        """
        return self.operator.matches_absent

    @property
    def sort_key(self) -> tuple[str, str, str, tuple[str, ...]]:
        """A tuple to sort requirements by, the key first; equal only for equal requirements."""
        return self.key, self.operator.value, self.spelling, self.values

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Requirement):
            return NotImplemented
        return self.sort_key == other.sort_key

    def __hash__(self) -> int:
        return hash(self.sort_key)

    def __reduce__(self) -> tuple[object, ...]:
        return Requirement._trusted, (self.key, self.operator, self.values, self.spelling)

    def __str__(self) -> str:
        arity = self.operator.arity
        if arity == "none":
            return f"{self.spelling}{self.key}"
        if self.key == ID_KEY:
            return f"<id not in ({','.join(map(printable, self.values))})>"
        if arity == "many":
            return f"{self.key} {self.spelling} ({','.join(self.values)})"
        return f"{self.key}{self.spelling}{self.values[0]}"

    def __repr__(self) -> str:
        return f"Requirement({str(self)!r})"


_set_key, _set_operator, _set_spelling, _set_values = (
    vars(Requirement)[name].__set__ for name in Requirement.__slots__
)


def equality(key: str, value: str) -> Requirement:
    """Return the requirement ``key=value``, in a third of the time of the constructor."""
    if type(key) is type(value) is str and is_key(key) and is_value(value):
        return Requirement._trusted(key, Operator.EQUALS, (value,), "=")
    return Requirement(key, Operator.EQUALS, [value])


def exclude_ids(ids: Iterable[str]) -> list[Requirement]:
    """Return the requirements that only nodes satisfy whose id is known and none of ``ids``.

    Each has at most ``LIMITS.values_in_set`` ids. :class:`Selector` cannot show them as a text that
    it parses.
    """
    distinct = tuple(sorted(set(ids)))
    return [
        Requirement._trusted(
            ID_KEY, Operator.NOT_IN, distinct[start : start + LIMITS.values_in_set]
        )
        for start in range(0, len(distinct), LIMITS.values_in_set)
    ]


def check_number_of_values(operator: Operator, found: int, key: str, name: str) -> None:
    """Raise if a requirement with ``operator`` cannot have ``found`` values.

    :param key: the key of the requirement, which the error shows as its source.
    :param name: the name of the operator in the error message.
    :raises SelectorError: with the code ``wrong-number-of-values``.
    """
    arity = operator.arity
    if {"none": found > 0, "one": found != 1, "many": found == 0}[arity]:
        expected = {"none": "no value", "one": "one value", "many": "at least one value"}[arity]
        message = f"{name} must have {expected}, found {found}"
        raise SelectorError("wrong-number-of-values", message, key, (0, len(key)))
