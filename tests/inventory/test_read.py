"""An inventory is read from a path or from any open stream, which stays open."""

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import pytest

from nodeselect import Inventory, InventoryError, Node
from tests.short import refused, short

TEXTS = (
    '[{"id": "n-é", "labels": {"a": "日"}}]',
    '{"id": "n-é", "labels": {"a": "日"}}\n',
    "id,a\nn-é,日\n",
    "- id: n-é\n  labels: {a: 日}\n",
)
NODES = [Node("n-é", {"a": "日"})]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "nodes of today"


STREAMS: dict[str, Callable[[Path], BinaryIO | TextIO]] = {
    "bytes-io": lambda path: io.BytesIO(path.read_bytes()),
    "string-io": lambda path: io.StringIO(path.read_text("utf-8")),
    "text-file": lambda path: path.open(encoding="utf-8"),
    "buffered-file": lambda path: path.open("rb"),
    "raw-file": lambda path: path.open("rb", buffering=0),
    "random-file": lambda path: path.open("r+b"),
}


@pytest.mark.parametrize("kind", STREAMS)
def test_stream(path: Path, kind: str) -> None:
    """A stream of bytes or of text is read to its end and left open, also if it has a mistake."""
    for text in TEXTS:
        path.write_text(text, "utf-8")
        with STREAMS[kind](path) as stream:
            assert list(Inventory.read(stream)) == NODES
            assert not stream.closed
            assert not stream.read()
    path.write_text("id,a\nn-1,b,c\n")
    with STREAMS[kind](path) as stream:
        with pytest.raises(InventoryError) as caught:
            Inventory.read(stream)
        assert short(caught.value) == "input: line 2: the row has 3 cells, but the header has 2"
        assert not stream.closed


@pytest.mark.parametrize("text", TEXTS)
def test_path(path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """A path is a text or an object; ``-`` is standard input, whatever its declared encoding."""
    path.write_text(text, "utf-8")
    stdin = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="latin-1")
    monkeypatch.setattr(sys, "stdin", stdin)
    for given in (path, str(path), "-"):
        assert list(Inventory.read(given)) == NODES
    assert not stdin.buffer.closed


ERRORS = {
    "-": "standard input: the input is empty\n  check the command that wrote it",
    "wrong.json": "wrong.json: [0].id: the node's id must be a string, not the number 5\n"
    "  write a string, in quotes",
    "missing": "cannot read 'missing': No such file or directory",
    ".": "cannot read '.': Is a directory",
    "a\0b": "cannot read 'a\\x00b': not a valid path",
    "\x1b[31m": "cannot read '\\x1b[31m': No such file or directory",
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    Path("wrong.json").write_text('[{"id": 5}]')
    with pytest.raises(InventoryError) as caught:
        Inventory.read(name)
    assert short(caught.value) == ERRORS[name]
    assert (caught.value.code == "cannot-read") == ERRORS[name].startswith("cannot read")


def test_streams_that_cannot_be_read(path: Path) -> None:
    """A stream of another encoding, or only for writing, raises no error of Python."""
    path.write_bytes(b'[{"id": "caf\xe9"}]')
    with path.open(encoding="utf-8") as stream, refused("not-utf-8"):
        Inventory.read(stream)
    with refused("not-utf-8"):
        Inventory.read(io.StringIO('[{"id": "\ud800"}]'))
    with path.open("wb") as stream, refused("cannot-read") as caught:
        Inventory.read(stream)
    assert "None" not in short(caught.value)


@pytest.mark.parametrize("wrong", [5, None, b"nodes.json", [5], [["nodes.json"]]])
def test_what_is_neither_path_nor_stream(wrong: Any) -> None:
    with pytest.raises(TypeError, match="a path or a stream"):
        Inventory.read(wrong)
