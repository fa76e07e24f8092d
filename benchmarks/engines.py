"""Selectors over a million nodes in databases and data frames, in each of their layouts.

Each counts the nodes that match ``FIVE``, ``rack=``, and a negation, and makes the explanation of
``FIVE``, except with Polars: its numbers alone, and all of it. In PostgreSQL, it reads the first 20
ids of ``FIVE`` (page), too. In PostgreSQL and DuckDB, queries written by hand are beside those of
the library; numbers by hand are one query, how many nodes fail which requirements, and nothing
else. Every answer is compared with the answer of the inventory. In interleaved rounds of one call
each. Prints a Markdown table and writes
``results/engines.json``.

    python -m benchmarks.engines [ROUNDS [N]]

PostgreSQL is started if it is installed, and Spark if ``pyspark`` and Java are
(``tests/engines/requirements.txt``).
"""

import contextlib
import importlib.util
import itertools
import json
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import duckdb
import polars as pl
import pyarrow as pa
from tests.engines.postgresql import MISSING, postgresql

from benchmarks.fleet import FIVE, VALUES, nodes
from benchmarks.record import duration, machine, print_table, write
from benchmarks.rounds import Timing, interleaved
from nodeselect import Explanation, Inventory, Node, Selector
from nodeselect.engines import polars as of_polars
from nodeselect.engines.sql import LongTable, SqlNodes
from nodeselect.engines.sql import text as sql
from nodeselect.engines.sql.text import Name

_NODES = 1_000_000
_ROUNDS = 5
_BATCH = 50_000

COLUMNS = {key: key for key in VALUES}

SELECTORS = {
    "five": Selector.parse(FIVE),
    "rack=": Selector.parse("rack=rack-0007"),
    "!=": Selector.parse("environment!=prod"),
}


# What an expert writes for each requirement.
_BY_HAND = {
    "columns": {
        "five": (
            "region = 'us-east'", "tier IN ('premium', 'standard')",
            "environment IS DISTINCT FROM 'prod'", "gpu IS NOT NULL", "debug IS NULL",
        ),
        "rack=": ("rack = 'rack-0007'",),
        "!=": ("environment IS DISTINCT FROM 'prod'",),
    },
    "jsonb": {
        "five": (
            'labels @> \'{"region": "us-east"}\'', "labels ->> 'tier' IN ('premium', 'standard')",
            "labels ->> 'environment' IS DISTINCT FROM 'prod'", "labels ? 'gpu'",
            "NOT labels ? 'debug'",
        ),
        "rack=": ('labels @> \'{"rack": "rack-0007"}\'',),
        "!=": ("labels ->> 'environment' IS DISTINCT FROM 'prod'",),
    },
    "map": {
        "five": (
            "labels['region'] = 'us-east'", "labels['tier'] IN ('premium', 'standard')",
            "labels['environment'] IS DISTINCT FROM 'prod'", "labels['gpu'] IS NOT NULL",
            "labels['debug'] IS NULL",
        ),
        "rack=": ("labels['rack'] = 'rack-0007'",),
        "!=": ("labels['environment'] IS DISTINCT FROM 'prod'",),
    },
}  # fmt: skip


class Fleet(Protocol):
    """What is measured."""

    def count(self, selector: Selector) -> int: ...


class OfInventory(NamedTuple):
    """An inventory in this process."""

    inventory: Inventory

    def count(self, selector: Selector) -> int:
        return len(self.inventory.match(selector))

    def numbers(self, selector: Selector) -> object:
        return self.inventory.failure_counts(selector)

    def explain(self, selector: Selector) -> Explanation:
        return self.inventory.explain(selector)


class OfSql(NamedTuple):
    """A table of a database."""

    execute: Callable[[str], Any]
    dialect: str
    table: Name
    labels: Name | LongTable | None
    columns: dict[str, Name]
    exact: bool = False

    def condition(self, selector: Selector) -> str:
        return sql.where(
            selector, self.dialect, labels=self.labels, columns=self.columns, exact=self.exact
        )

    def count(self, selector: Selector) -> int:
        return _count(self.execute, self.table, self.condition(selector))

    def page(self, selector: Selector) -> list[str]:
        return _page(self.execute, self.table, self.condition(selector))

    def numbers(self, selector: Selector) -> object:
        return self._nodes.explain(selector, examples=0)

    def explain(self, selector: Selector) -> Explanation:
        return self._nodes.explain(selector)

    @property
    def _nodes(self) -> SqlNodes:
        return SqlNodes(
            self.execute, self.dialect, self.table, labels=self.labels, columns=self.columns
        )


class ByHand(NamedTuple):
    """A table of a database, with conditions written by hand."""

    execute: Callable[[str], Any]
    table: str
    layout: str

    def count(self, selector: Selector) -> int:
        return _count(self.execute, self.table, " AND ".join(self._conditions(selector)))

    def page(self, selector: Selector) -> list[str]:
        return _page(self.execute, self.table, " AND ".join(self._conditions(selector)))

    def numbers(self, selector: Selector) -> object:
        conditions = self._conditions(selector)
        names = ", ".join(f"r{at}" for at in range(len(conditions)))
        columns = ", ".join(f"({each}) AS r{at}" for at, each in enumerate(conditions))
        groups = f"SELECT {names}, count(*) FROM (SELECT {columns} FROM {self.table}) AS failures"
        return list(self.execute(f"{groups} GROUP BY {names}"))

    def _conditions(self, selector: Selector) -> tuple[str, ...]:
        (name,) = (name for name, each in SELECTORS.items() if each == selector)
        return _BY_HAND[self.layout][name]


def _count(execute: Callable[[str], Any], table: Name, condition: str) -> int:
    [[count]] = execute(f"SELECT count(*) FROM {table} WHERE {condition}")
    return int(count)


def _page(execute: Callable[[str], Any], table: Name, condition: str) -> list[str]:
    rows = execute(f"SELECT id FROM {table} WHERE {condition} ORDER BY id LIMIT 20")
    return [node_id for (node_id,) in rows]


class OfPolars(NamedTuple):
    """A data frame, or a file that Polars scans."""

    frame: pl.LazyFrame
    labels: str | None

    def count(self, selector: Selector) -> int:
        columns = {} if self.labels else COLUMNS
        condition = of_polars.where(selector, labels=self.labels, columns=columns)
        return int(self.frame.filter(condition).select(pl.len()).collect().item())


def main() -> None:
    """Measure all, print and write."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else _ROUNDS
    n = int(sys.argv[2]) if len(sys.argv) > 2 else _NODES
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        inventory = OfInventory(_inventory(n))
        fleets: dict[str, Fleet] = {"nodeselect": inventory}
        fleets |= _duckdb(n, Path(folder))
        fleets |= _polars(Path(folder))
        fleets |= _sqlite(n)
        fleets |= stack.enter_context(_postgresql(n))
        fleets |= stack.enter_context(_spark(Path(folder)))
        _compare(fleets, inventory)
        five = SELECTORS["five"]
        calls: dict[str, Callable[[], object]] = {}
        for name, fleet in fleets.items():
            for what, selector in SELECTORS.items():
                calls[f"{name}|{what}"] = partial(fleet.count, selector)
            if name.startswith("PostgreSQL") and isinstance(fleet, OfSql | ByHand):
                calls[f"{name}|page"] = partial(fleet.page, five)
            if isinstance(fleet, OfInventory | OfSql | ByHand):
                calls[f"{name}|numbers"] = partial(fleet.numbers, five)
            if isinstance(fleet, OfInventory | OfSql):
                calls[f"{name}|explain"] = partial(fleet.explain, five)
        times = interleaved(calls, rounds, turn=0)
    measured = [*SELECTORS, "page", "numbers", "explain"]
    print_table(
        ("", *measured),
        [(name, *(_shown(times.get(f"{name}|{what}")) for what in measured)) for name in fleets],
    )
    spark = ["pyspark"] if importlib.util.find_spec("pyspark") else []
    packages = ["duckdb", "polars", "psycopg", *spark]
    result = {name: timing._asdict() for name, timing in times.items()}
    write("engines", {"machine": machine(*packages), "nodes": n, "times": result})


def _shown(timing: Timing | None) -> str:
    return "" if timing is None else duration(timing.median_us)


def _compare(fleets: dict[str, Fleet], inventory: OfInventory) -> None:
    """Raise unless all answers are those of the inventory."""
    explanation = str(inventory.explain(SELECTORS["five"]))
    for name, fleet in fleets.items():
        for what, selector in SELECTORS.items():
            assert fleet.count(selector) == inventory.count(selector), (name, what)
        if name.startswith("PostgreSQL") and isinstance(fleet, OfSql | ByHand):
            first = inventory.inventory.match(SELECTORS["five"]).first(20)
            assert fleet.page(SELECTORS["five"]) == [node.id for node in first], name
        if isinstance(fleet, OfSql):
            assert str(fleet.explain(SELECTORS["five"])) == explanation, name


def _inventory(n: int) -> Inventory:
    return Inventory(Node(node_id, labels) for node_id, labels in nodes(n))


def _batches(n: int) -> Iterator[list[tuple[str, dict[str, str]]]]:
    fleet = nodes(n)
    while batch := list(itertools.islice(fleet, _BATCH)):
        yield batch


def _own(batch: Iterable[tuple[str, dict[str, str]]]) -> list[tuple[str | None, ...]]:
    return [(node_id, *map(labels.get, COLUMNS)) for node_id, labels in batch]


def _defined(type_: str) -> str:
    return ", ".join(f'"{key}" {type_}' for key in COLUMNS)


def _duckdb(n: int, folder: Path) -> dict[str, Fleet]:
    """Fill DuckDB, and write the files that others read, too."""
    database = duckdb.connect()
    database.execute("CREATE TABLE nodes (id VARCHAR, labels MAP(VARCHAR, VARCHAR))")
    type_ = pa.map_(pa.string(), pa.string())
    for batch in _batches(n):
        ids, labels = zip(*batch, strict=True)
        arrays = [pa.array(ids), pa.array([list(each.items()) for each in labels], type_)]
        database.register("batch", pa.table(arrays, names=["id", "labels"]))
        database.execute("INSERT INTO nodes SELECT * FROM batch")
    own = ", ".join(f"labels['{key}'] AS \"{key}\"" for key in COLUMNS)
    database.execute(f"CREATE TABLE wide AS SELECT id, {own} FROM nodes")
    order = "region, gpu, environment, tier, rack"
    for name, query in {
        "map": "SELECT * FROM nodes",
        "wide": "SELECT * FROM wide",
        "sorted": f"SELECT * FROM wide ORDER BY {order}",
    }.items():
        file = folder / f"{name}.parquet"
        database.execute(f"COPY ({query}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")
        database.execute(f"CREATE VIEW {name}_file AS SELECT * FROM '{file}'")

    def execute(query: str) -> list[tuple[Any, ...]]:
        return database.execute(query).fetchall()

    ask = partial(OfSql, execute, "duckdb")
    return {
        "DuckDB, map": ask("nodes", "labels", {}),
        "DuckDB, map, by hand": ByHand(execute, "nodes", "map"),
        "DuckDB, columns": ask("wide", None, dict(COLUMNS)),
        "DuckDB, columns, by hand": ByHand(execute, "wide", "columns"),
        "DuckDB, Parquet, map": ask("map_file", "labels", {}),
        "DuckDB, Parquet, columns": ask("wide_file", None, dict(COLUMNS)),
        "DuckDB, Parquet, sorted columns": ask("sorted_file", None, dict(COLUMNS)),
    }


def _polars(folder: Path) -> dict[str, Fleet]:
    wide = pl.scan_parquet(folder / "wide.parquet")
    return {
        "Polars, columns": OfPolars(
            wide.with_columns(pl.col(list(COLUMNS)).cast(pl.Categorical)).collect().lazy(), None
        ),
        "Polars, Parquet, columns": OfPolars(wide, None),
    }


def _sqlite(n: int) -> dict[str, Fleet]:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE nodes (id TEXT PRIMARY KEY, labels TEXT)")
    database.execute(f"CREATE TABLE wide (id TEXT PRIMARY KEY, {_defined('TEXT')})")
    marks = ", ".join("?" * (len(COLUMNS) + 1))
    for batch in _batches(n):
        rows = ((node_id, json.dumps(labels)) for node_id, labels in batch)
        database.executemany("INSERT INTO nodes VALUES (?, ?)", rows)
        database.executemany(f"INSERT INTO wide VALUES ({marks})", _own(batch))
    for key in ("region", "rack"):
        database.execute(f"CREATE INDEX wide_{key} ON wide ({key})")
    database.execute("ANALYZE")
    return {
        "SQLite, JSON": OfSql(database.execute, "sqlite", "nodes", "labels", {}),
        "SQLite, columns and indexes": OfSql(
            database.execute, "sqlite", "wide", None, dict(COLUMNS)
        ),
    }


@contextlib.contextmanager
def _postgresql(n: int) -> Iterator[dict[str, Fleet]]:
    import psycopg

    with postgresql() as connect_to:
        if connect_to is None:
            print(f"without PostgreSQL: {MISSING}", file=sys.stderr)
            yield {}
            return
        with psycopg.connect(connect_to, autocommit=True) as connection:

            def execute(query: str) -> Any:
                return connection.execute(query.encode())

            execute('CREATE TABLE nodes (id TEXT COLLATE "C" PRIMARY KEY, labels jsonb)')
            execute(f'CREATE TABLE wide (id TEXT COLLATE "C" PRIMARY KEY, {_defined("TEXT")})')
            with connection.cursor() as cursor:
                for table in ("nodes", "wide"):
                    with cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
                        for batch in _batches(n):
                            for row in _own(batch) if table == "wide" else batch:
                                values = row if table == "wide" else (row[0], json.dumps(row[1]))
                                copy.write_row(values)
            execute("CREATE INDEX ON nodes USING gin (labels)")
            for key in ("region", "rack", "gpu"):
                execute(f"CREATE INDEX ON wide ({key})")
            execute("ALTER TABLE nodes ALTER labels SET STATISTICS 1000")  # as docs/engines.md says
            execute("VACUUM ANALYZE")
            ask = partial(OfSql, execute, "postgresql")
            yield {
                "PostgreSQL, jsonb and GIN": ask("nodes", "labels", {}),
                "PostgreSQL, jsonb and GIN, by hand": ByHand(execute, "nodes", "jsonb"),
                "PostgreSQL, columns and indexes": ask("wide", None, dict(COLUMNS)),
                "PostgreSQL, columns and indexes, exact": ask("wide", None, dict(COLUMNS), True),
                "PostgreSQL, columns and indexes, by hand": ByHand(execute, "wide", "columns"),
            }


@contextlib.contextmanager
def _spark(folder: Path) -> Iterator[dict[str, Fleet]]:
    if importlib.util.find_spec("pyspark") is None:
        print("without Spark: pyspark is not installed", file=sys.stderr)
        yield {}
        return
    from pyspark.sql import SparkSession

    builder: Any = SparkSession.builder
    for key, value in {
        "spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1", "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "2", "spark.driver.memory": "3g",
    }.items():  # fmt: skip
        builder = builder.config(key, value)
    session = builder.master("local[2]").getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    try:
        for name in ("map", "sorted"):
            file = str(folder / f"{name}.parquet")
            session.read.parquet(file).createOrReplaceTempView(f"{name}_file")
        ask = partial(OfSql, lambda query: session.sql(query).collect(), "spark")
        yield {
            "Spark, Parquet, map": ask("map_file", "labels", {}),
            "Spark, Parquet, sorted columns": ask("sorted_file", None, dict(COLUMNS)),
        }
    finally:
        session.stop()


if __name__ == "__main__":
    main()
