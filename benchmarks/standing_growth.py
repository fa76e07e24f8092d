"""How costs of standing selectors grow with their number, and their memory.

Each size is measured in a process of its own. *Memory* is the growth of the process while it builds
them, beside the selectors and the names, after the allocator has returned what it can; and once
more after a thousand nodes were asked for, so that caches are filled.

Linux only. Prints a table and writes ``results/standing.json``, of which ``draw_growth.py`` makes
the picture of the documentation.

    python -m benchmarks.standing_growth [N ...]

Without arguments 1,000 to 1,000,000 selectors, which take 2 GB.
"""

import json
import sys
from collections.abc import Iterator
from itertools import pairwise

from benchmarks.inventories import fleet_nodes
from benchmarks.process import PYTHON, own_resident, run, trim
from benchmarks.record import duration, machine, print_table, write
from benchmarks.rounds import Timing, each
from benchmarks.selectors import selectors
from nodeselect import Node, Selector, StandingSelectors

_SIZES = (1_000, 10_000, 100_000, 1_000_000)
_NODES = 1_000
_WRITES = 1_000

# Nodes for which all predicates are called.
_CALLED = 5

_TIMES = {
    "set": "the set",
    "names": "the names",
    "changes": "changes of a version",
    "set_after_put": "the set, after a write",
    "put": "one put in",
    "predicates": "all predicates",
}


def main() -> None:
    """Measure, print and write the results."""
    sizes = sorted(map(int, sys.argv[1:])) or list(_SIZES)
    rows = [
        json.loads(run([PYTHON, "-m", "benchmarks.standing_growth", str(n), "alone"]).output)
        for n in sizes
    ]
    print_table(
        ("selectors", "names", *_TIMES.values(), "MB", "MB, caches filled"),
        [
            (
                f"{row['selectors']:,}",
                f"{row['names']:,}",
                *(duration(row["times"][name]["median_us"]) for name in _TIMES),
                f"{row['memory_mb']:.0f}",
                f"{row['memory_used_mb']:.0f}",
            )
            for row in rows
        ],
    )
    write("standing", {"machine": machine(), "rows": rows})


def _measure(n: int) -> dict[str, object]:
    """Measure ``n`` selectors in this process."""
    everything = dict.fromkeys(range(1_000), Selector.everything())
    StandingSelectors(everything).matching({}).names()  # all modules are loaded
    named = {f"job-{number}": selector for number, selector in enumerate(selectors(n))}
    for selector in named.values():
        hash(selector)  # it is kept in the selector
    fleet = list(fleet_nodes(_NODES))
    trim()
    before = own_resident()
    standing = StandingSelectors(named)
    trim()
    built = own_resident()
    sizes = [len(standing.matching(node).names()) for node in fleet]
    trim()
    used = own_resident()
    return {
        "selectors": n,
        "names": round(sum(sizes) / len(sizes)),
        "memory_mb": round(built - before, 1),
        "memory_used_mb": round(used - before, 1),
        "times": {name: timing._asdict() for name, timing in _times(standing, fleet).items()},
    }


def _times(standing: StandingSelectors[str], fleet: list[Node]) -> dict[str, Timing]:
    changes = [
        (one, Node(one.id, {**one.labels, "version": other.labels["version"]}))
        for one, other in pairwise(fleet)
        if one.labels["version"] != other.labels["version"]
    ]
    predicates = [(name, standing[name].matches) for name in standing]
    others = list(filter(hash, selectors(2 * _WRITES, seed=2)))
    times = {
        "set": each(fleet, standing.matching),
        "names": each(fleet, lambda node: standing.matching(node).names()),
        "changes": each(changes, lambda pair: standing.changes(*pair)),
        "predicates": each(
            fleet[:_CALLED],
            lambda node: [name for name, matches in predicates if matches(node.labels, node.id)],
        ),
        "put": each(
            enumerate(others[:_WRITES]),
            lambda pair: standing.upsert(f"new-{pair[0]}", pair[1]),
        ),
    }
    remaining = iter(others[_WRITES:])

    def after_put() -> Iterator[Node]:
        for node in fleet:
            standing.upsert("again", next(remaining))
            yield node

    return times | {"set_after_put": each(after_put(), standing.matching)}


if __name__ == "__main__":
    if sys.argv[-1] == "alone":
        print(json.dumps(_measure(int(sys.argv[1]))))
    else:
        main()
