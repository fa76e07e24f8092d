"""A list of nodes, in any format and shape."""

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import BytesIO
from typing import Any
from zlib import crc32

from tests.inventory.small import tuned
from tests.naive import matches

from fuzz.selector import check_error
from nodeselect import InventoryError, Node, Selector
from nodeselect.files import inputs
from nodeselect.index.tuning import Tuning
from nodeselect.readers.envelope import list_field
from nodeselect.readers.reader import NodeReader
from nodeselect.render.nodes import node_lines

_SELECTORS = tuple(
    map(Selector.parse, ("region", "!gpu", "region=eu,tier!=free", "gpu>1", "tier in (gold,)"))
)
_SEGMENTS = Tuning(max_unsegmented=1)


def check(data: bytes) -> None:
    """Check that an input is refused as a whole, or that all ways to read it agree."""
    seed = crc32(data)
    try:
        nodes = list(NodeReader(BytesIO(data), name="input"))
    except InventoryError as error:
        check_error(error)
        if seed % 8 == 0:
            _check_refused(data)
        return
    assert len({node.id for node in nodes}) == len(nodes)
    for node in nodes:
        facts: dict[str, Any] = {"taints": node.taints, "resources": node.resources}
        assert Node(node.id, node.labels, node.name, node.state, **facts) == node
    _check_number(data, nodes)
    selector = _SELECTORS[seed % len(_SELECTORS)]
    expected = [
        node for node in nodes if matches(selector.requirements, None, node.labels, node.id)
    ]
    with _small_chunks():
        reader = NodeReader(BytesIO(data), selector=selector)
        assert list(reader) == expected
    assert reader.count == len(nodes)
    assert expected or reader.all_nodes() == (nodes if len(nodes) <= 10_000 else None)
    if nodes and seed % 4 == 0:
        text = "\n".join(node_lines(nodes, "ndjson" if seed % 8 else "json"))
        assert list(NodeReader(BytesIO(text.encode()))) == nodes
    if seed % 16 == 2:
        with _small_chunks():
            _check_inputs(data, nodes)
    if seed % 16 == 1:
        with _small_chunks():
            inventory = tuned(_SEGMENTS).read(BytesIO(data))
        assert list(inventory) == nodes
        assert list(inventory.match(selector)) == expected


def _check_inputs(data: bytes, nodes: Sequence[Node]) -> None:
    """Check that compressed inputs, and several of them, have the same nodes."""
    if not data.lstrip().startswith(b"\x1f\x8b"):
        data = gzip.compress(data)
    reader = NodeReader([(BytesIO(data), "a"), (BytesIO(b"id\nn-other\n"), "b")])
    assert list(reader) == [*nodes, Node("n-other")]
    assert [each.nodes for each in reader.inputs] == [len(nodes), 1]


def _check_refused(data: bytes) -> None:
    with _small_chunks():
        for selector in (None, _SELECTORS[0]):
            try:
                list(NodeReader(BytesIO(data), selector=selector))
            except InventoryError as error:
                check_error(error)
            else:
                raise AssertionError("the input is refused in one way, and read in another")


def _check_number(data: bytes, nodes: Sequence[Node]) -> None:
    """Check the number of nodes in an array, or in texts of JSON, as Python reads them."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    with suppress(ValueError, RecursionError):
        records = list(_records(text))
        if not all(isinstance(record, dict) for record in records):
            return
        if not any(record.keys() == {"type", "object"} for record in records):
            assert len(records) < 2 or len(records) == len(nodes)  # one may be a map of nodes
            return
        names: dict[str, None] = {}
        for record in records:
            if record["type"] in ("ADDED", "MODIFIED"):
                names[record["object"]["metadata"]["name"]] = None
            elif record["type"] == "DELETED":
                del names[record["object"]["metadata"]["name"]]
        assert [node.id for node in nodes] == list(names)


def _records(text: str) -> Iterator[Any]:
    """Yield the records of JSON texts, one after the other, in lists and envelopes."""
    decoder, end = json.JSONDecoder(), 0
    while start := re.compile(r"\s*(?=\S)").match(text, end):
        document, end = decoder.raw_decode(text, start.end())
        name = isinstance(document, dict) and list_field(document)
        if name:
            document = document[name] or []
        yield from document if isinstance(document, list) else [document]


@contextmanager
def _small_chunks() -> Iterator[None]:
    """Read few lines at a time, as if the input were large."""
    size = inputs._CHUNK_BYTES
    inputs._CHUNK_BYTES = 48
    try:
        yield
    finally:
        inputs._CHUNK_BYTES = size
