"""A process that reads a fleet and answers, or several that are forked from it, to be measured.

    python -m benchmarks.reading nothing|list|file|warm FILE FORKS ANSWERS SELECTOR...

It reads nothing, a list of nodes, or a saved inventory; *warm* is a saved inventory to which each
selector was matched once. After its first ids, each process writes its number to standard output,
and waits for a byte; then it answers, writes its number again, and waits for the next byte. A
process with children does not answer, but waits for them. Nothing is imported that is not needed.
"""

import gc
import os
import sys
from itertools import cycle, islice

from nodeselect import Inventory, Selector

_FIVE = Selector.parse("region=us-east,tier in (premium,standard),environment!=prod,gpu,!debug")


def main() -> None:
    """Read the fleet, and answer when there is a byte."""
    kind, file, forks, answers = *sys.argv[1:3], int(sys.argv[3]), int(sys.argv[4])
    if kind == "nothing":
        inventory = Inventory()
    else:
        inventory = Inventory.read(file) if kind == "list" else Inventory.open(file)
    if kind == "list":
        from benchmarks.process import trim  # what the others do not need, and is not small

        trim()
    inventory.match(_FIVE).ids()
    some = list(map(Selector.parse, sys.argv[5:]))
    if kind == "warm":
        for selector in some:
            inventory.match(selector).ids()
    gc.collect()
    gc.freeze()  # or else the collector of each child writes to the objects of the parent
    is_parent = forks and all(os.fork() for _ in range(forks))  # a child stops at its 0
    if not is_parent:
        inventory.match(_FIVE).ids()
    _report()
    os.read(0, 1)
    if is_parent:
        _report()
        for _ in range(forks):
            os.wait()
        return
    for selector in islice(cycle(some), answers):
        inventory.match(selector).ids()
    _report()
    os.read(0, 1)


def _report() -> None:
    os.write(1, b"%d\n" % os.getpid())


if __name__ == "__main__":
    main()
