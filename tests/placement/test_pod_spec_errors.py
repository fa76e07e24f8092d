"""All mistakes of a pod spec are found, each at its path."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Placement, SelectorError
from nodeselect.placement.placement import pod_spec_errors
from tests.placement.test_placement import GPU, PREFERRED, container
from tests.property.strategies import json_values
from tests.selectors.test_kubernetes import REQUIRED, affinity

RIGHT = {"key": "a", "operator": "Exists"}
SPREAD = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
WEIGHT: dict[str, Any] = {"weight": 1, "preference": {}}
HUGE, QUOTA = "hugepages-2Mi", "requests.example.com/x"
TERMS = f"affinity.nodeAffinity.{REQUIRED}.nodeSelectorTerms"
REQUESTS = ".resources.requests"


def taint(**fields: Any) -> dict[str, Any]:
    """Return a toleration of the taint ``a`` with other fields."""
    return {"key": "a", **fields}


def expressions(**fields: Any) -> dict[str, Any]:
    """Return a term with a valid expression, and one with other fields."""
    return {"matchExpressions": [RIGHT, RIGHT | fields]}


CONTAINERS: list[tuple[Any, str, str]] = [
    ("x", "wrong-type", ""),
    ({"resources": []}, "wrong-type", ".resources"),
    ({"resources": {"request": {}}}, "unknown-field", ".resources.request"),
    (container(cpu="1K"), "invalid-quantity", f"{REQUESTS}.cpu"),
    (container(cpu=True), "wrong-type", f"{REQUESTS}.cpu"),
    (container({"memory": "-1"}), "invalid-quantity", ".resources.limits.memory"),
    (container({"cpu": 1}, cpu="1001m"), "invalid-request", f"{REQUESTS}.cpu"),
    (container(gpu=1), "unknown-resource", f"{REQUESTS}.gpu"),
    (container(**{GPU: 1}), "invalid-request", f"{REQUESTS}['{GPU}']"),
    (container({GPU: 2}, **{GPU: 1}), "invalid-request", f"{REQUESTS}['{GPU}']"),
    (container({GPU: "500m"}), "invalid-quantity", f".resources.limits['{GPU}']"),
    (container(**{HUGE: "2Mi"}), "invalid-request", f"{REQUESTS}['{HUGE}']"),
    (container({QUOTA: 1}), "unknown-resource", f".resources.limits['{QUOTA}']"),
    (container({"a b": 1}), "invalid-key", ".resources.limits['a b']"),
    (container(pods=1), "unknown-resource", f"{REQUESTS}.pods"),
]

# The items of a list that are wrong, each with the code and the rest of the path of its error.
ITEMS: dict[str, list[tuple[Any, str, str]]] = {
    "containers": CONTAINERS,
    "initContainers": CONTAINERS,
    "tolerations": [
        ("x", "wrong-type", ""),
        (None, "missing-field", ".operator"),
        ({"value": "v"}, "missing-field", ".operator"),
        ({"keys": "a"}, "unknown-field", ".keys"),
        (taint(key=1), "wrong-type", ".key"),
        (taint(key="[0] b"), "brackets", ".key"),
        (taint(operator="Exist"), "unknown-operator", ".operator"),
        (taint(operator="Gt", value="5"), "unknown-operator", ".operator"),
        (taint(operator="Exists", value="v"), "wrong-number-of-values", ".value"),
        (taint(value="-"), "invalid-value", ".value"),
        (taint(effect="NoRun"), "unknown-effect", ".effect"),
        (taint(tolerationSeconds=5), "unknown-effect", ".effect"),
        (
            taint(effect="NoExecute", tolerationSeconds="5"),
            "wrong-type",
            ".tolerationSeconds",
        ),
    ],
    "topologySpreadConstraints": [
        (1, "wrong-type", ""),
        (SPREAD | {"maxSkews": 1}, "unknown-field", ".maxSkews"),
        (SPREAD | {"maxSkew": None}, "missing-field", ""),
        (SPREAD | {"maxSkew": 0}, "invalid-spread", ".maxSkew"),
        (SPREAD | {"maxSkew": "1"}, "invalid-spread", ".maxSkew"),
        (SPREAD | {"topologyKey": None}, "missing-field", ""),
        (SPREAD | {"topologyKey": "a b"}, "invalid-key", ".topologyKey"),
        (SPREAD | {"topologyKey": 1}, "wrong-type", ".topologyKey"),
        (SPREAD | {"whenUnsatisfiable": "Never"}, "invalid-spread", ".whenUnsatisfiable"),
        (SPREAD | {"whenUnsatisfiable": 1}, "invalid-spread", ".whenUnsatisfiable"),
        (SPREAD | {"labelSelector": []}, "wrong-type", ".labelSelector"),
        (
            SPREAD | {"labelSelector": {"matchLabels": {"a": "b c"}}},
            "invalid-value",
            ".labelSelector.matchLabels['a']",
        ),
    ],
    f"affinity.nodeAffinity.{PREFERRED}": [
        (WEIGHT | {"weight": 0}, "invalid-weight", ".weight"),
        (WEIGHT | {"weight": 101}, "invalid-weight", ".weight"),
        (WEIGHT | {"weight": "1"}, "invalid-weight", ".weight"),
        ({"preference": {}}, "invalid-weight", ".weight"),
        (WEIGHT | {"terms": []}, "unknown-field", ".terms"),
        (WEIGHT | {"preference": {"a": 1}}, "unknown-field", ".preference.a"),
        (
            WEIGHT | {"preference": expressions(operator="Equals")},
            "unknown-operator",
            ".preference.matchExpressions[1].operator",
        ),
        (
            WEIGHT | {"preference": {"matchFields": [RIGHT]}},
            "unknown-operator",
            ".preference.matchFields[0].operator",
        ),
    ],
    TERMS: [
        (expressions(operator="Exits"), "unknown-operator", ".matchExpressions[1].operator"),
        (expressions(operator="In"), "wrong-number-of-values", ".matchExpressions[1].values"),
        (
            expressions(operator="In", values=["b", "c d"]),
            "invalid-value",
            ".matchExpressions[1].values[1]",
        ),
        ({"matchField": []}, "unknown-field", ".matchField"),
        ({"matchFields": [RIGHT]}, "unknown-operator", ".matchFields[0].operator"),
    ],
}


@pytest.mark.parametrize("path", ITEMS)
def test_items(path: str) -> None:
    """What the API server would reject is an error with a code, and the path in the pod spec."""
    spec: Any = [item for item, *_ in ITEMS[path]]
    for name in reversed(path.split(".")):
        spec = {name: spec}
    expected = [(code, f"{path}[{at}]{end}") for at, (_, code, end) in enumerate(ITEMS[path])]
    assert [(error.code, error.path) for error in pod_spec_errors(spec)] == expected


@pytest.mark.parametrize(
    ("spec", "errors"),
    [
        ({}, []),
        ({"tolerations": {}}, ["wrong-type tolerations"]),
        ({"topologySpreadConstraints": {}}, ["wrong-type topologySpreadConstraints"]),
        ({"containers": "ab"}, ["wrong-type containers"]),
        (
            {"affinity": {"nodeAffinity": {REQUIRED: {}}}, "tolerations": [taint(operator="x")]},
            [f"no-terms {TERMS}", "unknown-operator tolerations[0].operator"],
        ),
        (
            affinity({"matchExpressions": [{}, RIGHT, {}]}),
            [f"missing-field {TERMS}[0].matchExpressions[{at}]" for at in (0, 2)],
        ),
        (
            {"nodeSelector": {"a": "b", "c": 1, "d e": "f"}},
            ["wrong-type nodeSelector['c']", "invalid-key nodeSelector['d e']"],
        ),
        ({"nodeSelector": None, "a.b": "x", "c": "y"}, ["unknown-field a.b", "unknown-field c"]),
        (
            {"nodeName": "A B", "hostNetwork": 1},
            ["invalid-node-name nodeName", "wrong-type hostNetwork"],
        ),
        (
            {"overhead": {"cpu": "x", "gpu": 1, "pods": 1}},
            [
                "invalid-quantity overhead.cpu",
                "unknown-resource overhead.gpu",
                "unknown-resource overhead.pods",
            ],
        ),
        ({"resources": {"limits": {GPU: 1}}}, [f"unknown-resource resources.limits['{GPU}']"]),
        ({"containers": [container(memory="8Ei")] * 2}, ["invalid-quantity containers"]),
        (
            {
                "volumes": [
                    {"name": "a", "azureFile": {}},
                    {"name": "b", "persistentVolumeclaim": {}},
                ]
            },
            ["unknown-field volumes[1].persistentVolumeclaim"],
        ),
    ],
)
def test_all_mistakes(spec: dict[str, Any], errors: list[str]) -> None:
    """Each part that is wrong has an error; a mistake that is only in the whole has one, too."""
    assert [f"{error.code} {error.path}" for error in pod_spec_errors(spec)] == errors


OTHER_FIELDS = (
    "activeDeadlineSeconds automountServiceAccountToken deprecatedServiceAccount dnsConfig"
    " dnsPolicy enableServiceLinks ephemeralContainers hostAliases hostIPC hostPID hostUsers"
    " hostname hostnameOverride imagePullSecrets os preemptionPolicy priority readinessGates"
    " restartPolicy securityContext serviceAccount serviceAccountName setHostnameAsFQDN"
    " shareProcessNamespace subdomain terminationGracePeriodSeconds"
)
"""The fields of a pod spec that are not read, in the API of Kubernetes."""


@pytest.mark.parametrize("name", OTHER_FIELDS.split())
def test_a_field_that_is_not_read(name: str) -> None:
    """It is neither a typo nor a label that is not indented."""
    assert pod_spec_errors({"nodeSelector": None, name: "x"}) == []


FIELDS = (
    *("key", "operator", "values", "matchExpressions", "matchFields", "nodeSelectorTerms"),
    *("nodeAffinity", REQUIRED, PREFERRED, "weight", "preference", "resources", "requests"),
)
LEAVES = st.integers(0, 2) | st.sampled_from(["", "a", "In", "Exists"])
JSON = json_values(LEAVES, st.sampled_from(FIELDS), 15)
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
