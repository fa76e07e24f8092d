"""The law of the operators, as a table."""

import pytest

from nodeselect.selectors import Operator, Requirement
from nodeselect.selectors.operator import HasKey, InRange, OneOf, Test

LOWEST, HIGHEST = -(2**63), 2**63 - 1

# Name in structured form, spelling, number of values, whether an absent key matches; and the test
# of a requirement with the value "5", if it has values.
LAW: dict[Operator, tuple[str, str, str, bool, Test]] = {
    Operator.EXISTS: ("exists", "", "none", False, HasKey()),
    Operator.DOES_NOT_EXIST: ("!", "!", "none", True, HasKey()),
    Operator.EQUALS: ("=", "=", "one", False, OneOf(("5",))),
    Operator.NOT_EQUALS: ("!=", "!=", "one", True, OneOf(("5",))),
    Operator.IN: ("in", "in", "many", False, OneOf(("5",))),
    Operator.NOT_IN: ("notin", "notin", "many", True, OneOf(("5",))),
    Operator.GREATER_THAN: ("gt", ">", "one", False, InRange(6, HIGHEST)),
    Operator.LESS_THAN: ("lt", "<", "one", False, InRange(LOWEST, 4)),
}


@pytest.mark.parametrize("operator", Operator)
def test_law(operator: Operator) -> None:
    """An operator has the name, spelling, arity and answer for an absent key of the table."""
    row = (operator.value, operator.spelling, operator.arity, operator.matches_absent)
    assert row == LAW[operator][:4]
    assert Operator(LAW[operator][0]) is operator


@pytest.mark.parametrize("operator", Operator)
def test_a_requirement_is_a_test_or_its_negation(operator: Operator) -> None:
    """A requirement has the test of the table, and is negated if it matches an absent key."""
    requirement = Requirement("x", operator, () if operator.arity == "none" else ("5",))
    assert requirement.test == LAW[operator][4]
    assert type(requirement.test) is type(LAW[operator][4])
    assert requirement.is_negated == LAW[operator][3]


def test_groups_of_operators() -> None:
    """Two operators include values, two exclude values, two compare, and two have no values."""
    groups = [
        [each for each in Operator if each.is_inclusion],
        [each for each in Operator if each.is_exclusion],
        [each for each in Operator if each.is_comparison],
    ]
    assert groups == [
        [Operator.EQUALS, Operator.IN],
        [Operator.NOT_EQUALS, Operator.NOT_IN],
        [Operator.GREATER_THAN, Operator.LESS_THAN],
    ]


def test_a_range_may_be_empty() -> None:
    """No integer is above the highest, so the range of such a comparison is empty."""
    requirement = Requirement("x", Operator.GREATER_THAN, [str(HIGHEST)])
    assert requirement.test == InRange(HIGHEST + 1, HIGHEST)
