"""A file of lines that two processes read gives what one process reads."""

import os
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from nodeselect import InventoryError, Node
from nodeselect.sources import second_half, seen
from nodeselect.sources.reader import NodeReader

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork") or (os.cpu_count() or 1) < 2 or threading.active_count() > 1,
    reason="needs a fork, two cores, and a process without other threads",
)


@pytest.fixture(autouse=True)
def worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make small files worth a second process, and a few ids all that is remembered."""
    monkeypatch.setattr(second_half, "_WORTH_IT", 1)
    monkeypatch.setattr(seen, "_REMEMBERED", 10)


@pytest.fixture
def forks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the processes that are begun."""
    begun: list[int] = []
    fork = os.fork

    def counted() -> int:
        begun.append(1)
        return fork()

    monkeypatch.setattr(os, "fork", counted)
    return begun


def even(labels: Mapping[str, str], node_id: str) -> bool:
    """Want every second node."""
    return int(labels.get("n", "1")) % 2 == 0


def outcome(path: Path, fork: bool) -> tuple[list[Node], int] | str:
    """Give the wanted nodes and the count of all, or the refusal."""
    with path.open("rb") as stream:
        reading = NodeReader(stream, even, name="nodes", fork=fork)
        try:
            return list(reading), reading.count
        except InventoryError as error:
            return str(error)


def lines(number: int, width: int = 4) -> list[str]:
    """Give so many plain nodes, one a line."""
    return [f'{{"id":"n-{at:0{width}}","labels":{{"n":"{at}"}}}}\n' for at in range(number)]


LINES = lines(3_000)
WRONG = '{"id":"wrong","labels":{"n":5}}\n'
FILES = [
    pytest.param(LINES, id="ascending"),
    pytest.param(LINES[::-1], id="descending"),
    pytest.param([*LINES[1_500:], *LINES[:1_500]], id="halves-swapped"),
    pytest.param(LINES[:2], id="two-lines"),
    pytest.param([*LINES[:3], "\n" * 5_000, *LINES[3:]], id="blank-lines"),
    pytest.param(
        [*LINES, '{"id":"long","labels":{"n":"0"},"name":"' + "x" * 500_000 + '"}'], id="long"
    ),
    pytest.param(
        [*LINES, '{"id":"x","labels":{"n":"2","k":"\\u00e9"},"state":"ready"}'], id="slow"
    ),
    pytest.param([*LINES, "Showing 3,000 nodes\n"], id="footer"),
]


@pytest.mark.parametrize("text", FILES)
def test_two_processes_read_what_one_reads(
    tmp_path: Path, forks: list[int], text: list[str]
) -> None:
    """Nodes, their order and their number are those that one process gives."""
    path = tmp_path / "nodes.ndjson"
    path.write_text("".join(text))
    alone = outcome(path, fork=False)
    assert forks == []
    assert outcome(path, fork=True) == alone
    assert forks == ([1] if len(text) > 2 else [])
    assert isinstance(alone, tuple)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param([*LINES[:10], WRONG, *LINES[10:]], id="wrong-in-the-first-half"),
        pytest.param([*LINES, WRONG], id="wrong-in-the-second-half"),
        pytest.param([*LINES[:5], WRONG, *LINES[5:], WRONG], id="wrong-in-both"),
        pytest.param([*LINES, LINES[0]], id="one-id-in-both-halves"),
        pytest.param([*LINES, LINES[2_900]], id="one-id-twice-in-the-second-half"),
        pytest.param([*LINES[::-1], LINES[5]], id="descending-and-one-id-twice"),
        pytest.param([*LINES, LINES[0][:-4]], id="cut-off"),
        pytest.param([*LINES, "Showing 1 of 9000\n"], id="one-page"),
    ],
)
def test_two_processes_refuse_what_one_refuses(tmp_path: Path, text: list[str]) -> None:
    """The refusal is the same, its line included, in whichever half the mistake stands."""
    path = tmp_path / "nodes.ndjson"
    path.write_text("".join(text))
    alone = outcome(path, fork=False)
    assert isinstance(alone, str)
    assert outcome(path, fork=True) == alone


def test_no_process_is_left(tmp_path: Path, forks: list[int]) -> None:
    """A reader that is left half way leaves no process behind."""
    path = tmp_path / "nodes.ndjson"
    path.write_text("".join(LINES))
    with path.open("rb") as stream:
        iterator = iter(NodeReader(stream, even, fork=True))
        assert next(iterator).id == "n-0000"
        del iterator
    assert forks == [1]
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
