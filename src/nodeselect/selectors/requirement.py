"""One requirement of a selector: a key, an operator, values."""

from collections.abc import Iterable

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
from nodeselect.selectors.operator import HasKey, InRange, OneOf, Operator, Test
from nodeselect.text import to_exact_str


class _Unfrozen:
    """A :class:`Requirement` while it is parsed: its fields can be set.

    Then the object becomes a :class:`Requirement`. Otherwise parsing a new text would take a tenth
    longer (``benchmarks/test_parse.py``).
    """

    __slots__ = ("key", "operator", "spelling", "values")

    key: str
    operator: Operator
    spelling: str
    values: tuple[str, ...]


class Requirement(_Unfrozen, Frozen):
    """A condition on one label. Frozen; compares and hashes by key, operator, spelling and values.

    >>> Requirement("tier", Operator.IN, ["standard", "premium"])
    Requirement('tier in (premium,standard)')

    :param key: ``name`` or ``prefix/name`` by the rules of Kubernetes.
    :param operator: how the key is tested.
    :param values: no value for ``EXISTS`` and ``DOES_NOT_EXIST``, one or more for ``IN`` and
        ``NOT_IN``, exactly one for the others; for ``GREATER_THAN`` and ``LESS_THAN`` the decimal
        digits of a signed 64-bit integer.
    :param spelling: how the operator is written; only ``EQUALS`` has two, ``=`` and ``==``.
    :raises SelectorError: if the key or a value breaks a rule.
    :raises TypeError: if something is not a string, or ``values`` is one.
    """

    __slots__ = ()

    key: str
    """The label's key."""
    operator: Operator
    """How the key is tested."""
    values: tuple[str, ...]
    """What the label's value is compared with: sorted, without duplicates."""
    spelling: str
    """How the operator is written."""

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
        spelling = operator.spelling if spelling is None else spelling
        for name, field in (
            ("key", key), ("operator", operator), ("values", values), ("spelling", spelling),
        ):  # fmt: skip
            object.__setattr__(self, name, field)

    @staticmethod
    def _trusted(
        key: str, operator: Operator, values: tuple[str, ...], spelling: str | None = None
    ) -> "Requirement":
        """Build a requirement without checks; its key and sorted values must be valid."""
        requirement = _Unfrozen()
        requirement.key = key
        requirement.operator = operator
        requirement.values = values
        requirement.spelling = operator.spelling if spelling is None else spelling
        requirement.__class__ = Requirement
        return requirement  # type: ignore[return-value]

    @property
    def test(self) -> Test:
        """The test of the key, not negated: for ``a!=b`` it is that of ``a=b``.

        If :attr:`is_negated`, a node satisfies the requirement if it fails this test.
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

        Then nodes without the key satisfy it.
        """
        return self.operator.matches_absent

    @property
    def sort_key(self) -> tuple[str, str, str, tuple[str, ...]]:
        """A tuple to sort requirements by, the key first; it is equal for equal requirements."""
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
        if arity == "many":
            return f"{self.key} {self.spelling} ({','.join(self.values)})"
        return f"{self.key}{self.spelling}{self.values[0]}"

    def __repr__(self) -> str:
        return f"Requirement({str(self)!r})"


def check_number_of_values(operator: Operator, found: int, key: str, name: str) -> None:
    """Raise if an operator cannot have this number of values.

    :param found: the number of values; ``key`` is the key of the requirement.
    :param name: the operator as the error calls it.
    :raises SelectorError: with the code ``wrong-number-of-values``.
    """
    arity = operator.arity
    if {"none": found > 0, "one": found != 1, "many": found == 0}[arity]:
        expected = {"none": "no value", "one": "one value", "many": "at least one value"}[arity]
        message = f"{name} must have {expected}, found {found}"
        raise SelectorError("wrong-number-of-values", message, key, (0, len(key)))
