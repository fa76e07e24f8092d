"""Indexes and the statistics of files serve the conditions."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from nodeselect import Selector
from nodeselect.engines import sql
from tests.engines.databases import Database

# Few of the nodes: an index is worth it.
FEW = Selector.parse("rack=rack-0007,gpu,environment!=prod")

_ROWS = """
    SELECT 'node-' || i AS id, 'rack-' || lpad((i % 2000)::text, 4, '0') AS rack,
    CASE WHEN i % 10 = 0 THEN 'true' END AS gpu,
    CASE i % 4 WHEN 0 THEN 'prod' ELSE 'test' END AS environment
"""


@pytest.fixture
def postgresql(start: Callable[[str], Database]) -> Database:
    """PostgreSQL with 20,000 nodes: as columns, as jsonb, and as a long table, all indexed."""
    database = start("postgresql")
    for statement in (
        "DROP TABLE IF EXISTS wide, nodes, long",
        f"CREATE TABLE wide AS {_ROWS} FROM generate_series(1, 20000) AS i",
        "CREATE INDEX wide_rack ON wide (rack)",
        "CREATE TABLE nodes (id TEXT PRIMARY KEY, labels jsonb)",
        "INSERT INTO nodes SELECT id, jsonb_strip_nulls(to_jsonb(wide) - 'id') FROM wide",
        "CREATE INDEX nodes_labels ON nodes USING gin (labels)",
        "CREATE TABLE long AS SELECT id AS node_id, key, value FROM nodes, jsonb_each_text(labels)",
        "CREATE INDEX long_value ON long (key, value)",
        "ANALYZE",
    ):
        database.run(statement)
    return database


def plan(database: Database, table: str, condition: str) -> str:
    return "\n".join(
        str(row[-1]) for row in database.run(f"EXPLAIN SELECT * FROM {table} WHERE {condition}")
    )


def test_postgresql_uses_a_gin_index_of_jsonb(postgresql: Database) -> None:
    """Both ``=`` and the presence of a key are conditions of the index; the negation is not."""
    shown = plan(postgresql, "nodes", sql.where(FEW, "postgresql"))
    assert "Bitmap Index Scan on nodes_labels" in shown
    [condition] = (line for line in shown.splitlines() if "Index Cond" in line)
    assert "@>" in condition
    assert "?" in condition
    listed = sql.where(Selector.parse("rack in (rack-0001,rack-0002)"), "postgresql")
    assert plan(postgresql, "nodes", listed).count("Bitmap Index Scan on nodes_labels") == 2


def test_postgresql_uses_an_index_of_a_column(postgresql: Database) -> None:
    columns = {key: key for key in ("rack", "gpu", "environment")}
    shown = plan(postgresql, "wide", sql.where(FEW, "postgresql", labels=None, columns=columns))
    assert "Index Scan on wide_rack" in shown
    assert re.search("Index Cond: .*rack = 'rack-0007'::text", shown)


def test_postgresql_uses_the_indexes_of_a_long_table(postgresql: Database) -> None:
    """The labels are found by an index, and then the nodes by their ids."""
    rack = Selector.parse("rack=rack-0007")
    shown = plan(postgresql, "nodes", sql.where(rack, "postgresql", labels=sql.LongTable("long")))
    assert re.search("Index Cond: .*key = 'rack'::text.* AND .*value = 'rack-0007'::text", shown)
    assert "Index Scan using nodes_pkey on nodes" in shown


def test_postgresql_finds_ids_by_their_index(postgresql: Database) -> None:
    ids = Selector.of(match_ids=["node-5", "node-6"])
    shown = plan(postgresql, "nodes", sql.where(ids, "postgresql"))
    assert re.search("Index Scan (using|on) nodes_pkey", shown)


def test_duckdb_skips_parts_of_a_file(start: Callable[[str], Database], tmp_path: Path) -> None:
    """The conditions are filters of the scan of a Parquet file, which skips row groups by them."""
    database = start("duckdb")
    file = tmp_path / "nodes.parquet"
    database.run(f"COPY ({_ROWS} FROM range(20000) AS r(i)) TO '{file}' (FORMAT parquet)")
    columns = {key: key for key in ("rack", "gpu", "environment")}
    condition = sql.where(FEW, "duckdb", labels=None, columns=columns)
    shown = plan(database, f"'{file}'", condition)
    filters = shown[shown.index("Filters:") :]
    assert "rack = 'rack-0007'" in filters
    assert "gpu IS NOT NULL" in filters
    assert "environment" in filters


def test_sqlite_uses_an_index_of_a_column(start: Callable[[str], Database]) -> None:
    database = start("sqlite")
    database.run("CREATE TABLE wide (id TEXT PRIMARY KEY, rack TEXT)")
    database.run("CREATE INDEX wide_rack ON wide (rack)")
    rack = Selector.parse("rack in (a,b)")
    condition = sql.where(rack, "sqlite", labels=None, columns={"rack": "rack"})
    [row] = database.run(f"EXPLAIN QUERY PLAN SELECT * FROM wide WHERE {condition}")
    assert row[-1] == "SEARCH wide USING INDEX wide_rack (rack=?)"
