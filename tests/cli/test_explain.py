"""``nodeselect explain``: its JSON, colours and pages."""

import html
import json
from pathlib import Path

import jsonschema
import pytest

from nodeselect import Inventory, Selector
from tests.cli.running import Run, run_process, write_files
from tests.render.pages import without_pieces

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE = "docs/example/fleet.json"
TRY = "docs/example/first-try.yaml"
SCHEMA = json.loads((DOCS / "explain.schema.json").read_text("utf-8"))


@pytest.fixture(autouse=True)
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Change to the root, so that paths of examples are the same on all machines."""
    monkeypatch.chdir(DOCS.parent)


def test_json_is_that_of_the_library(run: Run) -> None:
    selector = "region=eu-west,gpu,tier notin (free)"
    result = run("explain", "-n", EXAMPLE, "-o", "json", "-l", selector)
    inventory = Inventory.read(EXAMPLE)
    explanation = inventory.explain(Selector.parse(selector))
    assert json.loads(result.out) == json.loads(json.dumps(explanation.as_dict()))


def test_the_docs_have_every_code_of_a_hint() -> None:
    page = (DOCS / "explain.md").read_text("utf-8")
    for code in SCHEMA["$defs"]["hint"]["properties"]["code"]["enum"]:
        assert f"| `{code}` |" in page


@pytest.mark.parametrize("output", ["text", "html"])
def test_the_same_bytes_whatever_the_seed(output: str) -> None:
    command = ("explain", "-n", EXAMPLE, "--job", TRY, "-o", output)
    one, two = (run_process(*command, PYTHONHASHSEED=seed) for seed in "01")
    assert one == two


def test_an_id_in_another_state(run: Run) -> None:
    gone = "node-08e9d3de"
    message = f"excluded by state: '{gone}' (disconnected)"
    asked = ("-n", EXAMPLE, "--id", gone, "--state", "connected")
    result = run("explain", *asked)
    assert result.out.splitlines()[1] == message
    assert result.out.count(message) == 1
    assert "no node has the id" not in result.out
    page = run("explain", *asked, "-o", "html").out
    assert html.escape(message, quote=False).replace("'", "&#39;") in without_pieces(page)
    report = json.loads(run("explain", *asked, "-o", "json").out)
    jsonschema.validate(report, SCHEMA)
    assert report["missing_ids"] == []
    assert report["excluded_ids"] == [{"id": gone, "state": "disconnected"}]


HERE = "in the requested states:"
NO_POOL = f"{HERE} no node has the label 'pool'"


@pytest.mark.parametrize(
    ("asked", "recommendation", "notes"),
    [
        ("-l pool=x", "2 nodes match the selector but not --state: 2 lost", [NO_POOL]),
        (
            "--id a-1 --id b-1 -l pool=x",
            "1 node matches the selector but not --state: 1 lost",
            [None, NO_POOL],
        ),
        (
            "-l pool=x,env=dev",
            f"{HERE} no node satisfies pool=x; change or remove it: without it, 1 node would match",
            [NO_POOL, None],
        ),
        ("-l zone=1", "no node has the label 'zone'", ["no node has the label 'zone'"]),
    ],
)
def test_labels_of_nodes_in_other_states(
    run: Run, asked: str, recommendation: str, notes: list[str | None]
) -> None:
    """Nothing that a node in another state has is called missing or misspelt."""
    fleet = "id,state,pool,poool,env\na-1,lost,x,,prod\na-2,lost,x,,\n"
    fleet += "b-1,connected,,x,prod\nb-2,connected,,x,dev\n"
    options = [*asked.split(), "-n", "-", "--state", "connected"]
    report = json.loads(run("explain", *options, "-o", "json", stdin=fleet).out)
    jsonschema.validate(report, SCHEMA)
    assert report["recommendation"] == recommendation
    assert [each["note"] for each in report["requirements"]] == notes
    assert report["hints"] == []
    assert run("explain", *options, stdin=fleet).out.splitlines()[1] in recommendation
    assert recommendation in " ".join(run("match", *options, stdin=fleet).err.split())


@pytest.fixture
def jobs(tmp_path: Path) -> Path:
    nodes = '[{"id": "n-1", "labels": {"gpu": ""}}, {"id": "n-2", "labels": {}}]'
    invalid = {"jobs/a.yaml": "selector: [", "jobs/b.yaml": "selector: {}\ncolour: red\n"}
    write_files({"nodes.json": nodes, **invalid}, tmp_path)
    return tmp_path / "jobs"


@pytest.mark.parametrize("node", [[], ["--node", "n-1"]])
def test_no_job_is_valid(run: Run, jobs: Path, node: list[str]) -> None:
    """It is unknown which nodes have a job: none is called a node without one."""
    options = ["--job", str(jobs), "-n", str(jobs.parent / "nodes.json"), *node]
    text, report = run("explain", *options), run("explain", *options, "-o", "json")
    assert text.status == report.status == 2
    assert text.out.startswith("no job could be read: 2 are invalid\n")
    assert "not YAML" in text.out
    assert "'colour'" in text.out
    assert "WITHOUT" not in text.out
    value = json.loads(report.out)
    jsonschema.validate(value, SCHEMA)
    assert value["unused_ids"] is None
    assert value["counts"]["invalid"] == 2
