"""Blocks of nodes are encoded as a table of the same nodes."""

import io
import json

import numpy as np
import pytest

from nodeselect import AnyOf, Inventory, InventoryError, Node, Selector
from nodeselect.index.node_table import encode
from nodeselect.node import NodeRow
from nodeselect.readers.columnar import EncodedBlock
from nodeselect.readers.reader import NodeReader
from tests.short import short


def test_an_encoded_block() -> None:
    """Labels that are encoded already become those of the nodes."""
    block = EncodedBlock(
        ["n-1", "n-2", "n-3"],
        ["web", None, None],
        [None, "up", None],
        [("x", "1"), ("y", "2"), ("x", "2")],
        np.array([1, 0, 2]),
        np.array([2, 0, 1]),
    )
    before: list[NodeRow] = [("n-0", {"x": "2"}, None, None, None)]
    table = encode([before, block])
    assert [table.node(rank) for rank in range(len(table))] == [
        Node("n-0", {"x": "2"}),
        Node("n-1", {"y": "2", "x": "1"}, "web"),
        Node("n-2", {}, None, "up"),
        Node("n-3", {"x": "2"}),
    ]


def test_blocks_without_nodes() -> None:
    """An empty block adds nothing."""
    assert len(encode([[], [("n-1", {}, None, None, None)], []])) == 1
    assert len(encode([])) == 0


def line(number: int) -> str:
    """Return the line of a node; some have other keys, names, states or whitespace."""
    labels = {"a": str(number % 3), "b": str(number % 700)}
    record: dict[str, object] = {"id": f"n-{number:05}", "labels": labels}
    if number % 5 == 0:
        labels["c"] = "é"
    if number > 6_000:
        labels["late"] = ""
    if number % 7 == 0:
        record |= {"name": f"name-{number}", "state": "ready"}
    separators = (", ", ": ") if number == 4_000 else (",", ":")
    return json.dumps(record, separators=separators, ensure_ascii=False) + "\n"


def test_read_gives_the_nodes_of_the_lines() -> None:
    """A large input is encoded without changing a node."""
    data = "".join(map(line, range(9_000))).encode()
    inventory = Inventory.read(io.BytesIO(data))
    assert list(inventory) == list(NodeReader(io.BytesIO(data)))


@pytest.mark.parametrize("second", [1, 1_000, 8_000])
def test_a_duplicate_id_is_reported_with_both_positions(second: int) -> None:
    """The error names the two nodes with the same id, and the input as its reader does."""
    data = "".join([*map(line, range(second)), line(0)]).encode()
    expected = f"two nodes have the id 'n-00000': nodes 1 and {second + 1:,}\n  keep one of the two"
    for source, name in (
        (io.BytesIO(data), "input"),
        (NodeReader(io.BytesIO(data), name="nodes of today"), "nodes of today"),
    ):
        with pytest.raises(InventoryError) as caught:
            Inventory.read(source)
        assert short(caught.value) == f"{name}: {expected}"


def test_a_reader_that_skips_nodes_is_rejected() -> None:
    """An inventory needs all nodes, not some or the rest; others may have duplicate ids."""
    data = "".join(map(line, range(9))).encode()
    begun = NodeReader(io.BytesIO(data))
    next(iter(begun))
    for reader in (
        begun,
        NodeReader(io.BytesIO(data), selector=Selector.parse("a=0")),
        NodeReader(io.BytesIO(data), selector=AnyOf([Selector.everything()])),
    ):
        with pytest.raises(ValueError, match="needs a new reader"):
            Inventory.read(reader)
