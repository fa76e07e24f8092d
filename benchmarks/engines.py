"""Selectors over a million nodes in databases and data frames, in each of their layouts.

Each counts the nodes that match each of ``SELECTORS``. All but Polars explain ``FIVE``: its numbers
alone, and all of it. PostgreSQL and SQLite also explain ``FIVE`` with requests and no tolerations
(placed), and PostgreSQL reads pages of 20 ids. In PostgreSQL, DuckDB and SQLite, queries written by
hand are beside those of the library; there, numbers are one query, how many nodes fail which
requirements, with the lowest id, and nothing else. Every answer is compared with the answer of the
inventory. In interleaved rounds of one call each; of pages, as many as take 2 ms. Prints a Markdown
table and writes ``results/engines.json``.

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
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias

import duckdb
import polars as pl
import pyarrow as pa
from tests.engines.postgresql import MISSING, postgresql

from benchmarks.fleet import FIVE, VALUES, nodes
from benchmarks.record import duration, machine, print_table, write
from benchmarks.rounds import Timing, interleaved
from nodeselect import Explanation, Inventory, Node, Placement, Selector, Taint
from nodeselect.engines import polars as of_polars
from nodeselect.engines.sql import LongTable, SqlNodes
from nodeselect.engines.sql import text as sql
from nodeselect.engines.sql.text import Name

_NODES = 1_000_000
_ROUNDS = 5
_BATCH = 50_000

COLUMNS = {key: key for key in (*VALUES, "cores")}

SELECTORS = {
    "five": Selector.parse(FIVE),
    "rack=": Selector.parse("rack=rack-0007"),
    "!=": Selector.parse("environment!=prod"),
    "notin": Selector.parse("team notin (team-01,team-02)"),
    ">": Selector.parse("cores>16"),
    "<": Selector.parse("cores<8"),
}

PLACEMENT = Placement(SELECTORS["five"], requests={"cpu": "4", "memory": "16Gi"})

_FACTS = {"taints": "taints", "resources": "resources"}

_NUMBERS = {
    "postgresql": "{} ~ '^[0-9]{{1,18}}$'",
    "duckdb": "regexp_full_match({}, '[0-9]{{1,18}}')",
    "sqlite": "{0} NOT GLOB '*[^0-9]*' AND length({0}) BETWEEN 1 AND 18",
}
_HAS = "EXISTS (SELECT 1 FROM labels WHERE node_id = long.id AND key = '{}' AND {})"


def _by_hand(dialect: str, value: str) -> dict[str, tuple[str, ...]]:
    """Return what an expert writes for each requirement, given how the value of a label is read."""
    region, tier, environment, gpu, debug, rack, team, cores = map(
        value.format,
        ("region", "tier", "environment", "gpu", "debug", "rack", "team", "cores"),
    )
    number = f"CASE WHEN {_NUMBERS[dialect].format(cores)} THEN CAST({cores} AS BIGINT)"
    return {
        "five": (
            f"{region} = 'us-east'", f"{tier} IN ('premium', 'standard')",
            f"{environment} IS DISTINCT FROM 'prod'", f"{gpu} IS NOT NULL", f"{debug} IS NULL",
        ),
        "rack=": (f"{rack} = 'rack-0007'",),
        "!=": (f"{environment} IS DISTINCT FROM 'prod'",),
        "notin": (f"coalesce({team} NOT IN ('team-01', 'team-02'), TRUE)",),
        ">": (f"{number} > 16 ELSE FALSE END",),
        "<": (f"{number} < 8 ELSE FALSE END",),
    }  # fmt: skip


def _by_hand_long() -> dict[str, tuple[str, ...]]:
    """Return the same for PostgreSQL with labels in a table of their own."""
    number = f"CASE WHEN {_NUMBERS['postgresql'].format('value')} THEN CAST(value AS BIGINT)"
    not_prod = "NOT " + _HAS.format("environment", "value = 'prod'")
    return {
        "five": (
            _HAS.format("region", "value = 'us-east'"),
            _HAS.format("tier", "value IN ('premium', 'standard')"),
            not_prod,
            _HAS.format("gpu", "TRUE"),
            "NOT " + _HAS.format("debug", "TRUE"),
        ),
        "rack=": (_HAS.format("rack", "value = 'rack-0007'"),),
        "!=": (not_prod,),
        "notin": ("NOT " + _HAS.format("team", "value IN ('team-01', 'team-02')"),),
        ">": (_HAS.format("cores", f"{number} > 16 ELSE FALSE END"),),
        "<": (_HAS.format("cores", f"{number} < 8 ELSE FALSE END"),),
    }


_JSONB = _by_hand("postgresql", "(labels ->> '{}')") | {
    "five": (
        'labels @> \'{"region": "us-east"}\'', "labels ->> 'tier' IN ('premium', 'standard')",
        "labels ->> 'environment' IS DISTINCT FROM 'prod'", "labels ? 'gpu'",
        "NOT labels ? 'debug'",
    ),
    "rack=": ('labels @> \'{"rack": "rack-0007"}\'',),
}  # fmt: skip

_PLACED = {
    "postgresql": (
        "NOT EXISTS (SELECT FROM jsonb_array_elements(taints) AS t(taint) WHERE {})".format(
            "taint ->> 'effect' IN ('NoSchedule', 'NoExecute')"
        ),
        "coalesce(CAST(resources ->> 'cpu' AS bigint), 0) >= 4000",
        "coalesce(CAST(resources ->> 'memory' AS bigint), 0) >= 17179869184",
    ),
    "sqlite": (
        "NOT EXISTS (SELECT 1 FROM json_each(taints) AS taint WHERE {})".format(
            "taint.value ->> 'effect' IN ('NoSchedule', 'NoExecute')"
        ),
        "coalesce(json_extract(resources, '$.cpu'), 0) >= 4000",
        "coalesce(json_extract(resources, '$.memory'), 0) >= 17179869184",
    ),
}


# An id, labels, taints and resources.
_Node: TypeAlias = tuple[str, dict[str, str], list[dict[str, str]], dict[str, int]]

# Engines of which placements are measured.
_PLACING = ("PostgreSQL", "SQLite")


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

    def explain(self, selector: Selector | Placement) -> Explanation:
        return self.inventory.explain(selector)


class OfSql(NamedTuple):
    """A table of a database."""

    execute: Callable[[str], Any]
    dialect: str
    table: Name
    labels: Name | LongTable | None
    columns: dict[str, Name]
    exact: bool = False
    id: Name = "id"

    def condition(self, selector: Selector) -> str:
        return sql.where(
            selector, self.dialect, labels=self.labels, id=self.id, columns=self.columns,
            exact=self.exact,
        )  # fmt: skip

    def count(self, selector: Selector) -> int:
        return _count(self.execute, self.table, self.condition(selector))

    def page(self, selector: Selector) -> list[str]:
        return _page(self.execute, self.table, self.condition(selector))

    def numbers(self, selector: Selector) -> object:
        return self._nodes.explain(selector, examples=0)

    def explain(self, selector: Selector) -> Explanation:
        return self._nodes.explain(selector)

    def placed(self) -> Explanation:
        return self._nodes.explain(PLACEMENT)

    @property
    def _nodes(self) -> SqlNodes:
        return SqlNodes(
            self.execute, self.dialect, self.table, labels=self.labels, columns=self.columns,
            **_FACTS,
        )  # fmt: skip


class ByHand(NamedTuple):
    """A table of a database, with conditions written by hand."""

    execute: Callable[[str], Any]
    dialect: str
    table: str
    conditions: dict[str, tuple[str, ...]]

    def count(self, selector: Selector) -> int:
        return _count(self.execute, self.table, " AND ".join(self._conditions(selector)))

    def page(self, selector: Selector) -> list[str]:
        return _page(self.execute, self.table, " AND ".join(self._conditions(selector)))

    def numbers(self, selector: Selector) -> object:
        return self._groups(self._conditions(selector))

    def placed(self) -> object:
        return self._groups((*self.conditions["five"], *_PLACED[self.dialect]))

    def _groups(self, conditions: Sequence[str]) -> object:
        bits = " + ".join(
            f"CASE WHEN {each} THEN 0 ELSE {1 << at} END" for at, each in enumerate(conditions)
        )
        failures = f"(SELECT id, {bits} AS failed FROM {self.table}) AS failures"
        return list(
            self.execute(f"SELECT failed, count(*), min(id) FROM {failures} GROUP BY failed")
        )

    def _conditions(self, selector: Selector) -> tuple[str, ...]:
        (name,) = (name for name, each in SELECTORS.items() if each == selector)
        return self.conditions[name]


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
        pages: dict[str, Callable[[], object]] = {}
        for name, fleet in fleets.items():
            for what, selector in SELECTORS.items():
                calls[f"{name}|{what}"] = partial(fleet.count, selector)
                if name.startswith("PostgreSQL") and isinstance(fleet, OfSql | ByHand):
                    pages[f"{name}|page {what}"] = partial(fleet.page, selector)
            if name.startswith(_PLACING) and isinstance(fleet, OfSql | ByHand):
                calls[f"{name}|placed"] = fleet.placed
            if isinstance(fleet, OfInventory | OfSql | ByHand):
                calls[f"{name}|numbers"] = partial(fleet.numbers, five)
            if isinstance(fleet, OfInventory | OfSql):
                calls[f"{name}|explain"] = partial(fleet.explain, five)
        times = interleaved(calls, rounds, turn=0) | interleaved(pages, rounds)
    of_pages = [f"page {what}" for what in SELECTORS]
    measured = [*SELECTORS, *of_pages, "numbers", "explain", "placed"]
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
    placed = inventory.explain(PLACEMENT).matched
    for name, fleet in fleets.items():
        for what, selector in SELECTORS.items():
            assert fleet.count(selector) == inventory.count(selector), (name, what)
            if name.startswith("PostgreSQL") and isinstance(fleet, OfSql | ByHand):
                first = inventory.inventory.match(selector).first(20)
                assert fleet.page(selector) == [node.id for node in first], (name, what)
        if name.startswith(_PLACING) and isinstance(fleet, OfSql):
            assert fleet.placed().matched == placed, name
        if isinstance(fleet, OfSql):
            assert str(fleet.explain(SELECTORS["five"])) == explanation, name


def _inventory(n: int) -> Inventory:
    return Inventory(
        Node(node_id, labels, taints=[Taint(**each) for each in taints], resources=resources)
        for node_id, labels, taints, resources in _fleet(n)
    )


def _fleet(n: int) -> Iterator[_Node]:
    """Yield the nodes of all benchmarks, with numbers as labels, taints and resources."""
    soft = {"key": "spot", "value": "", "effect": "PreferNoSchedule"}
    hard = {"key": "dedicated", "value": "ml", "effect": "NoSchedule"}
    for number, (node_id, labels) in enumerate(nodes(n)):
        taints = [hard] if number % 20 == 0 else [soft] if number % 33 == 0 else []
        resources = {"cpu": number * 7919 % 16 * 1000, "memory": number * 104_729 % 8 * 2**33}
        yield node_id, labels | {"cores": str(number * 7919 % 64 + 1)}, taints, resources


def _batches(n: int) -> Iterator[list[_Node]]:
    fleet = _fleet(n)
    while batch := list(itertools.islice(fleet, _BATCH)):
        yield batch


def _own(batch: Iterable[_Node]) -> list[tuple[str | None, ...]]:
    return [
        (node_id, *map(labels.get, COLUMNS), json.dumps(taints), json.dumps(resources))
        for node_id, labels, taints, resources in batch
    ]


def _all_labels(batch: Iterable[_Node]) -> list[tuple[str, ...]]:
    return [(node_id, *map(json.dumps, others)) for node_id, *others in batch]


def _defined(type_: str) -> str:
    return ", ".join(f'"{key}" {type_}' for key in COLUMNS)


def _duckdb(n: int, folder: Path) -> dict[str, Fleet]:
    """Fill DuckDB, and write the files that others read, too."""
    database = duckdb.connect()
    database.execute("CREATE TABLE nodes (id VARCHAR, labels MAP(VARCHAR, VARCHAR))")
    type_ = pa.map_(pa.string(), pa.string())
    for batch in _batches(n):
        ids, labels, *_ = zip(*batch, strict=True)
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
        "DuckDB, map, by hand": ByHand(
            execute, "duckdb", "nodes", _by_hand("duckdb", "labels['{}']")
        ),
        "DuckDB, columns": ask("wide", None, dict(COLUMNS)),
        "DuckDB, columns, by hand": ByHand(execute, "duckdb", "wide", _by_hand("duckdb", "{}")),
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
    facts = "taints TEXT, resources TEXT"
    database.execute(f"CREATE TABLE nodes (id TEXT PRIMARY KEY, labels TEXT, {facts})")
    database.execute(f"CREATE TABLE wide (id TEXT PRIMARY KEY, {_defined('TEXT')}, {facts})")
    marks = ", ".join("?" * (len(COLUMNS) + 3))
    for batch in _batches(n):
        database.executemany("INSERT INTO nodes VALUES (?, ?, ?, ?)", _all_labels(batch))
        database.executemany(f"INSERT INTO wide VALUES ({marks})", _own(batch))
    for key in ("region", "rack"):
        database.execute(f"CREATE INDEX wide_{key} ON wide ({key})")
    database.execute("ANALYZE")
    ask = partial(OfSql, database.execute, "sqlite")
    by_hand = partial(ByHand, database.execute, "sqlite")
    json_value = "json_extract(labels, '$.{}')"
    return {
        "SQLite, JSON": ask("nodes", "labels", {}),
        "SQLite, JSON, by hand": by_hand("nodes", _by_hand("sqlite", json_value)),
        "SQLite, columns and indexes": ask("wide", None, dict(COLUMNS)),
        "SQLite, columns and indexes, by hand": by_hand("wide", _by_hand("sqlite", "{}")),
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

            node_id, facts = 'id TEXT COLLATE "C" PRIMARY KEY', "taints jsonb, resources jsonb"
            execute(f"CREATE TABLE nodes ({node_id}, labels jsonb, {facts})")
            execute(f"CREATE TABLE wide ({node_id}, {_defined('TEXT')}, {facts})")
            with connection.cursor() as cursor:
                for table in ("nodes", "wide"):
                    with cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
                        for batch in _batches(n):
                            for row in _own(batch) if table == "wide" else _all_labels(batch):
                                copy.write_row(row)
            execute("CREATE TABLE long AS SELECT id, taints, resources FROM nodes")
            execute(
                "CREATE TABLE labels AS SELECT id AS node_id, key, value"
                " FROM nodes, jsonb_each_text(labels)"
            )
            # As docs/engines.md says.
            execute("CREATE INDEX ON nodes USING gin (labels)")
            execute("ALTER TABLE nodes ALTER labels SET STATISTICS 1000")
            for key in ("region", "rack", "gpu"):
                execute(f"CREATE INDEX ON wide ({key})")
            execute("ALTER TABLE long ADD PRIMARY KEY (id)")
            execute("CREATE INDEX ON labels (key, value, node_id)")
            execute("CREATE UNIQUE INDEX ON labels (node_id, key)")
            execute("CREATE STATISTICS labels_mcv (mcv) ON key, value FROM labels")
            execute("VACUUM ANALYZE")
            ask = partial(OfSql, execute, "postgresql")
            by_hand = partial(ByHand, execute, "postgresql")
            labels = LongTable("labels")
            yield {
                "PostgreSQL, jsonb and GIN": ask("nodes", "labels", {}),
                "PostgreSQL, jsonb and GIN, by hand": by_hand("nodes", _JSONB),
                "PostgreSQL, columns and indexes": ask("wide", None, dict(COLUMNS)),
                "PostgreSQL, columns and indexes, exact": ask("wide", None, dict(COLUMNS), True),
                "PostgreSQL, columns and indexes, by hand": by_hand(
                    "wide", _by_hand("postgresql", "{}")
                ),
                "PostgreSQL, table of labels, exact": ask("long", labels, {}, True),
                "PostgreSQL, table of labels, by hand": by_hand("long", _by_hand_long()),
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
