"""Kill processes while they save an inventory.

    python -m tests.faults.killed_saves TIMES FOLDER

Each process saves two inventories over one file in turn, again and again, until it is killed with
SIGKILL at a random moment. Then the file must be one of the two, and complete. Other files in the
folder were left by a process that was killed between two calls, when a new file had its first name.
"""

import os
import signal
import sys
import time
from pathlib import Path
from random import Random

from nodeselect import Inventory, Node

_SIZES = (3_000, 4_000)


def kill_saves(times: int, folder: Path) -> int:
    """Kill at least this many processes; return how often the file was replaced.

    On a slow machine, more are killed, later and later, until one has replaced the file.
    """
    random = Random(1)
    file = folder / "fleet.nsx"
    fleets = [
        Inventory(Node(f"n-{at}", {"size": str(size), "at": str(at)}) for at in range(size))
        for size in _SIZES
    ]
    fleets[0].save(file)
    replaced = killed = 0
    before = file.stat()
    while killed < times or not replaced:
        killed += 1
        child = os.fork()
        if not child:
            while True:
                for fleet in fleets:
                    fleet.snapshot().save(file)
        time.sleep(random.uniform(0, 0.06) * max(1, killed - times))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        opened = Inventory.open(file, verify=True)
        assert len(opened) in _SIZES
        assert opened.ids() == fleets[_SIZES.index(len(opened))].ids()
        after = file.stat()
        replaced += after.st_ino != before.st_ino
        before = after
    return replaced


if __name__ == "__main__":
    print(kill_saves(int(sys.argv[1]), Path(sys.argv[2])))
