"""The operators of the language, and what each one means.

A requirement is a *test* of one key, or the negation of a test. There are three tests: the node has
the key, the value is one of a set, the value reads as an integer within a range. A test is false
for a node without the key, so a negated test is true for it. What tests nodes or compares selectors
implements the three tests and their negation, and needs to know no operator.

Source: Kubernetes apimachinery v0.36.3, ``Requirement.Matches``.
"""

from enum import Enum
from typing import NamedTuple


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

    The value of a member is its name in Bacalhau constraints. ``Operator`` also accepts the
    names of Kubernetes, which are :attr:`kubernetes_name`:

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
    """The number of values: ``"none"``, ``"one"`` or ``"many"`` (at least one)."""
    kubernetes_name: str
    """The operator in Kubernetes; ``=`` and ``!=`` are ``In`` and ``NotIn`` with one value."""
    matches_absent: bool
    """Whether a node *without* the key matches: true for the negated operators only."""
    test_type: type[Test]
    """The type of the requirement's test."""
    is_inclusion: bool
    """Whether the value must be one of those listed: ``=`` and ``in``."""
    is_exclusion: bool
    """Whether the value must be none of those listed: ``!=`` and ``notin``."""
    is_comparison: bool
    """Whether the value is compared as an integer: ``>`` and ``<``."""

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
"""The operators by the spellings that they can have in a selector text."""

KUBERNETES_OPERATORS = {operator.kubernetes_name: operator for operator in Operator}
"""The operators by their names in Kubernetes: In, NotIn, Exists, DoesNotExist, Gt and Lt."""
