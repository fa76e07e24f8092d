"""Manifests as people have them: any kind with a pod spec, large streams, anchors, templates."""

import json
from pathlib import Path

import pytest

from nodeselect.limits import LIMITS
from tests.cli.running import Run

NODES = json.dumps(
    [{"id": "g-1", "labels": {"pool": "gpu"}}, {"id": "c-1", "labels": {"pool": ""}}]
)
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {nodeSelector: {pool: gpu}}\n"
JOB_SET = """\
apiVersion: jobset.x-k8s.io/v1alpha2
kind: JobSet
metadata: {name: train}
spec:
  replicatedJobs:
  - name: workers
    template: {spec: {template: {spec: {nodeSelector: {pool: gpu}, containers: [{name: a}]}}}}
"""
MACHINE = """\
apiVersion: kubevirt.io/v1
kind: VirtualMachine
metadata: {name: vm}
spec: {template: {spec: {nodeSelector: {pool: gpu}, domain: {devices: {}}}}}
"""
SCHEMA = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: "
VOLUME = """\
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec:
  claimRef: {name: data}
  nodeAffinity:
    required: {nodeSelectorTerms: [{matchExpressions: [{key: pool, operator: In, values: [gpu]}]}]}
"""
NODE_POOL = """\
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: any}
spec: {template: {spec: {requirements: [{key: pool, operator: In, values: [gpu], minValues: 1}]}}}
"""
WORKFLOW = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: hello-}
spec: {nodeSelector: {pool: gpu}, templates: [{name: a, container: {image: a}}]}
"""
ANCHORS = """\
apiVersion: nfd.example.com/v1
kind: Worker
metadata: {name: &name nfd, labels: {app: *name}}
spec:
  podSpec:
    containers: [{name: *name, command: [&command /bin/a]}, {name: b, command: [*command]}]
    nodeSelector: {pool: gpu}
"""
DEEP = "[" * 60 + "]" * 60

READ = {
    "another kind": JOB_SET,
    "a virtual machine": MACHINE,
    "a workflow": WORKFLOW,
    "a volume": VOLUME,
    "a node pool": NODE_POOL,
    "a volume beside a pod": f"{POD}---\n{VOLUME}",
    "a node pool beside a pod": f"{NODE_POOL}---\n{POD}",
    "a deep schema beside a pod": f"{SCHEMA}{DEEP}\n---\n{POD}",
    "a large object beside a pod": f"{SCHEMA}{'x' * LIMITS.job_file_bytes}\n---\n{POD}",
    "anchors": ANCHORS,
}


@pytest.mark.parametrize("text", READ.values(), ids=READ)
def test_what_is_read(run: Run, tmp_path: Path, text: str) -> None:
    """The node selector of each of these is the whole condition on labels."""
    file = tmp_path / "job.yaml"
    file.write_text(text)
    ended = run("match", "--job", str(file), "-n", "-", "-o", "name", stdin=NODES)
    assert (ended.status, ended.out) == (0, "g-1\n"), ended.err


def test_a_stream_of_several_kinds(run: Run, tmp_path: Path) -> None:
    """Each object of a stream is a job, whatever its kind."""
    file = tmp_path / "mix.yaml"
    file.write_text("---\n".join([JOB_SET, POD, MACHINE]))
    ended = run("explain", "--job", str(file), "-n", "-", "-o", "json", stdin=NODES)
    jobs = {each["job"]: each["matched"] for each in json.loads(ended.out)["jobs"]}
    path = "spec.replicatedJobs[0].template.spec.template.spec"
    names = [f"JobSet/train[{path}]", "Pod/p", "VirtualMachine/vm[spec.template.spec]"]
    assert jobs == {f"{file}#{name}": 1 for name in names}
    assert "not read" not in ended.err
    for name in names:
        assert run("match", "--job", f"{file}#{name}", "-n", "-", stdin=NODES).status == 0


def test_one_object_of_a_large_stream(run: Run, tmp_path: Path) -> None:
    """What ``kubectl get pods -o json`` prints of a cluster is read, and each pod by its name."""
    items = [
        {"metadata": {"namespace": "a", "name": f"p{n}", "annotations": {"a": "x" * 30_000}}}
        for n in range(40)
    ]
    specs = [{**item, "spec": {"nodeSelector": {"pool": f"p{n}"}}} for n, item in enumerate(items)]
    file = tmp_path / "pods.json"
    file.write_text(json.dumps({"apiVersion": "v1", "items": specs, "kind": "PodList"}, indent=4))
    nodes = json.dumps([{"id": "n", "labels": {"pool": "p39"}}])
    for name, status in (("p39", 0), ("p38", 1), ("p40", 2)):
        options = "--job", f"{file}#Pod/a/{name}", "-n", "-", "-o", "name"
        ended = run("match", *options, stdin=nodes)
        assert (ended.status, ended.out) == (status, "" if status else "n\n")
    assert "found nothing in the file that is called 'Pod/a/p40'" in " ".join(ended.err.split())


HELM = "render the chart before using the file: helm template FOLDER"
FILL_IN = "fill in the template before using the file"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("spec:\n  {{- toYaml .Values.nodeSelector | nindent 4 }}\n", HELM),
        ('metadata: {name: {{ include "x" . }}}\n', HELM),
        ("{{- /*\nComments: a\n*/ -}}\nspec: {a: {{ .Values.x }}}\n", HELM),
        ("{{- if .Values.x }}\nspec: {}\n{{- end }}\n", HELM),
        ("spec:\n  nodeName: {{ node }}\n", FILL_IN),
        ("{% if x %}\nspec: {}\n{% endif %}\n", FILL_IN),
        ("  {% if x %}\nspec: {}\n{% endif %}\n", FILL_IN),
        ("resources: [a.yaml]\n", "kustomize build FOLDER"),
    ],
)
def test_templates(run: Run, tmp_path: Path, text: str, hint: str) -> None:
    """A template that was not filled in is refused with the command that renders it."""
    file = tmp_path / "job.yaml"
    file.write_text(f"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n{text}")
    ended = run("match", "--job", str(file), "-n", "-", stdin=NODES)
    assert ended.status == 2
    assert hint in " ".join(ended.err.split())
