"""``match`` and ``explain`` of manifests: taints, cordons, requests, and pods that run already."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from nodeselect import Inventory
from tests.cli.running import Run, write_files

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/explain.schema.json").read_text("utf-8"))
GPU = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
LOST = {"key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"}
TOLERATION = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
PODS_UNKNOWN = "what runs on the nodes already (--pods)"


def node(
    name: str, pool: str, *taints: dict[str, str], cpu: str = "3920m", is_cordoned: bool = False
) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": {"pool": pool}},
        "spec": {"taints": list(taints), "unschedulable": is_cordoned},
        "status": {
            "allocatable": {"cpu": cpu, "memory": "15Gi", "pods": "110"},
            "conditions": [{"type": "Ready", "status": str(LOST not in taints)}],
        },
    }


def cluster() -> Iterator[dict[str, Any]]:
    """Yield 5,000 nodes: 500 with GPUs and a taint, 100 cordoned, 52 unreachable; 7 are two."""
    for number in range(5_000):
        pool = "general" if number % 10 else "gpu"
        taints = [GPU] if pool == "gpu" else []
        if (number % 10 == 2 and number < 480) or number in (30, 40, 50, 60):
            taints.append(LOST)
        is_cordoned = (number % 10 == 1 and number < 970) or number in (0, 10, 20)
        yield node(f"w-{number:04}", pool, *taints, is_cordoned=is_cordoned)


def deployment(requests: dict[str, str], name: str = "web", **spec: Any) -> dict[str, Any]:
    spec["containers"] = [{"name": "a", "resources": {"limits": requests}}]
    metadata = {"name": name, "namespace": "shop"}
    template = {"spec": {"template": {"spec": spec}}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, **template}


def running(name: str, node_name: str, cpu: str, owner: str | None = None) -> dict[str, Any]:
    """Return a pod that runs on a node; ``owner`` is the Deployment that it belongs to."""
    metadata: dict[str, Any] = {"name": name, "namespace": "shop"}
    if owner is not None:
        metadata["labels"] = {"pod-template-hash": "5d"}
        reference = {"kind": "ReplicaSet", "name": f"{owner}-5d", "controller": True}
        metadata["ownerReferences"] = [reference]
    container = {"name": "a", "resources": {"requests": {"cpu": cpu}}}
    return {
        "metadata": metadata,
        "spec": {"nodeName": node_name, "containers": [container]},
        "status": {"phase": "Running"},
    }


TRAIN = deployment(
    {"cpu": "8", "memory": "32Gi", "nvidia.com/gpu": "4"},
    "train",
    nodeSelector={"pool": "gpu"},
    tolerations=[TOLERATION],
)
WEB = deployment({"cpu": "100m", "memory": "1Gi"})
INFER = deployment({"cpu": "100m"}, "infer", nodeSelector={"pool": "gpu"})
TOLERANT = {**INFER["spec"]["template"]["spec"], "tolerations": [TOLERATION]}
JOBS = ("--job", "train.json", "--job", "web.json", "--job", "infer.json")
SMALL = [
    node("a", "general"),
    node("b", "general", cpu="2"),
    node("c", "gpu", GPU),
    node("d", "general", is_cordoned=True),
]


@pytest.fixture(autouse=True)
def _files() -> None:
    write(train=TRAIN, web=WEB, infer=INFER, nodes={"kind": "NodeList", "items": SMALL})


def write(**values: dict[str, Any]) -> None:
    write_files({f"{name}.json": json.dumps(value) for name, value in values.items()})


def write_pods(*pods: dict[str, Any]) -> None:
    write(pods={"kind": "PodList", "apiVersion": "v1", "items": pods})


def test_the_answer_is_that_of_kube_scheduler(run: Run) -> None:
    """In 5,000 nodes; with ``--only-labels``, the answer by labels."""
    write(nodes={"kind": "NodeList", "items": list(cluster())})
    Inventory.read("nodes.json").save("nodes.nsx")
    for job, matched, by_label in (("train", 0, 500), ("web", 4_355, 5_000), ("infer", 0, 500)):
        status = 0 if matched else 1
        files = ("--job", f"{job}.json", "-n", "nodes.nsx")
        result = run("match", *files, "-o", "name")
        assert (result.status, result.out.count("\n")) == (status, matched)
        assert f"not considered: {PODS_UNKNOWN}\n" in result.err
        result = run("explain", *files)
        assert result.status == status
        assert result.out.startswith(f"{matched:,} of 5,000 nodes match")
        report = json.loads(run("explain", *files, "-o", "json").out)
        assert (report["matched"], report["not_considered"]) == (matched, [PODS_UNKNOWN])
        result = run("match", *files, "--only-labels", "--count")
        assert (result.status, result.out) == (0, f"{by_label}\n")
        assert "not considered: taints and requests\n" in result.err
        report = json.loads(run("explain", *files, "--only-labels", "-o", "json").out)
        assert (report["matched"], report["not_considered"]) == (by_label, ["taints", "requests"])
    report = json.loads(run("explain", *JOBS, "-n", "nodes.nsx", "-o", "json").out)
    assert [job["matched"] for job in report["jobs"]] == [0, 0, 4_355]
    assert len(report["unused_ids"]) == 645


def test_running_pods_of_one_controller_are_explained_once(run: Run) -> None:
    """Each could be on another node than it is. A pod that nothing else made stays on its node."""
    web = [running(f"w-{name}", name, "1500m", "web") for name in ("a", "b", "d")]
    pending = [running(f"w-{n}", "", "1500m", "web") for n in (1, 2)]
    for each in pending:
        each["status"] = {"phase": "Pending"}
    pending[1]["metadata"]["namespace"] = "not-shop"
    write_pods(*web, *pending, running("alone", "a", "1"), running("other", "a", "500m", "api"))
    files = ("-n", "nodes.json", "--pods", "pods.json", "-o", "json")
    report = json.loads(run("explain", "-f", "pods.json", *files).out)
    found = {}
    for job in report["jobs"]:
        for name in (job["job"], *job.get("alike", ())):
            found[name.rpartition("/")[2]] = job["matched"], len(job.get("alike", ()))
            alone = json.loads(run("explain", "-f", name, *files).out)
            assert alone["matched"] == job["matched"]
    assert found.pop("w-a") == found.pop("w-b") == (1, 1)  # of each, its own node alone
    assert found == {"w-d": (0, 0), "w-1": (0, 0), "w-2": (0, 0), "alone": (1, 0), "other": (2, 0)}
    assert report["unused_ids"] == ["c", "d"]
    text = run("explain", "-f", "pods.json", *files[:-2], COLUMNS="120").out
    assert text.startswith("7 jobs on 4 nodes; 3 match no node")
    assert "/w-a (2 pods) " in text
    assert text.count("not considered: where the pod runs already (nodeName)") == 1
    text = run("explain", "-f", "pods.json", *files[:-2], "--node", "b").out
    assert text.startswith("2 of 7 jobs would run on b")
    without_usage = json.loads(run("explain", "-f", "pods.json", *files[:2], *files[-2:]).out)
    assert sorted(len(job.get("alike", ())) for job in without_usage["jobs"]) == [0, 0, 0, 0, 2]


@pytest.mark.parametrize(
    ("change", "matched"),
    [
        ({}, 2),
        ({"status": {}}, 1),
        ({"metadata": {"name": "a"}}, 1),
        ({"metadata": {"name": "a", "ownerReferences": [{"kind": "Job", "name": "b"}]}}, 1),
        ({"metadata": {"name": "a", "ownerReferences": [{"kind": "Node", "controller": True}]}}, 1),
    ],
)
def test_node_of_a_pod(change: dict[str, Any], matched: int, run: Run) -> None:
    """Of a pod that a controller made, all commands ignore the node that the scheduler chose."""
    write_pods(running("a", "a", "1", "web") | change)
    files = ("-f", "pods.json", "-n", "nodes.json")
    result = run("match", *files, "--count")
    assert result.out == f"{matched}\n"
    assert ("where the pod runs already (nodeName)" in result.err) is (matched == 2)
    assert run("explain", *files).out.startswith(f"{matched} of 4 nodes match")
    assert run("check", "pods.json", "-n", "nodes.json", "--min", "2").status == 2 - matched
    assert ("EVERY node" in run("convert", "pods.json").err) is (matched == 2)


def test_labels_of_the_nodes_that_match(run: Run) -> None:
    """The nodes counted are those of ``match``; each output says what is not considered."""
    text = "not considered: what runs on the nodes already"
    files = ("--job", "web.json", "-n", "nodes.json", "pool")
    result = run("match", *files[:4], "-o", "name")
    assert result.out.split() == ["a", "b"]
    assert "2 of 4 nodes match, 2 of them connected or ready" in result.err
    report = json.loads(run("labels", *files, "-o", "json").out)
    assert (report["total"], report["nodes"], report["not_considered"]) == (4, 2, [text[16:]])
    assert [each["values"] for each in report["keys"]] == [[{"value": "general", "nodes": 2}]]
    for output in ("text", "markdown"):
        assert text in run("labels", *files, "-o", output).out
    result = run("labels", *files, "-o", "csv")
    assert (result.out, result.err) == ("pool,nodes\ngeneral,2\n", f"{text}\n")


def test_what_to_change(run: Run) -> None:
    """The messages name the toleration, or the largest amounts; numbers and states agree."""
    nodes = [node(f"n-{number}", "general" if number < 78 else "gpu") for number in range(78)]
    nodes += [node(f"g-{number}", "gpu", GPU) for number in range(22)]
    write(nodes={"kind": "NodeList", "items": nodes})
    hint = "22 nodes would match with the toleration"
    hint += " {key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}"
    hint += ", but this taint is to keep such a pod away"
    result = run("match", "--job", "infer.json", "-n", "nodes.json")
    words = f"0 of 100 nodes match without pool=gpu, 78 nodes would match; or {hint}"
    words += f" not considered: {PODS_UNKNOWN}"
    assert " ".join(result.err.split()) == words
    report = json.loads(run("explain", "--job", "infer.json", "-n", "nodes.json", "-o", "json").out)
    assert [each["message"] for each in report["hints"]] == [hint]
    write(typo=deployment({"cpu": "1"}, nodeSelector={"poool": "gpu"}))  # not the 78 other nodes
    result = run("explain", "--job", "typo.json", "-n", "nodes.json", COLUMNS="200")
    assert result.out.splitlines()[1] == f"write pool=gpu instead of poool=gpu: {hint}"
    result = run("explain", "--job", "train.json", "-n", "nodes.json")
    assert "no node satisfies cpu >= 8: the largest allocatable cpu is 3920m" in result.out
    assert "no node satisfies nvidia.com/gpu >= 4: no node has any nvidia.com/gpu" in result.out


def test_a_cordon_that_is_tolerated(run: Run) -> None:
    """It keeps nobody away, and is no reason to change anything."""
    tolerant = deployment({"cpu": "1"}, "agent", nodeName="d") | {"kind": "DaemonSet"}
    write(**{"jobs/agent": tolerant, "jobs/web": WEB})
    report = json.loads(run("explain", "-f", "jobs", "-n", "nodes.json", "-o", "json").out)
    assert (report["counts"]["none_connected"], report["counts"]["ok"]) == (0, 2)
    texts = {"-f=jobs/agent.json": "", "--id=d": "no matching node is connected: 1 cordoned"}
    for word, text in texts.items():
        report = json.loads(run("explain", *word.split("="), "-n", "nodes.json", "-o", "json").out)
        assert (report["matched"], report["connected"]) == (1, 0)
        assert report["recommendation"] == text
    files = ("-f", "jobs", "-n", "nodes.json", "--node", "d", "-o", "json")
    assert json.loads(run("explain", *files).out)["counts"]["none_connected"] == 0


def test_one_node(run: Run) -> None:
    """A node has the taints and the amounts that it has, as texts."""
    files = ("--job", "train.json", "-n", "nodes.json", "--node", "c")
    result = run("explain", *files, "-o", "json")
    requirements = json.loads(result.out)["requirements"]
    assert result.status == 1
    assert [(each["text"], each["value"], each["passes"]) for each in requirements] == [
        ("pool=gpu", "gpu", True),
        ("tolerates nvidia.com/gpu:NoSchedule", "nvidia.com/gpu=present:NoSchedule", True),
        ("cpu >= 8", "3920m", False),
        ("memory >= 32Gi", "15Gi", False),
        ("nvidia.com/gpu >= 4", "0", False),
    ]
    result = run("explain", "--job", "infer.json", "-n", "nodes.json", "--node", "c")
    row = "tolerates nvidia.com/gpu:NoSchedule  FAIL  'nvidia.com/gpu=present:NoSchedule'"
    assert row in result.out
    assert result.out.endswith(f"not considered: {PODS_UNKNOWN}\n")
    result = run("explain", *JOBS, "-n", "nodes.json", "--node", "d")
    assert result.out.startswith("0 of 3 jobs would run on d\n")


def test_pods(run: Run) -> None:
    """What runs already is subtracted, but not the workload's own pods."""
    write_pods(running("x", "a", "3900m", "other"), running("y", "b", "1950m", "web"))
    files = ("--job", "web.json", "-n", "nodes.json", "--pods", "pods.json")
    result = run("match", *files, "-o", "name")
    assert (result.status, result.out) == (0, "b\n")
    assert "1 running pod of the manifest is not counted; if one of its pods" in result.err
    assert "not considered" not in result.err
    report = json.loads(run("explain", *files, "-o", "json").out)
    assert (report["matched"], report["not_considered"]) == (1, [])
    result = run("explain", *files, "--node", "a")
    assert "cpu >= 100m    FAIL  '20m of 3920m'" in result.out
    write(two={"kind": "NodeList", "items": SMALL[:2]}, large=deployment({"cpu": "2500m"}))
    result = run("explain", "--job", "large.json", "-n", "two.json", *files[4:])
    assert result.status == 1
    assert "2 nodes fail only cpu >= 2500m: at most 2 of cpu is free on one" in result.out
    write(gpus={**INFER, "spec": {"template": {"spec": TOLERANT}}})
    write_pods(running("z", "c", "3900m"), running("x", "a", "3900m"))
    result = run("explain", "--job", "gpus.json", *files[2:])
    note = "1 node fails only cpu >= 100m: at most 20m of cpu is free on one of them"
    assert (result.status, note in " ".join(result.out.split())) == (1, True)
    write_pods(running("x", "a", "3900m", "other"), running("y", "b", "1950m", "web"))
    write(**{"more/web": WEB, "more/other": deployment({"cpu": "3"}, "other")})
    result = run("explain", "--job", "more", *files[2:], "-o", "json")
    report = json.loads(result.out)
    assert [job["matched"] for job in report["jobs"]] == [1, 1]
    assert report["unused_ids"] == ["c", "d"]
    assert result.err.startswith("2 running pods of the manifest are not counted; if one")
    assert "the list" not in result.err


def test_pods_on_other_nodes(run: Run) -> None:
    """How many of the pods are on no node of the list is said, unless one node is asked for."""
    write_pods(running("x", "a", "1"), running("y", "z", "1", "web"), running("z", "gone", "1"))
    write(**{"more/web": WEB, "more/other": deployment({"cpu": "3"}, "other")})
    files = ("-n", "nodes.json", "--pods", "pods.json")
    text = "2 of 3 pods are on nodes that are not in the list\n"
    for words in (("match", "-f", "web.json"), ("explain", "-f", "web.json", "-o", "json"),
                  ("explain", "-f", "more")):  # fmt: skip
        assert run(*words, *files).err.count(text) == 1
        assert text not in run(*words, *files, "-q").err
    assert text not in run("explain", "-f", "web.json", *files, "--node", "a").err
    write_pods(running("x", "a", "1"), running("y", "z", "1"))
    text = "1 of 2 pods is on a node that is not in the list\n"
    assert text in run("match", "-f", "web.json", *files).err


@pytest.mark.parametrize("command", ["match", "explain"])
def test_what_is_not_considered_can_be_an_error(run: Run, command: str) -> None:
    """With ``--fail-on-unknown``, the exit status is 2, after the output."""
    write_pods(running("x", "a", "1"))
    files = ("--job", "web.json", "-n", "nodes.json", "--fail-on-unknown")
    for options in ((), ("--only-labels",), ("-q",)):
        result = run(command, *files, *options)
        assert result.status == 2
        assert bool(result.out) == (options != ("-q",))
        assert result.err.endswith(" (--fail-on-unknown)\n")
        assert "error: not considered: " in result.err
    result = run(command, *files, "--pods", "pods.json")
    assert result.status == 0
    assert "not considered" not in result.out + result.err
    assert run(command, "-l", "pool", "-n", "nodes.json", "--fail-on-unknown").status == 0
    Path("plain.json").write_text('[{"id": "n-1", "labels": {}}]')
    result = run(command, "--job", "web.json", "-n", "plain.json", "--pods", "pods.json")
    words = "not considered: unknown taints of 1 of 1 node, unknown resources of 1 of 1 node and"
    assert (result.status, words in result.text) == (0, True)


GKE, EKS = "cloud.google.com/gke-nodepool", "eks.amazonaws.com/nodegroup"
UNKNOWN = "whether the API server adds a toleration of nvidia.com/gpu"
FLAG = "--extended-resource-toleration"
OF_GPU = deployment({"nvidia.com/gpu": "1"}, "gpu")


def gpu_node(name: str, label: str, *taints: dict[str, str]) -> dict[str, Any]:
    found = node(name, "gpu", *taints)
    found["metadata"]["labels"][label] = "a"
    found["status"]["allocatable"]["nvidia.com/gpu"] = "4"
    return found


@pytest.mark.parametrize(
    ("labels", "taint", "flags", "matched", "words"),
    [
        ([GKE, GKE], GPU, [], 2, f"{UNKNOWN} (assumed, as on GKE)"),
        ([EKS, "eks.amazonaws.com/compute-type"], GPU, [], 2, f"{UNKNOWN} (assumed, as on EKS)"),
        ([GKE, EKS], GPU, [], 2, f"{UNKNOWN} (assumed, as on GKE and EKS)"),
        ([GKE, "other"], GPU, [], 0, f"{UNKNOWN} (not assumed)"),
        (["other"], GPU, [], 0, f"{UNKNOWN} (not assumed)"),
        (["other"], GPU, [FLAG], 1, ""),
        ([GKE], GPU, [FLAG], 1, ""),
        ([GKE], {**GPU, "effect": "NoExecute"}, [FLAG], 0, ""),
        ([GKE], {**GPU, "key": "dedicated"}, [], 0, ""),
    ],
)
def test_tolerations_that_the_api_server_adds(
    run: Run, labels: list[str], taint: dict[str, str], flags: list[str], matched: int, words: str
) -> None:
    """They count if an option says so, or if all nodes with the taint are of GKE or EKS.

    Otherwise, they are named, and a check that would fail without them has a warning.
    """
    items = [gpu_node(f"g-{at}", label, taint) for at, label in enumerate(labels)]
    write(gpu=OF_GPU, nodes={"items": [*items, node("n", "general")]})
    files = ("--job", "gpu.json", "-n", "nodes.json", *flags)
    expected = [PODS_UNKNOWN, *([words] if words else [])]
    status = 0 if matched else 1
    found = run("explain", *files, "-o", "json")
    report = json.loads(found.out)
    assert (found.status, report["matched"], report["not_considered"]) == (
        status,
        matched,
        expected,
    )
    has_hint = any(FLAG in hint["message"] for hint in report["hints"])
    assert has_hint == (words.endswith("(not assumed)"))
    result = run("match", *files, "--count")
    assert (result.status, result.out) == (status, f"{matched}\n")
    assert f"not considered: {' and '.join(expected)}" in " ".join(result.err.split())
    both = json.loads(run("explain", "--job", "web.json", *files, "-o", "json").out)["jobs"]
    assert {each["job"]: each["matched"] for each in both} == {"gpu.json": matched, "web.json": 1}
    shows_it = bool(matched or len(labels) == 2)  # the first node alone
    for jobs in (files, ("--job", "web.json", *files)):
        assert run("explain", *jobs, "--node", "g-0").status == (0 if shows_it else 1)
    for least in (1, 2):
        options = ("gpu.json", *files[2:], "--min", str(least), "-o", "json")
        checked = run("check", *options)
        report = json.loads(checked.out)
        assert [each for each in report["not_considered"] if UNKNOWN in each] == expected[1:]
        severities = [each["severity"] for each in report["files"][0]["problems"]]
        is_unsure = matched < least <= len(labels) and words.endswith("(not assumed)")
        assert severities == (["warning" if is_unsure else "error"] if matched < least else [])
        assert checked.status == ("error" in severities)
    if not flags:
        assert json.loads(run("labels", "pool", *files, "-o", "json").out)["nodes"] == matched
    for sides in (["gpu.json"] * 2, ["nodes.json"] * 2):
        options = files[2:] if "gpu.json" in sides else (*files[:2], *flags)
        report = json.loads(run("diff", *sides, *options, "-o", "json").out)
        assert report["old"]["matched"] == report["new"]["matched"] == matched
        assert run("diff", *sides, *options, "--fail-on-unknown").status == 2
        found = run("diff", *sides, *options, "--only-labels", "-o", "json")
        assert json.loads(found.out)["not_considered"] == ["taints", "requests"]


@pytest.mark.parametrize("flags", [[], [FLAG]])
@pytest.mark.parametrize(
    "change", [{"kind": "DaemonSet"}, {"apiVersion": "v1", "kind": "Pod", "metadata": {"uid": "a"}}]
)
def test_pods_that_get_no_further_tolerations(
    run: Run, change: dict[str, Any], flags: list[str]
) -> None:
    """A DaemonSet, and a pod that is in the cluster, have all that they get; nothing says more."""
    job = OF_GPU | change
    if change["kind"] == "Pod":
        job |= job["spec"]["template"]
    write(gpu=job, nodes={"items": [gpu_node("g", GKE, GPU), node("n", "general")]})
    files = ("--job", "gpu.json", "-n", "nodes.json", *flags)
    for command in (("explain", *files), ("check", "gpu.json", *files[2:])):
        result = run(*command)
        assert (result.status, UNKNOWN in result.text, FLAG in result.text) == (1, False, False)
        assert "1 node would match with the toleration" in " ".join(result.text.split())


@pytest.mark.parametrize(("effect", "matched"), [("NoExecute", 1), ("NoSchedule", 0)])
def test_nodes_that_are_not_ready(run: Run, effect: str, matched: int) -> None:
    """A new pod stays on them for a while, and no row says that it does not tolerate them."""
    taints = [{**LOST, "effect": effect}, {"key": "node.kubernetes.io/not-ready", "effect": effect}]
    write(nodes={"items": [node("a", "general", *taints)]})
    files = ("--job", "web.json", "-n", "nodes.json")
    report = json.loads(run("explain", *files, "-o", "json").out)
    failing = [each["failing"] for each in report["requirements"] if each["kind"] == "taint"]
    assert (report["matched"], failing) == (matched, [] if matched else [1, 1])


def test_standard_input(run: Run) -> None:
    """Pods can be piped, if nothing else is."""
    write_pods(running("x", "a", "3900m"), running("y", "b", "1950m"))
    pods = Path("pods.json").read_text()
    for command in ("match", "explain"):
        files = ("--job", "web.json", "-n", "nodes.json", "--pods", "-")
        result = run(command, *files, stdin=pods)
        assert result.status == 1
        assert "1 node would match if it were not cordoned\n" in result.out + result.err
        error = run(command, "--job", "web.json", "-n", "-", "--pods", "-").error
        assert "only one input (-n, --job" in error
    write_pods(running("x", "a", "4 cores"))
    result = run("match", "--job", "web.json", "-n", "nodes.json", "--pods", "pods.json")
    assert "--> pods.json" in result.error


APART = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
    {"topologyKey": "pool", "labelSelector": {"matchLabels": {"app": "web"}}}
]}}  # fmt: skip


def labelled(job: dict[str, Any], replicas: int, **spec: Any) -> dict[str, Any]:
    """Return a Deployment of so many pods of the app web."""
    template = job["spec"]["template"]
    template["metadata"] = {"labels": {"app": "web"}}
    template["spec"] |= spec
    job["spec"]["replicas"] = replicas
    return job


def test_a_rule_that_is_not_decided(run: Run) -> None:
    """The first line says so, and how to decide it; no advice says that all nodes match."""
    write(
        apart={
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "p"},
            "spec": {"containers": [{"name": "a"}], "affinity": APART},
        },
        one={"kind": "NodeList", "items": [{**SMALL[0], "status": {"allocatable": {"pods": "9"}}}]},
    )
    first = "1 of 1 node matches, before pod anti-affinity (give --pods)"
    files = ("--job", "apart.json", "-n", "one.json")
    result = run("explain", *files, COLUMNS="200")
    assert result.out.splitlines()[0] == first
    assert "EVERY" not in result.text
    assert "every-node" not in run("check", "apart.json", "-n", "nodes.json").text
    assert run("match", *files, COLUMNS="200").err.splitlines()[0] == first
    report = json.loads(run("explain", *files, "-o", "json").out)
    assert (report["headline"], report["recommendation"]) == (first, "")
    assert first.removesuffix(" (give --pods)") in run("explain", *files, "-o", "html").out
    line = run("explain", *files, "--node", "a").out.splitlines()[0]
    assert line == "a matches, before pod anti-affinity (give --pods)"
    write_pods(running("x", "a", "1"))
    assert "before" not in run("explain", *files, "--pods", "pods.json").text
    by_team = {"namespaceSelector": {"matchLabels": {"team": "x"}}}
    (term,) = APART["podAntiAffinity"].values()
    terms = {
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [{**term[0], **by_team}]
        }
    }
    write(
        apart={
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "p"},
            "spec": {"containers": [{"name": "a"}], "affinity": terms},
        }
    )
    line = run("explain", *files, "--pods", "pods.json", COLUMNS="200").out.splitlines()[0]
    rule = "pod anti-affinity by labels of namespaces"
    assert line == f"1 of 1 node matches, before {rule} (give namespaces in --pods)"
    pod = running("x", "a", "1") | {"kind": "Pod"}
    write_pods(pod, {"kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "x"}}})
    pod["metadata"]["labels"] = {"app": "web"}
    assert run("match", *files, "--pods", "pods.json").status == 0


def test_own_pods_that_are_in_the_way(run: Run) -> None:
    """A Deployment that cannot roll: its pods have to end before others can start."""
    pods = [running(f"web-{name}", name, "1", "web") for name in "abc"]
    for each in pods:
        each["metadata"]["labels"]["app"] = "web"
    write_pods(*pods)
    apart = json.loads(json.dumps(APART).replace("pool", "kubernetes.io/hostname"))
    nodes = [node(name, "x") for name in "abc"]
    for each in nodes:
        each["metadata"]["labels"]["kubernetes.io/hostname"] = each["metadata"]["name"]
    job = labelled(deployment({"cpu": "100m"}), 3, affinity=apart)
    write(nodes={"kind": "NodeList", "items": nodes}, web=job)
    files = ("--job", "web.json", "-n", "nodes.json", "--pods", "pods.json")
    line = run("explain", *files, COLUMNS="200").out.splitlines()[0]
    start = "3 of 3 nodes match, 3 of them connected or ready"
    assert line == f"{start}; while its 3 pods run, 0 of 3 nodes match"
    write_pods(*pods[:2])
    line = run("explain", *files, COLUMNS="200").out.splitlines()[0]
    assert line == f"{start}; to place all of its pods, give --replicas all"


def test_room(run: Run) -> None:
    """How many more fit beside all that run, also of the workload itself."""
    write_pods(running("x", "a", "3", "web"), running("y", "b", "1500m"))
    write(web=labelled(deployment({"cpu": "500m"}), 3))
    line = run(
        "explain", "--job", "web.json", "-n", "nodes.json", "--pods", "pods.json", COLUMNS="200"
    ).out
    assert ", room for 2 more on 2 nodes\n" in line


def test_replicas(run: Run) -> None:
    write(web=labelled(deployment({"cpu": "1"}), 5))
    write_pods(running("x", "a", "1"))
    files = ("--job", "web.json", "-n", "nodes.json", "--pods", "pods.json")
    result = run("explain", *files, "--replicas", "3", COLUMNS="200")
    assert result.status == 0
    assert result.out.startswith(
        "3 of 3 replicas find a node, each the first that matches; kube-scheduler may choose others"
        "\n\nPLACED\n  2 on a\n  1 on b\n"
    )
    result = run("explain", *files, "--replicas", "all", COLUMNS="200")
    assert result.status == 1
    assert "4 of 5 replicas find a node" in result.out
    assert "PLACED\n  2 on each of a b\n\nfor the next one, 0 of 4 nodes match" in result.out
    report = json.loads(run("explain", *files, "--replicas", "all", "-o", "json").out)
    jsonschema.validate(report, SCHEMA)
    nodes = [{"id": "a", "replicas": 2}, {"id": "b", "replicas": 2}]
    assert report["replicas"] == {"wanted": 5, "placed": 4, "nodes": nodes}
    assert (report["matched"], report["not_considered"]) == (0, [])
    write(agent=deployment({"cpu": "1"}) | {"kind": "DaemonSet"})
    for words, message in (
        ("--job web.json --replicas 0", "--replicas expects a number above 0, or all"),
        ("--job web.json --replicas 1 --node a", "--replicas cannot be combined with --node"),
        ("--job web.json --replicas 1 -o html", "-o html cannot be combined with --replicas"),
        ("-l pool --replicas 1", "--replicas needs a Kubernetes manifest"),
        ("--job agent.json --replicas all", "DaemonSet has a pod on every node; give a number"),
        (
            "-f agent.json -f web.json --replicas 2",
            "--replicas cannot be combined with several jobs",
        ),
    ):
        result = run("explain", *words.split(), "-n", "nodes.json")
        assert (result.status, message in result.err) == (2, True), result.text
