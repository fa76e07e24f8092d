"""What a run of the command line loads: a library that is not needed costs every run."""

from pathlib import Path

import pytest

from nodeselect import Inventory, Node
from tests.cli.running import FLEET
from tests.imports import HEAVY, loaded_after

WATCHED = (HEAVY - {"click"}) | {"nodeselect.jobs"}


def loaded_by(*args: str, stdin: str = "") -> set[str]:
    """Run the command line in a new process; return the watched modules that it has loaded."""
    loaded = loaded_after("from nodeselect.cli.app import run\nrun()", *args, stdin=stdin)
    assert "nodeselect.cli" in loaded
    return loaded & WATCHED


@pytest.mark.parametrize("args", [["--version"], ["--help"], ["match", "--help"]])
def test_what_is_said_of_itself(args: list[str]) -> None:
    """Help and version load nothing heavy."""
    assert not loaded_by(*args) & {"lark", "yaml", "pydantic", "pydantic_core", "nodeselect.jobs"}


@pytest.mark.parametrize(
    ("nodes", "libraries"),
    [
        pytest.param('[{"id": "n-1", "labels": {"region": "eu"}}]', set(), id="json"),
        pytest.param("id,region\nn-1,eu\n", set(), id="csv"),
        pytest.param(FLEET, {"msgspec"}, id="ndjson"),
        pytest.param("- id: n-1\n  labels: {region: eu}\n", {"yaml"}, id="yaml"),
    ],
)
def test_match(nodes: str, libraries: set[str]) -> None:
    """A match loads the library for the format of the nodes, and no inventory."""
    assert loaded_by("match", "-n", "-", "-l", "region=eu", stdin=nodes) == libraries


def test_ids_alone() -> None:
    """Ids need no more than a selector."""
    assert loaded_by("match", "-n", "-", "--id", "n-1", stdin=FLEET) == {"msgspec"}


def test_job(tmp_path: Path) -> None:
    """A job needs YAML; its expressions need no more."""
    (tmp_path / "job").write_text("selector: {match_expressions: ['region in (eu,us)']}\n")
    loaded = loaded_by("match", "-n", "-", "--job", str(tmp_path / "job"), stdin=FLEET)
    assert loaded == {"msgspec", "nodeselect.jobs", "yaml"}


def test_labels() -> None:
    """Counting labels needs no inventory: no numpy."""
    assert loaded_by("labels", "-n", "-", stdin=FLEET) == {"msgspec", "pyroaring"}


def test_diff() -> None:
    """Comparing selectors on a small fleet loads neither numpy nor the jobs."""
    options = ["diff", "-n", "-", "-l", "region", "-l", "region in (eu,us)"]
    assert loaded_by(*options, stdin=FLEET) == {"msgspec", "pyroaring"}


def test_explain() -> None:
    """An explanation of a small fleet loads an inventory, but not numpy."""
    assert loaded_by("explain", "-n", "-", "-l", "region=eu", stdin=FLEET) == {
        "msgspec",
        "pyroaring",
    }


@pytest.mark.parametrize("command", [["check"], ["check", "-o", "sarif"]])
def test_check(command: list[str], tmp_path: Path) -> None:
    """A check loads no pydantic."""
    (tmp_path / "job").write_text("name: x\nselector: {match_labels: {region: eu}}\n")
    assert loaded_by(*command, str(tmp_path / "job")) == {"nodeselect.jobs", "yaml"}


def test_rules_and_schema() -> None:
    """The rules and the schema need no models."""
    for command in ("rules", "schema"):
        assert not loaded_by(command) & {"lark", "pydantic", "pydantic_core"}


def test_rollout(tmp_path: Path) -> None:
    """A plan for a small fleet loads pydantic, but not numpy."""
    (tmp_path / "job").write_text("name: x\nselector: {match_labels: {region: eu}}\n")
    loaded = loaded_by("rollout", "-n", "-", "--job", str(tmp_path / "job"), stdin=FLEET)
    assert loaded >= {"msgspec", "nodeselect.jobs", "pydantic", "yaml"}
    assert "numpy" not in loaded


def test_saved(tmp_path: Path) -> None:
    """A saved inventory, of many nodes or few, is read without numpy, unless an answer is large."""
    file = tmp_path / "fleet.nsx"
    Inventory(Node(f"n-{at}", {"x": str(at % 5)}) for at in range(25_000)).save(file)
    for options in (["match", "-l", "x=1"], ["labels", "x"], ["match", "--id", "n-7"]):
        command, *others = options
        assert loaded_by(command, "-n", str(file), *others) == {"pyroaring"}
    assert loaded_by("match", "-n", str(file), "--all") == {"pyroaring", "numpy"}
