"""``fix_job``: what it corrects, and what it never changes."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from nodeselect import JobError, Operator, Requirement, Selector
from nodeselect.documents import Position, Scalar
from nodeselect.expanso.checker import CheckedJob
from nodeselect.expanso.fix import _apply_edits
from nodeselect.findings.rule import Finding
from nodeselect.jobs import check_job, fix_job, read_job_selector
from nodeselect.selectors import equivalent
from tests import golden
from tests.jobs.reading import OF_EXCERPTS, selector_of
from tests.jobs.test_job_laws import ODD_FIELDS, ODD_VALUE, flow
from tests.jobs.test_plain import JOBS
from tests.property.strategies import requirements

CASES = golden.rows(
    Path(__file__).with_name("fixes.txt"),
    r"^==== (?P<name>.+)\n(?P<job>(?s:.*?)\n)----\n(?P<fixed>(?s:.*?))(?=^====|^####|\Z)",
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_fix(case: golden.Row) -> None:
    """A job file has exactly these corrections, and none when it is corrected again."""
    file = "job.json" if case["name"].endswith("(job.json)") else "job.yaml"
    fixed = fix_job(case["job"].encode(), file)
    text = fixed.decode().removesuffix("\n") + "\n"
    case.check(fixed="" if text == case["job"] else text)
    assert fix_job(fixed, file) == fixed


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"name: a\r\nselector:\r\n  matchIds: [5] # x\r\n", None),
        (b"\xef\xbb\xbfname: a\nselector:\n  matchIds: [5] # x", None),
        (b"\xef\xbb\xbf{name: a, selector: {matchIds: [5]}}", None),
        ("name: né\U0001f600\nselector: {matchIds: [5]}".encode(), None),
        (b"name: a\nselector: {matchIds: [\xff]}", b""),
        (b"name: a\nselector: {matchIds: [\x00]}", b""),
        (b"", b""),
    ],
)
def test_bytes(before: bytes, after: bytes | None) -> None:
    """Ends of lines, a byte order mark and other text stay; what cannot be read is not changed."""
    corrected = before.replace(b"matchIds", b"match_ids").replace(b"5", b'"5"')
    assert fix_job(before) == (corrected if after is None else before)


@pytest.mark.parametrize("item", ["region i (eu,us)", "region like (eu,us)", "(a,b)", "x===é"])
def test_words_are_not_written(item: str) -> None:
    """A hint that has only words is no edit: an expression that is not understood stays."""
    text = f"name: x\nselector: {{match_expressions: [{item}, gpu]}}\n".encode()
    assert fix_job(text) == text


@pytest.mark.parametrize("text", ["--- #", "%YAML 1.1\n---", "name: a\nselector:\n  ? a\n  ? b"])
def test_every_beginning(text: str) -> None:
    """A file that ends anywhere, without a line end, is checked and corrected as others are."""
    for end in range(len(text) + 1):
        assert check_job(text[:end]).problems
        assert fix_job(text[:end].encode()).decode().startswith(text[: min(end, 3)])


@pytest.mark.parametrize(
    ("field", "is_own"),
    [("name: a", 1), ("type: a", 1), ("config: {}", 1), ("labels: {}", 0), ("x: 1", 0)],
)
def test_selectors_of_other_programs(field: str, is_own: bool) -> None:
    """A selector is corrected only beside one of the three fields that jobs have."""
    job = f"selector: {{matchLabels: {{a: b}}}}\n{field}\n".encode()
    fixed = job.replace(b"matchLabels", b"match_labels")
    assert fix_job(job) == (fixed if is_own else job)


def test_only_some_rules() -> None:
    """Only mistakes of the rules that are reported are corrected."""
    job = b"selector: {matchLabels: {a: 1}}\nname: 5\n"
    assert fix_job(job, rules={"wrong-type"}) == job.replace(b"name: 5", b'name: "5"')


def test_overlapping_edits() -> None:
    """Of edits that overlap, only one is made."""
    value = Scalar("region eu", "text", Position(0, 1), True)
    findings = [Finding(value, (), "", edit=edit) for edit in ("region=eu", "gpu")]
    assert _apply_edits("[region eu, us]", findings) == "[gpu, us]"


ANY_JOB = JOBS.map(json.dumps) | (ODD_FIELDS | ODD_VALUE).map(
    lambda selector: f"name: x\nselector: {flow(selector)}\n"
)


@given(ANY_JOB)
def test_any_job(text: str) -> None:
    """A file without errors stays as it is; any other can be read after it, and is finished."""
    before = CheckedJob(text, "job")
    fixed = fix_job(text.encode())
    assert fix_job(fixed) == fixed
    assert before.spec is None or CheckedJob(fixed, "job").spec is not None
    if not before.report.errors:
        assert fixed == text.encode()


def entries(text: str | bytes) -> set[str]:
    """Return the labels, expressions and ids of a job that are valid, each as a selector."""
    spec = yaml.safe_load(text)
    fields = spec.get("selector") if isinstance(spec, dict) else None
    valid = set()
    for name, value in fields.items() if isinstance(fields, dict) else ():
        items = value if isinstance(value, list) else []
        if name == "match_labels" and isinstance(value, dict):
            items = [{key: item} for key, item in value.items()]
        for item in items:
            each = item if isinstance(item, dict) else [item]
            with suppress(JobError, TypeError):
                valid.add(repr(read_job_selector({"name": "x", "selector": {name: each}})))
    return valid


@given(JOBS)
def test_valid_entries_stay(job: dict[str, Any]) -> None:
    """Whatever else is wrong, a valid label, expression or id means the same after it."""
    text = json.dumps(job)
    assert entries(text) <= entries(fix_job(text.encode()))


MISSPELT = {
    Operator.IN: ("{key} IN ({values})", "{key} in [{values}]", "{key} = ({values})"),
    Operator.NOT_IN: ("{key} not in ({values})", "{key} != ({values})", "!{key} in ({values})"),
    Operator.EQUALS: ("{key}==={values}", "{key} is {values}", "{key}: {values}"),
    Operator.NOT_EQUALS: ("{key}<>{values}", "!{key}={values}", "{key} is not {values}"),
    Operator.EXISTS: ("{key} exists", "{key} is not null"),
    Operator.DOES_NOT_EXIST: ("not {key}", "{key} DoesNotExist"),
    Operator.GREATER_THAN: ("{key} gt {values}",),
    Operator.LESS_THAN: ("{key} lt {values}",),
}


@st.composite
def misspelt(draw: st.DrawFn, requirement: Requirement) -> Any:
    """Draw a requirement as people write it who know another language."""
    key, operator, values = requirement.key, requirement.operator, requirement.values
    if draw(st.booleans()) or not all(values) or "in" in values:  # "x is not in" is not certain
        return str(requirement)
    if operator.arity != "one" and draw(st.booleans()):
        structured = {"key": key, "operator": operator.value, "values": list(values)}
        return structured if values else {"key": key, "operator": operator.value}
    pattern = draw(st.sampled_from(MISSPELT[operator]))
    return pattern.format(key=key, values=",".join(values))


@given(
    st.tuples(*map(requirements, [("x",), ("tier",), ("a/b",)])),
    st.dictionaries(st.sampled_from(["on", "5", "region"]), st.sampled_from(["yes", "1.10", "a"])),
    st.data(),
)
def test_what_was_meant(
    meant: tuple[Requirement, ...], labels: dict[str, str], data: st.DataObject
) -> None:
    """A selector in the words of another system becomes the one that it means."""
    expressions = [data.draw(misspelt(requirement)) for requirement in meant]
    names = st.sampled_from(["match_labels match_expressions", "matchLabels MatchExpressions"])
    selector = dict(zip(data.draw(names).split(), (labels, expressions), strict=True))
    job = {"name": "x", "selector": selector}
    is_yaml = data.draw(st.booleans())
    text: str = yaml.safe_dump(job) if is_yaml else json.dumps(job)
    if is_yaml and data.draw(st.booleans()):
        text = text.replace("'yes'", "yes").replace("'1.10'", "1.10").replace("'on'", "on")
    expected = Selector.of(match_labels=labels, match_expressions=list(map(str, meant)))
    assume(expected.is_satisfiable)
    assert equivalent(selector_of(fix_job(text.encode())), expected)


WILD = [
    json.loads(line)
    for line in Path(__file__).with_name("wild.jsonl").read_text("utf-8").splitlines()
]
"""``selector``, and either ``read``: its text, or ``refused``: codes with the advice."""


@pytest.mark.parametrize("row", WILD, ids=lambda row: json.dumps(row["selector"])[:70])
def test_selectors_of_the_wild(row: dict[str, Any]) -> None:
    """What people have written is read, or refused; then it becomes what the hints say to write."""
    data = json.dumps({"name": "wild", "selector": row["selector"]}).encode()
    problems = check_job(data, "job.json", rules=OF_EXCERPTS).problems
    warned = [each.code for each in problems if each.severity == "warning"]
    refused = [[each.code, each.hint] for each in problems if each.severity == "error"]
    assert (warned, refused) == (row.get("warned", []), row.get("refused", []))
    if not refused:
        assert str(read_job_selector(data, "job.json")) == row["read"]
    report = check_job(fix_job(data, "job.json"), "job.json")
    left = [[each.code, each.hint] for each in report.problems if each.severity == "error"]
    assert all(problem in refused for problem in left)
    assert not any(str(hint).startswith("write: ") for _, hint in left)
