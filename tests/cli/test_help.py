"""Help, version and shell completion."""

import pytest

import nodeselect
from tests.cli.running import Run, run_process

HELP = """\
Usage: nodeselect [OPTIONS] COMMAND [ARGS]...

  Find out which nodes a label selector matches, and why the others do not.

  Selectors are those of Kubernetes and of Expanso jobs. Nodes come from a
  file or a pipe. All commands are dry runs: nothing is submitted or changed.

Options:
  --version   Show the version and exit.
  -h, --help  Show this message and exit.

Commands:
  match    Print the nodes that a selector matches.
  explain  Explain why nodes match a selector, and why the others do not.
  labels   Count the label keys and values of a fleet.
  diff     Print which nodes a change adds, keeps and removes, and why.
  waves    Plan a rollout: which nodes get the job in which wave.
  check    Report all problems of job files.
  rules    List the rules of "nodeselect check", or explain one.
  schema   Print the JSON Schema of a job file, for editors and other tools.

  Examples:
    nodeselect match -l 'region=eu,!debug' -n nodes.json
    kubectl get nodes -o json | nodeselect match -l gpu -n -
    nodeselect explain --job job.yaml -n nodes.json
    nodeselect labels -n nodes.json region
    nodeselect diff old.yaml new.yaml -n nodes.json
    nodeselect waves --job job.yaml -n nodes.json
    nodeselect check job.yaml
"""


def test_help(run: Run) -> None:
    """``--help`` shows the commands, with examples."""
    assert run("--help") == (0, HELP, "")


@pytest.mark.parametrize(
    "args",
    [["--help"], *([name, "--help"] for name in ("diff", "explain", "labels", "match", "waves"))],
)
def test_help_fits_a_screen(run: Run, args: list[str]) -> None:
    """Help fits 80 columns and has no control characters."""
    lines = run(*args).out.splitlines()
    assert max(map(len, lines)) <= 80
    assert all(line.replace("…", "").isascii() and line.isprintable() for line in lines)


def test_no_arguments(run: Run) -> None:
    """Without arguments, the help goes to standard error."""
    assert run() == (2, "", HELP)


def test_version(run: Run) -> None:
    """``--version`` prints the version of the library."""
    assert run("--version") == (0, f"nodeselect {nodeselect.__version__}\n", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(shell: str) -> None:
    """There is a completion script for each shell."""
    result = run_process(_NODESELECT_COMPLETE=f"{shell}_source")
    assert (result.status, result.err) == (0, "")
    assert f"_NODESELECT_COMPLETE={shell}_complete" in result.out


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        pytest.param("nodeselect ma", "plain,match\n", id="command"),
        pytest.param("nodeselect match --no-h", "plain,--no-headers\n", id="option"),
        pytest.param("nodeselect match -o n", "plain,name\nplain,ndjson\n", id="format"),
    ],
)
def test_completion(words: str, completed: str) -> None:
    """Commands, options and formats are completed."""
    result = run_process(
        _NODESELECT_COMPLETE="bash_complete",
        COMP_WORDS=words,
        COMP_CWORD=str(len(words.split()) - 1),
    )
    assert (result.status, result.out, result.err) == (0, completed, "")
