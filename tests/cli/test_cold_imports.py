"""What a run of the command line loads: a library that is not needed costs every run."""

from pathlib import Path

import pytest

from nodeselect import Inventory, Node
from tests.cli.running import FLEET
from tests.imports import HEAVY, loaded_after

RULES = {"nodeselect.expanso", "nodeselect.manifests"}
WATCHED = (HEAVY - {"click"}) | RULES


def loaded_by(*args: str, stdin: str = "") -> set[str]:
    """Run the command line in a new process; return the watched modules that it has loaded."""
    loaded = loaded_after("from nodeselect.cli.app import run\nrun()", *args, stdin=stdin)
    assert "nodeselect.cli" in loaded
    return loaded & WATCHED


JOB = "selector: {match_expressions: ['region in (eu,us)']}\n"
POD = "apiVersion: v1\nkind: Pod\nspec: {nodeSelector: {region: eu}}\n"
LIST = '[{"id": "n-1", "labels": {"region": "eu"}}]'
LINES = {"msgspec"}
INVENTORY = {"msgspec", "pyroaring"}
YAML = {"nodeselect.expanso", "yaml"}


@pytest.mark.parametrize(
    ("command", "stdin", "libraries"),
    [
        # Help and version load nothing heavy.
        ("--version", "", set()),
        ("--help", "", set()),
        ("match --help", "", set()),
        # A match loads the library for the format of the nodes, and no inventory.
        ("match -n - -l region=eu", LIST, set()),
        ("match -n - -l region=eu", "id,region\nn-1,eu\n", set()),
        ("match -n - -l region=eu", FLEET, LINES),
        ("match -n - -l region=eu", "- id: n-1\n  labels: {region: eu}\n", {"yaml"}),
        ("match -n - --id n-1", FLEET, LINES),
        # A job needs YAML; its expressions need no more.
        ("match -n - --job job", FLEET, LINES | YAML),
        # A manifest needs no rule of job specs.
        ("match -n - --job pod", FLEET, INVENTORY | {"nodeselect.manifests", "yaml"}),
        # Of a small fleet, other answers need an inventory, but not numpy.
        ("labels -n -", FLEET, INVENTORY),
        ("diff -n - -l region -l region=eu", FLEET, INVENTORY),
        ("explain -n - -l region=eu", FLEET, INVENTORY),
        # Only a plan needs models.
        ("check job", "", YAML),
        ("check -o sarif job", "", YAML),
        ("rules", "", RULES),
        ("rollout -n - job", FLEET, INVENTORY | YAML | {"pydantic", "pydantic_core"}),
        # A saved inventory is read without numpy, unless an answer is large.
        ("match -l x=1 -n fleet.nsx", "", {"pyroaring"}),
        ("labels x -n fleet.nsx", "", {"pyroaring"}),
        ("match --id n-7 -n fleet.nsx", "", {"pyroaring"}),
        ("match --all -n fleet.nsx", "", {"pyroaring", "numpy"}),
    ],
)
def test_what_is_loaded(command: str, stdin: str, libraries: set[str]) -> None:
    Path("job").write_text(JOB)
    Path("pod").write_text(POD)
    if "fleet.nsx" in command:
        Inventory(Node(f"n-{at}", {"x": str(at % 5)}) for at in range(25_000)).save("fleet.nsx")
    assert loaded_by(*command.split(), stdin=stdin) == libraries
