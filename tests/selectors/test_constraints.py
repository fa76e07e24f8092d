"""Constraints of Bacalhau and Nomad become selectors that mean the same, and selectors those."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import SelectorError
from nodeselect.notations.bacalhau import (
    bacalhau_from_selector,
    nomad_from_selector,
    selector_from_bacalhau,
    selector_from_nomad,
)
from nodeselect.selectors import Operator, Selector, equivalent
from tests.property.strategies import LABEL_VALUES, VALUES, labels, node_ids, selectors


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
    ("constraints", "text"),
    [
        (None, ""),
        ([{"attribute": "${meta.a}", "value": "b"}], "a=b"),
        ([{"attribute": "${meta.a}", "operator": "is", "value": ""}], "a="),
        ([{"attribute": "${meta.a.b}", "operator": "!=", "value": "c"}], "a.b!=c"),
        ([{"attribute": "${meta.a}", "operator": "not", "value": "c"}], "a!=c"),
        ([{"attribute": "${attr.cpu.arch}", "operator": "=", "value": "x"}], "attr.cpu.arch=x"),
        ([{"attribute": "${node.class}", "operator": "!=", "value": "x"}], "node.class!=x"),
        ([{"attribute": "${node.pool}", "value": "x"}], "node.pool=x"),
        ([{"LTarget": "${node.datacenter}", "RTarget": "dc1"}], "node.datacenter=dc1"),
        ([{"LTarget": "${meta.a}", "Operand": "is_set", "RTarget": ""}], "a"),
        ([{"LTarget": "${meta.a}", "Operand": "is_not_set"}], "!a"),
        ([{"attribute": "${node.unique.id}", "value": "n-1"}], "<id in (n-1)>"),
        ([{"attribute": "${node.unique.id}", "value": id_} for id_ in ("n-1", "n-2")], "<nothing>"),
    ],
)
def test_nomad(constraints: object, text: str) -> None:
    """Metadata and attributes are labels here; the id is the id."""
    assert str(selector_from_nomad(constraints)) == text


@given(selectors())
def test_constraints_of_bacalhau_are_the_selector_again(selector: Selector) -> None:
    """Bacalhau can express everything but ids, and tells the same operators apart."""
    if selector.ids is not None:
        with pytest.raises(SelectorError, match="Bacalhau cannot express ids"):
            bacalhau_from_selector(selector)
        return
    constraints = bacalhau_from_selector(selector)
    again = selector_from_bacalhau(json.loads(json.dumps(constraints)))
    assert again.requirements == tuple(
        type(each)(each.key, each.operator, each.values) for each in selector.requirements
    )


def test_fields_of_a_node_of_nomad() -> None:
    """The labels of fields are written as fields; what their absence means differs."""
    constraints = nomad_from_selector(Selector.parse("node.class=a,node.classes,node.pool!=b"))
    assert constraints == [
        {"attribute": "${node.class}", "operator": "=", "value": "a"},
        {"attribute": "${meta.node.classes}", "operator": "is_set"},
        {"attribute": "${node.pool}", "operator": "!=", "value": "b"},
    ]
    for text in ("node.class", "!node.class", "node.class=", "node.pool!="):
        with pytest.raises(SelectorError, match="Nomad cannot express "):
            nomad_from_selector(Selector.parse(text))


def test_what_is_written() -> None:
    """Bacalhau's fields begin with a capital, Nomad's do not; ids are written for Nomad."""
    selector = Selector.of(match_expressions=["a=b", "c notin (d,e)", "!f"])
    assert bacalhau_from_selector(selector) == [
        {"Key": "a", "Operator": "=", "Values": ["b"]},
        {"Key": "c", "Operator": "notin", "Values": ["d", "e"]},
        {"Key": "f", "Operator": "!"},
    ]
    assert nomad_from_selector(selector & Selector.of(match_ids=["n-1"])) == [
        {"attribute": "${node.unique.id}", "operator": "=", "value": "n-1"},
        {"attribute": "${meta.a}", "operator": "=", "value": "b"},
        {"attribute": "${meta.c}", "operator": "!=", "value": "d"},
        {"attribute": "${meta.c}", "operator": "!=", "value": "e"},
        {"attribute": "${meta.f}", "operator": "is_not_set"},
    ]


def test_an_empty_value_has_no_counterpart_in_nomad() -> None:
    """Nomad refuses a constraint with an operator and an empty value."""
    for text in ("x=", "x!=", "x in ()", "x notin (a,)"):
        with pytest.raises(SelectorError, match="Nomad cannot express x"):
            nomad_from_selector(Selector.parse(text))


@given(selectors())
def test_constraints_of_nomad_are_the_selector_again(selector: Selector) -> None:
    """What Nomad can express means the same when it is read again."""
    if _nomad_cannot_express(selector):
        with pytest.raises(SelectorError, match="Nomad cannot express "):
            nomad_from_selector(selector)
        return
    constraints = nomad_from_selector(selector)
    assert equivalent(selector_from_nomad(json.loads(json.dumps(constraints))), selector)


def _nomad_cannot_express(selector: Selector) -> bool:
    return (selector.ids is not None and len(selector.ids) != 1) or any(
        each.operator.is_comparison
        or (each.operator is Operator.IN and len(each.values) > 1)
        or "" in each.values
        for each in selector.requirements
    )


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
    st.lists(CONSTRAINTS, max_size=3),
    st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(LABEL_VALUES)),
    st.sampled_from(VALUES),
)
def test_nodes_of_nomad(constraints: list[Any], meta: dict[str, str], node_id: str) -> None:
    """Constraints that become a selector are met by the nodes that it matches."""
    try:
        selector = selector_from_nomad(constraints)
    except SelectorError:
        return
    expected = all(nomad_matches(each, meta, node_id) for each in constraints)
    assert selector.matches(meta, node_id) is expected


@given(selectors(), labels(), node_ids().filter(bool))
def test_nodes_of_written_constraints(
    selector: Selector, node_labels: dict[str, str], node_id: str
) -> None:
    """The nodes that a selector matches meet its constraints for Nomad."""
    try:
        constraints = nomad_from_selector(selector)
    except SelectorError:
        return
    expected = all(nomad_matches(each, node_labels, node_id) for each in constraints)
    assert selector.matches(node_labels, node_id) is expected
