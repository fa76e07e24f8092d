"""``nodeselect explain``: its JSON, colours and pages."""

import html
import json
from pathlib import Path

import jsonschema
import pytest

from nodeselect import Inventory, Selector
from tests.cli.running import Run, run_process

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE = "docs/example/fleet.json"
JOB = "docs/example/job.yaml"
TRY = "docs/example/first-try.yaml"
SCHEMA = json.loads((DOCS / "explain.schema.json").read_text("utf-8"))


@pytest.fixture(autouse=True)
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Change to the root, so that paths of examples are the same on all machines."""
    monkeypatch.chdir(DOCS.parent)


@pytest.mark.parametrize(
    ("options", "form"),
    [
        pytest.param(["--job", JOB], "explanation", id="one"),
        pytest.param(["--job", TRY], "explanation", id="none-matches"),
        pytest.param(["--id", "dublin-01-inference-01", "-l", "!gpux"], "explanation", id="ids"),
        pytest.param(["-l", "a=b,a=c,!d,tier!=x,tier>5"], "explanation", id="contradiction"),
        pytest.param(["-l", "gpu", "-l", "nope"], "explanations", id="several"),
        pytest.param(["-l", "gpu", "--node", "node-174fc70c"], "node", id="node"),
        pytest.param(["-l", "gpu", "-l", "a", "--node", "node-174fc70c"], "nodes", id="nodes"),
        pytest.param(["--job", JOB, "--job", TRY], "jobs", id="jobs"),
        pytest.param(["--job", JOB, "--job", EXAMPLE], "jobs", id="wrong-job"),
        pytest.param(
            ["--job", JOB, "--job", TRY, "--node", "node-174fc70c"], "jobs", id="jobs-of-a-node"
        ),
    ],
)
def test_json(run: Run, options: list[str], form: str) -> None:
    """JSON agrees with its schema and is ASCII."""
    result = run("explain", "-n", EXAMPLE, "-o", "json", *options)
    assert result.out.isascii()
    report = json.loads(result.out)
    jsonschema.validate(report, {**SCHEMA, "oneOf": [{"$ref": f"#/$defs/{form}"}]})
    jsonschema.validate(report, SCHEMA)


def test_json_is_that_of_the_library(run: Run) -> None:
    """The command prints ``as_dict`` of the library."""
    selector = "region=eu-west,gpu,tier notin (free)"
    result = run("explain", "-n", EXAMPLE, "-o", "json", "-l", selector)
    inventory = Inventory.read(EXAMPLE)
    explanation = inventory.explain(Selector.parse(selector))
    assert json.loads(result.out) == json.loads(json.dumps(explanation.as_dict()))


def test_the_schema_is_one() -> None:
    """The schema is valid, and the docs have every code of a hint."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    page = (DOCS / "suggestions.md").read_text("utf-8")
    for code in SCHEMA["$defs"]["hint"]["properties"]["code"]["enum"]:
        assert f"| `{code}` |" in page


def test_the_same_bytes_whatever_the_seed() -> None:
    """The output does not depend on the hash seed."""
    command = ("explain", "-n", EXAMPLE, "--job", TRY)
    one, two = (run_process(*command, PYTHONHASHSEED=seed) for seed in "01")
    assert one == two


def test_an_id_in_another_state(run: Run, tmp_path: Path) -> None:
    """An id that --state excludes is reported with its state, not as missing."""
    gone, page = "node-08e9d3de", tmp_path / "why.html"
    message = f"excluded by state: '{gone}' (disconnected)"
    asked = ("-n", EXAMPLE, "--id", gone, "--state", "connected")
    result = run("explain", *asked, "--html", str(page))
    assert result.out.splitlines()[-3:] == [f"  {message}", "", message]
    assert "no node has the id" not in result.out
    assert f"<li>{html.escape(message, quote=False)}</li>".replace("'", "&#39;") in page.read_text()
    report = json.loads(run("explain", *asked, "-o", "json").out)
    jsonschema.validate(report, SCHEMA)
    assert report["missing_ids"] == []
    assert report["excluded_ids"] == [{"id": gone, "state": "disconnected"}]
