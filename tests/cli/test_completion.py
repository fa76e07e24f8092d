"""What a shell gets when TAB is pressed. ``test_completion_in_shells.py`` presses it."""

import os
import string
from pathlib import Path

import click
import pytest

from nodeselect import Inventory, Node
from nodeselect.cli import completion
from nodeselect.cli.app import commands
from nodeselect.cli.commands.completion import SHELLS
from tests.cli.running import Result, Run, run_process

NODES = [
    *(Node(f"n-{at}", {"region": "eu-west", "gpu": "t4"}, None, "connected") for at in (1, 2)),
    Node(
        "n-3",
        {"region": "eu-east", "role": "GPU-0: NVIDIA", "a$b": "c", "rack": "a/b"},
        state="lost",
    ),
    Node("m 1", {"region": "us", "rack": "", "r//": "", "tier": "free"}, state="lo$t"),
]


@pytest.fixture(autouse=True)
def _files() -> None:
    Inventory(NODES).save("fleet.nsx")
    Path("my fleet.csv").write_text("id,region,tier\nn-1,eu,gold\nn-2,eu,free\n")


def press(run: Run, shell: str, line: str, cursor: str) -> Result:
    words = {"COMP_WORDS": line, "COMP_CWORD": cursor}
    return run(_NODESELECT_COMPLETE=f"{shell}_complete", **words)


def in_bash(run: Run, line: str) -> list[str]:
    """Press TAB in bash at the end of a line; return the candidates as bash inserts them."""
    quote = next((quote for quote in "'\"" if line.count(quote) % 2), None)
    start = max(map(line.rfind, quote or " =:")) + 1
    result = press(run, "bash", f"nodeselect {line}", line[start:])
    assert (result.status, result.err) == (0, "")
    rows = [row.split(",", 1) for row in result.out.splitlines() if row]
    return ["file" if kind == "file" else value for kind, value in rows]


LINES = [
    # Commands, options and their values.
    ("ru", ["rules"]),
    ("match --no-h", ["--no-headers"]),
    ("match -o n", ["name", "ndjson"]),
    ("check --ignore no-n", ["no-name", "no-node"]),
    ("check --ignore no-type,no-na", ["no-type,no-name"]),
    ("rules no-n", ["no-name", "no-node"]),
    ("completion z", ["zsh"]),
    # Files, in quotes, too.
    ("match -n fl", ["file"]),
    ("match -n 'my f", ["file"]),
    ("match -l gpu fl", ["file"]),
    ("match --job ", ["file"]),
    ("check jo", ["file"]),
    ("diff a.yaml b", ["file"]),
    # Keys and values of a selector.
    ("match -n fleet.nsx -l r", ["region", "rack", "role"]),
    ("match -n 'my fleet.csv' -l t", ["tier=free", "tier=gold"]),
    ("match -n fleet.nsx -l reg", ["region=eu-west", "region=eu-east", "region=us"]),
    ("match -n fleet.nsx -l region=", ["eu-west", "eu-east", "us"]),
    ("match -n fleet.nsx -l region!=u", ["us"]),
    ("match -n fleet.nsx -l region==u", ["us"]),
    ("match -n fleet.nsx -l gpu,region!=us,ti", ["us,tier=free"]),
    ("match -n fleet.nsx --selector=region=u", ["us"]),
    # A short option may have "=", too.
    ("match -n fleet.nsx -l=reg", ["region=eu-west", "region=eu-east", "region=us"]),
    ("match -o=n", ["name", "ndjson"]),
    # No value can be typed without quotes, or be in a selector.
    ("match -n fleet.nsx -l rol", ["role"]),
    ("match -n fleet.nsx -l rac", ["rack"]),
    ("match -n fleet.nsx -l a", []),
    # Inside quotes, with spaces and parentheses, too; but nothing after escapes.
    ("match -n fleet.nsx -l 'reg", ["region=eu-west", "region=eu-east", "region=us"]),
    ('match -n fleet.nsx -l "region=u', ["region=us"]),
    ("match -n fleet.nsx -l 'gpu, region in (us,eu-",
     ["gpu, region in (us,eu-west)", "gpu, region in (us,eu-east)"]),
    ("match -n fleet.nsx -l 'region notin (us), ti", ["region notin (us), tier=free"]),
    ("match -n fleet.nsx -l 'region in (us), !ti", ["region in (us), !tier"]),
    ("match -n fleet.nsx -l 'region in (us) ti", []),
    ('match -n fleet.nsx -l r"e"g', []),
    ("match -n fleet.nsx -l r\\eg", []),
    ("match -n fleet.nsx -l region in (e", []),
    # Nodes that are not known.
    ("match -l reg", []),
    ("match -n absent -l reg", []),
    ("match -n - -l reg", []),
    # Keys, states and ids.
    ("match -n fleet.nsx -L region,r", ["region,region", "region,rack", "region,role"]),
    ("labels -n fleet.nsx ti", ["tier"]),
    ("match -n fleet.nsx --state lo", ["lost"]),
    ("match -n fleet.nsx --state lost,c", ["lost,connected", "lost,connecting", "lost,cordoned"]),
    ("explain -n fleet.nsx --node n-", ["n-1", "n-2", "n-3"]),
    ("match -n fleet.nsx --id m", []),
]  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), LINES, ids=[line for line, _ in LINES])
def test_bash(run: Run, line: str, expected: list[str]) -> None:
    """Bash gets what replaces the word, or what follows its last ``=``; the most frequent first."""
    assert in_bash(run, line) == expected


def test_nodes_of_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODESELECT_NODES", "fleet.nsx")
    for command in ("match", "explain", "diff"):
        assert in_bash(run, f"{command} -l ti") == ["tier=free"]
    monkeypatch.setenv("HOME", str(Path.cwd()))
    assert in_bash(run, "match -n ~/fleet.nsx -l gp") == ["gpu=t4"]


def test_zsh(run: Run) -> None:
    assert press(run, "zsh", "nodeselect match -n fleet.nsx -l tier,region=e", "5").out == (
        "plain\ntier,region=eu-west\n2 nodes\nplain\ntier,region=eu-east\n1 node\n"
    )
    assert press(run, "zsh", "nodeselect match -n fleet.nsx --selector=ti", "4").out == (
        "plain\n--selector=tier=free\n1 node\n"
    )
    assert press(run, "zsh", "nodeselect match -n fleet.nsx -l 'region in (u", "5").out == (
        "plain\nregion in (us)\n1 node\n"
    )


def test_fish(run: Run) -> None:
    """Fish gets whole words, with the number of nodes; its script keeps their commas."""
    for word in ("gpu,ti", "'gpu,ti"):
        shown = press(run, "fish", f"nodeselect match -n fleet.nsx -l {word}", word).out
        assert shown == "plain,gpu,tier=free\t1 node\n"
    assert "split -m 1 " in SHELLS["fish"].source_template


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_is_not_read(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """TAB does not take the nodes of a pipe, and does not wait for them."""
    os.mkfifo("pipe")
    opened: list[object] = []
    monkeypatch.setattr("nodeselect.cli.inputs.nodes.open_nodes", opened.append)
    assert in_bash(run, "match -n pipe -l reg") == opened == []


def test_many_candidates(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more candidates than a screen shows, there are their beginnings, one letter longer."""
    monkeypatch.setattr(completion, "_MAX_SHOWN", 100)
    Inventory(Node(f"node-{at:04}", {}) for at in reversed(range(2_000))).save("many")
    assert in_bash(run, "match -n many --id no") == ["node-0", "node-1"]
    assert len(in_bash(run, "match -n many --id node-19")) == 100


def test_signs_that_a_shell_interprets(run: Run) -> None:
    """Of all signs, a word has only those that mean nothing to any shell."""
    Inventory(Node(f"n{sign}1", {}) for sign in string.punctuation).save("signs")
    assert in_bash(run, "match -n signs --id n") == ["n-1", "n.1", "n/1", "n_1"]


def test_large_files(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large file is not read, unless it is a saved inventory."""
    size = Path("my fleet.csv").stat().st_size
    Path("small.csv").write_text("id\nn-0\n")
    for limit, expected in ((size - 1, []), (size, ["tier=free", "tier=gold"])):
        monkeypatch.setattr(completion, "MAX_BYTES", limit)
        assert in_bash(run, "match -n 'my fleet.csv' -l tie") == expected
        assert in_bash(run, "match -n small.csv -n 'my fleet.csv' -l tie") == expected
    assert in_bash(run, "match -n fleet.nsx -l tie") == ["tier=free"]


@pytest.mark.parametrize("shell", SHELLS)
def test_nothing_fails(run: Run, shell: str) -> None:
    """A damaged file, or a line that no script passes, gives no candidates and no message."""
    Path("damaged.json").write_text("[{")
    cursor = "5" if shell == "zsh" else "x"
    assert press(run, shell, "nodeselect match -n damaged.json -l x", cursor) == (0, "\n", "")
    assert press(run, shell, "", "").err == ""


@pytest.mark.parametrize("shell", SHELLS)
def test_script(run: Run, shell: str) -> None:
    printed = run("completion", shell)
    assert printed.status == 0
    assert f"_NODESELECT_COMPLETE={shell}_complete" in printed.out
    by_click = run_process(_NODESELECT_COMPLETE=f"{shell}_source")
    assert (by_click.status, by_click.out.strip()) == (0, printed.out.strip())


def test_summaries_of_commands() -> None:
    """What a shell shows of a command is the first sentence of its help."""
    context = click.Context(commands)
    for item in commands.shell_complete(context, ""):
        command = commands.get_command(context, item.value)
        assert command is not None
        assert item.help == command.get_short_help_str(200)
