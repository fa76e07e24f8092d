"""A logged write that is interrupted is in the log or not; inventory and log never differ."""

import itertools
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pytest

from nodeselect import ChangeLog, Inventory, InventoryError, Node
from nodeselect.durable import change_log
from tests.inventory.faults import in_another_thread, interrupt, interrupted
from tests.inventory.small import SMALL, tuned
from tests.inventory.test_interrupted import WRITES
from tests.inventory.version_1 import lower_version
from tests.thoroughness import at_desk

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="needs locks on files"),
    # What is interrupted does not close its files.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

FLEET = [Node(f"n-{at}", {"x": str(at)}, f"name {at % 2}") for at in range(6)]

# At every how many points to interrupt: each needs a new inventory, a new log, and two readers.
STEP = at_desk(67, ci=29)


def begin(folder: Path, number: int) -> tuple[Inventory, ChangeLog]:
    """Return an inventory with some changes and a log; one more change is due to compact it."""
    log = ChangeLog(folder / f"{number}.log", sync="never")
    inventory = tuned(SMALL)(FLEET, compact_at=0.01, log=log)
    inventory.upsert(Node("n-1", {"x": "r"}))
    inventory.apply([Node("new", {"x": "new"}), "n-0"])
    return inventory, log


def opened(folder: Path, number: int) -> Inventory:
    """Return what the next process has, or a reader: both have the same."""
    file, log = folder / f"{number}.nsx", folder / f"{number}.log"
    copy = folder / "copy.log"
    copy.write_bytes(log.read_bytes())
    try:
        follower = Inventory.open(file)
    except InventoryError:
        follower = Inventory(FLEET)
    nodes = list(follower)
    follower.follow(log)
    with ChangeLog(copy, sync="never") as again:
        if follower._file.path is None:
            replayed = Inventory(nodes, log=again)
        else:
            replayed = Inventory.open(file, log=again)
    assert list(replayed) == list(follower)
    assert replayed.generation == follower.generation
    return follower


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_write(write: Callable[[Inventory], object], tmp_path: Path) -> None:
    """Wherever it is interrupted, it is in the log or not at all, and the next write goes on."""
    if write is Inventory.compact:
        write = partial(Inventory.update, node_id="n-1", change=lambda node: node.replace(name="m"))
    before, log = begin(tmp_path, 0)
    log.close()
    states = {2: list(before)}
    after, log = begin(tmp_path, 1)
    write(after)
    states[after.generation] = list(after)
    log.close()
    ahead = 0
    for at in itertools.count(2, STEP):
        inventory, log = begin(tmp_path, at)
        if not interrupted(partial(write, inventory), at - 2):
            break
        assert list(inventory) == states[inventory.generation]
        logged = opened(tmp_path, at)
        assert list(logged) == states[logged.generation]
        assert logged.generation >= inventory.generation
        ahead += logged.generation > inventory.generation
        in_another_thread(partial(inventory.upsert, Node("later")))
        assert inventory.generation == logged.generation + 1
        assert list(inventory) == [*states[logged.generation], Node("later")]
        assert list(opened(tmp_path, at)) == list(inventory)
        log.close()
    assert at > 100
    assert ahead or len(states) == 1
    log.close()


def test_raising_the_version(tmp_path: Path) -> None:
    """A log of version 1 whose version is raised is readable, with the write or without it."""
    versions = set[tuple[bytes, int]]()
    for at in itertools.count(0, 5):
        inventory, log = begin(tmp_path, at)
        log.close()
        lower_version(path := Path(log.path))
        with ChangeLog(path, sync="never") as log:
            inventory = tuned(SMALL)(FLEET, log=log)
            write = partial(inventory.upsert, Node("n-1", taints=()))
            has_point = interrupted(write, at)
            logged = opened(tmp_path, at)
            versions.add((path.read_bytes()[8:9], logged.generation))
            assert (logged["n-1"].taints is None) == (logged.generation == 2)
            in_another_thread(partial(inventory.upsert, Node("later", resources={})))
            assert list(opened(tmp_path, at)) == list(inventory)
        if not has_point:
            break
    assert versions == {(b"\1", 2), (b"\2", 2), (b"\2", 3)}


def test_saving(tmp_path: Path) -> None:
    """Wherever it is interrupted, nothing is lost, and the next writes are logged."""
    replaced = 0
    for at in itertools.count(0, at_desk(2, ci=4) * STEP):
        inventory, log = begin(tmp_path, at)
        size = log.size
        save = partial(inventory.save, tmp_path / f"{at}.nsx")
        if not interrupted(save, at):
            break
        assert list(opened(tmp_path, at)) == list(inventory)
        in_another_thread(partial(inventory.upsert, Node("later")))
        replaced += log.size < size
        assert list(opened(tmp_path, at)) == list(inventory)
        inventory.save(tmp_path / f"{at}.nsx")
        inventory.remove("later")
        assert list(opened(tmp_path, at)) == list(inventory)
        log.close()
    assert at > 100
    assert replaced
    log.close()


def test_emptying(tmp_path: Path) -> None:
    """The same at every point of the replacement of the file."""
    inventory, log = begin(tmp_path, 0)
    file = tmp_path / "0.nsx"
    for at in itertools.count(0, 5):
        inventory.upsert(Node("n-1", {"x": str(at)}))
        inventory.snapshot().save(file)
        mark = log.mark()
        if not interrupted(partial(log.empty, mark, len(inventory)), at):
            break
        inventory.upsert(Node("n-2", {"x": str(at)}))
        assert log.size == Path(log.path).stat().st_size
        assert list(opened(tmp_path, 0)) == list(inventory)
    assert at > 100
    log.close()


def test_following(tmp_path: Path) -> None:
    """Wherever a reader is interrupted, it has a state of the writer, and then goes on."""
    inventory, log = begin(tmp_path, 0)
    states = {0: FLEET, 2: list(inventory)}
    inventory.upsert(Node("later"))
    states[3] = list(inventory)
    before = tuned(SMALL)(FLEET, compact_at=0.01)
    before.upsert(Node("n-1", {"x": "r"}))
    states[1] = list(before)
    for at in itertools.count(0, STEP):
        reader = tuned(SMALL)(FLEET, compact_at=0.01)
        if not interrupted(partial(reader.follow, log.path), at):
            break
        assert list(reader) == states[reader.generation]
        reader.follow(log.path)
        assert list(reader) == states[3]
    assert at > 100
    log.close()


def test_waiting_for_the_disk(tmp_path: Path) -> None:
    """A write that is interrupted while it waits for the disk is made before the next one."""
    with ChangeLog(tmp_path / "log") as log:
        inventory = Inventory(FLEET, log=log)
        with patch.object(change_log, "_sync_file", lambda _: interrupt()):
            for node_id in ("n-1", "n-2"):
                with pytest.raises(KeyboardInterrupt):
                    inventory.remove(node_id)
                assert node_id in inventory
        assert inventory.generation == 1
        inventory.upsert(Node("later"))
        assert inventory.generation == 3
        assert inventory.ids() == ["n-0", "n-3", "n-4", "n-5", "later"]
