"""Inputs that are read a second time, and what is said where they cannot be."""

import io
import json
import os
from pathlib import Path
from typing import BinaryIO

import pytest

from nodeselect.cli import match as match_command
from nodeselect.cli import peeked
from nodeselect.cli.peeked import Peeked
from tests.cli.running import Run
from tests.cli.screens import check_screen

LINES = "".join(f'{{"id": "n-{number}", "labels": {{"a": "b"}}}}\n' for number in range(200))
NONE = "0 of 200 nodes match; 200 fail a=c\n"
ASK = "for all of it, ask: nodeselect explain -n FILE …\n"
OTHERS = "nodeselect explain says why the others do not\n"
GONE = "for all of it, save the nodes in a file, and ask: nodeselect explain -n FILE …\n"


@pytest.fixture
def small_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let only inputs of a few bytes be held in memory."""
    monkeypatch.setattr(peeked, "_WHOLE", 1_000)


@pytest.mark.parametrize("size", [0, 1, 999, 1_000, 1_001, 5_000])
@pytest.mark.parametrize("kind", ["bytes", "file", "pipe"])
@pytest.mark.usefixtures("small_memory")
def test_the_same_bytes_twice(tmp_path: Path, size: int, kind: str) -> None:
    """Every kind of input gives its bytes; again where it is small, or a file."""
    data = bytes(number % 251 for number in range(size))
    (tmp_path / "input").write_bytes(data)
    stream: BinaryIO = io.BytesIO(data)
    if kind == "pipe":
        reading, writing = os.pipe()
        os.write(writing, data)
        os.close(writing)
        stream = os.fdopen(reading, "rb")
    elif kind == "file":
        stream = (tmp_path / "input").open("rb")
    with stream:
        twice = Peeked(stream)
        assert twice.stream.read() == data
        assert twice.is_small == (size <= 1_000)
        again = twice.again()
        if size <= 1_000 or kind == "file":
            assert again is not None
            assert again.read() == data
        else:
            assert again is None


@pytest.mark.usefixtures("small_memory")
def test_a_file_is_read_from_where_it_stood(tmp_path: Path) -> None:
    """Who has read the beginning of a file himself gets the rest, twice."""
    (tmp_path / "input").write_bytes(b"x" * 10 + b"y" * 2_000)
    with (tmp_path / "input").open("rb") as stream:
        stream.read(10)
        twice = Peeked(stream)
        assert twice.stream.read() == b"y" * 2_000
        again = twice.again()
        assert again is not None
        assert again.read() == b"y" * 2_000


def test_a_pipe_is_read_as_it_comes() -> None:
    """The first lines are there before the pipe ends, and all of it can be had again then."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stream:
        os.write(writing, b"one\ntwo\n")
        twice = Peeked(stream)
        assert twice.stream.readline() == b"one\n"
        assert not twice.is_small
        os.write(writing, b"three\n")
        os.close(writing)
        assert twice.stream.read() == b"two\nthree\n"
        again = twice.again()
        assert again is not None
        assert again.read() == b"one\ntwo\nthree\n"


@pytest.mark.usefixtures("small_memory")
def test_lines_of_a_long_pipe(tmp_path: Path) -> None:
    """Lines are whole where the held beginning meets the rest."""
    lines = [b"%d\n" % number for number in range(3_000)]
    reading, writing = os.pipe()
    os.write(writing, b"".join(lines))
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        assert list(Peeked(stream).stream) == lines


@pytest.mark.usefixtures("small_memory")
def test_a_large_file_is_read_again(run: Run, tmp_path: Path) -> None:
    """Where nothing of a large file matches, it is read again for the explanation."""
    (tmp_path / "fleet.ndjson").write_text(LINES)
    ended = run("match", "-n", str(tmp_path / "fleet.ndjson"), "-l", "a=c")
    assert (ended.status, ended.out) == (1, "")
    check_screen("match-none-large", ended.err)


@pytest.mark.usefixtures("small_memory")
def test_a_large_file_of_which_some_match(run: Run, tmp_path: Path) -> None:
    """Where some nodes of a large input match, it is read once, and the reasons are told."""
    (tmp_path / "fleet.ndjson").write_text(LINES)
    ended = run("match", "-n", str(tmp_path / "fleet.ndjson"), "--id", "n-1", "-o", "name")
    assert ended == (0, "n-1\n", "1 of 200 nodes match; 199 fail <id in (n-1)>\n")


@pytest.mark.usefixtures("small_memory")
def test_a_large_pipe_is_gone(run: Run) -> None:
    """Where nothing of a long pipe matches, it is said how to get the explanation."""
    ended = run("match", "-n", "-", "-l", "a=c", stdin=LINES)
    assert ended == (1, "", f"{NONE}{GONE}")


@pytest.mark.usefixtures("small_memory")
def test_facts_of_a_large_pipe(run: Run) -> None:
    """What is known without an explanation is told as ever."""
    ended = run("match", "-n", "-", "-l", "a=c,a=d", "--id", "x", stdin=LINES)
    assert ended.err == (
        "0 of 200 nodes match; 200 fail <id in (x)> and a=c and a=d\n"
        "no node has the id 'x'\n"
        "the selector contradicts itself: no node can ever match\n"
    )


@pytest.mark.usefixtures("small_memory")
def test_a_file_that_changes_meanwhile(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is broken when it is read again explains nothing, and is no error."""
    path = tmp_path / "fleet.ndjson"
    path.write_text(LINES)
    again = Peeked.again

    def changed(self: Peeked) -> object:
        path.write_text(LINES[:-10])
        return again(self)

    monkeypatch.setattr(Peeked, "again", changed)
    ended = run("match", "-n", str(path), "-l", "a=c")
    assert ended == (1, "", f"{NONE}{ASK}")


@pytest.mark.usefixtures("small_memory")
def test_a_large_file_that_is_not_read_again(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number alone, none that is right, and a very large file are not worth all the nodes."""
    path = tmp_path / "fleet.ndjson"
    path.write_text(LINES)
    ended = run("match", "-n", str(path), "-l", "a=c", "--count")
    assert ended == (1, "0\n", f"{NONE}{ASK}")
    ended = run("match", "-n", str(path), "-l", "a=c", "--min", "0")
    assert ended == (0, "", "0 of 200 nodes match\n")
    monkeypatch.setattr(peeked, "_AGAIN", len(LINES) - 1)
    ended = run("match", "-n", str(path), "-l", "a=c")
    assert ended == (1, "", f"{NONE}{ASK}")


def test_many_nodes_in_a_small_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are many nodes, it is looked for what was meant only if none matches."""
    lines = LINES.replace('"b"', '"bcde"')
    question = ["-n", "-", "-l", "a!=bcdf", "--count"]
    headline = "200 of 200 nodes match\n"
    hint = "no node has a=bcdf, so it leaves none out; 200 nodes have 'bcde' [other-value]\n"
    assert run("match", *question, stdin=lines) == (0, "200\n", headline + hint)
    monkeypatch.setattr(match_command, "_FEW", 199)
    assert run("match", *question, stdin=lines) == (0, "200\n", headline)
    ended = run("match", "-n", "-", "-l", "a=c", stdin=LINES)
    assert (ended.status, ended.out) == (1, "")
    check_screen("match-none-large", ended.err)


def test_more_reasons_than_are_told_apart(run: Run) -> None:
    """Where nodes fail in hundreds of ways, the headline leaves the reasons to explain."""
    keys = [f"k-{number}" for number in range(9)]
    fleet = [{key: "" for at, key in enumerate(keys) if n >> at & 1} for n in range(512)]
    lines = "".join(
        json.dumps({"id": f"n-{n}", "labels": labels}) + "\n" for n, labels in enumerate(fleet)
    )
    ended = run("match", "-n", "-", "-l", ",".join(keys), "-o", "name", stdin=lines)
    assert ended == (0, "n-511\n", f"1 of 512 nodes match\n{OTHERS}")
    ended = run("match", "-n", "-", "-l", ",".join(keys[:8]), "--count", stdin=lines)
    assert ended.err.startswith("2 of 512 nodes match; 510 fail: 2 k-0; 2 k-0 and k-1; ")


def test_documents(run: Run) -> None:
    """What is no list of lines is read twice as well."""
    nodes = json.dumps([json.loads(line) for line in LINES.splitlines()])
    ended = run("match", "-n", "-", "-l", "a=c", stdin=nodes)
    assert (ended.status, ended.out) == (1, "")
    check_screen("match-none-large", ended.err)
