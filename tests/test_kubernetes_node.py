"""``Node.from_kubernetes``: Node objects as programs hold them."""

import io
import json
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest

from nodeselect import Inventory, Node, Taint
from nodeselect.node import CORDON
from tests.short import refused, short

READY = {"type": "Ready", "status": "True"}
PRESSURE = {"type": "MemoryPressure", "status": "True"}
LABELS = {"kubernetes.io/os": "linux", "node-role.kubernetes.io/worker": "", "pool": "a b"}


class Attributes(SimpleNamespace):
    """An object of the client: a model, or an object of any kind that is not a mapping."""

    def to_dict(self) -> dict[str, Any]:
        return vars(self)


def with_attributes(value: Any, kept: str = "labels") -> Any:
    """Return decoded JSON as the objects of a client; the values of one key stay dicts."""
    match value:
        case dict():
            items = value.items()
            parts = {
                key: each if key == kept else with_attributes(each, kept) for key, each in items
            }
            return Attributes(**parts)
        case list():
            return [with_attributes(item, kept) for item in value]
    return value


def node(*conditions: dict[str, str], **spec: Any) -> dict[str, Any]:
    metadata = {"name": "w-1", "labels": LABELS, "uid": "c3a8"}
    status = {"conditions": list(conditions), "images": []}
    made = {"apiVersion": "v1", "kind": "Node", "metadata": metadata}
    return {**made, "spec": spec, "status": status}


def with_amounts(allocatable: Any, **spec: Any) -> dict[str, Any]:
    return node(**spec) | {"status": {"allocatable": allocatable}}


OBJECTS = [
    pytest.param(node(PRESSURE, READY), "ready", id="ready"),
    pytest.param(node(PRESSURE, READY | {"status": "False"}), "not-ready", id="not-ready"),
    pytest.param(node(READY | {"status": "Unknown"}), "not-ready", id="unreachable"),
    pytest.param(node(PRESSURE), "not-ready", id="no-such-condition"),
    pytest.param(node(), "not-ready", id="no-conditions-yet"),
    pytest.param(node(READY, unschedulable=True), "cordoned", id="cordoned"),
    pytest.param(node(READY, unschedulable=False), "ready", id="uncordoned"),
    pytest.param(node(unschedulable=True), "not-ready,cordoned", id="in-both-states"),
    pytest.param(node() | {"status": None}, None, id="no-status"),
    pytest.param(node() | {"status": {}}, None, id="no-conditions"),
    pytest.param(node(READY) | {"spec": None, "kind": None}, "ready", id="null"),
]


@pytest.mark.parametrize(("decoded", "state"), OBJECTS)
def test_it_is_the_node_that_a_reader_returns(decoded: dict[str, Any], state: str | None) -> None:
    """Decoded JSON, its text in a file, and the object of a client are the same node."""
    taints: list[Taint] | None = [CORDON] if "cordoned" in (state or "") else []
    taints = None if decoded["spec"] is None else taints
    expected = Node("w-1", LABELS, "w-1", state, taints=taints)
    for given in (decoded, MappingProxyType(decoded), with_attributes(decoded)):
        assert Node.from_kubernetes(given) == expected
    text = json.dumps({key: value for key, value in decoded.items() if value is not None})
    assert list(Inventory.read(io.StringIO(text))) == [expected]


def test_labels() -> None:
    """A node may have no labels, or null, or an object with ``to_dict``; they are copied."""
    for labels in ({}, None, {"os": "linux", "pool": "a"}):
        decoded = {"kind": "Node", "metadata": {"name": "w-1", "labels": labels}}
        expected = Node("w-1", labels or {}, "w-1")
        for kept in ("labels", ""):
            assert Node.from_kubernetes(with_attributes(decoded, kept)) == expected
        found = Node.from_kubernetes(decoded)
        if labels:
            labels.clear()
        assert found == expected


@pytest.mark.parametrize(
    ("wrong", "code", "message"),
    [
        pytest.param(node() | {"kind": "Pod"}, "not-a-node", "of kind 'Pod'", id="pod"),
        pytest.param({"kind": "NodeList", "items": []}, "not-a-node", "'NodeList'", id="list"),
        pytest.param({"type": "ADDED", "object": node()}, "no-id", "its 'object'", id="event"),
        pytest.param({"kind": "Node", "metadata": {}}, "no-id", "metadata.name", id="no-name"),
        pytest.param({"kind": "Node", "metadata": None}, "no-id", "metadata.name", id="null"),
        pytest.param({"metadata": {"name": ""}}, "empty-id", "must not be empty", id="empty"),
        pytest.param(None, "no-id", "no name", id="none"),
        pytest.param(node() | {"metadata": "w-1"}, "wrong-type", "metadata: ", id="metadata"),
        pytest.param(node() | {"spec": [True]}, "wrong-type", "found a list", id="spec"),
        pytest.param(node() | {"status": True}, "wrong-type", "found true", id="status"),
        pytest.param(node(taints={}), "wrong-type", "spec.taints: expected a list", id="taints"),
        pytest.param(
            node(taints=[{"key": "a", "effect": "No"}]), "invalid-taint", "[0].effect: ", id="no"
        ),
        pytest.param(with_amounts(["4"]), "wrong-type", "status.allocatable", id="amounts"),
        pytest.param(
            with_amounts({"cpu": "4 cores"}),
            "invalid-quantity",
            "allocatable.cpu: '4 c",
            id="cores",
        ),
    ],
)
def test_what_is_not_a_node(wrong: Any, code: str, message: str) -> None:
    with refused(code) as caught:
        Node.from_kubernetes(wrong)
    assert message in short(caught.value)


@pytest.mark.parametrize("metadata", [{"name": 5}, {"name": "a", "labels": {"b": 5}}])
def test_wrong_types(metadata: dict[str, Any]) -> None:
    """A name or a label that is not a string is a ``TypeError``, as in ``Node()``."""
    with pytest.raises(TypeError, match="must be a string, not int"):
        Node.from_kubernetes({"metadata": metadata})


DEDICATED = {"key": "dedicated", "value": "ml", "effect": "NoSchedule"}
ALLOCATABLE = {"cpu": "3920m", "memory": "15Gi", "pods": 110, "nvidia.com/gpu": "0"}
AMOUNTS = {"cpu": 3920, "memory": 15 * 2**30, "pods": 110}


@pytest.mark.parametrize(
    ("decoded", "taints", "resources"),
    [
        (
            with_amounts(ALLOCATABLE, taints=[DEDICATED | {"timeAdded": "2026"}, DEDICATED]),
            (Taint("dedicated", "NoSchedule", "ml"),),
            AMOUNTS,
        ),
        (node(taints=None), (), None),
        (with_amounts({}), (), {}),
        (with_amounts({"cpu": 1.5, "memory": 1e3}), (), {"cpu": 1500, "memory": 1000}),
        (
            node(unschedulable=True, taints=[{"key": "a", "effect": "NoExecute"}]),
            (Taint("a", "NoExecute"), CORDON),
            None,
        ),
        (node(unschedulable=True, taints=[CORDON._asdict()]), (CORDON,), None),
    ],
    ids=["both", "null", "no-resources", "numbers", "cordon", "both-cordons"],
)
def test_taints_and_resources(
    decoded: dict[str, Any], taints: tuple[Taint, ...] | None, resources: dict[str, int] | None
) -> None:
    """A cordon is a taint; what the object does not have is None, and an empty list is not."""
    for given in (decoded, MappingProxyType(decoded), with_attributes(decoded)):
        if not isinstance(given, Attributes) or resources is None:
            found = Node.from_kubernetes(given)
            assert (found.taints, found.resources) == (taints, resources)
    assert list(Inventory.read(io.StringIO(json.dumps(decoded)))) == [found]
