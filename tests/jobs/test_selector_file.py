"""A file with a selector of another system is recognised by its content, and read whole."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import JobError
from nodeselect.jobs.foreign import SelectorFile, read_selector_file

LABEL_SELECTOR = "a Kubernetes LabelSelector"
POD = "conditions of a Kubernetes pod"
BACALHAU = "Bacalhau constraints"
TERMS = "nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists}]}, {}]"
REQUIRED = f"{{requiredDuringSchedulingIgnoredDuringExecution: {{{TERMS}}}}}"
GPU = "{Key: gpu, Operator: exists}"
RACK = "{attribute: '${meta.rack}', value: r1}"


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("matchLabels: {a: b}", LABEL_SELECTOR, ["a=b"]),
        ("matchExpressions: [{key: a, operator: Exists}]", LABEL_SELECTOR, ["a"]),
        ("matchLabels:", LABEL_SELECTOR, [""]),
        (TERMS, POD, ["a"]),
        (REQUIRED, POD, ["a"]),
        (f"nodeAffinity: {REQUIRED}", POD, ["a"]),
        (f"affinity: {{nodeAffinity: {REQUIRED}}}", POD, ["a"]),
        (f"nodeSelector: {{b: c}}\naffinity: {{nodeAffinity: {REQUIRED}}}", POD, ["a,b=c"]),
        ("nodeSelector: {b: c}\ncontainers: [{args: [1]}]", POD, ["b=c"]),
        ("nodeName: n-1", POD, ["<id in (n-1)>"]),
        ("nodeSelectorTerms: [{}]", POD, []),
        (f"[{GPU}]", BACALHAU, ["gpu"]),
        ("[{key: a, operator: In, values: [b]}]", BACALHAU, ["a in (b)"]),
        (f"Constraints: [{GPU}]", BACALHAU, ["gpu"]),
        (f"Name: a\nType: ops\nConstraints: [{GPU}]\nTasks: []", BACALHAU, ["gpu"]),
        (f"name: a\nconstraints: [{GPU}]", BACALHAU, ["gpu"]),
        ("Type: ops\nTasks: []\nConstraints: []", BACALHAU, [""]),
        ("Constraints:", BACALHAU, [""]),
        (f"Job: {{Type: ops, Constraints: [{GPU}]}}", BACALHAU, ["gpu"]),
        (
            "selectors: [{requirements: [{key: a, operator: Exists}], ids: [n-1]}, {ids: []}]",
            *("selectors in JSON", ["<id in (n-1)>,a", "<nothing>"]),
        ),
    ],
)  # fmt: skip
def test_kinds(text: str, kind: str, expected: list[str]) -> None:
    """Each kind is recognised by its fields."""
    found = read_selector_file(text.encode())
    assert found is not None
    assert (found.kind, list(map(str, found.selectors))) == (kind, expected)


@pytest.mark.parametrize(
    "text",
    [
        "selector: {match_labels: {a: b}}\nConstraints: []\n",
        f"config: {{}}\nconstraints: [{GPU}]\n",
        "spec: {}\nnodeSelector: {a: b}\n",
        f"constraint: [{RACK}]\n",
        f"[{RACK}]\n",
        "Job: {Constraints: null, TaskGroups: []}",
        "Name: group\nConstraints:\nTasks: [{Driver: exec}]",
        "name: a\n",
        "region: eu\n",
        "[]\n",
        "[a]\n",
        "{}\n",
        "a",
        "",
        "[a",
        "---\nmatchLabels: {}\n---\n",
    ],
)
def test_not_recognised(text: str) -> None:
    """What may be a job, or anything else, is not a selector."""
    assert read_selector_file(text.encode()) is None


@pytest.mark.parametrize(
    ("text", "code", "path", "marked"),
    [
        ("matchLabels: {a: 5}", "wrong-type", "matchLabels['a']", "5"),
        ("matchLabels: {a: b}\nmatchLabel: {c: d}", "unknown-field", "matchLabel", "matchLabel"),
        ("matchLabels: {}\nmatchFields: []", "unknown-field", "matchFields", "matchFields"),
        ("nodeSelectorTerms: []", "no-terms", "nodeSelectorTerms", "["),
        ("nodeSelectorTerms: [{a: b}]", "unknown-field", "nodeSelectorTerms[0].a", "a"),
        ("nodeSelector: {a: b}\nnodeselector: {}", "unknown-field", "nodeselector", "nodeselector"),
        (f"Constraints: [{RACK}]", "unknown-field", "Constraints[0].attribute", "attribute"),
        ("Constraints: [{Key: a, Operator: no}]", "wrong-type", "Constraints[0].Operator", "no"),
        (f"[{GPU}, {{Key: a b, Operator: '!'}}]", "invalid-key", "[1].Key", " "),
        ("selectors: [{ids: a}]", "wrong-type", "selectors[0].ids", "a"),
        ("selectors: [{id: []}]", "unknown-field", "selectors[0].id", "id"),
    ],
)  # fmt: skip
def test_mistakes(text: str, code: str, path: str, marked: str) -> None:
    """A mistake is reported with its path and its position."""
    with pytest.raises(JobError) as caught:
        read_selector_file(text.encode(), "a.yaml")
    [problem] = caught.value.problems
    assert (problem.code, problem.path) == (code, path)
    assert text.split("\n")[problem.line - 1][problem.column - 1 : problem.end_column - 1] == marked


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("matchExpressions: [{key: a, operator: In, values: a100}]", 'write: ["a100"]'),
        ("matchExpressions: [{key: a, operator: In, values: 5}]", "write a list: [ … ]"),
        ("nodeSelector: gpu=a100", "write each label as KEY: VALUE"),
        ("nodeSelector: {gpu: null}", 'remove the line, or write: ""'),
        ("Constraints: [region=eu]\nType: batch", "write an object with the fields key, operator"),
        ("matchExpressions: [gpu]", "write an object with the fields key, operator and values"),
    ],
)
def test_hints(text: str, hint: str) -> None:
    """Where a list or an object is expected, no string is suggested; null is not a text."""
    with pytest.raises(JobError) as caught:
        read_selector_file(text.encode(), "a.yaml")
    assert (caught.value.problems[0].hint or "").startswith(hint)


NAMES = ("matchLabels", "matchExpressions", "nodeSelector", "Constraints", "Job")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "a", "In", "=", "a b"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*NAMES, "key", "Key", "operator", "values", "selectors"]),
            inner,
        )
    ),
    max_leaves=15,
)


@given(JSON)
def test_anything_is_read_or_refused(value: Any) -> None:
    """A document of any shape is a selector, or none, or has a mistake on one of its lines."""
    text = json.dumps(value, indent=1)
    try:
        assert isinstance(read_selector_file(text.encode()), SelectorFile | None)
    except JobError as error:
        lines = [problem.line for problem in error.problems]
        assert 1 <= min(lines) <= max(lines) <= text.count("\n") + 1
