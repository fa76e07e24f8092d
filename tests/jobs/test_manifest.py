"""A Kubernetes manifest becomes selectors, or is refused with the position of each mistake."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import JobError, Selector
from nodeselect.jobs.foreign import Manifest, ManifestError, read_manifest

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  "
TERMS = "requiredDuringSchedulingIgnoredDuringExecution"


def pod(spec: str) -> str:
    """Return a Pod with this spec, of which the first line is line 5."""
    return POD + spec.replace("\n", "\n  ") + "\n"


def terms(text: str) -> str:
    """Return a Pod whose node affinity has these terms, on line 5."""
    return pod(f"affinity: {{nodeAffinity: {{{TERMS}: {{nodeSelectorTerms: {text}}}}}}}")


def read(text: str, file: str = "manifest") -> Manifest:
    """Read a manifest."""
    manifest = read_manifest(text.encode(), file)
    assert manifest is not None
    return manifest


def selectors(text: str) -> list[str]:
    """Return the selectors of the only object that runs pods."""
    [workload] = read(text).workloads
    return [str(selector) for selector in workload.selectors]


@pytest.mark.parametrize(
    ("kind", "version", "path"),
    [
        ("Pod", "v1", ["spec"]),
        ("PodTemplate", "v1", ["template", "spec"]),
        ("ReplicationController", "v1", ["spec", "template", "spec"]),
        ("Deployment", "apps/v1", ["spec", "template", "spec"]),
        ("Deployment", "extensions/v1beta1", ["spec", "template", "spec"]),
        ("StatefulSet", "apps/v1", ["spec", "template", "spec"]),
        ("DaemonSet", "apps/v1beta2", ["spec", "template", "spec"]),
        ("ReplicaSet", "apps/v1", ["spec", "template", "spec"]),
        ("Job", "batch/v1", ["spec", "template", "spec"]),
        ("CronJob", "batch/v1beta1", ["spec", "jobTemplate", "spec", "template", "spec"]),
    ],
)
def test_kinds(kind: str, version: str, path: list[str]) -> None:
    """Each kind that runs pods has its pod spec where its API has it, in YAML and in JSON."""
    spec: Any = {"nodeSelector": {"region": "eu"}}
    for name in reversed(path):
        spec = {name: spec}
    value = {"apiVersion": version, "kind": kind, "metadata": {"name": "a"}} | spec
    for text in (yaml.safe_dump(value), json.dumps(value), json.dumps(value, indent=1)):
        [workload] = read(text).workloads
        assert workload.name == f"{kind}/a"
        assert workload.selectors == (Selector.parse("region=eu"),)


@pytest.mark.parametrize(
    ("kind", "version"),
    [
        ("Service", "v1"),
        ("Job", "batch.volcano.sh/v1alpha1"),
        ("Service", "serving.knative.dev/v1"),
    ],
)
def test_other_kinds(kind: str, version: str) -> None:
    """Objects of other kinds, or of other groups with the same kinds, are skipped."""
    text = f"apiVersion: {version}\nkind: {kind}\nspec: {{template: {{spec: {{nodeSelector: 1}}}}}}"
    assert read(text) == Manifest((), (kind,))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (pod("{}"), [""]),
        (pod("nodeSelector: {}"), [""]),
        (pod("nodeSelector:\naffinity:\nnodeName:\nhostNetwork: true\nvolumes:"), [""]),
        (pod("nodeSelector: {a: b, c: ''}"), ["a=b,c="]),
        (pod("nodeName: n-1"), ["<id in (n-1)>"]),
        (terms("[{matchExpressions: [{key: a, operator: Gt, values: ['5']}]}]"), ["a>5"]),
        (terms("[{matchExpressions: [{key: a, operator: Exists}]}, {}]"), ["a"]),
        (terms("[{}, null]"), []),
        (
            terms(
                "[{matchExpressions: [{key: a, operator: Exists}, {key: b, operator: Exists}]},"
                " {matchExpressions: [{key: c, operator: DoesNotExist}]}]"
            ),
            ["a,b", "!c"],
        ),
    ],
)
def test_selectors(text: str, expected: list[str]) -> None:
    """A term that is empty matches nothing; a pod spec without a condition matches everything."""
    assert selectors(text) == expected


# A manifest, the code of its mistake, its line, what is marked there, and parts of the message and
# the hint.
WRONG: list[tuple[str, str, int, str, str, str | None]] = [
    (pod("nodeSelector: {gpu: true}"), "wrong-type", 5, "true", "found true", 'write: "true"'),
    (pod("nodeSelector: {gpu: no}"), "wrong-type", 5, "no", "read as a boolean", 'write: "no"'),
    (pod("nodeSelector: {gpu: }"), "wrong-type", 5, "}", "found null", "remove the line"),
    (pod("nodeSelector: {1: a}"), "wrong-type", 5, "1", "found 1", 'quote it: "1"'),
    (pod("nodeSelector: [a]"), "wrong-type", 5, "[", "found a list", None),
    (pod("nodeSelector:\n  region: eu west"), "invalid-value", 6, " ", "a value", "use letters"),
    (
        pod("nodeSelector:\ngpu: a100"),
        *("unknown-field", 6, "gpu", "nodeSelector is empty", "indent it under nodeSelector"),
    ),
    (
        pod("priority: 1\ntolerations:\nexample.com/gpu:\nnodeSelector:"),
        *("unknown-field", 7, "example.com/gpu", "no field 'example.com/gpu'", "indent it"),
    ),
    (
        pod("template: {spec: {}}"),
        *("unknown-field", 5, "template", "a pod spec has no field", "'spec.template.spec'"),
    ),
    (
        pod("affinity: {podAffinity: {nodeAffinity: {}}}"),
        *("misplaced-field", 5, "nodeAffinity", "in spec.affinity.podAffinity", "spec.affinity"),
    ),
    (pod("affinity: {nodes: }"), "unknown-field", 5, "nodes", "'nodes'", "nodeAffinity"),
    (pod("nodeName: Node 1"), "invalid-node-name", 5, "Node 1", "not a valid name", "lower case"),
    (terms("[]"), "no-terms", 5, "[", "at least one term", "add a term"),
    (terms(""), "no-terms", 5, "}", "at least one term", "add a term"),
    (terms("[{in: []}]"), "unknown-field", 5, "in", "no field 'in'", "matchExpressions"),
    (
        terms("[{matchExpressions: [{key: a, operator: in, values: [b]}]}]"),
        *("unknown-operator", 5, "in", "'in' is not an operator", "In, NotIn"),
    ),
    (
        terms("[{matchExpressions: [{key: a, values: [b]}]}]"),
        *("missing-field", 5, "{", "'operator' is missing", None),
    ),
    (
        terms("[{matchExpressions: [{key: a, operator: In, values: [b, 5]}]}]"),
        *("wrong-type", 5, "5", "a string, found 5", 'write: "5"'),
    ),
    (
        terms("[{matchExpressions: [{key: a, operator: In}]}]"),
        *("wrong-number-of-values", 5, "{", "at least one value", None),
    ),
    (
        terms("[{matchExpressions: [{key: a, operator: Gt, values: ['1.5']}]}]"),
        *("not-an-integer", 5, "1.5", "integer", None),
    ),
    (
        terms("[{matchFields: [{key: metadata.name, operator: NotIn, values: [n-1]}]}]"),
        *("not-in-language", 5, "{", "cannot exclude", "exclude it by a label"),
    ),
    ("apiVersion: apps/v1\nkind: Deployment\n", "no-pod-spec", 2, "Deployment", "nothing", None),
    ("apiVersion: v1\nkind: Pod\nspec: 5\n", "no-pod-spec", 3, "5", "found 5", None),
    (f"{POD}{{}}\n---\na: b\n", "not-an-object", 7, "a", "a kind and an apiVersion", None),
    (f"{POD}{{}}\n---\n{POD}{{}}\n", "duplicate-object", 7, "a", "'Pod/a'", None),
    (f"{POD}{{}}\n---\na: b\na: c\n", "duplicate-key", 8, "a", "'a'", "keep only one"),
    ("'apiVersion': v1\nkind: Pod\n--- *a\n", "anchor", 3, "*", "'a'", "write the value"),
    (f"{POD}{{{{ .x }}}}\n", "key-not-text", 5, "{", "template", "fill in the template"),
    (
        '{"apiVersion": "v1", "kind": "Pod", "spec": {"nodeSelector": {"a": 1}}}',
        *("wrong-type", 1, "1", "found 1", 'write: "1"'),
    ),
]


@pytest.mark.parametrize(("text", "code", "line", "marked", "message", "hint"), WRONG)
def test_mistakes(
    text: str, code: str, line: int, marked: str, message: str, hint: str | None
) -> None:
    """Each mistake is reported with its position and its line, and with what to write instead."""
    with pytest.raises(ManifestError) as caught:
        read(text)
    [problem] = caught.value.problems
    assert (problem.code, problem.line) == (code, line)
    assert text.split("\n")[line - 1][problem.column - 1 : problem.end_column - 1] == marked
    assert message in problem.message
    assert (hint or "") in (problem.hint or "")
    source, carets = problem.excerpt
    assert source.endswith(marked, 0, len(carets))


DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "a", "labels": {"nodeSelector": "b"}, "annotations": {"affinity": "c"}},
    "spec": {
        "selector": {"matchLabels": {"nodeName": "d"}},
        "template": {
            "metadata": {"labels": {"nodeName": "d"}},
            "spec": {
                "containers": [{"name": "a", "env": [{"name": "affinity"}], "args": ["nodeName"]}],
                "nodeSelector": {"nodeName": "b"},
                "affinity": {"nodeAffinity": {}},
            },
        },
    },
}


def test_empty_terms() -> None:
    """The terms that match no node are counted as in the manifest."""
    text = terms("[{}, {matchFields: []}, {matchExpressions: [{key: a, operator: Exists}]}, null]")
    [workload] = read(text).workloads
    assert (workload.selectors, workload.empty_terms) == ((Selector.parse("a"),), (1, 2, 4))


def test_conditions_in_their_place() -> None:
    """Labels, annotations and variables may have the names of conditions on nodes."""
    assert selectors(json.dumps(DEPLOYMENT)) == ["nodeName=b"]
    template = '{"spec": {"nodeSelector": {"a": "b"}}}'
    text = f'"spec": {{"selector": {{"affinity": "c"}}, "template": {template}}}'
    text = f'{{"apiVersion": "v1", "kind": "ReplicationController", {text}}}'
    assert selectors(text) == ["a=b"]


@pytest.mark.parametrize("name", ["nodeSelector", "affinity", "nodeName", "nodeAffinity"])
@pytest.mark.parametrize(
    ("path", "where"),
    [
        ([], ""),
        (["metadata"], "metadata"),
        (["spec"], "spec"),
        (["spec", "template"], "spec.template"),
        (["spec", "template", "metadata"], "spec.template.metadata"),
        (["spec", "template", "spec", "containers", 0], "spec.template.spec.containers[0]"),
    ],
)
def test_misplaced_condition(path: list[Any], where: str, name: str) -> None:
    """A condition on nodes outside the pod spec is refused: no program would read it."""
    value = json.loads(json.dumps(DEPLOYMENT))
    place = value
    for step in path:
        place = place[step]
    place[name] = None
    text = json.dumps(value, indent=1)
    with pytest.raises(ManifestError) as caught:
        read(text)
    [problem] = caught.value.problems
    assert text.split("\n")[problem.line - 1].strip().startswith(f'"{name}": null')
    assert problem.message == f"{name} has no effect {f'in {where}' if where else 'here'}"
    assert problem.path == f"{where}.{name}".lstrip(".")
    expected = "spec.template.spec" + (".affinity" if name == "nodeAffinity" else "")
    assert problem.hint == f"move it under {expected}"


def test_all_mistakes_are_reported() -> None:
    """Each invalid object is reported; of many, the first twenty and the number of the others."""
    text = "---\n".join(
        f"{POD.replace(': a', f': a{n}')}nodeSelector: {{a: {n}}}\n" for n in range(25)
    )
    with pytest.raises(JobError) as caught:
        read(text, "a.yaml")
    assert [problem.line for problem in caught.value.problems] == [5 + 6 * n for n in range(20)]
    assert str(caught.value).endswith("\na.yaml: and 5 more")


def test_names() -> None:
    """An object is called by its kind, its namespace if it has one, and its name."""
    text = (
        "{apiVersion: v1, kind: PodList, items: ["
        "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x}, spec: {}},"
        "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {}},"
        "{spec: {}}]}"
    )
    assert [each.name for each in read(text).workloads] == ["Pod/x/a", "Pod/a", "Pod"]
    nodes = "{apiVersion: v1, kind: NodeList, items: [{metadata: {name: a}}, {}]}"
    assert read(nodes) == Manifest((), ("Node", "Node"))


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("containers: [{name: a, resources: {}}]\nvolumes: [{configMap: {}}]", ()),
        ("tolerations: []\nruntimeClassName:\ntopologySpreadConstraints: []", ()),
        ("containers: [{name: a}, {resources: {limits: {cpu: 1}}}]", ("resources",)),
        ("volumes: [{persistentVolumeClaim: {claimName: a}}]", ("volumes",)),
        (
            "tolerations: [{operator: Exists}]\nruntimeClassName: a",
            ("tolerations", "runtime class"),
        ),
        (
            "topologySpreadConstraints: [1]\naffinity: {podAffinity: {a: b}, podAntiAffinity: [a]}",
            ("pod affinity", "pod anti-affinity", "topology spread"),
        ),
        (
            "affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{a: b}]}}",
            ("preferred node affinity",),
        ),
    ],
)
def test_what_is_not_considered(spec: str, expected: tuple[str, ...]) -> None:
    """What else decides on the nodes of a pod is named, if there is any of it."""
    [workload] = read(pod(spec)).workloads
    assert workload.not_considered == expected


@pytest.mark.parametrize(
    "text",
    [
        "name: a\nselector: {}\n",
        "name: a\nselector: {}\nconfig: {apiVersion: v1}\n",
        "apiVersion: v1\nname: a\n",
        "name: a\n---\nname: b\nconfig: {apiVersion: v1}\n",
        "name: [apiVersion\n",
        '{"apiVersion": 1, "kind": 2',
        "",
    ],
)
def test_not_a_manifest(text: str) -> None:
    """What may be a job spec is not read as a manifest."""
    assert read_manifest(text.encode()) is None


NAMES = (
    *("key", "operator", "values", "matchExpressions", "matchFields", "nodeSelectorTerms", TERMS),
    *("nodeAffinity", "affinity", "nodeSelector", "nodeName", "resources", "a.b", "it's"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "a", "In", "n-1", "a b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from(["nodeSelector", "affinity", "nodeName", "volumes"]), JSON))
def test_any_pod_spec_is_read_or_refused_with_a_position(spec: dict[str, Any]) -> None:
    """A pod spec of any shape has selectors, or an error on one of its lines."""
    value = {"apiVersion": "v1", "kind": "Pod", "spec": spec}
    text = json.dumps(value, indent=1)
    try:
        assert read(text).workloads[0].name == "Pod"
    except ManifestError as error:
        [problem] = error.problems
        assert 4 <= problem.line <= text.count("\n") + 1
