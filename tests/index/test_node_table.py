"""The nodes of a segment, coded: what goes in comes out."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Node
from nodeselect.index.encode import encode
from nodeselect.index.node_table import NodeTable
from nodeselect.readers.columnar import to_blocks
from tests.property.strategies import KEYS, LABEL_VALUES

some_labels = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(LABEL_VALUES), max_size=3)
some_texts = st.none() | st.sampled_from(("", "web", "ready"))

# Nodes that are taken at a time.
CHUNK = 3


@st.composite
def fleets(draw: st.DrawFn, name: str = "n") -> list[Node]:
    """Nodes with different ids; many without labels, name or state."""
    parts = draw(st.lists(st.tuples(some_labels, some_texts, some_texts), max_size=10))
    return [Node(f"{name}-{at}", *each) for at, each in enumerate(parts)]


def coded(fleet: list[Node]) -> NodeTable:
    """Code nodes."""
    return encode(to_blocks((node.id, node.labels, node.name, node.state) for node in fleet))


def assert_same(rows: NodeTable, fleet: list[Node]) -> None:
    """Check that the rows are the nodes, with their labels in their order."""
    assert len(rows) == len(fleet)
    assert [rows.node(rank) for rank in range(len(rows))] == fleet
    for rank, node in enumerate(fleet):
        assert list(rows.labels(rank).items()) == list(node.labels.items())
        assert rows.equals(rank, node)
        assert not rows.equals(rank, Node(node.id, {**node.labels, "more": ""}, node.name))
        assert not rows.equals(rank, Node(node.id, node.labels, "other", node.state))
        assert not rows.equals(rank, Node(node.id, node.labels, node.name, "other"))


@given(fleets())
def test_nodes_come_out_as_they_went_in(fleet: list[Node]) -> None:
    """Id, labels in their order, name and state are those of the node; None and "" differ."""
    assert_same(coded(fleet), fleet)


@given(fleets("a"), fleets("b"))
def test_joined(one: list[Node], other: list[Node]) -> None:
    """The nodes of the second stand behind those of the first; each pair is coded once."""
    rows = coded(one).concat(coded(other))
    assert_same(rows, [*one, *other])
    assert len(set(zip(rows.keys, rows.values, strict=True))) == len(rows.keys)
    assert len(set(rows.state_names)) == len(rows.state_names)


@given(fleets(), st.data())
def test_chosen(fleet: list[Node], data: st.DataObject) -> None:
    """Some nodes in another order; pairs and states that none of them has are forgotten."""
    ranks = data.draw(st.permutations(range(len(fleet))).map(lambda some: some[: len(some) // 2]))
    rows = coded(fleet).take(np.array(ranks, np.int64), CHUNK)
    chosen = [fleet[rank] for rank in ranks]
    assert_same(rows, chosen)
    assert set(zip(rows.keys, rows.values, strict=True)) == {
        pair for node in chosen for pair in node.labels.items()
    }
    assert set(rows.state_names) == {node.state for node in chosen}


@pytest.mark.parametrize(
    "fleet",
    [
        pytest.param([], id="none"),
        pytest.param([{}, {}], id="nobody-has-labels"),
        pytest.param([{}, {"a": "b"}], id="without-at-the-beginning"),
        pytest.param([{"a": "b"}, {}, {}], id="without-at-the-end"),
        pytest.param([{"a": "b"}, {}, {"a": "b"}], id="without-in-the-middle"),
    ],
)
def test_nodes_without_labels(fleet: list[dict[str, str]]) -> None:
    """Nodes without labels have none, wherever they stand."""
    nodes = [Node(f"n-{at}", labels) for at, labels in enumerate(fleet)]
    rows = coded(nodes)
    assert_same(rows, nodes)
    assert_same(rows.concat(rows), [*nodes, *nodes])
    assert_same(rows.take(np.arange(len(nodes))[::-1], CHUNK), nodes[::-1])


def width_of(count: int) -> int:
    """Return the bytes of the narrowest type of the numbers below ``count``."""
    return 1 if count <= 256 else 2 if count <= 65_536 else 4


WIDTHS = [(255, 1), (256, 1), (257, 2), (65_535, 2), (65_536, 2), (65_537, 4)]


@pytest.mark.parametrize(("pairs", "width"), WIDTHS)
def test_numbers_are_as_narrow_as_they_can_be(pairs: int, width: int) -> None:
    """Numbers of pairs take one byte for 256 pairs, two for 65,536, and four for more."""
    rows = coded([Node(f"n-{at}", {"x": str(at)}) for at in range(pairs)])
    assert rows.label_ids.itemsize == width
    for rank in (0, pairs // 2, pairs - 1):
        assert rows.labels(rank) == {"x": str(rank)}
    one_less = rows.take(np.arange(1, pairs), CHUNK)
    assert one_less.label_ids.itemsize == (
        1 if pairs - 1 <= 256 else 2 if pairs - 1 <= 65_536 else 4
    )
    assert one_less.labels(pairs - 2) == {"x": str(pairs - 1)}
    one_more = rows.concat(coded([Node("more", {"y": "more"})]))
    assert one_more.label_ids.itemsize == (
        1 if pairs + 1 <= 256 else 2 if pairs + 1 <= 65_536 else 4
    )
    assert one_more.labels(pairs) == {"y": "more"}
    assert one_more.labels(pairs - 1) == {"x": str(pairs - 1)}


@pytest.mark.parametrize(("labels", "width"), [(255, 1), (256, 2), (65_535, 2), (65_536, 4)])
def test_starts_are_as_narrow_as_they_can_be(labels: int, width: int) -> None:
    """The place behind the last label has to fit as well."""
    rows = coded([Node(f"n-{at}", {"x": ""}) for at in range(labels)])
    assert rows.offsets.itemsize == width
    assert rows.labels(labels - 1) == {"x": ""}
    joined = rows.concat(coded([Node("more", {"y": "", "z": ""})]))
    assert joined.labels(labels) == {"y": "", "z": ""}
    assert joined.labels(labels - 1) == {"x": ""}


def test_states_beyond_one_byte() -> None:
    """So many states as one likes."""
    nodes = [Node(f"n-{at}", {}, None, f"state-{at}") for at in range(300)]
    assert_same(coded(nodes), nodes)


def test_nobody_has_a_name() -> None:
    """Names take nothing where there are none, and are there from the first one on."""
    without, with_names = coded([Node("n-1")]), coded([Node("n-2", name="")])
    assert without.names is None
    assert with_names.names is not None
    joined = without.concat(with_names)
    assert [joined.node(rank).name for rank in (0, 1)] == [None, ""]


def test_more_than_are_coded_together() -> None:
    """Thousands of nodes, which are coded some at a time, stand in one order."""
    rows = coded([Node(f"n-{at}", {"x": str(at % 7)}) for at in range(2_500)])
    assert rows.ids.tolist() == [f"n-{at}" for at in range(2_500)]
    assert [rows.labels(at)["x"] for at in (999, 1_000, 1_001, 2_499)] == ["5", "6", "0", "0"]


def test_labels_that_repeat_are_kept_once() -> None:
    """The same pair of many nodes is one pair: memory grows by the numbers alone."""
    labels = {"region": "eu" * 10, "tier": "x"}
    sizes = [
        coded([Node(f"n-{at}", labels) for at in range(count)]).memory_bytes()
        for count in (1_000, 2_000, 3_000)
    ]
    assert all(after - before < 1_000 * 8 for before, after in pairwise(sizes))


def test_keys_are_kept_once() -> None:
    """A key of many values is one string, however many there were when it came in."""
    nodes = [Node(f"n-{at}", {"".join(["host", "name"]): f"{at}", "b": f"{at}"}) for at in range(9)]
    for rows in (coded(nodes), coded(nodes[:5]).concat(coded(nodes[5:]))):
        assert len(rows.keys) == 18
        assert len({id(key) for key in rows.keys}) == 2
