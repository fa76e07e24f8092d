"""Nodes of a database in an inventory: by Arrow, or row by row."""

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from nodeselect import Inventory, Node, Selector
from nodeselect.engines import sql
from nodeselect.engines.sql.nodes import SqlNodes

pa = pytest.importorskip("pyarrow")

NODES = [
    Node(f"n-{at}", {"region": ("eu", "us")[at % 2], "gpu": "t4"} if at % 3 else {}, state="ready")
    for at in range(9)
]
SELECTOR = Selector.parse("!gpu")
CHOSEN = [NODES[0], NODES[3], NODES[6]]
ROWS = [(node.id, dict(node.labels), node.labels.get("region"), node.state) for node in NODES]


def test_duckdb() -> None:
    """A relation of DuckDB is a stream of Arrow, of a map or of columns, and with a condition."""
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect() as database:
        database.execute(
            "CREATE TABLE nodes (id TEXT, labels MAP(TEXT, TEXT), region TEXT, state TEXT)"
        )
        database.executemany("INSERT INTO nodes VALUES (?, ?, ?, ?)", ROWS)
        rows = database.sql("SELECT id, labels, state FROM nodes ORDER BY id")
        assert list(Inventory.from_arrow(rows)) == NODES
        chosen = database.sql("FROM nodes ORDER BY id").filter(sql.where(SELECTOR, "duckdb"))
        assert list(Inventory.from_arrow(chosen, columns={})) == CHOSEN
        columns = database.sql("SELECT id, region FROM nodes ORDER BY id")
        regions = [
            node.replace(labels={k: v for k, v in node.labels.items() if k == "region"}, state=None)
            for node in NODES
        ]
        assert list(Inventory.from_arrow(columns)) == regions


def test_postgresql(postgresql_server: str) -> None:
    """Rows of psycopg become Arrow in batches; labels of jsonb are mappings."""
    psycopg = pytest.importorskip("psycopg")
    labels = pa.map_(pa.string(), pa.string())
    schema = pa.schema({"id": pa.string(), "labels": labels, "state": pa.string()})
    with psycopg.connect(postgresql_server) as connection:
        connection.execute("CREATE TEMPORARY TABLE nodes (id text, labels jsonb, state text)")
        values = [(row[0], json.dumps(row[1]), row[3]) for row in ROWS]
        connection.cursor().executemany("INSERT INTO nodes VALUES (%s, %s, %s)", values)
        rows = connection.execute("SELECT id, labels, state FROM nodes ORDER BY id")

        def batches() -> Iterator[Any]:
            while some := rows.fetchmany(4):
                ids, maps, states = zip(*some, strict=True)
                pairs = [list(each.items()) for each in maps]
                yield pa.record_batch([ids, pairs, states], schema=schema)

        reader = pa.RecordBatchReader.from_batches(schema, batches())
        assert list(Inventory.from_arrow(reader)) == NODES
        nodes = SqlNodes(connection.execute, "postgresql", state="state")
        assert list(Inventory(nodes)) == NODES
        assert list(Inventory(nodes.match(SELECTOR))) == CHOSEN


def test_any_database() -> None:
    """What a table of nodes yields are nodes."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE nodes (id TEXT, labels TEXT, state TEXT)")
    values = [(row[0], json.dumps(row[1]), row[3]) for row in ROWS]
    database.executemany("INSERT INTO nodes VALUES (?, ?, ?)", values)
    nodes = SqlNodes(database.execute, "sqlite", state="state")
    assert list(Inventory(nodes)) == NODES
    assert list(Inventory(nodes.match(SELECTOR))) == CHOSEN
    database.close()
