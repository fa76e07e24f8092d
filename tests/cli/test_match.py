"""``nodeselect match`` agrees with other ways to the same answer."""

import json
import shlex
from pathlib import Path

from nodeselect import Inventory
from tests.cli.running import Run

EXAMPLE = Path(__file__).parents[2] / "docs" / "example"


def test_the_command_that_explains_can_be_run(run: Run, fleet: str) -> None:
    """The command of the hint reports the same numbers."""
    result = run("match", "-n", fleet, "-l", "region in (a, b),!tier", "-l", "x>5")
    command = shlex.split(result.err.splitlines()[-1].partition("run: ")[2])
    explained = run(*command[1:])
    assert command[0] == "nodeselect"
    assert (explained.status, explained.err) == (1, "")
    assert "together: 0 of 4 nodes match" in explained.out


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


def test_states_in_any_case(run: Run) -> None:
    """States are compared without regard to case, also those of no known program."""
    nodes = '{"id": "a", "state": "Up", "labels": {"x": ""}}\n{"id": "b", "state": "ODD"}\n'
    args = ("match", "-n", "-", "-o", "name", "--state", "UP,odd")
    assert run(*args, "-l", "x", stdin=nodes)[:2] == (0, "a\n")
    assert run(*args, "-l", "!x", stdin=nodes)[:2] == (0, "b\n")
    assert run(*args, "-l", "x", "-l", "!x", stdin=nodes)[:2] == (0, "a\nb\n")


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
        "for details, save the input as nodes.json, then run:"
        f" nodeselect explain -l {','.join(keys)} -n nodes.json\n"
    )
