"""What every test of the readers does: read bytes, get nodes or the error."""

import io
import tracemalloc
from itertools import chain, islice
from typing import Any

import pytest

from nodeselect import Inventory, InventoryError, Node, Selector
from nodeselect.readers.reader import NodeReader

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


class _Generated(io.RawIOBase):
    """A stream of this many records, made as they are read.

    :param record: what each is, with the format of its number.
    :param is_list: whether they are a list in JSON.
    """

    def __init__(self, record: str, number: int, is_list: bool) -> None:
        commas = ("," * (is_list and at > 0) for at in range(number))
        records = (comma + record % at for at, comma in enumerate(commas))
        self._records = chain(records, ["]"] * is_list)
        self._rest = b"[" * is_list

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        if not self._rest:
            self._rest = "".join(islice(self._records, 20)).encode()
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def peak_memory(record: str, number: int, *, is_list: bool = False) -> int:
    """Return the most memory used while this many records are read, and no node is selected.

    :param record: what each is, with the format of its number.
    :param is_list: whether they are a list in JSON.
    """
    for count in (2, number):  # the first loads what is loaded once
        stream = io.BufferedReader(_Generated(record, count, is_list))
        reader = NodeReader(stream, selector=Selector.nothing())
        tracemalloc.start()
        try:
            assert list(reader) == []
            assert reader.count == count
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    return peak
