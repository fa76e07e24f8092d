"""A saved inventory of a million nodes: saving, opening, answers, whole commands, and processes.

- *save*: to a file on this disk, with all that makes it safe (fsync).
- *open*: in a process that has numpy loaded, with the file in the page cache; and then the first
  answer to ``FIVE``, as a set, and its ids.
- *later answers*: of an opened inventory beside those of the one that was saved, in rounds.
- *commands*: whole processes that print the ids of ``FIVE``, in rounds, beside DuckDB and Polars
  over the same nodes as Parquet: with a MAP of labels, or with a column for each key.
- *processes*: the memory of several that read one file; see ``saved_memory``.

Prints tables and writes ``results/saved.json``.

    python -m benchmarks.saved [ROUNDS]
"""

import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import record, saved_memory
from benchmarks.fleet import FIVE, fleet_file
from benchmarks.inventories import node_id
from benchmarks.process import NODESELECT, PYTHON, Run, run
from benchmarks.questions import SELECTORS
from benchmarks.rounds import interleaved
from benchmarks.selectors import selectors
from nodeselect import Inventory

_NODES = 1_000_000
_ROUNDS = 9
_MAX_IDS = 10_000

_FIVE = SELECTORS["five"]

_WRITE_PARQUET = """
import sys, duckdb
nodes, maps, columns = sys.argv[1:]
read = "read_json('" + nodes + "', format = 'newline_delimited', columns = {id: 'VARCHAR', labels: "
keys = "region zone tier environment instance-type os arch rack team version gpu debug".split()
struct = ", ".join('"' + key + '" VARCHAR' for key in keys)
for target, kind, what in (
    (maps, "MAP(VARCHAR, VARCHAR)", "*"), (columns, f"STRUCT({struct})", "id, labels.*")
):
    duckdb.execute(f"COPY (SELECT {what} FROM {read}'{kind}'}})) TO '{target}' (FORMAT parquet)")
"""

_DUCKDB_MAP = """
SELECT id FROM read_parquet($file)
WHERE labels['region'] = 'us-east'
  AND labels['tier'] IN ('premium', 'standard')
  AND labels['environment'] IS DISTINCT FROM 'prod'
  AND map_contains(labels, 'gpu')
  AND NOT map_contains(labels, 'debug')
"""
_DUCKDB_COLUMNS = """
SELECT id FROM read_parquet($file)
WHERE region = 'us-east' AND tier IN ('premium', 'standard')
  AND environment IS DISTINCT FROM 'prod' AND gpu IS NOT NULL AND debug IS NULL
"""
_DUCKDB = """
import sys, duckdb
duckdb.execute("SET enable_progress_bar = false")
for row in duckdb.execute(sys.argv[1], {"file": sys.argv[2]}).fetchall():
    print(row[0])
"""
_POLARS_MAP = """
import sys
import polars as pl
labels = pl.col("labels").map
matches = (
    (labels.get("region") == "us-east")
    & labels.get("tier").is_in(["premium", "standard"])
    & labels.get("environment").ne_missing("prod")
    & labels.contains_key("gpu")
    & ~labels.contains_key("debug")
)
print("\\n".join(pl.scan_parquet(sys.argv[1]).filter(matches).select("id").collect()["id"]))
"""
_POLARS_COLUMNS = """
import sys
import polars as pl
region, tier, environment, gpu, debug = map(
    pl.col, ("region", "tier", "environment", "gpu", "debug")
)
matches = (
    (region == "us-east")
    & tier.is_in(["premium", "standard"])
    & environment.ne_missing("prod")
    & gpu.is_not_null()
    & debug.is_null()
)
print("\\n".join(pl.scan_parquet(sys.argv[1]).filter(matches).select("id").collect()["id"]))
"""


def main() -> None:
    """Measure, print and write the results."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else _ROUNDS
    built = Inventory.read(fleet_file(_NODES))
    with tempfile.TemporaryDirectory(dir=fleet_file(_NODES).parent) as folder:
        file = Path(folder, "fleet.nsx")
        result = {
            "machine": record.machine("duckdb", "polars"),
            "rounds": rounds,
            "file": save_and_open(built, file, rounds),
            "answers": later_answers(built, file, rounds),
            "commands": commands(file, rounds),
        }
        small = (each for each in selectors(5_000) if 0 < len(built.match(each)) <= _MAX_IDS)
        some = list(islice(small, 1_000))
        result["processes"] = saved_memory.measure(fleet_file(_NODES), file, some)
    record.write("saved", result)


def save_and_open(built: Inventory, file: Path, rounds: int) -> dict[str, float]:
    """Time saving and opening, in milliseconds."""
    times: dict[str, list[float]] = {}

    def timed(name: str, call: Callable[[], Any]) -> Any:
        begin = time.perf_counter()
        value = call()
        times.setdefault(name, []).append(1e3 * (time.perf_counter() - begin))
        return value

    for _ in range(rounds):
        timed("save", lambda: built.save(file))
        opened = timed("open", lambda: Inventory.open(file))
        answer = opened.match(_FIVE)
        timed("first set", answer.__len__)
        timed("its ids", answer.ids)
        timed("first node by its id", partial(opened.get, node_id(777)))
        timed("open and check all", lambda: Inventory.open(file, verify=True))
    medians = {name: round(median(values), 3) for name, values in times.items()}
    megabytes = file.stat().st_size / 1e6
    record.print_table(
        (f"{_NODES:,} nodes, {megabytes:.1f} MB", "ms"),
        [(name, f"{value:,.2f}") for name, value in medians.items()],
    )
    return {"megabytes": megabytes, **medians}


def later_answers(built: Inventory, file: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Time answers of the built and of the opened inventory, in microseconds."""
    opened = Inventory.open(file)
    snapshots = {"built": built.snapshot(), "opened": opened.snapshot()}
    readings: dict[str, Callable[[Any], object]] = {
        "five, the set": lambda nodes: None in nodes.match(_FIVE),
        "five, its ids": lambda nodes: nodes.match(_FIVE).ids(),
        "five, its nodes": lambda nodes: list(nodes.match(_FIVE)),
        "five, explained": lambda nodes: nodes.explain(_FIVE),
        "one rack, its ids": lambda nodes: nodes.match(SELECTORS["one rack"]).ids(),
        "negation alone, first ten": lambda nodes: nodes.match(SELECTORS["negation alone"]).first(
            10
        ),
        "a node by its id": lambda nodes: nodes[node_id(123_456)],
        "all ids": lambda nodes: nodes.ids(),
    }
    figures = {}
    for name, read in readings.items():
        calls = {
            who: lambda read=read, nodes=nodes: read(nodes) for who, nodes in snapshots.items()
        }
        timings = interleaved(calls, max(2 * rounds, 9), turn=20_000_000)
        figures[name] = {who: timing.median_us for who, timing in timings.items()}
    record.print_table(
        ("later answers", "built", "opened", "ratio"),
        [
            (
                name,
                record.duration(each["built"]),
                record.duration(each["opened"]),
                f"x{each['opened'] / each['built']:.2f}",
            )
            for name, each in figures.items()
        ],
    )
    return figures


def commands(file: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Time whole processes, which must print the same number of ids."""
    maps, columns = file.with_name("maps.parquet"), file.with_name("columns.parquet")
    run([PYTHON, "-c", _WRITE_PARQUET, *map(str, (fleet_file(_NODES), maps, columns))])
    every = {
        "nodeselect": [NODESELECT, "match", "-l", FIVE, "-n", str(file), "-o", "name"],
        "DuckDB, Parquet with a MAP": [PYTHON, "-c", _DUCKDB, _DUCKDB_MAP, str(maps)],
        "Polars, Parquet with a MAP": [PYTHON, "-c", _POLARS_MAP, str(maps)],
        "DuckDB, a column for each key": [PYTHON, "-c", _DUCKDB, _DUCKDB_COLUMNS, str(columns)],
        "Polars, a column for each key": [PYTHON, "-c", _POLARS_COLUMNS, str(columns)],
    }
    runs: dict[str, list[Run]] = {name: [] for name in every}
    for number in range(rounds + 1):
        names = list(every)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            done = run(every[name])
            assert len(done.output.splitlines()) == 2_551
            if number:  # the first fills the page cache
                runs[name].append(done)
    figures = {
        name: {
            "wall": median(each.wall for each in some),
            "cpu": median(each.cpu for each in some),
            "peak": max(each.peak for each in some),
        }
        for name, some in runs.items()
    }
    ours = figures["nodeselect"]
    record.print_table(
        ("ids of five", "s", "ratio", "CPU s", "peak MB"),
        [
            (
                name,
                f"{each['wall']:.3f}",
                f"x{each['wall'] / ours['wall']:.1f}",
                f"{each['cpu']:.3f}",
                f"{each['peak']:.0f}",
            )
            for name, each in figures.items()
        ],
    )
    return figures


if __name__ == "__main__":
    main()
