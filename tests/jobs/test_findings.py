"""What ``check_job`` reports: errors and warnings, their places, fixes and words."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
from docs.build_rules import build_page

from nodeselect import JobError, Problem
from nodeselect.jobs import (
    Rule,
    all_rules,
    check_job,
    read_job,
    read_job_selector,
    select_rules,
)
from nodeselect.limits import LIMITS
from tests import golden
from tests.jobs.reading import OF_EXCERPTS, in_short, read_cases, refusal, words_of

HERE = Path(__file__).parent
CASES = read_cases("findings.txt")
LARGE = {"file-too-large", "too-deep", "too-many-values-in-file", "not-utf-8"}
"""Codes of files that no table has room for; test_job_problems.py and test_hostile.py make them."""
OF_SEVERAL = {"repeated-name", "no-node", "suspect-label", "every-node"}
"""Codes of mistakes in several files, or with nodes; test_check_jobs.py makes them."""


def problems_of(case: golden.Row) -> tuple[Problem, ...]:
    file = "job.json" if case["name"].endswith("(job.json)") else "job.yaml"
    rules = None if case["name"].endswith("(whole job)") else OF_EXCERPTS
    checked = check_job(case["job"].encode(), file, rules=rules)
    assert checked.errors + checked.warnings == len(checked.problems) + checked.unreported
    return checked.problems


def codes_of(job: str, rules: Collection[str] = OF_EXCERPTS, **options: bool) -> list[str]:
    """Return the codes of all problems of a job file, in order."""
    return [each.code for each in check_job(job.encode(), "x", rules=rules, **options).problems]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_finding(case: golden.Row) -> None:
    """A job file has exactly these problems."""
    case.check(problems=in_short(problems_of(case)))


@pytest.mark.parametrize("table", ["findings.txt", "problems.txt", "foreign.txt"])
def test_all_cases_are_read(table: str) -> None:
    """No case of a table is passed over."""
    assert len(read_cases(table)) == (HERE / table).read_text("utf-8").count("\n==== ") > 50


def test_words() -> None:
    """The words of all messages and hints in the tables are as expected; every rule has some."""
    found = [problem for case in CASES for problem in problems_of(case)]
    for case in read_cases("problems.txt"):
        found += refusal(case["job"]).problems
    rules, codes = all_rules(), {problem.code for problem in found}
    assert codes <= rules.keys()
    groups = ("language", "kubernetes")  # test_foreign.py makes the mistakes of the second
    missing = {code for code, rule in rules.items() if rule.group not in groups} - codes
    assert missing == LARGE | OF_SEVERAL
    words = sorted(set(map(words_of, found)))
    golden.check(HERE / "words.txt", "".join(f"{text}\n" for text in words))


@pytest.mark.parametrize("rule", all_rules().values(), ids=lambda rule: rule.code)
def test_the_example_of_a_rule(rule: Rule) -> None:
    """What a rule shows as wrong has just that mistake, and what it shows as right has none."""
    if not rule.before:
        assert rule.group in ("language", "kubernetes") or rule.code in LARGE | OF_SEVERAL
        return
    file = "x.json" if rule.before.startswith("{") else "x.yaml"
    rules = OF_EXCERPTS | {rule.code}
    before = check_job(rule.before.encode(), file, rules=rules)
    assert {each.code for each in before.problems} == {rule.code}
    after = check_job(rule.after.encode(), file, rules=rules)
    assert not after.errors
    assert rule.group == "language" or not after.warnings


def test_the_codes_of_the_language_are_those_of_its_documentation() -> None:
    """Every mistake in a selector's text that is documented is a rule, and the other way round."""
    page = (HERE.parents[1] / "docs" / "language.md").read_text("utf-8").partition("## Errors")[2]
    documented = set(re.findall(r"`([a-z]+(?:-[a-z]+)*)`(?=[^|]* \|.*\|.*\|$)", page, re.M))
    rules = {code for code, rule in all_rules().items() if rule.group == "language"}
    assert rules <= documented
    structured = {"wrong-number-of-values", "unknown-operator", "missing-field", "no-terms"}
    kubernetes = {"invalid-node-name", "not-in-language", "not-in-kubernetes"}
    assert set(re.findall(r"^\| `([a-z-]+)`", page, re.M)) <= rules | structured | kubernetes


def test_the_page_of_the_rules_is_made_of_them() -> None:
    """The page has each rule once, with its examples."""
    page = build_page()
    for code, rule in all_rules().items():
        title = f"### {code}\n"
        assert page.count(title) == 1
        if rule.group != "language":
            section = page.partition(title)[2].partition("###")[0]
            lines = section.partition("```diff\n")[2].partition("```")[0].splitlines(keepends=True)
            assert "".join(line[1:] for line in lines if line[0] in " -") == rule.before
            assert "".join(line[1:] for line in lines if line[0] in " +") == rule.after


TWO = "name: demo\nselector: {match_expressions: ['a!=b']}\ncolour: red\n"


@pytest.mark.parametrize(
    ("select", "ignore", "codes"),
    [
        (None, [], ["absent-key", "unknown-field"]),
        (["absent-key"], [], ["absent-key"]),
        (None, ["absent-key"], ["unknown-field"]),
        (["absent-key"], ["absent-key"], []),
    ],
)
def test_selection(select: list[str] | None, ignore: list[str], codes: list[str]) -> None:
    """Only the selected codes are reported and counted."""
    rules = select_rules(OF_EXCERPTS if select is None else select, ignore)
    assert codes_of(TWO, rules) == codes
    checked = check_job(TWO.encode(), "x", rules=rules)
    assert checked.errors + checked.warnings == len(codes)


def test_a_choice_is_of_rules() -> None:
    """A code that there is not is refused, not passed over."""
    for wrong in ({"ignore": {"nope"}}, {"select": ["no-name", "nope"]}):
        with pytest.raises(ValueError, match="there is no rule 'nope'"):
            select_rules(**wrong)
    with pytest.raises(
        ValueError, match="the rule 'anchor' cannot be ignored: it is always reported"
    ):
        select_rules(ignore={"tag", "anchor", "no-name"})
    assert "tag" in select_rules({"anchor", "no-name"})


def test_a_selector_that_is_required_cannot_be_left_out() -> None:
    """What contradicts itself is refused, not settled."""
    with pytest.raises(ValueError, match="cannot be required without"):
        check_job(b"name: x", "x", rules={"no-name"}, require_selector=True)


@pytest.mark.parametrize("read", [check_job, read_job, read_job_selector])
def test_a_name_is_no_file(read: Any) -> None:
    """The name of a file instead of its content is refused, and so is a path."""
    for arguments in (["job.yaml"], ["job.yaml", "job.yaml"]):
        try:
            report = read(*arguments)
        except JobError as error:
            assert error.problems[0].code in ("not-a-job", "wrong-type")  # noqa: PT017
        else:
            assert report.problems[0].code == "not-a-job"
    with pytest.raises(TypeError, match="expected the content of a document, not PosixPath"):
        read(Path("job.yaml"))


def test_a_report_as_text() -> None:
    """A report shows its problems, and the number of the others."""
    report = check_job(b"name: x\nselector: {match_ids: [a, a]}\n", rules=OF_EXCERPTS)
    assert str(report) == report.problems[0].show("job")
    many = f"name: x\nselector: {{match_ids: [{', '.join(['a'] * 30)}]}}\n"
    report = check_job(many.encode(), "x.yaml", rules=OF_EXCERPTS)
    assert str(report).endswith("\nx.yaml: and 9 more")


@pytest.mark.parametrize(
    ("job", "code"),
    [
        ("name: &x [b]", "anchor"),
        ("name: {{x}}", "key-not-text"),
        ('{"name": "\\ud800"}', "surrogate"),
        ("name: \x07", "control-character"),
        ('name: "\\a"', "control-character"),
        ("selector: {match_ids: ['\x9f']}", "control-character"),
        ("spec: x", "not-a-job"),
        ("[]", "not-a-job"),
    ],
)
def test_what_is_refused_is_always_told(job: str, code: str) -> None:
    """A file that is refused as such is never clean, whatever is left out."""
    assert codes_of(job, select_rules([])) == [code]
    assert codes_of(job, ["no-name"]) == [code]


@pytest.mark.parametrize("job", ["name: a\n", "name: a\nselector: {}\n", "spec: {name: a}\n"])
def test_require_selector(job: str) -> None:
    """A job that takes every node is a warning, and an error where a selector is required."""
    assert check_job(job.encode(), "x", rules=OF_EXCERPTS)[2:4] == (0, 1)
    assert check_job(job.encode(), "x", rules=OF_EXCERPTS, require_selector=True)[2:4] == (1, 0)


def test_a_selector_that_was_meant_is_required_even_if_its_field_is_not_told() -> None:
    """Leaving out the code of unknown fields does not let a job run everywhere unseen."""
    rules = OF_EXCERPTS - {"unknown-field"}
    for job in ("name: a\nnodeSelector: {a: b}\n", "name: a\nselectors: {}\n"):
        assert codes_of(job, rules) == ["invalid-selector"]
        assert codes_of(job, rules - {"empty-selector"}) == ["invalid-selector"]


def test_warnings_never_hide_an_error() -> None:
    """Warnings make way for errors; both stay in order of position."""
    ids = ", ".join(["a"] * 40)
    job = f"name: x\nselector: {{match_ids: [{ids}]}}\ncolour: red\n"
    checked = check_job(job.encode(), "x", rules=OF_EXCERPTS)
    assert (checked.errors, checked.warnings) == (1, 39)
    assert len(checked.problems) == LIMITS.reported_errors
    assert [each.severity for each in checked.problems] == ["warning"] * 19 + ["error"]
    assert checked.unreported == 20


@pytest.mark.parametrize(("parts", "code"), [(100, None), (101, "not-a-duration")])
def test_length_of_a_duration(parts: int, code: str | None) -> None:
    """A duration of 200 characters is read, one that is longer is none."""
    job = "name: x\nselector: {match_ids: [a]}\nrollout:\n  strategy: rolling\n"
    assert codes_of(f"{job}  health_check: {{deadline: {'1s' * parts}}}") == (
        [code] if code else []
    )


@pytest.mark.parametrize("prefix", ["", "spec: "])
@pytest.mark.parametrize(
    ("field", "codes"),
    [
        ("description: TODO", []),
        ("labels: {description: TODO}", ["placeholder"]),
        ("meta: {a.description: TODO}", ["placeholder"]),
        ('labels: {description: "{{ name }}"}', ["template"]),
    ],
)
def test_description(prefix: str, field: str, codes: list[str]) -> None:
    """Only the description of the job itself may have any text, not a label of this name."""
    job = f"{{name: a, type: query, selector: {{match_ids: [n]}}, {field}}}"
    found = [each.code for each in check_job(prefix + job).problems]
    assert [each for each in found if each in ("placeholder", "template")] == codes
