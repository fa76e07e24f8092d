"""The reader counts, validates and selects nodes; any bytes are nodes or an error."""

import gc
import io
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nodeselect import Inventory, InventoryError, Node, Selector
from nodeselect.readers import reader
from nodeselect.readers.reader import DuplicateIdCheck, NodeReader
from tests.readers.reading import LINE, peak_memory
from tests.short import short

FLEETS = [
    pytest.param('[{"id": "n-1", "labels": {"a": "b"}}, {"id": "n-2"}, {"id": "n-3"}]', id="json"),
    pytest.param(
        '{"id": "n-1", "labels": {"a": "b"}}\n{"id": "n-2", "labels": {}}\n{"id": "n-3"}',
        id="lines",
    ),
    pytest.param("id,a\nn-1,b\nn-2,\nn-3,\n", id="csv"),
    pytest.param("- {id: n-1, labels: {a: b}}\n- id: n-2\n- id: n-3\n", id="yaml"),
    pytest.param('{"n-1": {"a": "b"}, "n-2": {}, "n-3": null}', id="map"),
]


@pytest.mark.parametrize("text", FLEETS)
def test_a_selector_selects_nodes(text: str) -> None:
    """Only nodes that match are yielded; all are counted."""
    has_a, is_third = Selector.parse("a"), Selector.of(match_ids=["n-3"])
    for selector, ids in ((has_a, ["n-1"]), (has_a | is_third, ["n-1", "n-3"])):
        reading = NodeReader(io.BytesIO(text.encode()), selector=selector)
        assert [node.id for node in reading] == ids
        assert reading.count == 3
        assert reading.all_nodes() is None


@pytest.mark.parametrize("text", FLEETS)
def test_all_nodes_are_kept_to_find_out_why(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """If none is selected, or an id is missing, all nodes are kept; but not too many."""
    everything = list(NodeReader(io.BytesIO(text.encode())))
    for limit, kept in ((3, everything), (2, None)):
        monkeypatch.setattr(reader, "_MAX_KEPT_NODES", limit)
        reading = NodeReader(io.BytesIO(text.encode()), selector=Selector.parse("z"))
        assert (list(reading), reading.all_nodes()) == ([], kept)
        reading = NodeReader(io.BytesIO(text.encode()), selector=Selector.parse("a"), ids=["n-9"])
        assert (len(list(reading)), reading.all_nodes()) == (1, kept)


@pytest.mark.parametrize(
    "last",
    [
        pytest.param('{"id": "n-9", "labels": {"b": 1}}', id="label"),
        pytest.param('{"id": "n-9", "labels": {}', id="cut-off"),
        pytest.param(LINE, id="duplicate-id"),
        pytest.param('{"labels": {}}', id="no-id"),
    ],
)
def test_nodes_that_are_not_selected_are_validated(last: str) -> None:
    """An invalid node is rejected even if the selector does not match it."""
    reading = NodeReader(io.BytesIO((LINE + last).encode()), selector=Selector.nothing())
    with pytest.raises(InventoryError):
        list(reading)


def test_the_name_of_the_input() -> None:
    """Errors begin with the name of the input, if it has one."""
    for name, shown in ((None, ""), ("a\x1b.json", "a\\x1b.json: ")):
        with pytest.raises(InventoryError) as caught:
            list(NodeReader(io.BytesIO(b'[{"id": ""}]'), name=name))
        assert short(caught.value) == f"{shown}[0].id: a node id must not be empty"


@pytest.mark.parametrize("text", ["id,a\nn-1,b,c\n", "id,a\nn-1,b\nn-1,c\n", '[{"id": 5}]'])
def test_an_error_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """After an error nothing fails in garbage collection."""
    path = tmp_path / "nodes"
    path.write_text(text)
    left: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", left.append)
    with pytest.raises(InventoryError) as caught:
        Inventory.read(path)
    del caught
    gc.collect()
    assert left == []


# Any bytes

PIECES = (
    *(b"{", b"}", b"[", b"]", b'"', b":", b",", b"\\", b"\n", b"\r\n", b" ", b"\t", b"#", b"'"),
    *(b"null", b"true", b"1", b"1e999", b"-", b"- ", b"---\n", b"&a ", b"*a", b"!x ", b"<<: "),
    *(b'"id"', b'"labels"', b'"items"', b'"node"', b'"metadata"', b'"Info"', b'"Meta"', b'"spec"'),
    *(b'{"id":"n-1","labels":{"a":"b"}}', b'{"id":"n-2","labels":{}}', b"id,a\n", b"n-1,b\n"),
    *(b"- id: n-1\n", b"  labels: {a: b}\n", b"\\u0061", b"\\ud800", b"\x00", b"\x1b[31m", b"\xff"),
    *(b"\xef\xbb\xbf", b"\xc2\x9b", b"\xe2\x80\xae", b"\xed\xa0\x80", b"No nodes found\n"),
    *(b"Showing 1 of 2\n", b"9" * 40, b"1" * 5000, b"[" * 1500, b"x" * 200, b"{}", b"[]"),
)


def inventory_or_error(data: bytes) -> Inventory | InventoryError:
    try:
        return Inventory.read(io.BytesIO(data))
    except InventoryError as error:
        return error


@given(st.binary() | st.lists(st.sampled_from(PIECES)).map(b"".join))
def test_any_bytes_are_nodes_or_an_inventory_error(data: bytes) -> None:
    """Any bytes are read or rejected; the error has a code and is safe to print."""
    read = inventory_or_error(data)
    if isinstance(read, InventoryError):
        shown = str(read)
        assert read.code
        assert all(text.isprintable() for text in shown.split("\n"))
        assert len(shown) < 1000
    else:
        assert all(isinstance(node, Node) for node in read)


def test_memory_does_not_grow_with_what_is_not_selected() -> None:
    """Only the id of a node that is not selected stays in memory."""
    record = '{"id":"node-%08d","labels":{"region":"eu"}}\n'
    few, many = peak_memory(record, 10_000), peak_memory(record, 40_000)
    assert (many - few) / 30_000 < len("node-00000000") + 3


IDS = st.lists(st.text("abé日", min_size=1, max_size=2), max_size=12)


@given(st.lists(IDS, max_size=4))
@example([["a", "b"], ["b", "c"]])
@example([["a", "b", "b"]])
@example([[f"n-{at * 7 % 5_000:04}" for at in range(5_000)], ["n-0014"]])
def test_the_first_repeated_id_is_reported(batches: list[list[str]]) -> None:
    """The error names the first id that occurs again, and its two nodes, in any batches."""
    check = DuplicateIdCheck()
    for batch in batches:
        check.add(batch)
    ids = [node_id for batch in batches for node_id in batch]
    second = next((at for at, node_id in enumerate(ids) if node_id in ids[:at]), None)
    error = check.error()
    if second is None:
        assert error is None
    else:
        assert error is not None
        assert error.positions == (ids.index(ids[second]), second)
