"""The law of the operators, as a table."""

import pytest

from nodeselect.selectors import Operator, Requirement
from nodeselect.selectors.requirement import HasKey, InRange, OneOf, Test

LOWEST, HIGHEST = -(2**63), 2**63 - 1

# Names in Bacalhau and in Kubernetes, spelling, number of values, whether an absent key matches;
# and the test of a requirement with the value "5", if it has values.
LAW: dict[Operator, tuple[str, str, str, str, bool, Test]] = {
    Operator.EXISTS: ("exists", "Exists", "", "none", False, HasKey()),
    Operator.DOES_NOT_EXIST: ("!", "DoesNotExist", "!", "none", True, HasKey()),
    Operator.EQUALS: ("=", "In", "=", "one", False, OneOf(("5",))),
    Operator.NOT_EQUALS: ("!=", "NotIn", "!=", "one", True, OneOf(("5",))),
    Operator.IN: ("in", "In", "in", "many", False, OneOf(("5",))),
    Operator.NOT_IN: ("notin", "NotIn", "notin", "many", True, OneOf(("5",))),
    Operator.GREATER_THAN: ("gt", "Gt", ">", "one", False, InRange(6, HIGHEST)),
    Operator.LESS_THAN: ("lt", "Lt", "<", "one", False, InRange(LOWEST, 4)),
}


@pytest.mark.parametrize("operator", Operator)
def test_law(operator: Operator) -> None:
    """An operator is as in the table; a requirement has its test, or the negation of it."""
    requirement = Requirement("x", operator, () if operator.arity == "none" else ("5",))
    assert LAW[operator] == (
        *(operator.value, operator.kubernetes_name, operator.spelling, operator.arity),
        operator.matches_absent,
        requirement.test,
    )
    test, is_negated = requirement.test, requirement.is_negated
    assert type(test) is type(LAW[operator][5]) is operator.test_type
    assert is_negated == operator.matches_absent
    assert operator.is_inclusion == (type(test) is OneOf and not is_negated)
    assert operator.is_exclusion == (type(test) is OneOf and is_negated)
    assert operator.is_comparison == (type(test) is InRange)
    assert Operator(operator.value) is operator
    if operator not in (Operator.EQUALS, Operator.NOT_EQUALS):
        assert Operator(operator.kubernetes_name) is operator


def test_a_range_may_be_empty() -> None:
    """No integer is above the highest, so the range of such a comparison is empty."""
    requirement = Requirement("x", Operator.GREATER_THAN, [str(HIGHEST)])
    assert requirement.test == InRange(HIGHEST + 1, HIGHEST)
