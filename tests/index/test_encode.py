"""Blocks of nodes are encoded as a table of the same nodes."""

import io

import numpy as np
import pytest

from nodeselect import AnyOf, Inventory, Node, Selector
from nodeselect.index.node_table import encode
from nodeselect.node import NodeRow
from nodeselect.readers.columnar import EncodedBlock
from nodeselect.readers.reader import NodeReader


def test_an_encoded_block() -> None:
    """Labels that are encoded already become those of the nodes; an empty block adds nothing."""
    block = EncodedBlock(
        ["n-1", "n-2", "n-3"],
        ["web", None, None],
        [None, "up", None],
        [("x", "1"), ("y", "2"), ("x", "2")],
        np.array([1, 0, 2]),
        np.array([2, 0, 1]),
    )
    before: list[NodeRow] = [("n-0", {"x": "2"}, None, None, None)]
    table = encode([[], before, [], block, []])
    assert len(encode([])) == 0
    assert [table.node(rank) for rank in range(len(table))] == [
        Node("n-0", {"x": "2"}),
        Node("n-1", {"y": "2", "x": "1"}, "web"),
        Node("n-2", {}, None, "up"),
        Node("n-3", {"x": "2"}),
    ]


def test_a_reader_that_skips_nodes_is_rejected() -> None:
    """An inventory needs all nodes, not some or the rest; others may have duplicate ids."""
    data = b'[{"id": "n-1"}, {"id": "n-2"}]'
    begun = NodeReader(io.BytesIO(data))
    next(iter(begun))
    for reader in (
        begun,
        NodeReader(io.BytesIO(data), selector=Selector.parse("a=0")),
        NodeReader(io.BytesIO(data), selector=AnyOf([Selector.everything()])),
    ):
        with pytest.raises(ValueError, match="needs a new reader"):
            Inventory.read(reader)
