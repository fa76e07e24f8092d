"""The operators of the language, and what each one means.

A requirement is a *test* of one key, or the negation of a test. There are three tests: the node has
the key, the value is one of a set, the value reads as an integer within a range. A test is false
for a node without the key, so a negated test is true for it. Every engine implements the three
tests and their negation, and nothing else needs to know the operators.

Source: Kubernetes apimachinery v0.36.3, ``Requirement.Matches``.
"""

from enum import Enum
from typing import NamedTuple, assert_never

__all__ = ["HasKey", "InRange", "OneOf", "Operator", "Test"]


class HasKey(NamedTuple):
    """True if the node has the key, whatever its value."""


class OneOf(NamedTuple):
    """True if the node has the key with one of the values.

    :param values: at least one; sorted, without duplicates.
    """

    values: tuple[str, ...]


class InRange(NamedTuple):
    """True if the value reads as a signed 64-bit decimal integer within the range.

    No operator negates this test. If ``low`` is above ``high``, it is never true.

    :param low: the lowest integer that passes.
    :param high: the highest integer that passes.
    """

    low: int
    high: int


Test = HasKey | OneOf | InRange


class Operator(Enum):
    """How a requirement tests its key.

    The value of a member is its name in structured form, as in ``{"key", "operator", "values"}``
    items of Kubernetes and Bacalhau; :attr:`spelling` is its form in a selector text.
    """

    EXISTS = "exists"
    DOES_NOT_EXIST = "!"
    EQUALS = "="
    NOT_EQUALS = "!="
    IN = "in"
    NOT_IN = "notin"
    GREATER_THAN = "gt"
    LESS_THAN = "lt"

    @property
    def spelling(self) -> str:
        """The operator as written in a text: ``in``, ``>``; empty for a key alone."""
        return _SPELLING[self]

    @property
    def arity(self) -> str:
        """The number of values: ``"none"``, ``"one"`` or ``"many"`` (at least one)."""
        if self in (Operator.EXISTS, Operator.DOES_NOT_EXIST):
            return "none"
        return "many" if self in (Operator.IN, Operator.NOT_IN) else "one"

    @property
    def is_inclusion(self) -> bool:
        """Whether the value must be one of those listed: ``=`` and ``in``."""
        return self is Operator.EQUALS or self is Operator.IN

    @property
    def is_exclusion(self) -> bool:
        """Whether the value must be none of those listed: ``!=`` and ``notin``."""
        return self is Operator.NOT_EQUALS or self is Operator.NOT_IN

    @property
    def is_comparison(self) -> bool:
        """Whether the value is compared as an integer: ``>`` and ``<``."""
        return self is Operator.GREATER_THAN or self is Operator.LESS_THAN

    @property
    def matches_absent(self) -> bool:
        """Whether a node *without* the key satisfies the requirement.

        True for the negated operators, and only for them.
        """
        match self:
            case Operator.EXISTS:
                return False  # the key itself is required
            case Operator.DOES_NOT_EXIST:
                return True  # its absence is required
            case Operator.EQUALS | Operator.IN:
                return False  # no value is not one of the values; not even the empty one
            case Operator.NOT_EQUALS | Operator.NOT_IN:
                return True  # no value is none of the values; "k,k!=a" requires the label too
            case Operator.GREATER_THAN | Operator.LESS_THAN:
                return False  # no value is not an integer, and only integers compare
        assert_never(self)


# What differs from the name in structured form.
_SPELLING = {operator: operator.value for operator in Operator} | {
    Operator.EXISTS: "",
    Operator.GREATER_THAN: ">",
    Operator.LESS_THAN: "<",
}
