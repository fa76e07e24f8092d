"""Selectors from objects of Kubernetes, and LabelSelectors from selectors."""

from collections import UserDict
from typing import Any

import pytest

from nodeselect.selectors import (
    Operator,
    Selector,
    pod_spec_from_selectors,
    selectors_from_pod_spec,
)

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def item(key: str, operator: str, *values: str) -> dict[str, Any]:
    """Return an item of ``matchExpressions`` or ``matchFields``."""
    return {"key": key, "operator": operator, "values": list(values)}


def affinity(*terms: dict[str, Any] | None) -> dict[str, Any]:
    """Return a pod spec with these terms of a required node affinity."""
    return {"affinity": {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": list(terms)}}}}


def texts(spec: dict[str, Any]) -> list[str]:
    return list(map(str, selectors_from_pod_spec(spec)))


@pytest.mark.parametrize("name", ["in ", "IN", "gte", None, ["In"]])
def test_names_that_are_unknown(name: Any) -> None:
    """Another name is a ``ValueError``, whatever its type."""
    with pytest.raises(ValueError, match="is not a valid Operator"):
        Operator(name)


@pytest.mark.parametrize(
    ("label_selector", "text"),
    [
        ({}, ""),
        ({"matchLabels": {}, "matchExpressions": []}, ""),
        ({"matchLabels": None, "matchExpressions": None}, ""),
        ({"matchLabels": {"b": "", "a": "x"}}, "a=x,b="),
        (UserDict(matchLabels=UserDict(a="x")), "a=x"),
        ({"matchExpressions": (item("a", "NotIn", ""),)}, "a notin ()"),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist", "values": None}]}, "!a"),
        ({"matchLabels": {"a": "x"}, "matchExpressions": [item("a", "In", "y")]}, "a=x,a in (y)"),
    ],
)
def test_label_selectors(label_selector: dict[str, Any], text: str) -> None:
    """A LabelSelector becomes the selector with the same requirements."""
    assert Selector.from_kubernetes(label_selector) == Selector.parse(text)


def test_null_is_not_empty() -> None:
    """A LabelSelector that is null matches nothing, an empty one everything; and back."""
    assert Selector.from_kubernetes(None) is Selector.nothing()
    assert Selector.from_kubernetes({}) == Selector.everything()
    assert Selector.nothing().to_kubernetes() is None
    assert Selector.everything().to_kubernetes() == {}


@pytest.mark.parametrize("wrong", ["a=b", [], 5])
def test_other_types(wrong: Any) -> None:
    """What is not an object at all is a ``TypeError``."""
    name = type(wrong).__name__
    with pytest.raises(TypeError, match=f"^a LabelSelector must be a mapping or None, not {name}$"):
        Selector.from_kubernetes(wrong)
    with pytest.raises(TypeError, match=f"^a pod spec must be a mapping, not {name}$"):
        selectors_from_pod_spec(wrong)


def test_to_kubernetes() -> None:
    """A selector becomes the LabelSelector that one would write by hand."""
    items = [item("a", "In", "y"), item("c", "NotIn", "z"), {"key": "d", "operator": "Exists"}]
    label_selector = {"matchLabels": {"a": "x", "b": "y"}, "matchExpressions": items}
    assert Selector.parse("a=x,b==y,a=y,c!=z,d").to_kubernetes() == label_selector


NAME_A, NAME_B = item("metadata.name", "In", "n-a"), item("metadata.name", "In", "n-b")
NOT_A, NOT_B = item("metadata.name", "NotIn", "n-a"), item("metadata.name", "NotIn", "n-b")


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"nodeSelector": {"a": "x", "b": ""}}, ["a=x,b="]),
        ({"nodeName": "n-a"}, ["<id in (n-a)>"]),
        (
            affinity({"matchExpressions": [item("a", "Gt", "5"), item("a", "Lt", "007")]}),
            ["a>5,a<007"],
        ),
        (
            {"nodeSelector": {"a": "x"}}
            | affinity({"matchExpressions": [item("b", "Exists")]}, {"matchFields": [NAME_A]}),
            ["a=x,b", "<id in (n-a)>,a=x"],
        ),
        (affinity({"matchExpressions": [], "matchFields": None}), []),
        (affinity({"matchFields": [NAME_A, NAME_A]}), ["<id in (n-a)>"]),
        (affinity({"matchFields": [NAME_A, NAME_B]}), ["<nothing>"]),
        (affinity({"matchFields": [NOT_A, NAME_A]}), ["<nothing>"]),
        (affinity({"matchFields": [NOT_A]}), ["<id not in (n-a)>"]),
        (
            affinity({"matchFields": [NOT_B, NOT_A], "matchExpressions": [item("a", "Exists")]}),
            ["<id not in (n-a,n-b)>,a"],
        ),
        (
            {"nodeName": "n-b"} | affinity({"matchFields": [NOT_B]}, {"matchFields": [NOT_A]}),
            ["<nothing>", "<id in (n-b)>"],
        ),
        (affinity({"matchFields": [NAME_B, NOT_A]}), ["<id in (n-b)>"]),
        (
            {"nodeName": "n-b"} | affinity({"matchFields": [NAME_A]}, {"matchFields": [NAME_B]}),
            ["<nothing>", "<id in (n-b)>"],
        ),
    ],
)
def test_pod_specs(spec: dict[str, Any], expected: list[str]) -> None:
    """Each term of a node affinity becomes a selector, with all else that the pod requires."""
    assert texts(spec) == expected


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"nodeSelector": None, "affinity": None},
        {"nodeSelector": {}, "affinity": {}, "nodeName": ""},
        {"affinity": {"nodeAffinity": {REQUIRED: None}}},
        {"affinity": {"nodeAffinity": {f"preferred{REQUIRED[8:]}": 5}, "podAffinity": 5}},
        {"nodeSelector": None, "hostNetwork": True, "volumes": None, "os": {}},
        {"containers": 5, "tolerations": {}, "gpu": "a100"},
    ],
)
def test_no_condition(spec: dict[str, Any]) -> None:
    """Empty fields, preferences, and other fields of a pod spec are no condition on labels."""
    assert selectors_from_pod_spec(spec) == (Selector.everything(),)


A, B = Selector.parse("a=x"), Selector.parse("!b,c>5")
A_TERM = {"matchExpressions": [item("a", "In", "x")]}
B_TERM = {"matchExpressions": [{"key": "b", "operator": "DoesNotExist"}, item("c", "Gt", "5")]}
BY_ID = Selector.of(match_ids=["n-b", "n-a"])


@pytest.mark.parametrize(
    ("union", "terms"),
    [
        ([A, B], [A_TERM, B_TERM]),
        ([BY_ID], [{"matchFields": [NAME_A]}, {"matchFields": [NAME_B]}]),
        ([A & Selector.of(match_ids=["n-a"])], [A_TERM | {"matchFields": [NAME_A]}]),
        ([], [{}]),
        ([Selector.nothing()], [{}]),
        ([Selector.nothing(), A], [A_TERM]),
    ],
)
def test_pod_spec_from_selectors(union: list[Selector], terms: list[dict[str, Any]]) -> None:
    """Each selector becomes a term, or one for each id."""
    assert pod_spec_from_selectors(union) == affinity(*terms)


def test_everything_requires_nothing() -> None:
    """One selector that matches every node makes the pod spec empty."""
    assert pod_spec_from_selectors([A, Selector.everything()]) == {}
