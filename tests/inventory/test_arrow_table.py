"""An inventory as a table of Arrow, and back."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Inventory, Node, Taint
from tests.inventory.small import SMALL, tuned
from tests.property.strategies import facts, inventories
from tests.short import refused

pytest.importorskip("pyarrow")

import pyarrow as pa
import pyarrow.parquet

from tests.readers.arrow_layouts import Stream, random_nodes, to_parquet

NODES = random_nodes(50)
IDS = st.sampled_from([f"n-{at}" for at in range(20)])
FACTS = facts().filter(lambda known: "ud800" not in repr(known))  # Arrow has no surrogates
TAINT = Taint("gpu", "NoExecute", "t4")


def test_columns() -> None:
    first = Node("n-1", {"a": ""}, state="ready", taints=[TAINT], resources={"cpu": "2"})
    table = Inventory([first, Node("n-2", name="x", taints=())]).to_arrow()
    text = pa.string()
    taint = pa.struct([("key", text), ("value", text), ("effect", text)])
    facts = [pa.list_(taint), pa.map_(text, pa.int64())]
    assert table.schema.types == [text, text, text, pa.map_(text, text), *facts]
    assert table.to_pylist() == [
        {"id": "n-1", "name": None, "state": "ready", "labels": [("a", "")],
         "taints": [TAINT._asdict()], "resources": [("cpu", 2000)]},
        {"id": "n-2", "name": "x", "state": None, "labels": [], "taints": [], "resources": None},
    ]  # fmt: skip


@given(inventories(st.builds(lambda node_id, known: Node(node_id, **known), IDS, FACTS), (SMALL,)))
def test_facts(inventory: Inventory) -> None:
    """Taints and resources that are known, or not, are so after a round trip."""
    nodes, table = list(inventory), inventory.to_arrow()
    renamed = table.rename_columns({"taints": "x", "resources": "allocatable"})
    sources: list[Any] = [table, table[1:], to_parquet(table), Stream(table)]
    with suppress(ImportError):
        import polars  # whose maps have other types

        sources.append(polars.DataFrame(table))
    for source in sources:
        assert list(Inventory.read(source)) == nodes[source is sources[1] :]
    assert list(Inventory.from_arrow(renamed, taints="x", resources="allocatable")) == nodes
    assert {node._facts for node in Inventory.from_arrow(renamed, columns={})} <= {None}


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
     Node("n-1", {}, "a\ud800"), Node("n-1", {}, None, "a\ud800"),
     Node("n-1", taints=[Taint("k", "NoExecute", "a\ud800")]),
     Node("n-1", resources={"a\ud800": 1})],
)  # fmt: skip
def test_surrogates(node: Node) -> None:
    with refused("not-utf-8", r"the text 'a\\ud800' has a surrogate"):
        Inventory([Node("n-0"), node]).to_arrow()
