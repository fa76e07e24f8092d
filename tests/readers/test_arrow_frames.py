"""Frames and tables of other libraries are read as they are."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nodeselect import Inventory

pytest.importorskip("pyarrow")


from tests.readers.arrow_layouts import KEYS, column_table, map_table, random_nodes

NODES = random_nodes(3_000)


def polars_frame(table: Any) -> Any:
    return pytest.importorskip("polars").from_arrow(table)


def polars_categories(table: Any) -> Any:
    polars = pytest.importorskip("polars")
    return polars_frame(table).with_columns(polars.col(*KEYS).cast(polars.Categorical))


def pandas_frame(table: Any) -> Any:
    """Return a data frame of pandas whose index is not a plain range."""
    pytest.importorskip("pandas")
    frame = table.to_pandas()
    return frame.set_index(frame.index * 2)


def pandas_categories(table: Any) -> Any:
    frame = pandas_frame(table)
    return frame.astype(dict.fromkeys(KEYS, "category"))


def duckdb_relation(table: Any) -> Any:
    return pytest.importorskip("duckdb").connect().from_arrow(table)


MAPS = [polars_frame, duckdb_relation]
PANDAS = [pandas_frame, pandas_categories]  # it has no maps


@pytest.mark.parametrize("convert", [*MAPS, *PANDAS, polars_categories])
def test_columns(convert: Callable[[Any], Any]) -> None:
    """A frame with a column for each label key has the nodes of the table."""
    inventory = Inventory.from_arrow(convert(column_table(NODES)), name="name")
    assert list(inventory) == NODES


def test_read() -> None:
    """``Inventory.read`` accepts a frame like any other input."""
    table = column_table(NODES).rename_columns({"id": "host"})
    inventory = Inventory.read(polars_frame(table), id_column="host")
    assert list(inventory) == list(Inventory.from_arrow(table, id="host"))


@pytest.mark.parametrize("convert", MAPS)
def test_labels(convert: Callable[[Any], Any]) -> None:
    """A frame with a column of maps has the nodes of the table."""
    assert list(Inventory.from_arrow(convert(map_table(NODES)))) == NODES


def test_parquet_of_duckdb(tmp_path: Path) -> None:
    """A Parquet file that DuckDB writes, with several row groups, has the nodes of the table."""
    path = tmp_path / "nodes.parquet"
    nodes = duckdb_relation(map_table(NODES))
    nodes.write_parquet(str(path), row_group_size=2_048)
    assert list(Inventory.read(path)) == NODES
