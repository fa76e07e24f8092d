"""The reader counts, validates and selects nodes; any bytes are nodes or an error."""

import gc
import io
import json
import sys
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Inventory, InventoryError, Node
from nodeselect.readers.reader import NodeReader
from tests.readers.reading import LINE
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


def reader(text: str) -> NodeReader:
    """Return a reader of ``text`` that selects nodes with the label ``a``."""
    return NodeReader(io.BytesIO(text.encode()), node_filter=lambda labels, _: "a" in labels)


@pytest.mark.parametrize("text", FLEETS)
def test_count_is_of_all_nodes(text: str) -> None:
    """``node_filter`` selects nodes; the count is of all nodes."""
    reading = reader(text)
    assert list(reading) == [Node("n-1", {"a": "b"})]
    assert reading.count == 3


@pytest.mark.parametrize("text", FLEETS)
def test_the_filter_gets_labels_and_id(text: str) -> None:
    """``node_filter`` is called once for each node, in order, with its labels and its id."""
    calls: list[tuple[dict[str, str], str]] = []

    def record(labels: Mapping[str, str], node_id: str) -> bool:
        calls.append((dict(labels), node_id))
        return False

    assert list(NodeReader(io.BytesIO(text.encode()), record)) == []
    assert calls == [({"a": "b"}, "n-1"), ({}, "n-2"), ({}, "n-3")]


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
    """An invalid node is rejected even if ``node_filter`` does not select it."""
    reading = NodeReader(
        io.BytesIO((LINE + last).encode()), node_filter=lambda labels, node_id: False
    )
    with pytest.raises(InventoryError):
        list(reading)


def test_the_name_of_the_input() -> None:
    """Errors begin with the name of the input, if it has one."""
    for name, shown in ((None, ""), ("a\x1b.json", "a\\x1b.json: ")):
        with pytest.raises(InventoryError) as caught:
            list(NodeReader(io.BytesIO(b'[{"id": ""}]'), name=name))
        assert short(caught.value) == f"{shown}[0].id: a node id must not be empty"


def test_that_there_are_no_nodes_is_a_short_sentence() -> None:
    """Of what says that there are no nodes, at most 200 characters are read as that."""
    sentence = f"No {'nodes ' * 32}found"
    assert len(sentence) == 200
    assert list(reader(sentence)) == []
    with pytest.raises(InventoryError):
        list(reader(f"{sentence}."))


class BrokenPipe(io.RawIOBase):
    """A stream that returns a line and then fails."""

    def __init__(self) -> None:
        self._parts = [LINE.encode()]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        if not self._parts:
            raise OSError(5, "Input/output error")
        part = self._parts.pop()
        buffer[: len(part)] = part
        return len(part)


def test_a_stream_that_fails() -> None:
    """An error of the operating system while reading is an InventoryError."""
    with pytest.raises(InventoryError) as caught:
        list(NodeReader(io.BufferedReader(BrokenPipe()), name="pipe"))
    assert short(caught.value) == "cannot read 'pipe': Input/output error"
    assert caught.value.code == "cannot-read"


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
    """Return the inventory in ``data``, or the error."""
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


# Memory


class Generated(io.RawIOBase):
    """A stream of this many short lines with ascending ids, created as they are read."""

    def __init__(self, number: int) -> None:
        self._numbers = iter(range(number))
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while not self._rest:
            number = next(self._numbers, None)
            if number is None:
                return 0
            self._rest = b'{"id":"node-%08d","labels":{"region":"eu","n":"%d"}}\n' % (
                number,
                number,
            )
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def peak(number: int) -> int:
    """Return the peak memory while this many lines are read and no node is selected."""
    stream: BinaryIO = io.BufferedReader(Generated(number))
    reading = NodeReader(stream, node_filter=lambda labels, node_id: False)
    tracemalloc.start()
    try:
        assert list(reading) == []
        assert reading.count == number
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_what_is_not_selected() -> None:
    """Only the id of a node that is not selected stays in memory."""
    peak(1_000)  # what is loaded once
    few, many = peak(10_000), peak(40_000)
    assert (many - few) / 30_000 < len("node-00000000") + 3


def test_the_generated_lines_are_nodes() -> None:
    """The lines that memory is measured with are nodes with ascending ids."""
    nodes = list(NodeReader(io.BufferedReader(Generated(3))))
    assert [json.dumps(dict(node.labels)) for node in nodes] == [
        f'{{"region": "eu", "n": "{number}"}}' for number in range(3)
    ]
    assert [node.id for node in nodes] == ["node-00000000", "node-00000001", "node-00000002"]
