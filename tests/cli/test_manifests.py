"""Manifests as people have them: any kind with a pod spec, large streams, anchors, templates."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.running import Run, write_files

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


def test_a_stream_of_several_kinds(run: Run) -> None:
    Path("mix.yaml").write_text("---\n".join([JOB_SET, POD, MACHINE]))
    ended = run("explain", "--job", "mix.yaml", "-n", "-", "-o", "json", stdin=NODES)
    jobs = {each["job"]: each["matched"] for each in json.loads(ended.out)["jobs"]}
    path = "spec.replicatedJobs[0].template.spec.template.spec"
    names = [f"JobSet/train[{path}]", "Pod/p", "VirtualMachine/vm[spec.template.spec]"]
    assert jobs == {f"mix.yaml#{name}": 1 for name in names}
    assert "not read" not in ended.err
    for name in names:
        assert run("match", "--job", f"mix.yaml#{name}", "-n", "-", stdin=NODES).status == 0


def test_one_object_of_a_large_stream(run: Run) -> None:
    """What ``kubectl get pods -o json`` prints of a cluster is read, and each pod by its name."""
    items = [
        {"metadata": {"namespace": "a", "name": f"p{n}", "annotations": {"a": "x" * 30_000}}}
        for n in range(40)
    ]
    specs = [{**item, "spec": {"nodeSelector": {"pool": f"p{n}"}}} for n, item in enumerate(items)]
    Path("pods.json").write_text(
        json.dumps({"apiVersion": "v1", "items": specs, "kind": "PodList"}, indent=4)
    )
    nodes = json.dumps([{"id": "n", "labels": {"pool": "p39"}}])
    for name, status in (("p39", 0), ("p38", 1), ("p40", 2)):
        options = "--job", f"pods.json#Pod/a/{name}", "-n", "-", "-o", "name"
        ended = run("match", *options, stdin=nodes)
        assert (ended.status, ended.out) == (status, "" if status else "n\n")
    assert "found nothing in the file that is called 'Pod/a/p40'" in " ".join(ended.err.split())


WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: SPACE}
spec: {template: {spec: {nodeSelector: {pool: gpu}}}}
"""


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("Deployment/a/web", ""),
        ("Deployment/web", "help: the file has Deployment/a/web and Deployment/b/web"),
        ("Pod/p", ""),
        ("JobSet/train", ""),
        ("JobSet/train[spec.replicatedJobs[0].template.spec.template.spec]", ""),
        ("deployment/a/web", "the file has Deployment/a/web, Deployment/b/web, "),
        ("Pod", "found nothing in the file that is called 'Pod' and selects nodes"),
        ("Pod/trian", "the file has JobSet/train[spec."),
    ],
)  # fmt: skip
def test_the_name_of_an_object(run: Run, name: str, answer: str) -> None:
    """An object is found by its kind and name alone, if no other has them."""
    webs = [WEB.replace("SPACE", each) for each in "ab"]
    Path("all.yaml").write_text(
        "---\n".join([*webs, POD.replace("name: p", "name: p, namespace: c"), JOB_SET])
    )
    ended = run("match", "--job", f"all.yaml#{name}", "-n", "-", "-o", "name", stdin=NODES)
    assert (ended.status, ended.out) == ((2, "") if answer else (0, "g-1\n"))
    assert answer in " ".join(ended.err.split())


PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {replicas: 2}
"""
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web}
spec:
  values: {nodeSelector: {pool: gpu}}
"""


def test_a_patch(run: Run) -> None:
    """``check`` passes over a patch of Kustomize; no other command has an answer."""
    Path("patch.yaml").write_text(PATCH)
    ended = run("check", "patch.yaml")
    assert (ended.status, ended.out, ended.err) == (0, "", "1 file has no job\n")
    error = run("explain", "--job", "patch.yaml", "-n", "-", stdin=NODES).error
    assert "kustomize build FOLDER" in error
    Path("patch.yaml").write_text(f"{PATCH}---\n{POD}")
    assert "error[no-pod-spec]" in run("check", "patch.yaml").out
    Path("patch.yaml").write_text(f"{PATCH}$patch: replace\n---\n{POD}")
    ended = run("check", "patch.yaml")
    assert (ended.status, "note[no-pod-spec]: this Deployment is a" in ended.out) == (0, True)
    assert "is a patch" in run("explain", "--job", "patch.yaml", "-n", "-", stdin=NODES).error


def test_conditions_that_are_not_read(run: Run) -> None:
    """A condition in an object without a pod spec is named, alone and beside a pod."""
    Path("release.yaml").write_text(RELEASE)
    for name, *command in (
        ("", "match", "-n", "-"),
        ("#HelmRelease/web", "match", "-n", "-"),
        ("", "sql", "--dialect", "sqlite"),
        ("", "labels", "-n", "-"),
    ):
        words = "only conditions that are not read: HelmRelease/web[spec.values.nodeSelector]"
        assert words in run(*command, "--job", f"release.yaml{name}", stdin=NODES).error
    for text, line in ((RELEASE, 5), (f"{POD}---\n{RELEASE}", 10)):
        Path("release.yaml").write_text(text)
        for source in ("release.yaml", "."):
            ended = run("check", "-o", "concise", source)
            assert f"release.yaml:{line}:12: note[unread-condition] HelmRelease" in ended.out
    ended = run("match", "--job", "release.yaml", "-n", "-", "-o", "name", stdin=NODES)
    assert (ended.status, ended.out) == (0, "g-1\n")
    words = "conditions that are not read: HelmRelease/web[spec.values.nodeSelector]"
    assert words in " ".join(ended.err.split())


def test_forms_of_operators(run: Run) -> None:
    """A form of conditions that Kubernetes has not is only noted: an operator may have its own."""
    pod = "{nodeSelector: [pool=a], tolerations: {a: b}}"
    text = f"apiVersion: a.org/v1\nkind: Engine\nspec: {{template: {{pod: {pod}}}}}\n"
    ended = run("check", "-", "-o", "concise", stdin=text)
    assert (ended.status, ended.out.count("note[unread-condition]")) == (0, 2)


OTHERS = {
    "compose.yaml": "services: {web: {image: a}}\n",
    "values.yaml": "replicaCount: 1\nnodeSelector: {}\nconfig: {metrics: {port: 1}}\n",
    "beat.yaml": "name: a\ntype: beat\nversion: 9\nref: b\nset: c\nhost: d\nconfig: {output: {}}\n",
    "name.yaml": "name: a\nfullnameOverride: b\nnodeSelector: {}\n",
    "template.yaml": "apiVersion: v1\nkind: Pod\nspec: !t\n  {{- toYaml .Values.a | nindent 2 }}\n",
    "patch.yaml": PATCH,
    "notes.yaml": "name: [",
}


def test_a_folder_with_other_files(run: Run) -> None:
    """What ``check`` passes over in a folder, other commands pass over, too."""
    write_files(OTHERS)
    explain = "explain", "--job", ".", "-n", "-", "-o", "json"
    assert "error[no-workload]: no file has a job" in run(*explain, stdin=NODES).error
    write_files({"pod.yaml": POD, "wrong.yaml": POD.replace("gpu", "5")})
    assert "6 files have no job; 1 file is a" in run("check", ".").err
    write_files({"k/pod.yaml": POD, "k/kustomization.yaml": "resources: [pod.yaml]\n"})
    for command in ("match", "explain"):
        err = run(command, "--job", "k", "-n", "-", stdin=NODES).err
        assert "kubectl kustomize k | nodeselect explain --job - -n NODES" in " ".join(err.split())
    for options, command in ((["-n", "-"], "check -n NODES -"), ([], "check -")):
        err = run("check", *options, "k", stdin=NODES).err
        assert f"kubectl kustomize k | nodeselect {command} " in " ".join(err.split())
    shutil.rmtree("k")
    ended = run(*explain, stdin=NODES)
    report = json.loads(ended.out)
    assert (ended.status, len(report["jobs"]), report["counts"]["invalid"]) == (2, 2, 1)
    assert "7 files have no job" in ended.err
    Path("wrong.yaml").unlink()
    assert run(*explain, stdin=NODES).status == 0
    pods = ("./pod.yaml", str(Path("pod.yaml").absolute()))
    assert len(json.loads(run(*explain, "--job", pods[0], stdin=NODES).out)["jobs"]) == 1
    assert "1 file: no problems" in run("check", ".", *pods).err


def test_files_of_a_kustomization(run: Run) -> None:
    """What a kustomization patches is not judged before it is built; other files are."""
    base = POD.replace("gpu", "REPLACEME")
    write_files({
        "k/base/kustomization.yaml": "resources: [pod.yaml]\n",
        "k/base/pod.yaml": base,
        "k/over/kustomization.yaml": "bases: [../base]\npatches: [{path: p.yaml}]\n",
        "k/over/p.yaml": base,
        "k/old/kustomization.yaml": "resources: [../plain]\npatchesStrategicMerge: [./p.yaml]\n",
        "k/old/p.yaml": base,
        "k/plain/pod.yaml": base,
        "k/new/Kustomization": "components: [../part]\npatchesJson6902: [{path: j.yaml}]\n",
        "k/new/j.yaml": base,
        "k/part/pod.yaml": base,
        "k/wrong/pod.yaml": base,
    })  # fmt: skip
    ended = run("explain", "--job", "k", "-n", "-", "-o", "json", stdin=NODES)
    built = {
        each["job"]: "patches of a kustomization (not built)" not in each["not_considered"]
        for each in json.loads(ended.out)["jobs"]
    }
    assert (len(built), [name for name in built if built[name]]) == (7, ["k/wrong/pod.yaml"])
    assert "4 kustomizations are not built" in ended.err
    ended = run("check", "k", "-n", "-", "-o", "concise", stdin=NODES)
    assert [line.split(":")[0] for line in ended.out.splitlines()] == ["k/wrong/pod.yaml"]
    words = "6 files of kustomizations (not compared: patches may change them)"
    assert " ".join(ended.err.split()).endswith(words)
    Path("k/over/p.yaml").write_text(POD.replace("gpu", "5"))
    assert "k/over/p.yaml:4:" in run("check", "k", "-n", "-", "-o", "concise", stdin=NODES).out
    assert "kustomization" not in run("check", "k/base/pod.yaml", "-n", "-", stdin=NODES).err


def test_a_folder_with_only_a_kustomization(run: Run) -> None:
    """No command says more than it knows of a patch, which is nothing by itself."""
    write_files({"k/kustomization.yaml": "patches: [{path: p.yaml}]\n", "k/p.yaml": POD})
    ended = run("check", "k", "-n", "-", stdin=NODES)
    assert ended.status == 0
    words = "no problems; 1 file has no job; not compared with any nodes (patches of a kustomiz"
    assert words in " ".join(ended.err.split())
    assert not json.loads(run("check", "k", "-n", "-", "-o", "json", stdin=NODES).out)[
        "is_compared"
    ]
    for command in ("match", "explain"):
        ended = run(command, "--job", "k", "-n", "-", "--fail-on-unknown", stdin=NODES)
        assert "patches of a kustomization (not built)" in " ".join(ended.err.split())


def test_what_is_not_considered_of_some_jobs(run: Run) -> None:
    """It is said of which jobs, if not of all."""
    write_files({"f/a.yaml": POD, "f/b.yaml": CLAIMING, "f/c.yaml": f"{CLAIMING}---\n{POD}"})
    for names, words in ((("a", "b"), "f/b.yaml"), (("a", "b", "c"), "2 jobs")):
        jobs = [option for name in names for option in ("--job", f"f/{name}.yaml")]
        ended = run("explain", *jobs, "-n", "-", stdin=NODES)
        text = f"unknown resources of 2 of 2 nodes and volumes of {words}\n"
        assert ended.out.endswith(text)


def test_the_name_of_a_node_in_a_template(run: Run) -> None:
    """A template with a node name is called that, and it is where no node matches."""
    spec = "nodeSelector: {gpu: t4}, nodeName: zz, containers: [{name: a}]"
    text = f"apiVersion: apps/v1\nkind: Deployment\nspec: {{template: {{spec: {{{spec}}}}}}}\n"
    Path("nodes.json").write_text(NODES)
    ended = run("check", "-", "-n", "nodes.json", "-o", "json", stdin=text)
    problems = json.loads(ended.out)["files"][0]["problems"]
    place = text.index("nodeName") - text.index("spec") + 1
    found = {each["code"]: each["column"] for each in problems}
    assert found == {"no-node": place, "fixed-node": place + len("nodeName: ")}


@pytest.mark.parametrize(
    ("field", "typo"),
    [
        ("persistentVolumeClaim", "persistentVolumeclaim"),
        ("persistentVolumeClaim", "persistentVolumeClaims"),
        ("volumeClaimTemplates", "volumeClaimTemplate"),
        ("claimRef", "claimref"),
    ],
)
def test_a_misspelt_claim(run: Run, field: str, typo: str) -> None:
    """It is an error: the volume decides on the nodes, also if there are no others."""
    whole = next(text for text in (CLAIMING, STATEFUL_SET % 1, VOLUME) if f"{field}:" in text)
    text = whole.replace(field, typo)
    ended = run("check", "-", stdin=text)
    assert (ended.status, ended.out.count("error[unknown-field]")) == (1, 1)
    assert f"did you mean '{field}'" in ended.out


def test_values_beside_a_chart(run: Run) -> None:
    """The values of a chart are no job, whatever their fields but name and type."""
    write_files({
        "c/Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n",
        "c/values.yaml": "image: a\nselector: {app: x}\n",
        "c/pod.yaml": POD,
    })  # fmt: skip
    assert run("check", "c").err.startswith("1 file: no problems; 2 files have no job")
    words = "this is a file with the values of a Helm chart"
    assert words in run("check", "c/values.yaml").out
    explained = json.loads(run("explain", "--job", "c", "-n", "-", "-o", "json", stdin=NODES).out)
    assert (len(explained["jobs"]), explained["counts"]["invalid"]) == (1, 0)
    Path("c/values.yaml").write_text("name: a\nimage: a\nselector: {app: x}\n")
    assert "error[unknown-field]" in run("check", "c").out


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
        ("resources: [a.yaml]\n", "kubectl kustomize . | nodeselect explain --job - -n NODES"),
    ],
)
def test_templates(run: Run, text: str, hint: str) -> None:
    """A template that was not filled in is refused with the command that renders it."""
    Path("job.yaml").write_text(
        f"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n{text}"
    )
    assert hint in run("match", "--job", "job.yaml", "-n", "-", stdin=NODES).error


CLAIMING = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]}}}
"""
WITH_CLAIM = CLAIMING.replace("spec: {vol", "spec: {nodeSelector: SELECTOR, vol")
VOLUME = """\
apiVersion: v1
kind: PersistentVolume
metadata: {name: v}
spec:
  claimRef: {name: data}
  nodeAffinity:
    required: {nodeSelectorTerms: [{matchExpressions: [{key: pool, operator: In, values: [a]}]}]}
"""
CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {volumeName: v, accessModes: [ReadWriteOnce]}
"""


POOL = """\
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: p}
spec: {template: {spec: {requirements: [{key: pool, operator: In, values: %s}]}}}
"""


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        (
            WITH_CLAIM.replace("SELECTOR", "{pool: b}") + "---\n" + VOLUME,
            (
                "pool=b and pool in (a) contradict each other: no node can satisfy them together;"
                " the PersistentVolume v needs pool in (a); change or remove pool=b"
            ),
        ),
        (
            WITH_CLAIM.replace("SELECTOR", "{zone: x}") + "---\n" + VOLUME,
            "without zone=x, 1 node would match",
        ),
        (
            WITH_CLAIM.replace("SELECTOR", "{}") + "---\n" + VOLUME.replace("[a]", "[aa]"),
            (
                "the PersistentVolume v needs pool in (aa); no node has pool in (aa);"
                " the values of 'pool': 'a' (1 node), 'b' (1 node), 'c' (1 node)"
            ),
        ),
        (
            WITH_CLAIM.replace("SELECTOR", "{zone: z}") + "---\n" + VOLUME.replace("[a]", "[aa]"),
            (
                "requirements that no node satisfies: zone=z and pool in (aa);"
                " the PersistentVolume v needs pool in (aa); no node has pool in (aa);"
                " the values of 'pool': 'a' (1 node), 'b' (1 node), 'c' (1 node)"
            ),
        ),
        (
            POOL % "[d]",
            (
                "no node has pool in (d);"
                " the values of 'pool': 'a' (1 node), 'b' (1 node), 'c' (1 node)"
            ),
        ),
        (
            POOL.replace("spec: {req", "metadata: {labels: {zone: x}}, spec: {req") % "[a]",
            "1 node fails only pool in (a); or 1 node fails only zone=x",
        ),
        (
            POOL.replace("spec: {req", "metadata: {labels: {pool: a}}, spec: {req") % "[c]",
            "pool in (c) and pool=a contradict each other: no node can satisfy them together",
        ),
    ],
)
def test_what_other_objects_require(run: Run, text: str, advice: str) -> None:
    """Only the pod can be changed: what its volume requires stays, and what a pool gives."""
    Path("job.yaml").write_text(text)
    labels = [{"pool": "a"}, {"pool": "b", "zone": "x"}, {"pool": "c"}]
    nodes = json.dumps([{"id": each["pool"], "labels": each} for each in labels])
    ended = run("explain", "--job", "job.yaml", "-n", "-", "-o", "json", stdin=nodes)
    assert json.loads(ended.out)["recommendation"] == advice


STATEFUL_SET = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: %d
  template: {spec: {containers: [{name: a}]}}
  volumeClaimTemplates: [{metadata: {name: data}}, {metadata: {name: log}}]
"""


@pytest.mark.parametrize(
    ("replicas", "pools", "selector"),
    [
        (1, {"data-db-0": "a", "log-db-0": "b"}, "(pool in (a),pool in (b))"),
        (2, {"data-db-0": "a", "log-db-0": "a"}, ""),
        (2, {"data-db-0": "a", "log-db-0": "a", "data-db-1": "b"}, ""),
        (
            2,
            {"data-db-0": "a", "log-db-0": "a", "data-db-1": "b", "log-db-1": "c"},
            "(pool in (a),pool in (a) or pool in (b),pool in (c))",
        ),
    ],
)
def test_volumes_of_a_stateful_set(
    run: Run, replicas: int, pools: dict[str, str], selector: str
) -> None:
    """A pod needs the volumes of its ordinal; if any is unknown, volumes are not considered."""
    volumes = (
        VOLUME.replace("name: v", f"name: v-{claim}")
        .replace("{name: data}", f"{{name: {claim}}}")
        .replace("[a]", f"[{pool}]")
        for claim, pool in pools.items()
    )
    write_files({"f/a.yaml": STATEFUL_SET % replicas, "f/b.yaml": "---\n".join(volumes)})
    ended = run("explain", "--job", "f", "-n", "-", "-o", "json", stdin=NODES)
    [job] = json.loads(ended.out)["jobs"]
    assert job["selector"] == ", ".join(filter(None, [selector, "pods >= 1"]))
    assert ("volumes" in job["not_considered"]) == (not selector)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("", []),
        ("  accessModes: [ReadWriteOncePod]\n", ["volumes of one pod (ReadWriteOncePod)"]),
        ("  csi: {driver: ebs.csi.aws.com}\n", ["limits of volumes"]),
    ],
)
def test_what_is_not_decided_of_a_volume(run: Run, more: str, words: list[str]) -> None:
    """Each is named only if the volume of the pod has it; other volumes stay named."""
    volume = VOLUME.replace("spec:\n", f"spec:\n{more}", 1)
    zone = "metadata: {labels: {topology.kubernetes.io/zone: a}, "
    disk = CLAIMING.replace("volumes: [", "volumes: [{name: x, rbd: {image: a}}, ")
    for pod, given, expected in (
        (CLAIMING, volume, words),
        (CLAIMING, volume.replace("metadata: {", zone, 1), ["zone labels of volumes", *words]),
        (disk, volume, ["inline disks", *words]),
    ):
        write_files({"f/dep.yaml": pod, "f/pv.yaml": given})
        ended = run("explain", "--job", "f", "-n", "-", "-o", "json", stdin=NODES)
        [job] = json.loads(ended.out)["jobs"]
        assert job["not_considered"][: len(expected)] == expected


def test_a_volume_in_another_file(run: Run) -> None:
    """The files of one input are joined: a volume in another file decides on the pod's nodes."""
    write_files({"f/dep.yaml": CLAIMING, "f/pv.yaml": VOLUME})
    Path("claim.yaml").write_text(CLAIM)
    for sources in (["f"], ["f/dep.yaml", "f/pv.yaml"], ["claim.yaml", "f/pv.yaml", "f/dep.yaml"]):
        jobs = [word for source in sources for word in ("--job", source)]
        ended = run("explain", *jobs, "-n", "-", "-o", "json", stdin=NODES)
        found = {each["job"]: each["matched"] for each in json.loads(ended.out)["jobs"]}
        assert found == {"f/dep.yaml": 0}  # the volume is no job of its own
        assert (ended.status, "volumes" in ended.err) == (1, False)
        ended = run("check", *sources, "-n", "-", "-o", "concise", stdin=NODES)
        assert (ended.status, ended.out.count("error[no-node] Deployment/web")) == (1, 1)
        ended = run("match", *jobs, "-n", "-", stdin=NODES)
        assert ended.err.startswith("0 of 2 nodes match\nthe PersistentVolume v needs pool in (a)")
    ended = run("check", "f/dep.yaml", "-n", "-", stdin=NODES)
    assert ended.status == 0
    assert "volumes" in ended.err
    Path("nodes.json").write_text(NODES)
    ended = run("explain", "--job=f/dep.yaml", "--job=-", "-n", "nodes.json", stdin=VOLUME)
    assert ended.out.startswith("1 job on 2 nodes; 1 matches no node")
    ended = run("check", "f/dep.yaml", "-", "-n", "nodes.json", "-o", "concise", stdin=VOLUME)
    assert ended.out.count("error[no-node] Deployment/web") == 1
    named = ("--job=f/dep.yaml", "--job=f/pv.yaml#PersistentVolume/v")
    assert run("explain", *named, "-n", "nodes.json").out.startswith("2 jobs on 2 nodes")
    write_files({"g/pv.yaml": VOLUME.replace("{name: data}", "{name: other}")})
    ended = run("check", "f", "g", "-n", "nodes.json", "-o", "concise")
    assert ended.out.count("error[no-node] Deployment/web") == 1  # two volumes of one name
    Path("unbound.yaml").write_text(VOLUME.replace("  claimRef: {name: data}\n", ""))
    ended = run("explain", "--job=f/dep.yaml", "--job=unbound.yaml", "-n", "nodes.json")
    assert ended.out.startswith("1 job on 2 nodes")
    assert "not read: 1 PersistentVolume" in ended.err
    Path("f/dep.yaml").unlink()
    assert "no node has pool in (a)" in run("match", "--job", "f", "-n", "nodes.json").err
