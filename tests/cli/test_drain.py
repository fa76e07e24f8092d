"""``drain``: which pods and jobs find no other node if some nodes go."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.running import Run
from tests.cli.test_placement import deployment, node, running
from tests.cli.test_schemas import closed

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/drain.schema.json").read_text("utf-8"))
INPUTS = ("-n", "nodes.json", "--pods", "pods.json")


def write(*pods: dict[str, Any], **jobs: dict[str, Any]) -> None:
    """Write three nodes, of which ``a`` is the only one of its pool, with pods and jobs."""
    nodes = [node("a", "gpu"), node("b", "general"), node("c", "general")]
    lists = {
        name: {"apiVersion": "v1", "kind": f"{kind}List", "items": items}
        for name, kind, items in (("nodes", "Node", nodes), ("pods", "Pod", [*pods]))
    }
    for name, value in (lists | jobs).items():
        Path(f"{name}.json").write_text(json.dumps(value))


def of_daemon_set(name: str, node_name: str) -> dict[str, Any]:
    pod = running(name, node_name, "10m")
    pod["metadata"]["ownerReferences"] = [{"kind": "DaemonSet", "name": "ds", "controller": True}]
    return pod


def test_pods_and_jobs(run: Run) -> None:
    """What has no place comes first, by owner, with the requirement in the way."""
    write(
        running("web-5d-1", "a", "50m", "web"),
        running("web-5d-2", "a", "50m", "web"),
        running("big-0", "a", "3700m"),
        of_daemon_set("ds-1", "a"),
        running("some-b", "b", "500m"),
        running("some-c", "c", "500m"),
        train=deployment({"cpu": "10m"}, "train", nodeSelector={"pool": "gpu"}),
        web=deployment({"cpu": "1"}),
    )
    result = run("drain", "a", *INPUTS, "-f", "train.json", "-f", "web.json", COLUMNS="200")
    assert (result.status, result.err) == (1, "")
    assert (
        result.out
        == """\
1 of 3 pods on 1 node finds no other node; 1 job loses all nodes

WITHOUT ANOTHER NODE  PODS  IN THE WAY
shop/big-0               1  cpu >= 3700m

JOBS WITHOUT A NODE
  train.json: 1 node now

OTHER NODES
  2 pods of shop/Deployment/web: b

NOTES
  1 pod stays on the nodes: of DaemonSets, and static pods
  1 pod has no controller: kubectl drain needs --force, and nothing makes them again
  each pod goes to the first node that matches; kube-scheduler may choose others

not considered: PodDisruptionBudgets
"""
    )
    result = run("drain", "-l", "pool=gpu", *INPUTS, "--job", "train.json", "-o", "json")
    report = json.loads(result.out)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(report, closed(SCHEMA))
    assert report["jobs"] == [{"job": "train.json", "matched": 1}]
    assert [(each["workload"], each["target"]) for each in report["pods"]] == [
        ("shop/big-0", None),
        ("shop/Deployment/web", "b"),
        ("shop/Deployment/web", "b"),
    ]
    result = run("drain", "a", *INPUTS, "-o", "markdown")
    assert "| shop/big-0 | 1 | cpu >= 3700m |" in result.out.replace("`", "")
    result = run("drain", "a", *INPUTS, "-q")
    assert (result.status, result.out, result.err) == (1, "", "")
    result = run("drain", "b", *INPUTS)
    assert result.out.startswith("the pod on 1 node finds another node\n")
    assert result.status == 0


def test_a_job_alone_is_a_reason(run: Run) -> None:
    """The pods find a place, but a job loses its last node: the exit status is 1."""
    write(running("x", "a", "1"), train=deployment({"cpu": "1"}, nodeSelector={"pool": "gpu"}))
    assert run("drain", "a", *INPUTS).status == 0
    result = run("drain", "a", *INPUTS, "-f", "train.json")
    assert result.status == 1
    assert result.out.startswith("the pod on 1 node finds another node; 1 job loses all nodes\n")
    broken = deployment({"cpu": "1"}, nodeSelector={"pool": 7})
    write(running("x", "a", "1"), broken=broken)
    result = run("drain", "a", *INPUTS, "-f", "broken.json")
    assert result.status == 2
    assert "error[" in result.err


def test_many_workloads(run: Run) -> None:
    """At most ten rows, those with most pods first; the others are counted."""
    pods = [
        running(f"w{owner}-5d-{number}", "a", "3950m", f"w{owner}")
        for owner in range(14)
        for number in range(1 + owner % 2)
    ]
    write(*pods)
    result = run("drain", "a", *INPUTS, COLUMNS="200")
    assert result.out.startswith("21 of 21 pods on 1 node find no other node\n")
    rows = result.out.splitlines()[3:14]
    assert [row.split()[1] for row in rows[:10]] == ["2"] * 7 + ["1"] * 3
    assert rows[10].split() == ["4", "more", "4", "-o", "json", "has", "all"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--pods", "pods.json"], "give the nodes to drain: NODE, or -l SELECTOR"),
        (["a", "-l", "pool", "--pods", "pods.json"], "NODE and -l cannot be combined"),
        (["a"], "give the running pods with --pods: kubectl get pods,namespaces -A -o json"),
        (["nope", "--pods", "pods.json"], "error: no node has the id 'nope'"),
        (["-l", "pool=gpus", "--pods", "pods.json"], "0 of 3 nodes match no node has pool=gpus"),
        (["a", "--pods", "none.json"], "none.json"),
        (["a", "--pods", "empty.json"], "there is no pod that runs on a node (--pods)"),
    ],
)
def test_wrong_words(run: Run, words: list[str], message: str) -> None:
    write(running("x", "a", "1"), empty={"apiVersion": "v1", "kind": "PodList", "items": []})
    assert message in run("drain", *words, "-n", "nodes.json", COLUMNS="200").error
