"""Why a job got no node, in twenty threads of public issue trackers, rebuilt in small."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.cli.running import Run


class Thread(NamedTuple):
    """A thread, the files of its case, and what must be said about them.

    :param job: the content of ``job.yaml``.
    :param nodes: the content of ``nodes.json``.
    :param words: texts that the output has.
    :param command: the words of the command.
    :param is_told: whether the words are the cause; if not, they only name what may be the cause.
    """

    job: str
    nodes: list[Any]
    words: tuple[str, ...]
    command: tuple[str, ...] = ("explain", "--job", "job.yaml", "-n", "nodes.json")
    is_told: bool = True


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


def workload(kind: str, spec: str, name: str = "web") -> str:
    """Return a manifest of an object with a pod template; its container is added."""
    return (
        f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n  template:\n"
        f"    spec:\n      containers: [{{name: a}}]\n{spec}"
    )


def of_nomad(node_id: str, **fields: Any) -> Any:
    known = {"Name": node_id, "Status": "ready", "SchedulingEligibility": "eligible"}
    more = {"Attributes": {"kernel.name": "linux"}, "Datacenter": "dc1", "NodeClass": "gpu"}
    return {"ID": node_id, **known, **more, "Meta": {}, **fields}


def of_bacalhau(node_id: str, **labels: str) -> Any:
    """Return a node as ``bacalhau node list --output json`` prints it."""
    capacity = {"CPU": 4, "Memory": 8_000_000_000, "Disk": 10_000_000_000, "GPU": 0}
    info = {"NodeID": node_id, "NodeType": "Compute", "Labels": labels}
    info |= {"ComputeNodeInfo": {"MaxCapacity": capacity}}
    state = {"ConnectionState": {"Status": "CONNECTED"}, "Membership": "APPROVED"}
    return {"Info": info, **state}


LINUX = {"kubernetes.io/os": "linux"}
THREE = [node(name, LINUX) for name in ("a", "b", "c")]
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
ON_NOMAD = ("explain", "-n", "nodes.json", "-l")

THREADS = {
    "liwenhe1993/charts/issues/1": Thread(
        workload("StatefulSet", "      nodeSelector: {application/clickhouse: ''}\n"),
        THREE,
        ("no node has the label 'application/clickhouse'",),
    ),
    "huanwei/rocketmq-operator/issues/44": Thread(
        workload("StatefulSet", '      nodeSelector: {rocketmq-operator: "on"}\n'),
        THREE,
        ("no node has the label 'rocketmq-operator'",),
    ),
    "kubernetes-sigs/kind/issues/2292": Thread(
        workload(
            "DaemonSet",
            '      nodeSelector: {ingress-ready: "true", kubernetes.io/os: linux}\n',
        ),
        THREE,
        ("no node has the label 'ingress-ready'", "without it, 3 nodes would match"),
    ),
    "goauthentik/helm/issues/251": Thread(
        workload(
            "Deployment",
            "      affinity:\n        nodeAffinity:\n"
            "          requiredDuringSchedulingIgnoredDuringExecution:\n"
            "            nodeSelectorTerms:\n"
            "              - matchExpression: [{key: a, operator: Exists}]\n",
        ),
        THREE,
        ("there is no field 'matchExpression'", "job.yaml:12:17"),
    ),
    "DependencyTrack/helm-charts/issues/63": Thread(
        workload("Deployment", "      nodeSelector: npu2\n"),
        THREE,
        ("expected an object, found the string 'npu2'", "write each label as KEY: VALUE"),
    ),
    "haproxytech/helm-charts/issues/223": Thread(
        workload("Deployment", ""), THREE, ("it matches EVERY node", "3 of 3 nodes match")
    ),
    "bitnami/charts/issues/10181": Thread(
        workload(
            "StatefulSet",
            "      affinity:\n        nodeAffinity:\n"
            "          requiredDuringSchedulingIgnoredDuringExecution:\n"
            "            nodeSelectorTerms:\n"
            "              - matchExpressions: [{key: a, operator: In, values: pool-kafka}]\n",
        ),
        THREE,
        ("expected a list, found the string 'pool-kafka'", 'write: ["pool-kafka"]'),
    ),
    "Azure/aks-engine/issues/3502": Thread(
        workload("DaemonSet", "      nodeSelector: {kubernetes.io/os: linux}\n"),
        [node("old-1", {"beta.kubernetes.io/os": "linux"}), *THREE],
        ("1 fails kubernetes.io/os=linux: old-1",),
    ),
    "hashicorp/nomad/issues/2620": Thread(
        "",
        [of_nomad("c-1", Meta={"rack": "r1"}), of_nomad("c-2")],
        ("2 fail both rack=r9 and attr.cpu.arch=arm64",),
        (*ON_NOMAD, "rack=r9,attr.cpu.arch=arm64"),
    ),
    "dell/csm/issues/319": Thread(
        workload("Deployment", "      nodeSelector: {node-role.kubernetes.io/master: ''}\n"),
        [node("a", {CONTROL_PLANE: ""}), *THREE[1:]],
        (f"1 node has '{CONTROL_PLANE}', its new name in Kubernetes",),
    ),
    "hashicorp/nomad/issues/17435": Thread(
        "",
        [of_nomad("c-1"), of_nomad("c-2")],
        ("write attr.kernel.name=linux instead of kernel.name=linux: 2 nodes would match",),
        (*ON_NOMAD, "kernel.name=linux"),
    ),
    "hashicorp/nomad/issues/711": Thread(
        "",
        [of_nomad("c-1")],
        ("for this Nomad constraint, write: node.class=gpu",),
        (*ON_NOMAD, "$node.class = gpu"),
    ),
    "bacalhau-project/bacalhau/issues/2952": Thread(
        'Name: a\nType: batch\nConstraints: [{Key: zone, Operator: "=", Values: [eu]}]\n'
        'Tasks: [{Name: main, Resources: {GPU: "1"}}]\n',
        [of_bacalhau("n-1", zone="eu"), of_bacalhau("n-2", zone="us")],
        ("1 fails only gpu >= 1: n-1", "1 fails both zone=eu and gpu >= 1: n-2"),
    ),
    "kubernetes/kubernetes/issues/112759": Thread(
        workload("Deployment", f"      nodeSelector: {{{CONTROL_PLANE}: ''}}\n"),
        [node("cp", {CONTROL_PLANE: ""}, f"{CONTROL_PLANE}:NoSchedule"), *THREE],
        (
            f"1 fails only tolerates {CONTROL_PLANE}:NoSchedule: cp",
            "1 node would match with the toleration",
        ),
    ),
    "kubernetes/kubernetes/issues/72017": Thread(
        workload("DaemonSet", "", "agent"),
        [*THREE, *(node(f"t-{at}", LINUX, "dedicated:NoSchedule") for at in range(5))],
        ("3 of 8 nodes match", "5 fail tolerates dedicated:NoSchedule"),
    ),
    "NVIDIA/k8s-device-plugin/issues/33": Thread(
        workload("Deployment", "").replace(
            "{name: a}]", "{name: a, resources: {limits: {nvidia.com/gpu: 1}}}]"
        ),
        [node("a", LINUX, **{"nvidia.com/gpu": "0"}), node("b", LINUX)],
        ("2 fail nvidia.com/gpu >= 1: a, b", "no node has any nvidia.com/gpu"),
    ),
    "kubernetes/kubernetes/issues/81020": Thread(
        VOLUME
        + workload(
            "Deployment",
            "      nodeSelector: {zone: a}\n"
            "      volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]\n",
        ),
        [node("a", {"zone": "a"}), node("b", {"zone": "b"})],
        ("zone=a", "zone in (b)", "0 of 2 nodes match"),
    ),
    "aws/karpenter-provider-aws/issues/2971": Thread(
        workload("StatefulSet", "  volumeClaimTemplates: [{metadata: {name: data}}]\n"),
        THREE,
        ("not considered: volumes",),
        is_told=False,
    ),
    "kubernetes/kubernetes/issues/51785": Thread(
        workload("DaemonSet", "").replace("{name: a}]", "{name: a, ports: [{hostPort: 9100}]}]"),
        THREE,
        ("not considered: host ports",),
        is_told=False,
    ),
    "hashicorp/nomad/issues/241": Thread(
        NOMAD_JOB % "${node.datacenter}",
        [of_nomad("c-1")],
        ("this is a Nomad job, which is not read", "give its constraints as a selector, with -l"),
        is_told=False,
    ),
}
"""Each thread at github.com, by its path."""


@pytest.mark.parametrize("thread", THREADS)
def test_thread(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, thread: str) -> None:
    """The cause is said in these words; or what may be the cause is named."""
    monkeypatch.chdir(tmp_path)
    case = THREADS[thread]
    Path("job.yaml").write_text(case.job)
    Path("nodes.json").write_text(json.dumps(case.nodes))
    result = run(*case.command)
    text = " ".join(f"{result.out} {result.err}".split())
    for words in case.words:
        assert words in text, text


def test_most_are_told() -> None:
    """Of the twenty threads, at least sixteen are answered by what the two files say."""
    assert len(THREADS) == 20
    assert sum(thread.is_told for thread in THREADS.values()) >= 16
