"""Help and version."""

import subprocess
import sys

import pytest

import nodeselect
from tests.cli.running import Run


@pytest.mark.parametrize(
    "command",
    ["audit", "completion", "diff", "explain", "labels", "match", "rollout", "sql", "watch"],
)
def test_help_fits_a_screen(run: Run, command: str) -> None:
    """Help fits 80 columns and has no control characters."""
    lines = run(command, "--help").out.splitlines() + run("--help").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert all(line.replace("…", "").isascii() and line.isprintable() for line in lines)


def test_version(run: Run) -> None:
    """``--version`` and ``-V`` print the version of the library."""
    version = (0, f"nodeselect {nodeselect.__version__}\n", "")
    assert run("--version") == run("-V") == version
    as_module = [sys.executable, "-m", "nodeselect", "--version"]
    assert subprocess.check_output(as_module, text=True) == version[1]


@pytest.mark.parametrize("command", ["match", "explain", "check", "help"])
def test_help_of_a_command(run: Run, command: str) -> None:
    """``nodeselect help COMMAND`` is ``nodeselect COMMAND --help``; without COMMAND, of all."""
    assert run("help", command) == run(command, "--help")
    assert run("help") == run("--help")
