"""``nodeselect check -n``: how many nodes match each job."""

import json
from pathlib import Path

import pytest

from tests.cli.running import Run

TAINT = {"key": "gpu", "effect": "NoSchedule"}
LABELS = {"beta.kubernetes.io/os": "a", "kubernetes.io/os": "a", "beta.kubernetes.io/arch": "b"}
ONE = {"gpu": "", "kubernetes.io/arch": "b"}
NODES = [
    {
        "kind": "Node",
        "apiVersion": "v1",
        "metadata": {
            "name": f"n-{n}",
            "labels": {**LABELS, "region": "eu" if n < 3 else "us", **({} if n else ONE)},
        },
        "spec": {"taints": [TAINT] if n == 0 else []},
        "status": {
            "allocatable": {"cpu": "4", "pods": "10"},
            "conditions": [{"type": "Ready", "status": "True" if n % 2 else "False"}],
        },
    }
    for n in range(5)
]
POD = "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {}\n"
ANY = "tolerations: [{operator: Exists}], "
REST = "type: query\nconfig: {input: {stdin: {}}}\n"


@pytest.fixture(autouse=True)
def _nodes() -> None:
    Path("n.json").write_text(json.dumps({"items": NODES}))


def pod(*fields: str) -> str:
    return POD.format("{" + ", ".join(fields) + "}")


def job(selector: str) -> str:
    return f"name: j\nselector: {selector}\n{REST}"


def bacalhau(constraints: str, cpu: str = "1") -> str:
    tasks = f"[{{Name: main, Resources: {{CPU: '{cpu}'}}}}]"
    return f"Name: b\nType: ops\nConstraints: {constraints}\nTasks: {tasks}\n"


US = "[{Key: region, Operator: '=', Values: [us]}]"
POOL = (
    "apiVersion: karpenter.sh/v1\nkind: NodePool\nmetadata: {name: p}\n"
    "spec: {template: {spec: {requirements: [{key: region, operator: In, values: [asia]}]}}}\n"
)
FLAVOR = (
    "apiVersion: kueue.x-k8s.io/v1beta1\nkind: ResourceFlavor\nmetadata: {{name: f}}\nspec: {}\n"
)
SPOT = FLAVOR.format("{nodeLabels: {region: asia}, nodeTaints: [{key: spot, effect: NoSchedule}]}")
VOLUME = (
    "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: v}\nspec: {nodeAffinity: {required: "
    "{nodeSelectorTerms: [{matchExpressions: [{key: gpu, operator: In, values: [a]}]}]}}}\n"
)
NONE = "matches none of 5 nodes"
BIG = "containers: [{name: a, resources: {requests: {cpu: 5}}}]"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (job("{match_labels: {region: us}}"), ""),
        (job("{match_labels: {region: asia}}"), f"2:1: error[no-node] the job {NONE}"),
        (job("{match_expressions: [region]}"), "2:1: note[every-node] the job matches all 5 nodes"),
        (
            job("{match_labels: {region: us}, match_expressions: ['!regin']}"),
            "2:1: warning[suspect-label] no node has the label 'regin'; 5 nodes have 'region'",
        ),
        (pod("nodeSelector: {region: us}"), ""),
        (pod("nodeSelector: {}"), ""),  # one node is tainted
        (pod(ANY + "nodeName: n-9"), f"4:43: error[no-node] Pod/p {NONE}"),
        (pod(BIG), f"4:7: error[no-node] Pod/p {NONE}"),
        (pod(ANY + "containers: []"), "4:7: note[every-node] Pod/p matches all 5 nodes"),
        (bacalhau(US), ""),
        (bacalhau("[]"), "3:1: note[every-node] Job/b matches all 5 nodes"),
        (bacalhau(US, "5"), "3:1: error[no-node] Job/b matches none of 5 nodes"),
        (POOL, ""),  # not a job: there may be no such node yet
        (SPOT, f"1:1: error[no-node] ResourceFlavor/f {NONE}"),
        (SPOT + "---\n" + pod(), f"1:1: error[no-node] ResourceFlavor/f {NONE}"),
        (FLAVOR.format("{}"), ""),  # it requires nothing of nodes
        (VOLUME, f"1:1: error[no-node] PersistentVolume/v {NONE}"),
    ],
)
def test_numbers_of_nodes(run: Run, text: str, expected: str) -> None:
    """A job that no node matches is an error, one that all match a note, where its selector is."""
    Path("job.yaml").write_text(text)
    ended = run("check", "-o", "concise", "-n", "n.json", "job.yaml")
    assert ended.out == (f"job.yaml:{expected}\n" if expected else "")
    assert ended.status == ("error" in expected)
    assert run("check", "-o", "concise", "job.yaml")[:2] == (0, "")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--min", "2"], ""),
        (["--min", "3"], "Pod/p matches 2 of 5 nodes; at least 3 are required"),
        (["--min", "0"], ""),
        (["--state", "ready", "--min", "2"], "Pod/p matches 1 of 2 nodes; at least 2 are required"),
        (["--state", "cordoned"], "Pod/p matches none of 0 nodes"),
    ],
)
def test_how_many_are_required(run: Run, options: list[str], words: str) -> None:
    """--min sets the number of nodes, and --state counts only nodes in a state, as in match."""
    Path("pod.yaml").write_text(pod("nodeSelector: {region: us}"))
    ended = run("check", "-n", "n.json", *options, "pod.yaml", "-o", "json")
    found = json.loads(ended.out)["files"][0]["problems"]
    assert [each["message"] for each in found] == ([words] if words else [])
    matched = run("match", "-n", "n.json", "--job", "pod.yaml", *options)
    assert ended.status == matched.status == bool(words)


GPU = {"key": "x.io/gpu", "effect": "NoSchedule"}
ADDED = "with a toleration that the API server may add"
GIVE = "if your API server adds it, give --extended-resource-toleration"
TOLERATE = (
    "would match with the toleration {key: x.io/gpu, operator: Exists, effect: NoSchedule};"
    f" {GIVE} instead"
)


@pytest.mark.parametrize(
    ("tainted", "least", "fields", "severity", "message", "hint"),
    [
        (2, 1, "", "warning", f"none of 2 nodes; 2 {ADDED}", f"2 nodes {TOLERATE}"),
        (1, 2, "", "warning", f"1 of 2 nodes; at least 2 are required; 2 {ADDED}", GIVE),
        (1, 1, "", "", "", ""),
        (2, 3, "", "error", "none of 2 nodes; at least 3 are required", f"2 nodes {TOLERATE}"),
        (2, 1, "nodeSelector: {kubernetes.io/hostname: N-0}, ", "error", "none of 2 nodes", None),
    ],
)
def test_possible_tolerations(
    run: Run, tainted: int, least: int, fields: str, severity: str, message: str, hint: str | None
) -> None:
    """The numbers are those of explain; only too few for want of such a toleration is no error."""
    nodes = [
        {
            "kind": "Node",
            "apiVersion": "v1",
            "metadata": {"name": f"n-{n}", "labels": {"kubernetes.io/hostname": f"n-{n}"}},
            "spec": {"taints": [GPU] if n < tainted else []},
            "status": {"allocatable": {"x.io/gpu": "1", "pods": "10"}},
        }
        for n in range(2)
    ]
    Path("n.json").write_text(json.dumps({"items": nodes}))
    resources = "containers: [{name: a, resources: {limits: {x.io/gpu: 1}}}]"
    Path("pod.yaml").write_text(pod(fields + resources))
    files = ("-n", "n.json", "-o", "json")
    ended = run("check", *files, "--min", str(least), "pod.yaml")
    problems = json.loads(ended.out)["files"][0]["problems"]
    explained = json.loads(run("explain", *files, "--job", "pod.yaml").out)
    assert len([each for each in json.loads(ended.out)["not_considered"] if "adds" in each]) == 1
    assert ended.status == (severity == "error")
    if not severity:
        assert problems == []
        return
    [problem] = problems
    assert (problem["severity"], problem["message"]) == (severity, f"Pod/p matches {message}")
    if hint is None:
        hint = explained["recommendation"]
    assert (problem.get("hint") or "") == hint


USS = "no node satisfies region=uss; change or remove it: without it, 4 nodes would match"

NO_HINT = "deprecated-label: None"
OS = "deprecated-label: write: kubernetes.io/os"
ARCH = (
    "deprecated-label: keep it: 1 of 5 matching nodes have kubernetes.io/arch with the same value"
)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            pod("nodeSelector: {region: uss}"),
            ["no-node: " + USS],
        ),
        (
            job("{match_expressions: [region!=us]}"),
            ["absent-key: to require the label, which leaves 3 of 3 nodes, add: region"],
        ),
        (
            job("{match_expressions: [gpu!=a]}"),
            [
                "every-node: None",
                "absent-key: to require the label, which leaves 1 of 5 nodes, add: gpu",
            ],
        ),
        (
            job("{match_expressions: [tpu!=a]}"),
            ["every-node: None", "absent-key: to require the label would leave no node"],
        ),
        (pod(ANY + "nodeSelector: {beta.kubernetes.io/os: a}"), ["every-node: None", OS]),
        (pod("nodeSelector: {beta.kubernetes.io/os: a}"), [OS]),
        (pod(ANY + "nodeSelector: {beta.kubernetes.io/arch: b}"), ["every-node: None", ARCH]),
        (
            pod("nodeSelector: {beta.kubernetes.io/arch: c}"),
            ["no-node: " + USS.replace("region=uss", "beta.kubernetes.io/arch=c"), NO_HINT],
        ),
        (  # not to require a label with a typo
            job("{match_expressions: [regin!=us, gpu!=a]}"),
            [
                "suspect-label: write region!=us instead of regin!=us: 3 nodes would match",
                "absent-key: to require the label, which leaves 1 of 5 nodes, add: gpu",
            ],
        ),
    ],
)
def test_a_hint(run: Run, text: str, problems: list[str]) -> None:
    """What is advised is what the nodes have."""
    Path("job.yaml").write_text(text)
    report = json.loads(run("check", "-n", "n.json", "job.yaml", "-o", "json").out)
    found = report["files"][0]["problems"]
    assert [f"{each['code']}: {each['hint']}" for each in found] == problems


def test_equal_warnings_have_one_hint(run: Run) -> None:
    """Of equal warnings, only the first is shown: none of another hint is among them."""
    label = "nodeSelector: {beta.kubernetes.io/arch: b"
    pods = [pod(ANY + label + ", gpu: ''}"), *[pod(ANY + label + "}")] * 4]
    Path("pods.yaml").write_text(
        "---\n".join(p.replace("p}", f"p{n}}}") for n, p in enumerate(pods))
    )
    out = run("check", "-n", "n.json", "pods.yaml").text
    assert out.count("help: write: kubernetes.io/arch") == 1
    assert out.count("keep it: 1 of 5") == out.count("3 more (-o concise") == 1


def test_ignored(run: Run) -> None:
    text = pod("nodeSelector: {region: asia}").replace(
        "spec:", "# nodeselect: ignore[no-node]\nspec:"
    )
    Path("pod.yaml").write_text(text)
    assert run("check", "-n", "n.json", "pod.yaml")[:2] == (0, "")
    Path("pod.yaml").write_text(pod("nodeSelector: {region: asia}"))
    assert run("check", "-n", "n.json", "--ignore", "no-node", "pod.yaml").status == 0


def test_an_invalid_object_beside_a_valid_one(run: Run) -> None:
    Path("pods.yaml").write_text(
        pod("nodeSelector: {a: 1}") + "---\n" + pod("nodeSelector: {region: x}").replace("p}", "q}")
    )
    out = run("check", "-n", "n.json", "-o", "concise", "pods.yaml").out
    codes = [line.split("[")[1].split("]")[0] for line in out.splitlines()]
    assert codes == ["wrong-type", "no-node"]


NOT_CONSIDERED = "not considered: volumes and what runs on the nodes already"


def test_what_is_not_considered(run: Run) -> None:
    volumes = "volumes: [{name: a, persistentVolumeClaim: {claimName: a}}]"
    Path("pod.yaml").write_text(pod(volumes))
    check = ("check", "-n", "n.json", "pod.yaml")
    assert NOT_CONSIDERED in run(*check).err.replace("\n", " ")
    assert NOT_CONSIDERED in run(*check, "-o", "concise").err.replace("\n", " ")
    assert run(*check, "-o", "github").out == f"::notice::{NOT_CONSIDERED}\n"
    words = ["volumes", "what runs on the nodes already"]
    report = json.loads(run(*check, "-o", "json").out)
    assert (report["is_compared"], report["not_considered"]) == (True, words)
    assert notifications(run, *check) == [{"level": "note", "message": {"text": NOT_CONSIDERED}}]


def test_what_is_not_compared(run: Run) -> None:
    """A node pool, whose nodes may not exist yet, is named; the taints of a flavor are, too."""
    Path("pools.yaml").write_text(f"{POOL}---\n{SPOT}")
    words = ["taints (spec.nodeTaints)", "NodePool/p (not compared: its nodes may not exist yet)"]
    check = ("check", "-n", "n.json", "--min", "9", "pools.yaml")
    assert json.loads(run(*check, "-o", "json").out)["not_considered"] == words
    ended = run(*check, "--ignore", "no-node")
    assert (ended.status, ended.out) == (0, "")
    assert ended.text == f"1 file: no problems of the selected rules {considered(words)}"
    assert run("check", "pools.yaml").status == 0


def considered(words: list[str]) -> str:
    return f"not considered: {' and '.join(words)}"


def notifications(run: Run, *check: str) -> list[dict[str, object]]:
    """Return what a report in SARIF says that is not about a place in a file."""
    [log] = json.loads(run(*check, "-o", "sarif").out)["runs"]
    found: list[dict[str, object]] = log["invocations"][0]["toolExecutionNotifications"]
    return found


def test_without_nodes(run: Run) -> None:
    """Programs are told, too, that a job without errors was not compared with any nodes."""
    Path("pod.yaml").write_text(pod())
    assert json.loads(run("check", "pod.yaml", "-o", "json").out)["is_compared"] is False
    text = "not compared with any nodes"
    assert notifications(run, "check", "pod.yaml") == [{"level": "note", "message": {"text": text}}]


def test_annotations(run: Run) -> None:
    """Manifests have annotations in pull requests and in code scanning, with the rule's source."""
    Path("pod.yaml").write_text(pod(ANY + "nodeSelector: {a: 1}"))
    none = pod("nodeSelector: {region: asia}").replace("p}", "q}")
    Path("all.yaml").write_text(pod(ANY + "nodeSelector: {}") + f"---\n{none}")
    Path("bad.yaml").write_text(pod("tolerations: [{key: a, operator: Exits}]"))
    check = ("check", "-n", "n.json", "pod.yaml", "all.yaml", "bad.yaml")
    expected = [
        "::error file=pod.yaml,line=4,col=61,endColumn=62,title=wrong-type::",
        "::notice file=all.yaml,line=4,col=43,endColumn=55,title=every-node::Pod/p matches all 5 n",
        "::error file=all.yaml,line=9,col=8,endColumn=20,title=no-node::Pod/q matches none of",
        "::error file=bad.yaml,line=4,col=41,endColumn=46,title=unknown-operator::'Exits' is not a",
    ]
    lines = run(*check, "-o", "github").out.splitlines()[1:]
    assert [line[: len(start)] for line, start in zip(lines, expected, strict=True)] == expected
    [log] = json.loads(run(*check, "-o", "sarif").out)["runs"]
    found = [f"{each['ruleId']} {each['level']}" for each in log["results"]]
    expected = ["wrong-type error", "every-node note", "no-node error", "unknown-operator error"]
    assert found == expected
    rules = {rule["id"]: rule for rule in log["tool"]["driver"]["rules"]}
    assert "ValidateTolerations" in rules["unknown-operator"]["fullDescription"]["text"]
