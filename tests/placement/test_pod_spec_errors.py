"""All mistakes of a pod spec are found, each at its path."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Placement, SelectorError
from nodeselect.placement.pod_spec_errors import pod_spec_errors

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
RIGHT = {"key": "a", "operator": "Exists"}
WRONG = {"key": "a", "operator": "Exits"}
CPU = {"cpu": 1}
SPREAD = {"maxSkew": 1, "topologyKey": "a", "whenUnsatisfiable": "DoNotSchedule"}


def node_affinity(**fields: Any) -> dict[str, Any]:
    """Return a pod spec with a node affinity."""
    return {"affinity": {"nodeAffinity": fields}}


def terms(*terms: Any) -> dict[str, Any]:
    """Return a pod spec with the terms of a required node affinity."""
    return node_affinity(**{REQUIRED: {"nodeSelectorTerms": list(terms)}})


AT_TERMS = f"affinity.nodeAffinity.{REQUIRED}.nodeSelectorTerms"
AT_PREFERRED = f"affinity.nodeAffinity.{PREFERRED}"


@pytest.mark.parametrize(
    ("spec", "paths"),
    [
        ({}, []),
        ({"nodeSelector": {"a": "b", "c": 1, "d e": "f"}}, ["['c']", "['d e']"]),
        ({"nodeSelector": None, "a.b": "x", "c": "y"}, ["a.b", "c"]),
        (
            {"tolerations": [RIGHT, WRONG, {"key": "[0]", "effect": "x"}]},
            ["[1].operator", "[2].key"],
        ),
        (
            terms({"matchExpressions": [RIGHT, WRONG, {"key": "a", "operator": "In"}]}, None),
            [f"{AT_TERMS}[0].matchExpressions[1].operator",
             f"{AT_TERMS}[0].matchExpressions[2].values"],
        ),
        (
            terms({}, {"matchExpressions": [RIGHT]}, {"matchField": [], "matchFields": [RIGHT]}),
            [f"{AT_TERMS}[2].matchField", f"{AT_TERMS}[2].matchFields[0].operator"],
        ),
        (
            terms({"matchExpressions": [RIGHT | {"operator": "In", "values": ["b", "c d"]}] * 2}),
            [f"{AT_TERMS}[0].matchExpressions[{n}].values[1]" for n in (0, 1)],
        ),
        (terms(), [AT_TERMS]),
        (
            node_affinity(**{PREFERRED: [{"weight": 0}, {"weight": 1, "preference": {"a": 1}}]}),
            [f"{AT_PREFERRED}[0].weight", f"{AT_PREFERRED}[1].preference.a"],
        ),
        (node_affinity(required=[], preferred=[]), ["required", "preferred"]),
        (
            {"containers": [{}, {"resources": {"requests": {"cpu": "four", "memry": 1}}}]},
            ["containers[1].resources.requests.cpu"],
        ),
        (
            {"initContainers": [{"resources": {"requests": {"cpu": 2}, "limits": CPU}}, 1]},
            [".requests.cpu", "initContainers[1]"],
        ),
        ({"containers": [{"resources": {"limits": {"memory": "9e18"}}}] * 2}, ["containers"]),
        ({"overhead": {"cpu": "x", "gpu": 1}}, ["overhead.cpu", "overhead.gpu"]),
        (
            {"topologySpreadConstraints": [{"maxSkew": 0}, SPREAD, 1]},
            ["topologySpreadConstraints[0]", "topologySpreadConstraints[2]"],
        ),
        ({"nodeName": "A B", "hostNetwork": 1}, ["nodeName", "hostNetwork"]),
    ],
)  # fmt: skip
def test_all_mistakes(spec: dict[str, Any], paths: list[str]) -> None:
    """Each part that is wrong has an error with its path in the whole pod spec."""
    found = [error.path for error in pod_spec_errors(spec)]
    assert len(found) == len(paths)
    assert all(path.endswith(end) for path, end in zip(found, paths, strict=True)), found


FIELDS = (
    *("key", "operator", "values", "matchExpressions", "matchFields", "nodeSelectorTerms"),
    *("nodeAffinity", REQUIRED, PREFERRED, "weight", "preference", "resources", "requests"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "a", "In", "Exists"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner),
    max_leaves=15,
)
NAMES = ("nodeSelector", "affinity", "tolerations", "containers", "topologySpreadConstraints")


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_errors_if_and_only_if_it_is_refused(spec: dict[str, Any]) -> None:
    """A pod spec has errors if it is refused, and the same error is among them."""
    found = [(error.code, error.path) for error in pod_spec_errors(spec)]
    refused = []
    try:
        Placement.from_pod_spec(spec)
    except SelectorError as error:
        refused = [(error.code, error.path)]
    assert bool(found) == bool(refused)
    assert set(refused) <= set(found)
