"""Several texts in one input: JSON one after the other, documents of YAML, events of a watch."""

import io
import json
import tracemalloc
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Node
from nodeselect.files import inputs
from nodeselect.readers.formats.json import split_at_brackets, split_at_lines
from nodeselect.readers.reader import NodeReader
from tests.readers.reading import nodes_of
from tests.readers.test_shapes import KUBERNETES, KUBERNETES_NODES, as_yaml, kubernetes, nomad

TWO = '{"id": "n-1"}', '{"id": "n-2", "labels": {"a": "}\\n{"}}'
TWO_NODES = [Node("n-1"), Node("n-2", {"a": "}\n{"})]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\n".join(TWO), id="lines"),
        pytest.param("".join(TWO), id="joined"),
        pytest.param(" ".join(TWO), id="blank"),
        pytest.param(f"[{TWO[0]}]\n[{TWO[1]}]\n", id="lists"),
        pytest.param(f"[{TWO[0]}][{TWO[1]}]", id="joined-lists"),
        pytest.param(f'{{"items": [{TWO[0]}]}}\n{{"items": [{TWO[1]}]}}\n', id="envelopes"),
        pytest.param(f'{{"nodes": [{TWO[0]}]}}\n{TWO[1]}\n{{"nodes": []}}', id="mixed-lines"),
        pytest.param(TWO[0] + "\n{\n" + TWO[1][1:], id="pretty-last"),
        pytest.param(f'{{\n"id": "n-1"\n}}\n{TWO[1]}', id="pretty-first"),
        pytest.param(f'{{\n"id": "n-1"\n}}{TWO[1]}\n', id="joined-after-pretty"),
        pytest.param(f"{TWO[0]}\n  {TWO[1]}", id="indented"),
        pytest.param(f"[\n{TWO[0]}\n]\n \n\t\r\n[\n{TWO[1]}\n]\n", id="blank-lines"),
        pytest.param("- id: n-1\n---\n- id: n-2\n  labels: {a: \"}\\n{\"}\n", id="yaml-lists"),
        pytest.param("id: n-1\n---\nid: n-2\nlabels: {a: \"}\\n{\"}\n", id="yaml-objects"),
        pytest.param(
            "---\nid: n-1\n---\n# nothing\n---\n- id: n-2\n  labels: {a: \"}\\n{\"}\n...\n",
            id="yaml-nothing",
        ),
        pytest.param("nodes: [id: n-1]\n---\n" + TWO[1], id="yaml-and-json"),
    ],
)  # fmt: skip
def test_two_texts(text: str) -> None:
    """The nodes of all texts are read, in their order."""
    assert nodes_of(text) == TWO_NODES


JSON_TEXTS = st.lists(st.lists(st.integers(0, 99)), min_size=1, max_size=5)


@given(JSON_TEXTS, st.data())
def test_any_texts(numbers: list[list[int]], data: st.DataObject) -> None:
    """Texts in one layout, with any white space between them, in chunks of any size."""
    parts = []
    indent = data.draw(st.sampled_from([None, 0, 1, 4]))
    for number, ids in enumerate(numbers):
        nodes = [{"id": f"{number}-{at}", "labels": {"x": '}\n{"'}} for at, _ in enumerate(ids)]
        layouts: list[list[Any]] = [[nodes], [{"items": nodes}], nodes]
        texts = data.draw(st.sampled_from(layouts))
        for text in texts:
            parts.append(json.dumps(text, indent=indent))
            parts.append(data.draw(st.sampled_from(["", " ", "\n", "\r\n", "\n\n", " \n \t"])))
    text = "".join(parts)
    expected = [f"{number}-{at}" for number, ids in enumerate(numbers) for at, _ in enumerate(ids)]
    if not text.strip():
        return
    size = inputs._CHUNK_BYTES
    inputs._CHUNK_BYTES = data.draw(st.sampled_from([size, 1, 7, 50]))
    try:
        assert [node.id for node in NodeReader(io.BytesIO(text.encode()))] == expected
    finally:
        inputs._CHUNK_BYTES = size


def test_what_nomad_prints_for_two_nodes() -> None:
    """Outputs of one command per node, one after the other, are read as a list."""
    text = "".join(json.dumps(nomad(name, name, Meta={}), indent=4) + "\n" for name in ("a", "b"))
    assert [node.id for node in nodes_of(text)] == ["a", "b"]


def test_nodes_of_kubernetes_in_documents() -> None:
    """One Node a document, as files in a repository are joined."""
    text = "---\n".join(map(as_yaml, KUBERNETES))
    assert nodes_of(text) == KUBERNETES_NODES


def lines(parts: Iterable[bytes]) -> list[tuple[int, bytes]]:
    """Return the texts of an input and their lines."""
    return list(split_at_lines(parts))


def test_texts_are_split_at_lines() -> None:
    """A text begins where a bracket opens at the start of a line, after one that closes."""
    assert lines([b"[\n{\n},\n", b"{\n}\n]\n\n", b"\n", b"{}{}\n{}"]) == [
        (1, b"[\n{\n},\n{\n}\n]\n\n\n"),
        (9, b"{}{}\n"),
        (10, b"{}"),
    ]


def test_texts_are_split_at_brackets() -> None:
    """Texts may begin anywhere in a line; nothing is split if one is invalid."""
    text = b' {"\xc3\xa9":\n1}[2]\n\n {} '
    assert split_at_brackets(text, 7) == [(7, b'{"\xc3\xa9":\n1}'), (8, b"[2]"), (10, b"{}")]
    for text in (b"{}{", b"{} 5", b"{}, {}", b"{}{" + b"[" * 100_000):
        assert split_at_brackets(text, 1) == []


def generated(number: int) -> io.BufferedReader:
    """Return a stream of this many texts of several lines, made as they are read."""

    class Stream(io.RawIOBase):
        parts: Iterator[bytes] = (
            f'{{\n"id": "node-{at:08}",\n"labels": {{"n": "{"x" * 500}"}}\n}}\n'.encode()
            for at in range(number)
        )
        rest = b""

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any, /) -> int:
            while len(self.rest) < len(buffer) and (part := next(self.parts, b"")):
                self.rest += part
            size = min(len(buffer), len(self.rest))
            buffer[:size], self.rest = self.rest[:size], self.rest[size:]
            return size

    return io.BufferedReader(Stream())


def test_memory_is_that_of_one_text() -> None:
    """Texts are read one at a time: only the ids of nodes that are not selected stay."""

    def peak(number: int) -> int:
        reader = NodeReader(generated(number), node_filter=lambda labels, node_id: False)
        tracemalloc.start()
        try:
            assert list(reader) == []
            assert reader.count == number
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1_000)  # what is loaded once
    few, many = peak(1_000), peak(6_000)
    assert (many - few) / 5_000 < 100


def event(kind: str, name: str, **labels: str) -> dict[str, Any]:
    """Return an event of a watch."""
    return {"type": kind, "object": kubernetes(name, "True", labels)}


EVENTS = [
    event("ADDED", "w-1"),
    event("ADDED", "w-2"),
    event("ADDED", "w-3"),
    {"type": "BOOKMARK", "object": {"kind": "Node", "metadata": {"resourceVersion": "9"}}},
    event("MODIFIED", "w-3", gpu="true"),
    event("DELETED", "w-1"),
    event("DELETED", "w-2"),
    event("ADDED", "w-1", zone="b"),
    event("MODIFIED", "w-3", gpu="false"),
]
EVENT_NODES = [
    Node("w-3", {"gpu": "false"}, "w-3", "ready"),
    Node("w-1", {"zone": "b"}, "w-1", "ready"),
]


@pytest.mark.parametrize("indent", [None, 4])
@pytest.mark.parametrize("end", ["\n", ""])
def test_events(indent: int | None, end: str) -> None:
    """A file of events is read as the nodes that there are after the last one."""
    assert (
        nodes_of("".join(json.dumps(each, indent=indent) + end for each in EVENTS)) == EVENT_NODES
    )
    assert nodes_of("\n".join(json.dumps(each) for each in EVENTS)) == EVENT_NODES


def test_events_in_yaml_and_in_a_list() -> None:
    """Events are read in other formats as well; one event is a list of events."""
    assert nodes_of(as_yaml(EVENTS)) == EVENT_NODES
    assert nodes_of(json.dumps(EVENTS)) == EVENT_NODES
    assert nodes_of(json.dumps(EVENTS[0])) == [Node("w-1", {}, "w-1", "ready")]
