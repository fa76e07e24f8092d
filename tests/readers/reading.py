"""What every test of the readers does: give bytes in, get nodes or the refusal."""

import io

import pytest

from nodeselect import Inventory, InventoryError, Node

__all__ = ["LINE", "assert_refused", "nodes_of", "refusal"]

LINE = '{"id": "n-1", "labels": {}}\n'
"""A plain node in a line of its own, to begin JSON lines with."""


def nodes_of(data: bytes | str) -> list[Node]:
    """Read ``data`` as one input."""
    return list(Inventory.read(_stream(data)))


def refusal(data: bytes | str) -> InventoryError:
    """Give the error with which ``data`` is refused as a whole."""
    with pytest.raises(InventoryError) as caught:
        Inventory.read(_stream(data))
    return caught.value


def assert_refused(data: bytes | str, code: str, shown: str) -> None:
    """Assert that ``data`` is refused with this code and this whole message."""
    error = refusal(data)
    assert (str(error), error.code) == (f"input: {shown}", code)


def _stream(data: bytes | str) -> io.BytesIO:
    return io.BytesIO(data.encode() if isinstance(data, str) else data)
