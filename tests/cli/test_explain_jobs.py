"""``nodeselect explain`` for many jobs: one line per job, the worst first."""

import json
from pathlib import Path

import pytest

from tests.cli.running import Run, unprintable
from tests.cli.screens import check_screen

FLEET = [
    {"id": "n-1", "state": "connected", "labels": {"region": "eu", "tier": "gold"}},
    {"id": "n-2", "state": "ready", "labels": {"region": "eu", "tier": "free"}},
    {"id": "n-3", "state": "lost", "labels": {"region": "us", "tier": "gold"}},
    {"id": "n-4", "state": "lost", "labels": {"region": "us-west"}},
]

JOBS = {
    "all.yaml": "name: x\ntype: pipeline\nconfig: {}\n",
    "edge/far.json": '{"name": "x", "selector": {"match_expressions": ["region=us"]}}',
    "edge/none.yml": "name: x\nselector: {match_labels: {region: us_west}}\n",
    "fine.yaml": "name: x\nselector: {match_expressions: [tier]}\n",
    "gone.yaml": "name: x\nselector: {match_ids: [n-9]}\n",
    "small.yaml": "name: x\nselector: {match_labels: {region: eu, tier: gold}}\n",
    "slip.yaml": "name: x\nselector: {match_expressions: [region!=us_west, tier]}\n",
    "some.yaml": "name: x\nselector: {match_ids: [n-1, n-8]}\n",
    "wrong.yaml": "name: x\nselector:\n  matchLabels: {region: eu}\n",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Change to a folder with a folder of jobs."""
    monkeypatch.chdir(tmp_path)
    for name, text in JOBS.items():
        path = tmp_path / "jobs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "jobs" / "README.md").write_text("no job\n")
    (tmp_path / "fleet.json").write_text(json.dumps(FLEET))
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("name", "columns", "options"),
    [
        pytest.param("explain-jobs-wide", "120", [], id="wide"),
        pytest.param("explain-jobs", "80", [], id="80-columns"),
        pytest.param("explain-jobs-narrow", "40", ["--ascii"], id="narrow"),
        pytest.param("explain-jobs-markdown", "80", ["-o", "markdown"], id="markdown"),
    ],
)
def test_a_folder(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, columns: str, options: list[str]
) -> None:
    """Invalid jobs come first, then those without nodes, without connected nodes, with every node,
    and with likely typos; then those with few nodes."""
    monkeypatch.setenv("COLUMNS", columns)
    result = run("explain", "--job", "jobs", "-n", "fleet.json", *options)
    assert (result.status, result.err) == (2, "")
    check_screen(name, result.out)
    if "markdown" not in options:
        assert max(map(len, result.out.splitlines())) <= int(columns)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("columns", ["36", "50", "64", "66", "80", "200"])
def test_problems_are_not_truncated(
    run: Run, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    """The whole problem is shown on each screen, and no line is too long."""
    monkeypatch.setenv("COLUMNS", columns)
    result = run("explain", "--job", "jobs", "-n", "fleet.json")
    assert max(map(len, result.out.splitlines())) <= int(columns)
    words = " ".join(result.out.split())
    assert "write region!=us-west instead of region!=us_west: 3 nodes would match" in words
    assert "only match_ids, match_labels, match_expressions" in words
    assert "…" not in words


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("jobs", "status", "summary"),
    [
        pytest.param(
            ["fine.yaml", "all.yaml"],
            0,
            "2 jobs on 4 nodes; 1 matches EVERY node\n",
            id="each-takes-some-node",
        ),
        pytest.param(
            ["fine.yaml", "gone.yaml"], 1, "2 jobs on 4 nodes; 1 matches no node\n", id="one-none"
        ),
        pytest.param(
            ["edge"],
            1,
            "2 jobs on 4 nodes; 1 matches no node; 1 matches no connected node\n",
            id="a-folder",
        ),
        pytest.param(
            ["fine.yaml", "wrong.yaml"], 2, "2 jobs on 4 nodes; 1 is invalid\n", id="one-wrong"
        ),
        pytest.param(
            ["fine.yaml", "none-such.yaml"],
            2,
            "2 jobs on 4 nodes; 1 is invalid\n",
            id="one-that-is-not-there",
        ),
    ],
)
def test_status(run: Run, jobs: list[str], status: int, summary: str) -> None:
    """The exit status is that of the worst job."""
    options = [word for job in jobs for word in ("--job", f"jobs/{job}")]
    result = run("explain", *options, "-n", "fleet.json")
    assert (result.status, result.err) == (status, "")
    assert result.out.endswith(f"\n\n{summary}")


@pytest.mark.usefixtures("folder")
def test_json(run: Run) -> None:
    """JSON names each job by its file, with what to change."""
    result = run("explain", "--job", "jobs", "-n", "fleet.json", "-o", "json")
    report = json.loads(result.out)
    assert (report["version"], report["total"]) == (1, 4)
    names = ["wrong.yaml", "edge/none.yml", "gone.yaml", "edge/far.json"]
    names += ["all.yaml", "some.yaml", "slip.yaml", "small.yaml", "fine.yaml"]
    assert [job["job"] for job in report["jobs"]] == [f"jobs/{name}" for name in names]
    wrong, none, _, _, everything, some, slip, *_ = report["jobs"]
    assert set(wrong) == {"job", "status", "error"}
    assert none["recommendation"].startswith("write region=us-west instead of region=us_west")
    assert everything["recommendation"] == "the selector is empty: it matches EVERY node"
    assert some["recommendation"] == "no node has the id 'n-8'"
    assert slip["recommendation"].startswith("write region!=us-west instead of region!=us_west")
    assert report["counts"] == {
        "invalid": 1, "no_nodes": 2, "none_connected": 1, "every_node": 1, "suspect": 2, "ok": 2
    }  # fmt: skip
    assert result.err == (
        "9 jobs on 4 nodes; 1 is invalid; 2 match no node; 1 matches no connected node;"
        " 1 matches EVERY node; 2 may contain a typo\n"
    )


def test_hostile_names(run: Run, folder: Path) -> None:
    """Control characters in file names and messages are escaped."""
    (folder / "a\x1b[31m|.yaml").write_text("name: x\nselector: {match_labels: {a|`b: c}}\n")
    (folder / "b\u202e.yaml").write_text("name: x\nselector: {match_labels: {a: c}}\n")
    for output in ("text", "json", "markdown"):
        jobs = ["--job", "a\x1b[31m|.yaml", "--job", "b\u202e.yaml"]
        result = run("explain", *jobs, "-n", "fleet.json", "-o", output)
        assert result.status == 2
        assert not unprintable(result.out + result.err)


@pytest.mark.usefixtures("folder")
def test_a_folder_without_jobs(run: Run) -> None:
    """A folder without jobs is an error: a check of nothing would always pass."""
    Path("empty").mkdir()
    result = run("explain", "--job", "empty", "-n", "fleet.json")
    assert (result.status, result.out) == (2, "")
    assert "it has no .yaml, .yml, .json file" in result.err


@pytest.mark.usefixtures("folder")
def test_states_and_standard_input(run: Run) -> None:
    """--state works with many jobs; one of them can be standard input."""
    options = ["--job", "-", "--job", "jobs/small.yaml", "--state", "lost", "-o", "json"]
    result = run("explain", *options, "-n", "fleet.json", stdin="name: x\n")
    report = json.loads(result.out)
    assert report["total"] == 2
    assert [job["job"] for job in report["jobs"]] == ["jobs/small.yaml", "standard input"]
    assert result.err.startswith("2 of 4 nodes are in other states (--state)\n")


def test_fleets_without_states(run: Run, folder: Path) -> None:
    """If no state is known, the number of connected nodes is unknown."""
    (folder / "fleet.csv").write_text("id,region\nn-1,eu\nn-2,us\n")
    result = run("explain", "--job", "jobs/edge", "-n", "fleet.csv", "--job", "jobs/all.yaml")
    assert result.out == (
        "JOB            MATCHED  CONNECTED  WHAT TO CHANGE\n"
        "edge/none.yml        0          0  no node has region=us_west; the values of\n"
        "                                   'region': 'eu' (1), 'us' (1)\n"
        "all.yaml             2          -  the selector is empty: it matches EVERY node\n"
        "edge/far.json        1          -  region=us is the only requirement, and 1 node\n"
        "                                   fails it\n"
        "\n"
        "3 jobs on 2 nodes; 1 matches no node; 1 matches EVERY node\n"
    )
    assert result.err == ""


def test_an_id_in_another_state(run: Run, folder: Path) -> None:
    """An id that --state excludes is not suspect, but is no match either."""
    for name, ids in (("both", "n-1, n-3"), ("lost", "n-3")):
        (folder / name).write_text(f"name: x\nselector: {{match_ids: [{ids}]}}\n")
    result = run(
        *("explain", "--job", "both", "--job", "lost", "-n", "fleet.json", "--state", "connected"),
        *("-o", "json"),
    )
    report = json.loads(result.out)["jobs"]
    assert [(job["job"], job["status"]) for job in report] == [("lost", "no_nodes"), ("both", "ok")]
    assert report[0]["recommendation"] == "node 'n-3' is excluded by its state: lost"


def test_those_with_fewer_nodes_first(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jobs with the same status are sorted by their number of nodes."""
    monkeypatch.chdir(tmp_path)
    nodes = [{"id": f"n-{at}", "labels": {"at": str(at), "x": ""}} for at in range(5)]
    Path("few").mkdir()
    rest = "type: pipeline\nconfig: {}\n"
    for name, asked in (("a", "at<4"), ("b", "at<2"), ("c", "at<3"), ("d", "x")):
        selector = f"selector: {{match_expressions: ['{asked}']}}\n"
        Path("few", f"{name}.yaml").write_text(f"name: {name}\n{selector}{rest}")
    result = run("explain", "--job", "few", "-n", "-", "-o", "json", stdin=json.dumps(nodes))
    jobs = json.loads(result.out)["jobs"]
    assert [(Path(job["job"]).stem, job["matched"]) for job in jobs] == [
        ("b", 2), ("c", 3), ("a", 4), ("d", 5),
    ]  # fmt: skip
    assert {job["connected"] for job in jobs} == {None}
    several = ["-l", "at=1", "-l", "at=2"]
    result = run("explain", *several, "-n", "-", "-o", "json", stdin=json.dumps(nodes))
    assert json.loads(result.out)["union"] == {"matched": 2, "connected": None}
