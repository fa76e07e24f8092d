"""An inventory as a table of Arrow, and back."""

from pathlib import Path

import pytest

from nodeselect import Inventory, Node
from tests.inventory.small import SMALL, tuned
from tests.short import refused

pytest.importorskip("pyarrow")

import pyarrow as pa
import pyarrow.parquet

from tests.readers.arrow_layouts import random_nodes, to_parquet

NODES = random_nodes(50)


def test_columns() -> None:
    table = Inventory([Node("n-1", {"a": ""}, state="ready"), Node("n-2", name="x")]).to_arrow()
    assert table.schema.types == [*[pa.string()] * 3, pa.map_(pa.string(), pa.string())]
    assert table.to_pylist() == [
        {"id": "n-1", "name": None, "state": "ready", "labels": [("a", "")]},
        {"id": "n-2", "name": "x", "state": None, "labels": []},
    ]


@pytest.mark.parametrize("count", [0, 3, 50], ids=["none", "delta", "segment"])
def test_round_trip(count: int) -> None:
    inventory = tuned(SMALL)(NODES[:count], compact_at=None)
    for _ in range(2):
        table = inventory.to_arrow()
        assert list(Inventory.from_arrow(table)) == list(inventory)
        assert list(Inventory.read(to_parquet(table))) == list(inventory)
        assert inventory.snapshot().to_arrow().equals(table)
        inventory.upsert(Node("n-1", {"new": "1"}, "name", "ready"))
        inventory.upsert(Node("added"))
        inventory.remove("n-1")


def test_batches() -> None:
    nodes = [Node(f"n-{at}", {"rack": f"r{at % 50}"} if at % 2 else {}) for at in range(40_000)]
    table = Inventory(nodes).to_arrow()
    assert table["labels"].num_chunks > 1
    assert list(Inventory.from_arrow(table)) == nodes


def test_saved(tmp_path: Path) -> None:
    tuned(SMALL)(NODES).save(tmp_path / "fleet.nsx")
    opened = Inventory.open(tmp_path / "fleet.nsx")
    assert list(Inventory.from_arrow(opened.to_arrow())) == NODES


@pytest.mark.parametrize(
    "node",
    [Node("n-1", {"k": "a\ud800"}), Node("n-1", {"a\ud800": ""}),
     Node("n-1", {}, "a\ud800"), Node("n-1", {}, None, "a\ud800")],
)  # fmt: skip
def test_surrogates(node: Node) -> None:
    with refused("not-utf-8", r"the text 'a\\ud800' has a surrogate"):
        Inventory([Node("n-0"), node]).to_arrow()
