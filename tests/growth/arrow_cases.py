"""Tables of Arrow: many rows, many columns, many batches, and mistakes in the last row."""

import io
from collections.abc import Callable
from functools import partial
from typing import Any

import pyarrow as pa

from nodeselect import Inventory, Node
from tests.growth.cases import case, rejected, words
from tests.readers.arrow_layouts import LAYOUTS, column_table, map_table, random_nodes, to_parquet


def _wide(n: int) -> Any:
    """Return a table of one node without labels, and of many columns."""
    return pa.table({"id": ["n-1"], **{word: pa.array([None], pa.string()) for word in words(n)}})


def _different(n: int) -> Any:
    """Return a table in which each node has a label that no other one has."""
    labels = [[(word, word)] for word in words(n)]
    return pa.table({"id": words(n), "labels": pa.array(labels, pa.map_(pa.string(), pa.string()))})


def _one_by_one(n: int) -> Any:
    """Return a table with a batch for each row."""
    table = map_table(random_nodes(n))
    return pa.Table.from_batches(table.to_batches(max_chunksize=1))


def _ending_with(last: list[dict[str, Any]], n: int) -> Any:
    """Return a table that ends with the rows ``last``."""
    rows = [{"id": word, "labels": [("a", "b")]} for word in words(n)]
    schema = pa.schema([("id", pa.string()), ("labels", pa.map_(pa.string(), pa.string()))])
    return pa.Table.from_pylist([*rows, *last], schema)


def _cut_off(n: int) -> Any:
    data = to_parquet(column_table(random_nodes(n)), row_group_size=10).getvalue()
    return io.BytesIO(data[: -len(data) // 4])


def _add_layouts() -> None:
    def build(make: Callable[[list[Node]], Any], n: int) -> Any:
        return make(random_nodes(n))

    for name, layout in LAYOUTS.items():
        read = partial(Inventory.from_arrow, **layout.options)
        case(f"arrow/{name}", read, partial(build, layout.make), 40)


def _add_mistakes() -> None:
    last: dict[str, list[dict[str, Any]]] = {
        "no-id": [{"labels": []}],
        "id": [{"id": "a\x00"}],
        "duplicate-id": [{"id": "n"}] * 2,
        "null": [{"id": "n", "labels": [("a", None)]}],
        "key": [{"id": "n", "labels": [("a", "b"), ("a", "b")]}],
        "labels": [{"id": "n", "labels": [(word, "") for word in words(257)]}],
        "text": [{"id": "n", "labels": [("a", "é" * 32_768)]}],
    }
    for name, rows in last.items():
        case(f"arrow/{name}", rejected(Inventory.from_arrow), partial(_ending_with, rows), 40)
    case("arrow/cut-off", rejected(Inventory.from_arrow), _cut_off, 40)
    case("arrow/no-column", rejected(partial(Inventory.from_arrow, id="x")), _wide, 40)


_add_layouts()
_add_mistakes()
case("arrow/wide", Inventory.from_arrow, _wide, 40)
case("arrow/different", Inventory.from_arrow, _different, 40)
case("arrow/one-by-one", Inventory.from_arrow, _one_by_one, 40)
case(
    "arrow/to_arrow",
    Inventory.to_arrow,
    lambda n: Inventory(Node(word, {word: word}) for word in words(n)),
    40,
)
