"""What every test of the readers does: read bytes, get nodes or the error."""

import io
import tracemalloc
from itertools import chain
from typing import Any

import pytest

from nodeselect import Inventory, InventoryError, Node, Selector
from nodeselect.readers.reader import NodeReader
from tests.streams import Pieces

LINE = '{"id": "n-1", "labels": {}}\n'
"""A plain node on a line, to begin NDJSON with."""


def nodes_of(data: bytes | str) -> list[Node]:
    """Read ``data`` as one input."""
    return list(Inventory.read(_stream(data)))


def refusal(data: Any, **options: Any) -> InventoryError:
    """Return the error with which ``data``, or another source, is rejected as a whole."""
    with pytest.raises(InventoryError) as caught:
        Inventory.read(_stream(data), **options)
    return caught.value


def _stream(data: Any) -> Any:
    text = data.encode() if isinstance(data, str) else data
    return io.BytesIO(text) if isinstance(text, bytes) else text


def peak_memory(record: str, number: int, *, is_list: bool = False) -> int:
    """Return the most memory used while this many records are read, and no node is selected.

    :param record: what each is, with the format of its number.
    :param is_list: whether they are a list in JSON.
    """
    for count in (2, number):  # the first loads what is loaded once
        records = ("[,"[at > 0] * is_list + record % at for at in range(count))
        pieces = Pieces(text.encode() for text in chain(records, ["]"] * is_list))
        reader = NodeReader(io.BufferedReader(pieces), selector=Selector.nothing())
        tracemalloc.start()
        try:
            assert list(reader) == []
            assert reader.count == count
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    return peak
