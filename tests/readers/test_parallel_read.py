"""Two processes read from a file of lines what one process reads."""

import _thread
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodeselect import LIMITS, InventoryError, Node, Selector
from nodeselect.files.inputs import open_inputs
from nodeselect.readers import line_reader, parallel_read
from nodeselect.readers.parallel_read import EndReader
from nodeselect.readers.reader import NodeReader
from tests.short import short

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork") or (os.cpu_count() or 1) < 2 or threading.active_count() > 1,
    reason="needs a fork, two cores, and a process without other threads",
)


NUMBER_OF_THREADS = parallel_read._number_of_threads


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two processes read files of any size."""
    monkeypatch.setattr(parallel_read, "_MIN_BYTES", 1)
    monkeypatch.setattr(parallel_read, "_SEGMENT_BYTES", 500)
    # Without those that pytest-xdist starts.
    monkeypatch.setattr(parallel_read, "_number_of_threads", threading.active_count)


def open_files() -> int:
    """Count the files and pipes that this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture(autouse=True)
def nothing_is_left(small_files: None) -> Iterator[None]:
    """No test, however its reader ends, leaves a process, a pipe or a file behind."""
    before = open_files()
    yield
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
    assert open_files() == before


@pytest.fixture
def forks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the processes that are started."""
    started: list[int] = []
    fork = os.fork

    def counted() -> int:
        started.append(1)
        return fork()

    monkeypatch.setattr(os, "fork", counted)
    return started


def even(labels: Mapping[str, str], node_id: str) -> bool:
    """Select every second node."""
    return int(labels.get("n", "1")) % 2 == 0


def test_several_large_files(tmp_path: Path, forks: list[int]) -> None:
    """Each file is read from its end by a process of its own, and every node is counted once."""
    sources = []
    for name in ("a", "b", "c"):
        lines = (f'{{"id": "{name}-{at}", "labels": {{"n": "{at}"}}}}\n' for at in range(100))
        (tmp_path / name).write_text("".join(lines))
        sources.append(tmp_path / name)
    selector = Selector.parse("n>49")
    reader = NodeReader(open_inputs(sources), selector=selector, ids=["b-99", "x"], parallel=True)
    assert [node.id for node in reader] == [f"{n}-{at}" for n in "abc" for at in range(50, 100)]
    assert (reader.count, reader.missing_ids, len(forks)) == (300, {"x"}, 3)
    assert reader.failure_masks == {0: 150, 1: 150}
    assert [each.nodes for each in reader.inputs] == [100, 100, 100]
    (tmp_path / "b").write_text(f'{(tmp_path / "b").read_text()}{{"id": "a-99"}}\n')
    with pytest.raises(InventoryError) as caught:
        list(NodeReader(open_inputs(sources), parallel=True))
    assert caught.value.message == (
        f"two nodes have the id 'a-99': node 100 of {sources[0]} and node 101 of {sources[1]}"
    )


def outcome(path: Path, parallel: bool) -> tuple[list[Node], int] | str:
    """Return the selected nodes and the count of all, or the error."""
    with path.open("rb") as stream:
        reader = NodeReader(stream, even, name="nodes", parallel=parallel)
        try:
            return list(reader), reader.count
        except InventoryError as error:
            return short(error)


LINES = [f'{{"id":"n-{at:04}","labels":{{"n":"{at}"}}}}\n' for at in range(3_000)]
WRONG = '{"id":"wrong","labels":{"n":5}}\n'


@pytest.fixture
def nodes(tmp_path: Path) -> Path:
    """Write a file of 3,000 nodes."""
    (tmp_path / "nodes.ndjson").write_text("".join(LINES))
    return tmp_path / "nodes.ndjson"


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(LINES, id="ascending"),
        pytest.param(LINES[::-1], id="descending"),
        pytest.param([*LINES[1_500:], *LINES[:1_500]], id="halves-swapped"),
        pytest.param(LINES[:2], id="two-lines"),
        pytest.param([*LINES[:3], "\n" * 5_000, *LINES[3:]], id="blank-lines"),
        pytest.param(
            [*LINES, '{"id":"long","labels":{"n":"0"},"name":"' + "x" * 500_000 + '"}'], id="long"
        ),
        pytest.param(
            [*LINES, '{"id":"x","labels":{"n":"2","k":"\\u00e9"},"state":"ready"}'], id="escape"
        ),
        pytest.param([*LINES, "Showing 3,000 nodes\n"], id="footer"),
    ],
)
def test_nodes(tmp_path: Path, forks: list[int], lines: list[str]) -> None:
    """Nodes, their order and their number are those that one process returns."""
    path = tmp_path / "nodes.ndjson"
    path.write_text("".join(lines))
    alone = outcome(path, parallel=False)
    assert isinstance(alone, tuple)
    assert forks == []
    assert outcome(path, parallel=True) == alone
    assert forks == ([1] if len(lines) > 2 else [])


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([*LINES[:10], WRONG, *LINES[10:]], id="wrong-in-the-first-half"),
        pytest.param([*LINES[:2_500], "\n", WRONG, *LINES[2_500:]], id="wrong-in-the-second-half"),
        pytest.param([*LINES[:5], WRONG, *LINES[5:], WRONG], id="wrong-in-both"),
        pytest.param([*LINES, LINES[0]], id="one-id-in-both-halves"),
        pytest.param([*LINES[:8], LINES[0]], id="one-id-in-both-halves-of-few-nodes"),
        pytest.param([*LINES, LINES[2_900]], id="duplicate-id-in-the-second-half"),
        pytest.param([*LINES[::-1], LINES[5]], id="descending-and-a-duplicate-id"),
        pytest.param([*LINES, LINES[0][:-4]], id="cut-off"),
        pytest.param([*LINES, "Showing 1 of 9000\n"], id="one-page"),
        pytest.param([*LINES[:9], "Showing 9 of 9\n", *LINES[9:]], id="footer-in-the-first-half"),
    ],
)
def test_errors(tmp_path: Path, lines: list[str]) -> None:
    """The error is the same, with its line and its ids, in whichever half it is."""
    path = tmp_path / "nodes.ndjson"
    path.write_text("".join(lines))
    alone = outcome(path, parallel=False)
    assert isinstance(alone, str)
    assert outcome(path, parallel=True) == alone


IDS = st.lists(st.text("abc", min_size=1, max_size=3), min_size=2, max_size=30)


@given(st.data(), IDS, st.booleans())
@settings(max_examples=50)
def test_any_small_file(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, ids: list[str], ordered: bool
) -> None:
    """Wherever two processes meet in a file, they return what one returns, or its error.

    Lines are short and long, end in LF or CRLF, have blank ones between; the last may have no end;
    ids ascend or not, and may occur twice.
    """
    texts: list[str] = []
    for node_id in sorted(ids) if ordered else ids:
        labels = f'{{"n":"{len(texts)}","k":"{"x" * data.draw(st.sampled_from([0, 1, 400]))}"}}'
        texts.append(f'{{"id":"{node_id}","labels":{labels}}}')
        texts.append(data.draw(st.sampled_from(["\n", "\n", "\r\n", "\n\n", "\n \t\r\n\n"])))
    texts.append(data.draw(st.sampled_from(["", "", "Showing 2 nodes", '{"id":', "\n\n\n"])))
    text = "".join(texts)
    path = tmp_path_factory.mktemp("small") / "nodes.ndjson"
    path.write_bytes((text.rstrip() if data.draw(st.booleans()) else text).encode())
    assert outcome(path, parallel=True) == outcome(path, parallel=False)


def test_counts_of_a_selector(nodes: Path, forks: list[int]) -> None:
    """What nodes fail, and ids that no node has, are counted over both processes."""
    unusual = ",".join(f"!k-{number}" for number in range(100))
    selector = Selector.parse(f"{unusual},n>1000,n<2500")
    ids = ["n-0000", "n-2999", "x", "y"]
    for parallel in (False, True):
        with nodes.open("rb") as stream:
            reader = NodeReader(stream, selector=selector, ids=ids, parallel=parallel)
            assert [node.id for node in reader] == [f"n-{at}" for at in range(1_001, 2_500)]
            assert reader.count == 3_000
            assert reader.failure_masks == {0: 1_499, 1 << 100: 1_001, 1 << 101: 500}
            assert reader.missing_ids == {"x", "y"}
    assert forks == [1]


def test_states(tmp_path: Path, forks: list[int]) -> None:
    """The states of all nodes are counted by both processes, and what nodes in ``states`` fail."""
    states = ("Ready", "lost", None)
    path = tmp_path / "nodes.ndjson"
    path.write_text(
        "".join(
            json.dumps({"id": f"n-{at}", "labels": {"n": str(at % 2)}, "state": states[at % 3]})
            + "\n"
            for at in range(3_000)
        )
    )
    for parallel in (False, True):
        with path.open("rb") as stream:
            selector = Selector.parse("n=1")
            reader = NodeReader(stream, selector=selector, states={"ready"}, parallel=parallel)
            assert Counter(node.state for node in reader) == dict.fromkeys(states, 500)
            assert reader.states == dict.fromkeys(states, 1_000)
            assert reader.failure_masks == {0: 500, 1: 500}
    assert forks == [1]


def only_in_child(act: Callable[[], object]) -> Callable[[Mapping[str, str], str], bool]:
    """Return a filter that does something in the other process only."""
    parent = os.getpid()

    def node_filter(labels: Mapping[str, str], node_id: str) -> bool:
        if os.getpid() != parent:
            act()
        return even(labels, node_id)

    return node_filter


@pytest.mark.parametrize("slow", ["parent", "child"])
def test_the_faster_process_reads_more(nodes: Path, forks: list[int], slow: str) -> None:
    """Each process takes a segment whenever it can, so a slow one takes few."""
    parent = os.getpid()
    read: list[str] = []

    def node_filter(labels: Mapping[str, str], node_id: str) -> bool:
        if (os.getpid() == parent) == (slow == "parent"):
            time.sleep(0.01)
        read.append(node_id)
        return even(labels, node_id)

    with nodes.open("rb") as stream:
        reader = NodeReader(stream, node_filter, parallel=True)
        assert (list(reader), reader.count) == outcome(nodes, parallel=False)
    assert read == [f"n-{at:04}" for at in range(len(read))]
    assert len(read) < 1_000 if slow == "parent" else len(read) > 2_000
    assert forks == [1]


def received_parts(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return a list to which all parts are added that the child process sends."""
    received: list[Any] = []
    next_part = EndReader.next_part

    def recorded(reader: EndReader) -> Any:
        received.append(next_part(reader))
        return received[-1]

    monkeypatch.setattr(EndReader, "next_part", recorded)
    return received


def test_few_nodes_are_sent(nodes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child process ends its work if many nodes are selected; the parent reads the others."""
    monkeypatch.setattr(line_reader, "_MAX_SELECTED", 20)
    received = received_parts(monkeypatch)
    assert outcome(nodes, parallel=True) == outcome(nodes, parallel=False)
    [[*_, rows]] = received
    assert len(rows) < 40


@pytest.mark.parametrize(
    ("lines", "inputs", "parts"),
    [
        pytest.param(LINES, 1, 1, id="ascending"),
        pytest.param(LINES, 2, 2, id="ascending-but-others-may-follow"),
        pytest.param([*LINES[1:], LINES[0]], 1, 2, id="not-ascending"),
    ],
)
def test_ids_are_sent_if_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str], inputs: int, parts: int
) -> None:
    """Ids that ascend have no duplicates, so the parent process need not get them."""
    path = tmp_path / "nodes.ndjson"
    path.write_text("".join(lines))
    received = received_parts(monkeypatch)
    with path.open("rb") as stream:
        source = stream if inputs == 1 else open_inputs([path])
        assert sum(1 for _ in NodeReader(source, parallel=True)) == 3_000
    assert len(received) == parts
    assert None not in received


def fail() -> NoReturn:
    """Raise an error that is not expected."""
    raise RuntimeError("boom")


@pytest.mark.parametrize(
    "act", [fail, lambda: os._exit(0), lambda: os._exit(3), lambda: os.kill(os.getpid(), 9)]
)
def test_the_child_process_is_not_needed(
    nodes: Path,
    forks: list[int],
    capfd: pytest.CaptureFixture[str],
    act: Callable[[], object],
) -> None:
    """If the child process fails or is killed, all nodes are read all the same, silently."""
    with nodes.open("rb") as stream:
        reader = NodeReader(stream, only_in_child(act), parallel=True)
        assert (list(reader), reader.count) == outcome(nodes, parallel=False)
    assert forks == [1]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("function", ["fork", "pipe"])
def test_a_fork_is_not_needed(nodes: Path, monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    """If the system allows no other process, or no more files, one reads it all."""
    alone = outcome(nodes, parallel=False)

    def refused() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, function, refused)
    assert outcome(nodes, parallel=True) == alone


def test_an_error_of_the_caller(nodes: Path, forks: list[int]) -> None:
    """An exception of the caller's filter passes through, and leaves no process behind."""

    def fails(labels: Mapping[str, str], node_id: str) -> bool:
        raise LookupError(node_id)

    with nodes.open("rb") as stream, pytest.raises(LookupError, match="n-0000"):
        list(NodeReader(stream, fails, parallel=True))
    assert forks == [1]


@pytest.mark.parametrize("close", [True, False])
def test_a_reader_that_is_not_finished(nodes: Path, forks: list[int], close: bool) -> None:
    """A reader that is closed or deleted before its end stops the child process."""
    with nodes.open("rb") as stream:
        iterator: Any = iter(NodeReader(stream, parallel=True))
        assert next(iterator).id == "n-0000"
        if close:
            iterator.close()
        del iterator
    assert forks == [1]


def test_an_interrupt_while_waiting(nodes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the parent waits for the child process stops both."""

    def interrupted(child: EndReader) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(EndReader, "next_part", interrupted)
    with nodes.open("rb") as stream, pytest.raises(KeyboardInterrupt):
        list(NodeReader(stream, parallel=True))


def test_a_parent_that_is_killed(nodes: Path) -> None:
    """If the parent process is killed, the child ends as well, however much is left to read."""
    code = (
        "import os, signal, sys, time\n"
        "from nodeselect.files.inputs import parallel_read\n"
        "from nodeselect.readers.reader import NodeReader\n"
        "parallel_read._MIN_BYTES, parallel_read._SEGMENT_BYTES = 1, 500\n"
        "parent = os.getpid()\n"
        "def is_kept(labels, node_id):\n"
        "    return os.getpid() == parent or time.sleep(0.1)\n"
        "with open(sys.argv[1], 'rb') as stream:\n"
        "    next(iter(NodeReader(stream, is_kept, parallel=True)))\n"
        "    print('started', flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(nodes)], stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            said, _ = process.communicate(timeout=60)  # to the end: until both have closed it
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    assert said == b"started\n"


def is_split(stream: Any, forks: list[int]) -> bool:
    """Return whether two processes read a stream; all nodes are read in any case."""
    forks.clear()
    assert sum(1 for _ in NodeReader(stream, parallel=True)) == 3_000
    return bool(forks)


def test_a_large_file(nodes: Path, forks: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes read a file if what is left of it is large enough."""
    left = nodes.stat().st_size - len(LINES[0]) - len(LINES[1])  # read to detect the format
    for size, expected in ((left, True), (left + 1, False)):
        monkeypatch.setattr(parallel_read, "_MIN_BYTES", size)
        with nodes.open("rb") as stream:
            assert is_split(stream, forks) is expected


def test_streams(nodes: Path, forks: list[int]) -> None:
    """Two processes read a file without a path, as standard input is, and one a pipe or memory."""
    assert not is_split(io.BytesIO(nodes.read_bytes()), forks)
    with os.fdopen(os.open(nodes, os.O_RDONLY), "rb") as unnamed:
        assert is_split(unnamed, forks)
    with subprocess.Popen(["cat", str(nodes)], stdout=subprocess.PIPE) as cat:
        assert not is_split(cat.stdout, forks)


@pytest.mark.parametrize("content", ["other", None])
def test_a_file_that_was_replaced(nodes: Path, forks: list[int], content: str | None) -> None:
    """If another file, or none, has the name by now, both read the file that was opened."""
    alone = outcome(nodes, parallel=False)
    with nodes.open("rb") as stream:
        nodes.unlink()
        if content is not None:
            nodes.write_text("".join(LINES[::-1]))
        reader = NodeReader(stream, even, parallel=True)
        assert (list(reader), reader.count) == alone
    assert forks == [1]


def test_ended_children_that_are_forgotten(nodes: Path, forks: list[int]) -> None:
    """One process reads if the system does not keep the status of a process that ended."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        with nodes.open("rb") as stream:
            assert not is_split(stream, forks)
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_one_core(nodes: Path, forks: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """One core reads no faster with two processes."""
    monkeypatch.setattr(parallel_read, "_number_of_cores", lambda: 1)
    with nodes.open("rb") as stream:
        assert not is_split(stream, forks)


def test_other_threads(nodes: Path, forks: list[int]) -> None:
    """A process with other threads is not forked: they would be lost, and their locks held."""
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        with nodes.open("rb") as stream:
            assert not is_split(stream, forks)
    finally:
        done.set()
        other.join()


def test_threads_that_python_did_not_start() -> None:
    """On Linux, threads of other libraries are counted as well."""
    before, done = NUMBER_OF_THREADS(), threading.Lock()
    done.acquire()
    _thread.start_new_thread(done.acquire, ())
    assert NUMBER_OF_THREADS() - before == (1 if sys.platform == "linux" else 0)
    done.release()


def test_too_many_failure_masks(tmp_path: Path, forks: list[int]) -> None:
    """If there are too many in both processes together, none are counted, as by one process."""
    path = tmp_path / "nodes.ndjson"
    keys = [f"k-{number}" for number in range(11)]
    masks = [number * 7 % 2_048 for number in range(1_200)]
    path.write_text(
        "".join(
            json.dumps(
                {"id": f"n-{at}", "labels": {k: "" for n, k in enumerate(keys) if m >> n & 1}}
            )
            + "\n"
            for at, m in enumerate(masks)
        )
    )
    for parallel in (False, True):
        with path.open("rb") as stream:
            reader = NodeReader(stream, selector=Selector.parse(",".join(keys)), parallel=parallel)
            list(reader)
        assert (reader.count, reader.failure_masks) == (1_200, None)
    assert forks == [1]


def test_where_the_stream_is_afterwards(nodes: Path) -> None:
    """The file is at its end, also for another process that reads from the same description."""
    with nodes.open("rb") as stream:
        list(NodeReader(stream, parallel=True))
        assert os.lseek(stream.fileno(), 0, os.SEEK_CUR) == stream.tell() == nodes.stat().st_size


def test_a_child_process_that_the_caller_waits_for(nodes: Path) -> None:
    """If the caller has waited for the child process, all nodes are read all the same."""
    with nodes.open("rb") as stream:
        iterator = iter(NodeReader(stream, only_in_child(lambda: os._exit(0)), parallel=True))
        first = next(iterator)
        os.wait()
        assert [first, *iterator] == outcome(nodes, parallel=False)[0]


def test_too_long_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so much of a line is read as is allowed, to find where the next one starts."""
    path = tmp_path / "nodes.ndjson"
    path.write_text(f"{'x' * 100_000}\n{'x' * 100_000}")
    monkeypatch.setattr(parallel_read, "LIMITS", LIMITS._replace(line_bytes=50_000))
    with path.open("rb") as stream:
        offsets = (1, 60_000, 100_000, 100_001, 100_002)
        starts = [parallel_read._line_start(stream.fileno(), each, 200_001) for each in offsets]
    assert starts == [200_001, 100_001, 100_001, 100_001, 200_001]


@pytest.mark.parametrize("value", ["", "12345678", "x" * 300])
def test_a_file_that_is_edited(nodes: Path, forks: list[int], value: str) -> None:
    """If lines move while a file is read, the answer has all nodes, or there is an error."""
    texts = [*LINES[:2_000], LINES[2_000].replace('"2000"', f'"{value}"'), *LINES[2_001:]]

    parent = os.getpid()

    def node_filter(labels: Mapping[str, str], node_id: str) -> bool:
        if os.getpid() == parent:
            time.sleep(0.001)
        elif node_id == "n-2500":
            nodes.write_text("".join(texts))
        return True

    with nodes.open("rb") as stream:
        try:
            found = [node.id for node in NodeReader(stream, node_filter, parallel=True)]
        except InventoryError:
            found = []
    assert found in ([], [f"n-{at:04}" for at in range(3_000)])
    assert forks == [1]


def test_a_file_that_becomes_shorter(nodes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is cut off while it is read is rejected: not all of it is left."""
    fork = os.fork

    def shortened() -> int:
        os.truncate(nodes, len("".join(LINES[:1_000])))
        return fork()

    monkeypatch.setattr(os, "fork", shortened)
    assert outcome(nodes, True) == "nodes: the file became shorter while it was read"


def test_a_file_whose_lines_were_changed(
    nodes: Path, forks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the child process finds other lines where the parent process ends, it is not believed."""
    parent, line_start = os.getpid(), parallel_read._line_start

    def changed(descriptor: int, offset: int, end: int) -> int:
        at = line_start(descriptor, offset, end)
        return at if os.getpid() == parent else line_start(descriptor, at + 1, end)

    monkeypatch.setattr(parallel_read, "_line_start", changed)
    assert outcome(nodes, parallel=True) == outcome(nodes, parallel=False)
    assert forks == [1]
