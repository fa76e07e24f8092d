"""The numbers of an explanation over a million nodes, against DuckDB and Polars; and whole runs.

Each holds the fleet in memory, in the form that suits it best: the peers a column for each of the
five keys, and no other. Each is asked for the same numbers in one pass: how many nodes fail which
combination of the five requirements, of which all others follow, and how many nodes lack the label
of ``environment!=prod``. nodeselect gives ids, hints and notes beside them. In interleaved rounds,
in one process, whose results are compared. Then ``nodeselect explain`` over a folder of jobs, from
start to end. Prints Markdown tables and writes ``results/explain.json``.

    python -m benchmarks.explain_peers [ROUNDS]
"""

import json
import os
import platform
import random
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median

import duckdb
import polars as pl

from benchmarks.fleet import FIVE, nodes, write_ndjson
from benchmarks.process import NODESELECT, run
from nodeselect import Inventory, Node, Selector

_HERE = Path(__file__).parent
_DATA = _HERE / "data"
_RESULTS = _HERE / "results"
_ROUNDS = 15
_NODES = 1_000_000
_JOBS = 1_000

_KEYS = ("region", "tier", "environment", "gpu", "debug")

_SQL = """
SELECT
  CASE WHEN region = 'us-east' THEN 0 ELSE 1 END
  + CASE WHEN tier IN ('premium', 'standard') THEN 0 ELSE 2 END
  + CASE WHEN environment IS DISTINCT FROM 'prod' THEN 0 ELSE 4 END
  + CASE WHEN gpu IS NOT NULL THEN 0 ELSE 8 END
  + CASE WHEN debug IS NULL THEN 0 ELSE 16 END AS failed,
  count(*) AS nodes,
  count(*) - count(environment) AS absent
FROM fleet
GROUP BY failed
"""

Counts = tuple[dict[int, int], int]
"""For each combination of requirements, as bits, the nodes that fail it; and how many nodes lack
the label of ``environment!=prod``."""


def main() -> None:
    """Measure, print, write."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else _ROUNDS
    peers = against_peers(rounds)
    folder = over_jobs(5)
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    result = {
        "machine": machine,
        "versions": {name: version(name) for name in ("duckdb", "polars")},
        "rounds": rounds,
        "nodes": _NODES,
        "peers": peers,
        "jobs": folder,
    }
    _RESULTS.mkdir(exist_ok=True)
    text = json.dumps(result, indent=2) + "\n"
    (_RESULTS / "explain.json").write_text(text, encoding="utf-8")


def against_peers(rounds: int) -> list[dict[str, object]]:
    """Ask each in every round; all must give the same numbers."""
    ways = _ways()
    times: dict[str, list[float]] = {name: [] for name in ways}
    expected = None
    for number in range(-2, rounds):  # two rounds are not measured
        names = list(ways)
        first = number % len(names)
        for name in names[first:] + names[:first]:
            begin = time.perf_counter()
            counts = ways[name]()
            taken = time.perf_counter() - begin
            expected = counts if expected is None else expected
            assert counts == expected, name
            if number >= 0:
                times[name].append(taken)
    ours = median(times["nodeselect"])
    print(f"\n| the numbers of an explanation, {_NODES:,} nodes | ms | times nodeselect |")
    print("| --- | --: | --: |")
    rows: list[dict[str, object]] = []
    for name, taken_by in times.items():
        middle = median(taken_by)
        print(f"| {name} | {middle * 1e3:.2f} | {middle / ours:.1f} |")
        rows.append({"name": name, "seconds": middle, "times": middle / ours})
    return rows


def _ways() -> dict[str, Callable[[], Counts]]:
    columns: dict[str, list[str | None]] = {key: [] for key in _KEYS}
    for _, labels in nodes(_NODES):
        for key, column in columns.items():
            column.append(labels.get(key))
    frame = pl.DataFrame(columns, schema=dict.fromkeys(_KEYS, pl.String))
    categories = frame.with_columns(pl.all().cast(pl.Categorical))
    file = _DATA / f"fleet-{_NODES}.ndjson"
    if not file.exists():
        _DATA.mkdir(exist_ok=True)
        write_ndjson(file, _NODES)
    struct = ", ".join(f"{key} VARCHAR" for key in _KEYS)
    duckdb.execute("SET enable_progress_bar = false")
    duckdb.execute(
        f"CREATE TABLE fleet AS SELECT labels.* FROM read_json('{file}',"
        f" format = 'newline_delimited', columns = {{labels: 'STRUCT({struct})'}})"
    )
    inventory = Inventory(Node(node_id, labels) for node_id, labels in nodes(_NODES))
    selector = Selector.parse(FIVE)

    def ask_nodeselect() -> Counts:
        told = inventory.explain(selector)
        counts = {sum(1 << at for at in each.failed): each.nodes for each in told.reasons}
        absent = told.outcomes[2].absent
        assert absent is not None
        return {0: told.matched, **counts}, absent

    return {
        "nodeselect": ask_nodeselect,
        "DuckDB": _ask_duckdb,
        "Polars, strings": lambda: _ask_polars(frame),
        "Polars, categories": lambda: _ask_polars(categories),
    }


def _ask_duckdb() -> Counts:
    rows = duckdb.execute(_SQL).fetchall()
    return {failed: count for failed, count, _ in rows}, sum(absent for *_, absent in rows)


def _ask_polars(frame: pl.DataFrame) -> Counts:
    fails = (
        ~pl.col("region").eq_missing("us-east"),
        ~pl.col("tier").is_in(["premium", "standard"]).fill_null(value=False),
        pl.col("environment").eq_missing("prod"),
        pl.col("gpu").is_null(),
        pl.col("debug").is_not_null(),
    )
    failed = pl.sum_horizontal(each.cast(pl.UInt8) * (1 << at) for at, each in enumerate(fails))
    told = (
        frame.lazy()
        .group_by(failed.alias("failed"))
        .agg(pl.len().alias("nodes"), pl.col("environment").null_count().alias("absent"))
        .collect()
    )
    return dict(zip(told["failed"], told["nodes"], strict=True)), int(told["absent"].sum())


def over_jobs(rounds: int) -> dict[str, object]:
    """Time ``nodeselect explain`` over a folder of jobs and 100,000 nodes, as a whole process."""
    fleet = _DATA / "fleet-100000.ndjson"
    if not fleet.exists():
        write_ndjson(fleet, 100_000)
    folder = _DATA / "explained-jobs"
    folder.mkdir(exist_ok=True)
    draw = random.Random(1)
    regions = sorted({labels["region"] for _, labels in nodes(1_000)})
    for number in range(_JOBS):
        region, team = draw.choice(regions), draw.randrange(40)
        (folder / f"job-{number:04d}.yaml").write_text(
            f"name: job-{number}\ntype: pipeline\nselector:\n"
            f"  match_labels:\n    region: {region}\n    team: team-{team:02d}\n"
            "  match_expressions:\n    - tier in (premium,standard)\n    - environment!=prod\n"
            '    - "!debug"\nconfig: {}\n',
            encoding="utf-8",
        )
    command = [NODESELECT, "explain", "--job", str(folder), "-n", str(fleet), "-o", "json"]
    runs = [run(command) for _ in range(rounds)]
    assert len(json.loads(runs[0].output)["jobs"]) == _JOBS
    wall, peak = median(each.wall for each in runs), median(each.peak for each in runs)
    print(f"\n| nodeselect explain, {_JOBS:,} jobs, 100,000 nodes | s | MB |\n| --- | --: | --: |")
    print(f"| from start to end | {wall:.2f} | {peak:.0f} |")
    return {"jobs": _JOBS, "nodes": 100_000, "seconds": wall, "peak_mb": peak}


if __name__ == "__main__":
    main()
