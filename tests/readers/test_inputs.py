"""Several inputs are read as one, and compressed ones; the reader knows what each of them was."""

import gzip
import io
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from nodeselect import LIMITS, Inventory, InventoryError, Node, Selector
from nodeselect.files import inputs as input_files
from nodeselect.readers.detect import SAVED_MAGIC, is_saved
from nodeselect.readers.reader import NodeReader
from tests.readers.reading import nodes_of, refusal
from tests.readers.test_shapes import PLAIN, as_lines, as_yaml
from tests.short import short
from tests.streams import Hesitant

GPU = Selector.parse("gpu")


def inputs(*texts: str) -> Iterable[tuple[BinaryIO, str]]:
    """Yield inputs that are named a, b, …"""
    return ((io.BytesIO(text.encode()), chr(97 + at)) for at, text in enumerate(texts))


def plain(*ids: str) -> str:
    """Write nodes, all of which have the label gpu, one a line."""
    return as_lines([{"id": node_id, "labels": {"gpu": "t4"}} for node_id in ids])


TEXTS = plain("n-1", "n-2"), "id,gpu\nn-3,\n", '[{"id": "n-4"}]\nShowing 1 of 1', plain("n-5")


def test_nodes_of_all_inputs() -> None:
    """All nodes are read in order, and counted together, but a footer is about its own input."""
    assert [node.id for node in NodeReader(inputs(*TEXTS))] == ["n-1", "n-2", "n-3", "n-4", "n-5"]
    reader = NodeReader(inputs(*TEXTS), selector=GPU, ids=["n-4", "n-6"], counts_states=True)
    assert [node.id for node in reader] == ["n-1", "n-2", "n-5"]
    assert (reader.count, reader.missing_ids, reader.states) == (5, {"n-6"}, {None: 5})
    assert len(Inventory.read(NodeReader(inputs(*TEXTS)))) == 5


def test_a_list_of_files(tmp_path: Path) -> None:
    """Several files and streams are one inventory; a list without any is an error."""
    path = tmp_path / "a.json"
    path.write_text(plain("n-1"))
    inventory = Inventory.read([path, io.StringIO("id\nn-2\n")])
    assert inventory.ids() == ["n-1", "n-2"]
    assert short(refusal((path, str(path)))).startswith(
        f"two nodes have the id 'n-1': node 1 of {path} and node 1 of {path}\n"
    )
    with pytest.raises(ValueError, match="there is no input to read"):
        Inventory.read([])


def test_inputs_are_opened_one_after_the_other() -> None:
    """The next input is asked for when the one before has been read."""
    opened = []

    def sources() -> Iterable[tuple[BinaryIO, str]]:
        for name in ("a", "b"):
            opened.append(name)
            yield io.BytesIO(plain(name).encode()), name

    reader = iter(NodeReader(sources()))
    assert (next(reader).id, opened) == ("a", ["a"])
    assert (next(reader).id, opened) == ("b", ["a", "b"])


@pytest.mark.parametrize("read", [list, Inventory.read])
def test_an_error_names_its_input(read: type[list[Node]]) -> None:
    """An error begins with the name of the input that it is in."""
    with pytest.raises(InventoryError) as caught:
        read(NodeReader(inputs(plain("n-1"), plain("n-2") + "5\n")))
    assert short(caught.value).startswith("b: line 2: a node must be an object")


@pytest.mark.parametrize("read", [list, Inventory.read])
def test_a_duplicate_id_names_both_inputs(read: type[list[Node]]) -> None:
    """The error for an id that two inputs have names both; for one input, its two nodes."""
    with pytest.raises(InventoryError) as caught:
        read(NodeReader(inputs(plain("n-1"), plain("n-2", "n-3"), plain("n-4", "n-3"))))
    assert (caught.value.code, short(caught.value)) == (
        "duplicate-id",
        "two nodes have the id 'n-3': node 2 of b and node 2 of c\n  keep one of the two",
    )
    with pytest.raises(InventoryError) as caught:
        read(NodeReader(inputs(plain("n-1", "n-1"))))
    assert short(caught.value) == (
        "a: two nodes have the id 'n-1': nodes 1 and 2\n  keep one of the two"
    )


def test_a_read_error_names_the_input_once(tmp_path: Path) -> None:
    """An error of the operating system has the name of the file only in its message."""
    assert short(refusal(tmp_path)) == f"cannot read '{tmp_path}': Is a directory"


# Compressed inputs


@pytest.mark.parametrize("text", [*TEXTS, as_yaml(PLAIN)])
def test_gzip(text: str) -> None:
    """A compressed input is read as what it contains, however it arrives."""
    data = gzip.compress(text.encode())
    expected = nodes_of(text)
    assert nodes_of(data) == expected
    assert list(Inventory.read(cast(BinaryIO, Hesitant(data, 9)))) == expected
    half = len(text) // 2
    parts = gzip.compress(text[:half].encode()), gzip.compress(text[half:].encode())
    assert nodes_of(b"".join(parts)) == expected
    assert nodes_of(b"".join(parts) + b"\0" * 100) == expected


@pytest.mark.parametrize("member", [b"", b"\n"])
def test_many_members_of_gzip(member: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small members cost no more than their bytes: what follows each is not copied again."""
    given = 0
    decompressor = zlib.decompressobj

    class Counting:
        def __init__(self, wbits: int) -> None:
            self.inner = decompressor(wbits)

        def decompress(self, data: bytes, size: int) -> bytes:
            nonlocal given
            given += len(data)
            return self.inner.decompress(data, size)

        def __getattr__(self, name: str) -> object:
            return getattr(self.inner, name)

    monkeypatch.setattr(zlib, "decompressobj", Counting)
    data = (gzip.compress(member) + b"\0" * 3) * 20_000 + gzip.compress(plain("n-1").encode())
    assert Inventory.read(io.BytesIO(data)).ids() == ["n-1"]
    assert given < 50 * len(data)


def test_gzip_is_cut_off() -> None:
    """Compressed data that is cut off or damaged anywhere is rejected."""
    data = gzip.compress(plain(*map(str, range(99))).encode())
    for end in range(2, len(data)):
        assert refusal(data[:end]).code in ("cut-off", "compressed")
    damaged = bytearray(data)
    damaged[len(data) // 2] ^= 255
    assert refusal(bytes(damaged)).code in ("compressed", "not-json", "cut-off", "not-utf-8")
    assert refusal(data[:-8] + b"\1" * 8).code == "compressed"  # the checksum
    assert refusal(data + b"more").code == "compressed"


def test_gzip_in_gzip() -> None:
    """An input that is compressed twice is rejected."""
    error = refusal(gzip.compress(gzip.compress(plain("n-1").encode())))
    assert (error.code, error.message) == ("compressed", "the input is compressed twice")


BOMB = (
    "decompressed, the input is more than 300 times as large (limit: gzip_ratio)\n"
    "  decompress it first if you trust it: gunzip"
)


def test_a_bomb_is_not_decompressed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Much more text than its compressed form is rejected by the name of the limit."""
    monkeypatch.setattr(input_files, "_MIN_GUNZIPPED_BYTES", 1_000_000)
    text = plain("n-1") * 30_000
    ratio = len(text) / len(gzip.compress(text.encode()))
    assert LIMITS.gzip_ratio < ratio
    error = refusal(gzip.compress(text.encode()))
    assert (error.code, short(error)) == (
        "document-too-large",
        f"input: {BOMB}",
    )
    text = text[: text.index("\n", 900_000)]
    assert refusal(gzip.compress(text.encode())).code == "duplicate-id"


# The column of ids


def test_the_column_of_ids() -> None:
    """Another column can have the ids; a column ``id`` is then a label."""
    text = "NAME;id;zone\nw-1;7;a\n"
    nodes = [Node("w-1", {"id": "7", "zone": "a"})]
    assert list(Inventory.read(io.StringIO(text), id_column="NAME")) == nodes
    assert list(NodeReader(io.BytesIO(text.encode()), id_column="NAME")) == nodes
    error = refusal(text, id_column="ID")
    assert (error.code, error.message) == ("no-id-column", "the table has no column 'ID'")
    for rows, message in (
        ("NAME,a\n,b\n", "input: line 2: NAME: the node has no id"),
        ("NAME,a\nw-1,b\nNAME,a\n", "input: line 3: this is a header, so another table begins"),
        ("a\tNAME\nb\tw-1\nNAME\ta\n", "input: line 3: this is a header, so another table begins"),
    ):
        assert short(refusal(rows, id_column="NAME")).startswith(message)


@pytest.mark.parametrize("at", range(len(SAVED_MAGIC)))
def test_a_saved_inventory_with_a_wrong_byte(at: int) -> None:
    """One byte at the start may be wrong, or the rest not yet there; two wrong bytes are not."""
    one = SAVED_MAGIC[:at] + b"x" + SAVED_MAGIC[at + 1 :]
    two = b"y" + one[1:] if at else one[:-1] + b"y"
    for start, found in ((one, True), (two, False), (SAVED_MAGIC[: at + 1], True), (b"", False)):
        assert is_saved(io.BufferedReader(io.BytesIO(start))) is found
