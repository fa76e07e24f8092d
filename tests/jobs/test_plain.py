"""A job that a program has parsed, and JSON without mistakes, are read without positions."""

import json
import re
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from nodeselect import JobError
from nodeselect.jobs import (
    JobSpec,
    check_job,
    read_job,
    read_job_selector,
)
from tests.jobs.reading import OF_EXCERPTS
from tests.jobs.test_job_laws import FIELDS, JSON, WORDS

JOB: dict[str, Any] = {"name": "x", "selector": {"match_labels": {"region": "eu"}}}
NUMBERS = st.none() | st.integers(-1, 3) | st.sampled_from([0.5, "5m", 2**63, True])
STRATEGY = st.sampled_from([None, "immediate", "rolling", "canary", "other"])
HEALTH = st.none() | st.fixed_dictionaries({}, optional={"deadline": NUMBERS, "interval": NUMBERS})
NUMBER_FIELDS = ("max_parallel", "canary_count", "canary_percent", "auto_promote")
ROLLOUTS = st.fixed_dictionaries(
    {},
    optional={
        "strategy": STRATEGY,
        "health_check": HEALTH,
        **dict.fromkeys(NUMBER_FIELDS, NUMBERS),
    },
)
TIMEOUTS = st.dictionaries(
    st.sampled_from(["total_timeout", "execution_timeout", "queue_timeout"]), NUMBERS
)
JOBS = st.fixed_dictionaries(
    {"name": st.just("x")},
    optional={
        "type": WORDS,
        "selector": FIELDS,
        "rollout": ROLLOUTS,
        "timeouts": TIMEOUTS,
        "meta": st.dictionaries(st.sampled_from(["expanso.io/x", "a"]), WORDS),
        "config": st.dictionaries(st.sampled_from(["selector", "input", "a"]), JSON, max_size=2),
        "spec": JSON,
        "other": JSON,
    },
)


def result_of(data: Any) -> JobSpec | list[str]:
    """Return the job, or the codes of its errors."""
    try:
        return read_job(data)
    except JobError as error:
        return [problem.code for problem in error.problems]


@given(JOBS, st.booleans())
@example(JOB | {"meta": {"a": "${X}"}}, False)
@example({"name": "x", "selector": {"match_expressions": ["a=1,a=2"]}}, False)
@example(JOB | {"config": {"a": 1e300}}, False)
@example(JOB | {"meta": {"expanso.io/x": ""}}, True)
def test_all_ways_to_read_a_job_agree(job: dict[str, Any], wrapped: bool) -> None:
    """A mapping, text and bytes give the same job, and only if the check has no errors."""
    job = {"spec": job} if wrapped else job
    text = json.dumps(job)
    assume("Infinity" not in text)
    assume(not re.search(r"\d{20}", text))
    results = [result_of(data) for data in (job, text, text.encode())]
    # Blank lines make the text too long to be read without positions.
    results.append(result_of(text + " " * 200_000))
    assert isinstance(results[0], JobSpec) == all(isinstance(each, JobSpec) for each in results)
    if isinstance(results[0], JobSpec):
        assert results[1:] == results[:1] * 3
        assert read_job_selector(job) == results[0].to_selector()
    reports = [check_job(data) for data in (job, text)]
    assert reports[0].errors == reports[1].errors
    assert reports[0].warnings == reports[1].warnings
    assert isinstance(results[0], JobSpec) == (reports[0].errors == 0)


def test_problems_of_a_mapping_have_a_path() -> None:
    """There is no line to show, so the problem has a path only."""
    job = JOB | {"selector": {"match_labels": {"a": "b c"}}}
    report = check_job(job, "job 7", rules=OF_EXCERPTS)
    (problem,) = report.problems
    assert (problem.line, problem.path) == (0, "selector.match_labels.a")
    assert "\n --> job 7 at selector.match_labels.a\n" in str(report)


@pytest.mark.parametrize("value", [{1: 2}, {1, 2}, b"x", object()])
def test_what_is_not_plain_data(value: object) -> None:
    """What JSON cannot represent is a TypeError."""
    for read in (read_job, read_job_selector, check_job):
        with pytest.raises(TypeError):
            read(JOB | {"config": {"a": value}})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1 << 64, -(1 << 70)])
def test_numbers_that_are_too_large(value: float) -> None:
    """A number that JSON cannot represent is a problem of the job."""
    with pytest.raises(JobError, match="not-finite"):
        read_job(JOB | {"config": {"a": value}})


def test_buffers_are_files() -> None:
    """What an HTTP server calls the body is the content of a file."""
    data = json.dumps(JOB).encode()
    assert read_job(bytearray(data)) == read_job(memoryview(data)) == read_job(data)


@pytest.mark.parametrize("levels", range(28, 36))
@pytest.mark.parametrize("value", ["x", [], {}])
@pytest.mark.parametrize("wrapped", [False, True])
def test_depth(levels: int, value: Any, wrapped: bool) -> None:
    """Mappings are as deep as files."""
    for _ in range(levels):
        value = [value]
    job = JOB | {"config": {"a": value}}
    job = {"spec": job} if wrapped else job
    assert (
        result_of(job) == result_of(json.dumps(job)) == result_of(json.dumps(job) + " " * 200_000)
    )


@pytest.mark.parametrize(
    "text", ['{"name": "x", "name": "y"}', '{"name": "x", "config": {"a": NaN}}', "[1]", "{", "5"]
)
def test_json_with_a_mistake_is_reported_by_position(text: str) -> None:
    """What cannot be read without positions is read with them."""
    with pytest.raises(JobError) as caught:
        read_job(text, "job.json")
    assert caught.value.problems[0].line == 1


POD_SPEC = {"containers": [{"name": "a"}], "nodeSelector": {"gpu": 1}}


@pytest.mark.parametrize(
    ("job", "code", "path"),
    [
        (
            {"apiVersion": "v1", "kind": "Pod", "spec": POD_SPEC},
            "wrong-type",
            "spec.nodeSelector['gpu']",
        ),
        (
            {
                "apiVersion": "v1",
                "kind": "List",
                "items": [{"apiVersion": "v1", "kind": "Pod", "spec": POD_SPEC}],
            },
            "wrong-type",
            "spec.nodeSelector['gpu']",
        ),
        ({"affinity": {"nodeAffinity": {"x": 1}}}, "unknown-field", "affinity.nodeAffinity.x"),
        (
            {"Name": "a", "Tasks": [{}], "Constraints": [{"Key": "a", "Operator": "x"}]},
            "unknown-operator",
            "Constraints[0].Operator",
        ),
    ],
)
def test_other_jobs(job: dict[str, Any], code: str, path: str) -> None:
    """A manifest, a Bacalhau job and an affinity are checked as their text is."""
    of_mapping, of_text = check_job(job), check_job(json.dumps(job), "job.json")
    assert [(each.code, each.path) for each in of_mapping.problems] == [(code, path)]
    assert [(each.code, each.path) for each in of_text.problems] == [(code, path)]
    assert (of_mapping.problems[0].line, of_mapping.is_job) == (0, True)


def test_objects_without_jobs_and_valid_ones() -> None:
    """A mapping of another kind has no job, and a valid pod no problems."""
    assert not check_job({"apiVersion": "v1", "kind": "Service"}).is_job
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a"}]}}
    assert check_job(pod).problems == ()
