"""Answers of the server: read tolerantly, and never as more than they say."""

import json
import pickle
from copy import deepcopy
from typing import Any

import pytest

from nodeselect import JobError, Selector, SelectorError
from nodeselect.jobs import (
    Execution,
    GetExecutionResponse,
    JobSpec,
    read_execution,
    read_response,
)
from nodeselect.jobs.models.server import ServerJobSpec
from tests.jobs.reading import in_short

ANSWER = {
    "execution": {
        "id": "exec-789",
        "job_id": "job-abc",
        "job_type": "pipeline",
        "job_version": 3,
        "job_spec": {
            "name": "demo",
            "labels": None,
            "selector": {"match_labels": {"region": "us-east"}, "match_ids": None},
            "rollout": {"strategy": "rolling", "health_check": {"deadline": 300000000000}},
            "deployment": {"strategy": "rolling"},
        },
        "node_id": "node-edge-us-west-01",
        "eval_id": "eval-456",
        "rollout_wave": 2,
        "shard": 7,
        "status": {
            "created_at": "2024-01-15T10:30:00Z",
            "stable_at": "0001-01-01T00:00:00Z",
            "revision": 5,
            "desired_state": {"state_type": "run", "message": "", "details": {}},
            "observed_state": {"state_type": "hibernating", "details": {"code": None, "n": 1.5}},
            "details": None,
            "next_execution_id": "",
        },
    }
}


def execution_of(answer: Any) -> Execution:
    """Read an answer of the server, which is also what it writes."""
    execution = read_execution(json.dumps(answer).encode(), "answer.json")
    assert read_execution(execution.to_json().encode(), "x") == execution
    return execution


def job_spec_of(spec: Any) -> ServerJobSpec:
    """Return the job spec of an answer that has this one."""
    job_spec = execution_of({"id": "e", "job_spec": spec}).job_spec
    assert job_spec is not None
    return job_spec


def test_an_answer_of_the_server() -> None:
    """Null is absent, unknown states are kept as their text."""
    execution = execution_of(ANSWER)
    assert (execution.id, execution.node_id) == ("exec-789", "node-edge-us-west-01")
    assert (execution.rollout_wave, execution.namespace) == (2, None)
    assert execution.job_spec is not None
    assert execution.job_spec.to_selector() == Selector.parse("region=us-east")
    assert execution.job_spec.rollout["health_check"] == {"deadline": 300_000_000_000}
    desired, observed = execution.status.desired_state, execution.status.observed_state
    assert desired is not None
    assert observed is not None
    assert (desired.state_type, observed.state_type) == ("run", "hibernating")
    assert observed.details == {"code": None, "n": 1.5}
    assert execution_of(ANSWER["execution"]) == execution


def test_a_selector_that_the_server_took_and_we_do_not() -> None:
    """An answer with a selector that does not parse is read; only asking for it raises."""
    with pytest.raises(ValueError, match="expected"):
        job_spec_of({"selector": {"match_expressions": ["a b"]}}).to_selector()


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ({"selector": {"matchLabels": {"a": "b"}}}, "matchLabels"),
        ({"selector": {"match_labels": {"a": "b"}, "match_fields": ["x"]}}, "match_fields"),
        ({"nodeSelector": {"a": "b"}}, "nodeSelector"),
        ({"selectors": ["a"], "selector": {}}, "selectors"),
    ],
)
def test_a_selector_that_is_not_understood_never_takes_every_node(
    spec: dict[str, Any], name: str
) -> None:
    """What an answer's selector says beyond what we know is kept; asking for it raises."""
    job_spec = job_spec_of(spec)
    with pytest.raises(SelectorError, match=f"has a field '{name}' that is not known") as caught:
        job_spec.to_selector()
    assert caught.value.code == "unknown-field"
    assert json.loads(job_spec.to_json()) == spec
    assert job_spec != job_spec_of({})
    assert pickle.loads(pickle.dumps(job_spec)) == deepcopy(job_spec) == job_spec
    with pytest.raises(JobError):  # and it does not become a spec that will be submitted
        JobSpec.model_validate_json(job_spec.to_json())


@pytest.mark.parametrize(
    "selector",
    [{"match_ids": [None]}, {"match_labels": {"a": None, "b": "c"}}, {"match_expressions": [None]}],
)
def test_nothing_in_a_selector_is_not_left_out(selector: dict[str, Any]) -> None:
    """A list of ids without its null would be empty, and take every node."""
    with pytest.raises(SelectorError, match="that contains null"):
        job_spec_of({"selector": selector}).to_selector()


def test_what_go_writes_for_nothing() -> None:
    """A label of a job may be null, and a state may be its name alone."""
    assert job_spec_of({"labels": {"a": None, "b": "c"}}).labels == {"a": None, "b": "c"}
    status = execution_of({"id": "e", "status": {"state": "running", "desired_state": "b"}}).status
    states = status.observed_state, status.desired_state
    assert [state and state.state_type for state in states] == ["running", "b"]
    with pytest.raises(JobError):
        JobSpec.model_validate({"labels": {"a": None}})


def test_unknown_fields_that_are_null_or_choose_nothing() -> None:
    """An unknown field that is null, or that is far from any selector, does not matter."""
    spec = job_spec_of({"selector": {"matchLabels": None}, "nodeSelector": None, "shards": 3})
    assert spec.to_selector() == Selector.everything()
    assert json.loads(spec.to_json()) == {"selector": {}, "shards": 3}


def test_what_a_server_once_took_is_read() -> None:
    """Numbers, words and characters of an answer are not restricted."""
    execution = execution_of(
        {
            "id": "e",
            "rollout_wave": -1,
            "job_spec": {
                "restart_policy": "sometimes",
                "meta": {"a\x07": "b\x07"},
                "rollout": {
                    "max_parallel": 500,
                    "max_failed_nodes_percent": 100.5,
                    "health_check": {"deadline": 0, "max_error_rate": 2.5},
                },
            },
            "status": {"observed_state": {"message": "\x1b[31mred"}},
        }
    )
    spec, state = execution.job_spec, execution.status.observed_state
    assert spec is not None
    assert state is not None
    assert (spec.rollout["max_parallel"], spec.restart_policy) == (500, "sometimes")
    assert spec.meta == {"a\x07": "b\x07"}
    assert state.message == "\x1b[31mred"
    assert "\x1b" not in repr(execution) + str(execution) + execution.to_json()


def test_a_response() -> None:
    """The whole response, and the execution in it, are read alike."""
    answer = json.dumps({**ANSWER, "took": 5}).encode()
    response = read_response(answer, "x")
    assert response == GetExecutionResponse(execution=read_execution(answer, "x"))
    assert GetExecutionResponse.model_validate_json(response.to_json()) == response


@pytest.mark.parametrize("data", [b"", b"\xff", b"[" * 100, b"a: &x b", b"x" * 2_000_000])
def test_bytes_that_are_no_answer(data: bytes) -> None:
    """Bytes that are not a document are refused."""
    with pytest.raises(JobError):
        read_execution(data, "answer.json")


STATE = {"state_type": "a"}


@pytest.mark.parametrize(
    "status",
    [
        {"state": STATE},
        {"compute_state": STATE},
        {"state": {"state_type": "b"}, "compute_state": STATE},
        {"compute_state": {"state_type": "b"}, "observed_state": STATE},
    ],
)
def test_names_of_the_observed_state(status: dict[str, Any]) -> None:
    """What older servers call the observed state is read; the newest name counts."""
    state = execution_of({"id": "e", "status": status}).status.observed_state
    assert state is not None
    assert state.state_type == "a"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({}, "no-execution"),
        ({"items": []}, "no-execution"),
        ({"execution": None}, "no-execution"),
        ({"execution": {"id": None}}, "no-execution"),
        ([], "wrong-type"),
        ("x", "wrong-type"),
        ({"execution": "x"}, "wrong-type execution"),
        ({"id": 5}, "wrong-type execution.id"),
    ],
    ids=str,
)
def test_what_is_no_execution(answer: Any, problem: str) -> None:
    """An answer that is something else is refused."""
    with pytest.raises(JobError) as caught:
        execution_of(answer)
    assert in_short(caught.value.problems) == f"! 0:0-0 error {problem}\n"
