"""``nodeselect waves``: the plan of a rollout."""

import json
from pathlib import Path

import pytest

from tests.cli.running import Run, unprintable
from tests.cli.screens import check_fit, check_screen

EXAMPLE = Path(__file__).parents[2] / "docs" / "example"
NODES = str(EXAMPLE / "fleet.json")

CANARY = """\
name: "a\\tb|`c`"
selector: {match_labels: {region: eu-west}}
rollout: {strategy: canary, max_parallel: 40, canary_count: 2, health_check: {deadline: 5m}}
"""
IMMEDIATE = "name: now\nselector: {match_labels: {region: eu}}\n"
NOBODY = "name: nobody\nselector: {match_labels: {region: mars}}\n"
EVERY = "name: every\nrollout: {strategy: rolling, health_check: {deadline: 5m}}\n"


@pytest.fixture
def jobs(fleet: str) -> str:
    """Change to a folder with four jobs and four nodes."""
    for name, text in (
        ("canary", CANARY),
        ("immediate", IMMEDIATE),
        ("nobody", NOBODY),
        ("every", EVERY),
    ):
        Path(f"{name}.yaml").write_text(text)
    return fleet


@pytest.mark.usefixtures("jobs")
@pytest.mark.parametrize(
    ("name", "columns", "args"),
    [
        pytest.param("waves-rolling", "80", ["--job", str(EXAMPLE / "job.yaml")], id="rolling"),
        pytest.param("waves-canary", "120", ["--job", "canary.yaml"], id="canary-wide"),
        pytest.param("waves-canary-narrow", "44", ["--job", "canary.yaml"], id="canary-narrow"),
        pytest.param(
            "waves-canary-markdown",
            "80",
            ["--job", "canary.yaml", "-o", "markdown"],
            id="canary-markdown",
        ),
    ],
)
def test_screens(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, columns: str, args: list[str]
) -> None:
    """Whole reports; no line is wider than the screen."""
    monkeypatch.setenv("COLUMNS", columns)
    result = run("waves", "-n", NODES, *args)
    assert (result.status, result.err) == (0, "")
    check_screen(name, result.out)
    assert not unprintable(result.out)
    check_fit(result.out, columns, args)


@pytest.mark.parametrize(
    ("job", "status", "out", "err"),
    [
        pytest.param(
            "immediate",
            0,
            "'now': immediate, 1 wave: all nodes at once\n"
            "2 of 4 nodes match, 2 of them connected\n"
            "\n"
            "WAVE  NODES  SO FAR  IDS\n"
            "0         2       2  n-[1-2]\n"
            "\n"
            "ASSUMPTIONS, which Expanso does not document\n"
            "  all nodes that match and are connected now are one wave, with the number 0\n"
            "  nodes are in the order of the input\n"
            "  a rollout without a strategy is immediate\n",
            "",
            id="immediate",
        ),
        pytest.param(
            "nobody",
            1,
            "'nobody': immediate, no waves: no node can be in one\n"
            "0 of 4 nodes match\n"
            "\n"
            "ASSUMPTIONS, which Expanso does not document\n"
            "  all nodes that match and are connected now are one wave, with the number 0\n"
            "  nodes are in the order of the input\n"
            "  a rollout without a strategy is immediate\n",
            "no node matches; for details, run:"
            " nodeselect explain --job nobody.yaml -n fleet.ndjson\n",
            id="nobody",
        ),
        pytest.param(
            "every",
            0,
            "'every': rolling, 2 waves: 10% of the nodes in each\n"
            "4 of 4 nodes match, 2 of them connected; in no wave: 1 not connected, 1 without\n"
            "  a state\n"
            "\n"
            "WAVE  NODES  SO FAR  IDS\n"
            "1         1       1  n-1\n"
            "2         1       2  n-2\n"
            "\n"
            "ASSUMPTIONS, which Expanso does not document\n"
            "  nodes are in the order of the input\n"
            "  percentages are of the nodes that match and are connected now, rounded up\n"
            "  a wave has at least one node, whatever the percentage\n",
            "every.yaml: the selector is empty: this job selects EVERY node\n",
            id="every",
        ),
    ],
)
def test_plans(run: Run, jobs: str, job: str, status: int, out: str, err: str) -> None:
    """Only connected nodes are in a wave; without a wave, the status is 1."""
    assert run("waves", "-n", jobs, "--job", f"{job}.yaml") == (status, out, err)


@pytest.mark.usefixtures("jobs")
@pytest.mark.parametrize(
    ("asked", "nodes", "headline"),
    [
        pytest.param("count: 2", 2, "canary, 1 wave: only canaries", id="as-many"),
        pytest.param("percent: 100", 2, "canary, 1 wave: only canaries", id="percent"),
        pytest.param(
            "count: 500",
            1,
            "canary, 1 wave: only canaries; canary_count is 500, but there is only 1 node",
            id="one-node",
        ),
        pytest.param(
            "count: 5000",
            2,
            "canary, 1 wave: only canaries; canary_count is 5,000, but there are only 2 nodes",
            id="too-few",
        ),
        pytest.param(
            "count: 1",
            2,
            "canary, 2 waves: the canaries, then 10% of the nodes in each",
            id="others-too",
        ),
    ],
)
def test_canaries_alone(run: Run, asked: str, nodes: int, headline: str) -> None:
    """The headline reports if all nodes are canaries, and if there are too few."""
    rollout = f"{{strategy: canary, canary_{asked}, health_check: {{deadline: 5m}}}}"
    Path("canaries.yaml").write_text(f"name: c\nselector: {{}}\nrollout: {rollout}\n")
    lines = "".join(f'{{"id": "n-{at}", "state": "ready"}}\n' for at in range(nodes))
    args = ("waves", "-n", "-", "--job", "canaries.yaml", "-o", "markdown")
    assert run(*args, stdin=lines).out.startswith(f"**`c`: {headline}**\n")


@pytest.mark.usefixtures("jobs")
def test_nodes_of_which_no_state_is_known(run: Run) -> None:
    """If no state is known, all matching nodes are in the plan."""
    nodes = "id,region\na-1,eu\na-2,us\na-3,eu\n"
    result = run("waves", "-n", "-", "--job", "immediate.yaml", stdin=nodes)
    assert result.status == 0
    assert "\n2 of 3 nodes match; no state is known, so all are in the plan\n" in result.out
    assert "\n0         2       2  a-[1,3]\n" in result.out


@pytest.mark.usefixtures("jobs")
def test_none_connected(run: Run) -> None:
    """If no matching node is connected, there is no wave."""
    nodes = '[{"id": "a", "state": "lost", "labels": {"region": "eu"}}]'
    result = run("waves", "-n", "-", "--job", "immediate.yaml", stdin=nodes)
    assert result.status == 1
    assert result.err == "no matching node is connected, so there is no wave\n"
    assert "\n1 of 1 node matches, 0 of them connected; in no wave: 1 not connected\n" in result.out


def test_json(run: Run, jobs: str) -> None:
    """JSON has the whole plan; the same input gives the same bytes."""
    args = ("waves", "-n", jobs, "--job", "every.yaml", "-o", "json")
    result = run(*args)
    assert result == run(*args)
    assert json.loads(result.out) == {
        "version": 1,
        "job": "every",
        "strategy": "rolling",
        "max_parallel": 10,
        "total": 4,
        "matched": 4,
        "connected": 2,
        "stateless": 1,
        "waves": [
            {"number": 1, "canary": False, "nodes": 1, "ids": ["n-1"]},
            {"number": 2, "canary": False, "nodes": 1, "ids": ["n-2"]},
        ],
        "rules": [
            "nodes are in the order of the input",
            "percentages are of the nodes that match and are connected now, rounded up",
            "a wave has at least one node, whatever the percentage",
        ],
    }


@pytest.mark.usefixtures("jobs")
def test_json_of_canaries(run: Run) -> None:
    """JSON has the name of the job unescaped, and marks canaries."""
    answer = json.loads(run("waves", "-n", NODES, "--job", "canary.yaml", "-o", "json").out)
    assert answer["job"] == "a\tb|`c`"
    assert [(wave["canary"], wave["nodes"]) for wave in answer["waves"]] == [
        (True, 2),
        (False, 15),
        (False, 15),
        (False, 5),
    ]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        pytest.param([], "error: Missing option '--job'.\n", id="no-job"),
        pytest.param(["--job", "no"], "no: error[cannot-read]: ", id="no-file"),
        pytest.param(["--job", "a", "--job", "b"], "given more than once", id="two-jobs"),
        pytest.param(["--job", "wrong.yaml"], "error[out-of-range]", id="wrong-job"),
    ],
)
def test_wrong(run: Run, jobs: str, args: list[str], message: str) -> None:
    """An invalid job has no plan."""
    Path("wrong.yaml").write_text("name: x\nrollout: {strategy: rolling, max_parallel: 101}\n")
    result = run("waves", "-n", jobs, *args)
    assert (result.status, result.out) == (2, "")
    assert message in result.err


def test_two_things_from_one_pipe(run: Run) -> None:
    """--job and -n cannot both be standard input."""
    result = run("waves", "-n", "-", "--job", "-")
    assert (result.status, result.out) == (2, "")
    assert result.err.endswith("error: --job and -n cannot both read standard input\n")
