"""A list of nodes, in any format and shape."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from zlib import crc32

from tests.naive import matches

from fuzz.selector import check_error
from nodeselect import Inventory, InventoryError, Node, Selector
from nodeselect.index.tuning import Tuning
from nodeselect.readers import chunks
from nodeselect.readers.reader import NodeReader
from nodeselect.render.nodes import node_lines

__all__ = ["check"]

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
        assert Node(node.id, node.labels, node.name, node.state) == node
    _check_number(data, len(nodes))
    selector = _SELECTORS[seed % len(_SELECTORS)]
    expected = [
        node for node in nodes if matches(selector.requirements, None, node.labels, node.id)
    ]
    with _small_chunks():
        reader = NodeReader(BytesIO(data), selector=selector)
        assert list(reader) == expected
    assert reader.count == len(nodes) == reader.failure_masks.total()
    assert reader.failure_masks[0] == len(expected)
    if nodes and seed % 4 == 0:
        text = "\n".join(node_lines(nodes, "ndjson" if seed % 8 else "json"))
        assert list(NodeReader(BytesIO(text.encode()))) == nodes
    if seed % 16 == 1:
        with _small_chunks():
            inventory = Inventory.read(BytesIO(data), _tuning=_SEGMENTS)
        assert list(inventory) == nodes
        assert list(inventory.match(selector)) == expected


def _check_refused(data: bytes) -> None:
    with _small_chunks():
        for selector in (None, _SELECTORS[0]):
            try:
                list(NodeReader(BytesIO(data), selector=selector))
            except InventoryError as error:
                check_error(error)
            else:
                raise AssertionError("the input is refused in one way, and read in another")


def _check_number(data: bytes, number: int) -> None:
    """Check the number of nodes in an array, or in lines of JSON, as Python reads it."""
    with suppress(ValueError, RecursionError):
        document = json.loads(data.removeprefix(b"\xef\xbb\xbf"))
        assert not isinstance(document, list) or len(document) == number
        return
    lines = [line for line in data.split(b"\n") if line.strip()]
    with suppress(ValueError, RecursionError):
        if all(isinstance(json.loads(line), dict) for line in lines):
            assert len(lines) == number


@contextmanager
def _small_chunks() -> Iterator[None]:
    """Read few lines at a time, as if the input were large."""
    size = chunks._CHUNK_BYTES
    chunks._CHUNK_BYTES = 48
    try:
        yield
    finally:
        chunks._CHUNK_BYTES = size
