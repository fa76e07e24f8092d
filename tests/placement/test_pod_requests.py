"""How much a pod requests: the cases of Kubernetes' own tests, and its defaults."""

from typing import Any

import pytest

from nodeselect.placement.pod_requests import pod_requests


def resources(requests: Any = None, limits: Any = None, **fields: Any) -> dict[str, Any]:
    """Return a container, or the spec of a pod, with requests and limits."""
    return {"resources": {"requests": requests, "limits": limits}, **fields}


def cpu(amount: Any, **fields: Any) -> dict[str, Any]:
    return resources({"cpu": amount}, **fields)


def sidecar(amount: Any) -> dict[str, Any]:
    """Return an init container that goes on running, and requests cpu."""
    return cpu(amount, restartPolicy="Always")


def pod(*containers: Any, **fields: Any) -> dict[str, Any]:
    return {"containers": list(containers), **fields}


def pod_of(first: Any, *containers: Any) -> dict[str, Any]:
    """Return the spec of a pod whose first containers are init containers."""
    return pod(*containers, initContainers=first)


HALF, MORE = resources({"memory": "0.5"}), resources({"memory": "0.6"})
LIMITED = resources({"cpu": 1}, {"cpu": 2, "memory": "1Ki"})
HUGE, GPU = "hugepages-2Mi", "nvidia.com/gpu"
OVERHEAD = {"cpu": "250m", "memory": 7}
OF_POD = {"cpu": 5, "memory": 9}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, {}),
        (pod({}, cpu(1), cpu("0.5")), {"cpu": 1500}),
        (pod(cpu(1.5), cpu(1e-3)), {"cpu": 1501}),
        (pod(cpu("100u"), cpu("100u")), {"cpu": 1}),
        (pod(HALF, MORE), {"memory": 2}),
        (pod(LIMITED), {"cpu": 1000, "memory": 1024}),
        (pod_of([cpu(3), cpu(2)], cpu(1), cpu(1)), {"cpu": 3000}),
        (pod_of([cpu(2)], cpu(3)), {"cpu": 3000}),
        (pod_of([sidecar(2), sidecar(1)], cpu(1)), {"cpu": 4000}),
        (pod_of([sidecar(2), cpu(3), sidecar(4)], cpu(1)), {"cpu": 7000}),
        (pod_of([sidecar(2), cpu(7), sidecar(1)], cpu(1)), {"cpu": 9000}),
        (pod_of([cpu(2, restartPolicy="Never")], cpu(1)), {"cpu": 2000}),
        (pod(cpu(1), overhead=OVERHEAD), {"cpu": 1250, "memory": 7}),
        (pod(cpu(1), resources({"memory": 3}), **cpu(5)), {"cpu": 5000, "memory": 3}),
        (pod(cpu(1), **cpu(5, overhead={"cpu": 1})), {"cpu": 6000}),
        (pod(cpu(1), **resources(None, OF_POD)), {"cpu": 1000, "memory": 9}),
        (pod({}, resources({HUGE: "2Mi"}), **resources(None, {HUGE: "6Mi"})), {HUGE: 6 * 2**20}),
        (pod(cpu(1), **resources({GPU: 5})), {"cpu": 1000}),
        (pod(cpu(0)), {"cpu": 0}),
        (pod(resources({"pods": 7})), {}),
        (pod(resources({GPU: "2", "a/x": 1})), {GPU: 2, "a/x": 1}),
    ],
)
def test_requests(spec: dict[str, Any], expected: dict[str, int]) -> None:
    """The requests are those that kube-scheduler counts, and one of ``pods``."""
    assert pod_requests(spec) == expected | {"pods": 1}
