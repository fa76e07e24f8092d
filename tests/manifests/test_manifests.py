"""Each object of a manifest has the limits of a job file; the stream of objects has its own."""

import json
from typing import Any

import pytest

from nodeselect import JobError, Selector
from nodeselect.jobs import check_job, select_rules
from nodeselect.limits import LIMITS
from nodeselect.manifests import manifest as module
from nodeselect.manifests.manifest import Manifest, read_manifest

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {nodeSelector: {a: b}}\n"
TOO_MANY = (
    "too-many-values-in-file: an object may have at most 200 keys and values"
    " (limit: job_file_values)"
)
SCHEMA = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: "


def read(text: str) -> Manifest:
    manifest = read_manifest(text.encode(), "manifest")
    assert manifest is not None
    return manifest


def refusal(text: str) -> str:
    """Return the code and the message of the only problem in a manifest."""
    with pytest.raises(JobError) as caught:
        read(text)
    [problem] = caught.value.problems
    return f"{problem.code}: {problem.message}"


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def pod(field: str) -> str:
    """Return a pod with a field that is not read."""
    return f"apiVersion: v1\nkind: Pod\nspec: {{env: {field}}}\n"


@pytest.mark.parametrize(
    ("fits", "exceeds", "message"),
    [
        (nested(30), nested(31), "too-deep: nested deeper than 32 levels (limit: depth)"),
        (
            f"[{'[],' * 94}]",
            f"[{'[],' * 95}]",
            TOO_MANY,
        ),
        (
            "é" * 524_275,
            "é" * 524_276,
            "file-too-large: an object may have at most 1,048,576 bytes (limit: job_file_bytes)",
        ),
    ],
    ids=["depth", "values", "bytes"],
)
def test_limits_of_an_object(
    fits: str, exceeds: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limits apply to each object that is read, and not to others beside it."""
    monkeypatch.setattr("nodeselect.documents.LIMITS", LIMITS._replace(job_file_values=200))
    skipped = f"---\n{SCHEMA}{exceeds}\n"
    for text in (pod(fits), POD + skipped, pod(fits) + skipped + "---\n" + POD):
        assert read(text).workloads
    assert refusal(pod(exceeds)) == message


def test_limits_of_a_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream of objects has limits of its own, also for objects that are not read."""
    assert read(f"{POD}---\n{SCHEMA}{nested(127)}\n").skipped == ("CustomResourceDefinition",)
    deep = "too-deep: nested deeper than 128 levels (limit: manifest_depth)"
    for broken in (nested(128), "[" * 1_500):
        assert refusal(f"{POD}---\n{SCHEMA}{broken}\n") == deep
    as_json = '{"apiVersion": "v1", "kind": "List", "items": [%s]}'
    assert refusal((POD + "---\n" + as_json) % nested(127)) == deep
    small = LIMITS._replace(manifest_bytes=2_000_000, manifest_values=19)
    monkeypatch.setattr(module, "LIMITS", small)
    monkeypatch.setattr("nodeselect.documents.LIMITS", small)
    full = f"{POD}#".ljust(small.manifest_bytes, "x")
    assert read(full).workloads
    message = "file-too-large: a manifest may have at most 2,000,000 bytes (limit: manifest_bytes)"
    assert refusal(f"{full}x") == message
    message = "a manifest may have at most 19 keys and values (limit: manifest_values)"
    assert refusal(f"{POD}---\n1") == f"too-many-values-in-file: {message}"


def test_limit_of_aliases() -> None:
    """What all aliases of a file stand for has a limit, also if aliases stand for aliases."""
    text = "apiVersion: v1\nkind: ConfigMap\na: &a %s\nb: [%s]\n---\n" + POD
    limit = "1,048,576 characters (limit: alias_text)"
    message = f"file-too-large: all aliases of a file may stand for at most {limit}"
    for anchored in ("x" * 1024, f"[{'x' * 1019}]", f"{{x: {'x' * 1016}}}"):
        assert read(text % (anchored, "*a," * 1024)).workloads
        assert refusal(text % (anchored, "*a," * 1025)) == message
    bomb = "a0: &a0 [x]\n"
    bomb += "".join(f"a{n}: &a{n} [{f'*a{n - 1},' * 9}]\n" for n in range(1, 20))
    assert refusal(bomb + POD) == message
    nested = ["apiVersion: v1\nkind: ConfigMap\na1: &a1 []\n"]
    nested += (f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(2, LIMITS.manifest_depth + 1))
    assert read("".join([*nested[:-1], "---\n", POD])).workloads
    levels = f"nested deeper than {LIMITS.manifest_depth} levels (limit: manifest_depth)"
    assert refusal("".join([*nested, "---\n", POD])) == f"too-deep: {levels}"


ANCHORED = """
apiVersion: apps/v1
kind: Deployment
metadata: {labels: &labels {disk: ssd, zone: b}, annotations: &other {disk: hdd, gpu: t4}}
spec: {template: {spec: {nodeSelector: %s, containers: [{name: c}]}}}
"""


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("*labels", "disk=ssd,zone=b"),
        ("{<<: *labels}", "disk=ssd,zone=b"),
        ("{<<: *labels, zone: c}", "disk=ssd,zone=c"),
        ("{<<: [*labels, *other]}", "disk=ssd,gpu=t4,zone=b"),
        ("{<<: [*other, *labels]}", "disk=hdd,gpu=t4,zone=b"),
        ("{<<: {disk: ssd}, a: b}", "a=b,disk=ssd"),
        ("{zone: c, <<: *labels}", "merge-key: 'zone' is before the merge key that has it, too"),
        ("{<<: *labels, <<: *other}", "merge-key: a second merge key in one mapping"),
        ("{<<: a}", "merge-key: a merge key needs a mapping, or a list of mappings"),
        ('{"<<": *labels}', "merge-key: YAML merge keys are not allowed"),
        ("{<<: *labels, a: c, a: d}", "duplicate-key: duplicate key 'a'; the first is on line 5"),
        ("*lables", "anchor: the alias 'lables' has no anchor before it"),
        ("&a {b: *a}", "anchor: the alias 'a' is inside the value of its own anchor"),
    ],
)  # fmt: skip
def test_anchors(selector: str, expected: str) -> None:
    """Anchors and merge keys mean what they mean to kubectl, or are refused."""
    text = ANCHORED % selector
    if ": " in expected:
        assert refusal(text) == expected
    else:
        [workload] = read(text).workloads
        assert str(workload.placement.selector) == expected


def test_place_in_an_anchored_value() -> None:
    """A mistake in a value with an anchor is shown where the value is written."""
    [problem] = check_job(ANCHORED.replace("b}", "b c}") % "*labels").problems
    assert (problem.code, problem.line, problem.column) == ("invalid-value", 4, 47)


@pytest.mark.parametrize(("more", "codes"), [(0, []), (1, ["too-many-selectors"])])
def test_limit_of_terms(more: int, codes: list[str]) -> None:
    """``check`` reports a node affinity with too many terms, also if it is given all its rules."""
    keys = ", ".join(
        f"{{matchExpressions: [{{key: k-{n}, operator: Exists}}]}}"
        for n in range(LIMITS.selectors + more)
    )
    required = f"requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: [{keys}]}}"
    text = f"apiVersion: v1\nkind: Pod\nspec: {{affinity: {{nodeAffinity: {{{required}}}}}}}\n"
    assert [each.code for each in check_job(text, rules=select_rules()).problems] == codes


def test_limit_of_terms_of_a_pod_and_its_volume() -> None:
    """Too many combinations of both are a finding about the pod, and do not end the check."""

    def terms(number: int, key: str) -> str:
        keys = (
            f"{{matchExpressions: [{{key: {key}{at}, operator: Exists}}]}}" for at in range(number)
        )
        return f"{{nodeSelectorTerms: [{', '.join(keys)}]}}"

    affinity = (
        f"{{nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: {terms(33, 'p')}}}}}"
    )
    volume = "volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]"
    text = f"""\
apiVersion: v1
kind: PersistentVolume
metadata: {{name: v}}
spec: {{claimRef: {{name: c}}, nodeAffinity: {{required: {terms(32, "v")}}}}}
---
apiVersion: v1
kind: Pod
metadata: {{name: a}}
spec: {{affinity: {affinity}, {volume}}}
"""
    [problem] = check_job(text).problems
    assert (problem.code, problem.path, problem.line) == ("too-many-selectors", "spec.affinity", 9)


def test_ports_of_another_kind() -> None:
    """Only the ports of containers are read: those of a spec may have numbers as keys."""
    spec = "{containers: [{name: c}], nodeSelector: {region: eu}, ports: {8080: http}}"
    text = f"apiVersion: x.io/v1\nkind: Engine\nmetadata: {{name: a}}\nspec: {spec}\n"
    assert check_job(text).problems == ()
    assert read(text).workloads[0].placement.selector == Selector.parse("region=eu")


def pods(number: int, **fields: Any) -> str:
    """Return what ``kubectl get pods -o json`` prints; the last pod has more fields in its spec."""
    items: list[dict[str, Any]] = [
        {"metadata": {"name": f"web-{n}", "annotations": {"a": "x" * 30_000}}, "spec": {}}
        for n in range(number)
    ]
    items[-1]["spec"] |= fields
    return json.dumps({"apiVersion": "v1", "items": items, "kind": "PodList"}, indent=4)


def test_a_large_stream() -> None:
    """Each object of a stream that is larger than a job file is read, or refused at its line."""
    text = pods(40, nodeSelector={"a": "b"})
    assert len(text) > LIMITS.job_file_bytes
    *_, last = read(text).workloads
    assert (last.name, str(last.placement.selector)) == ("Pod/web-39", "a=b")
    text = pods(40, nodeSelector={"a": 5})
    with pytest.raises(JobError) as caught:
        read(text)
    [problem] = caught.value.problems
    assert problem.line == text[: text.index('"a": 5')].count("\n") + 1
    assert '"a": 5' in str(caught.value)
    text = text.replace('"a": 5', '"a": "b", "a": "c"')
    assert refusal(text).startswith("duplicate-key: ")


INFERENCE = """
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: a}
spec:
  predictor:
    nodeSelector: {disk: ssd}
    containers: [{name: a}]
    workerSpec: {nodeSelector: {gpu: t4}, containers: [{name: b}]}
    other: {nodeSelector: {gpu: a100}}
"""


NODES = "1:1 not-a-job: these are nodes, not jobs"


@pytest.mark.parametrize(
    ("kind", "items", "words"),
    [
        ("NodeList", '{"kind": "Node"}, {}', NODES),
        ("List", '{"apiVersion": "v1", "kind": "Node"}', NODES),
        ("List", '{"apiVersion": "v2", "kind": "Node"}', "duplicate-key"),
        ("List", "{}", "duplicate-key"),
        ("NodeList", '{"kind": "Pod"}', "duplicate-key"),
    ],
)
def test_nodes_are_recognised_by_their_head(kind: str, items: str, words: str) -> None:
    """A list of nodes alone, such as one of megabytes, is not read; nothing in it is checked."""
    twice = '{"kind": "Node", "spec": {"a": 1, "a": 2}}'
    text = f'{{"apiVersion": "v1", "items": [{items}, {twice}], "kind": "{kind}"}}'
    [problem] = check_job(text).problems
    assert words in f"{problem.line}:{problem.column} {problem.code}: {problem.message}"


def test_a_pod_spec_in_a_pod_spec() -> None:
    """A pod spec inside another one is a workload, and a condition inside one is named."""
    found = {
        each.name: (str(each.placement.selector), each.placement.not_considered)
        for each in read(INFERENCE).workloads
    }
    words = ("spec.predictor.other.nodeSelector",)
    assert found == {
        "InferenceService/a[spec.predictor]": ("disk=ssd", words),
        "InferenceService/a[spec.predictor.workerSpec]": ("gpu=t4", words),
    }


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("apps.kruise.io/v1alpha1", "SidecarSet"),
        ("auto.gke.io/v1", "WorkloadAllowlist"),
        ("config.kwok.x-k8s.io/v1alpha1", "KwokctlResource"),
        ("kwok.x-k8s.io/v1alpha1", "KwokctlResource"),
        ("kyverno.io/v1", "ClusterPolicy"),
        ("kyverno.io/v1", "Policy"),
    ],
)
def test_kinds_without_pods(version: str, kind: str) -> None:
    """An object that is about the pods of others has no pod spec, also if it has containers."""
    spec = "spec: {containers: [{name: a, resourcesPolicy: {}}], nodeSelector: {a: b}}"
    manifest = read(f"apiVersion: {version}\nkind: {kind}\n{spec}\n")
    assert (manifest.workloads, manifest.skipped) == ((), (kind,))
    spec = spec.replace(", resourcesPolicy: {}", "")
    assert read(f"apiVersion: other/v1\nkind: {kind}\n{spec}\n").workloads


def test_daemon_set_of_open_kruise() -> None:
    """The pods of a DaemonSet of OpenKruise tolerate what those of Kubernetes' own do."""
    text = """
apiVersion: %s
kind: DaemonSet
metadata: {name: a}
spec: {template: {spec: {containers: [{name: a}]}}}
"""
    [own, kruise, other] = (
        read(text % version).workloads[0].placement.tolerations
        for version in ("apps/v1", "apps.kruise.io/v1alpha1", "other/v1")
    )
    assert own == kruise != other


@pytest.mark.parametrize(
    ("version", "kind", "metadata", "is_possible"),
    [
        ("v1", "Pod", "creationTimestamp: null, uid: ''", True),
        *(
            ("v1", "Pod", f"{field}: x", False)
            for field in ("uid", "resourceVersion", "creationTimestamp")
        ),
        ("v1", "PodTemplate", "uid: x", True),
        ("batch/v1", "Job", "uid: x", True),  # its pods are still to be made
        ("apps/v1", "DaemonSet", "a: b", False),
        ("apps.kruise.io/v1alpha1", "DaemonSet", "a: b", False),
        ("other/v1", "DaemonSet", "a: b", True),
    ],
)
def test_tolerations_that_may_be_added(
    version: str, kind: str, metadata: str, is_possible: bool
) -> None:
    """Of a pod that the API server knows, or of a DaemonSet, the tolerations are all there are."""
    spec = "{containers: [{name: a, resources: {limits: {nvidia.com/gpu: 1}}}]}"
    path = {"Pod": "spec: %s", "PodTemplate": "template: {spec: %s}"}
    fields = path.get(kind, "spec: {template: {spec: %s}}") % spec
    text = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a, {metadata}}}\n{fields}\n"
    assert bool(read(text).workloads[0].placement.possible_tolerations) == is_possible


TAINTS = "[{key: spot, effect: NoSchedule}]"


@pytest.mark.parametrize(
    ("version", "kind", "spec", "words"),
    [
        ("kueue.x-k8s.io/v1beta1", "ResourceFlavor", "{}", []),
        (
            "kueue.x-k8s.io/v1beta1",
            "ResourceFlavor",
            f"{{nodeTaints: {TAINTS}, tolerations: [{{operator: Exists}}]}}",
            ["taints (spec.nodeTaints)", "tolerations (spec.tolerations)"],
        ),
        (
            "karpenter.sh/v1",
            "NodePool",
            f"{{template: {{spec: {{taints: {TAINTS}, startupTaints: {TAINTS}}}}}}}",
            ["taints (spec.template.spec.taints)", "taints (spec.template.spec.startupTaints)"],
        ),
    ],
)
def test_taints_of_a_condition(version: str, kind: str, spec: str, words: list[str]) -> None:
    """What a flavor or a node pool has for pods is named: the object is not about one pod."""
    text = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\nspec: {spec}\n"
    [workload] = read(text).workloads
    assert workload.placement.not_considered == tuple(words)


ZONES = [
    f"{domain}/{name}"
    for domain in ("topology.kubernetes.io", "failure-domain.beta.kubernetes.io")
    for name in ("region", "zone")
]


@pytest.mark.parametrize("label", ZONES)
def test_zone_of_a_volume(label: str) -> None:
    """A volume with one of these labels can be used only by nodes with the same; no other label."""
    for key, words in ((label, ("labels of the volume with its zone",)), (f"{label}s", ())):
        text = f"apiVersion: v1\nkind: PersistentVolume\nmetadata: {{labels: {{{key}: a}}}}\n"
        [workload] = read(f"{text}spec: {{nodeAffinity: {{}}}}\n").conditions
        assert workload.placement.not_considered == words


@pytest.mark.parametrize("field", ["instances", "parallelism", "replicas", "size"])
@pytest.mark.parametrize("number", range(3))
def test_replicas(field: str, number: int) -> None:
    """An object is said to have replicas if it has more than one."""
    spec = f"spec: {{{field}: {number}, template: {{spec: {{nodeSelector: {{a: b}}}}}}}}"
    [workload] = read(f"apiVersion: apps/v1\nkind: Deployment\n{spec}\n").workloads
    words = ("replicas (the answer is for one)",) if number > 1 else ()
    assert workload.placement.not_considered == words


@pytest.mark.parametrize(
    "field",
    [
        *("annotations", "args", "command", "env", "labels", "limits", "managedFields", "options"),
        *("matchLabels", "requests", "selector", "status", "volumeAttributes"),
    ],
)
def test_free_fields(field: str) -> None:
    """In a field whose keys are the user's own, no condition is misplaced; in any other, it is."""
    for name, codes in ((field, []), (f"{field}s", ["misplaced-field"])):
        text = f"{POD}spec2: {{{name}: {{tolerations: b}}}}\n"
        assert [each.code for each in check_job(text).problems] == codes


@pytest.mark.parametrize(
    "field",
    [
        *("affinity", "hostNetwork", "image", "imagePullSecrets", "nodeAffinity", "nodeName"),
        *("priorityClassName", "replicas", "resources", "securityContext", "serviceAccountName"),
        *("tolerations", "topologySpreadConstraints", "volumes"),
    ],
)
def test_fields_of_pods(field: str) -> None:
    """Beside one of these fields, a node selector is a condition of pods; beside any other, not."""
    text = "apiVersion: example.com/v1\nkind: Any\nspec: {a: {nodeSelector: {b: c}, %s: ~}}\n"
    assert [len(read(text % name).workloads) for name in (field, f"{field}s")] == [1, 0]


@pytest.mark.parametrize(
    "label",
    [
        *("apps.kubernetes.io/pod-index", "batch.kubernetes.io/controller-uid", "controller-uid"),
        *("batch.kubernetes.io/job-completion-index", "batch.kubernetes.io/job-name", "job-name"),
        *("controller-revision-hash", "pod-template-hash", "rollouts-pod-template-hash"),
        "statefulset.kubernetes.io/pod-name",
    ],
)
def test_labels_of_controllers(label: str) -> None:
    """A pod will have a label that a controller adds; it lacks any other that it does not name."""
    spread = "maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule"
    spec = (
        f"{{topologySpreadConstraints: [{{{spread}, labelSelector: {{matchLabels: {{%s: a}}}}}}]}}"
    )
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{labels: {{a: b}}}}\nspec: {spec}\n"
    for key, codes in ((label, []), (f"{label}s", ["not-own-labels"])):
        assert [each.code for each in check_job(text % key).problems] == codes


LONG_KEY = "a" * 59


@pytest.mark.parametrize(
    ("fields", "places"),
    [
        (f"nodeSelector: {{{LONG_KEY}bb1: x y, {LONG_KEY}bb2: x z}}", [(4, 84), (4, 153)]),
        ("nodeSelector: {a: {b: c}, a.b: x y}", [(4, 22), (4, 36)]),
        ("affinity: {node: a, node.b: c}", [(4, 15), (4, 24)]),
        ("affinity: {nodeAffinity: {}, nodeAffinity.b: c}", [(4, 33)]),
    ],
)
def test_place_of_similar_names(fields: str, places: list[tuple[int, int]]) -> None:
    """A mistake is shown at its own key, also if others begin alike or its name has a dot."""
    problems = check_job(f"apiVersion: v1\nkind: Pod\nspec:\n  {{{fields}}}\n").problems
    assert [(each.line, each.column) for each in problems] == places
