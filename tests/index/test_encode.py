"""Nodes coded label by label are the nodes that they are one by one."""

import io
import json
from collections.abc import Callable
from typing import Any, BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Inventory, InventoryError, Node, Selector
from nodeselect.index.encode import encode
from nodeselect.node import NodeRow
from nodeselect.readers.columnar import Block, Columns, to_blocks
from nodeselect.readers.formats.typed_ndjson import TypedDecoder
from nodeselect.readers.reader import NodeReader
from tests.property.strategies import KEYS, LABEL_VALUES

texts = st.none() | st.sampled_from(LABEL_VALUES)


@st.composite
def blocks(draw: st.DrawFn, name: str = "n") -> Columns:
    """Some nodes, each with some of the same keys in the same order."""
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=4))
    count = draw(st.integers(1, 5))
    column = st.lists(texts, min_size=count, max_size=count)
    labels = {key: draw(column) for key in keys}
    ids = [f"{name}-{at}" for at in range(count)]
    return Columns(ids, draw(column), draw(column), labels)


@given(st.lists(st.tuples(blocks(), st.booleans()), max_size=4))
def test_columns_are_coded_as_the_nodes_that_they_hold(some: list[tuple[Columns, bool]]) -> None:
    """In columns or as they are, mixed as they come: the rows give the same nodes."""
    mixed: list[Block] = [list(block) if whole else block for block, whole in some]
    nodes: list[NodeRow] = [parts for block, _ in some for parts in block]
    rows, plain = encode(mixed), encode(to_blocks(nodes))
    assert [rows.node(rank) for rank in range(len(rows))] == [
        Node._trusted(*each) for each in nodes
    ]
    for rank in range(len(nodes)):
        assert list(rows.labels(rank).items()) == list(plain.labels(rank).items())
    pairs = list(zip(rows.keys, rows.values, strict=True))
    assert sorted(pairs) == sorted(zip(plain.keys, plain.values, strict=True))


def test_blocks_without_nodes() -> None:
    """A piece of which nothing is wanted adds nothing."""
    assert len(encode([[], [("n-1", {}, None, None)], []])) == 1
    assert len(encode([])) == 0


def line(number: int) -> str:
    """Write a node, of which some have other keys, names or states, and some are written oddly."""
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


def test_read_gives_the_nodes_of_the_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large input is read label by label, and is what it is node by node."""
    ways: list[bool] = []
    decode = TypedDecoder.decode

    def watched(self: TypedDecoder, chunk: bytes) -> Any:
        decoded = decode(self, chunk)
        ways.append(decoded is not None)
        return decoded

    monkeypatch.setattr(TypedDecoder, "decode", watched)
    data = "".join(map(line, range(9_000))).encode()
    inventory = Inventory.read(io.BytesIO(data))
    assert list(inventory) == list(NodeReader(io.BytesIO(data)))
    assert ways.count(True) > ways.count(False) > 1


@pytest.mark.parametrize("second", [1, 1_000, 8_000])
def test_an_id_that_comes_twice_is_told_with_both_places(second: int) -> None:
    """However many nodes there are: which two have the id is said, and where the file is."""
    lines = [*map(line, range(second)), line(0)]
    with pytest.raises(InventoryError) as caught:
        Inventory.read(io.BytesIO("".join(lines).encode()))
    assert str(caught.value) == (
        f"input: two nodes have the id 'n-00000': nodes 1 and {second + 1:,}\n  keep one of the two"
    )


def test_a_reader_gives_its_name_to_what_is_wrong_with_its_ids() -> None:
    """What the inventory finds out is told as what the reader finds out."""
    data = (line(0) + line(1) + line(0)).encode()
    with pytest.raises(InventoryError, match=r"^nodes of today: two nodes have the id 'n-00000'"):
        Inventory.read(NodeReader(io.BytesIO(data), name="nodes of today"))


@pytest.mark.parametrize(
    "reader",
    [
        pytest.param(lambda s: NodeReader(s, selector=Selector.parse("a=0")), id="selector"),
        pytest.param(lambda s: NodeReader(s, lambda labels, node_id: True), id="keep"),
        pytest.param(lambda s: NodeReader(s, parallel=True), id="two-processes"),
    ],
)
def test_a_reader_that_leaves_nodes_out_makes_no_inventory(
    reader: Callable[[BinaryIO], NodeReader],
) -> None:
    """Ids that come twice could not be found among those that are given."""
    with pytest.raises(ValueError, match="needs a new reader"):
        Inventory.read(reader(io.BytesIO(b"".join(line(at).encode() for at in range(9)))))


def test_a_reader_that_has_begun_makes_no_inventory() -> None:
    """There is no smaller inventory."""
    begun = NodeReader(io.BytesIO("".join(map(line, range(9))).encode()))
    next(iter(begun))
    with pytest.raises(ValueError, match="needs a new reader"):
        Inventory.read(begun)
