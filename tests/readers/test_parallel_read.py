"""A file of lines that two processes read gives what one process reads."""

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodeselect import InventoryError, Node
from nodeselect.readers import duplicate_ids as seen
from nodeselect.readers import parallel_read as second_half
from nodeselect.readers.parallel_read import SecondHalf
from nodeselect.readers.reader import NodeReader

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork") or (os.cpu_count() or 1) < 2 or threading.active_count() > 1,
    reason="needs a fork, two cores, and a process without other threads",
)


@pytest.fixture(autouse=True)
def worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make small files worth a second process, and a few ids all that is remembered."""
    monkeypatch.setattr(second_half, "_WORTH_IT", 1)
    monkeypatch.setattr(seen, "_REMEMBERED", 10)


def open_files() -> int:
    """Count the files and pipes that this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture(autouse=True)
def nothing_is_left(worth_it: None) -> Iterator[None]:
    """No test, however it ends its reader, leaves a process, a pipe or a file behind."""
    before = open_files()
    yield
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
    assert open_files() == before


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


def outcome(path: Path, parallel: bool) -> tuple[list[Node], int] | str:
    """Give the wanted nodes and the count of all, or the refusal."""
    with path.open("rb") as stream:
        reading = NodeReader(stream, even, name="nodes", parallel=parallel)
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
    alone = outcome(path, parallel=False)
    assert forks == []
    assert outcome(path, parallel=True) == alone
    assert forks == ([1] if len(text) > 2 else [])
    assert isinstance(alone, tuple)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param([*LINES[:10], WRONG, *LINES[10:]], id="wrong-in-the-first-half"),
        pytest.param([*LINES, WRONG], id="wrong-in-the-second-half"),
        pytest.param([*LINES[:5], WRONG, *LINES[5:], WRONG], id="wrong-in-both"),
        pytest.param([*LINES, LINES[0]], id="one-id-in-both-halves"),
        pytest.param([*LINES[:8], LINES[0]], id="one-id-in-both-halves-of-few-nodes"),
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
    alone = outcome(path, parallel=False)
    assert isinstance(alone, str)
    assert outcome(path, parallel=True) == alone


def test_no_process_is_left(tmp_path: Path, forks: list[int]) -> None:
    """A reader that is left half way leaves no process behind."""
    path = tmp_path / "nodes.ndjson"
    path.write_text("".join(LINES))
    with path.open("rb") as stream:
        iterator = iter(NodeReader(stream, even, parallel=True))
        assert next(iterator).id == "n-0000"
        del iterator
    assert forks == [1]


@pytest.fixture
def nodes(tmp_path: Path) -> Path:
    """Give a file of 3,000 nodes."""
    (tmp_path / "nodes.ndjson").write_text("".join(LINES))
    return tmp_path / "nodes.ndjson"


IDS = st.lists(st.text("abc", min_size=1, max_size=3), min_size=2, max_size=30)


@given(st.data(), IDS, st.booleans())
@settings(max_examples=50)
def test_any_small_file(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, ids: list[str], ordered: bool
) -> None:
    """Wherever the middle of a file falls, two processes give what one gives, or refuse it alike.

    Lines are short and long, end in LF or CRLF, have blank ones between; the last may have no end;
    ids ascend or not, and may come twice.
    """
    parts: list[str] = []
    for node_id in sorted(ids) if ordered else ids:
        labels = f'{{"n":"{len(parts)}","k":"{"x" * data.draw(st.sampled_from([0, 1, 400]))}"}}'
        parts.append(f'{{"id":"{node_id}","labels":{labels}}}')
        parts.append(data.draw(st.sampled_from(["\n", "\n", "\r\n", "\n\n", "\n \t\r\n\n"])))
    parts.append(data.draw(st.sampled_from(["", "", "Showing 2 nodes", '{"id":', "\n\n\n"])))
    text = "".join(parts)
    path = tmp_path_factory.mktemp("small") / "nodes.ndjson"
    path.write_bytes((text.rstrip() if data.draw(st.booleans()) else text).encode())
    assert outcome(path, parallel=True) == outcome(path, parallel=False)


def test_an_error_in_the_second_half_has_its_line(tmp_path: Path) -> None:
    """A mistake that the other process meets is told with the line that an editor shows."""
    path = tmp_path / "nodes.ndjson"
    path.write_text("".join([*LINES[:2_500], "\n", WRONG, *LINES[2_500:]]))
    said = outcome(path, parallel=True)
    assert isinstance(said, str)
    assert said.startswith("nodes: line 2502: labels.n: the value of the label 'n' is the number 5")


def killed(*_: Any) -> NoReturn:
    """Be killed, as by a system that is short of memory."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody survives this")


def broken(*_: Any) -> NoReturn:
    """Fail in a way that nobody thought of."""
    raise RuntimeError("boom")


def gone(*_: Any) -> NoReturn:
    """End without a result."""
    os._exit(3)


@pytest.mark.parametrize("fate", [broken, gone, killed, lambda *_: b""])
def test_the_answer_does_not_need_the_other_process(
    nodes: Path,
    forks: list[int],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    fate: Callable[..., bytes],
) -> None:
    """Where the other process fails or is killed, all nodes are read all the same, in silence."""
    alone = outcome(nodes, parallel=False)
    monkeypatch.setattr(NodeReader, "_second_half", fate)
    assert outcome(nodes, parallel=True) == alone
    assert forks == [1]
    assert capfd.readouterr() == ("", "")


def test_the_answer_does_not_need_a_fork(nodes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system refuses another process, one reads it all."""
    alone = outcome(nodes, parallel=False)

    def refused() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refused)
    assert outcome(nodes, parallel=True) == alone


def test_a_reader_that_is_stopped_by_whom_it_asks(nodes: Path, forks: list[int]) -> None:
    """An exception of the caller's own passes through, and leaves no process behind."""

    def fails(labels: Mapping[str, str], node_id: str) -> bool:
        if node_id == "n-0010":
            raise LookupError(node_id)
        return True

    with nodes.open("rb") as stream, pytest.raises(LookupError, match="n-0010"):
        list(NodeReader(stream, fails, parallel=True))
    assert forks == [1]


def test_a_reader_that_is_closed(nodes: Path, forks: list[int]) -> None:
    """A generator that is closed half way stops the other process at once."""
    with nodes.open("rb") as stream:
        iterator = iter(NodeReader(stream, parallel=True))
        next(iterator)
        iterator.close()  # type: ignore[attr-defined]
    assert forks == [1]


class Interrupted(io.FileIO):
    """The reading end of a pipe at which Ctrl-C is pressed."""

    def read(self, size: int | None = -1, /) -> NoReturn:
        """Be interrupted."""
        raise KeyboardInterrupt


def test_an_interrupt_while_waiting(nodes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the other process is waited for stays Ctrl-C, and stops that process too."""
    monkeypatch.setattr(os, "fdopen", lambda pipe, mode: Interrupted(pipe, mode))
    with nodes.open("rb") as stream, pytest.raises(KeyboardInterrupt):
        list(NodeReader(stream, parallel=True))


def test_a_process_that_nobody_waits_for(nodes: Path) -> None:
    """Where the first process is killed, the other ends as well, however much it has to say."""
    code = (
        "import os, signal, sys\n"
        "from nodeselect.readers import parallel_read as second_half\n"
        "second_half._WORTH_IT = 1\n"
        "with open(sys.argv[1], 'rb') as stream:\n"
        "    half = second_half.SecondHalf.begin(stream, lambda other: b'x' * 1_000_000)\n"
        "    print('begun' if half else 'not begun', flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(nodes)], stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            said, _ = process.communicate(timeout=20)  # to the end: until both have closed it
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    assert said == b"begun\n"


def test_what_is_sent_is_what_was_read(nodes: Path) -> None:
    """The other process reads from the beginning of a line to the end of the file."""
    with nodes.open("rb") as stream:
        stream.readline()
        half = SecondHalf.begin(stream, lambda other: other.read())
        assert half is not None
        sent = half.result()
        half.end()
        assert stream.tell() == len(LINES[0])
    data = nodes.read_bytes()
    assert data[half.start - 1 :] == b"\n" + sent
    assert abs(half.start - (len(LINES[0]) + len(data)) / 2) <= len(LINES[-1])


def asked(stream: Any) -> SecondHalf | None:
    """Ask for another process, which should not be begun."""
    half = SecondHalf.begin(stream, lambda other: b"sent")
    if half is not None:
        half.end()
    return half


def test_a_file_is_worth_it(nodes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is read by two processes where what is left of it is large enough."""
    with nodes.open("rb") as stream:
        stream.readline()
        left = nodes.stat().st_size - stream.tell()
        monkeypatch.setattr(second_half, "_WORTH_IT", left)
        assert asked(stream) is not None
        monkeypatch.setattr(second_half, "_WORTH_IT", left + 1)
        assert asked(stream) is None


def test_no_second_process_for_what_cannot_be_opened_again(nodes: Path, tmp_path: Path) -> None:
    """Streams in memory, pipes, unbuffered files and files without a path have no second half."""
    assert asked(io.BytesIO(nodes.read_bytes())) is None
    with nodes.open("rb", buffering=0) as raw:
        assert asked(raw) is None
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as pipe, os.fdopen(writing, "wb") as end:
        end.write(b"".join(line.encode() for line in LINES[:10]))
        end.flush()
        assert asked(pipe) is None
    with os.fdopen(os.open(nodes, os.O_RDONLY), "rb") as unnamed:  # as standard input is
        assert asked(unnamed) is None
    os.mkfifo(tmp_path / "fifo")
    with (
        (tmp_path / "fifo").open("r+b", buffering=0) as both,
        (tmp_path / "fifo").open("rb") as fifo,
    ):
        assert both.fileno() >= 0
        assert asked(fifo) is None


@pytest.mark.parametrize("instead", ["other", None])
def test_no_second_process_for_a_file_that_was_replaced(nodes: Path, instead: str | None) -> None:
    """Where another file, or none, has the name by now, it is not read in its place."""
    with nodes.open("rb") as stream:
        nodes.unlink()
        if instead is not None:
            nodes.write_text("".join(LINES[::-1]))
        assert asked(stream) is None


def test_no_second_process_on_one_core(nodes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One core reads no faster with two processes."""
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    with nodes.open("rb") as stream:
        assert asked(stream) is None


def test_no_second_process_beside_other_threads(nodes: Path) -> None:
    """A fork would lose other threads, and the locks that they hold."""
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        with nodes.open("rb") as stream:
            assert asked(stream) is None
    finally:
        done.set()
        other.join()


def test_no_second_process_unless_it_is_asked_for(nodes: Path, forks: list[int]) -> None:
    """A reader forks only if its caller allows it: ``node_filter`` then runs in both processes."""
    with nodes.open("rb") as stream:
        assert len(list(NodeReader(stream))) == 3_000
    assert forks == []


def test_a_file_that_becomes_shorter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is cut off while it is read is refused: what is left is not all of it."""
    path = tmp_path / "nodes.ndjson"
    path.write_text("".join(LINES))
    begin = SecondHalf.begin

    def begun(stream: Any, read: Callable[[Any], bytes]) -> SecondHalf | None:
        half = begin(stream, read)
        os.truncate(path, len("".join(LINES[:1_000])))
        return half

    monkeypatch.setattr(SecondHalf, "begin", begun)
    assert outcome(path, True) == "nodes: the file became shorter while it was read"
