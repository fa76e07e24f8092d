"""What a shell is told when TAB is pressed. ``test_tab.py`` presses it."""

import os
import shlex
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Inventory, Node
from nodeselect.cli import candidates
from nodeselect.cli.app import commands
from nodeselect.cli.shells import SHELLS, split_words
from tests.cli.running import Result, Run, run_process
from tests.imports import loaded_after

NODES = [
    *(
        Node(f"n-{at}", {"region": "eu-west", "gpu": "t4"}, f"name {at}", "connected")
        for at in (1, 2)
    ),
    Node("n-3", {"region": "eu-east", "role": "GPU-0: NVIDIA", "zone/": "a"}, state="lost"),
    Node("m-1", {"region": "us", "rack": "", "tier": "free"}),
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with a saved inventory and a list of the same nodes."""
    Inventory(NODES).save(tmp_path / "fleet.nsx")
    keys = ("region", "gpu", "role", "tier")
    rows = [",".join(("id", "state", *keys))]
    rows += [
        ",".join((node.id, node.state or "", *(node.labels.get(key, "") for key in keys)))
        for node in NODES
    ]
    (tmp_path / "fleet.csv").write_text("\n".join(rows))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NODESELECT_NODES", raising=False)
    return tmp_path


@pytest.fixture
def tab(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that passes arguments as the script of a shell does, its name first."""

    def press(*args: str, stdin: object = b"") -> Result:
        shell, *words = args
        monkeypatch.setenv("_NODESELECT_COMPLETE", f"{shell}_complete")
        return run(*words)

    return press


def in_bash(tab: Run, line: str) -> list[str]:
    """Press TAB in bash at ``|`` or the end; return the candidates as bash inserts them."""
    line, _, rest = line.partition("|")
    _, quote = split_words(line)
    start = line.rfind(quote) + 1 if quote else max(map(line.rfind, " =:(")) + 1
    result = tab("bash", f"nodeselect {line}", line[start:], rest)
    assert (result.status, result.err) == (0, "")
    return [row.partition("\t")[2] or row for row in result.out.splitlines() if row]


LINES = [
    # Commands, options and their values.
    ("ru", ["rules"]),
    ("match --no-h", ["--no-headers"]),
    ("match -o n", ["name", "ndjson"]),
    ("check --ignore no-n", ["no-name"]),
    ("check --ignore no-name,no-na", []),
    ("check --ignore no-type,no-na", ["no-type,no-name"]),
    ("rules no-n", ["no-name"]),
    ("help ma", ["match"]),
    ("completion z", ["zsh"]),
    # Files.
    ("match -n fl", ["file"]),
    ("match --nodes=fl", ["file"]),
    ("match --job ", ["file"]),
    ("check jo", ["file"]),
    ("diff a.yaml b", ["file"]),
    ("jobs --node n", ["file"]),
    # Keys and values of a selector.
    ("match -n fleet.nsx -l r", ["region=", "rack=", "role="]),
    ("match -n fleet.csv -l r", ["region=", "role="]),
    ("match -l r| -n fleet.nsx", ["region=", "rack=", "role="]),
    ("match -n fleet.nsx -l reg", ["region=eu-west", "region=eu-east", "region=us"]),
    ("match -n fleet.nsx -l region=", ["eu-west", "eu-east", "us"]),
    ("match -n fleet.nsx -l region=e", ["eu-west", "eu-east"]),
    ("match -n fleet.nsx -l region!=u", ["us"]),
    ("match -n fleet.nsx -l region==u", ["us"]),
    ("match -n fleet.nsx -l region=us,ti", ["us,tier=free"]),
    ("match -n fleet.nsx -l rol", ["role"]),
    ("match -n fleet.nsx -l role=", []),
    ("match -n fleet.nsx -l !g", [r"\!gpu"]),
    ("match -n fleet.nsx -l '!g", ["!gpu"]),
    ("match -n fleet.nsx -l 'region = u", ["region = us"]),
    ("match -n fleet.nsx -l 'tier in (f", ["tier in (free)", "tier in (free,"]),
    ("match -n fleet.nsx -l 'region in (e", ["region in (eu-west", "region in (eu-east"]),
    ("match -n fleet.nsx -l 'gpu notin (a, t", ["gpu notin (a, t4)", "gpu notin (a, t4,"]),
    ("match -n fleet.nsx -l 'region in (us,u", []),
    ("match -n fleet.nsx -l 'region in (us,eu-west),g", ["region in (us,eu-west),gpu=t4"]),
    ('match -n fleet.nsx --selector "region=u', ["region=us"]),
    ("match -n fleet.nsx --selector=region=u", ["us"]),
    ("match --nodes=fleet.nsx -l regio", ["region=eu-west", "region=eu-east", "region=us"]),
    ("match -n fleet.nsx -l 'region ?", []),
    ("match -l reg", []),
    ("match -n absent -l reg", []),
    ("match -n - -l reg", []),
    # Keys, states and ids.
    ("match -n fleet.nsx -L reg", ["region"]),
    ("match -n fleet.nsx -L region,r", ["region,rack", "region,role"]),
    ("labels -n fleet.nsx ti", ["tier"]),
    ("rollout -n fleet.nsx --spread zo", ["zone/"]),
    ("match -n fleet.nsx --state l", ["lost"]),
    ("match -n fleet.nsx --state lost,c", ["lost,connected", "lost,connecting", "lost,cordoned"]),
    ("match -n fleet.csv --id n-", ["n-1", "n-2", "n-3"]),
    ("explain -n fleet.nsx --node m", ["m-1"]),
    ("diff fleet.nsx fleet.nsx -l ti", ["tier=free"]),
]  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), LINES, ids=[line for line, _ in LINES])
def test_bash(tab: Run, line: str, expected: list[str]) -> None:
    """Bash gets what replaces the part of the word behind the last ``=`` or opening quote."""
    assert in_bash(tab, line) == expected


def test_nodes_of_the_environment(tab: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without ``-n``, the nodes are those that a command would read."""
    monkeypatch.setenv("NODESELECT_NODES", "fleet.nsx")
    assert in_bash(tab, "match -l ti") == ["tier=free"]
    assert in_bash(tab, "match -n fleet.csv -l zo") == []


def test_other_word_breaks(tab: Run) -> None:
    """What bash replaces depends on its COMP_WORDBREAKS, and begins behind a colon by default."""
    Inventory([Node("a:1"), Node("a:b $c~")]).save("ids")
    assert (
        tab("bash", "nodeselect match -n ids --id a:", "", "").out == "word\t1\nword\tb\\ \\$c\\~\n"
    )
    assert tab("bash", "nodeselect match -n ids --id a:1", "a:1", "").out == "word\ta:1\n"
    assert tab("bash", "nodeselect match -n ids --id 'a:b $", "a:b $", "").out == "word\ta:b $c~\n"
    assert (
        tab("bash", "nodeselect match -n ids --id a:b\\ ", "b\\ ", "").out == "word\tb\\ \\$c\\~\n"
    )
    line = "nodeselect match -n fleet.nsx -l region=u"
    assert tab("bash", line, "u", "").out == "part\tus\n"
    assert tab("bash", line, "region=u", "").out == "part\tregion=us\n"


def test_names_of_files_in_a_shell(tab: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``~`` and variables in the name of a file mean what they mean in a shell."""
    monkeypatch.setenv("HOME", str(folder))
    assert in_bash(tab, "match -n ~/fleet.nsx -l ti") == ["tier=free"]
    assert in_bash(tab, "match -n $HOME/fleet.nsx -l ti") == ["tier=free"]


def test_zsh(tab: Run) -> None:
    """Zsh gets whole words, and a list of their last parts with what they mean."""
    assert tab("zsh", "4", "match", "-n", "fleet.nsx", "-l", "tier,region=e").out == (
        "part\ttier,region=eu-west\teu-west  2 nodes\npart\ttier,region=eu-east\teu-east  1 node\n"
    )
    assert tab("zsh", "3", "match", "-n", "fleet.csv", "--selector=ti").out == (
        "part\t--selector=tier=free\ttier=free  1 node\n"
    )
    assert tab("zsh", "0", "conv").out == (
        "word\tconvert\tconvert  Write a selector in the notation of another system.\n"
    )
    assert tab("zsh", "2", "match", "-n", "fl", "-l", "x").out == "file\n"


def test_fish(tab: Run) -> None:
    """Fish gets whole words, and whole help texts, whatever they have in them."""
    every = ["match", "-n", "fleet.nsx", "-l", "'region in (us,eu-w"]
    assert tab("fish", "4", *every[:4], every[4], *every).out == (
        "region in (us,eu-west)\t2 nodes\nregion in (us,eu-west,\t2 nodes\n"
    )
    help = "Also write a page for a browser."  # noqa: A001
    assert tab("fish", "1", "explain", "--htm", "explain", "--htm").out == f"--html\t{help}\n"
    assert "\tAdd a column for each label key (comma-separated). Repeatable.\n" in tab(
        "fish", "1", "match", "--label", "match", "--label"
    ).out  # fmt: skip


def test_ids_have_names(tab: Run) -> None:
    """The names of nodes are beside their ids, without what a terminal would interpret."""
    Path("one.json").write_text('[{"id": "n-1", "name": "a\\u001b[1m", "labels": {}}]')
    out = tab("fish", "4", "match", "-n", "one.json", "--id", "n").out
    assert out == "n-1\ta\\x1b[1m\n"


def test_many_candidates(tab: Run) -> None:
    """Of more candidates than a screen shows, there are their beginnings, one letter longer."""
    Inventory(Node(f"node-{at:04}", {"host": f"h{at:04}"}) for at in range(2_000)).save("many")
    assert in_bash(tab, "match -n many --id no") == ["node-0", "node-1"]
    assert in_bash(tab, "match -n many -l host=") == ["h0", "h1"]
    assert len(in_bash(tab, "match -n many --id node-19")) == 100


def test_large_files(tab: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a large file that is read in parts, the first nodes are read; others are not read."""
    Path("nodes.json").write_bytes(b'[{"id": "a", "labels": {"x": "1"}}]')
    Path("nodes.ndjson").write_text(
        '{"id": "a", "labels": {"x": "1"}}\n{"id": "b", "labels": {"xx": "1"}}'
    )
    monkeypatch.setattr(candidates, "_MAX_BYTES", 10)
    monkeypatch.setattr(candidates, "_MAX_NODES", 1)
    assert in_bash(tab, "match -n nodes.json -l x") == []
    assert in_bash(tab, "match -n nodes.ndjson -l x") == ["x=1"]


@pytest.mark.parametrize("shell", SHELLS)
def test_nothing_fails(tab: Run, shell: str) -> None:
    """A damaged file, or arguments that no script passes, give no candidates and no message."""
    Path("damaged.json").write_text("[{")
    words = ["4", "match", "-n", "damaged.json", "-l", "x"]
    arguments = ["nodeselect match -n damaged.json -l x", "x", ""] if shell == "bash" else words
    assert tab(shell, *arguments) == (0, "\n", "")
    assert tab(shell) == (0, "\n", "")


@pytest.mark.parametrize("shell", SHELLS)
def test_script(run: Run, shell: str) -> None:
    """The script is what click's variable prints, too, and names the line that installs it."""
    printed = run("completion", shell)
    assert printed.status == 0
    assert f"nodeselect completion {shell}" in printed.out
    assert f"_NODESELECT_COMPLETE={shell}_complete nodeselect" in printed.out
    by_click = run_process(_NODESELECT_COMPLETE=f"{shell}_source")
    assert (by_click.status, by_click.out.rstrip()) == (0, printed.out.rstrip())


def test_every_value_has_a_completer() -> None:
    """Each option with a value, and each argument, has a completer, or choices, or is a number."""
    context = click.Context(commands)
    missing = [
        f"{name} {parameter.name}"
        for name in commands.list_commands(context)
        for command in [commands.get_command(context, name)]
        if command is not None
        for parameter in command.params
        if not getattr(parameter, "is_flag", False)
        and not isinstance(parameter.type, click.Choice | click.IntRange | click.FloatRange)
        and parameter._custom_shell_complete is None
    ]
    columns = {f"{name} id_column" for name in commands.list_commands(context)}
    names = {f"sql {name}" for name in ("labels", "label_table", "columns", "table")}
    assert set(missing) - columns - names == set()


def test_summaries_of_commands() -> None:
    """What a shell shows of a command is the first sentence of its help."""
    context = click.Context(commands)
    for item in commands.shell_complete(context, ""):
        command = commands.get_command(context, item.value)
        assert command is not None
        assert item.help == command.get_short_help_str(200)


def test_what_is_loaded(folder: Path) -> None:
    """Options and files are completed without the modules that read nodes into an inventory."""
    os.environ["_NODESELECT_COMPLETE"] = "fish_complete"
    try:
        for words in (["0", ""], ["1", "match", "--"], ["2", "match", "-n", "x"]):
            loaded = loaded_after("from nodeselect.cli.app import run\nrun()", *words)
            assert not {"pyroaring", "numpy", "msgspec", "yaml"} & loaded
    finally:
        del os.environ["_NODESELECT_COMPLETE"]


@given(st.text("ab '\"\\=,(", max_size=12))  # in double quotes, shlex does not know "\\$"
def test_words_are_those_of_a_shell(line: str) -> None:
    """A line without open quotes is split as by a POSIX shell."""
    words, quote = split_words(line)
    try:
        expected = shlex.split(line)
    except ValueError:  # a quote or an escape is open
        return
    assert not quote
    assert [word for word in words if word] == [word for word in expected if word]
