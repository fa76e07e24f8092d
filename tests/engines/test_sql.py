"""Selectors as text of SQL."""

import sqlite3
from typing import Any

import duckdb
import polars as pl
import pytest

from nodeselect import Selector
from nodeselect.engines import polars, sql
from nodeselect.engines.sql import SqlNodes


def test_a_text_is_not_a_selector() -> None:
    """A condition is made of a selector; a text must be parsed."""
    with pytest.raises(TypeError, match="parse a text with"):
        sql.where("gpu", "duckdb")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="parse a text with"):
        polars.where("gpu")  # type: ignore[arg-type]


def test_an_unknown_dialect_is_an_error() -> None:
    with pytest.raises(ValueError, match="'oracle' is not a dialect"):
        sql.where(Selector.parse("a"), "oracle")


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
def test_the_encoding_of_a_sqlite_file(encoding: str) -> None:
    """Integers and ids are compared rightly, whatever the encoding of the file."""
    database = sqlite3.connect(":memory:")
    database.execute(f"PRAGMA encoding = '{encoding}'")
    database.execute("CREATE TABLE nodes (id TEXT PRIMARY KEY, labels TEXT)")
    long = "日本" * 200 + "'x"
    labels = {"é-1": "7", "nul": "7\\u0000", "first": "\\u00007", long: "+007"}
    rows = [(node_id, f'{{"gpu": "{value}"}}') for node_id, value in labels.items()]
    database.executemany("INSERT INTO nodes VALUES (?, ?)", rows)
    for selector in (Selector.parse("gpu>5"), Selector.of(match_ids=["é-1", long])):
        condition = sql.where(selector, "sqlite")
        found = database.execute(f"SELECT id FROM nodes WHERE {condition}")
        assert {node_id for (node_id,) in found} == {"é-1", long}


def test_the_order_of_a_database_is_not_that_of_its_settings() -> None:
    """Ids ascend, also where a setting says that ORDER BY descends."""
    database = duckdb.connect()
    database.execute("SET default_order = 'DESC'")
    database.execute("CREATE TABLE nodes AS SELECT 'n-' || range AS id FROM range(5)")
    nodes = SqlNodes(lambda query: database.execute(query).fetchall(), "duckdb", labels=None)
    assert nodes.ids() == [f"n-{number}" for number in range(5)]
    assert nodes.match(Selector.everything()).first(1)[0].id == "n-0"
    assert nodes.explain(Selector.parse("gpu")).reasons[0].ids == ("n-0", "n-1", "n-2")


@pytest.mark.parametrize("name", ["${my.column}", "a${env:HOME}", "${"])
def test_a_variable_of_spark_is_no_name(name: str) -> None:
    """Spark would replace it, also within quotes."""
    with pytest.raises(ValueError, match="Spark replaces a variable in the name"):
        sql.where(Selector.parse("a"), "spark", columns={"a": name})


@pytest.mark.parametrize("name", [pl.col("labels"), 7, ("nodes", 7), ["labels"]], ids=str)
def test_what_is_not_a_name(name: Any) -> None:
    """A column of a library, or a number, in place of a name is an error."""
    for options in ({"labels": name}, {"id": name}, {"columns": {"a": name}}):
        with pytest.raises(TypeError, match="is not a name: pass a string, or a tuple of strings"):
            sql.where(Selector.parse("a"), "postgresql", **options)


@pytest.mark.parametrize("name", ["*", "^r.*$"])
def test_a_pattern_of_polars_is_no_name(name: str) -> None:
    """Polars would take the columns that match it; an expression may be anything."""
    with pytest.raises(ValueError, match="is a pattern for names"):
        polars.where(Selector.parse("a"), columns={"a": name})
    for column in (pl.col("x"), "^r", "r$", "r*"):
        polars.where(Selector.parse("a"), columns={"a": column})
