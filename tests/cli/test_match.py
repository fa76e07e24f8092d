"""``nodeselect match``: which nodes are selected, and the summary."""

import json
import shlex
from pathlib import Path

import pytest

from nodeselect import Inventory
from tests.cli.running import FLEET, Run

EXISTING = "available states: connected (1), ready (1), lost (1), none (1)"
EXAMPLE = Path(__file__).parents[2] / "docs" / "example"

ONE = "n-1   connected\n"
TWO = "n-2   ready\n"
THREE = "n-3   lost\n"
HEADER = "ID    STATE\n"


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        pytest.param(
            ["-n", "-", "-l", "nope"],
            "save the nodes to nodes.json, then run: nodeselect explain -l nope -n nodes.json",
            id="nodes",
        ),
        pytest.param(
            ["-n", "fleet.ndjson", "--job", "-"],
            "save the job to job.yaml, then run: nodeselect explain --job job.yaml -n fleet.ndjson",
            id="job",
        ),
    ],
)
@pytest.mark.usefixtures("fleet")
def test_no_node_of_standard_input_matches(run: Run, options: list[str], hint: str) -> None:
    """What came from a pipe is to be saved before it can be explained."""
    job = "selector: {match_labels: {a: b}}"
    result = run("match", *options, stdin=FLEET if "-l" in options else job)
    assert result.err.splitlines()[-1] == f"for details, {hint}"


def test_the_command_that_explains_can_be_run(run: Run, fleet: str) -> None:
    """The command of the hint reports the same numbers."""
    result = run("match", "-n", fleet, "-l", "region in (a, b),!tier", "-l", "x>5")
    command = shlex.split(result.err.splitlines()[-1].partition("run: ")[2])
    explained = run(*command[1:])
    assert command[0] == "nodeselect"
    assert (explained.status, explained.err) == (1, "")
    assert "together: 0 of 4 nodes match" in explained.out


def test_no_node_may_match(run: Run, fleet: str) -> None:
    """With --min 0, no match is a success."""
    result = run("match", "-n", fleet, "-l", "nope", "--min", "0", "--max", "0")
    assert (result.status, result.out) == (0, "")


def test_a_limit_does_not_limit_the_count(run: Run, fleet: str) -> None:
    """--limit limits what is printed, not what is counted."""
    result = run("match", "-n", fleet, "--all", "--limit", "1", "--min", "4", "-o", "name")
    assert result == (
        0,
        "n-1\n",
        "4 of 4 nodes match, 2 of them connected\nprinted 1 of 4 matching nodes (--limit)\n",
    )


def test_folded(run: Run) -> None:
    """Ids that differ in one number are one range."""
    lines = "".join(f'{{"id": "edge-{number:03d}"}}\n' for number in range(1, 131))
    result = run("match", "-n", "-", "--all", "-o", "folded", stdin=lines + '{"id": "core"}\n')
    assert result == (0, "edge-[001-130]\ncore\n", "131 of 131 nodes match\n")


@pytest.mark.parametrize("option", ["-n", "--nodes"])
def test_nodes_of_standard_input(run: Run, option: str) -> None:
    """``-`` is standard input."""
    result = run("match", option, "-", "-l", "region=us", stdin=FLEET)
    assert result == (
        0,
        HEADER + THREE,
        "1 of 4 nodes match, 0 of them connected; 3 do not: all fail region=us\n",
    )


def test_empty_inventory(run: Run) -> None:
    """An empty list of nodes is not an error: no node matches."""
    assert run("match", "-n", "-", "--all", stdin="[]") == (1, "", "0 of 0 nodes match\n")


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize("kind", ["json", "yaml"])
def test_job(run: Run, kind: str) -> None:
    """A job selects nodes with all fields of its selector."""
    Path("job").write_text(
        '{"selector": {"match_labels": {"region": "eu"}, "match_ids": ["n-1", "n-9"]}}'
        if kind == "json"
        else "selector:\n  match_labels: {region: eu}\n  match_ids: [n-1, n-9]\n"
    )
    result = run("match", "-n", "fleet.ndjson", "--job", "job")
    assert result == (
        0,
        HEADER + ONE,
        (
            "1 of 4 nodes match, 1 of them connected; 3 do not: 2 fail both <id in (n-1,n-9)> "
            "and region=eu; 1 fails <id in (n-1,n-9)>\n"
            "no node has the id 'n-9'\n"
        ),
    )


def test_job_of_standard_input(run: Run, fleet: str) -> None:
    """``-`` is standard input, also for a job."""
    result = run("match", "-n", fleet, "--job", "-", stdin="selector: {match_labels: {tier: gold}}")
    said = "1 of 4 nodes match, 1 of them connected; 3 do not: all fail tier=gold\n"
    assert result == (0, HEADER + ONE, said)


@pytest.mark.parametrize("job", ["name: x\n", "selector: {}\n", "selector:\n"])
def test_job_without_selector(run: Run, fleet: str, job: str) -> None:
    """A job without a selector selects every node, with a warning."""
    Path("job\x1b.yaml").write_text(job)
    result = run("match", "-n", fleet, "--job", "job\x1b.yaml", "-o", "name")
    assert result == (
        0,
        "n-1\nn-2\nn-3\nn-4\n",
        (
            "job\\x1b.yaml: the selector is empty: this job selects EVERY node\n"
            "4 of 4 nodes match, 2 of them connected\n"
        ),
    )


def test_job_with_a_limit_and_a_state(run: Run, fleet: str) -> None:
    """--state and --limit work with a job as with a selector."""
    Path("job").write_text("selector: {match_expressions: [region]}")
    result = run("match", "-n", fleet, "--job", "job", "--state", "ready,lost", "--limit", "1")
    assert result == (
        0,
        HEADER + TWO,
        (
            "2 of 4 nodes match, 1 of them connected\n"
            "1 more node matches the selector but not --state: connected (1)\n"
            "printed 1 of 2 matching nodes (--limit)\n"
        ),
    )


def test_the_example(run: Run) -> None:
    """The example of the documentation selects the same nodes as a loop in Python."""
    fleet, job = str(EXAMPLE / "fleet.json"), str(EXAMPLE / "job.yaml")
    result = run("match", "-n", fleet, "--job", job, "-o", "name")
    nodes = Inventory.read(fleet)
    taken = [
        node.id
        for node in nodes
        if node.labels.get("environment") == "prod"
        and node.labels.get("capability") == "inference"
        and node.labels.get("region") in ("eu-west", "eu-central")
        and "gpu" in node.labels
        and node.labels.get("tier") != "free"
        and "maintenance" not in node.labels
    ]
    assert result.status == 0
    assert result.out.split() == taken
    assert result.err.startswith(f"{len(taken)} of {len(nodes)} nodes match, ")


@pytest.mark.parametrize(
    "args",
    [
        pytest.param(["--all"], id="all"),
        pytest.param(["-l", "nope", "--count"], id="none-matches"),
        pytest.param(["-l", "region=eu", "-l", "tier"], id="several"),
    ],
)
@pytest.mark.parametrize(
    ("states", "said"),
    [
        pytest.param(
            ["conected"], f"'conected': {EXISTING}\n  did you mean 'connected'?", id="typo"
        ),
        pytest.param(["lost,zzz,aaa"], f"'aaa' or 'zzz': {EXISTING}", id="two-of-three"),
        pytest.param(
            ["NotReady"], f"'notready': {EXISTING}\n  did you mean 'not-ready'?", id="case"
        ),
        pytest.param(["\x1b"], f"'\\x1b': {EXISTING}", id="hostile"),
    ],
)
def test_unknown_states(
    run: Run, fleet: str, args: list[str], states: list[str], said: str
) -> None:
    """A state that is not well-known and that no node has is an error, whatever matches."""
    result = run("match", "-n", fleet, *args, "--state", *states)
    assert (result.status, result.out) == (2, "")
    assert result.err.endswith(f"error: no node is in the state {said}\n")


def test_states_of_other_programs(run: Run) -> None:
    """A state that any node has is valid, also if no such node matches."""
    nodes = '{"id": "a", "state": "Up", "labels": {"x": ""}}\n{"id": "b", "state": "odd"}\n'
    args = ("match", "-n", "-", "-o", "name", "--state", "UP,odd")
    assert run(*args, "-l", "x", stdin=nodes)[:2] == (0, "a\n")
    assert run(*args, "-l", "!x", stdin=nodes)[:2] == (0, "b\n")
    assert run(*args, "-l", "x", "-l", "!x", stdin=nodes)[:2] == (0, "a\nb\n")
    assert run(*args, "-l", "y", stdin=nodes)[:2] == (1, "")


@pytest.mark.parametrize("state", ["connected", "lost", "not-ready", "down", "pending"])
def test_no_node_has_a_state(run: Run, state: str) -> None:
    """A well-known state is valid, also if no node has any state."""
    args = ("match", "-n", "-", "--all", "--state")
    result = run(*args, state, stdin='[{"id": "a"}]')
    assert result == (
        1,
        "",
        "0 of 1 node matches\n1 node matches the selector but not --state: none (1)\n",
    )
    assert run(*args, "conected", stdin="[]")[:2] == (1, "")
    result = run(*args, "conected", stdin='[{"id": "a"}]')
    assert "error: no node is in the state 'conected': no node has a state\n" in result.err


def test_large_numbers_are_grouped(run: Run) -> None:
    """Large numbers have commas."""
    lines = "".join(f'{{"id": "n-{number}", "labels": {{}}}}\n' for number in range(1_234))
    result = run("match", "-n", "-", "--all", "--limit", "1100", "-o", "name", stdin=lines)
    assert result.out.count("\n") == 1_100
    assert (
        result.err
        == "1,234 of 1,234 nodes match\nprinted 1,100 of 1,234 matching nodes (--limit)\n"
    )


def test_states_in_any_case(run: Run) -> None:
    """States are compared without regard to case."""
    fleet = json.dumps([{"id": "n-1", "state": "CONNECTED"}, {"id": "n-2", "state": "Lost"}])
    result = run("match", "-l", "!x", "--state", "Connected", "-n", "-", "-o", "name", stdin=fleet)
    assert (result.status, result.out) == (0, "n-1\n")


def test_too_many_reasons(run: Run) -> None:
    """If there are too many combinations of failed requirements to count, none is reported."""
    keys = [f"k{bit}" for bit in range(11)]
    nodes = [
        {"id": f"n-{mask}", "labels": {key: "" for bit, key in enumerate(keys) if mask >> bit & 1}}
        for mask in range(2_047)
    ]
    result = run("match", "-l", ",".join(keys), "-n", "-", stdin=json.dumps(nodes))
    assert result.err == (
        "0 of 2,047 nodes match\n"
        "for details, save the nodes to nodes.json, then run:"
        f" nodeselect explain -l {','.join(keys)} -n nodes.json\n"
    )
