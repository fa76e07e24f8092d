"""Pods: from Kubernetes objects and by hand, and what those of one workload share."""

import copy
import gc
import pickle
import tracemalloc
from typing import Any

import pytest

from nodeselect import HostPort, InventoryError, Placement, Pod, Selector, SelectorError, Usage
from nodeselect.placement import pod as pod_module
from nodeselect.placement.pod import workloads_of


def kubernetes(name: str = "web-5d4f-x", **spec: Any) -> dict[str, Any]:
    container = {"name": "c", "resources": {"requests": {"cpu": "500m"}}}
    owner = {"kind": "ReplicaSet", "name": "web-5d4f", "controller": True}
    labels = {"app": "web", "pod-template-hash": "5d4f"}
    metadata = {"name": name, "namespace": "shop", "labels": labels, "ownerReferences": [owner]}
    return {"metadata": metadata, "spec": {"nodeName": "n-1", "containers": [container]} | spec}


def test_from_kubernetes() -> None:
    """Every field is read; the node on which it runs is no condition of its placement."""
    ports = [{"containerPort": 80, "hostPort": 8080}, {"containerPort": 81}]
    sidecar = {"restartPolicy": "Always", "ports": [{"hostPort": 53, "protocol": "UDP"}]}
    init = {"ports": [{"hostPort": 9, "hostIP": "10.0.0.1"}]}
    main = {"name": "c", "resources": {"requests": {"cpu": "500m"}}, "ports": ports}
    given = kubernetes(
        containers=[main], initContainers=[sidecar, init], nodeSelector={"zone": "a"}
    )
    given["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    pod = Pod.from_kubernetes(given)
    assert (pod.id, pod.namespace, pod.owner) == ("shop/web-5d4f-x", "shop", "ReplicaSet/web-5d4f")
    assert pod.requests == {"cpu": 500, "pods": 1}
    assert pod.labels == {"app": "web", "pod-template-hash": "5d4f"}
    assert pod.ports == (HostPort(8080), HostPort(53, "UDP"))
    assert pod.is_ending
    assert pod.placement is not None
    assert pod.placement.selector == Selector.parse("zone=a")
    assert pod.placement.requests == pod.requests
    plain = Pod.from_kubernetes(kubernetes())
    assert (plain.ports, plain.is_ending) == ((), False)
    host = Pod.from_kubernetes(kubernetes(containers=[main], hostNetwork=True))
    assert host.ports == (HostPort(8080), HostPort(81))
    alone = Pod.from_kubernetes({"metadata": {"name": "p"}, "spec": {"containers": []}})
    assert (alone.id, alone.owner, alone.requests) == ("default/p", "", {"pods": 1})


def test_resized_in_place() -> None:
    """What runs is what the status says; what another node needs is what the spec says."""
    given = kubernetes()
    resources = {"requests": {"cpu": "2"}}
    given["status"] = {"containerStatuses": [{"name": "c", "resources": resources}]}
    pod = Pod.from_kubernetes(given)
    assert pod.placement is not None
    assert (pod.requests["cpu"], pod.placement.requests["cpu"]) == (2000, 500)


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"kind": "Node"}, "not-a-pod", "kind"),
        ({"metadata": {}}, "no-id", "metadata.name"),
        ({"metadata": {"name": 5}}, "wrong-type", "metadata.name"),
        ({"metadata": {"name": "p", "labels": {"a": 1}}}, "wrong-type", "metadata.labels.a"),
        ({"spec": {"containers": [{"ports": 1}]}}, "wrong-type", "spec.containers[0].ports"),
        ({"spec": {"nodeSelector": {"a": "!"}}}, "invalid-value", "spec.nodeSelector['a']"),
        ({"spec": {"nodeSelektor": {}}}, "unknown-field", "spec.nodeSelektor"),
    ],
)
def test_mistakes(change: dict[str, Any], code: str, path: str) -> None:
    """A mistake has a code and its place, also in the rules that decide where the pod can run."""
    with pytest.raises(SelectorError) as caught:
        Pod.from_kubernetes(kubernetes() | change)
    assert (caught.value.code, caught.value.path) == (code, path)


def test_rules_that_are_not_understood() -> None:
    """Of a pod that runs, its requests count; no node is known to match its rules."""
    term = {"matchExpressions": [{"key": "zone", "operator": "Near", "values": ["a"]}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    usage = Usage([kubernetes(affinity={"nodeAffinity": required})])
    assert usage.of("n-1") == {"cpu": 500, "pods": 1}
    [pod] = usage.pods("n-1")
    assert pod.placement is not None
    assert pod.placement.selector == Selector.nothing()
    [words] = pod.placement.not_considered
    assert "spec.affinity" in words


def test_by_hand() -> None:
    """An id and requests are enough; by default, they are those of the placement."""
    pod = Pod("ns/name", {"cpu": "500m", "pods": 1}, labels={"a": "b"}, owner="Job/x")
    assert pod.requests == {"cpu": 500, "pods": 1}
    assert (pod.placement, pod.namespace, Pod("alone").namespace) == (None, "ns", "")
    assert Pod("p", placement=Placement(requests={"cpu": "2"})).requests == {"cpu": 2000}
    assert repr(pod) == "<Pod ns/name>"
    for copied in (copy.copy(pod), copy.deepcopy(pod), pickle.loads(pickle.dumps(pod))):
        assert copied == pod
        assert hash(copied) == hash(pod)
        assert copied.labels == {"a": "b"}
    assert pod.replace(id="ns/other") != pod
    assert pod.replace(is_ending=True) != pod
    assert pod.replace(is_ending=False) == pod
    assert pod != "ns/name"
    with pytest.raises(AttributeError, match="frozen"):
        pod.id = "other"
    for wrong in ({"cpu": -1}, {"cpu": "x"}):
        with pytest.raises(InventoryError):
            Pod("p", wrong)
    with pytest.raises(InventoryError):
        Pod("")
    for arguments in ({"id": 5}, {"id": "p", "placement": "x"}, {"id": "p", "labels": {"a": 1}}):
        with pytest.raises(TypeError):
            Pod(**arguments)


def test_pods_share_what_is_equal() -> None:
    """Pods that are equal but for their ids share it, and leave nothing when they go."""
    gc.collect()
    before = len(pod_module._kinds)
    pods = [Pod(f"a/{n}", {"cpu": 1}, labels={"app": "share"}) for n in range(100)]
    assert len({id(pod.labels) for pod in pods}) == 1
    assert len(pod_module._kinds) == before + 1
    del pods
    gc.collect()
    assert len(pod_module._kinds) == before
    read = [Pod.from_kubernetes(kubernetes(f"p-{n}")) for n in range(10)]
    assert len({id(pod.placement) for pod in read}) == 1


def test_rules_are_kept_for_few_pods(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache of rules is bounded."""
    monkeypatch.setattr(pod_module, "_MAX_PLACEMENTS", 3)
    for number in range(10):
        pod = Pod.from_kubernetes(kubernetes(nodeSelector={"a": f"{number}"}))
        assert str(pod.placement).startswith(f"a={number}")
        assert len(pod_module._placements) <= 4


def test_workloads() -> None:
    """A pod is part of its owner and, by its hash, of the Deployment."""
    pod = Pod.from_kubernetes(kubernetes())
    expected = ["Pod/web-5d4f-x", "ReplicaSet/web-5d4f", "Deployment/web"]
    assert list(workloads_of(pod)) == expected
    for owner in ("ReplicaSet/alone", "StatefulSet/web-5d4f", ""):
        assert list(workloads_of(pod.replace(owner=owner))) == ["Pod/web-5d4f-x", owner]


def test_memory() -> None:
    """Pods share what is equal, and leave nothing when they go."""
    tracemalloc.start()
    try:
        usage = Usage()
        start, _ = tracemalloc.get_traced_memory()
        for number in range(300):
            kind = Pod(
                "x", {"cpu": 500, "memory": 2**30 + number, "pods": 1}, owner=f"Job/{number}"
            )
            usage.apply(
                (f"ip-10-0-0-{(7 * number + 91 * at) % 3_000}.ec2.internal",
                 kind.replace(id=f"shop/checkout-{number}-5d4f8c9b7-{at:05x}"))
                for at in range(100)
            )  # fmt: skip
        del kind
        gc.collect()
        now, _ = tracemalloc.get_traced_memory()
        assert (now - start) / len(usage) < 500  # 3,000 nodes share less of the tree
        for _, pod in usage:
            usage.remove(pod.id)
        gc.collect()
        left, _ = tracemalloc.get_traced_memory()
        assert left - start < 0.1 * (now - start)
    finally:
        tracemalloc.stop()
