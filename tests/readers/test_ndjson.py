"""NDJSON is read in chunks, which never show in the result."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import InventoryError, Node
from nodeselect.files import inputs
from nodeselect.readers.reader import NodeReader
from tests.readers.reading import nodes_of

CHUNK = 60 * 1024
TEXT = st.text(st.characters(codec="utf-8"))
IDS = st.text('abcé日"\\/ ', min_size=1, max_size=4)


@st.composite
def records(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Plain nodes with different ids, with and without name and state."""
    some = []
    for node_id in draw(st.lists(IDS, min_size=2, max_size=8, unique=True)):
        record: dict[str, Any] = {"id": node_id}
        record["labels"] = draw(st.dictionaries(TEXT, TEXT, max_size=3))
        record |= draw(
            st.fixed_dictionaries(
                {}, optional={"name": st.none() | TEXT, "state": st.none() | TEXT}
            )
        )
        some.append(record)
    return some


BLANK = st.sampled_from(["", "\n", "\r\n", " \t\n", "\n\n \n"])


@st.composite
def as_lines(draw: st.DrawFn, some: list[dict[str, Any]]) -> str:
    """Write the records one a line, with blank lines and blanks anywhere between."""
    parts = [draw(st.sampled_from(["", "\ufeff"])), draw(BLANK)]
    for record in some:
        parts.append(draw(st.sampled_from(["", " ", "\t"])))
        parts.append(json.dumps(record, ensure_ascii=draw(st.booleans())))
        parts += [draw(st.sampled_from(["\n", "\r\n", " \n"])), draw(BLANK)]
    text = "".join(parts)
    return text.rstrip() if draw(st.booleans()) else text


def expected(some: list[dict[str, Any]]) -> list[Node]:
    return [Node(each["id"], each["labels"], each.get("name"), each.get("state")) for each in some]


@given(st.data(), records(), st.sampled_from([1, 7, 50, CHUNK]))
def test_lines_are_the_nodes_in_them(
    data: st.DataObject, some: list[dict[str, Any]], size: int
) -> None:
    """Each line with text in it is one node, wherever the chunks end."""
    text = data.draw(as_lines(some))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "_CHUNK_BYTES", size)
        assert nodes_of(text) == expected(some)


@given(st.binary().map(lambda data: data.replace(b"0", b"\n")), st.integers(1, 20))
def test_chunks_are_whole_lines(data: bytes, size: int) -> None:
    """The chunks of a stream are its bytes, and all but the last end with a line."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "_CHUNK_BYTES", size)
        pieces = list(inputs.read_chunks(b"first\n", io.BytesIO(data)))
    assert b"".join(pieces) == b"first\n" + data
    assert all(piece.endswith(b"\n") for piece in pieces[:-1])


def line(node_id: str, value: str) -> str:
    return json.dumps({"id": node_id, "labels": {"v": value}}) + "\n"


@pytest.mark.parametrize("number", [2, 3, 700, 1_500, 3_000])
def test_the_line_of_a_mistake(number: int) -> None:
    """An error has the number of its line in the input, in whatever chunk it is."""
    lines = [line(f"n-{at}", "x" * 50) for at in range(3_000)]
    lines[number - 1] = '{"id": "wrong", "labels": {"a": 1}}\n'
    reading = NodeReader(io.BytesIO(("\n" * 4 + "".join(lines)).encode()))
    with pytest.raises(InventoryError) as caught:
        list(reading)
    assert str(caught.value.place) == f"line {number + 4}: labels.a"
