"""The models: strict for what will be submitted, tolerant for what the server answers."""

import json
import pickle
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from nodeselect import JobError, Selector, SelectorError
from nodeselect.jobs import (
    Execution,
    GetExecutionResponse,
    HealthCheck,
    Job,
    JobSpec,
    NodeSelector,
    RolloutSpec,
    Timeouts,
    check_job,
    read_execution,
    read_job,
    read_response,
    read_server_job,
)
from nodeselect.limits import LIMITS

EXAMPLE = Path(__file__).parents[2] / "docs" / "example" / "job.yaml"

FULL = """\
name: line-inspection
type: pipeline
namespace: production
description: |
  counts defects
priority: 150
labels: {app: line, tier: "2"}
meta: {owner: vision}
restart_policy: always
selector:
  match_labels: {region: eu}
  match_expressions: ["tier in (gold,silver)", "!debug"]
  match_ids: [n-1, n-2]
rollout:
  strategy: canary
  max_parallel: 25
  canary_count: 2
  auto_promote: true
  max_failed_nodes: 0
  max_failed_nodes_percent: 2.5
  no_auto_rollback: true
  health_check: {deadline: 5m, interval: 10000000000, max_error_rate: 0.0}
timeouts: {execution_timeout: 60, queue_timeout: 5, total_timeout: 100}
config:
  input: {generate: {interval: 1s, count: 0, seed: -1.5e+3}}
  list: [true, null, yes, 017, 1e999, 2024-01-01, "5"]
"""


def spec_of(text: str) -> JobSpec:
    """Read a job spec."""
    return read_job(text.encode(), "job.yaml")


def refusal_of(model: Any, **fields: Any) -> str:
    """Give what is said when a model is made of wrong fields."""
    with pytest.raises(JobError) as caught:
        model(**fields)
    return str(caught.value)


def test_every_field() -> None:
    """A job file becomes a value with all that it says; durations become nanoseconds."""
    spec = spec_of(FULL)
    assert (spec.name, spec.type, spec.priority) == ("line-inspection", "pipeline", 150)
    assert spec.description == "counts defects\n"
    assert spec.labels == {"app": "line", "tier": "2"}
    assert spec.selector.match_ids == ("n-1", "n-2")
    assert spec.rollout == RolloutSpec(
        strategy="canary",
        max_parallel=25,
        canary_count=2,
        auto_promote=True,
        max_failed_nodes=0,
        max_failed_nodes_percent=2.5,
        no_auto_rollback=True,
        health_check=HealthCheck(deadline=300_000_000_000, max_error_rate=0.0),
    )
    assert spec.timeouts == Timeouts(execution_timeout=60, queue_timeout=5, total_timeout=100)
    assert spec.config["input"]["generate"] == {"interval": "1s", "count": 0, "seed": -1500.0}


def test_nothing_is_converted_in_config_that_readers_of_yaml_take_differently() -> None:
    """What YAML 1.1, YAML 1.2 and JSON read alike is converted; the rest stays as it is written."""
    assert spec_of(FULL).config["list"] == (
        True, None, "yes", "017", "1e999", "2024-01-01", "5",
    )  # fmt: skip


def test_defaults() -> None:
    """What is documented as a default is there, and one can tell that it was not written."""
    spec = spec_of("name: x\nrollout: {strategy: rolling, health_check: {deadline: 1m}}\n")
    assert spec.restart_policy == "on-failure"
    assert (spec.rollout.max_parallel, spec.rollout.max_failed_nodes) == (10, 10)
    assert spec.rollout.max_failed_nodes_percent == 10.0
    assert spec.rollout.no_auto_rollback is False
    health = spec.rollout.health_check
    assert health is not None
    assert (health.interval, health.failure_threshold, health.success_threshold) == (10**10, 3, 2)
    assert health.max_error_rate == 0.10
    assert health.model_fields_set == {"deadline"}
    assert spec_of("name: x").rollout.strategy == "immediate"
    assert spec_of("name: x").timeouts == Timeouts()


def test_zero_is_not_absent() -> None:
    """An explicit max_error_rate of 0 stays apart from none, there and back."""
    said = HealthCheck(deadline="1m", max_error_rate=0.0)
    silent = HealthCheck(deadline="1m")
    assert said != silent
    assert json.loads(said.to_json()) == {"deadline": 60_000_000_000, "max_error_rate": 0.0}
    assert json.loads(silent.to_json()) == {"deadline": 60_000_000_000}


@pytest.mark.parametrize("text", [FULL, "name: x", "{}", EXAMPLE.read_text("utf-8")])
def test_round_trip(text: str) -> None:
    """A spec as JSON reads back as an equal spec with the same fields set."""
    spec = JobSpec() if text == "{}" else spec_of(text)
    again = JobSpec.model_validate_json(spec.to_json())
    assert again == spec
    assert again.model_fields_set == spec.model_fields_set
    assert again.to_json() == spec.to_json()
    if spec.name:
        assert spec_of(spec.to_json()) == spec
    assert deepcopy(spec) == spec
    assert pickle.loads(pickle.dumps(spec)) == spec


@pytest.mark.parametrize(
    "selector",
    [
        Selector.everything(),
        Selector.parse("a=b,!c,d in (e,),f notin (g,h),i==j,k>5,l!="),
        Selector.of(match_ids=["n-2", "n-1"], match_expressions=["a,a!=b"]),
    ],
    ids=str,
)
def test_selector_there_and_back(selector: Selector) -> None:
    """A selector as the three fields of a spec means the same, also through JSON."""
    fields = NodeSelector.of(selector)
    assert fields.to_selector() == selector
    assert NodeSelector.model_validate_json(fields.to_json()).to_selector() == selector
    assert JobSpec(selector=fields).to_selector() == selector


def test_nothing_has_no_fields() -> None:
    """A spec cannot say that it takes no node: its empty ids would take all."""
    with pytest.raises(ValueError, match="cannot say that it takes no node"):
        NodeSelector.of(Selector.nothing())


def test_frozen() -> None:
    """Neither fields nor what is in them can be changed."""
    spec = spec_of(FULL)
    with pytest.raises(ValueError, match="frozen"):
        spec.name = "y"
    for mapping in (spec.labels, spec.config, spec.config["input"], spec.selector.match_labels):
        with pytest.raises(TypeError):
            mapping["x"] = "y"  # type: ignore[index]


@pytest.mark.parametrize(
    ("model", "fields", "said"),
    [
        pytest.param(
            JobSpec, {"name": 1},
            "JobSpec: error[wrong-type] at name: a string belongs here", id="type",
        ),
        pytest.param(
            JobSpec, {"selector": {"matchLabels": {}, "match_ids": ["a"]}},
            "JobSpec: error[unknown-field] at selector.matchLabels: there is no field"
            " 'matchLabels'",
            id="unknown",
        ),
        pytest.param(
            JobSpec, {"ev\x1b[31mil": 1},
            "JobSpec: error[unknown-field] at ev\\x1b[31mil: there is no field 'ev\\x1b[31mil'",
            id="escape",
        ),
        pytest.param(
            NodeSelector, {"match_expressions": ["a b"]},
            "NodeSelector: error[unexpected] at match_expressions[0]: expected '=', '!=', 'in',"
            " 'notin', '>', '<', ',' or the end, found 'b'\n  put ',' between two requirements",
            id="expression",
        ),
        pytest.param(
            NodeSelector, {"match_ids": "node-a"},
            "NodeSelector: error[wrong-type] at match_ids: a list of strings belongs here",
            id="string-for-a-list",
        ),
        pytest.param(
            NodeSelector, {"match_labels": {"a": True}},
            "NodeSelector: error[wrong-type] at match_labels.a: a string belongs here",
            id="label",
        ),
        pytest.param(
            RolloutSpec, {"strategy": "blue"},
            "RolloutSpec: error[wrong-value] at strategy: 'blue' is none of immediate, rolling,"
            " canary", id="word",
        ),
        pytest.param(
            RolloutSpec, {"max_parallel": 101},
            "RolloutSpec: error[out-of-range] at max_parallel: it is at most 100", id="percent",
        ),
        pytest.param(
            RolloutSpec, {"max_parallel": True},
            "RolloutSpec: error[wrong-type] at max_parallel: a whole number belongs here",
            id="boolean",
        ),
        pytest.param(
            HealthCheck, {"deadline": "5"},
            "HealthCheck: error[wrong-value] at deadline: '5' is no duration such as 30s or 1m30s",
            id="duration",
        ),
        pytest.param(
            HealthCheck, {"max_error_rate": float("nan")},
            "HealthCheck: error[wrong-type] at max_error_rate: a number is finite",
            id="nan",
        ),
        pytest.param(
            JobSpec, {"name": "\ud800"},
            "JobSpec: error[wrong-value] at name: an unprintable character (\\ud800) is refused",
            id="surrogate",
        ),
        pytest.param(
            JobSpec, {"config": {"a": object()}},
            "JobSpec: error[wrong-value] at config: object is not plain data", id="object",
        ),
        pytest.param(
            JobSpec, {"config": {"a": 2**65}},
            "JobSpec: error[wrong-value] at config: a whole number has at most 64 bits", id="huge",
        ),
        pytest.param(
            JobSpec, {"config": {"a": -(2**63) - 1}},
            "JobSpec: error[wrong-value] at config: a whole number has at most 64 bits", id="low",
        ),
        pytest.param(
            JobSpec, {"config": {"a": ["\ud800"]}},
            "JobSpec: error[wrong-value] at config: half of a surrogate pair is refused",
            id="surrogate-in-config",
        ),
        pytest.param(
            JobSpec, {"deployment": None},
            "JobSpec: error[unknown-field] at deployment: there is no field 'deployment'",
            id="unknown-and-null",
        ),
        pytest.param(
            NodeSelector, {"match_ids": {"a", "b"}},
            "NodeSelector: error[wrong-type] at match_ids: a list of strings belongs here",
            id="set",
        ),
        pytest.param(
            Timeouts, {"total_timeout": 2**63},
            "Timeouts: error[out-of-range] at total_timeout: it is at most 9.22337e+18",
            id="beyond-64-bits",
        ),
    ],
)  # fmt: skip
def test_constructors_are_as_strict(model: Any, fields: dict[str, Any], said: str) -> None:
    """A model made by a program is checked like a file, and its error is JobError."""
    assert refusal_of(model, **fields) == said


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: JobSpec.model_validate({"\x1b[31mx": 1}), "unknown-field"),
        (lambda: JobSpec.model_validate_json('{"\\u001b[31mx": 1}'), "unknown-field"),
        (lambda: JobSpec.model_validate_json('{"\x1b[31mx'), "not-json"),
        (lambda: JobSpec.model_validate_json(b"\xff"), "not-json"),
        (lambda: JobSpec.model_validate_strings({"\x1b[31mx": "1"}), "unknown-field"),
    ],
)
def test_every_way_to_make_a_model_raises_our_own_error(make: Any, code: str) -> None:
    """No error of another library comes out, and nothing of it reaches a terminal."""
    with pytest.raises(JobError) as caught:
        make()
    assert [each.code for each in caught.value.problems] == [code]
    assert "\x1b" not in str(caught.value)


def test_what_fields_must_keep_between_them_is_told_of_json() -> None:
    """A model may be of parts that do not go together; the check of its JSON tells."""
    spec = JobSpec(
        name="x",
        selector=NodeSelector(match_ids=("n-1",)),
        rollout=RolloutSpec(strategy="rolling"),
    )
    checked = check_job(spec.to_json().encode(), "spec")
    assert [each.code for each in checked.problems] == ["missing-health-check"]


def test_a_flood_of_errors_is_counted() -> None:
    """Of many errors the first are told; the text stays small."""
    said = refusal_of(NodeSelector, match_ids=[1] * 10_000)
    assert said.endswith("NodeSelector: and 9980 more")
    assert len(said) < 5_000


def test_deep_data() -> None:
    """Data nested beyond the limit is refused by its name, and not by the end of the stack."""
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    assert "nested deeper than 32 levels (depth)" in refusal_of(JobSpec, config={"a": deep})


def test_depth_of_data() -> None:
    """Data is as deep as a file may be: its config is in the job, and each level counts."""

    def nested(levels: int) -> Any:
        data: Any = "x"
        for _ in range(levels):
            data = [data]
        return {"a": data}

    most = JobSpec(name="x", config=nested(LIMITS.depth - 2))
    assert spec_of(most.to_json()) == most
    assert "deeper" in refusal_of(JobSpec, config=nested(LIMITS.depth - 1))


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ('{"a": 1e100}', '{"a":1e+100}'),
        ('{"a": 1e3, "b": 2.0, "c": 5E-1}', '{"a":1000.0,"b":2.0,"c":0.5}'),
        ('{"a": 18446744073709551615}', '{"a":18446744073709551615}'),
        ('{"a": -9223372036854775808}', '{"a":-9223372036854775808}'),
        ('{"a": 12345678901234567890.5}', '{"a":1.2345678901234567e+19}'),
        ('{"a": "\\u007f\\u009b"}', '{"a":"\\u007f\\u009b"}'),
    ],
)
def test_numbers_of_json(config: str, text: str) -> None:
    """Each number of JSON is one, and what is written is read again as the same."""
    spec = spec_of(f'{{"name": "x", "config": {config}}}')
    assert spec.to_json().lower() == f'{{"name":"x","config":{text}}}'
    assert spec_of(spec.to_json()) == spec


def test_a_wrapped_job() -> None:
    """A spec that is wrapped as the server gives it is the spec."""
    assert spec_of("spec: {name: x}\nid: job-1\nstatus: {odd: 1}\n") == JobSpec(name="x")
    assert Job(spec=JobSpec(name="x")).spec.name == "x"


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
    """Read an answer of the server."""
    return read_execution(json.dumps(answer).encode(), "answer.json")


def test_an_answer_of_the_server() -> None:
    """Unknown fields are left out, null is nothing, unknown states are kept as their text."""
    execution = execution_of(ANSWER)
    assert (execution.id, execution.node_id) == ("exec-789", "node-edge-us-west-01")
    assert (execution.rollout_wave, execution.namespace) == (2, None)
    assert execution.job_spec is not None
    assert execution.job_spec.to_selector() == Selector.parse("region=us-east")
    assert execution.job_spec.rollout.health_check == HealthCheck(deadline="5m")
    desired, observed = execution.status.desired_state, execution.status.observed_state
    assert desired is not None
    assert observed is not None
    assert (desired.state_type, observed.state_type) == ("run", "hibernating")
    assert observed.details == {"code": None, "n": 1.5}
    assert execution_of(ANSWER["execution"]) == execution


@pytest.mark.parametrize("name", ["compute_state", "state"])
def test_older_names_of_the_observed_state(name: str) -> None:
    """What older servers call the observed state is the observed state."""
    state = execution_of({"id": "e", "status": {name: {"state_type": "running"}}}).status
    assert state.observed_state is not None
    assert state.observed_state.state_type == "running"


def test_a_selector_that_the_server_took_and_we_do_not() -> None:
    """An answer with a selector that does not parse is read; only asking for it raises."""
    execution = execution_of({"id": "e", "job_spec": {"selector": {"match_expressions": ["a b"]}}})
    assert execution.job_spec is not None
    with pytest.raises(ValueError, match="expected"):
        execution.job_spec.to_selector()


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        pytest.param({"selector": {"matchLabels": {"a": "b"}}}, "matchLabels", id="camel-case"),
        pytest.param(
            {"selector": {"match_labels": {"a": "b"}, "match_fields": ["x"]}},
            "match_fields",
            id="one-more",
        ),
        pytest.param({"nodeSelector": {"a": "b"}}, "nodeSelector", id="of-kubernetes"),
        pytest.param({"selectors": ["a"], "selector": {}}, "selectors", id="plural"),
    ],
)
def test_a_selector_that_is_not_understood_never_takes_every_node(
    spec: dict[str, Any], name: str
) -> None:
    """What an answer's selector says beyond what we know is kept; asking for it raises."""
    execution = execution_of({"id": "e", "job_spec": spec})
    assert execution.job_spec is not None
    with pytest.raises(
        SelectorError, match=f"has a field '{name}', which is not understood"
    ) as caught:
        execution.job_spec.to_selector()
    assert caught.value.code == "unknown-field"
    assert json.loads(execution.to_json())["job_spec"] == spec
    again = read_execution(execution.to_json().encode(), "x")
    assert again == execution
    assert again != execution_of({"id": "e", "job_spec": {}})
    assert pickle.loads(pickle.dumps(execution)) == deepcopy(execution) == execution
    with pytest.raises(JobError):  # and it does not become a spec that will be submitted
        JobSpec.model_validate_json(execution.job_spec.to_json())


@pytest.mark.parametrize(
    "selector",
    [{"match_ids": [None]}, {"match_labels": {"a": None, "b": "c"}}, {"match_expressions": [None]}],
)
def test_nothing_in_a_selector_is_not_left_out(selector: dict[str, Any]) -> None:
    """A list of ids without its null would be empty, and take every node."""
    execution = execution_of({"id": "e", "job_spec": {"selector": selector}})
    assert execution.job_spec is not None
    with pytest.raises(SelectorError, match="is not understood"):
        execution.job_spec.to_selector()
    assert read_execution(execution.to_json().encode(), "x") == execution
    with pytest.raises(JobError):
        Execution.model_validate_json(execution.to_json())


def test_what_go_writes_for_nothing() -> None:
    """A label without a value is left out, and a state may be its name alone."""
    execution = execution_of(
        {
            "id": "e",
            "job_spec": {"labels": {"a": None, "b": "c"}},
            "status": {"state": "running", "desired_state": "stopped"},
        }
    )
    assert execution.job_spec is not None
    assert execution.job_spec.labels == {"b": "c"}
    states = execution.status.observed_state, execution.status.desired_state
    assert [state and state.state_type for state in states] == ["running", "stopped"]
    with pytest.raises(JobError):
        JobSpec(labels={"a": None})


def test_the_newest_name_of_the_observed_state_counts() -> None:
    """Of the names that servers have given it the newest is taken."""
    status = {"state": {"state_type": "a"}, "compute_state": {"state_type": "b"}}
    old = execution_of({"id": "e", "status": status}).status.observed_state
    new = execution_of({"id": "e", "status": {**status, "observed_state": {"state_type": "c"}}})
    assert old is not None
    assert new.status.observed_state is not None
    assert (old.state_type, new.status.observed_state.state_type) == ("b", "c")


def test_unknown_fields_that_are_null_or_choose_nothing() -> None:
    """An unknown field that is null, or that is far from any selector, does not matter."""
    spec = {"selector": {"matchLabels": None}, "nodeSelector": None, "shards": 3}
    execution = execution_of({"id": "e", "job_spec": spec})
    assert execution.job_spec is not None
    assert execution.job_spec.to_selector() == Selector.everything()
    assert json.loads(execution.job_spec.to_json()) == {"selector": {}}


def test_what_a_server_once_took_is_read() -> None:
    """Bounds, words and unprintable characters are no matter of an answer."""
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
    assert (spec.rollout.max_parallel, spec.restart_policy) == (500, "sometimes")
    assert spec.meta == {"a\x07": "b\x07"}
    assert state.message == "\x1b[31mred"
    assert "\x1b" not in repr(execution) + str(execution) + execution.to_json()
    assert read_execution(execution.to_json().encode(), "x") == execution


def test_a_response() -> None:
    """The whole response, and the execution in it, are read alike."""
    answer = json.dumps({**ANSWER, "took": 5}).encode()
    assert read_response(answer, "x") == GetExecutionResponse(execution=read_execution(answer, "x"))


@pytest.mark.parametrize("wrap", [lambda job: job, lambda job: {"job": job, "warnings": []}])
def test_a_job_of_the_server(wrap: Any) -> None:
    """A job is read as the server gives it, tolerantly, by itself or wrapped."""
    job = read_server_job(
        json.dumps(
            wrap(
                {
                    "id": "job-1",
                    "spec": {"name": "x", "rollout": {"max_parallel": 500}, "odd": 1},
                    "status": {"version": 3, "state": {"state_type": "hibernating"}, "odd": 1},
                }
            )
        ).encode(),
        "job.json",
    )
    assert (job.id, job.spec.name, job.spec.rollout.max_parallel) == ("job-1", "x", 500)
    assert job.status is not None
    assert job.status.state is not None
    assert (job.status.version, job.status.state.state_type) == (3, "hibernating")
    with pytest.raises(JobError, match="none of the fields of the job that was expected"):
        read_server_job(b'{"job": {}}', "x")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            {},
            (
                "1:1: error[no-execution]: this has none of the fields of the execution that was"
                " expected\n  {}\n  ^"
            ),
        ),
        (
            {"items": []},
            (
                "1:1: error[no-execution]: this has none of the fields of the execution"
                ' that was expected\n  {"items": []}\n  ^'
            ),
        ),
        (
            {"execution": None},
            (
                "1:15: error[wrong-type] at execution: a mapping belongs here, not"
                ' null\n  {"execution": null}\n                ^^^^'
            ),
        ),
        (
            {"execution": {"id": None}},
            (
                "1:15: error[no-execution] at execution: this has none of the"
                " fields of the execution that was expected\n"
                '  {"execution": {"id": null}}\n                ^'
            ),
        ),
        ([], "1:1: error[wrong-type]: a mapping belongs here, not a list\n  []\n  ^"),
        (
            "x",
            ("1:2: error[wrong-type]: a mapping belongs here, not the string 'x'\n  \"x\"\n   ^"),
        ),
        (
            {"execution": "x"},
            (
                "1:16: error[wrong-type] at execution: a mapping belongs here, not the"
                " string 'x'\n"
                '  {"execution": "x"}\n                 ^'
            ),
        ),
    ],
)
def test_what_is_no_execution(answer: Any, said: str) -> None:
    """An answer that is something else is refused, with its place."""
    with pytest.raises(JobError) as caught:
        execution_of(answer)
    assert str(caught.value) == f"answer.json:{said}"


def test_other_types_in_an_answer() -> None:
    """Types are no matter of taste: a number for a text is refused."""
    with pytest.raises(JobError) as caught:
        execution_of({"id": 5})
    assert str(caught.value) == (
        "answer.json: error[wrong-type] at execution.id: a string belongs here"
    )


@pytest.mark.parametrize("data", [b"", b"\xff", b"[" * 100, b"a: &x b", b"x" * 2_000_000])
def test_bytes_that_are_no_answer(data: bytes) -> None:
    """Bytes that are no document are refused."""
    with pytest.raises(JobError):
        read_execution(data, "answer.json")


def test_round_trip_of_an_answer() -> None:
    """An execution as JSON reads back as an equal one."""
    execution = execution_of(ANSWER)
    assert read_execution(execution.to_json().encode(), "x") == execution
    answer = GetExecutionResponse(execution=Execution(id="e"))
    assert GetExecutionResponse.model_validate_json(answer.to_json()) == answer
