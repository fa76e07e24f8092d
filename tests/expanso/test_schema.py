"""The JSON Schema of a job file: made of the models, right for editors, and one with the checks."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from docs.build_schema import build_schema
from hypothesis import given
from hypothesis import strategies as st

from nodeselect.documents import INTEGER, NUMBER
from nodeselect.expanso import models
from nodeselect.expanso.schema_fields import schema_text
from nodeselect.jobs import JobSpec, all_rules, check_job, read_job, read_job_selector
from tests import golden

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads(schema_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_it_is_made_of_the_models() -> None:
    """The schema that ships is what the models say."""
    golden.check(Path(models.__file__).with_name("job.schema.json"), build_schema())


def test_it_is_a_schema() -> None:
    """The schema keeps the rules of its dialect."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_it_describes_every_field() -> None:
    """An editor can show what each field means."""
    parts = SCHEMA["$defs"].values()
    assert all(field["description"] for part in parts for field in part["properties"].values())


def plain(text: str) -> Any:
    """Read YAML as a validator of schemas sees it."""
    import yaml

    return yaml.safe_load(text)


SAMPLES = [
    pytest.param((ROOT / "docs" / "example" / "job.yaml").read_text("utf-8"), id="example"),
    *(pytest.param(rule.after, id=code) for code, rule in all_rules().items() if rule.after),
]


@pytest.mark.parametrize("text", SAMPLES)
def test_samples_are_valid(text: str) -> None:
    """The example, and every rule's example of how it is right, keep the schema."""
    VALIDATOR.validate(plain(text))


TYPES = ("unknown-field", "old-field", "not-one-of", "missing-health-check")


@pytest.mark.parametrize("code", TYPES)
def test_samples_are_invalid(code: str) -> None:
    """What a schema can say at all, it says: the examples of how it is wrong break it."""
    assert not VALIDATOR.is_valid(plain(all_rules()[code].before))


JUNK = (
    st.none() | st.booleans() | st.integers(-2, 200) | st.sampled_from(["", "a", "5m", "rolling"])
)
ANY = JUNK | st.lists(JUNK, max_size=2) | st.dictionaries(st.sampled_from("ab"), JUNK, max_size=2)
COUNT = st.integers(0, 100) | JUNK
DURATION = st.sampled_from(["5m", "1m30s", "0s", 10**10, 0, "5"]) | JUNK


def part(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return mappings with some of the fields, sometimes one more, sometimes something else."""
    some = st.fixed_dictionaries({}, optional=fields)
    odd = st.builds(lambda right, name: {**right, name: 1}, some, st.sampled_from(["odd", "Name"]))
    return st.one_of(some, some, some, odd, ANY)


HEALTH = part(
    deadline=DURATION, interval=DURATION, failure_threshold=COUNT, success_threshold=COUNT,
    max_error_rate=st.floats(-0.5, 1.5) | COUNT,
)  # fmt: skip
ROLLOUT = part(
    strategy=st.sampled_from(["immediate", "rolling", "canary", "Rolling"]) | JUNK,
    max_parallel=COUNT, canary_count=COUNT, canary_percent=COUNT, auto_promote=st.booleans() | JUNK,
    max_failed_nodes=COUNT, max_failed_nodes_percent=st.floats(-5, 105) | COUNT,
    no_auto_rollback=JUNK, health_check=HEALTH,
)  # fmt: skip
LABELS = st.dictionaries(st.sampled_from(["a", "b", "c/d"]), st.sampled_from(["x", "y", ""]))
SELECTOR = part(
    match_labels=LABELS | ANY,
    match_expressions=st.lists(st.sampled_from(["a", "!a", "a=x", "b in (x,y)", "e>5"])) | ANY,
    match_ids=st.lists(st.sampled_from(["n-1", "n-2"])) | ANY,
)
SPEC = part(
    name=st.just("x") | JUNK, type=st.just("pipeline") | JUNK, priority=COUNT, labels=LABELS | ANY,
    meta=LABELS | ANY, restart_policy=st.sampled_from(["always", "Never"]) | JUNK,
    selector=SELECTOR, rollout=ROLLOUT, config=ANY,
    timeouts=part(execution_timeout=COUNT, queue_timeout=COUNT, total_timeout=COUNT),
)  # fmt: skip
JOB = SPEC | st.builds(lambda spec: {"spec": spec}, SPEC)


@given(JOB)
def test_what_is_without_error_is_a_value_and_keeps_the_schema(job: Any) -> None:
    """The checks, the models and the schema agree on what is right."""
    data = json.dumps(job).encode()
    if check_job(data, "x").errors:
        return
    VALIDATOR.validate(job)
    spec = read_job(data, "x")
    assert spec.to_selector() == read_job_selector(data, "x")
    assert JobSpec.model_validate_json(spec.to_json()) == spec


@given(JOB)
def test_what_breaks_the_schema_has_an_error(job: Any) -> None:
    """Nothing that a schema refuses is clean, and errors of type break the schema."""
    checked = check_job(json.dumps(job).encode(), "x")
    valid = VALIDATOR.is_valid(job)
    assert valid or checked.errors
    if not checked.unreported and any(each.code in TYPES for each in checked.problems):
        assert not valid


@given(st.from_regex(r"[-+0-9.eExo_]{1,12}", fullmatch=True))
def test_numbers_are_what_all_readers_take_alike(text: str) -> None:
    """A number that is accepted has the same value in JSON and in YAML."""
    if not NUMBER.fullmatch(text):
        return
    assert json.loads(text) == float(text)
    assert float(plain(text)) == float(text)
    if INTEGER.fullmatch(text):
        assert json.loads(text) == int(text) == plain(text)
