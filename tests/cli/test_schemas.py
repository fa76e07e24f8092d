"""The JSON of reports agrees with its schemas."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.running import Run

DOCS = Path(__file__).parents[2] / "docs"
NODES = str(DOCS / "example" / "fleet.json")
JOB, TRY = (str(DOCS / "example" / name) for name in ("job.yaml", "first-try.yaml"))
NODE, NAME = "node-174fc70c", "dublin-01-inference-01"


def closed(schema: Any) -> Any:
    """Return a schema that allows no unknown fields."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {key: closed(value) for key, value in schema.items()}
    return {**copy, "additionalProperties": False} if schema.get("type") == "object" else copy


@pytest.mark.parametrize(
    "args",
    [
        pytest.param(["labels", "-n", NODES], id="labels"),
        pytest.param(["labels", "-n", NODES, "-l", "gpu", "region"], id="labels-of-a-key"),
        pytest.param(["labels", "-n", NODES, "region", "gpu"], id="labels-together"),
        pytest.param(["labels", "-n", NODES, "-l", "no-such-label"], id="no-labels"),
        pytest.param(["labels", "-n", "hostile.json"], id="labels-hostile"),
        pytest.param(
            ["labels", "-n", NODES, "-f", "kubernetes/deployment.yaml"], id="labels-of-a-pod"
        ),
        pytest.param(["audit", "-n", NODES], id="audit"),
        pytest.param(["audit", "-n", "none.json"], id="audit-of-nothing"),
        pytest.param(["audit", "-n", "hostile.json"], id="audit-hostile"),
        pytest.param(["diff", "-n", NODES, "-l", "gpu", "-l", "region=eu-west"], id="selectors"),
        pytest.param(["diff", "old.json", "new.json", "-l", "region"], id="fleets"),
        pytest.param(
            ["diff", "hostile-unlabelled.json", "hostile.json", "--all"], id="diff-hostile"
        ),
        pytest.param(["rollout", "-n", NODES, JOB], id="rollout"),
        pytest.param(["explain", "-n", NODES, "--job", JOB], id="explanation"),
        pytest.param(["explain", "-n", NODES, "--job", TRY], id="none-matches"),
        pytest.param(["explain", "-n", NODES, "--id", NAME, "-l", "!gpux"], id="ids"),
        pytest.param(["explain", "-n", NODES, "-l", "a=b,a=c,!d,tier!=x,tier>5"], id="conflict"),
        pytest.param(["explain", "-n", NODES, "-l", "gpu", "-l", "nope"], id="several"),
        pytest.param(["explain", "-n", NODES, "-l", "gpu", "--node", NODE], id="node"),
        pytest.param(["explain", "-n", NODES, "-l", "gpu", "-l", "a", "--node", NODE], id="any-of"),
        pytest.param(["explain", "-n", NODES, "--job", JOB, "--job", TRY], id="jobs"),
        pytest.param(["explain", "-n", NODES, "--job", JOB, "--job", NODES], id="wrong-job"),
        pytest.param(
            ["explain", "-n", NODES, "--job", JOB, "--job", TRY, "--node", NODE],
            id="jobs-of-a-node",
        ),
        pytest.param(["rollout", "-n", "old.json", JOB], id="no-waves"),
    ],
)
def test_schema(run: Run, monkeypatch: pytest.MonkeyPatch, args: list[str]) -> None:
    monkeypatch.chdir(Path(__file__).parent / "inputs")
    schema = json.loads((DOCS / f"{args[0]}.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    result = run(*args, "-o", "json")
    assert result.out.isascii()
    jsonschema.validate(json.loads(result.out), closed(schema))
