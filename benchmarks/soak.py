"""Random changes to a million nodes for a long time: does the memory stay as it is?

Nodes change, come, go, one by one and several at once; the inventory compacts by itself; answers
and snapshots are held for a while, as a scheduler would. The number of nodes stays what it was.
Every ten seconds the resident size of the process is looked at, always in the same state: nothing
is held, changes are compacted, and the allocator has given back what it keeps for later
(*untrimmed* is what it was before, which goes up and down by a fifth). It is *flat* when after the
first minute the largest is no more than a tenth above the smallest.

Prints a line every ten seconds and writes ``results/soak.json``.

    python -m benchmarks.soak [SECONDS [N]]
"""

import random
import sys
import time
from collections import deque
from typing import TypeVar

from benchmarks.fleet import FIVE
from benchmarks.inventories import LARGEST, fleet_nodes, inventory_of, node_id
from benchmarks.process import own_resident, trim
from benchmarks.record import machine, write
from nodeselect import Inventory, Node, Selector

T = TypeVar("T")

_SECONDS = 600.0
_NODES = 1_000_000
_BETWEEN = 10.0
_FIRST_MINUTE = 60.0
_FLAT = 1.10
# Answers and snapshots that are held, each for as many further turns.
_HELD = 8


def main() -> None:
    """Run, print, write."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else _SECONDS
    n = int(sys.argv[2]) if len(sys.argv) > 2 else _NODES
    changes = _Changes(inventory_of(n, compact_at=LARGEST), n)
    begin = time.perf_counter()
    samples: list[dict[str, float]] = []
    while (passed := time.perf_counter() - begin) < seconds:
        due = begin + min(seconds, (passed // _BETWEEN + 1) * _BETWEEN)
        before = changes.made
        start = time.perf_counter()
        while time.perf_counter() < due:
            changes.turn()
        now = time.perf_counter()
        changes.rest()
        untrimmed = own_resident()
        trim()
        samples.append(
            {
                "second": round(now - begin, 1),
                "resident_mb": round(own_resident(), 1),
                "untrimmed_mb": round(untrimmed, 1),
                "nodes": len(changes.inventory),
                "generation": changes.inventory.generation,
                "changes_per_second": round((changes.made - before) / (now - start)),
            }
        )
        print(
            "{second:7.1f} s  {resident_mb:8.1f} MB  {nodes:,} nodes  generation {generation:,}"
            "  {changes_per_second:,} changes a second".format(**samples[-1]),
            flush=True,
        )
    late = [sample for sample in samples if sample["second"] > _FIRST_MINUTE] or samples
    sizes = [sample["resident_mb"] for sample in late]
    ratio = max(sizes) / min(sizes)
    slope = _slope([sample["second"] / 60 for sample in late], sizes)
    said = "flat" if ratio <= _FLAT else "not flat"
    print(
        f"\nafter the first minute {said}: {min(sizes):.0f} to {max(sizes):.0f} MB (x{ratio:.3f}),"
        f" {slope:+.2f} MB a minute"
    )
    result = {
        "machine": machine(),
        "nodes": n,
        "flat": ratio <= _FLAT,
        "largest_to_smallest": round(ratio, 4),
        "mb_a_minute": round(slope, 3),
        "samples": samples,
    }
    write("soak", result)


class _Changes:
    """Random changes to an inventory, of a seed."""

    def __init__(self, inventory: Inventory, n: int) -> None:
        self.inventory = inventory
        self.made = 0
        self._draw = random.Random(4)
        self._labels = [node.labels for node in fleet_nodes(5_000)]
        self._ids = [node_id(number) for number in range(n)]
        self._new = n
        self._selectors = [
            Selector.parse(text) for text in (FIVE, "environment!=prod", "team=team-07", "rack")
        ]
        self._held: deque[object] = deque(maxlen=_HELD)

    def turn(self) -> None:
        """Make some hundred changes, and ask."""
        for _ in range(80):
            self.inventory.upsert(self._changed())
        for _ in range(10):
            self._replace()
        self.inventory.apply([self._changed() for _ in range(20)])
        self.made += 120
        if self._draw.random() < 0.01:
            answer = self.inventory.match(self._selectors[int(self._draw.random() * 4)])
            answer.first(10)
            self._held.append((answer, self.inventory.snapshot()))

    def rest(self) -> None:
        """Hold nothing, and let the inventory compact."""
        self._held.clear()
        self.inventory.compact()

    def _changed(self) -> Node:
        """Return a node that is there, with the labels of another one."""
        return Node(self._one_of(self._ids), self._one_of(self._labels))

    def _replace(self) -> None:
        """Take a node out, and put one in that has a new id."""
        place = int(self._draw.random() * len(self._ids))
        self.inventory.remove(self._ids[place])
        self._ids[place] = f"new-{self._new}"
        self._new += 1
        self.inventory.upsert(Node(self._ids[place], self._one_of(self._labels)))

    def _one_of(self, several: list[T]) -> T:
        return several[int(self._draw.random() * len(several))]


def _slope(times: list[float], sizes: list[float]) -> float:
    """Return the slope of the straight line through the sizes, by least squares."""
    time_mean, size_mean = sum(times) / len(times), sum(sizes) / len(sizes)
    spread = sum((at - time_mean) ** 2 for at in times)
    together = sum(
        (at - time_mean) * (size - size_mean) for at, size in zip(times, sizes, strict=True)
    )
    return together / spread if spread else 0.0


if __name__ == "__main__":
    main()
