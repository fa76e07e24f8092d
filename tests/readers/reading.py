"""What every test of the readers does: read bytes, get nodes or the error."""

import io

import pytest

from nodeselect import Inventory, InventoryError, Node

LINE = '{"id": "n-1", "labels": {}}\n'
"""A plain node on a line, to begin NDJSON with."""


def nodes_of(data: bytes | str) -> list[Node]:
    """Read ``data`` as one input."""
    return list(Inventory.read(_stream(data)))


def refusal(data: bytes | str) -> InventoryError:
    """Return the error with which ``data`` is rejected as a whole."""
    with pytest.raises(InventoryError) as caught:
        Inventory.read(_stream(data))
    return caught.value


def _stream(data: bytes | str) -> io.BytesIO:
    return io.BytesIO(data.encode() if isinstance(data, str) else data)
