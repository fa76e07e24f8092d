"""``nodeselect explain``: what a person sees, and what a program reads."""

import html
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from nodeselect import Inventory, Selector
from tests.cli.running import Run, run_process, unprintable
from tests.cli.screens import check_fit, check_screen
from tests.cli.test_screen import run_on_terminal

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE = "docs/example/fleet.json"
JOB = "docs/example/job.yaml"
TRY = "docs/example/first-try.yaml"
SCHEMA = json.loads((DOCS / "explain.schema.json").read_text("utf-8"))

HOSTILE = [
    {"id": "n-1", "name": "web", "labels": {"region": "\x1b[31meu\x1b[0m", "b|`c`": "x|`y`"}},
    {"id": "n-2", "name": "שרת", "labels": {"tier": "x" * 5_000, "k" * 5_000: "", "Zone": "a"}},
    {"id": "שרת-מאוד-ארוך", "labels": {"tier": "\u202egnp.exe", "\u202ekey": "", "gpu 0": "1"}},
    {"id": "x" * 5_000, "labels": {"tier": "", "\x00": "|", "two\nlines": "\r\n| a |"}},
]
"""Ids and labels that try to break a line, a table, a screen; two run from right to left."""

WIDE_WORDS = "tier in (free,premium,standard),region notin (ap-south,eu-central,us-east,us-west)"


@pytest.fixture(autouse=True)
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Change to the root, so that paths of examples are the same on all machines."""
    monkeypatch.chdir(DOCS.parent)


@pytest.mark.parametrize(
    ("name", "columns", "options"),
    [
        pytest.param("explain-wide", "120", ["--job", JOB], id="wide"),
        pytest.param("explain-80", "80", ["--job", JOB], id="80-columns"),
        pytest.param("explain-60", "60", ["--job", JOB], id="60-columns"),
        pytest.param("explain-narrow", "40", ["--job", JOB], id="narrow"),
        pytest.param("explain-ascii", "60", ["--ascii", "--job", JOB], id="ascii"),
        pytest.param("explain-long", "60", ["-l", WIDE_WORDS], id="long-requirements"),
        pytest.param("explain-several", "80", ["-l", "gpu", "-l", "region=eu-west"], id="several"),
        pytest.param("explain-markdown", "80", ["-o", "markdown", "--job", JOB], id="markdown"),
        pytest.param("explain-node", "80", ["--job", JOB, "--node", "node-2e6aa41c"], id="node"),
    ],
)
def test_screens(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, columns: str, options: list[str]
) -> None:
    """Whole reports; no line is wider than the screen."""
    monkeypatch.setenv("COLUMNS", columns)
    result = run("explain", "-n", EXAMPLE, *options)
    assert (result.status, result.err) == (0, "")
    check_screen(name, result.out)
    check_fit(result.out, columns, options)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        pytest.param("explain-none", ["--job", TRY], id="text"),
        pytest.param("explain-none-markdown", ["--job", TRY, "-o", "markdown"], id="markdown"),
        pytest.param("explain-none-node", ["--job", TRY, "--node", "node-174fc70c"], id="node"),
        pytest.param(
            "explain-none-node-markdown",
            ["--job", TRY, "--node", "node-174fc70c", "-o", "markdown"],
            id="node-markdown",
        ),
    ],
)
def test_where_none_matches(run: Run, name: str, options: list[str]) -> None:
    """If no node matches, typos and a recommendation are printed, with status 1."""
    result = run("explain", "-n", EXAMPLE, *options)
    assert (result.status, result.err) == (1, "")
    check_screen(name, result.out)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        pytest.param("explain-hostile", ["-l", "region=eu,zone,tier!=x"], id="text"),
        pytest.param("explain-hostile-ascii", ["--ascii", "-l", "region=eu,zone"], id="ascii"),
        pytest.param(
            "explain-hostile-markdown", ["-o", "markdown", "-l", "region=eu,zone"], id="markdown"
        ),
        pytest.param("explain-hostile-id", ["--id", "שרת"], id="name-for-id"),
        pytest.param("explain-hostile-node", ["-l", "tier=x", "--node", "n-2"], id="node"),
        pytest.param(
            "explain-hostile-node-markdown",
            ["-l", "region=eu", "--node", "n-1", "-o", "markdown"],
            id="node-markdown",
        ),
    ],
)
def test_hostile_labels(run: Run, name: str, options: list[str]) -> None:
    """Control characters and pipes are escaped; long texts are truncated."""
    result = run("explain", "-n", "-", *options, stdin=json.dumps(HOSTILE))
    assert (result.status, result.err) == (1, "")
    check_screen(name, result.out)
    assert not unprintable(result.out)
    if "markdown" not in options:
        assert max(map(len, result.out.splitlines())) <= 80


def test_states(run: Run) -> None:
    """--state uses fewer nodes, and reports how many are in other states."""
    result = run("explain", "-n", EXAMPLE, "-l", "gpu", "--state", "Connected")
    assert result.out.startswith(
        "73 of 184 nodes match, 73 of them connected; 111 do not: all fail gpu\n"
    )
    assert result.err == "26 of 210 nodes are in other states (--state)\n"


def test_a_node_in_another_state(run: Run) -> None:
    """A single node that --state excludes is an error with its state."""
    nodes = '[{"id": "a", "state": "lost", "labels": {"x": ""}}, {"id": "b"}]'
    args = ("explain", "-n", "-", "-l", "x", "--state")
    result = run(*args, "lost", "--node", "a", stdin=nodes)
    assert result == (0, "a matches\n  pass  x  ''\n", "")
    result = run(*args, "ready", "--node", "a", stdin=nodes)
    assert result == (2, "", "error: the node 'a' has the state 'lost', which --state excludes\n")
    result = run(*args, "ready", "--node", "b", stdin=nodes)
    assert result == (2, "", "error: the node 'b' has no state, which --state excludes\n")


def test_a_state_that_no_node_has(run: Run) -> None:
    """If no node is in the state, the existing states are listed; a typo is an error."""
    args = ("explain", "-n", EXAMPLE, "-l", "gpu")
    there = "available states: connected (184), disconnected (24), connecting (1), lost (1)"
    result = run(*args, "--state", "ready")
    assert result.status == 1
    assert " ".join(result.out.split()).endswith(f" no node is in a requested state; {there}")
    assert result.err == "210 of 210 nodes are in other states (--state)\n"
    result = run(*args, "--state", "ready", "-o", "json")
    assert json.loads(result.out)["recommendation"] == f"no node is in a requested state; {there}"
    result = run(*args, "--state", "connected,redy")
    assert (result.status, result.out) == (2, "")
    assert result.err.endswith(
        f"error: no node is in the state 'redy': {there}\n  did you mean 'ready'?\n"
    )


def test_jobs_where_no_node_is_in_the_state(run: Run) -> None:
    """If all nodes are in other states, that is the main problem of a job."""
    nodes = '[{"id": "a", "state": "lost"}]'
    result = run("explain", "--job", JOB, "--job", JOB, "-n", "-", "--state", "ready", stdin=nodes)
    assert result.status == 1
    assert "  no node is in a requested state; available states:" in result.out
    assert result.err == "1 of 1 nodes are in other states (--state)\n"
    nodes = '[{"id": "a"}]'
    result = run("explain", "--id", "x", "-n", "-", "--state", "ready", stdin=nodes)
    assert result.out.endswith("\nno node is in a requested state; no node has a state\n")


def test_a_job_that_takes_every_node(run: Run) -> None:
    """A job without a selector gets a warning."""
    result = run("explain", "-n", EXAMPLE, "--job", "-", stdin="name: x\n")
    assert result == (
        0,
        (
            "210 of 210 nodes match, 184 of them connected\n"
            "\n"
            "NOTES\n"
            "  states of the matching nodes: 184 connected, 24 disconnected, 1 connecting, 1\n"
            "    lost\n"
            "\n"
            "the selector is empty: it matches EVERY node\n"
        ),
        "standard input: the selector is empty: this job selects EVERY node\n",
    )


def test_an_empty_inventory(run: Run) -> None:
    """An inventory without nodes is explained as such."""
    result = run("explain", "-n", "-", "-l", "a=b,a=c", "--id", "x", stdin="[]")
    assert (result.status, result.err) == (1, "")
    assert result.out.startswith("0 of 0 nodes match\n")
    assert result.out.endswith("\nthere are no nodes\n")


def test_a_name_is_no_id_of_a_node(run: Run) -> None:
    """If --node is a name, the id of the node is suggested."""
    result = run("explain", "-n", EXAMPLE, "-l", "gpu", "--node", "dublin-01-inference-01")
    assert result == (
        2,
        "",
        (
            "error: no node has the id 'dublin-01-inference-01'\n"
            "  it is the name of the node with the id 'node-174fc70c'\n"
        ),
    )
    nodes = '[{"id": "n-9", "name": "web"}, {"id": "n-1", "name": "web"}]'
    result = run("explain", "-n", "-", "-l", "gpu", "--node", "web", stdin=nodes)
    assert result.err.splitlines()[1] == (
        "  it is the name of the node with the id 'n-9' (one of 2 nodes)"
    )
    result = run("explain", "-n", EXAMPLE, "-l", "gpu", "--node", "\x1b")
    assert result == (2, "", "error: no node has the id '\\x1b'\n")


ONE_WAY = "give exactly one of -l, --id or --job\n"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        pytest.param([], ONE_WAY, id="no-question"),
        pytest.param(["--job", JOB, "-l", "a"], ONE_WAY, id="job-and-selector"),
        pytest.param(["--job", JOB, "--id", "a"], ONE_WAY, id="job-and-id"),
        pytest.param(
            ["-l", "a", "-o", "json", "--ascii"],
            "--ascii needs -o text, not json\n",
            id="ascii-json",
        ),
        pytest.param(
            ["--job", JOB, "--job", TRY, "--node", "x"],
            "--node needs a single job\n",
            id="node-and-jobs",
        ),
        pytest.param(
            ["-l", "a", "--node", "x", "--node", "y"],
            "Invalid value for '--node': given more than once\n",
            id="two-nodes",
        ),
    ],
)
def test_wrong_usage(run: Run, args: list[str], message: str) -> None:
    """An invalid command line is an error, with the usage."""
    usage = "Usage: nodeselect explain [OPTIONS]\nTry 'nodeselect explain --help' for help.\n\n"
    assert run("explain", "-n", EXAMPLE, *args) == (2, "", f"{usage}error: {message}")


def test_wrong_selectors_and_jobs(run: Run, tmp_path: Path) -> None:
    """An invalid selector or job is an error."""
    assert run("explain", "-n", EXAMPLE, "-l", "a b").status == 2
    (tmp_path / "job").write_text("selector: all\n")
    result = run("explain", "-n", EXAMPLE, "--job", str(tmp_path / "job"))
    assert (result.status, result.out) == (2, "")
    assert "[wrong-type] at selector" in result.err


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


def test_json_of_hostile_labels(run: Run) -> None:
    """JSON has texts in full, with control characters escaped."""
    result = run("explain", "-n", "-", "-o", "json", "-l", "region=eu", stdin=json.dumps(HOSTILE))
    assert not unprintable(result.out)
    report: dict[str, Any] = json.loads(result.out)
    assert "x" * 5_000 in report["reasons"][0]["ids"] + [miss["id"] for miss in report["nearest"]]


def test_the_schema_is_one() -> None:
    """The schema is valid, and the docs have every code of a hint."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    page = (DOCS / "explain.md").read_text("utf-8")
    for code in SCHEMA["$defs"]["hint"]["properties"]["code"]["enum"]:
        assert f"| `{code}` |" in page


def test_colour_on_a_terminal() -> None:
    """On a terminal, headings are bold and the recommendation is coloured; the text is the same."""
    command = ("explain", "-n", EXAMPLE, "-l", "nope")
    output = run_on_terminal(*command, stream="stdout")
    assert b"\x1b[1mWHY NOT\x1b[0m" in output
    assert b"\x1b[32m\x1b[1mno node has the label 'nope'\x1b[0m" in output
    plain = run_on_terminal(*command, stream="stdout", NO_COLOR="1")
    assert b"\x1b" not in plain
    for escape in (b"\x1b[0m", b"\x1b[1m", b"\x1b[32m"):
        output = output.replace(escape, b"")
    assert output == plain


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_screen_without_blocks(encoding: str) -> None:
    """If the encoding has no blocks, bars are ASCII."""
    result = run_process("explain", "-n", EXAMPLE, "--job", JOB, PYTHONIOENCODING=encoding)
    assert result.out.isascii()
    assert "###" in result.out


@pytest.mark.parametrize("seed", ["0", "1"])
def test_the_same_bytes_whatever_the_seed(seed: str) -> None:
    """The output does not depend on the hash seed."""
    result = run_process("explain", "-n", EXAMPLE, "--job", TRY, PYTHONHASHSEED=seed)
    check_screen("explain-none", result.out)


def test_an_id_in_another_state(run: Run, tmp_path: Path) -> None:
    """An id that --state excludes is reported with its state, not as missing."""
    gone, page = "node-08e9d3de", tmp_path / "why.html"
    message = f"node '{gone}' is excluded by its state: disconnected"
    asked = ("-n", EXAMPLE, "--id", gone, "--state", "connected")
    result = run("explain", *asked, "--html", str(page))
    assert result.out.splitlines()[-3:] == [f"  {message}", "", message]
    assert "no node has the id" not in result.out
    assert f"<li>{html.escape(message, quote=False)}</li>".replace("'", "&#39;") in page.read_text()
    report = json.loads(run("explain", *asked, "-o", "json").out)
    jsonschema.validate(report, SCHEMA)
    assert report["missing_ids"] == []
    assert report["excluded_ids"] == [{"id": gone, "state": "disconnected"}]


def test_ids_in_other_states(run: Run) -> None:
    """Several excluded ids are reported with their states, and unknown ids as such."""
    nodes = json.dumps([{"id": f"n-{at}", "state": "lost"} for at in range(4)] + [{"id": "n-9"}])
    asked = ("explain", "-n", "-", "--state", "up", "--id", "n-7")
    result = run(
        *asked, "--id", "n-9", "--id", "n-0", stdin=f'{nodes[:-1]}, {{"id": "a", "state": "up"}}]'
    )
    assert "no node has the id 'n-7'" in result.out
    assert "nodes excluded by their state: 'n-0' (lost) and 'n-9' (no state)" in result.out
