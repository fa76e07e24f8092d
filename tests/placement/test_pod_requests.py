"""How much a pod requests: the cases of Kubernetes' own tests, and its defaults."""

from typing import Any

import pytest

from nodeselect.placement.pod_requests import pod_requests


def resources(requests: Any = None, limits: Any = None, **fields: Any) -> dict[str, Any]:
    """Return a container, or the spec of a pod, with requests and limits."""
    return {"resources": {"requests": requests, "limits": limits}, **fields}


def cpu(amount: Any, **fields: Any) -> dict[str, Any]:
    """Return a container that requests cpu."""
    return resources({"cpu": amount}, **fields)


ALWAYS = {"restartPolicy": "Always"}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param({"containers": [{}, cpu(1), cpu("0.5")]}, {"cpu": 1500}, id="sum"),
        pytest.param({"containers": [cpu(1.5), cpu(1e-3)]}, {"cpu": 1501}, id="numbers"),
        pytest.param({"containers": [cpu("100u"), cpu("100u")]}, {"cpu": 1}, id="rounded-once"),
        pytest.param(
            {"containers": [resources({"memory": "0.5"}), resources({"memory": "0.6"})]},
            {"memory": 2},
            id="bytes-rounded-once",
        ),
        pytest.param(
            {"containers": [resources({"cpu": 1}, {"cpu": 2, "memory": "1Ki"})]},
            {"cpu": 1000, "memory": 1024},
            id="limit-is-request",
        ),
        pytest.param(
            {"containers": [cpu(1), cpu(1)], "initContainers": [cpu(3), cpu(2)]},
            {"cpu": 3000},
            id="init-peak",
        ),
        pytest.param(
            {"containers": [cpu(3)], "initContainers": [cpu(2)]}, {"cpu": 3000}, id="no-init-peak"
        ),
        pytest.param(
            {"containers": [cpu(1)], "initContainers": [cpu(2, **ALWAYS), cpu(1, **ALWAYS)]},
            {"cpu": 4000},
            id="sidecars",
        ),
        pytest.param(
            {
                "containers": [cpu(1)],
                "initContainers": [cpu(2, **ALWAYS), cpu(3), cpu(4, **ALWAYS)],
            },
            {"cpu": 7000},
            id="sidecars-after",
        ),
        pytest.param(
            {
                "containers": [cpu(1)],
                "initContainers": [cpu(2, **ALWAYS), cpu(7), cpu(1, **ALWAYS)],
            },
            {"cpu": 9000},
            id="init-with-sidecars-before",
        ),
        pytest.param(
            {"containers": [cpu(1)], "initContainers": [cpu(2, restartPolicy="Never")]},
            {"cpu": 2000},
            id="init-container-that-never-restarts",
        ),
        pytest.param(
            {"containers": [cpu(1)], "overhead": {"cpu": "250m", "memory": 7}},
            {"cpu": 1250, "memory": 7},
            id="overhead",
        ),
        pytest.param(
            resources({"cpu": 5}, containers=[cpu(1), resources({"memory": 3})]),
            {"cpu": 5000, "memory": 3},
            id="pod-level",
        ),
        pytest.param(
            resources({"cpu": 5}, containers=[cpu(1)], overhead={"cpu": 1}),
            {"cpu": 6000},
            id="pod-level-and-overhead",
        ),
        pytest.param(
            resources(None, {"cpu": 5, "memory": 9}, containers=[cpu(1)]),
            {"cpu": 1000, "memory": 9},
            id="pod-level-limit",
        ),
        pytest.param(
            resources(
                None, {"hugepages-2Mi": "6Mi"}, containers=[{}, resources({"hugepages-2Mi": "2Mi"})]
            ),
            {"hugepages-2Mi": 6 * 2**20},
            id="pod-level-huge-pages",
        ),
        pytest.param(
            resources({"nvidia.com/gpu": 5}, containers=[cpu(1)]),
            {"cpu": 1000},
            id="other-pod-level",
        ),
        pytest.param({"containers": [cpu(0)]}, {"cpu": 0}, id="zero"),
        pytest.param({"containers": [resources({"pods": 7})]}, {}, id="pods"),
        pytest.param(
            {"containers": [resources({"nvidia.com/gpu": "2", "example.com/x": 1})]},
            {"nvidia.com/gpu": 2, "example.com/x": 1},
            id="extended",
        ),
    ],
)
def test_requests(spec: dict[str, Any], expected: dict[str, int]) -> None:
    """The requests are those that kube-scheduler counts, and one of ``pods``."""
    assert pod_requests(spec) == expected | {"pods": 1}
