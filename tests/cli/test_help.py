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
  check    Report all problems of job files.
  diff     Print which nodes a change adds, keeps and removes, and why.
  explain  Explain why nodes match a selector, and why the others do not.
  labels   Count the label keys and values of a fleet.
  match    Print the nodes that a selector matches.
  rules    List the rules of "nodeselect check", or explain one.
  schema   Print the JSON Schema of a job file, for editors and other tools.
  waves    Plan a rollout: which nodes get the job in which wave.

  Examples:
    nodeselect match -l 'region=eu,!debug' -n nodes.json
    kubectl get nodes -o json | nodeselect match -l gpu -n -
    nodeselect explain --job job.yaml -n nodes.json
    nodeselect labels -n nodes.json region
    nodeselect diff old.yaml new.yaml -n nodes.json
    nodeselect waves --job job.yaml -n nodes.json
    nodeselect check job.yaml
"""

HELP_OF_MATCH = """\
Usage: nodeselect match [OPTIONS]

  Print the nodes that a selector matches.

  Selectors are those of Kubernetes: k=v, k!=v, k in (a,b), k notin (a,b), k,
  !k, k>5, k<5, separated by commas; a node matches if all of these
  requirements hold.

Options:
  -n, --nodes FILE|-              Read nodes from a file, or - for standard
                                  input: node lists of Expanso, Kubernetes,
                                  Bacalhau and Nomad, or {id, labels}, as
                                  JSON, YAML or JSON lines; or CSV with an id
                                  column.  [required]
  -l, --selector EXPR             Select nodes that match this selector.
                                  Repeatable: nodes that match any of them.
  --job FILE|-                    Select the nodes that this job would run on.
  --id ID                         Select the node with this id. Repeatable:
                                  any of them. With -l, both must match.
  --all                           Select every node.
  -o, --output [table|name|folded|wide|json|ndjson|csv]
                                  The output format.  [default: table]
  -L, --label-column KEY,…        Add a column for each label key (comma-
                                  separated). Repeatable.
  --show-labels                   Add a column with all labels.
  --no-headers                    Print no header.
  --count                         Print only the number of nodes that match.
  --state STATE,…                 Use only nodes in one of these states:
                                  connected, disconnected, lost, ready, not-
                                  ready, cordoned, … Repeatable.
  --limit N                       Print only the first N nodes.  [x>=1]
  --min N                         Exit with status 1 if fewer than N nodes
                                  match (default: 1).  [x>=0]
  --max N                         Exit with status 1 if more than N nodes
                                  match.  [x>=0]
  -h, --help                      Show this message and exit.

  Examples:
    nodeselect match -l 'region=eu,tier in (gold,silver),!debug' -n nodes.json
    nodeselect match --job job.yaml -n nodes.json -L region -o wide
    kubectl get nodes -o json | nodeselect match -l gpu -n - -o name
    nodeselect match -l region=eu -l region=us -n fleet.csv --count

  Exit status: 0 if any node matches (or as --min and --max require), 1 if not,
  2 on errors.
"""


def strip_lines(text: str) -> str:
    """Return a text without blanks at the ends of lines."""
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def test_help(run: Run) -> None:
    """``--help`` shows the commands, with examples."""
    assert run("--help") == (0, HELP, "")


def test_help_of_match(run: Run) -> None:
    """``match --help`` shows every option, examples and the exit status."""
    result = run("match", "--help")
    assert (result.status, result.err) == (0, "")
    assert strip_lines(result.out) == HELP_OF_MATCH


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
