"""Bacalhau constraints become selectors that mean the same."""

import json

import pytest
from hypothesis import given

from nodeselect import SelectorError
from nodeselect.notations.bacalhau import bacalhau_from_selector, selector_from_bacalhau
from nodeselect.selectors import Selector
from tests.property.strategies import selectors


@pytest.mark.parametrize(
    ("constraints", "text"),
    [
        (None, ""),
        ([], ""),
        ([{"Key": "a", "Operator": "in", "Values": ["b", "c"]}], "a in (b,c)"),
        ([{"Key": "a", "Operator": "notin", "Values": ["b"]}], "a notin (b)"),
        ([{"Key": "a", "Operator": "=", "Values": ["b"]}], "a=b"),
        ([{"Key": "a", "Operator": "==", "Values": [""]}], "a="),
        ([{"Key": "a", "Operator": "!=", "Values": ["b"]}], "a!=b"),
        ([{"Key": "a", "Operator": "exists", "Values": None}], "a"),
        ([{"Key": "a", "Operator": "!"}], "!a"),
        ([{"Key": "a", "Operator": "gt", "Values": ["5"]}], "a>5"),
        ([{"key": "a", "operator": "lt", "values": ["5"]}], "a<5"),
        ([{"Key": "a", "Operator": "!"}, {"Key": "b", "Operator": "exists"}], "!a,b"),
    ],
)
def test_bacalhau(constraints: object, text: str) -> None:
    """Each operator of Bacalhau is one of the language."""
    assert str(selector_from_bacalhau(constraints)) == text


@given(selectors())
def test_constraints_of_bacalhau_are_the_selector_again(selector: Selector) -> None:
    """Bacalhau can express everything but ids, and tells the same operators apart."""
    if selector.ids is not None or selector.excluded_ids:
        with pytest.raises(SelectorError, match="Bacalhau cannot express ids"):
            bacalhau_from_selector(selector)
        return
    constraints = bacalhau_from_selector(selector)
    again = selector_from_bacalhau(json.loads(json.dumps(constraints)))
    assert again.requirements == tuple(
        type(each)(each.key, each.operator, each.values) for each in selector.requirements
    )


def test_what_is_written() -> None:
    """Bacalhau's fields begin with a capital; those without values have none."""
    selector = Selector.of(match_expressions=["a=b", "c notin (d,e)", "!f"])
    assert bacalhau_from_selector(selector) == [
        {"Key": "a", "Operator": "=", "Values": ["b"]},
        {"Key": "c", "Operator": "notin", "Values": ["d", "e"]},
        {"Key": "f", "Operator": "!"},
    ]
