"""Selectors as text of SQL."""

import sqlite3

import pytest

from nodeselect import Selector
from nodeselect.engines import sql


def test_what_sqlite_selects() -> None:
    """SQLite returns the rows whose nodes match."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE nodes (id TEXT PRIMARY KEY, labels TEXT, region TEXT)")
    rows = [("n-1", '{"gpu": "2"}', "eu"), ("n-2", None, "eu"), ("n-3", '{"gpu": "x"}', None)]
    database.executemany("INSERT INTO nodes VALUES (?, ?, ?)", rows)
    columns = {"region": "region"}
    for text, ids in {"region=eu": "12", "gpu>1": "1", "!gpu": "2", "region!=eu": "3"}.items():
        condition = sql.where(Selector.parse(text), "sqlite", columns=columns)
        found = database.execute(f"SELECT id FROM nodes WHERE {condition} ORDER BY id")
        assert [node_id for (node_id,) in found] == [f"n-{number}" for number in ids]


def test_an_unknown_dialect_is_an_error() -> None:
    with pytest.raises(ValueError, match="'oracle' is not a dialect"):
        sql.where(Selector.parse("a"), "oracle")
