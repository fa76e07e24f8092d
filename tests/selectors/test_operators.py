"""The law of the operators, as the table in the architecture says it."""

import pytest

from nodeselect.selectors import Operator

LAW = {
    Operator.EXISTS: ("exists", "", "none", False),
    Operator.DOES_NOT_EXIST: ("!", "!", "none", True),
    Operator.EQUALS: ("=", "=", "one", False),
    Operator.NOT_EQUALS: ("!=", "!=", "one", True),
    Operator.IN: ("in", "in", "many", False),
    Operator.NOT_IN: ("notin", "notin", "many", True),
    Operator.GREATER_THAN: ("gt", ">", "one", False),
    Operator.LESS_THAN: ("lt", "<", "one", False),
}
"""Name in structured form, spelling in a text, number of values, answer for an absent key."""


def test_the_table_is_whole() -> None:
    """The table of this file has a row for each operator and no other."""
    assert list(LAW) == list(Operator)


@pytest.mark.parametrize("operator", Operator)
def test_law(operator: Operator) -> None:
    """An operator has the name, spelling, arity and answer for an absent key of the table."""
    row = (operator.value, operator.spelling, operator.arity, operator.matches_absent)
    assert row == LAW[operator]


@pytest.mark.parametrize("operator", Operator)
def test_an_operator_is_found_by_its_structured_name(operator: Operator) -> None:
    """``Operator("gt")`` gives the operator of that name in structured form."""
    assert Operator(LAW[operator][0]) is operator


@pytest.mark.parametrize("name", [">", "<", "==", "In", "NotIn", "IN", "Gt", "", "DoesNotExist"])
def test_no_other_name_is_an_operator(name: str) -> None:
    """Spellings, other cases and the names of Kubernetes' objects are no structured names."""
    with pytest.raises(ValueError, match="is not a valid Operator"):
        Operator(name)
