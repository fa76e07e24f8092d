"""Indexes and the statistics of files serve the conditions."""

import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import registry

from nodeselect import Selector
from nodeselect.engines import sql, sqlalchemy
from tests.engines.databases import Database

# Few of the nodes: an index is worth it.
FEW = Selector.parse("rack=rack-0007,gpu,environment!=prod")

_ROWS = """
    SELECT 'node-' || i AS id, 'rack-' || lpad((i % 2000)::text, 4, '0') AS rack,
    CASE WHEN i % 11 = 0 THEN 'true' END AS gpu,
    CASE i % 4 WHEN 0 THEN 'prod' ELSE 'test' END AS environment,
    CASE WHEN i * 7919 % 1009 < 500 THEN 'true' END AS half,
    CASE WHEN i % 5 > 0 THEN (i % 64)::text END AS cores
"""


@pytest.fixture
def postgresql(start: Callable[[str], Database]) -> Database:
    """PostgreSQL with 20,000 nodes: as columns, as jsonb, and as a long table, all indexed."""
    database = start("postgresql")
    for statement in (
        "DROP TABLE IF EXISTS wide, nodes, long",
        f"CREATE TABLE wide AS {_ROWS} FROM generate_series(1, 20000) AS i",
        "CREATE INDEX wide_rack ON wide (rack)",
        "CREATE UNIQUE INDEX wide_id ON wide (id)",
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
    without_marks = sql.where(FEW, "postgresql-jdbc")
    assert "?" not in without_marks
    assert re.search("Index Cond: .*@>.*@@", plan(postgresql, "nodes", without_marks))
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


def analyzed(database: Database, query: str) -> Iterator[dict[str, Any]]:
    """Run a query, and yield the steps of its plan, the outer ones first."""
    [[[explained]]] = database.run(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}")
    steps = [explained["Plan"]]
    for step in steps:
        yield step
        steps += step.get("Plans", [])


TERMS = [
    "environment=prod", "environment!=prod", "environment in (prod,test)", "environment=prod,gpu",
    "environment=prod,gpu,half=true", "environment=prod,half!=true,!gpu", "gpu=true",
    "gpu=true,half=true", "gpu!=true", "gpu!=true,environment!=prod", "cores>15", "cores<48,gpu",
    "cores in (1,2,4,8,16),half=true", "rack=rack-0007",
]  # fmt: skip


def test_postgresql_estimates_rows(postgresql: Database) -> None:
    """The planner expects a third to three times the rows of one, two and three terms."""
    own = {key: key for key in ("rack", "gpu", "environment", "half", "cores")}
    cases = [(text, "wide", own) for text in TERMS]
    cases += [(text, "nodes", {}) for text in TERMS[:-1]]  # of jsonb, frequent values are known
    for (text, table, columns), exact in itertools.product(cases, (False, True)):
        labels = None if columns else "labels"
        condition = sql.where(
            Selector.parse(text), "postgresql", labels=labels, columns=columns, exact=exact
        )
        scan = next(analyzed(postgresql, f"SELECT * FROM {table} WHERE {condition}"))
        rows = scan["Actual Rows"]
        assert rows / 3 < scan["Plan Rows"] < rows * 3, (text, table, exact)


def test_postgresql_estimates_rows_of_a_long_table(postgresql: Database) -> None:
    """With statistics on keys and values together, if texts are compared once."""
    postgresql.run("CREATE STATISTICS long_statistics (mcv) ON key, value FROM long")
    postgresql.run("ANALYZE long")
    for text in ("environment=prod", "environment in (prod,test)", "environment=prod,half=true"):
        condition = sql.where(
            Selector.parse(text), "postgresql", labels=sql.LongTable("long"), exact=True
        )
        scan = next(analyzed(postgresql, f"SELECT * FROM nodes WHERE {condition}"))
        assert scan["Actual Rows"] / 3 < scan["Plan Rows"] < scan["Actual Rows"] * 3, text


def test_postgresql_reads_few_rows_for_a_page(postgresql: Database) -> None:
    """The first rows in order are read from the index of the ids; no other rows are sorted."""
    listed = Selector.parse(f"cores in ({','.join(map(str, range(20)))}),environment notin (a,b)")
    page = f"SELECT id FROM nodes WHERE {sql.where(listed, 'postgresql')} ORDER BY id LIMIT 20"
    steps = [step["Node Type"] for step in analyzed(postgresql, page)]
    assert steps == ["Limit", "Index Scan"]
    columns = {"environment": "environment", "half": "half"}
    for exact in (False, True):
        condition = sql.where(
            Selector.parse("environment=prod,half=true"), "postgresql", labels=None,
            columns=columns, exact=exact,
        )  # fmt: skip
        page = f"SELECT id FROM wide WHERE {condition} ORDER BY id LIMIT 20"
        steps = [step["Node Type"] for step in analyzed(postgresql, page)]
        assert steps == ["Limit", "Index Scan"]
        joined = (
            "SELECT a.id FROM wide AS a JOIN wide AS b USING (rack)"
            f" WHERE a.id IN (SELECT id FROM wide WHERE {condition})"
        )
        assert "Nested Loop" not in {step["Node Type"] for step in analyzed(postgresql, joined)}


def test_postgresql_hashes_a_long_table_without_indexes(postgresql: Database) -> None:
    """Each requirement reads the table of labels once, not once for each node."""
    for statement in (
        "DROP TABLE IF EXISTS bare, bare_labels",
        "CREATE TABLE bare AS TABLE nodes",
        "CREATE TABLE bare_labels AS TABLE long",
        "ANALYZE bare, bare_labels",
    ):
        postgresql.run(statement)
    texts = "environment,half", "environment=prod,half", "half=true,!gpu,environment!=prod"
    for text, exact in itertools.product(texts, (False, True)):
        condition = sql.where(
            Selector.parse(text), "postgresql", labels=sql.LongTable("bare_labels"), exact=exact
        )
        for step in analyzed(postgresql, f"SELECT * FROM bare WHERE {condition}"):
            if step.get("Relation Name") == "bare_labels":
                assert step["Actual Loops"] == 1, (text, exact)


def test_postgresql_joins_a_long_table(postgresql: Database) -> None:
    """A negation is an anti join; its first rows are read from the index of the ids.

    So it is if the table of labels has a column of the same name as that of the ids.
    """
    postgresql.run("ALTER TABLE long ADD COLUMN id text")
    postgresql.run("CREATE UNIQUE INDEX long_node ON long (node_id, key)")
    postgresql.run("ANALYZE")
    labels, selector = sql.LongTable("long"), Selector.parse("environment!=prod,!debug")
    node = sa.table("nodes", sa.column("id"))
    long = sa.table("long", *map(sa.column, labels[1:]))
    columns: Any = (long.c.node_id, long.c.key, long.c.value)
    for exact in (False, True):
        own = sql.where(selector, "postgresql", labels=labels, exact=exact)
        condition = sqlalchemy.where(selector, labels=columns, id=node.c.id, exact=exact)
        compiled = (
            sa.select(node.c.id)
            .where(condition)
            .compile(dialect=registry.load("postgresql")(), compile_kwargs={"literal_binds": True})
        )
        for query in (f"SELECT id FROM nodes WHERE {own}", str(compiled)):
            assert ("concat" in query) != exact
            steps = list(analyzed(postgresql, f"{query} ORDER BY id LIMIT 20"))
            assert "Anti" in {step.get("Join Type") for step in steps}, query
            assert all(step["Actual Rows"] <= 200 for step in steps), query


def test_postgresql_explains_with_workers(postgresql: Database) -> None:
    """The queries that read all nodes are planned for several processes."""
    for setting in ("parallel_setup_cost", "parallel_tuple_cost", "min_parallel_table_scan_size"):
        postgresql.run(f"SET {setting} = 0")
    plans = []

    def run(query: str) -> Any:
        plans.append([str(row[0]) for row in postgresql.run(f"EXPLAIN {query}")])
        return postgresql.run(query)

    selector = Selector.parse("environment in (prod,test),gpu,rack!=rack-0007,half=true")
    sql.SqlNodes(run, "postgresql").explain(selector, examples=0)
    assert len(plans) == 3  # of the catalogue, of all nodes, and of the values of a rare one's key
    for plan in plans[1:]:
        assert any("Partial HashAggregate" in line for line in plan), plan


CATALOGUE = [
    ("text", True),
    ("varchar(80)", True),
    ("citext", False),
    ("wordy", False),
    ("char(80)", False),
    ('text COLLATE "loose"', False),
    ('text COLLATE "en-x-icu"', True),
]


@pytest.mark.parametrize(("change", "exact"), CATALOGUE)
def test_the_catalogue_shows_whether_texts_are_compared_once(
    start: Callable[[str], Database], change: str, exact: bool
) -> None:
    """One column in which other bytes may be equal is enough to compare all texts twice."""
    database = start("postgresql, loose")
    database.run("CREATE EXTENSION IF NOT EXISTS citext")
    for column in ("id", "region", "state", "node_id", "key", "value"):
        table = "catalogue" if column in ("id", "region", "state") else "catalogue_labels"
        for statement in (
            "DROP TABLE IF EXISTS catalogue, catalogue_labels",
            "DROP DOMAIN IF EXISTS wordy",
            "CREATE DOMAIN wordy AS text",
            "CREATE TABLE catalogue (id text, region text, state text, other citext)",
            "CREATE TABLE catalogue_labels (node_id text, key text, value text)",
            f"ALTER TABLE {table} ALTER {column} TYPE {change}",
        ):
            database.run(statement)
        nodes = sql.SqlNodes(
            database.run, "postgresql", ("public", "catalogue"), state="state",
            labels=sql.LongTable("catalogue_labels"), columns={"region": ("catalogue", "region")},
        )  # fmt: skip
        matching = nodes.match(Selector.parse("region=eu,gpu"))
        assert len(matching) == 0
        assert ("concat" not in matching._condition) == exact, column


@pytest.mark.parametrize("kind", ["VIEW", "a table with a child", "a partitioned table"])
def test_the_catalogue_does_not_show_the_columns_of_another_table(
    start: Callable[[str], Database], kind: str
) -> None:
    """What may read a table of another server, which has its own collations, is not exact."""
    database = start("postgresql, loose")
    columns = "(id text, region text)"
    for statement in (
        "DROP TABLE IF EXISTS plain CASCADE",
        "DROP TABLE IF EXISTS parts CASCADE",
        f"CREATE TABLE plain {columns}",
        f"CREATE TABLE parts {columns} PARTITION BY LIST (region)",
        "CREATE VIEW over_plain AS TABLE plain",
        *(["CREATE TABLE child () INHERITS (plain)"] if "child" in kind else []),
    ):
        database.run(statement)
    name = {"VIEW": "over_plain", "a partitioned table": "parts"}.get(kind, "plain")
    nodes = sql.SqlNodes(
        database.run, "postgresql", name, labels=None, columns={"region": "region"}
    )
    assert "concat" in nodes.match(Selector.parse("region=eu"))._condition


def test_what_the_catalogue_does_not_know(start: Callable[[str], Database]) -> None:
    """A table or column that is missing, or a query that fails, leaves the second comparison."""
    database = start("postgresql")
    database.run("DROP TABLE IF EXISTS catalogue")
    database.run("CREATE TABLE catalogue (id text)")

    def fails(query: str) -> Any:
        raise RuntimeError(query)

    for execute, table, name in (
        (database.run, "catalogue", "missing"),
        (database.run, "no such table", None),
        (fails, "catalogue", None),
    ):
        nodes = sql.SqlNodes(execute, "postgresql", table, labels=None, name=name)
        assert "concat" in nodes.match(Selector.of(match_ids=["n-1"]))._condition
    nodes = sql.SqlNodes(database.run, "postgresql", "catalogue", labels=None)
    assert "concat" not in nodes.match(Selector.of(match_ids=["n-1"]))._condition


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
