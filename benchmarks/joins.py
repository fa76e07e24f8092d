"""Nodes that register one by one, each told its jobs: the start of a scheduler.

    python -m benchmarks.joins [NODES [JOBS]]

By default 50,000 nodes and 10,000 jobs. Prints the time of all writes and of the names that
match each node, and what calling all predicates would take, from a sample of 50 nodes.
"""

import sys
import time

from benchmarks.inventories import fleet_nodes
from benchmarks.selectors import selectors
from nodeselect import Inventory, StandingSelectors

_SAMPLE = 50


def main() -> None:
    """Measure and print."""
    given = list(map(int, sys.argv[1:]))
    number, jobs = given + [50_000, 10_000][len(given) :]
    named = {f"job-{at}": selector for at, selector in enumerate(selectors(jobs))}
    nodes = list(fleet_nodes(number))
    inventory, standing = Inventory(), StandingSelectors(named)
    start = time.perf_counter()
    told = 0
    for node in nodes:
        inventory.upsert(node)
        told += len(standing.changes(None, node)[0].names())
    seconds = time.perf_counter() - start
    predicates = [selector.predicate for selector in named.values()]
    start = time.perf_counter()
    for node in nodes[:_SAMPLE]:
        sum(predicate(node.labels, node.id) for predicate in predicates)
    by_predicates = (time.perf_counter() - start) / _SAMPLE * number
    print(f"{number:,} nodes join beside {jobs:,} jobs, and are told {told:,} names")
    print(f"{seconds:.1f} s, {seconds / number * 1e6:.0f} µs a node")
    print(f"{by_predicates:.0f} s by calling all predicates, {by_predicates / seconds:.0f} times")


if __name__ == "__main__":
    main()
