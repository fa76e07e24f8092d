"""Time from Parquet, Arrow and data frames to an inventory of a million nodes, and back.

*By rows* is what one would write without ``Inventory.from_arrow``: pyarrow makes a list of
dictionaries, and each becomes a node. Each way yields the same answer to ``FIVE``.

    python -m benchmarks.arrow [N [ROUNDS]]

Prints a table and writes ``results/arrow.json``.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars
import pyarrow as pa
import pyarrow.parquet

from benchmarks.fleet import FIVE, VALUES, fleet_file, nodes
from benchmarks.record import machine, print_times, write
from benchmarks.rounds import interleaved
from nodeselect import Inventory, Node, Selector

_NODES, _ROUNDS = 1_000_000, 5

_FIVE = Selector.parse(FIVE)


def main() -> None:
    """Measure, print and write the results."""
    given = list(map(int, sys.argv[1:]))
    n, rounds = given + [_NODES, _ROUNDS][len(given) :]
    maps, columns = _files(n)
    frame = polars.read_parquet(columns)
    inventory = Inventory.read(maps)
    ways: dict[str, Callable[[], Inventory]] = {
        "Parquet, columns": lambda: Inventory.read(columns),
        "Parquet, MAP": lambda: Inventory.read(maps),
        "Polars, columns": lambda: Inventory.from_arrow(frame),
        "NDJSON": lambda: Inventory.read(fleet_file(n)),
        "Parquet, MAP, by rows": lambda: _by_rows(maps),
    }
    expected = inventory.match(_FIVE).ids()
    calls = {name: _checked(way, expected) for name, way in ways.items()}
    times = interleaved(calls | {"to_arrow": inventory.to_arrow}, rounds, turn=0)
    print_times(f"{n:,} nodes", times)
    result = {name: timing._asdict() for name, timing in times.items()}
    write("arrow", {"machine": machine("pyarrow", "polars"), "nodes": n, "times": result})


def _checked(way: Callable[[], Inventory], expected: list[str]) -> Callable[[], None]:
    def call() -> None:
        assert way().match(_FIVE).ids() == expected

    return call


def _by_rows(path: Path) -> Inventory:
    rows = pyarrow.parquet.read_table(path).to_pylist()
    return Inventory(Node(row["id"], dict(row["labels"])) for row in rows)


def _files(n: int) -> list[Path]:
    """Return a file with a MAP, and one with columns; write them if needed."""
    folder = fleet_file(n).parent
    paths = [folder / f"fleet-{n}-{name}.parquet" for name in ("map", "columns")]
    if all(path.exists() for path in paths):
        return paths
    fleet = list(nodes(n))
    ids = pa.array([node_id for node_id, _ in fleet], pa.string())
    map_type = pa.map_(pa.string(), pa.string())
    maps = pa.table({"id": ids, "labels": pa.array([list(m.items()) for _, m in fleet], map_type)})
    columns: dict[str, Any] = {
        key: pa.array([labels.get(key) for _, labels in fleet], pa.string()) for key in VALUES
    }
    pyarrow.parquet.write_table(maps, paths[0])
    pyarrow.parquet.write_table(pa.table({"id": ids} | columns), paths[1])
    return paths


if __name__ == "__main__":
    main()
