"""One process saves an inventory again and again, and others follow it.

    python -m tests.faults.followers FILE READERS GENERATIONS

In each generation, all nodes have one label. A reader that sees two of them ends the program.
"""

import multiprocessing
import sys

from nodeselect import Inventory, Node, Selector

_NODES = 300


def follow(file: str, last: int) -> int:
    """Follow a file up to its last generation; return how many generations were seen."""
    inventory = Inventory.open(file)
    seen = set()
    while True:
        snapshot = inventory.snapshot()
        selector = Selector.parse(f"generation={snapshot.generation}")
        assert len(snapshot.match(selector)) == len(snapshot) == _NODES
        seen.add(snapshot.generation)
        if snapshot.generation == last:
            return len(seen)
        inventory.refresh(file)


def nodes(generation: int) -> list[Node]:
    """Return the nodes of a generation."""
    return [Node(f"n-{at}", {"generation": str(generation)}) for at in range(_NODES)]


def main(file: str, readers: int, generations: int) -> None:
    """Save generations while readers follow."""
    inventory = Inventory(nodes(0))
    inventory.save(file)
    context = multiprocessing.get_context("spawn")
    with context.Pool(readers) as pool:
        results = [pool.apply_async(follow, (file, generations)) for _ in range(readers)]
        for generation in range(1, generations + 1):
            inventory.apply(nodes(generation))
            inventory.save(file)
        print(*(result.get(timeout=60) for result in results))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
