"""Runs the command line: what every test of it does."""

import os
import subprocess
import sys
import unicodedata
from typing import NamedTuple, Protocol

__all__ = ["COMMAND", "FLEET", "Ended", "Run", "run_process", "unprintable"]

COMMAND = (sys.executable, "-c", "from nodeselect.cli import main; main()")
"""The console script, whether or not it is installed on the path."""

PLAIN = {"NO_COLOR": "", "TERM": "xterm", "COLUMNS": "80", "LC_ALL": "C.UTF-8"}
"""An environment in which every desk and every CI prints the same."""

FLEET = """\
{"id": "n-1", "name": "one", "state": "connected", "labels": {"region": "eu", "tier": "gold"}}
{"id": "n-2", "name": "two", "state": "ready", "labels": {"region": "eu", "debug": ""}}
{"id": "n-3", "state": "lost", "labels": {"region": "us"}}
{"id": "n-4", "labels": {}}
"""
"""Four nodes: two that take work, one that does not, one of which nothing is known."""


class Ended(NamedTuple):
    """A run of the command line that is over."""

    status: int
    out: str
    err: str


class Run(Protocol):
    """Runs the command line in this process; ``stdin`` is what stands on its standard input."""

    def __call__(self, *args: str, stdin: bytes | str = b"") -> Ended: ...


def run_process(*args: str, stdin: bytes | str = b"", **environment: str) -> Ended:
    """Run the command line in a process of its own, far from any terminal."""
    done = subprocess.run(
        [*COMMAND, *args],
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        env={**os.environ, **PLAIN, **environment},
        capture_output=True,
        timeout=60,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


def unprintable(text: str) -> set[str]:
    """Give the characters of ``text`` that a terminal would obey or reorder by, but LF."""
    obeyed = {"Cc", "Cs", "Zl", "Zp"}
    reordering = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    return {
        character
        for character in set(text) - {"\n"}
        if unicodedata.category(character) in obeyed
        or unicodedata.bidirectional(character) in reordering
        or character in "\u200b\u200c\u200d\u200e\u200f\u061c\ufeff\u00ad"
    }
