"""Memory of an inventory of a million nodes.

Each way to build it runs in its own process. *Resident* is the growth of the process while it
builds the inventory, after the allocator has returned what it can; *beside the ids* subtracts the
strings of the ids. The peak is that of the whole process.

Linux only. Prints a table and writes ``results/memory.json``.

    python -m benchmarks.memory [N]
"""

import json
import sys

from benchmarks.fleet import fleet_file
from benchmarks.inventories import fleet_nodes, with_changes
from benchmarks.process import PYTHON, own_peak, own_resident, run, trim
from benchmarks.record import machine, print_table, write
from nodeselect import Inventory, Selector

_NODES = 1_000_000


def main() -> None:
    """Measure, print and write the results."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else _NODES
    fleet_file(n)  # created here, so that no measured process creates it
    rows = [
        json.loads(run([PYTHON, "-m", "benchmarks.memory", str(n), way]).output) for way in _WAYS
    ]
    header = ("MB", "resident", "beside the ids", "peak")
    columns = ("resident_mb", "beside_ids_mb", "peak_mb")
    print_table(header, [(row["way"], *(f"{row[name]:.0f}" for name in columns)) for row in rows])
    write("memory", {"machine": machine(), "nodes": n, "ways": rows})


def _built(n: int) -> Inventory:
    return Inventory(fleet_nodes(n), compact_at=None)


def _read(n: int) -> Inventory:
    return Inventory.read(fleet_file(n), compact_at=None)


def _with_changes(n: int) -> Inventory:
    return with_changes(_built(n), n)


def _compacted(n: int) -> Inventory:
    inventory = _with_changes(n)
    inventory.compact()
    return inventory


def _with_hostnames(n: int) -> Inventory:
    return Inventory(fleet_nodes(n, unique_hostname=True), compact_at=None)


_WAYS = {
    "built from nodes": _built,
    "read from a file": _read,
    "with the most changes": _with_changes,
    "compacted after them": _compacted,
    "with unique hostnames": _with_hostnames,
}


def _measure(n: int, way: str) -> None:
    """Make one inventory in this process, and print what it holds."""
    _WAYS[way](5_000).match(Selector.parse("gpu")).ids()  # everything is loaded
    trim()
    before = own_resident()
    inventory = _WAYS[way](n)
    peak = own_peak()
    trim()
    resident = own_resident() - before
    strings = sum(sys.getsizeof(node.id) for node in inventory) / 1e6
    print(
        json.dumps(
            {
                "way": way,
                "resident_mb": round(resident, 1),
                "beside_ids_mb": round(resident - strings, 1),
                "id_strings_mb": round(strings, 1),
                "peak_mb": round(peak, 1),
            }
        )
    )


if __name__ == "__main__":
    if len(sys.argv) > 2:
        _measure(int(sys.argv[1]), sys.argv[2])
    else:
        main()
