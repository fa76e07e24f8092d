"""Kill processes that write to a log, let its system calls fail, and damage it.

    python -m tests.inventory.log_faults 1000 1000000

kills 1,000 processes, then makes 1,000,000 damages, and prints its progress. A third number is a
seed. ``test_log_faults`` does a few of each.

What a writer does at each generation depends on nothing else, so its nodes are known of each.
"""

import errno
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from nodeselect import ChangeLog, Inventory, InventoryError, Node, Taint
from nodeselect.durable import change_log
from nodeselect.durable.log_file import LogReader
from tests.inventory.faults import failing_call
from tests.inventory.small import SMALL, tuned

FLEET = [Node(f"n-{at}", {"x": str(at)}) for at in range(20)]

_SAVE_EVERY = 40


class Model:
    """The nodes of the writer at each generation."""

    def __init__(self) -> None:
        self._nodes = [{node.id: node for node in FLEET}]

    def nodes(self, generation: int) -> list[Node]:
        while len(self._nodes) <= generation:
            nodes = dict(self._nodes[-1])
            for change in changes(len(self._nodes) - 1, list(nodes)):
                if isinstance(change, Node):
                    nodes[change.id] = change
                else:
                    del nodes[change]
            self._nodes.append(nodes)
        return list(self._nodes[generation].values())


def changes(generation: int, ids: list[str]) -> list[Node | str]:
    """Return what the writer does to nodes of this generation with these ids."""
    random = Random(generation)
    known: dict[str, Any] = {}
    if generation % 5 > 2:
        known = {"taints": [Taint("k", "NoExecute")], "resources": {"cpu": generation}}
    some: list[Node | str] = [Node("at", {"generation": str(generation)}, **known)]
    for node_id in random.sample(ids, random.randint(0, min(3, len(ids)))):
        if random.random() < 0.3:
            some.append(node_id)
        else:
            some.append(Node(node_id, {"y": str(generation), "z": "\ud800" * random.randint(0, 1)}))
    some += [Node(f"new-{generation}") for _ in range(random.random() < 0.4)]
    return [change for at, change in enumerate(some) if change != "at" or at]


def opened(folder: Path, log: ChangeLog | None = None) -> Inventory:
    """Return the inventory of the saved file and the log; without a log, that of the file."""
    file = folder / "fleet.nsx"
    if file.name in os.listdir(folder):  # noqa: PTH208 - a system call that never fails here
        return tuned(SMALL).open(file, log=log, compact_at=0.5)
    return tuned(SMALL)(FLEET, log=log, compact_at=0.5)


def write(inventory: Inventory) -> None:
    inventory.apply(changes(inventory.generation, inventory.ids()))


def _write_until_killed(folder: Path, acknowledged: int, save_every: int) -> None:
    inventory = opened(folder, ChangeLog(folder / "fleet.log", sync="never"))
    while True:
        write(inventory)
        os.write(acknowledged, inventory.generation.to_bytes(8, "little"))
        if inventory.generation % save_every == 0:
            inventory.save(folder / "fleet.nsx")


def kill(times: int, seed: int, report: Callable[[str], object] = str) -> int:
    """Kill a writer at random moments of replay, writing and saving; return its last generation.

    :raises AssertionError: if a write is lost that it acknowledged, or if there is another one than
        that which it was making.
    """
    random, model, least = Random(seed), Model(), 0
    with TemporaryDirectory() as name:
        folder = Path(name)
        reader = opened(folder)
        for number in range(times):
            reading, writing = os.pipe()
            child = os.fork()
            if not child:
                try:
                    _write_until_killed(folder, writing, random.choice((3, _SAVE_EVERY, 1_000)))
                finally:
                    os._exit(1)
            os.close(writing)
            with open(reading, "rb") as pipe:  # noqa: PTH123
                time.sleep(10 ** random.uniform(-4, -0.3))
                os.kill(child, signal.SIGKILL)
                done = pipe.read()
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            assert status == -signal.SIGKILL, status
            if done:
                least = int.from_bytes(done[-8:], "little")
            with ChangeLog(folder / "fleet.log", sync="never") as log:
                inventory = opened(folder, log)
                assert least <= inventory.generation <= least + 1
                assert list(inventory) == model.nodes(inventory.generation)
                least = inventory.generation
            if number % 3:
                if reader._file.path is None:  # it would need the saved file
                    reader = opened(folder)
                reader.follow(folder / "fleet.log")
                assert list(reader) == model.nodes(least)
                assert reader.generation == least
            if number % 100 == 99:
                report(f"{number + 1:,} processes were killed, {least:,} writes")
    return least


_CALLS = {
    "pwrite": os,
    "ftruncate": os,
    "fsync": os,
    "replace": os,
    "link": os,
    "open": os,
    "dup": os,
    "stat": os,
    "fstat": os,
    "pread": os,
    "_sync_file": change_log,
    "FileIO": change_log,
}


def fail_everywhere(code: int = errno.ENOSPC) -> set[str]:
    """Let each system call of a writer fail in turn, once; return the names of all.

    :raises AssertionError: if another error is raised than one of ours, or if a write is lost that
        was made, or one appears that was not, or if the next writes are not made.
    """
    model, calls, names = Model(), [""], set[str]()
    at = 0
    while at < len(calls):
        with TemporaryDirectory() as name:
            folder, made, errors = Path(name), 0, 0
            log: ChangeLog | None = None
            calls = []
            with failing_call(_CALLS, at, code, calls):
                while made < 6:
                    try:
                        if log is None or not log.is_open:
                            log = ChangeLog(folder / "fleet.log")
                            inventory = opened(folder, log)
                            assert made <= inventory.generation <= made + 1
                            made = inventory.generation
                        write(inventory)
                        made = inventory.generation
                        if made % 2:
                            inventory.save(folder / "fleet.nsx")
                    except InventoryError as error:
                        errors += 1
                        if errors == 9:
                            raise AssertionError(calls[at]) from error
                        if log is not None and not log._is_used:
                            log._file.close()
                            log = None
            assert log
            log._file.close()
            with ChangeLog(folder / "fleet.log") as again:
                inventory = opened(folder, again)
                assert inventory.generation == made
                assert list(inventory) == model.nodes(made)
                reader = opened(folder)
                reader.follow(again.path)
                assert list(reader) == list(inventory)
            assert not [entry for entry in folder.iterdir() if entry.name.startswith(".")]
        at += 1
        names.update(calls)
    return names


def write_log(path: Path, writes: int) -> list[int]:
    """Write a log; return where each record ends, the header included."""
    with ChangeLog(path, sync="never") as log:
        inventory = Inventory(FLEET, log=log)
        ends = [log.size]
        for _ in range(writes):
            write(inventory)
            ends.append(log.size)
    return ends


def _records(path: Path) -> int | None:
    """Return how many records a log has; None if it is damaged."""
    try:
        reader = LogReader(str(path))
        return sum(1 for _ in reader.records())
    except InventoryError:
        return None


def damage_everywhere(path: Path, ends: list[int]) -> int:
    """Flip each bit of a log, and cut it off at each byte; return how many damages these are.

    :raises AssertionError: if a flipped bit is not noticed, or if other records are read than those
        before a cut.
    """
    size = ends[-1]
    for bit in range(8 * size):
        _damage(path, ends, size, [bit])
    for cut in range(size):
        _damage(path, ends, cut, [])
    return 9 * size


def damage_randomly(path: Path, ends: list[int], times: int, seed: int) -> None:
    """Flip one bit of a log or some, and cut it off or not, at random.

    :raises AssertionError: as :func:`damage_everywhere`.
    """
    random, size = Random(seed), ends[-1]
    for _ in range(times):
        cut = size if random.random() < 0.5 else random.randrange(size)
        bits = random.sample(range(8 * size), random.choice((1, 1, 1, 2, 3)))
        _damage(path, ends, cut, bits if random.random() < 0.8 else [])


def _damage(path: Path, ends: list[int], cut: int, bits: list[int]) -> None:
    old = path.read_bytes()
    new = bytearray(old)
    for bit in bits:
        new[bit // 8] ^= 1 << bit % 8
    with path.open("r+b", buffering=0) as file:
        file.write(new)
        if cut < len(old):
            file.truncate(cut)
        found = _records(path)
        file.seek(0)
        file.write(old)
    whole = sum(end <= cut for end in ends) - 1
    if whole < 0 or any(bit // 8 < ends[whole] for bit in bits):
        assert found is None, (cut, bits)
    else:  # the part of a record that is left may be damaged: nobody needs it
        assert found is None if found is None and bits else found == whole, (cut, bits)


def main(kills: int = 1_000, damages: int = 1_000_000, seed: int = 1) -> None:
    """Do a number of each."""
    begun = time.monotonic()
    kill(kills, seed, lambda text: print(text, f"{time.monotonic() - begun:,.0f} s", flush=True))
    for code in (errno.ENOSPC, errno.EIO, errno.EMFILE):
        print(*sorted(fail_everywhere(code)), "failed:", os.strerror(code), flush=True)
    with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        path = Path(folder, "fleet.log")
        ends = write_log(path, 12)
        count = damage_everywhere(path, ends)
        while count < damages:
            damage_randomly(path, ends, 50_000, seed + count)
            count += 50_000
            print(f"{count:,} damages in {time.monotonic() - begun:,.0f} s", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
