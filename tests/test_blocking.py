"""Streams that do not block are read and written as a whole."""

import io
import os
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import pytest

from nodeselect import Inventory, InventoryError
from nodeselect.files.blocking import blocking_reader, use_blocking_output
from nodeselect.readers.reader import NodeReader
from tests.hesitant import Hesitant

FLEET = b"".join(b'{"id": "n-%d", "labels": {}}\n' % number for number in range(4))
FORMS = {
    "lines": FLEET,
    "json": b'[{"id": "n-0"},\n{"id": "n-1"},\n{"id": "n-2"},\n{"id": "n-3"}]\n',
    "csv": b"id\nn-0\nn-1\nn-2\nn-3\n",
    "yaml": b"- id: n-0\n- id: n-1\n- id: n-2\n- id: n-3\n",
}


def ids(source: object) -> list[str]:
    """Read all nodes of a stream."""
    return [node.id for node in Inventory.read(cast(BinaryIO, source))]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize("size", [1, 7, 28, 29, 1_000])
def test_every_piece_is_read(form: str, buffered: bool, size: int) -> None:
    """A stream that has no data for a moment is not at its end."""
    stream: io.IOBase = Hesitant(FORMS[form], size)
    if buffered:
        stream = io.BufferedReader(cast(Hesitant, stream))
    assert ids(stream) == ["n-0", "n-1", "n-2", "n-3"]
    assert not stream.closed


@pytest.mark.parametrize("buffered", [True, False])
def test_a_reader_of_nodes(buffered: bool) -> None:
    """A reader of nodes waits as well, and leaves the stream open."""
    stream: Any = Hesitant(FLEET, 29)
    if buffered:
        stream = io.BufferedReader(stream)
    assert len(list(NodeReader(stream))) == 4
    assert not stream.closed


class Terminal(io.RawIOBase):
    """A stream that has an end, and then more."""

    def __init__(self) -> None:
        lines = FLEET.splitlines(keepends=True)
        self.inputs = [*lines[:2], b"", *lines[2:]]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.inputs.pop(0)
        buffer[: len(data)] = data
        return len(data)


@pytest.mark.parametrize("buffered", [True, False])
def test_one_end_is_enough(buffered: bool) -> None:
    """A person ends the input of a terminal once, not twice."""
    terminal = Terminal()
    assert ids(io.BufferedReader(terminal) if buffered else terminal) == ["n-0", "n-1"]
    assert len(terminal.inputs) == 2


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


@pytest.fixture
def pipe() -> Iterator[tuple[BinaryIO, int]]:
    """Return a pipe whose reading end does not block, and its writing end."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    with os.fdopen(reading, "rb") as stream:
        yield stream, writing
    os.close(writing)


def test_text(pipe: tuple[BinaryIO, int]) -> None:
    """A non-blocking text stream is rejected: it does not tell its end from a pause."""
    stream, writing = pipe
    os.write(writing, FLEET)
    text = io.TextIOWrapper(cast(Any, stream))
    with pytest.raises(InventoryError, match="a non-blocking text stream: read its buffer instead"):
        ids(text)
    text.detach()

    class Nothing:
        def read(self) -> None:
            return None

    with pytest.raises(InventoryError, match="non-blocking, and cannot be waited for"):
        ids(Nothing())


def test_the_flag_stays(pipe: tuple[BinaryIO, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """The descriptor is as it was: other processes share the flag."""
    stream, writing = pipe
    os.write(writing, FLEET)
    reader = blocking_reader(stream)
    assert reader.read(len(FLEET)) == FLEET
    assert not os.get_blocking(stream.fileno())


@pytest.mark.parametrize("unbuffered", [True, False])
def test_output_that_does_not_block(monkeypatch: pytest.MonkeyPatch, unbuffered: bool) -> None:
    """A slow reader of the output gets all of it."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    output = b""

    def read(*_: object) -> None:
        nonlocal output
        output += os.read(reading, 100_000)

    with monkeypatch.context() as patch:
        binary = os.fdopen(writing, "wb", buffering=0 if unbuffered else -1)
        stream = io.TextIOWrapper(cast(Any, binary), "utf-8", write_through=unbuffered)
        patch.setattr("sys.stdout", stream)
        patch.setattr("sys.stderr", sys.stderr)
        patch.setattr("nodeselect.files.blocking._wait", read)
        use_blocking_output()
        text = "é" * 300_000
        print(text, flush=True)
    read()
    assert output.decode() == text + "\n"
    stream.close()
    os.close(reading)
