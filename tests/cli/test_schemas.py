"""The JSON of reports agrees with its schemas."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.running import Run

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE = DOCS / "example"
FILES = {"FLEET": "fleet.json", "JOB": "job.yaml", "TRY": "first-try.yaml"}


def closed(schema: Any) -> Any:
    """Return a schema that allows no unknown fields."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {key: closed(value) for key, value in schema.items()}
    return {**copy, "additionalProperties": False} if schema.get("type") == "object" else copy


@pytest.mark.parametrize(
    "command",
    [
        "labels -n FLEET",
        "labels -n FLEET -l gpu region",
        "labels -n FLEET region gpu",
        "labels -n FLEET -l no-such-label",
        "labels -n FLEET -f kubernetes/deployment.yaml",
        "labels -n hostile.json",
        "audit -n FLEET",
        "audit -n none.json",
        "audit -n hostile.json",
        "diff -n FLEET -l gpu -l region=eu-west",
        "diff old.json new.json -l region",
        "diff hostile-unlabelled.json hostile.json --all",
        "rollout -n FLEET JOB",
        "rollout -n old.json JOB",
        "explain -n FLEET --job JOB",
        "explain -n FLEET --job TRY",
        "explain -n FLEET --id dublin-01-inference-01 -l !gpux",
        "explain -n FLEET -l a=b,a=c,!d,tier!=x,tier>5",
        "explain -n FLEET -l gpu -l nope",
        "explain -n FLEET -l gpu --node node-174fc70c",
        "explain -n FLEET -l gpu -l a --node node-174fc70c",
        "explain -n FLEET --job JOB --job TRY",
        "explain -n FLEET --job pods.json",
        "explain -n FLEET --job JOB --job FLEET",
        "explain -n FLEET --job JOB --job TRY --node node-174fc70c",
    ],
)
def test_schema(run: Run, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.chdir(Path(__file__).parent / "inputs")
    args = [str(EXAMPLE / FILES[word]) if word in FILES else word for word in command.split()]
    schema = json.loads((DOCS / f"{args[0]}.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    result = run(*args, "-o", "json")
    assert result.out.isascii()
    jsonschema.validate(json.loads(result.out), closed(schema))
