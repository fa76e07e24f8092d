"""The operators of the language, and what each answers when the key is absent.

This is the law of the language in one place; the parser, the compiled predicate and every index
follow it. Source: Kubernetes apimachinery v0.36.3, ``Requirement.Matches``.
"""

from enum import Enum
from typing import assert_never

__all__ = ["Operator"]


class Operator(Enum):
    """How a requirement tests its key.

    The value of a member is its name in structured form, as in ``{"key", "operator", "values"}``
    items of Kubernetes and Bacalhau; :attr:`spelling` is what stands in a selector text.
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
        """What stands in a text for it: ``in``, ``>``; empty for a bare key."""
        return _SPELLING[self]

    @property
    def arity(self) -> str:
        """How many values it takes: ``"none"``, ``"one"`` or ``"some"`` (one or more)."""
        match self:
            case Operator.EXISTS | Operator.DOES_NOT_EXIST:
                return "none"
            case Operator.IN | Operator.NOT_IN:
                return "some"
            case Operator.EQUALS | Operator.NOT_EQUALS | Operator.GREATER_THAN | Operator.LESS_THAN:
                return "one"
        assert_never(self)

    @property
    def takes_absent(self) -> bool:
        """Whether a node *without* the key satisfies the requirement."""
        match self:
            case Operator.EXISTS:
                return False  # the key itself is asked for
            case Operator.DOES_NOT_EXIST:
                return True  # absence is what is asked for
            case Operator.EQUALS | Operator.IN:
                return False  # no value cannot be one of the values; not even the empty one
            case Operator.NOT_EQUALS | Operator.NOT_IN:
                return True  # no value is none of the values: ask for "k,k!=a" to want a label too
            case Operator.GREATER_THAN | Operator.LESS_THAN:
                return False  # no value is no integer, and what is no integer compares with none
        assert_never(self)


_SPELLING = {operator: operator.value for operator in Operator} | {
    Operator.EXISTS: "",
    Operator.GREATER_THAN: ">",
    Operator.LESS_THAN: "<",
}
