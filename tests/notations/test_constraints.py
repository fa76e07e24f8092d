"""Constraints of Bacalhau and Nomad become selectors that mean the same."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import SelectorError
from nodeselect.notations.bacalhau import bacalhau_from_selector, selector_from_bacalhau
from nodeselect.notations.nomad import selector_from_nomad
from nodeselect.selectors import Selector
from tests.property.strategies import LABEL_VALUES, VALUES, selectors


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
        ([{"key": "a", "operator": "NotIn", "values": ["b"]}], "a notin (b)"),
        ([{"Key": "a", "Operator": "!"}, {"Key": "b", "Operator": "exists"}], "!a,b"),
    ],
)
def test_bacalhau(constraints: object, text: str) -> None:
    """Each operator of Bacalhau is one of the language."""
    assert str(selector_from_bacalhau(constraints)) == text


@pytest.mark.parametrize(
    ("constraint", "text"),
    [
        ({"attribute": "${meta.a}", "value": "b"}, "a=b"),
        ({"attribute": "${meta.a}", "operator": "is", "value": ""}, "a="),
        ({"attribute": "${meta.a.b}", "operator": "!=", "value": "c"}, "a.b!=c"),
        ({"attribute": "${meta.a}", "operator": "not", "value": "c"}, "a!=c"),
        ({"attribute": "${attr.cpu.arch}", "operator": "=", "value": "x"}, "attr.cpu.arch=x"),
        ({"attribute": "${node.class}", "operator": "!=", "value": "x"}, "node.class!=x"),
        ({"attribute": "${node.pool}", "value": "x"}, "node.pool=x"),
        ({"LTarget": "${node.datacenter}", "RTarget": "dc1"}, "node.datacenter=dc1"),
        ({"LTarget": "${meta.a}", "Operand": "is_set", "RTarget": ""}, "a"),
        ({"LTarget": "${meta.a}", "Operand": "is_not_set"}, "!a"),
        ({"attribute": "${node.unique.id}", "value": "n-1"}, "<id in (n-1)>"),
    ],
)
def test_nomad(constraint: object, text: str) -> None:
    """Metadata and attributes are labels here; the id is the id."""
    assert str(selector_from_nomad(constraint)) == text


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


def nomad_matches(constraint: Mapping[str, str], meta: Mapping[str, str], node_id: str) -> bool:
    """Return whether a node meets a constraint, by the rules of ``checkConstraint`` in Nomad."""
    values = {f"${{meta.{key}}}": value for key, value in meta.items()}
    values["${node.unique.id}"] = node_id
    is_found = constraint["attribute"] in values
    left, right = values.get(constraint["attribute"], ""), constraint.get("value", "")
    match constraint.get("operator", "="):
        case "=" | "==" | "is":
            return is_found and left == right
        case "!=" | "not":
            return left != right
        case "is_set":
            return is_found
    assert constraint["operator"] == "is_not_set"
    return not is_found


CONSTRAINTS = st.fixed_dictionaries(
    {"attribute": st.sampled_from(["${meta.a}", "${meta.b}", "${node.unique.id}"])},
    optional={
        "operator": st.sampled_from(["=", "==", "is", "!=", "not", "is_set", "is_not_set"]),
        "value": st.sampled_from(VALUES),
    },
)


@given(
    CONSTRAINTS,
    st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(LABEL_VALUES)),
    st.sampled_from(VALUES),
)
def test_nodes_of_nomad(constraint: dict[str, str], meta: dict[str, str], node_id: str) -> None:
    """A constraint that becomes a selector is met by the nodes that it matches."""
    try:
        selector = selector_from_nomad(constraint)
    except SelectorError:
        return
    assert selector.matches(meta, node_id) is nomad_matches(constraint, meta, node_id)
