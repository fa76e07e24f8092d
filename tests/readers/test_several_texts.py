"""Several texts in one input: JSON one after the other, documents of YAML, events of a watch."""

import io
import json
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Node
from nodeselect.files import inputs
from nodeselect.readers import reader
from nodeselect.readers.formats import json as json_format
from nodeselect.readers.reader import NodeReader
from tests.readers.reading import nodes_of, peak_memory
from tests.readers.test_shapes import as_yaml, kubernetes, kubernetes_node

TWO = '{"id": "n-1"}', '{"id": "n-2", "labels": {"a": "}\\n{"}}'
TWO_NODES = [Node("n-1"), Node("n-2", {"a": "}\n{"})]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f'{{"nodes": [{TWO[0]}]}}\n{TWO[1]}\n{{"nodes": []}}', id="mixed-lines"),
        pytest.param(TWO[0] + "\n{\n" + TWO[1][1:], id="pretty-last"),
        pytest.param(f'{{\n"id": "n-1"\n}}\n{TWO[1]}', id="pretty-first"),
        pytest.param(f'{{\n"id": "n-1"\n}}{TWO[1]}\n', id="joined-after-pretty"),
        pytest.param(f"{TWO[0]}\n  {TWO[1]}", id="indented"),
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
    size = data.draw(st.sampled_from([inputs._CHUNK_BYTES, 1, 7, 50]))
    with patch.object(inputs, "_CHUNK_BYTES", size), patch.object(json_format, "_MIN_DECODED", 1):
        assert [node.id for node in NodeReader(io.BytesIO(text.encode()))] == expected


@pytest.mark.parametrize("is_list", [False, True])
def test_memory_is_that_of_some_nodes(monkeypatch: pytest.MonkeyPatch, is_list: bool) -> None:
    """One text or many are read in pieces: of many nodes that are not selected, the ids stay."""
    monkeypatch.setattr(reader, "_MAX_KEPT_NODES", 500)
    monkeypatch.setattr(json_format, "_MIN_DECODED", 10_000)
    text = '{\n"id": "node-%08d",\n"labels": {"n": "' + "x" * 500 + '"}\n}\n'
    few, many = (peak_memory(text, count, is_list=is_list) for count in (1_000, 6_000))
    assert (many - few) / 5_000 < 100


def event(kind: str, name: str, **labels: str) -> dict[str, Any]:
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
    kubernetes_node("w-3", {"gpu": "false"}, "ready"),
    kubernetes_node("w-1", {"zone": "b"}, "ready"),
]


@pytest.mark.parametrize("indent", [None, 4])
@pytest.mark.parametrize("end", ["\n", ""])
def test_events(indent: int | None, end: str) -> None:
    """A file of events is read as the nodes that there are after the last one."""
    text = "".join(json.dumps(each, indent=indent) + end for each in EVENTS)
    assert nodes_of(text) == EVENT_NODES


def test_events_in_yaml_and_in_a_list() -> None:
    """Events are read in other formats as well; one event is a list of events."""
    assert nodes_of(as_yaml(EVENTS)) == EVENT_NODES
    assert nodes_of(json.dumps(EVENTS)) == EVENT_NODES
    assert nodes_of(json.dumps(EVENTS[0])) == [kubernetes_node("w-1", {}, "ready")]
