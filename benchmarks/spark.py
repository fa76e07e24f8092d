"""Selectors over Parquet files in Spark: a million nodes, and a hundred million.

The hundred million are one file that is linked 100 times, so it is read from memory. Spark runs in
threads of one process (``local[2]``), and in two executors that are processes of their own; these
alone read the hundred million.

    python -m benchmarks.spark [N [LINKS [ROUNDS]]]

It needs Java and ``tests/engines/requirements.txt``. Prints a table, and writes
``results/spark.json``.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tests.engines.spark_session import session

from benchmarks.fleet import FIVE, VALUES, fleet_file, nodes
from benchmarks.record import duration, machine, print_table, write
from nodeselect import Inventory, Selector
from nodeselect.engines import spark

_NODES, _LINKS, _ROUNDS = 1_000_000, 100, 5

_MASTERS = ("local[2]", "local-cluster[2,1,1024]")

_SELECTORS = {
    "five": FIVE,
    "rack=": "rack=rack-1234",
    "environment!=prod": "environment!=prod",
    "100 racks": f"rack in ({','.join(f'rack-{number:04d}' for number in range(100))})",
}

# The keys that most selectors name, of few values first: files are sorted by them.
_SORTED_BY = ("region", "gpu", "environment", "tier", "rack")

_COLUMNS = {key: key for key in VALUES}


def main() -> None:
    """Measure, print and write the results."""
    given = list(map(int, sys.argv[1:]))
    n, links, rounds = given + [_NODES, _LINKS, _ROUNDS][len(given) :]
    maps, columns, linked = _files(n, links)
    inventory = Inventory.read(columns)
    expected = {
        name: len(inventory.match(Selector.parse(text))) for name, text in _SELECTORS.items()
    }
    results: dict[str, dict[str, float]] = {}
    for master in _MASTERS:
        with session(master, partitions=2) as spark_session:
            for layout, path, repeated, options in (
                ("MAP", maps, 1, {}),
                ("columns", columns, 1, {"columns": _COLUMNS}),
                ("columns", linked, links, {"columns": _COLUMNS}),
            ):
                if repeated > 1 and master != _MASTERS[-1]:
                    continue
                calls = _calls(spark_session.read.parquet(str(path)), options, expected, repeated)
                name = f"{master}, {n * repeated:,} nodes, {layout}"
                results[name] = _times(calls, rounds if repeated == 1 else 1)
                print(name, results[name], flush=True)
    names = list(next(iter(results.values())))
    rows = [
        (name, *(duration(times[each]) if each in times else "–" for each in names))
        for name, times in results.items()
    ]
    print_table(("median of each", *names), rows)
    found = {"machine": machine("pyspark", "pyarrow"), "links": links, "median_us": results}
    write("spark", found)


def _calls(
    frame: Any, options: Mapping[str, Any], expected: Mapping[str, int], repeated: int
) -> dict[str, Callable[[], None]]:
    """Return what is measured; each call checks its answer."""

    def count(name: str) -> Callable[[], None]:
        condition = spark.where(Selector.parse(_SELECTORS[name]), **options)

        def call() -> None:
            assert frame.filter(condition).count() == expected[name] * repeated

        return call

    def explain(examples: int) -> Callable[[], None]:
        def call() -> None:
            with spark.nodes(frame, **options) as fleet:
                explanation = fleet.explain(Selector.parse(FIVE), examples=examples)
            assert explanation.matched == expected["five"] * repeated

        return call

    calls = {name: count(name) for name in _SELECTORS} | {"explain, no examples": explain(0)}
    return calls if repeated > 1 else calls | {"explain": explain(3)}


def _times(calls: Mapping[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    """Return the medians in microseconds; the first call of each is not counted."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for measured in range(rounds + 1):
        for name, call in calls.items():
            begin = time.perf_counter_ns()
            call()
            if measured:
                times[name].append((time.perf_counter_ns() - begin) / 1e3)
    return {name: float(f"{median(each):.4g}") for name, each in times.items()}


def _files(n: int, links: int) -> tuple[Path, Path, Path]:
    """Return a file with a MAP, one with columns, and a folder of links to that."""
    folder = fleet_file(n).parent
    maps, columns = (folder / f"fleet-{n}-sorted-{name}.parquet" for name in ("map", "columns"))
    if not columns.exists():
        fleet = list(nodes(n))
        text = pa.string()
        labels = pa.array([list(each.items()) for _, each in fleet], pa.map_(text, text))
        table = pa.table({"id": pa.array([node_id for node_id, _ in fleet]), "labels": labels})
        for key in VALUES:
            values = pa.array([each.get(key) for _, each in fleet], text)
            table = table.append_column(key, values)
        table = table.sort_by([(key, "ascending") for key in _SORTED_BY])
        options = {"compression": "zstd", "row_group_size": 100_000}
        pq.write_table(table.select(["id", "labels"]), maps, **options)
        pq.write_table(table.drop_columns(["labels"]), columns, **options)
    linked = folder / f"fleet-{n}-linked-{links}"
    linked.mkdir(exist_ok=True)
    for number in range(links):
        link = linked / f"{number:04d}.parquet"
        if not link.exists():
            os.link(columns, link)
    return maps, columns, linked


if __name__ == "__main__":
    main()
