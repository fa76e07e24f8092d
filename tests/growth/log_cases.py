"""Change logs of many writes and of large ones: written, made again, followed, emptied, damaged."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from nodeselect import ChangeLog, Inventory, Node
from tests.growth.cases import case, rejected, words


def _in_folder(call: Callable[[Path, list[Node]], object], nodes: list[Node]) -> object:
    with TemporaryDirectory() as folder:
        return call(Path(folder), nodes)


def _nodes(n: int) -> list[Node]:
    return [
        Node(word, {"host": word, "x": "\ud800" * (at % 2)}) for at, word in enumerate(words(n))
    ]


def _write_and_replay(folder: Path, nodes: list[Node]) -> object:
    """Make many writes and a large one; make them again in the next process, and in a reader."""
    reader = Inventory()
    with ChangeLog(folder / "log", sync="never") as log:
        inventory = Inventory(log=log)
        for node in nodes:
            inventory.upsert(node)
        inventory.apply([*(node.id for node in nodes), *nodes])
        reader.follow(log.path)
        log.flush()
    with ChangeLog(folder / "log", sync="never") as log:
        inventory = Inventory(log=log)
        inventory.remove(nodes[0].id)
        assert reader.follow(log.path) == 1
        assert list(reader) == list(inventory)
    return repr(log), log.size


def _empty(folder: Path, nodes: list[Node]) -> object:
    """Save an inventory with a long log, which a reader then leaves."""
    with ChangeLog(folder / "log", sync="never") as log:
        inventory = Inventory(log=log)
        inventory.save(folder / "saved")
        reader = Inventory.open(folder / "saved")
        for node in nodes:
            inventory.upsert(node)
        inventory.save(folder / "saved")
        inventory.upsert(nodes[0].replace(state="lost"))
        reader.follow(log.path)
        assert reader.pending_changes == 1
        return reader.refresh(folder / "saved")


def _damage(folder: Path, nodes: list[Node]) -> object:
    """Read a log whose last record is damaged, or of other nodes."""
    with ChangeLog(folder / "log", sync="never") as log:
        inventory = Inventory(log=log)
        for node in nodes:
            inventory.upsert(node)
    size = os.stat(log.path).st_size  # noqa: PTH116
    with (folder / "log").open("r+b") as file:
        file.seek(size - 1)
        file.write(b"?")
    reader = Inventory()
    rejected(reader.follow)(log.path)
    assert len(reader) == len(nodes) - 1
    rejected(Inventory([Node("other")]).follow)(log.path)
    rejected(lambda path: ChangeLog(f"{path}/{nodes[0].id}"))(log.path)
    return list(reader)


case("log/write-and-replay", partial(_in_folder, _write_and_replay), _nodes)
case("log/empty", partial(_in_folder, _empty), _nodes)
case("log/damage", partial(_in_folder, _damage), _nodes)
