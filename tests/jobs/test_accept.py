"""A job that is accepted without a check has no errors, and the same selector."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given

from nodeselect import Selector
from nodeselect.jobs import Rule, all_rules
from nodeselect.jobs.check.accept import accepted_selector
from nodeselect.jobs.check.checker import CheckedJob
from nodeselect.limits import LIMITS
from tests.jobs.reading import read_cases
from tests.jobs.test_plain import JOB, JOBS
from tests.jobs.test_wild import ROWS

CORPUS = Path(__file__).parents[2] / "fuzz" / "corpus" / "job"


def plain(text: str | bytes) -> dict[str, Any]:
    """Return what a program would parse from a job file; an empty job if it cannot."""
    try:
        document = json.loads(json.dumps(yaml.safe_load(text)))
    except (yaml.YAMLError, TypeError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def collected() -> Iterator[dict[str, Any]]:
    """Yield all jobs of the other tests."""
    for row in ROWS:
        yield {"name": "wild", "selector": row["selector"]}
    for table in ("findings.txt", "problems.txt"):
        for case in read_cases(table):
            yield plain(case["job"])
    for path in CORPUS.iterdir():
        yield plain(path.read_bytes())


def is_accepted(job: Any) -> bool:
    """Return whether a job is accepted, after comparing what is accepted with a check."""
    selector = accepted_selector(job)
    if selector is not None:
        checked = CheckedJob(job, "job")
        assert not checked.report.errors, checked.report
        assert selector.requirements == checked.selector.requirements
        assert selector.ids == checked.selector.ids
    return selector is not None


@given(JOBS)
@example(JOB | {"selector": {}, "config": {"selector": {"match_ids": ["n-1"]}}})
@example(JOB | {"selector": None, "config": {"a": [{"b": {"nodeSelector": {}}}]}})
def test_random_jobs(job: dict[str, Any]) -> None:
    """What is accepted has no errors, by itself and in a wrapper."""
    assert is_accepted(job) == is_accepted({"spec": job})


def test_collected_jobs() -> None:
    """What is accepted has no errors, and nearly all jobs without errors are accepted."""
    jobs = list(collected())
    valid = [job for job in jobs if not CheckedJob(job, "job").report.errors]
    accepted = [job for job in jobs if is_accepted(job)]
    assert len(jobs) > 300
    assert len(accepted) > 0.95 * len(valid)


@pytest.mark.parametrize("rule", all_rules().values(), ids=lambda rule: rule.code)
def test_the_example_of_a_rule(rule: Rule) -> None:
    """Of the examples of each rule, those without errors are accepted, and no others."""
    for job in map(plain, (rule.before, rule.after)):
        is_valid = not CheckedJob(job, "job").report.errors
        is_bare = job.keys() <= {"spec"} or "spec" not in job  # not as the server returns it
        assert is_accepted(job) == (is_valid and is_bare)


@pytest.mark.parametrize(
    "selector",
    [
        {"match_labels": {f"k{number}": "" for number in range(LIMITS.requirements + 1)}},
        {"match_expressions": ["a"] * (LIMITS.requirements + 1)},
        {"match_ids": ["n-1"] * (LIMITS.match_ids + 1)},
        {"match_ids": "n-1"},
        {"match_ids": [""]},
        {"match_ids": ["${ID}"]},
        {"match_ids": {"n-1"}},
        {"match_labels": {"a": None}},
        {"match_labels": {1: "a"}},
        {"match_expressions": [None]},
        {"match_expressions": [" "]},
        Selector.parse("a"),
    ],
    ids=lambda selector: str(selector)[:40],
)
def test_selectors_that_are_not_accepted(selector: Any) -> None:
    """A selector that breaks a limit, or is not plain data, is left to the check."""
    assert not is_accepted({"name": "x", "selector": selector})


@pytest.mark.parametrize(
    "fields",
    [
        {"description": "\x1b"},
        {"description": 1},
        {"timeouts": {"total_timeout": 1, "execution_timeout": 2}},
        {"timeouts": {"total_timeout": 1, "queue_timeout": 2}},
        {"config": {"a": 2**64}},
        {"config": {"a": -(2**63) - 1}},
        {"config": {"a": [float("nan")]}},
        {"config": {"a": (1,)}},
        {"config": {"a": {1: "a"}}},
        {"config": []},
        {"config": "a"},
    ],
    ids=str,
)
def test_fields_that_are_not_accepted(fields: dict[str, Any]) -> None:
    """Other fields that break a rule, or are not plain data, are left to the check."""
    assert not is_accepted(JOB | fields)


def test_what_is_just_allowed() -> None:
    """The limits are accepted, and so are templates in a description."""
    deep: Any = "x"
    for _ in range(LIMITS.depth - 1):
        deep = {"a": deep}
    labels = {f"k{number}": "" for number in range(LIMITS.requirements)}
    assert is_accepted({"selector": {"match_labels": labels}, "config": deep})
    assert is_accepted({"selector": {"match_ids": ["n-1"] * LIMITS.match_ids}})
    assert is_accepted(JOB | {"description": "${TEXT}\n"})
