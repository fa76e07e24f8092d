"""An explanation of a million nodes, against DuckDB and Polars; and whole runs.

Each holds the fleet in memory, in the form that suits it best: the peers a column for the ids, for
each of the five keys, and for the state, and no other. All give the same answer, which is compared:

- *numbers*: how many nodes fail which combination of the five requirements, of which the numbers of
  all requirements follow; the nodes that match, by state; how many lack the label of
  ``environment!=prod``.
- *examples*: besides, the first three ids of the ten largest combinations.

nodeselect gives hints and notes as well and, with the examples, the nearest nodes. In interleaved
rounds, in one process: first in turns of many calls, then one call at a time, which finds the
caches of the processor as the others left them. Then ``nodeselect explain`` over a folder of jobs,
from start to end. Prints Markdown tables and writes ``results/explain.json``.

    python -m benchmarks.explain_peers [ROUNDS]
"""

import gc
import json
import random
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.fleet import FIVE, fleet_file, nodes
from benchmarks.process import NODESELECT, run
from benchmarks.record import machine, print_table, print_times, write
from benchmarks.rounds import interleaved
from nodeselect import Explanation, Inventory, Node, Selector

_DATA = Path(__file__).parent / "data"
_ROUNDS = 15
_NODES = 1_000_000
_JOBS = 1_000

# Nanoseconds of a turn: two calls of the fastest peer.
_TURN = 20_000_000

_SHOWN = 10
_EXAMPLES = 3

_KEYS = ("region", "tier", "environment", "gpu", "debug")
_COLUMNS = (*_KEYS, "state")
_STATES = (*("connected",) * 17, "disconnected", "disconnected", "lost")

_FAILED = """
  CASE WHEN region = 'us-east' THEN 0 ELSE 1 END
  + CASE WHEN tier IN ('premium', 'standard') THEN 0 ELSE 2 END
  + CASE WHEN environment IS DISTINCT FROM 'prod' THEN 0 ELSE 4 END
  + CASE WHEN gpu IS NOT NULL THEN 0 ELSE 8 END
  + CASE WHEN debug IS NULL THEN 0 ELSE 16 END"""

_MATCHES = """
  region = 'us-east' AND tier IN ('premium', 'standard')
  AND environment IS DISTINCT FROM 'prod' AND gpu IS NOT NULL AND debug IS NULL"""


class Answer(NamedTuple):
    """What all of them compute."""

    groups: dict[int, int]
    """For each combination of requirements, as bits, the nodes that fail it; 0 is that of the nodes
    that match."""
    states: dict[str | None, int]
    """Nodes that match, by state."""
    absent: int
    """Nodes that lack the label of ``environment!=prod``."""
    examples: dict[int, list[str]]
    """The first ids of the largest combinations."""


class Way(NamedTuple):
    """How one of them computes it."""

    ask: Callable[[int], Any]
    """To be called with the number of examples; gives the answer in its own form."""
    read: Callable[[Any], Answer]
    """Gives the answer in that of all, for comparing: not measured."""


def main() -> None:
    """Measure, print and write the results."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else _ROUNDS
    peers = against_peers(rounds)
    result = {
        "machine": machine("duckdb", "polars"),
        "nodes": _NODES,
        "rounds": rounds,
        "peers": peers,
        "jobs": over_jobs(5),
    }
    write("explain", result)


def against_peers(rounds: int) -> list[dict[str, object]]:
    """Ask each in every round."""
    ways = _ways()
    gc.collect()
    gc.freeze()  # millions of strings that stay: nobody's question should look through them
    rows: list[dict[str, object]] = []
    for what, examples in (("numbers", 0), ("numbers and examples", _EXAMPLES)):
        answers = {name: way.read(way.ask(examples)) for name, way in ways.items()}
        for name, answer in answers.items():
            assert answer == answers["nodeselect"], f"{name} gives other {what}"
        calls = {name: partial(way.ask, examples) for name, way in ways.items()}
        for how, turn in (("in turns", _TURN), ("one call at a time", 0)):
            times = interleaved(calls, rounds, turn)
            print_times(f"{what}, {how}, {_NODES:,} nodes", times)
            recorded = {name: timing._asdict() for name, timing in times.items()}
            rows.append({"asked": what, "how": how, "times": recorded})
    return rows


def _ways() -> dict[str, Way]:
    import polars as pl  # a peer may not be installed

    columns: dict[str, list[str | None]] = {name: [] for name in ("id", *_COLUMNS)}
    draw = random.Random(2).random
    for node_id, labels in nodes(_NODES):
        columns["id"].append(node_id)
        columns["state"].append(_STATES[int(draw() * len(_STATES))])
        for key in _KEYS:
            columns[key].append(labels.get(key))
    states = columns["state"]
    inventory = Inventory(
        Node._trusted(node_id, labels, None, state)
        for (node_id, labels), state in zip(nodes(_NODES), states, strict=True)
    )
    strings = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    enums = strings.with_columns(
        strings[name].cast(pl.Enum(strings[name].drop_nulls().unique().sort())) for name in _COLUMNS
    )
    _fill_duckdb(states)
    explain = partial(inventory.explain, Selector.parse(FIVE))
    return {
        "nodeselect": Way(lambda examples: explain(examples=examples), _read_nodeselect),
        "DuckDB, text": Way(partial(_ask_duckdb, "texts"), _read_duckdb),
        "DuckDB, ENUM": Way(partial(_ask_duckdb, "enums"), _read_duckdb),
        "Polars, String": Way(partial(_ask_polars, strings), _read_polars),
        "Polars, Enum": Way(partial(_ask_polars, enums), _read_polars),
    }


def _fill_duckdb(states: list[str | None]) -> None:
    """Read the fleet from its NDJSON, and put the states beside it."""
    import duckdb

    execute = duckdb.execute
    execute("SET enable_progress_bar = false")
    struct = ", ".join(f"{key} VARCHAR" for key in _KEYS)
    execute(
        f"CREATE TABLE read AS SELECT id, labels.* FROM read_json('{fleet_file(_NODES)}',"
        f" format = 'newline_delimited', columns = {{id: 'VARCHAR', labels: 'STRUCT({struct})'}})"
    )
    execute("CREATE TABLE states AS SELECT unnest(?::VARCHAR[]) AS state", [states])
    execute("CREATE TABLE texts AS SELECT * FROM read POSITIONAL JOIN states")
    for name in _COLUMNS:
        execute(
            f"CREATE TYPE of_{name} AS ENUM"
            f" (SELECT DISTINCT {name} FROM texts WHERE {name} IS NOT NULL)"
        )
    columns = ", ".join(f"{name}::of_{name} AS {name}" for name in _COLUMNS)
    execute(f"CREATE TABLE enums AS SELECT id, {columns} FROM texts")


def _read_nodeselect(explanation: Explanation) -> Answer:
    groups = {0: explanation.matched}
    named = {}
    for reason in explanation.reasons:
        failed = sum(1 << at for at in reason.failed)
        groups[failed] = reason.nodes
        if reason.ids:
            named[failed] = list(reason.ids)
    absent = explanation.requirements[2].absent
    assert absent is not None
    return Answer(groups, dict(explanation.states), absent, named)


_Rows = list[tuple[Any, ...]]


def _ask_duckdb(table: str, examples: int) -> tuple[_Rows, _Rows]:
    import duckdb

    ids = f"arg_min(id, rowid, {examples})" if examples else "NULL"
    rows = duckdb.execute(
        f"SELECT {_FAILED} AS failed, count(*), count(*) - count(environment), {ids}"
        f" FROM {table} GROUP BY failed"
    ).fetchall()
    states = duckdb.execute(
        f"SELECT state, count(*) FROM {table} WHERE {_MATCHES} GROUP BY state"
    ).fetchall()
    return rows, states


def _read_duckdb(answer: tuple[_Rows, _Rows]) -> Answer:
    rows, states = answer
    groups = {failed: count for failed, count, _, _ in rows}
    named = {failed: some for failed, _, _, some in rows if some}
    return Answer(
        groups,
        dict(states),
        sum(absent for _, _, absent, _ in rows),
        {failed: named[failed] for failed in _largest(groups)} if named else {},
    )


def _ask_polars(frame: Any, examples: int) -> tuple[Any, Any, int, dict[int, Any]]:
    import polars as pl

    fails = (
        ~pl.col("region").eq_missing("us-east"),
        ~pl.col("tier").is_in(["premium", "standard"]).fill_null(value=False),
        pl.col("environment").eq_missing("prod"),
        pl.col("gpu").is_null(),
        pl.col("debug").is_not_null(),
    )
    failed = pl.sum_horizontal(each.cast(pl.UInt8) * (1 << at) for at, each in enumerate(fails))
    failures = frame.lazy().select("id", "state", failed.alias("failed")).collect()
    counts = failures.lazy().group_by("failed").len().collect()
    states = failures.lazy().filter(failed=0).group_by("state").len().collect()
    largest = _largest(dict(counts.iter_rows())) if examples else []
    named = {
        one: failures.lazy().filter(failed=one).select("id").head(examples).collect()
        for one in largest
    }
    return counts, states, frame["environment"].null_count(), named


def _read_polars(
    answer: tuple[Any, Any, int, dict[int, Any]],
) -> Answer:
    counts, states, absent, named = answer
    ids = {failed: some["id"].to_list() for failed, some in named.items()}
    return Answer(dict(counts.iter_rows()), dict(states.iter_rows()), absent, ids)


def _largest(groups: dict[int, int]) -> list[int]:
    """Return the largest combinations, which get examples."""
    return sorted(groups.keys() - {0}, key=lambda failed: -groups[failed])[:_SHOWN]


def over_jobs(rounds: int) -> dict[str, object]:
    """Time ``nodeselect explain`` over a folder of jobs and 100,000 nodes, as a whole process."""
    fleet = fleet_file(100_000)
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
    print_table(
        (f"nodeselect explain, {_JOBS:,} jobs, 100,000 nodes", "s", "MB"),
        [("from start to end", f"{wall:.2f}", f"{peak:.0f}")],
    )
    return {"jobs": _JOBS, "nodes": 100_000, "seconds": wall, "peak_mb": peak}


if __name__ == "__main__":
    main()
