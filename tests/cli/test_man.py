"""The manual pages."""

import shutil
import subprocess
from pathlib import Path

import click
import pytest
from docs.build_man import build_pages

from nodeselect.cli.app import commands

PAGES = build_pages()
NAMES = commands.list_commands(click.Context(commands))
FISH = Path("/usr/share/fish/tools/create_manpage_completions.py")


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
