"""An inventory is saved in a file and opened from it, in this process and in others."""

import errno
import gc
import os
import stat
from io import BytesIO
from mmap import mmap
from pathlib import Path
from threading import Thread
from typing import Any
from unittest.mock import patch
from weakref import ref

import pytest

from nodeselect import Inventory, InventoryError, Node, Selector
from nodeselect.durable import saved_file, segment_writer
from nodeselect.durable.saved_file import SavedFile
from nodeselect.durable.saved_segment import SavedSegment
from nodeselect.files.replace import replace_file
from nodeselect.inventory import inventory as module
from nodeselect.inventory.saving import next_generation, open_saved
from tests.imports import run_python
from tests.short import refused

FLEET = [Node(f"n-{at}", {"x": str(at % 5)}, "web", "ready") for at in range(30)]
ONE = Selector.parse("x=1")


@pytest.fixture(name="file")
def file_fixture(tmp_path: Path) -> Path:
    return tmp_path / "fleet.nsx"


def test_the_same_bytes(file: Path) -> None:
    """The same nodes give the same file, in any process, and so does the file itself."""
    script = (
        "import sys; from nodeselect import Inventory, Node\n"
        "nodes = (Node(f'n-{at}', {'x': str(at % 5), 'y': 'z'}) for at in range(500))\n"
        "Inventory(nodes).save(sys.argv[1])"
    )
    contents = set()
    for seed in ("1", "2"):
        run_python(script, str(file), PYTHONHASHSEED=seed)
        contents.add(file.read_bytes())
    Inventory.open(file).save(file)
    assert len({*contents, file.read_bytes()}) == 1


def test_refresh(file: Path) -> None:
    """A reader moves to a newer file in one step; answers and snapshots of before stay."""
    writer = Inventory(FLEET)
    writer.save(file)
    reader = Inventory.open(file)
    assert reader.refresh(file) is False
    snapshot, answer = reader.snapshot(), reader.match(ONE)
    writer.upsert(Node("n-1", {"x": "2"}))
    assert reader.refresh(file) is False
    writer.save(file)
    assert reader.refresh(file) is True
    assert reader.refresh(file) is False
    assert (reader.generation, snapshot.generation) == (1, 0)
    assert reader.match(ONE).ids() == ["n-6", "n-11", "n-16", "n-21", "n-26"]
    assert "n-1" in answer
    assert snapshot.match(ONE).ids() == answer.ids()
    [change] = reader.changes_since(snapshot)
    assert (change.kind, change.id, change.generation) == ("changed", "n-1", 1)
    assert writer.refresh(file) is False


def test_refresh_with_changes(file: Path) -> None:
    """Changes that are not saved are dropped only if that is asked for."""
    writer = Inventory(FLEET)
    writer.save(file)
    with refused("unsaved-changes", "nodes that were not read from a saved file"):
        Inventory([Node("mine")]).refresh(file)
    reader = Inventory.open(file)
    reader.upsert(Node("mine"))
    with refused("unsaved-changes", "the inventory has changes that are not in its file"):
        reader.refresh(file)
    assert "mine" in reader
    assert reader.refresh(file, discard_changes=True) is True
    assert list(reader) == FLEET
    reader.upsert(Node("mine"))
    reader.save(file)
    assert reader.refresh(file) is False
    assert writer.refresh(file) is True
    assert "mine" in writer


@pytest.mark.parametrize("discard_changes", [False, True])
def test_refresh_after_damage(file: Path, discard_changes: bool) -> None:
    """A reader that has met damage in its file loads it again, and is right once it is fixed."""
    reader = Inventory()
    Inventory(FLEET).save(file)
    whole = file.read_bytes()
    file.unlink()
    file.write_bytes(whole.replace(b"web\n", b"wxb\n"))
    with pytest.raises(InventoryError, match="damaged"):
        reader.refresh(file, verify=True, discard_changes=True)
    assert (list(reader), reader.generation) == ([], 0)
    assert reader.refresh(file, discard_changes=True) is True
    assert reader.refresh(file) is False  # nothing was read of it
    with pytest.raises(InventoryError, match="damaged"):
        list(reader)
    file.unlink()
    file.write_bytes(whole)
    assert reader.refresh(file, discard_changes=discard_changes) is True
    assert list(reader) == FLEET
    assert reader.refresh(file) is False


def test_the_generation_goes_on(file: Path) -> None:
    """Over the file of another inventory with other nodes, the generation rises."""
    first = Inventory(FLEET)
    first.upsert(Node("n-1"))
    first.save(file)
    first.save(file)
    assert Inventory.open(file).generation == first.generation == 1
    rebuilt = Inventory(FLEET[:3])
    snapshot = rebuilt.snapshot()
    rebuilt.save(file)
    assert Inventory.open(file).generation == rebuilt.generation == 2
    assert snapshot.generation == 0
    assert first.refresh(file) is True
    assert first.generation == 2
    rebuilt.remove("n-1")
    rebuilt.save(file)
    assert Inventory.open(file).generation == rebuilt.generation == 3
    same = Inventory(rebuilt)
    same.save(file)
    assert same.generation == 3
    assert rebuilt.refresh(file) is False


def test_written_while_the_generation_is_raised(file: Path) -> None:
    """What another thread writes before the generation is raised is in the file."""
    other = Inventory(FLEET)
    other.upsert(Node("other"))
    other.save(file)
    inventory = Inventory(FLEET[:3])

    def late(*args: Any, **options: Any) -> int:
        inventory.upsert(Node("late"))
        return next_generation(*args, **options)

    with patch.object(module, "next_generation", late):
        inventory.save(file)
    assert list(Inventory.open(file)) == list(inventory) == [*FLEET[:3], Node("late")]
    assert Inventory.open(file).generation == inventory.generation == 2


def test_numbers_that_come_again(file: Path) -> None:
    """If the file is lost, or a snapshot is saved, numbers come again; the checksum differs."""
    first = Inventory(FLEET)
    first.save(file)
    checksum = file.read_bytes()[20:24]
    for lose in (lambda: file.write_bytes(b""), file.unlink):
        file.chmod(0o644)
        lose()
        rebuilt = Inventory(FLEET[:3])
        rebuilt.save(file)
        assert Inventory.open(file).generation == rebuilt.generation == first.generation
        assert file.read_bytes()[20:24] != checksum
    first.upsert(Node("n-1"))
    first.save(file)
    Inventory(FLEET).snapshot().save(file)
    assert Inventory.open(file).generation == 0
    assert file.read_bytes()[20:24] == checksum


def test_open_a_stream(file: Path) -> None:
    Inventory(FLEET).save(file)
    with file.open("rb") as stream:
        opened = Inventory.open(stream)
    assert list(opened) == FLEET
    file.chmod(0o644)
    file.write_bytes(b"before" + file.read_bytes())
    with file.open("rb") as stream:
        stream.seek(6)
        assert list(Inventory.open(stream)) == FLEET
    with pytest.raises(InventoryError, match="not a saved inventory"):
        Inventory.open(BytesIO(b"{}"))
    with pytest.raises(TypeError):
        Inventory.open(3)  # type: ignore[arg-type]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there are no such devices")
@pytest.mark.parametrize("device", ["/dev/full", "/dev/random"])
def test_open_a_device(device: str) -> None:
    """Of a device that has no end, only the first bytes are read."""
    with pytest.raises(InventoryError, match="not a saved inventory"):
        Inventory.open(device)
    with Path(device).open("rb", buffering=0) as stream, pytest.raises(InventoryError, match="not"):
        Inventory.open(stream)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_saved_over_what_is_not_a_regular_file(tmp_path: Path) -> None:
    """A pipe, also behind a link, or a folder is neither opened nor replaced."""
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    inventory = Inventory([Node("n-1")])
    for path in (pipe, link, tmp_path):
        for save in (inventory.save, inventory.snapshot().save):
            with pytest.raises(InventoryError, match=r"cannot write '.*': not a regular file"):
                save(path)
    assert pipe.is_fifo()


@pytest.mark.parametrize("content", [b"id,region\nn-1,eu\n", b"PAR1", b"\x89NSX?"])
def test_saved_over_another_file(file: Path, content: bytes) -> None:
    """Only an empty file and a saved inventory are replaced; a list of nodes costs no encoding."""
    file.write_bytes(content)
    inventory = Inventory(FLEET)
    for save in (inventory.save, inventory.snapshot().save):
        no_encoding = patch.object(segment_writer, "to_sections", side_effect=AssertionError)
        with no_encoding, refused("cannot-write", "it is not a saved inventory"):
            save(file)
        assert file.read_bytes() == content
    file.write_bytes(b"")
    inventory.save(file)
    assert list(Inventory.open(file)) == FLEET


@pytest.mark.parametrize("copy", [False, True])
def test_a_copy_stays_a_copy(file: Path, copy: bool) -> None:
    """Later files are read into memory if the first one was, and mapped if it was mapped."""
    writer = Inventory(FLEET)
    writer.save(file)
    reader = Inventory.open(file, copy=copy)
    writer.upsert(Node("late"))
    writer.save(file)
    assert reader.refresh(file)
    assert isinstance(_file_of(reader)._data.obj, bytes if copy else mmap)
    assert list(reader) == list(writer)


def _file_of(inventory: Inventory) -> SavedFile:
    segment = inventory._view.store.segment
    assert segment is not None
    assert isinstance(segment, SavedSegment)
    return segment.file


def _begin(call: Any, *args: object) -> Thread:
    """Start a thread; return it when it is certainly waiting, or has ended."""
    thread = Thread(target=call, args=args)
    thread.start()
    thread.join(0.2)
    return thread


def test_two_threads_save(file: Path) -> None:
    """What a later save has written is not replaced by an earlier one that takes longer."""
    inventory = Inventory(FLEET)
    later: list[Thread] = []

    def slowly(*args: Any) -> None:
        if not later:
            inventory.upsert(Node("late"))
            later.append(_begin(inventory.save, file))
        replace_file(*args)

    with patch.object(saved_file, "replace_file", slowly):
        inventory.save(file)
        later[0].join()
    assert Inventory.open(file).generation == 1
    assert list(Inventory.open(file)) == [*FLEET, Node("late")]


def test_two_threads_refresh(file: Path) -> None:
    """No thread moves back to a file that it opened before another one was saved."""
    writer = Inventory(FLEET)
    writer.save(file)
    reader = Inventory()
    reader.save(file.with_name("empty"))
    later: list[Thread] = []

    def slowly(*args: Any, **options: Any) -> object:
        opened = open_saved(*args, **options)
        if not later:
            writer.upsert(Node("late"))
            writer.save(file)
            later.append(_begin(reader.refresh, file))
        return opened

    with patch.object(module, "open_saved", slowly):
        reader.refresh(file)
        later[0].join()
    assert list(reader) == list(writer)


@pytest.mark.parametrize("number", [errno.EIO, errno.EINVAL])
@pytest.mark.skipif(os.name == "nt", reason="folders cannot be synchronised")
def test_a_folder_that_cannot_be_synchronised(file: Path, number: int) -> None:
    """An error of the disk is reported; a file system that cannot do it is none."""
    fsync = os.fsync

    def failing(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    inventory = Inventory(FLEET)
    with patch.object(os, "fsync", failing):
        if number == errno.EINVAL:
            inventory.save(file)
        else:
            with refused("cannot-write", "Input/output error"):
                inventory.save(file)
    assert list(Inventory.open(file)) == FLEET


def test_an_old_file_is_closed(file: Path) -> None:
    """Files do not wait for the garbage collector once nobody uses them."""
    writer = Inventory(FLEET)
    writer.save(file)
    reader = Inventory.open(file)
    gc.disable()
    try:
        reader.match(ONE, states=["ready"]).ids()
        str(reader.explain(ONE))
        reader.get("n-1")
        old = ref(_file_of(reader))
        writer.upsert(Node("late"))
        writer.save(file)
        assert reader.refresh(file)
        assert old() is None
    finally:
        gc.enable()


def test_a_wrong_argument_is_found_before_nodes_are_read() -> None:
    with pytest.raises(ValueError, match="compact_at must be above 0"):
        Inventory((Node(1 / 0) for _ in "a"), compact_at=0)  # type: ignore[arg-type]
