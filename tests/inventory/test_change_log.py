"""A change log: what a process wrote is there after it ends, and in the processes that follow."""

import errno
import os
import pickle
from collections.abc import Iterator
from contextlib import nullcontext
from io import FileIO
from pathlib import Path
from typing import Any, NoReturn
from unittest.mock import patch
from zlib import crc32

import pytest

from nodeselect import ChangeLog, Inventory, InventoryError, Node, Selector, Taint
from nodeselect.durable import change_log, log_file
from nodeselect.durable.saved_file import Sections
from tests.imports import run_python
from tests.inventory.small import SMALL, tuned
from tests.inventory.version_1 import lower_version, read_ids
from tests.short import refused

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs locks on files")

FLEET = [Node(f"n-{at}", {"x": str(at % 5)}, "web", "ready") for at in range(10)]
FACTS: Any = {"taints": [Taint("a", "NoExecute")], "resources": {"cpu": "2"}}
BATCH: list[Node | str] = [
    "n-1",
    Node("n-2", {"x": "new"}, **FACTS),
    Node("late", {"y": "\ud800"}, taints=()),
    Node("n-1", {}, "back", resources={}),
]


@pytest.fixture(name="path")
def path_fixture(tmp_path: Path) -> Path:
    return tmp_path / "fleet.log"


@pytest.fixture(name="log")
def log_fixture(path: Path) -> Iterator[ChangeLog]:
    with ChangeLog(path, sync="never") as log:
        yield log


@pytest.fixture(name="writer")
def writer_fixture(log: ChangeLog) -> Inventory:
    return Inventory(FLEET, log=log)


def write_everything(inventory: Inventory) -> None:
    """Write in every way, with all characters that a label can have."""
    inventory.upsert(Node("n-3", {"x": "3", "y": "\ud800 \0 é"}, "\udfff", ""))
    inventory.remove("n-4")
    inventory.update("n-5", lambda node: node.replace(name=None, state=None))
    inventory.apply(BATCH)
    inventory.upsert(Node("n-3", {"x": "changed"}, **FACTS))


def same(one: Inventory, other: Inventory) -> bool:
    """Return whether two inventories have the same nodes and generation."""
    return list(one) == list(other) and one.generation == other.generation


def restarted(path: Path, nodes: Any = FLEET) -> Inventory:
    """Return what the next process has, of nodes or a saved file, and the log."""
    with ChangeLog(path) as log:
        is_saved = isinstance(nodes, Path)
        return Inventory.open(nodes, log=log) if is_saved else Inventory(nodes, log=log)


def test_surrogates(writer: Inventory, log: ChangeLog, path: Path) -> None:
    """Two surrogates in a row remain two characters; they are not the one that they look like."""
    pair, one = "\ud83d\ude00", "\U0001f600"
    reader = Inventory(FLEET)
    for text in (pair, one, f'{pair}{one}\0"\\ \x7f\u2028{one}\ude00\ud83d'):
        writer.upsert(Node("n-1", {"x": text}))
        writer.apply([Node("n-1", {pair: text, one: "", text: pair}, text, text), "n-2", FLEET[2]])
        assert reader.follow(path) == 2
        assert same(reader, writer)
    log.close()
    assert same(restarted(path), writer)


@pytest.mark.parametrize("way", ["nodes", "read", "read table", "from_arrow", "open"])
def test_each_way_to_have_nodes(way: str, path: Path) -> None:
    """Each applies the writes of the log, appends to it, and compacts as it is told to."""
    few: Any = tuned(SMALL)
    fleet = few(FLEET)
    fleet.save(saved := path.with_suffix(".nsx"))
    file = path.with_suffix(".csv")
    file.write_text("\n".join(["id", *fleet.ids()]))
    build, source = {
        "nodes": (few, FLEET),
        "read": (few.read, file),
        "read table": (few.read, fleet.to_arrow()),
        "from_arrow": (few.from_arrow, fleet.to_arrow()),
        "open": (few.open, saved),
    }[way]
    with ChangeLog(path, sync="never") as log:
        first = build(source, log=log, compact_at=None)
        first.apply(map(Node, "abcdef"))
        assert first.pending_changes == 6
    with ChangeLog(path, sync="never") as log:
        second = build(source, log=log, compact_at=0.01)
        assert (second.ids(), second.pending_changes) == (first.ids(), 0)


def test_a_path_of_bytes(path: Path) -> None:
    uses: tuple[Any, ...] = (ChangeLog, Inventory().save, Inventory.open, Inventory().follow)
    for use in uses:
        with pytest.raises(TypeError, match=r"must be a (str|path or a stream), not bytes"):
            use(bytes(path))
    assert not path.exists()


def test_over_another_file(writer: Inventory, log: ChangeLog, path: Path) -> None:
    """Saved over a file of other nodes, the generation rises; so it does in the log and readers."""
    file = path.with_suffix(".nsx")
    other = Inventory(FLEET)
    for number in range(5):
        other.upsert(Node(f"other-{number}"))
    other.save(file)
    reader = Inventory(FLEET)
    writer.remove("n-1")
    reader.follow(path)
    with patch.object(ChangeLog, "empty", failing), pytest.raises(OSError, match="No space"):
        writer.save(file)
    assert writer.generation == 6
    assert reader.follow(path) == 5
    assert same(reader, writer)
    writer.remove("n-2")
    assert reader.follow(path) == 1
    log.close()
    for nodes in (Inventory(FLEET), Inventory.open(file)):
        nodes.follow(path)
        assert same(nodes, writer)


def test_saved_over_a_log(writer: Inventory, path: Path) -> None:
    """Nothing replaces a log by a saved file: neither its inventory, nor a snapshot or another."""
    link = path.with_name("link")
    link.symlink_to(path)
    writer.remove("n-1")
    content = path.read_bytes()
    for nodes in (writer, writer.snapshot(), Inventory(FLEET)):
        for name in (path, link):
            with refused("cannot-write", "it is a change log"):
                nodes.save(name)
    assert path.read_bytes() == content
    writer.remove("n-2")
    reader = Inventory(FLEET)
    assert reader.follow(path) == 2
    assert same(reader, writer)


CLOSED, CUT_OFF = ("log-closed", "the log is closed"), ("cannot-write", "the log was cut off")


@pytest.mark.parametrize("loss", [(), CLOSED, CUT_OFF])
def test_writes_while_saving(
    writer: Inventory, log: ChangeLog, path: Path, loss: tuple[str, ...]
) -> None:
    """They remain in the log; it is not emptied if it was cut off or closed meanwhile."""
    file, write = path.with_suffix(".nsx"), Sections.write

    def slow_write(*arguments: Any) -> int:
        checksum = write(*arguments)
        writer.upsert(Node("meanwhile"))
        if loss:
            log.close() if loss == CLOSED else os.truncate(path, path.stat().st_size - 1)
        return checksum

    writer.remove("n-1")
    expected = refused(*loss) if loss else nullcontext()
    with patch.object(Sections, "write", slow_write), expected:
        writer.save(file)
    assert "meanwhile" not in Inventory.open(file)
    log.close()  # so that nobody has locked it
    assert same(restarted(path, file), writer) is (loss != CUT_OFF)


def test_follow(writer: Inventory, log: ChangeLog, path: Path) -> None:
    """A reader makes the same writes, and has the same generation."""
    reader = Inventory(FLEET)
    assert reader.follow(path) == 0
    write_everything(writer)
    before = reader.snapshot()
    assert reader.follow(path) == 5
    assert reader.follow(str(path)) == 0
    assert same(reader, writer)
    assert reader.match(Selector.parse("x=changed")).ids() == ["n-3"]
    assert before.ids() == [node.id for node in FLEET]
    with refused("read-only"):
        reader.upsert(Node("mine"))
    with pytest.raises(ValueError, match="cannot follow a log while it writes"):
        writer.follow(path)
    writer.snapshot().save(path.with_suffix(".nsx"))
    with pytest.raises(ValueError, match="cannot be refreshed"):
        writer.refresh(path.with_suffix(".nsx"))


def test_follow_a_log_that_is_emptied(writer: Inventory, path: Path) -> None:
    """A reader goes on with the saved file if the log was emptied, however often."""
    file = path.with_suffix(".nsx")
    writer.save(file)
    readers = [Inventory.open(file), Inventory(FLEET)]
    writer.upsert(Node("first"))
    assert [reader.follow(path) for reader in readers] == [1, 1]
    writer.save(file)
    writer.upsert(Node("second"))
    assert [reader.follow(path) for reader in readers] == [1, 1]
    assert [reader.pending_changes for reader in readers] == [1, 2]
    for number in range(3):
        writer.upsert(Node(f"more-{number}"))
        writer.save(file)
    assert readers[0].follow(path) == 3
    assert same(readers[0], writer)
    with refused("log-emptied"):
        readers[1].follow(path)
    assert readers[1].refresh(file) is True
    assert readers[1].follow(path) == 0
    assert same(readers[1], writer)
    writer.upsert(Node("last"))
    writer.save(file)
    assert [reader.follow(path) for reader in readers] == [1, 1]
    written = path.stat().st_ino
    writer.save(file)
    assert path.stat().st_ino == written, "an empty log is not replaced again"


def test_other_nodes(writer: Inventory, log: ChangeLog, path: Path) -> None:
    """A log of other nodes is an error, in the next process and in readers."""
    with refused("other-log", "written for 10 nodes"):
        Inventory(FLEET[:3]).follow(path)
    writer.upsert(Node("more"))
    log.close()
    with refused("other-log"):
        restarted(path, FLEET[:3])
    with refused("other-log"):
        Inventory(FLEET[:3]).follow(path)
    with refused("other-log"):
        restarted(path, [*FLEET[:9], Node("more")])
    with ChangeLog(path.with_suffix(".other")) as other:
        saved = Inventory(FLEET, log=other)
        for number in range(5):
            saved.upsert(Node(f"other-{number}"))
        saved.save(path.with_suffix(".nsx"))
    with refused("other-log", "does not continue"):
        restarted(path, path.with_suffix(".nsx"))


def test_other_nodes_with_the_same_numbers(tmp_path: Path) -> None:
    """A file that was saved with a log is refused beside a log of other writes, however similar."""
    files = [tmp_path / f"{kept}.nsx" for kept in "xyz"]
    logs = [tmp_path / f"{kept}.log" for kept in "xyz"]
    for file, log_path in zip(files, logs, strict=True):
        with ChangeLog(log_path) as log:
            writer = Inventory(FLEET, log=log)
            writer.upsert(Node("more", {file.stem: "1"}))
            writer.save(file)
            writer.upsert(Node("later"))
            if file.stem == "z":
                writer.save(file)
                writer.upsert(Node("last"))
    for at in range(3):
        assert "later" in restarted(logs[at], files[at])
        reader = Inventory.open(files[at])
        assert reader.follow(logs[at]) == 1
        assert reader.refresh(files[at]) is False
    for file_at, log_at, expected in (
        (0, 1, "other-log"),
        (2, 0, "other-log"),
        (0, 2, "log-emptied"),
    ):
        with refused(expected):
            Inventory.open(files[file_at]).follow(logs[log_at])
        with refused(expected):
            restarted(logs[log_at], files[file_at])


def test_a_file_that_another_inventory_saved_over_that_of_the_writer(path: Path) -> None:
    """What was saved without the log, and may lack its writes, is refused beside the log."""
    file, copies = path.with_suffix(".nsx"), path.with_suffix(".copy")
    Inventory(FLEET).save(file)
    with ChangeLog(path) as log:
        writer = Inventory.open(file, log=log)
        writer.upsert(Node("n-1", {"x": "first"}))
        writer.snapshot().save(copies)
        writer.upsert(Node("n-2", {"x": "second"}))
        follower = Inventory.open(file)
        follower.follow(path)
    Inventory([Node(node.id, {"x": "other"}) for node in FLEET]).save(file)
    opened = Inventory.open(file)
    assert opened.generation == 1
    with refused("other-log", "saved without it"):
        opened.follow(path)
    with refused("other-log", "saved without it"):
        follower.refresh(file)
    with refused("other-log", "saved without it"):
        restarted(path, file)
    assert same(follower, writer)
    reader = Inventory.open(copies)
    assert reader.follow(path) == 1
    reader.save(copies)  # a follower, too, knows which write it made last
    Inventory.open(copies).save(copies)
    assert same(restarted(path, copies), writer)


def test_a_new_log_beside_a_saved_file(writer: Inventory, log: ChangeLog, path: Path) -> None:
    """A new log continues the file, so that readers of that file can follow it."""
    file = path.with_suffix(".nsx")
    writer.upsert(Node("more"))
    writer.save(file)
    log.close()
    reader = Inventory.open(file)
    path.unlink()
    with ChangeLog(path) as again:
        Inventory.open(file, log=again).upsert(Node("new"))
    assert reader.follow(path) == 1
    assert "new" in reader
    assert "new" in restarted(path, file)


def test_follow_another_history(writer: Inventory, log: ChangeLog, path: Path) -> None:
    """If a writer began again from an older state, its followers notice, and go on from a file."""
    file = path.with_suffix(".nsx")
    writer.upsert(Node("first"))
    old = path.read_bytes()
    reader = Inventory(FLEET)
    reader.follow(path)
    writer.upsert(Node("second"))
    assert reader.follow(path) == 1
    log.close()
    path.unlink()
    path.write_bytes(old)
    with ChangeLog(path) as again:
        restored = Inventory(FLEET, log=again)
        with refused("other-log"):
            reader.follow(path)
        restored.upsert(Node("another"))
        with refused("other-log"):
            reader.follow(path)
        restored.save(file)
        assert reader.refresh(file)
        assert same(reader, restored)
        restored.remove("n-1")
        assert reader.follow(path) == 1


@pytest.mark.parametrize("discard_changes", [False, True])
def test_refresh_from_the_same_file(path: Path, discard_changes: bool) -> None:
    """A reader whose log began again is loaded again, also if the saved file is the same."""
    file = path.with_suffix(".nsx")
    Inventory(FLEET).save(file)
    with ChangeLog(path) as log:
        Inventory.open(file, log=log).remove("n-1")
    reader = Inventory.open(file)
    reader.follow(path)
    path.unlink()
    with ChangeLog(path) as log:
        writer = Inventory.open(file, log=log)
        writer.remove("n-2")
        for _ in range(2):
            with refused("other-log", "call refresh with the file"):
                reader.follow(path)
        assert reader.refresh(file, discard_changes=discard_changes) is True
        assert same(reader, writer)
        assert reader.refresh(file, discard_changes=discard_changes) is False
        writer.remove("n-3")
        assert reader.follow(path) == 1


def test_follow_that_fails(writer: Inventory, path: Path) -> None:
    """An inventory whose first call fails does not follow the log, and can be changed."""
    reader = Inventory(FLEET)
    with refused("cannot-read"):
        reader.follow(path.with_name("nope"))
    assert reader.follow(path) == 0
    with refused("cannot-read"):
        reader.follow(path.with_name("nope"))
    writer.remove("n-1")
    assert reader.follow(path) == 1
    other = Inventory(FLEET[:3])
    with refused("other-log"):
        other.follow(path)
    assert other.upsert(Node("mine")) == "added"
    with refused("unsaved-changes"):  # it has changes of its own
        other.follow(path)


def test_one_writer(writer: Inventory, log: ChangeLog, path: Path) -> None:
    for _ in range(2):
        with refused("log-in-use", "another ChangeLog has it open"):
            ChangeLog(path)
        writer.save(path.with_suffix(".nsx"))
        writer.remove("n-1") if "n-1" in writer else None
    with refused("log-in-use", "another inventory uses it"):
        Inventory(log=log)
    script = f"from nodeselect import ChangeLog, InventoryError\ntry: ChangeLog({str(path)!r})\n"
    run_python(script + "except InventoryError as error: assert error.code == 'log-in-use'")


def test_replaced_before_it_is_locked(writer: Inventory, log: ChangeLog, path: Path) -> None:
    """A process that opened the file before it was emptied locks the new one."""
    file = path.with_suffix(".nsx")
    lock = log_file.lock_file
    late = True

    def lock_late(opened: FileIO, name: str) -> FileIO:
        nonlocal late
        if late:
            late = False
            writer.save(file)
            log.close()
        return lock(opened, name)

    writer.remove("n-1")
    with patch.object(log_file, "lock_file", lock_late), ChangeLog(path) as again:
        assert same(Inventory.open(file, log=again), writer)
        with pytest.raises(InventoryError, match="another ChangeLog"):
            ChangeLog(path)


def test_closed(writer: Inventory, log: ChangeLog) -> None:
    """Without its log, an inventory cannot be changed, but read and saved."""
    log.close()
    log.close()
    before = list(writer)
    for write in (lambda: writer.upsert(Node("more")), lambda: writer.remove("n-1"), log.flush):
        with refused("log-closed"):
            write()
    assert list(writer) == before
    other = ChangeLog(Path(log.path).with_name("other"))
    other.close()
    with refused("log-closed"):
        Inventory(FLEET, log=other)
    writer.save(Path(log.path).with_suffix(".nsx"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_fork(path: Path) -> None:
    """A child cannot write to the log of its parent, but can follow it; the parent goes on."""
    run_python(FORK.replace("PATH", repr(str(path))))


FORK = """
import os
from threading import Thread
from nodeselect import ChangeLog, Inventory, InventoryError, Node
log = ChangeLog(PATH)
inventory = Inventory(log=log)
inventory.upsert(Node("n-1"))
there, back = os.pipe(), os.pipe()
child = os.fork()
if not child:
    try:
        inventory.upsert(Node("mine"))
        os._exit(1)
    except InventoryError as error:
        assert error.code == "log-closed" and "child process" in error.message
    os.write(there[1], b".")
    os.read(back[0], 1)
    thread = Thread(target=lambda: ChangeLog(PATH + "2").close(), daemon=True)
    thread.start()  # its threads can open other logs
    thread.join(20)
    assert not thread.is_alive()
    assert inventory.follow(PATH) == 1 and inventory.ids() == ["n-1", "n-2"]
    os._exit(0)
os.read(there[0], 1)
inventory.upsert(Node("n-2"))
log.close()
with ChangeLog(PATH) as again:  # the child has no lock
    assert Inventory(log=again).ids() == ["n-1", "n-2"]
os.write(back[1], b".")
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.parametrize("number", [1, 2, 3], ids=["open", "begin", "save"])
def test_a_fork_while_a_thread_locks_a_file(path: Path, number: int) -> None:
    """The child does not keep the lock: it has none of the files, old or new."""
    script = FORK_AT_LOCK.replace("PATH", repr(str(path))).replace("NUMBER", str(number))
    run_python(script)


FORK_AT_LOCK = """
import os
from threading import Event, Thread
from nodeselect import ChangeLog, Inventory, Node
from nodeselect.durable import change_log, log_file

def lock_and_wait(file, path):
    lock(file, path)
    numbers.append(len(numbers))
    if len(numbers) == NUMBER:
        is_locked.set()
        is_forking.wait()
    return file

def write():
    with ChangeLog(PATH) as log:
        if NUMBER > 1:
            inventory = Inventory(log=log)
        if NUMBER > 2:
            inventory.upsert(Node("n-1"))
            inventory.save(PATH + ".nsx")

numbers, is_locked, is_forking = [], Event(), Event()
lock = log_file.lock_file
log_file.lock_file = change_log.lock_file = lock_and_wait
os.register_at_fork(before=is_forking.set)
thread = Thread(target=write)
thread.start()
is_locked.wait()
there, back = os.pipe(), os.pipe()
child = os.fork()
if not child:
    os.close(back[1])
    os.write(there[1], b".")
    os.read(back[0], 1)
    os._exit(0)
os.read(there[0], 1)
thread.join()
ChangeLog(PATH).close()
os.write(back[1], b".")
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""


def failing(*_: object) -> NoReturn:
    """Do what a system call does on a full disk."""
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk(writer: Inventory, log: ChangeLog, path: Path) -> None:
    """A write that cannot be logged changes nothing; the next one is made when there is space."""
    writer.upsert(Node("before"))
    before, size = list(writer), log.size
    write, left = os.pwrite, 20

    def partial_write(descriptor: int, data: bytes, offset: int) -> int:
        nonlocal left
        if not left:
            failing()
        data, left = data[:left], max(0, left - len(data))
        return write(descriptor, data, offset)

    with patch.object(os, "pwrite", partial_write):
        for left in (0, 20):  # noqa: B007 - for the function
            with refused("cannot-write", "No space left on device"):
                writer.apply(BATCH)
            assert (list(writer), writer.generation, log.size) == (before, 1, size)
    reader = Inventory(FLEET)
    assert reader.follow(path) == 1
    assert path.stat().st_size > size
    with patch.object(os, "ftruncate", failing), refused("cannot-write", "No space left on device"):
        writer.upsert(Node("m"))
    with patch.object(os, "pwrite", lambda file, data, offset: write(file, data[:9], offset)):
        writer.upsert(Node("m"))
    assert reader.follow(path) == 1
    log.close()
    assert same(restarted(path), writer)
    assert same(reader, writer)


def test_an_incomplete_record_that_is_replaced(writer: Inventory, path: Path) -> None:
    """A reader that reads the first part of one record, and the rest of another, reads again."""
    reader = Inventory(FLEET)
    reader.follow(path)
    write, read, is_replaced = os.pwrite, os.pread, False

    def incomplete(descriptor: int, data: bytes, offset: int) -> int:
        if len(data) < 40:
            failing()
        return write(descriptor, data[:40], offset)

    def replaced_later(descriptor: int, size: int, offset: int) -> bytes:
        nonlocal is_replaced
        data = read(descriptor, size, offset)
        if not is_replaced:
            is_replaced = True
            writer.upsert(Node("n-1", {"x": "a longer one"}))
        return data

    with patch.object(os, "pwrite", incomplete), pytest.raises(InventoryError):
        writer.upsert(Node("n-1", {"x": "short"}))
    with patch.object(os, "pread", replaced_later):
        assert reader.follow(path) == 1
    assert same(reader, writer)


def test_a_log_that_is_damaged_while_it_is_written_to(writer: Inventory, path: Path) -> None:
    """Readers go on with the saved file; only who opens the log is told to cut it off."""
    file, reader = path.with_suffix(".nsx"), Inventory(FLEET)
    reader.follow(path)
    writer.remove("n-1")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    copy = path.with_name("copy.log")
    copy.write_bytes(data)
    with ChangeLog(copy) as log, pytest.raises(InventoryError, match=r"truncate -s 36 FILE"):
        Inventory(FLEET, log=log)
    with refused("damaged", "call refresh with that file") as caught:
        reader.follow(path)
    assert "truncate" not in str(caught.value)
    writer.save(file)
    assert reader.refresh(file)
    writer.remove("n-2")
    assert reader.follow(path) == 1
    assert same(reader, writer)


def test_zeros_at_the_end(writer: Inventory, log: ChangeLog, path: Path) -> None:
    """Zeros that reach the end, as a power failure leaves them, are dropped; no others are."""
    writer.remove("n-1")
    whole = path.read_bytes()
    writer.remove("n-2")
    both = path.read_bytes()
    log.close()
    last = len(both) - len(whole)
    for content, removed in (
        *((both + bytes(zeros), 2) for zeros in (1, 27, 28, 29, 300_000)),
        *((both[:-zeros] + bytes(zeros + more), 1) for zeros in range(1, last) for more in (0, 99)),
    ):
        path.write_bytes(content)
        reader = Inventory(FLEET)
        assert reader.follow(path) == removed
        with ChangeLog(path) as again:
            writer = Inventory(FLEET, log=again)
            assert same(reader, writer)
            writer.remove("n-9")
        assert reader.follow(path) == 1
    for content in (
        *(both + bytes(300_000) + b"1", both[:-3] + bytes(2) + both[-1:], bytes(99)),
        whole + b"1" * 28 + bytes(99),  # the whole header of a record
    ):
        path.write_bytes(content)
        with pytest.raises(InventoryError):
            Inventory(FLEET).follow(path)


def test_what_is_cut_off(writer: Inventory, log: ChangeLog, path: Path) -> None:
    """An incomplete record is dropped as a whole; a reader notices if what it read is lost."""
    writer.upsert(Node("n-1", {"x": "longer than the next one" * 9}))
    log.close()
    os.truncate(path, path.stat().st_size - 1)
    with ChangeLog(path) as again:
        Inventory(FLEET, log=again).remove("n-2")
    reader = Inventory(FLEET)
    assert reader.follow(path) == 1
    assert reader.ids() == [node.id for node in FLEET if node.id != "n-2"]
    os.truncate(path, path.stat().st_size - 1)
    with refused("damaged", "what was read before is cut off"):
        reader.follow(path)


def test_records_across_blocks(writer: Inventory, path: Path) -> None:
    write_everything(writer)
    for size in range(1, 130):
        with patch.object(log_file, "_WINDOW_SIZE", size):
            reader = Inventory(FLEET)
            assert reader.follow(path) == 5
            assert same(reader, writer)


def test_generations_that_do_not_follow(path: Path) -> None:
    """Each write has the next generation; only one without changes may skip some."""
    base, reader = log_file.Base(0, len(FLEET), 7), Inventory(FLEET)
    start = log_file.LogPosition(0, len(base.to_header()), 7)
    for generation, changes in ((2, ["n-1"]), (0, ["n-1"]), (0, []), (2, [])):
        record, _ = log_file.encode_record(start, generation, len(FLEET), changes)
        path.write_bytes(base.to_header() + record)
        if generation and not changes:
            reader.follow(path)
            assert reader.generation == 2
        else:
            with refused("damaged", f"generation {generation} follows 0"):
                reader.follow(path)


def test_saved_while_the_disk_of_the_log_is_full(writer: Inventory, path: Path) -> None:
    """The error says that the nodes are saved; the log still has its writes."""
    file = path.with_suffix(".nsx")
    writer.upsert(Node("late"))
    with (
        patch.object(change_log, "replace_file", failing),
        refused("cannot-write", "the nodes are saved, but the log cannot"),
    ):
        writer.save(file)
    assert same(Inventory.open(file), writer)
    reader = Inventory(FLEET)
    assert reader.follow(path) == 1
    writer.save(file)
    assert same(Inventory.open(file), writer)


def test_the_file_of_a_log_is_not_replaced(writer: Inventory, log: ChangeLog, path: Path) -> None:
    """Other nodes do not replace the saved file of a log, whose writes would not fit them."""
    file = path.with_suffix(".nsx")
    writer.upsert(Node("late"))
    writer.save(file)
    writer.upsert(Node("later"))
    changed, old = Inventory.open(file), Inventory.open(file)
    changed.upsert(Node("other"))
    for other in (Inventory(FLEET), Inventory(FLEET).snapshot(), changed, changed.snapshot(), old):
        if other is old:
            writer.save(file)  # it is not the file that was opened any more
        with refused("cannot-write", "a process that has a change log"):
            other.save(file)
    writer.snapshot().save(file)
    log.close()
    assert same(restarted(path, file), writer)


@pytest.mark.parametrize("section", ["names", "states", "labels", "keys", "values", "ranks"])
def test_a_damaged_file(path: Path, section: str) -> None:
    """A write for which the saved file cannot be read is not in the log, and changes nothing."""
    file = path.with_suffix(".nsx")
    Inventory(FLEET).save(file)
    data = bytearray(file.read_bytes())
    entry = data.index(section.encode() + bytes(24 - len(section)))
    data[int.from_bytes(data[entry + 32 : entry + 40], "little")] ^= 1
    damaged = path.with_suffix(".damaged")
    damaged.write_bytes(data)
    with ChangeLog(path) as log:
        inventory = Inventory.open(damaged, log=log)
        size = log.size
        for changes in (BATCH, ["n-1"], [Node("new"), Node("n-2")]):
            with refused("damaged"):
                inventory.apply(changes)
            assert (log.size, inventory.generation, len(inventory)) == (size, 0, len(FLEET))
    assert restarted(path, file).ids() == [node.id for node in FLEET]


@pytest.mark.parametrize("sync", ["each", "never"])
@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_log_that_is_removed(path: Path, sync: str, is_replaced: bool) -> None:
    """What would be written where nobody finds it is an error, and the inventory can be saved."""
    log = ChangeLog(path, sync=sync)  # type: ignore[arg-type]
    writer, file = Inventory(FLEET, log=log), path.with_suffix(".nsx")
    writer.remove("n-1")
    path.rename(path.with_name("moved"))
    if is_replaced:
        path.write_text("of somebody else")
    with refused("cannot-write"):
        writer.remove("n-2") if sync == "each" else writer.save(file)
    with refused("log-closed"):
        writer.remove("n-2")
    assert "n-2" in writer
    log.close()
    writer.save(file)
    assert same(Inventory.open(file), writer)
    assert not is_replaced or path.read_text() == "of somebody else"


@pytest.mark.parametrize(
    ("sync", "counts"),
    [
        pytest.param("each", [1, 2, 3, 4, 5, 5, 5], id="each"),
        pytest.param("never", [0, 0, 0, 0, 0, 1, 1], id="never"),
        pytest.param(10, [0, 0, 1, 1, 2, 2, 2], id="seconds"),
    ],
)
def test_sync(path: Path, sync: object, counts: list[int]) -> None:
    """Each write is on the disk, or those that are some seconds old, or all after a flush."""
    clock = iter([0, 4, 9, 10, 10, 19, 22, 22, *[30] * 9])
    synced: list[int] = []
    seen = []
    with (
        patch.object(change_log, "monotonic", lambda: next(clock)),
        patch.object(change_log, "_sync_file", synced.append),
    ):
        with ChangeLog(path, sync=sync) as log:  # type: ignore[arg-type]
            inventory = Inventory(log=log)
            for number in range(5):
                inventory.upsert(Node(f"n-{number}"))
                seen.append(len(synced))
            log.flush()
            seen.append(len(synced))
        seen.append(len(synced))
    assert seen == counts


@pytest.mark.parametrize("sync", ["", "always", 0, -1, True, float("nan"), None, "EACH"])
def test_wrong_sync(path: Path, sync: object) -> None:
    """Any other value is an error, and creates no file."""
    with pytest.raises(ValueError, match="sync must be"):
        ChangeLog(path, sync=sync)  # type: ignore[arg-type]
    assert not path.exists()


def test_files_that_are_no_logs(tmp_path: Path, path: Path) -> None:
    path.write_text("n-1,eu\n")
    (tmp_path / "empty").touch()
    (tmp_path / "version").write_bytes(b"\x89NSL\r\n\x1a\n" + bytes(28))
    expected = {"fleet.log": "not-a-log", "empty": "cut-off", ".": "cannot-write", "\0": "cannot"}
    for name, code in {**expected, "version": "damaged", "no/folder": "cannot-write"}.items():
        with pytest.raises(InventoryError) as caught:
            ChangeLog(tmp_path / name)
        assert caught.value.code.startswith(code)
        with pytest.raises(InventoryError):
            Inventory().follow(tmp_path / name)
    assert path.read_text() == "n-1,eu\n"
    for version in (0, 3):
        header = log_file.Base(0, 0, 7).to_header()
        header = header[:8] + bytes([version]) + header[9:-4]
        path.write_bytes(header + crc32(header).to_bytes(4, "little"))
        with refused("unknown-version", f"the log has version {version}"):
            ChangeLog(path)
    with pytest.raises(TypeError, match="log must be a ChangeLog, not str"):
        Inventory(log="fleet.log")  # type: ignore[arg-type]


def test_the_first_write_imports_nothing(path: Path) -> None:
    """A signal during the import of msgspec would be lost, so it is loaded with the log."""
    run_python(f"""
import sys
from nodeselect import ChangeLog, Inventory, Node, Taint
log = ChangeLog({str(path)!r})
inventory, node = Inventory(log=log), Node("n-1", taints=[Taint("a", "NoExecute")])
loaded = {{*sys.modules}}
inventory.upsert(node)
assert "msgspec" in loaded, loaded
assert loaded == {{*sys.modules}}, {{*sys.modules}} - loaded
""")


def test_a_log_that_is_not_used_yet(log: ChangeLog, path: Path) -> None:
    """A reader can follow a new log before its writer has begun."""
    reader = Inventory(FLEET)
    assert reader.follow(path) == 0
    Inventory(FLEET, log=log).remove("n-1")
    assert reader.follow(path) == 1
    with pytest.raises(TypeError, match="cannot be copied"):
        pickle.dumps(log)
    assert repr(log) == f"<ChangeLog {str(path)!r}>"


def test_version_is_raised_before_the_first_facts(tmp_path: Path) -> None:
    """A log of version 1 keeps it until a write has facts; then it says so, and is followed.

    A program that knows only version 1 reads it until then, and later asks for a newer program.
    """
    path = tmp_path / "log"
    with ChangeLog(path) as log:
        Inventory(log=log).upsert(Node("n-1"))
    lower_version(path)
    follower = Inventory()
    follower.follow(path)
    with ChangeLog(path) as log:
        inventory = Inventory(log=log)
        inventory.apply([Node("n-2"), "n-2", Node("n-2")])
        assert read_ids(path) == ["n-1", "n-2", "n-2", "n-2"]
        follower.follow(path)
        inventory.upsert(Node("n-3", taints=[Taint("a", "NoSchedule")]))
        with pytest.raises(ValueError, match="unknown-version"):
            read_ids(path)
        inventory.upsert(Node("n-4"))
    assert follower.follow(path) == 2
    assert list(follower) == list(inventory)
    with ChangeLog(path) as log:
        assert list(Inventory(log=log)) == list(inventory)
