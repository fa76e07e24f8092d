"""Progress: what a terminal shows while a command reads, asks or explains for a long time."""

import gzip
import itertools
import json
import re
from pathlib import Path

import pytest

from nodeselect.cli import streams
from nodeselect.render.screen import is_terminal
from tests.cli.running import Run, write_files

ROWS = 250
NODES = [{"id": f"n-{number:03}", "labels": {"a": "b"}} for number in range(ROWS)]
JOB = "name: x\ntype: daemon\nselector: {match_labels: {a: b}}\nconfig: {input: {}, output: {}}\n"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard error is a terminal, and each look at the clock finds another second gone."""
    monkeypatch.setattr(streams, "is_terminal", lambda stream: True)
    monkeypatch.setattr(streams, "monotonic", itertools.count().__next__)


def _shown(err: str) -> list[str]:
    """Return the texts that the line had; it must be clear before anything else is written."""
    *texts, rest = err.split("\x1b[K")
    assert not texts or texts[-1] == "\r"
    assert "\r" not in rest
    assert all(text.startswith("\r") and "\n" not in text for text in texts)
    return [text[1:] for text in texts if text != "\r"]


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("command", ["match -l a=b --count", "explain -l a=b", "labels a"])
@pytest.mark.parametrize("file", ["n.json", "n.ndjson", "n.csv", "n.yaml", "n.json.gz"])
def test_nodes(run: Run, command: str, file: str) -> None:
    """Of each format: the nodes so far, and the share of the file that was read."""
    rows = list(map(json.dumps, NODES))
    text = f"[{','.join(rows)}]"
    write_files({"n.json": text, "n.yaml": text.replace(",{", ",\n{"), "n.ndjson": "\n".join(rows)})
    write_files({"n.csv": "id,a\n" + "".join(f"{each['id']},b\n" for each in NODES)})
    Path("n.json.gz").write_bytes(gzip.compress(text.encode()))
    ended = run(*command.split(), "-n", file)
    assert (ended.status, "\x1b" in ended.out) == (0, False)
    *_, last = _shown(ended.err)
    assert re.fullmatch(rf"reading {file}: [12]?\d\d nodes, \d+ % of the file", last)


@pytest.mark.usefixtures("terminal")
def test_jobs(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files({f"jobs/{number}.yaml": JOB for number in range(5)} | {"n.json": json.dumps(NODES)})
    words = ("explain", "-f", "jobs", "-n", "n.json")
    assert {"compared 3 of 5 jobs", "explained 3 of 5 jobs"} <= {*_shown(run(*words).err)}
    assert "checked 3 of 5 files" in _shown(run("check", "jobs").err)
    Path("jobs/4.yaml").write_text("selector: 7")
    assert "checked 3 of 5 files" in _shown(run("check", "jobs", "--select", "wrong-type").err)
    Path("jobs/4.yaml").unlink()  # no stage takes two seconds, but all do
    monkeypatch.setattr(streams, "monotonic", itertools.count(0, 0.3).__next__)
    assert "explained 3 of 4 jobs" in _shown(run(*words).err)


@pytest.mark.usefixtures("terminal")
def test_errors(run: Run) -> None:
    """An error follows an empty line, and is in nobody's way."""
    Path("n.json").write_text(json.dumps([*NODES, 7]))
    _, last = run("match", "-l", "a", "-n", "n.json").err.rsplit("\r", 1)
    assert last.startswith("\x1b[Kerror[")


@pytest.mark.usefixtures("terminal")
def test_silence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is shown with ``--quiet``, in the first two seconds, and in a pipe."""
    Path("n.json").write_text(json.dumps(NODES))
    words = ("match", "-l", "a", "-n", "n.json")
    assert _shown(run(*words).err)
    assert run(*words, "-q").err == ""
    monkeypatch.setattr(streams, "monotonic", lambda: 1.9)
    assert not _shown(run(*words).err)
    monkeypatch.setattr(streams, "monotonic", itertools.count().__next__)
    monkeypatch.setattr(streams, "is_terminal", is_terminal)
    assert not _shown(run(*words).err)
