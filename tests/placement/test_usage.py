"""What the pods on the nodes request, and how it changes."""

import copy
import pickle
import sys
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest

from nodeselect import InventoryError, Usage
from nodeselect.placement import usage as usage_module


def pod(node: str | None = "n-1", phase: str | None = "Running", **requests: Any) -> dict[str, Any]:
    container = {"name": "c", "resources": {"requests": requests}}
    return {
        "metadata": {"name": "p", "namespace": "shop"},
        "spec": {"nodeName": node, "containers": [container]},
        "status": {"phase": phase},
    }


def test_pods_that_count() -> None:
    """Pods count that are assigned to a node and have not ended."""
    pods = [
        *(pod(cpu=1), pod(cpu="500m", memory="1Gi"), pod("n-2", "Pending", cpu=1)),
        *(pod(phase="Succeeded", cpu=1), pod(phase="Failed", cpu=1), pod(None, "Pending", cpu=1)),
        *(pod("", cpu=1), pod("n-3", None), pod("n-3", "Unknown"), {"spec": {"containers": []}}),
        {"kind": "Pod", "spec": {"nodeName": "n-4"}},
        {"kind": None, "spec": {"nodeName": "n-4"}, "metadata": None, "status": None},
        {"spec": {"nodeName": "n-4"}, "metadata": {"name": [], "ownerReferences": [None, {}]}},
    ]
    usage = Usage(pods)
    assert usage.of("n-1") == {"cpu": 1500, "memory": 2**30, "pods": 2}
    assert usage.of("n-2") == {"cpu": 1000, "pods": 1}
    assert usage.of("n-3") == {"pods": 2}
    assert usage.of("n-4") == {"pods": 3}
    assert usage.of("n-5") == {}


SIDECAR = {"name": "s", "restartPolicy": "Always", "resources": {"requests": {"cpu": "1"}}}
INIT = {"name": "i", "resources": {"requests": {"cpu": "1"}}}


def resized(cpu: str, allocated: str | None = None, name: str = "c") -> dict[str, Any]:
    """Return what the status of a resized container has."""
    own = {"resources": {"requests": {"cpu": cpu}}}
    return {"name": name, **own, "allocatedResources": allocated and {"cpu": allocated}}


def resize(reason: str) -> dict[str, Any]:
    return {"conditions": [{"type": "Ready"}, {"type": "PodResizePending", "reason": reason}]}


@pytest.mark.parametrize(
    ("spec", "fields", "cpu"),
    [
        ({}, {}, 2000),
        ({}, {"containerStatuses": [resized("1")]}, 2000),
        ({}, {"containerStatuses": [resized("3", "2500m")]}, 3000),
        ({}, {"containerStatuses": [resized("3", "4")]}, 4000),
        ({}, {"containerStatuses": [resized("3", name="d")]}, 2000),
        ({}, {"containerStatuses": [{"name": "c", "allocatedResources": {"cpu": "3"}}]}, 2000),
        ({}, {"containerStatuses": [resized("1")], **resize("Deferred")}, 2000),
        ({}, {"containerStatuses": [resized("1")], **resize("Infeasible")}, 1000),
        ({}, {"containerStatuses": [resized("1", "1500m")], **resize("Infeasible")}, 1500),
        ({}, {"containerStatuses": [resized("1", name="d")], **resize("Infeasible")}, 2000),
        (
            {"initContainers": [SIDECAR]},
            {"initContainerStatuses": [resized("2", name="s")]},
            4000,
        ),
        ({"initContainers": [INIT]}, {"initContainerStatuses": [resized("9", name="i")]}, 2000),
    ],
)
def test_resized_in_place(spec: dict[str, Any], fields: dict[str, Any], cpu: int) -> None:
    """The larger of spec and status counts; if the resize is infeasible, only the status."""
    one = pod(cpu="2")
    usage = Usage([one | {"spec": one["spec"] | spec, "status": one["status"] | fields}])
    assert usage.of("n-1") == {"cpu": cpu, "pods": 1}


@pytest.mark.parametrize(
    ("item", "code", "place"),
    [
        (None, "wrong-type", "pods[1]"),
        ({}, "wrong-type", "pods[1].spec"),
        ({"kind": "Node", "spec": {}}, "not-a-pod", "pods[1].kind"),
        (pod(5), "wrong-type", "pods[1].spec.nodeName"),  # type: ignore[arg-type]
        (pod() | {"status": "Running"}, "wrong-type", "pods[1].status"),
        (pod() | {"metadata": []}, "wrong-type", "pods[1].metadata"),
        (
            pod() | {"metadata": {"ownerReferences": ["x"]}},
            "wrong-type",
            "pods[1].metadata.ownerReferences[0]",
        ),
        (pod() | {"metadata": {"labels": "x"}}, "wrong-type", "pods[1].metadata.labels"),
        (pod(cpu="x"), "invalid-quantity", "pods[1].spec.containers[0].resources.requests.cpu"),
        (
            pod() | {"status": {"containerStatuses": [resized("x")]}},
            "invalid-quantity",
            "pods[1].status.containerStatuses[0].resources.requests.cpu",
        ),
    ],
)
def test_errors(item: Any, code: str, place: str) -> None:
    """What is not a pod, or cannot be counted, is an error with its place."""
    with pytest.raises(InventoryError) as caught:
        Usage([pod(), item])
    assert (caught.value.code, caught.value.place.path) == (code, place)


def test_add_and_remove() -> None:
    """What is added can be removed, and nothing else; an error changes nothing."""
    usage = Usage()
    usage.add("n", {"cpu": 500, "pods": 1})
    before = usage.of("n")
    usage.add("n", {"cpu": 250, "memory": 5, "pods": 1})
    assert usage.of("n") == {"cpu": 750, "memory": 5, "pods": 2}
    assert before == {"cpu": 500, "pods": 1}
    for wrong in ({"cpu": 751}, {"cpu": 1, "gpu": 1}):
        with pytest.raises(ValueError, match="the pods on node 'n' request less"):
            usage.remove("n", wrong)
    with pytest.raises(ValueError, match="the pods on node 'm' request less"):
        usage.remove("m", {"pods": 1})
    with pytest.raises(ValueError, match="'cpu': the amount -1 is negative"):
        usage.add("n", {"pods": 1, "cpu": -1})
    for amount in ("500m", 1.5, True):
        with pytest.raises(TypeError, match="'cpu': an amount is an int"):
            usage.add("n", {"pods": 1, "cpu": amount})  # type: ignore[dict-item]
    assert usage.version == 2
    assert usage.of("n") == {"cpu": 750, "memory": 5, "pods": 2}
    usage.remove("n", {"cpu": 500, "pods": 1})
    assert usage.of("n") == {"cpu": 250, "memory": 5, "pods": 1}
    usage.remove("n", {"cpu": 250, "memory": 5, "pods": 1})
    assert usage.of("n") == {}


def test_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ids changed since a version are known, however many changes there were."""
    monkeypatch.setattr(usage_module, "_MIN_HISTORY", 4)
    usage = Usage([pod("n-1"), pod("n-2")])
    assert usage.version == 2
    assert usage.changed_since(0) == frozenset({"n-1", "n-2"})
    assert usage.changed_since(2) == frozenset()
    changed: list[str] = ["n-1", "n-2"]
    for number in range(100):
        node_id = f"n-{number % 7}"
        usage.add(node_id, {"pods": 1})
        changed.append(node_id)
        assert usage.version == len(changed)
        for version in range(len(changed) + 1):
            assert usage.changed_since(version) in (None, frozenset(changed[version:]))
        for version in range(len(changed) - 3, len(changed) + 1):
            assert usage.changed_since(version) == frozenset(changed[version:])


def test_pods_of_a_workload() -> None:
    """The pods of a workload can be left out: of a Deployment, by its ReplicaSets."""
    first, second, third = pod(cpu=1), pod("n-2", cpu=2), pod("n-3", cpu=3)
    for each, name in ((first, "web-5d4f"), (second, "web-5d4f"), (third, "web-2-5d4f")):
        owner = {"kind": "ReplicaSet", "name": name, "controller": True}
        each["metadata"] |= {"ownerReferences": [owner], "labels": {"pod-template-hash": "5d4f"}}
    usage = Usage([first, second, third])
    found = usage.pods_of("Deployment", "web", "shop")
    assert found == (("n-1", {"cpu": 1000, "pods": 1}), ("n-2", {"cpu": 2000, "pods": 1}))
    assert found == usage.pods_of("ReplicaSet", "web-5d4f", "shop")
    assert usage.pods_of("Deployment", "web-2", "shop") == (("n-3", {"cpu": 3000, "pods": 1}),)
    assert usage.pods_of("Deployment", "web", "default") == ()
    other = pod()
    for kind, name in (("ReplicaSet", "alone"), ("StatefulSet", "alone-5d4f")):
        other["metadata"]["labels"] = {"pod-template-hash": "5d4f"}
        other["metadata"]["ownerReferences"] = [{"kind": kind, "name": name}]
        assert Usage([other]).pods_of("Deployment", "alone", "shop") == ()
        assert len(Usage([other]).pods_of(kind, name, "shop")) == 1
    assert len(usage.pods_of("Pod", "p", "shop")) == 3
    for node_id, requests in found:
        usage.remove(node_id, requests)
    assert usage.of("n-1") == {} == usage.of("n-2")


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_no_copies(duplicate: Callable[[Usage], object]) -> None:
    """A copy that shares its state, or does not learn of changes, is refused."""
    with pytest.raises(TypeError, match="a Usage cannot be copied or pickled: build another one"):
        duplicate(Usage())


def test_nodes_without_pods_are_forgotten() -> None:
    """A node that has no pods any more takes no memory, and its change is known."""
    usage = Usage()
    usage.add("n-1", {"cpu": 1})
    usage.add("n-2", {"cpu": 1})
    assert repr(usage) == "<Usage of 2 nodes>"
    usage.remove("n-1", usage.of("n-1"))
    assert repr(usage) == "<Usage of 1 node>"
    assert usage.in_use() == {"n-2"} == set(usage._used)
    assert usage.changed_since(2) == frozenset({"n-1"})


def test_threads_lose_no_changes() -> None:
    """Two threads that change the same node lose nothing."""
    usage = Usage()

    def add() -> None:
        for _ in range(5_000):
            usage.add("n", {"pods": 1})

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [Thread(target=add) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert usage.of("n") == {"pods": 10_000}
    assert usage.version == 10_000
