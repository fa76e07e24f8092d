"""Streams that do not block are read and written as a whole."""

import io
import os
from typing import Any, BinaryIO, cast

import pytest

from nodeselect import Inventory, InventoryError
from tests.streams import Hesitant, Pieces

FLEET = b"".join(b'{"id": "n-%d", "labels": {}}\n' % number for number in range(4))
FORMS = {
    "lines": FLEET,
    "json": b'[{"id": "n-0"},\n{"id": "n-1"},\n{"id": "n-2"},\n{"id": "n-3"}]\n',
    "csv": b"id\nn-0\nn-1\nn-2\nn-3\n",
    "yaml": b"- id: n-0\n- id: n-1\n- id: n-2\n- id: n-3\n",
}


def ids(source: object) -> list[str]:
    return [node.id for node in Inventory.read(cast(BinaryIO, source))]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("buffered", [True, False])
def test_every_piece_is_read(form: str, buffered: bool) -> None:
    """A stream that has no data for a moment is not at its end."""
    for size in (1, 7, 28, 29, 1_000):
        stream: Any = Hesitant(FORMS[form], size)
        if buffered:
            stream = io.BufferedReader(stream)
        assert ids(stream) == ["n-0", "n-1", "n-2", "n-3"]
        assert not stream.closed


@pytest.mark.parametrize("buffered", [True, False])
def test_one_end_is_enough(buffered: bool) -> None:
    """A person ends the input of a terminal once, not twice."""
    lines = FLEET.splitlines(keepends=True)
    pieces = iter([*lines[:2], b"", *lines[2:]])
    terminal = Pieces(pieces)
    assert ids(io.BufferedReader(terminal) if buffered else terminal) == ["n-0", "n-1"]
    assert len([*pieces]) == 2


def test_what_is_buffered_already_is_read() -> None:
    """What a caller's buffer holds comes first."""
    stream = io.BufferedReader(Hesitant(b"not for us\n" + FLEET, 1_000))
    assert (stream.readline() or stream.readline()) == b"not for us\n"
    assert ids(stream) == ["n-0", "n-1", "n-2", "n-3"]


def test_a_stream_that_cannot_be_waited_for() -> None:
    """Without a file descriptor, a stream that has no data is an error, not an end."""

    class NoDescriptor(Hesitant):
        def fileno(self) -> int:
            raise io.UnsupportedOperation("fileno")

    for stream in (NoDescriptor(FLEET, 29), io.BufferedReader(NoDescriptor(FLEET, 29))):
        with pytest.raises(InventoryError, match="input: it is non-blocking, and cannot be waited"):
            ids(stream)


def test_text() -> None:
    """A non-blocking text stream is rejected: it does not tell its end from a pause."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.write(writing, FLEET)
    os.close(writing)
    message = "a non-blocking text stream: read its buffer instead"
    with os.fdopen(reading) as text, pytest.raises(InventoryError, match=message):
        ids(text)

    class Nothing:
        def read(self) -> None:
            return None

    with pytest.raises(InventoryError, match="non-blocking, and cannot be waited for"):
        ids(Nothing())
