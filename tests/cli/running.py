"""Run the command line in tests."""

import os
import subprocess
import sys
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol

COMMAND = (sys.executable, "-c", "from nodeselect.__main__ import main; main()")
"""The console script, also if it is not installed."""

INTERRUPTIBLE = (
    *COMMAND[:-1],
    f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {COMMAND[-1]}",
)
"""The same; an interrupt is not ignored, as it is in background jobs of a shell."""

PLAIN = {"NO_COLOR": "", "FORCE_COLOR": "", "TERM": "xterm", "COLUMNS": "80", "LC_ALL": "C.UTF-8"}
"""An environment in which all machines print the same."""

FLEET = """\
{"id": "n-1", "name": "one", "state": "connected", "labels": {"region": "eu", "tier": "gold"}}
{"id": "n-2", "name": "two", "state": "ready", "labels": {"region": "eu", "debug": ""}}
{"id": "n-3", "state": "lost", "labels": {"region": "us"}}
{"id": "n-4", "labels": {}}
"""
"""Four nodes: two connected, one lost, one without a state."""


class Result(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """All that was printed, in one line."""
        return " ".join(f"{self.out} {self.err}".split())

    @property
    def error(self) -> str:
        """The error, in one line: nothing else was printed."""
        assert (self.status, self.out) == (2, "")
        return " ".join(self.err.split())


class Run(Protocol):
    def __call__(
        self,
        *args: str,
        stdin: bytes | str | BinaryIO = b"",
        program: str = "nodeselect",
        **environment: str,
    ) -> Result: ...


def run_process(*args: str, stdin: str | BinaryIO = "", **environment: str) -> Result:
    """Run the command line in a new process, without a terminal; a file becomes its input."""
    feed: Any = {"input": stdin.encode()} if isinstance(stdin, str) else {"stdin": stdin}
    done = subprocess.run(
        [*COMMAND, *args],
        **feed,
        env={**os.environ, **PLAIN, **environment},
        capture_output=True,
        timeout=60,
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def write_files(files: Mapping[str, str], folder: Path | str = "") -> None:
    for name, text in files.items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def unprintable(text: str) -> set[str]:
    """Return the control and reordering characters of ``text``, except LF."""
    obeyed = {"Cc", "Cs", "Zl", "Zp"}
    reordering = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    return {
        character
        for character in set(text) - {"\n"}
        if unicodedata.category(character) in obeyed
        or unicodedata.bidirectional(character) in reordering
        or character in "\u200b\u200c\u200d\u200e\u200f\u061c\ufeff\u00ad"
    }
