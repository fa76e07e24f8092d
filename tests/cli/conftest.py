"""The command line in this process, and a small fleet to ask it about."""

import io
import sys
from pathlib import Path

import pytest

from nodeselect import cli
from tests.cli.running import PLAIN, Ended, Run

FLEET = """\
{"id": "n-1", "name": "one", "state": "connected", "labels": {"region": "eu", "tier": "gold"}}
{"id": "n-2", "name": "two", "state": "ready", "labels": {"region": "eu", "debug": ""}}
{"id": "n-3", "state": "lost", "labels": {"region": "us"}}
{"id": "n-4", "labels": {}}
"""
"""Four nodes: two that take work, one that does not, one of which nothing is known."""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line in this process, which is quicker than in one of its own."""
    for name, value in PLAIN.items():
        monkeypatch.setenv(name, value)

    def run_here(*args: str, stdin: bytes | str = b"") -> Ended:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "argv", ["nodeselect", *args])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        capsys.readouterr()
        status = cli.run()
        return Ended(status, *capsys.readouterr())

    return run_here


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the name of a file with the four nodes, in the folder that the test stands in."""
    monkeypatch.chdir(tmp_path)
    Path("fleet.ndjson").write_text(FLEET)
    return "fleet.ndjson"
