"""A Kubernetes manifest, or a selector of another system, is read whole or refused."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import JobError, Problem, Selector
from nodeselect.jobs import all_rules, check_job, select_rules
from nodeselect.manifests.manifest import Manifest, ManifestError, read_manifest
from nodeselect.notations.selector_file import SelectorFile, read_selector_file
from nodeselect.placement.toleration import DEFAULT_TOLERATIONS
from nodeselect.selectors.selector import alternatives
from tests import golden
from tests.imports import run_python
from tests.jobs.reading import in_short, read_cases
from tests.property.strategies import json_values

HERE = Path(__file__).parent


def read(text: str, file: str = "manifest") -> Manifest:
    manifest = read_manifest(text.encode(), file)
    assert manifest is not None
    return manifest


def in_words(selectors: Iterable[Selector]) -> str:
    """Return the texts of selectors, of which a node must match one."""
    return " | ".join(str(each) or "everything" for each in selectors) or "nothing"


def outcome(text: str) -> Iterator[str]:
    """Yield lines about what is read of a document."""
    try:
        manifest = read_manifest(text.encode())
        selector = read_selector_file(text.encode())
    except JobError as error:
        yield in_short(error.problems).rstrip("\n")
        for problem in error.problems:
            yield f"! {problem.message} | {problem.hint or 'no hint'}"
        return
    assert not (manifest and selector)
    if manifest:
        for name, asked, *_ in manifest.workloads:
            yield f"! {name}: {in_words(alternatives(asked.selector))}"
            own = [each for each in asked.tolerations if each not in DEFAULT_TOLERATIONS]
            if own:
                yield f"! tolerations: {', '.join(map(str, own))}"
            if asked.requests != {"pods": 1}:
                yield f"! requests: {dict(asked.requests)}"
            if asked.not_considered:
                yield f"! not considered: {', '.join(asked.not_considered)}"
        if manifest.skipped:
            yield f"! skipped: {', '.join(manifest.skipped)}"
        if manifest.unread:
            yield f"! not read: {', '.join(map(str, manifest.unread))}"
    elif selector:
        yield f"! {selector.kind}: {in_words(selector.selectors)}"
    else:
        yield "! neither"


@pytest.mark.parametrize("case", read_cases("foreign.txt"), ids=lambda case: case["name"])
def test_document(case: golden.Row) -> None:
    """A document is read as it says, or refused with the position of each mistake."""
    case.check(problems="".join(f"{line}\n" for line in outcome(case["job"])))


READ_ALL = """
import json, sys
from nodeselect.manifests.manifest import ManifestError, read_manifest
for text in json.load(sys.stdin):
    try:
        read_manifest(text.encode())
    except ManifestError:
        pass
assert not any(name.startswith("nodeselect.expanso") for name in sys.modules)
"""


def test_without_the_rules_of_job_specs() -> None:
    """Each mistake of a manifest is one, also in a process that has read no job spec."""
    texts = [
        case["job"] for table in ("foreign", "findings") for case in read_cases(f"{table}.txt")
    ]
    run_python(READ_ALL, stdin=json.dumps(texts))


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


def test_conditions_in_their_place() -> None:
    """Labels, annotations and variables may have the names of conditions on nodes."""
    assert [*outcome(json.dumps(DEPLOYMENT))] == ["! Deployment/a: nodeName=b"]
    template = '{"spec": {"nodeSelector": {"a": "b"}}}'
    text = f'"spec": {{"selector": {{"affinity": "c"}}, "template": {template}}}'
    text = f'{{"apiVersion": "v1", "kind": "ReplicationController", {text}}}'
    assert [*outcome(text)] == ["! ReplicationController: a=b"]


@pytest.mark.parametrize(
    "name",
    [
        *("nodeSelector", "affinity", "nodeName", "nodeAffinity", "tolerations"),
        "topologySpreadConstraints",
    ],
)
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


def test_every_rule_has_a_case() -> None:
    """Each rule about manifests and jobs of other systems is one that a case breaks."""
    cases = "".join((HERE / f"{name}.txt").read_text("utf-8") for name in ("foreign", "findings"))
    rules = [rule for rule in all_rules().values() if rule.group == "kubernetes"]
    missing = [each.code for each in rules if f" {each.severity} {each.code}" not in cases]
    assert missing == ["unread-condition"]  # test_manifests.py has it


@pytest.mark.parametrize("ignored", ["wrong-type", "invalid-value"])
def test_mistakes_that_cannot_be_ignored(ignored: str) -> None:
    """No command reads a manifest with a mistake, so check reports it whatever is ignored."""
    text = (
        "apiVersion: v1\nkind: Pod\nspec:\n  nodeSelector: {a: 1, b: c d} # nodeselect: ignore[X]"
    )
    report = check_job(text.replace("X", ignored), rules=select_rules(ignore=[ignored]))
    assert [problem.code for problem in report.problems] == ["wrong-type", "invalid-value"]


def test_all_mistakes_are_reported() -> None:
    """Each invalid object is reported; of many, the first twenty and the number of the others."""
    text = "---\n".join(
        f"apiVersion: v1\nkind: Pod\nspec: {{nodeSelector: {{a: {n}}}}}\n" for n in range(25)
    )
    with pytest.raises(JobError) as caught:
        read(text, "a.yaml")
    assert [problem.line for problem in caught.value.problems] == [3 + 4 * n for n in range(20)]
    assert str(caught.value).endswith("\na.yaml: and 5 more")


NAMES = (
    *("key", "operator", "values", "matchExpressions", "matchFields", "nodeSelectorTerms", "Key"),
    *("nodeAffinity", "affinity", "nodeSelector", "nodeName", "resources", "a.b", "it's"),
    *("matchLabels", "Constraints", "Job", "selectors"),
    "requiredDuringSchedulingIgnoredDuringExecution",
)
LEAVES = st.integers(0, 2) | st.sampled_from(["", "a", "In", "=", "a b"])
JSON = json_values(LEAVES, st.sampled_from(NAMES), 15)


@given(st.dictionaries(st.sampled_from(["nodeSelector", "affinity", "nodeName", "volumes"]), JSON))
def test_any_pod_spec_is_read_or_refused_with_a_position(spec: dict[str, Any]) -> None:
    """A pod spec of any shape has selectors, or an error on one of its lines."""
    value = {"apiVersion": "v1", "kind": "Pod", "spec": spec}
    text = json.dumps(value, indent=1)
    found: tuple[Problem, ...] = ()
    try:
        assert read(text).workloads[0].name == "Pod"
    except ManifestError as error:
        lines = [problem.line for problem in error.problems]
        assert 4 <= min(lines) <= max(lines) <= text.count("\n") + 1
        assert lines == sorted(lines)
        found = error.problems
    assert check_job(text, "manifest").problems == found
    assert {problem.code for problem in found} <= all_rules().keys()


@given(JSON)
def test_anything_is_read_or_refused(value: Any) -> None:
    """A document of any shape is a selector, or none, or has a mistake on one of its lines."""
    text = json.dumps(value, indent=1)
    try:
        assert isinstance(read_selector_file(text.encode()), SelectorFile | None)
    except JobError as error:
        lines = [problem.line for problem in error.problems]
        assert 1 <= min(lines) <= max(lines) <= text.count("\n") + 1
