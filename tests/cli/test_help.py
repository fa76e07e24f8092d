"""What the command line says of itself."""

import pytest

import nodeselect
from tests.cli.running import Run, run_process

HELP = """\
Usage: nodeselect [OPTIONS] COMMAND [ARGS]...

  Which nodes does a selector take, and why not the others?

Options:
  --version   Show the version and exit.
  -h, --help  Show this message and exit.

Commands:
  check    Report all problems of job files.
  diff     Print which nodes a change adds, keeps and removes.
  explain  Tell why a selector takes some nodes, and not the others.
  labels   Print the labels of a fleet, counted.
  match    Print the nodes that a selector takes.
  rules    List the rules of "nodeselect check", or explain one.
  schema   Print the JSON Schema of a job file, for editors and other tools.
  waves    Print the plan of a rollout: which nodes in which wave.

  Examples:
    nodeselect match -l 'region=eu,!debug' --nodes nodes.json
    nodeselect match --job job.yaml --nodes nodes.json -o name
    kubectl get nodes -o json | nodeselect match -l gpu -n -
    nodeselect explain --job job.yaml --nodes nodes.json
    nodeselect labels --nodes nodes.json region
    nodeselect diff --job old.yaml new.yaml --nodes nodes.json
    nodeselect check job.yaml
    nodeselect waves --job job.yaml --nodes nodes.json
"""

HELP_OF_MATCH = """\
Usage: nodeselect match [OPTIONS]

  Print the nodes that a selector takes.

  A selector is written as in Kubernetes: k=v, k!=v, k in (a,b), k notin
  (a,b), k, !k, k>5, k<5, joined by commas, all of which must hold.

Options:
  -n, --nodes FILE|-              Read nodes from a file, or - for standard
                                  input: node lists of Expanso, Kubernetes,
                                  Bacalhau and Nomad, {id, labels}, in JSON,
                                  YAML or JSON lines, or CSV with a column id.
                                  [required]
  -l, --selector EXPR             Take nodes that match the selector.
                                  Repeated: nodes that match any of them.
  --job FILE|-                    Take the nodes that a job spec selects.
  --id ID                         Take the node with this id. Repeated: any of
                                  them. With -l, both must hold.
  --all                           Take every node.
  -o, --output [table|name|folded|wide|json|ndjson|csv]
                                  How nodes are printed.  [default: table]
  -L, --label-column KEY          Show a label, or several parted by commas,
                                  in columns of their own. Repeatable.
  --show-labels                   Show all labels in the table.
  --no-headers                    Print no header.
  --count                         Print only how many nodes match.
  --state STATE,…                 Take only nodes in one of these states:
                                  connected, disconnected, lost, ready, not-
                                  ready, cordoned, … Repeatable.
  --limit N                       Print only the first N nodes.  [x>=1]
  --min N                         End with status 1 where fewer than N nodes
                                  match; 1 if not given.  [x>=0]
  --max N                         End with status 1 where more than N nodes
                                  match.  [x>=0]
  -h, --help                      Show this message and exit.

  Examples:
    nodeselect match -l 'region=eu,tier in (gold,silver),!debug' -n nodes.json
    nodeselect match --job job.yaml -n nodes.json -L region -o wide
    kubectl get nodes -o json | nodeselect match -l gpu -n - -o name
    nodeselect match -l region=eu -l region=us -n fleet.csv --count

  Exit status: 0 some node matches, 1 none does, 2 wrong question or input.
"""


def trimmed(text: str) -> str:
    """Give a text without the blanks at the ends of its lines."""
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def test_help(run: Run) -> None:
    """``--help`` shows what there is, with examples."""
    assert run("--help") == (0, HELP, "")


def test_help_of_match(run: Run) -> None:
    """``match --help`` shows every option, examples and the exit status."""
    ended = run("match", "--help")
    assert (ended.status, ended.err) == (0, "")
    assert trimmed(ended.out) == HELP_OF_MATCH


@pytest.mark.parametrize(
    "question",
    [["--help"], *([name, "--help"] for name in ("diff", "explain", "labels", "match", "waves"))],
)
def test_help_fits_a_screen(run: Run, question: list[str]) -> None:
    """No line of help is longer than a terminal is wide, and it holds no escape sequence."""
    lines = run(*question).out.splitlines()
    assert max(map(len, lines)) <= 80
    assert all(line.replace("…", "").isascii() and line.isprintable() for line in lines)


def test_no_arguments(run: Run) -> None:
    """Without arguments the help goes to standard error: nothing was asked."""
    assert run() == (2, "", HELP)


def test_version(run: Run) -> None:
    """``--version`` names the program and the version of the library."""
    assert run("--version") == (0, f"nodeselect {nodeselect.__version__}\n", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(shell: str) -> None:
    """A shell gets the script that completes the command."""
    ended = run_process(_NODESELECT_COMPLETE=f"{shell}_source")
    assert (ended.status, ended.err) == (0, "")
    assert f"_NODESELECT_COMPLETE={shell}_complete" in ended.out


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
    ended = run_process(
        _NODESELECT_COMPLETE="bash_complete",
        COMP_WORDS=words,
        COMP_CWORD=str(len(words.split()) - 1),
    )
    assert (ended.status, ended.out, ended.err) == (0, completed, "")
