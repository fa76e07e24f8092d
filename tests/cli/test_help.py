"""Help, version and the manual pages."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from docs.build_man import build_pages

import nodeselect
from nodeselect.cli.app import commands
from tests.cli.running import Run

GROUP = click.Context(commands, info_name="nodeselect", **commands.context_settings)
NAMES = commands.list_commands(GROUP)
PAGES = build_pages()
FISH = Path("/usr/share/fish/tools/create_manpage_completions.py")


@pytest.mark.parametrize("command", [[], *([name] for name in NAMES)], ids=["nodeselect", *NAMES])
def test_the_form_of_help(run: Run, command: list[str]) -> None:
    """Help fits a screen: what the command does, at most three examples, options, exit status."""
    text = run(*command, "-h").out
    lines = text.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    assert all(line.replace("…", "").isascii() and line.isprintable() for line in lines)
    order = ["Usage:", "", "Examples:", "Options:", "Commands:", "Exit status:"]
    found = re.findall(r"^(?:  (?=Exit status:))?([A-Z][a-z ]+:)", text, re.MULTILINE)
    assert found == [title for title in order if title in found]
    assert {"Usage:", "Examples:", "Options:"} <= {*found}
    assert 1 <= len(re.findall(r"\n  .*", text.partition("Examples:")[2].partition("\n\n")[0])) <= 3


def test_the_amount_of_help(run: Run) -> None:
    texts = [run(*command, "-h").out for command in ([], *([name] for name in NAMES))]
    assert sum(text.count("\n") for text in texts) <= 446
    options = [
        max(option.opts, key=len)
        for name in NAMES
        if (command := commands.get_command(GROUP, name))
        for option in command.params
        if isinstance(option, click.Option) and option.name not in ("help", "color")
    ]
    assert len(options) <= 99
    assert len(set(options)) <= 41


def test_version(run: Run) -> None:
    version = (0, f"nodeselect {nodeselect.__version__}\n", "")
    assert run("--version") == run("-V") == version
    as_module = [sys.executable, "-m", "nodeselect", "--version"]
    assert subprocess.check_output(as_module, text=True) == version[1]


@pytest.mark.parametrize("command", ["match", "explain", "check", "help"])
def test_help_of_a_command(run: Run, command: str) -> None:
    assert run("help", command) == run(command, "--help")
    assert run("help") == run("--help")
    assert run() == (2, "", run("--help").out)


def test_help_of_nodes(run: Run) -> None:
    status, out, err = run("help", "nodes")
    assert (status, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    for word in ("NODESELECT_NODES", "--id-column", "FOLDER", "Parquet", "the cluster"):
        assert word in out


def test_every_command_has_a_page() -> None:
    assert set(PAGES) == {"nodeselect.1", *(f"nodeselect-{name}.1" for name in NAMES)}
    assert all(page.isascii() for page in PAGES.values())
    assert PAGES["nodeselect-match.1"].count(r"\-\-sort\-by KEY") == 1
    for name in NAMES:
        assert rf"nodeselect\-{name}(1)" in PAGES["nodeselect.1"]


@pytest.mark.skipif(not shutil.which("groff"), reason="there is no groff")
@pytest.mark.parametrize("name", ["nodeselect.1", "nodeselect-match.1", "nodeselect-completion.1"])
def test_a_page_is_valid(name: str) -> None:
    """Groff has no warning, and prints what the help says, character for character."""
    command = ["groff", "-man", "-Tutf8", "-ww", "-rLL=200n", "-P-cbou", "-"]
    done = subprocess.run(command, input=PAGES[name].encode(), capture_output=True, check=True)
    assert done.stderr == b""
    text = done.stdout.decode()
    expected = {
        "nodeselect.1": "  -n FOLDER    all files in a folder",
        "nodeselect-match.1": "nodeselect match -l 'region=eu,tier in (gold,silver),!debug' -n",
        "nodeselect-completion.1": 'eval "$(nodeselect completion bash)"',
    }
    assert expected[name] in text


@pytest.mark.skipif(not FISH.exists(), reason="there is no fish")
def test_what_fish_reads(tmp_path: Path) -> None:
    """From the pages, fish offers options to no command but that of the page."""
    for name in ("nodeselect.1", "nodeselect-match.1"):
        page = tmp_path / name
        page.write_text(PAGES[name])
        subprocess.run(["python3", str(FISH), "--directory", str(tmp_path), str(page)], check=True)
    assert [path.name for path in tmp_path.glob("*.fish")] == ["nodeselect-match.fish"]
