"""Arrow data, Parquet files and frames are read, in every layout, as rows are."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nodeselect import Inventory, InventoryError, Node, Selector
from nodeselect.readers.reader import NodeReader
from tests.imports import loaded_after

pytest.importorskip("pyarrow")

import pyarrow as pa

from tests.readers.arrow_layouts import (
    KEYS,
    LAYOUTS,
    Layout,
    column_table,
    map_table,
    random_nodes,
    to_parquet,
)

FEW, MANY = random_nodes(100), random_nodes(4_367)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("nodes", [pytest.param(FEW, id="few"), pytest.param(MANY, id="many")])
def test_screen(layout: Layout, nodes: list[Node]) -> None:
    """Each layout has the same nodes, in the same order."""
    inventory = Inventory.from_arrow(layout.make(nodes), **layout.options)
    assert list(inventory) == nodes


def test_many_blocks() -> None:
    """Rows beyond the first block have their own labels, and their own numbers in errors."""
    count = 150_000
    ids = [f"n-{at}" for at in range(count)]
    racks = [f"r{at % 1_000}" if at % 3 else None for at in range(count)]
    inventory = Inventory.from_arrow(pa.table({"id": ids, "rack": racks}))
    assert inventory.match(Selector.parse("rack=r7")).ids() == [
        node_id for node_id, rack in zip(ids, racks, strict=True) if rack == "r7"
    ]
    ids[140_000] = "a\x00"
    with pytest.raises(InventoryError, match="row 140001, column 'id'"):
        Inventory.from_arrow(pa.table({"id": ids, "rack": racks}))


def test_row_groups() -> None:
    """Row groups of Parquet may end anywhere, also within a block or with each row."""
    for size in (1, 3, 99):
        assert list(Inventory.read(to_parquet(map_table(FEW), row_group_size=size))) == FEW
    labels = [[("rack", f"r{at % 1_000}")] if at % 3 else [] for at in range(70_000)]
    ids = [f"n-{at}" for at in range(70_000)]
    column = pa.array(labels, pa.map_(pa.string(), pa.string()))
    table = pa.table({"id": ids, "labels": column})
    inventory = Inventory.read(to_parquet(table, row_group_size=50_000))
    assert inventory.ids() == ids
    expected = [f"n-{at}" for at in range(70_000) if at % 3 and at % 1_000 == 7]
    assert inventory.match(Selector.parse("rack=r7")).ids() == expected


def test_files_are_recognised(tmp_path: Path) -> None:
    """Files are read from a path, a stream or a pipe, whatever their names are."""
    file = to_parquet(map_table(MANY))
    path = tmp_path / "nodes.json"
    path.write_bytes(file.getvalue())
    assert list(Inventory.read(path)) == list(Inventory.read(file)) == MANY
    assert list(Inventory.from_arrow(path)) == list(Inventory.from_arrow(str(path))) == MANY


@pytest.mark.parametrize("text", ["gpu", "!gpu,region!=eu", "rack in (eu,true),x>4", "a,!a"])
def test_selected_rows(text: str) -> None:
    """A reader with a selector yields the rows that match."""
    selector = Selector.parse(text)
    reader = NodeReader(to_parquet(map_table(MANY)), selector=selector)
    assert list(reader) == [node for node in MANY if selector.matches(node.labels, node_id=node.id)]
    assert reader.count == len(MANY)


def test_columns_with_dots() -> None:
    """Columns with dots are found, also beside columns with the beginnings of their names."""
    labels = {"a": "1", "a.b": "2", "a.b/c": "3", "list.element": "4"}
    table = pa.table({"id": ["n-1"], **{key: [value] for key, value in labels.items()}})
    assert list(Inventory.read(to_parquet(table))) == [Node("n-1", labels)]
    renamed = Inventory.from_arrow(to_parquet(table), columns={"x": "a"})
    assert list(renamed) == [Node("n-1", {"x": "1"})]
    named = pa.table({"id": ["n-1"], "name": ["web"]})  # as in CSV, this is a label
    assert list(Inventory.from_arrow(named)) == [Node("n-1", {"name": "web"})]
    states = pa.table({"id": ["n-1"], "state": ["up"], "__index_level_0__": [1]})
    assert list(Inventory.from_arrow(states)) == [Node("n-1", state="up")]
    assert list(Inventory.from_arrow(states, columns={"x": "state"})) == [Node("n-1", {"x": "up"})]


@pytest.mark.parametrize("labels", [[None, None], [[], []], [None, []]], ids=str)
@pytest.mark.parametrize("list_type", [pa.list_, pa.large_list])
def test_labels_without_a_type(labels: list[Any], list_type: Callable[[Any], Any]) -> None:
    """If no node has a label, writers such as Polars do not know of what the labels are."""
    is_null = labels == [None, None]
    column = pa.array(labels, pa.null() if is_null else list_type(pa.null()))
    table = pa.table({"id": ["n-1", "n-2"], "labels": column, "gpu": ["t4", None]})
    expected = [Node("n-1", {"gpu": "t4"}), Node("n-2")]
    for source in (table, to_parquet(table)):
        assert list(Inventory.from_arrow(source)) == expected
    assert list(Inventory.from_arrow(table[1:])) == expected[1:]
    assert list(Inventory.from_arrow(table.drop_columns("gpu"))) == [Node("n-1"), Node("n-2")]


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
    inventory = Inventory.from_arrow(convert(column_table(MANY)), name="name")
    assert list(inventory) == MANY


def test_read() -> None:
    """``Inventory.read`` accepts a frame like any other input."""
    table = column_table(MANY).rename_columns({"id": "host"})
    inventory = Inventory.read(polars_frame(table), id_column="host")
    assert list(inventory) == list(Inventory.from_arrow(table, id="host"))


@pytest.mark.parametrize("convert", MAPS)
def test_labels(convert: Callable[[Any], Any]) -> None:
    """A frame with a column of maps has the nodes of the table."""
    assert list(Inventory.from_arrow(convert(map_table(MANY)))) == MANY


def test_parquet_of_duckdb(tmp_path: Path) -> None:
    """A Parquet file that DuckDB writes, with several row groups, has the nodes of the table."""
    path = tmp_path / "nodes.parquet"
    nodes = duckdb_relation(map_table(MANY))
    nodes.write_parquet(str(path), row_group_size=2_048)
    assert list(Inventory.read(path)) == MANY


WITHOUT_PYARROW = """
import sys
{setup}
from nodeselect import Inventory, InventoryError
from tests.short import short
for attempt in ({attempts}):
    try:
        attempt()
    except InventoryError as error:
        assert error.code == "needs-pyarrow", error.code
        assert short(error).endswith("install it: pip install 'nodeselect[arrow]'"), error
    else:
        raise AssertionError
"""


def test_without_pyarrow(tmp_path: Path) -> None:
    """Without one that works, an error says what to install; everything else works."""
    path = tmp_path / "fleet"
    path.write_bytes(b"PAR1\x15")
    (tmp_path / "pyarrow.py").write_text("raise ImportError('it needs another numpy')")
    attempts = f"""
        lambda: Inventory.read({str(path)!r}), lambda: Inventory.from_arrow({str(path)!r}),
        lambda: Inventory().to_arrow(),
    """
    for setup in ('sys.modules["pyarrow"] = None', f"sys.path.insert(0, {str(tmp_path)!r})"):
        script = WITHOUT_PYARROW.format(setup=setup, attempts=attempts)
        assert "numpy" not in loaded_after(script)


def test_pandas_is_not_loaded(tmp_path: Path) -> None:
    """pyarrow, but neither pandas nor Polars, is loaded to read a file."""
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "fleet.parquet"
    table = Inventory(Node(f"n-{at}", {"a": "b"}) for at in range(3_000)).to_arrow()
    parquet.write_table(table, path)
    loaded = loaded_after(f"from nodeselect import Inventory\nlen(Inventory.read({str(path)!r}))")
    assert "pyarrow" in loaded
    assert not loaded & {"pandas", "polars", "msgspec", "yaml"}
