"""Help and version."""

import pytest

import nodeselect
from tests.cli.running import Run


@pytest.mark.parametrize(
    "args",
    [
        ["--help"],
        *(
            [name, "--help"]
            for name in (
                "audit",
                "completion",
                "diff",
                "explain",
                "labels",
                "match",
                "rollout",
                "sql",
                "watch",
            )
        ),
    ],
)
def test_help_fits_a_screen(run: Run, args: list[str]) -> None:
    """Help fits 80 columns and has no control characters."""
    lines = run(*args).out.splitlines()
    assert max(map(len, lines)) <= 80
    assert all(line.replace("…", "").isascii() and line.isprintable() for line in lines)


def test_version(run: Run) -> None:
    """``--version`` prints the version of the library."""
    assert run("--version") == (0, f"nodeselect {nodeselect.__version__}\n", "")


def test_short_version(run: Run) -> None:
    """``-V`` prints the version, too."""
    assert run("-V") == run("--version")


@pytest.mark.parametrize("command", ["match", "explain", "check", "help"])
def test_help_of_a_command(run: Run, command: str) -> None:
    """``nodeselect help COMMAND`` is ``nodeselect COMMAND --help``; without COMMAND, of all."""
    assert run("help", command) == run(command, "--help")
    assert run("help") == run("--help")


def test_help_of_no_command(run: Run) -> None:
    """The help of what is not a command is an error that says how to list all."""
    result = run("help", "matsch")
    assert (result.status, result.out) == (2, "")
    assert "Try 'nodeselect --help' for help." in result.err
    assert "error: No such command 'matsch'.\n  did you mean: nodeselect help match\n" in result.err
