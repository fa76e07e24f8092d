"""The manual page."""

import shutil
import subprocess

import click
import pytest
from docs.build_man import build_man

from nodeselect.cli.app import commands


def test_the_page_has_every_command() -> None:
    """Each command has a section, with its options."""
    page = build_man()
    for name in commands.list_commands(click.Context(commands)):
        assert f"\n.SS {name}\n" in page
    assert page.count(r"\-\-sort\-by KEY") == 1
    assert page.isascii()


@pytest.mark.skipif(not shutil.which("groff"), reason="there is no groff")
def test_the_page_is_valid() -> None:
    """Groff has no warning, and prints what the help says, character for character."""
    command = ["groff", "-man", "-Tutf8", "-ww", "-rLL=200n", "-P-cbou", "-"]
    done = subprocess.run(command, input=build_man().encode(), capture_output=True, check=True)
    assert done.stderr == b""
    text = done.stdout.decode()
    assert "nodeselect match -l 'region=eu,tier in (gold,silver),!debug' -n nodes.json" in text
    assert "kubectl get nodes -o json | nodeselect match -l gpu -n -" in text
    assert "-L, --label-column KEY,…" in text
