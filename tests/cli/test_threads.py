"""Why a job got no node, in twenty threads of public issue trackers, rebuilt in small."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest

from tests.cli.running import Run, write_files


def node(name: str, labels: dict[str, str], *taints: str, **allocatable: str) -> Any:
    """Return a Kubernetes node; a taint is written ``key:effect``."""
    keys = [taint.rpartition(":") for taint in taints]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "spec": {"taints": [{"key": key, "effect": effect} for key, _, effect in keys]},
        "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"} | allocatable},
    }


def workload(kind: str, *fields: str, container: str = "") -> str:
    """Return a manifest of an object with a pod template; its container is added."""
    head = f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: web}}\nspec:\n  template:\n"
    lines = (f"{head}    spec:", f"containers: [{{name: a, {container}}}]", *fields)
    return "\n      ".join(lines) + "\n"


def pod(on: str, labels: dict[str, str], **container: Any) -> Any:
    """Return a pod that runs on a node."""
    return {
        "kind": "Pod",
        "metadata": {"name": f"on-{on}", "labels": labels},
        "spec": {"nodeName": on, "containers": [{"name": "a", **container}]},
    }


def of_nomad(node_id: str, **fields: Any) -> Any:
    known = {"Name": node_id, "Status": "ready", "SchedulingEligibility": "eligible"}
    more = {"Attributes": {"kernel.name": "linux"}, "Datacenter": "dc1", "NodeClass": "gpu"}
    return {"ID": node_id, **known, **more, "Meta": {}, **fields}


def of_bacalhau(node_id: str, **labels: str) -> Any:
    capacity = {"CPU": 4, "Memory": 8_000_000_000, "Disk": 10_000_000_000, "GPU": 0}
    info = {"NodeID": node_id, "NodeType": "Compute", "Labels": labels}
    info |= {"ComputeNodeInfo": {"MaxCapacity": capacity}}
    state = {"ConnectionState": {"Status": "CONNECTED"}, "Membership": "APPROVED"}
    return {"Info": info, **state}


LINUX = {"kubernetes.io/os": "linux"}
THREE = [node(name, LINUX) for name in ("a", "b", "c")]


class Thread(NamedTuple):
    """Texts that must be said about a job and nodes: the cause, or what may be the cause."""

    words: tuple[str, ...]
    job: str = ""
    nodes: list[Any] = THREE
    selector: str = ""
    pods: Sequence[Any] = ()


CONTROL_PLANE = "node-role.kubernetes.io/control-plane"

VOLUME = """\
apiVersion: v1
kind: PersistentVolume
metadata: {name: pv}
spec:
  claimRef: {name: data, namespace: default}
  nodeAffinity:
    required: {nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: In, values: [b]}]}]}
---
"""
NOMAD_JOB = 'job "web" {\n  constraint {\n    attribute = "%s"\n    value = "x"\n  }\n}\n'
TERM = (
    "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
    "{nodeSelectorTerms:\n        [%s]}}}"
)
WEB = {"app": "web"}
SPREAD = (
    "topologySpreadConstraints: [{maxSkew: 1, whenUnsatisfiable: DoNotSchedule, topologyKey: %s, "
    "labelSelector: {matchLabels: {app: web}}}]"
)
NEAR = (
    "affinity: {%s: {requiredDuringSchedulingIgnoredDuringExecution: "
    "[{topologyKey: host, labelSelector: {matchLabels: {app: web}}}]}}"
)

THREADS = {
    "liwenhe1993/charts/issues/1": Thread(
        ("no node has the label 'application/clickhouse'",),
        workload("StatefulSet", "nodeSelector: {application/clickhouse: ''}"),
    ),
    "huanwei/rocketmq-operator/issues/44": Thread(
        ("no node has the label 'rocketmq-operator'",),
        workload("StatefulSet", 'nodeSelector: {rocketmq-operator: "on"}'),
    ),
    "kubernetes-sigs/kind/issues/2292": Thread(
        ("no node has the label 'ingress-ready'", "without it, 3 nodes would match"),
        workload("DaemonSet", 'nodeSelector: {ingress-ready: "true", kubernetes.io/os: linux}'),
    ),
    "goauthentik/helm/issues/251": Thread(
        ("there is no field 'matchExpression'", "job.yaml:9:11"),
        workload("Deployment", TERM % "{matchExpression: [{key: a, operator: Exists}]}"),
    ),
    "DependencyTrack/helm-charts/issues/63": Thread(
        ("expected an object, found the string 'npu2'", "write each label as KEY: VALUE"),
        workload("Deployment", "nodeSelector: npu2"),
    ),
    "haproxytech/helm-charts/issues/223": Thread(
        ("it matches EVERY node", "3 of 3 nodes match"), workload("Deployment")
    ),
    "bitnami/charts/issues/10181": Thread(
        ("expected a list, found the string 'pool-kafka'", 'write: ["pool-kafka"]'),
        workload(
            "StatefulSet", TERM % "{matchExpressions: [{key: a, operator: In, values: pool-kafka}]}"
        ),
    ),
    "Azure/aks-engine/issues/3502": Thread(
        ("1 fails kubernetes.io/os=linux: old-1",),
        workload("DaemonSet", "nodeSelector: {kubernetes.io/os: linux}"),
        [node("old-1", {"beta.kubernetes.io/os": "linux"}), *THREE],
    ),
    "hashicorp/nomad/issues/2620": Thread(
        ("2 fail both rack=r9 and attr.cpu.arch=arm64",),
        nodes=[of_nomad("c-1", Meta={"rack": "r1"}), of_nomad("c-2")],
        selector="rack=r9,attr.cpu.arch=arm64",
    ),
    "dell/csm/issues/319": Thread(
        (f"1 node has '{CONTROL_PLANE}', its new name in Kubernetes",),
        workload("Deployment", "nodeSelector: {node-role.kubernetes.io/master: ''}"),
        [node("a", {CONTROL_PLANE: ""}), *THREE[1:]],
    ),
    "hashicorp/nomad/issues/17435": Thread(
        ("write attr.kernel.name=linux instead of kernel.name=linux: 2 nodes would match",),
        nodes=[of_nomad("c-1"), of_nomad("c-2")],
        selector="kernel.name=linux",
    ),
    "hashicorp/nomad/issues/711": Thread(
        ("for this Nomad constraint, write: node.class=gpu",),
        nodes=[of_nomad("c-1")],
        selector="$node.class = gpu",
    ),
    "bacalhau-project/bacalhau/issues/2952": Thread(
        ("1 fails only gpu >= 1: n-1", "1 fails both zone=eu and gpu >= 1: n-2"),
        'Name: a\nType: batch\nConstraints: [{Key: zone, Operator: "=", Values: [eu]}]\n'
        'Tasks: [{Name: main, Resources: {GPU: "1"}}]\n',
        [of_bacalhau("n-1", zone="eu"), of_bacalhau("n-2", zone="us")],
    ),
    "kubernetes/kubernetes/issues/112759": Thread(
        (
            f"1 fails only tolerates {CONTROL_PLANE}:NoSchedule: cp",
            "1 node would match with the toleration",
        ),
        workload("Deployment", f"nodeSelector: {{{CONTROL_PLANE}: ''}}"),
        [node("cp", {CONTROL_PLANE: ""}, f"{CONTROL_PLANE}:NoSchedule"), *THREE],
    ),
    "kubernetes/kubernetes/issues/72017": Thread(
        ("3 of 8 nodes match", "5 fail tolerates dedicated:NoSchedule"),
        workload("DaemonSet"),
        [*THREE, *(node(f"t-{at}", LINUX, "dedicated:NoSchedule") for at in range(5))],
    ),
    "NVIDIA/k8s-device-plugin/issues/33": Thread(
        ("2 fail nvidia.com/gpu >= 1: a, b", "no node has any nvidia.com/gpu"),
        workload("Deployment", container="resources: {limits: {nvidia.com/gpu: 1}}"),
        [node("a", LINUX, **{"nvidia.com/gpu": "0"}), node("b", LINUX)],
    ),
    "kubernetes/kubernetes/issues/81020": Thread(
        ("zone=a", "zone in (b)", "0 of 2 nodes match"),
        VOLUME
        + workload(
            "Deployment",
            "nodeSelector: {zone: a}",
            "volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]",
        ),
        [node("a", {"zone": "a"}), node("b", {"zone": "b"})],
    ),
    "aws/karpenter-provider-aws/issues/2971": Thread(
        ("not considered: volumes",),
        workload("StatefulSet") + "  volumeClaimTemplates: [{metadata: {name: data}}]\n",
    ),
    "kubernetes/kubernetes/issues/51785": Thread(
        ("3 of 3 nodes match, before host ports (give --pods)", "and host ports"),
        workload("DaemonSet", container="ports: [{hostPort: 9100}]"),
    ),
    "kubernetes/kubernetes/issues/131343": Thread(
        ("0 of 3 nodes match", "no node has the label 'priority'"),
        workload("Deployment", SPREAD % "priority"),
    ),
    "kubernetes/kubernetes/issues/105072": Thread(
        ("1 of 2 nodes match", "zone has room for app=web (maxSkew 1) 0 0 1"),
        workload("Deployment", "nodeSelector: {zone: a}", SPREAD % "zone"),
        [node("a", {"zone": "a"}), node("b", {"zone": "b"})],
        pods=[pod("a", WEB)],
    ),
    "kubernetes/kubernetes/issues/116891": Thread(
        ("0 of 3 nodes match", "no node satisfies the rule 'no pod app=web in its host'"),
        workload("Deployment", NEAR % "podAntiAffinity"),
        [node(name, {"host": name}) for name in "abc"],
        pods=[pod(name, WEB) for name in "abc"],
    ),
    "kubernetes/kubernetes/issues/66568": Thread(
        ("0 of 2 nodes match", "2 fail host port 8080/TCP is free: a, b"),
        workload("Deployment", "hostNetwork: true", container="ports: [{containerPort: 8080}]"),
        THREE[:2],
        pods=[pod(name, {}, ports=[{"hostPort": 8080}]) for name in "ab"],
    ),
    "loft-sh/devpod-provider-kubernetes/issues/63": Thread(
        ("0 of 2 nodes match", "1 fails only a pod app=web in its host: gpu"),
        workload("Deployment", NEAR % "podAffinity", container="resources: {limits: {gpu/x: 1}}"),
        [node("gpu", {"host": "gpu"}, **{"gpu/x": "1"}), node("cpu", {"host": "cpu"})],
        pods=[pod("cpu", WEB)],
    ),
    "hashicorp/nomad/issues/241": Thread(
        ("this is a Nomad job, which is not read", "give its constraints as a selector, with -l"),
        NOMAD_JOB % "${node.datacenter}",
        [of_nomad("c-1")],
    ),
}
"""Each thread at github.com, by its path."""


@pytest.mark.parametrize("thread", THREADS)
def test_thread(run: Run, thread: str) -> None:
    """The cause is said in these words; or what may be the cause is named."""
    case = THREADS[thread]
    write_files({"job.yaml": case.job, "nodes.json": json.dumps(case.nodes)})
    asked = ("-l", case.selector) if case.selector else ("--job", "job.yaml")
    pods = ("--pods", "pods.json") if case.pods else ()
    write_files({"pods.json": json.dumps({"kind": "PodList", "items": case.pods})})
    result = run("explain", *asked, "-n", "nodes.json", *pods)
    for words in case.words:
        assert words in result.text, result.text
