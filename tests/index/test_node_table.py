"""A node table returns the nodes that were encoded."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import AnyOf, Inventory, Node, Selector, Taint
from nodeselect.index.node_rows import KNOWN
from nodeselect.index.node_table import NodeTable, encode
from nodeselect.node import NodeRow
from nodeselect.readers.columnar import EncodedBlock
from nodeselect.readers.reader import NodeReader
from tests.index.building import table_of
from tests.property.strategies import KEYS, LABEL_VALUES, facts

some_labels = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(LABEL_VALUES), max_size=3)
some_texts = st.none() | st.sampled_from(("", "web", "ready"))

# Nodes that are taken at a time.
CHUNK = 3


@st.composite
def fleets(draw: st.DrawFn, name: str = "n") -> list[Node]:
    """Return nodes with different ids; many have no labels, name or state."""
    fields = st.tuples(some_labels, some_texts, some_texts, facts())
    parts = draw(st.lists(fields, max_size=10))
    return [Node(f"{name}-{at}", *rest, **known) for at, (*rest, known) in enumerate(parts)]


def assert_same(rows: NodeTable, fleet: list[Node]) -> None:
    """Assert that a table contains these nodes, with their labels in order."""
    assert len(rows) == len(fleet)
    assert [rows.node(rank) for rank in range(len(rows))] == fleet
    for rank, node in enumerate(fleet):
        assert list(rows.labels(rank).items()) == list(node.labels.items())
        assert rows.equals(rank, node)
        assert not rows.equals(rank, Node(node.id, {**node.labels, "more": ""}, node.name))
        assert not rows.equals(rank, Node(node.id, node.labels, "other", node.state))
        assert not rows.equals(rank, Node(node.id, node.labels, node.name, "other"))
        assert not rows.equals(rank, node.replace(taints=[Taint("other", "NoExecute")]))
        assert not rows.equals(rank, node.replace(resources={"other": 1}))


def assert_encoded(rows: NodeTable) -> None:
    """Assert that each different set of taints, and each amount, is stored once, and no other."""
    known = [rows.facts(rank) for rank in range(len(rows))]
    columns = rows.fact_columns
    if columns is None:
        assert not any(known)
        return
    taints = {None if facts is None else facts.taints for facts in known}
    assert len(set(columns.taint_sets)) == len(columns.taint_sets)
    assert set(columns.taint_sets) | {None} == taints | {None}
    resources = [(facts and facts.resources) or {} for facts in known]
    assert list(columns.amounts) == sorted(columns.amounts)
    assert columns.amounts.keys() - {KNOWN} == {name for each in resources for name in each}
    for name in columns.amounts.keys() - {KNOWN}:
        amounts = {each.get(name, 0) for each in resources}
        assert list(columns.amounts[name].amounts) == sorted(amounts)


@given(fleets())
def test_nodes_are_unchanged(fleet: list[Node]) -> None:
    """Id, labels in order, name and state are those of the node; None and "" differ."""
    assert_same(table_of(fleet), fleet)


@given(fleets("a"), fleets("b"))
def test_concat(one: list[Node], other: list[Node]) -> None:
    """The nodes of the second table follow those of the first; each label has one number."""
    rows = table_of(one).concat(table_of(other))
    assert_same(rows, [*one, *other])
    assert len(set(zip(rows.keys, rows.values, strict=True))) == len(rows.keys)
    assert len(set(rows.state_names)) == len(rows.state_names)
    assert_encoded(rows)


@given(fleets(), st.data())
def test_take(fleet: list[Node], data: st.DataObject) -> None:
    """Nodes are taken in any order; labels and states that none of them has are dropped."""
    ranks = data.draw(st.permutations(range(len(fleet))).map(lambda some: some[: len(some) // 2]))
    rows = table_of(fleet).take(np.array(ranks, np.int64), CHUNK)
    chosen = [fleet[rank] for rank in ranks]
    assert_same(rows, chosen)
    assert set(zip(rows.keys, rows.values, strict=True)) == {
        pair for node in chosen for pair in node.labels.items()
    }
    assert set(rows.state_names) == {node.state for node in chosen}
    assert_encoded(rows)


def width_of(count: int) -> int:
    """Return the bytes of the narrowest type of the numbers below ``count``."""
    return 1 if count <= 256 else 2 if count <= 65_536 else 4


@pytest.mark.parametrize("pairs", [256, 257, 65_536, 65_537])
def test_label_numbers_are_narrow(pairs: int) -> None:
    """Label numbers take one byte up to 256 labels, two up to 65,536, and four above."""
    rows = table_of([Node(f"n-{at}", {"x": str(at)}) for at in range(pairs)])
    assert rows.label_ids.itemsize == width_of(pairs)
    for rank in (0, pairs // 2, pairs - 1):
        assert rows.labels(rank) == {"x": str(rank)}
    one_less = rows.take(np.arange(1, pairs), CHUNK)
    assert one_less.label_ids.itemsize == width_of(pairs - 1)
    assert one_less.labels(pairs - 2) == {"x": str(pairs - 1)}
    one_more = rows.concat(table_of([Node("more", {"y": "more"})]))
    assert one_more.label_ids.itemsize == width_of(pairs + 1)
    assert one_more.labels(pairs) == {"y": "more"}
    assert one_more.labels(pairs - 1) == {"x": str(pairs - 1)}


@pytest.mark.parametrize(("labels", "width"), [(255, 1), (256, 2), (65_535, 2), (65_536, 4)])
def test_offsets_are_narrow(labels: int, width: int) -> None:
    """The type of the offsets also fits the end of the last labels."""
    rows = table_of([Node(f"n-{at}", {"x": ""}) for at in range(labels)])
    assert rows.offsets.itemsize == width
    assert rows.labels(labels - 1) == {"x": ""}
    joined = rows.concat(table_of([Node("more", {"y": "", "z": ""})]))
    assert joined.labels(labels) == {"y": "", "z": ""}
    assert joined.labels(labels - 1) == {"x": ""}


def test_states_beyond_one_byte() -> None:
    """There may be more states than fit into one byte."""
    nodes = [Node(f"n-{at}", {}, None, f"state-{at}") for at in range(300)]
    assert_same(table_of(nodes), nodes)


def test_tables_without_names() -> None:
    """Names take no memory if no node has one."""
    without, with_names = table_of([Node("n-1")]), table_of([Node("n-2", name="")])
    assert without.names is None
    assert with_names.names is not None
    joined = without.concat(with_names)
    assert [joined.node(rank).name for rank in (0, 1)] == [None, ""]


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
