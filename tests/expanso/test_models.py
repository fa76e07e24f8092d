"""The models: strict for what will be submitted; test_answers.py has what the server answers."""

import pickle
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

import nodeselect.jobs
from nodeselect import JobError, Selector
from nodeselect.jobs import (
    HealthCheck,
    JobSpec,
    NodeSelector,
    RolloutSpec,
    Timeouts,
    read_job,
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
    return read_job(text.encode(), "job.yaml")


def refusal_of(model: Any, **fields: Any) -> str:
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
    """Documented defaults are set, and differ from values that were written."""
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
    with pytest.raises(ValueError, match="cannot express a selector that matches no node"):
        NodeSelector.of(Selector.nothing())


def test_frozen() -> None:
    """Neither fields nor what is in them can be changed."""
    spec = spec_of(FULL)
    with pytest.raises(ValueError, match="frozen"):
        spec.name = "y"  # type: ignore[misc]
    for part in (NodeSelector(), RolloutSpec(), HealthCheck(), Timeouts()):
        with pytest.raises(ValueError, match="frozen"):
            setattr(part, next(iter(type(part).model_fields)), None)
    for mapping in (spec.labels, spec.config, spec.config["input"], spec.selector.match_labels):
        with pytest.raises(TypeError):
            mapping["x"] = "y"  # type: ignore[index]


def with_config(value: Any) -> dict[str, Any]:
    return {"config": {"a": value}}


@pytest.mark.parametrize(
    ("model", "fields", "said"),
    [
        (JobSpec, {"name": 1}, "name [wrong-type]: must be a valid string"),
        (JobSpec, {"selector": {"matchLabels": {}, "match_ids": ["a"]}},
         "selector.matchLabels [unknown-field]: there is no field 'matchLabels'"),
        (JobSpec, {"ev\x1b[31mil": 1},
         "ev\\x1b[31mil [unknown-field]: there is no field 'ev\\x1b[31mil'"),
        (NodeSelector, {"match_expressions": ["a b"]},
         ("match_expressions[0] [unexpected]: expected '=', '!=', 'in', 'notin', '>', '<', ','"
         " or the end, found 'b'\nhelp: put ',' between two requirements")),
        (NodeSelector, {"match_ids": "a"}, "match_ids [wrong-type]: must be a list of strings"),
        (NodeSelector, {"match_labels": {"a": True}},
         "match_labels.a [wrong-type]: must be a valid string"),
        (RolloutSpec, {"strategy": "blue"},
         "strategy [not-one-of]: must be 'immediate', 'rolling' or 'canary'"),
        (RolloutSpec, {"max_parallel": 101},
         "max_parallel [out-of-range]: must be less than or equal to 100"),
        (RolloutSpec, {"max_parallel": True},
         "max_parallel [wrong-type]: must be a valid integer"),
        (HealthCheck, {"deadline": "5"},
         "deadline [wrong-value]: '5' is not a duration such as 30s or 1m30s"),
        (HealthCheck, {"max_error_rate": float("nan")},
         "max_error_rate [wrong-type]: must be a finite number"),
        (JobSpec, {"name": "\ud800"},
         "name [wrong-value]: the character \\ud800 is not allowed"),
        (JobSpec, with_config({"a": 1, 1: 2}), "config [wrong-value]: a key must be a string"),
        (JobSpec, with_config(object()), "config [wrong-value]: object is not plain data"),
        (JobSpec, with_config(-(2**63) - 1),
         "config [wrong-value]: a whole number has at most 64 bits"),
        (JobSpec, with_config(["\ud800"]),
         "config [wrong-value]: \\ud800 is half of a character (an unpaired surrogate)"),
        (JobSpec, {"deployment": None},
         "deployment [unknown-field]: there is no field 'deployment'"),
    ],
)  # fmt: skip
def test_constructors_are_as_strict(model: Any, fields: dict[str, Any], said: str) -> None:
    """A model made by a program is checked like a file, and its error is JobError."""
    path, _, message = said.partition(" ")
    headline, _, hint = message.partition("\n")
    shown = [f"error{headline}", f" --> {model.__name__} at {path}", *filter(None, [hint])]
    assert refusal_of(model, **fields).split("\n") == shown


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


def test_deep_data() -> None:
    """Data nested beyond the limit is refused by its name, and not by the end of the stack."""
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    assert "nested deeper than 32 levels (limit: depth)" in refusal_of(JobSpec, config={"a": deep})


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
        ('{"a": 1e100}', '{"a":1e100}'),
        ('{"a": 1e3, "b": 2.0, "c": 5E-1}', '{"a":1000.0,"b":2.0,"c":0.5}'),
        ('{"a": 18446744073709551615}', '{"a":18446744073709551615}'),
        ('{"a": -9223372036854775808}', '{"a":-9223372036854775808}'),
        ('{"a": 12345678901234567890.5}', '{"a":1.2345678901234567e19}'),
        ('{"a": "\\u007f\\u009b"}', '{"a":"\\u007f\\u009b"}'),
    ],
)
def test_numbers_of_json(config: str, text: str) -> None:
    """Each number of JSON is one, and what is written is read again as the same."""
    spec = spec_of(f'{{"name": "x", "config": {config}}}')
    # Versions of pydantic write exponents with and without a "+".
    assert spec.to_json().lower().replace("e+", "e") == f'{{"name":"x","config":{text}}}'
    assert spec_of(spec.to_json()) == spec


def test_a_wrapped_job() -> None:
    """A spec that is wrapped as the server gives it is the spec."""
    assert spec_of("spec: {name: x}\nid: job-1\nstatus: {odd: 1}\n") == JobSpec(name="x")


def test_the_models_are_in_the_directory_of_their_package() -> None:
    """An interactive shell completes the names of the models, which are loaded on first use."""
    assert {"JobSpec", "NodeSelector", "RolloutPlan", "check_job"} <= set(dir(nodeselect.jobs))
