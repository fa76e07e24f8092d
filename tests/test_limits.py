"""The limits of a node, on both sides, and the names of all limits."""

import io
import json
from collections.abc import Callable
from typing import BinaryIO, cast

import pytest

from nodeselect import LIMITS, Inventory, InventoryError, Limits, Node
from nodeselect.files import inputs
from nodeselect.readers import detect
from nodeselect.readers.formats import json as json_format
from tests.short import refused, short
from tests.streams import Pieces

LINE = '{"id": "n-1", "labels": {}}\n'


def test_names_and_values() -> None:
    assert Limits() == LIMITS
    assert LIMITS._asdict() == {
        "selector_text": 16_384,
        "requirements": 256,
        "values_in_set": 1_024,
        "values": 4_096,
        "match_ids": 100_000,
        "selectors": 1_024,
        "comparison_steps": 4_000_000,
        "label_value": 63,
        "key_name": 63,
        "key_prefix": 253,
        "node_labels": 256,
        "node_labels_bytes": 65_536,
        "node_taints": 256,
        "node_resources": 256,
        "line_bytes": 4_194_304,
        "document_bytes": 4_294_967_296,
        "gzip_ratio": 300,
        "parquet_nodes": 100,
        "job_file_bytes": 1_048_576,
        "job_file_values": 200_000,
        "depth": 32,
        "manifest_bytes": 67_108_864,
        "manifest_values": 4_000_000,
        "manifest_depth": 128,
        "alias_text": 1_048_576,
        "reported_errors": 20,
    }


def labels(number: int) -> dict[str, str]:
    return {f"k{at}": "v" for at in range(number)}


def sized(size: int, character: str = "v") -> dict[str, str]:
    """Return labels of this size in bytes, most of it in one value."""
    key = "k" * (size % len(character.encode()) + len(character.encode()))
    return {key: character * ((size - len(key)) // len(character.encode()))}


def error_of(text: str | bytes) -> str:
    """Read ``text``; return the error in short, or nothing."""
    try:
        Inventory.read(io.BytesIO(text) if isinstance(text, bytes) else io.StringIO(text))
    except InventoryError as error:
        return f"{error.code}: {short(error)}"
    return ""


def check_refused(labels: dict[str, str], code: str, message: str) -> None:
    """Check that no node can have these labels, in a program or in any format."""
    with refused(code) as caught:
        Node("n-2", labels)
    assert short(caught.value) == message
    record = json.dumps({"id": "n-2", "labels": labels}, ensure_ascii=False)
    pairs = "".join(f"    {key}: {value}\n" for key, value in labels.items())
    for text, place in (
        (f"[{record}]", "[0]"),
        (LINE + record, "line 2"),
        (f"id,{','.join(labels)}\nn-2,{','.join(labels.values())}\n", "line 2"),
        (f"- id: n-2\n  labels:\n{pairs}", "line 1: [0]"),
    ):
        assert error_of(text) == f"{code}: input: {place}: {message}"


def test_number_of_labels() -> None:
    """A node can have 256 labels, whether a program makes it or it is read, and not 257."""
    many = labels(LIMITS.node_labels)
    assert len(Node("n-2", many).labels) == 256
    text = LINE + json.dumps({"id": "n-2", "labels": many})
    assert Inventory.read(io.StringIO(text))["n-2"].labels == many
    message = "a node can have at most 256 labels (limit: node_labels), found 257"
    check_refused(labels(LIMITS.node_labels + 1), "too-many-labels", message)


@pytest.mark.parametrize("character", "vé日😀", ids="{!a}".format)
def test_bytes_of_labels(character: str) -> None:
    """Labels of 65,536 bytes are accepted, whatever the characters are.

    One byte more is rejected, in a program and in every format; the error names the limit.
    """
    large = sized(LIMITS.node_labels_bytes, character)
    assert Node("n-2", large).labels == large
    text = LINE + json.dumps({"id": "n-2", "labels": large}, ensure_ascii=False)
    assert Inventory.read(io.StringIO(text))["n-2"].labels == large
    message = (
        "the labels of a node can have at most 65,536 bytes (limit: node_labels_bytes), "
        "found 65,537"
    )
    check_refused(sized(LIMITS.node_labels_bytes + 1, character), "labels-too-large", message)


def test_lone_surrogates() -> None:
    """Lone surrogates count as three bytes each, and raise no other error."""
    assert Node("n-1", {"k": "\ud800" * 21_845}).labels["k"]
    with pytest.raises(InventoryError):
        Node("n-1", {"kk": "\ud800" * 21_845})


def long_line(size: int) -> str:
    start = '{"id": "n-2", "labels": {}, "name": "'
    return f'{start}{"x" * (size - len(start) - 2)}"}}'


def long_row(size: int) -> str:
    """Return a row of CSV with this many bytes, in cells of a hundred thousand."""
    cells, rest = divmod(size - len("n-2"), 100_001)
    return ",".join(["n-2", *["x" * 100_000] * cells, "x" * (rest - 1)])


def header(row: str) -> str:
    return ",".join(["id", *(f"k{at}" for at in range(row.count(",")))])


LONG: dict[str, tuple[int, Callable[[int], str]]] = {
    "first": (1, lambda size: f"{long_line(size)}\n{LINE}"),
    "first-after-blank-lines": (3, lambda size: f"\n \n{long_line(size)}\n{LINE}"),
    "second": (2, lambda size: f"{LINE}{long_line(size)}\n"),
    "last": (4, lambda size: LINE * 3 + long_line(size)),
    "csv-header": (1, lambda size: f"id,{'x' * (size - 3)}\n"),
    "csv-row": (2, lambda size: f"{header(long_row(size))}\n{long_row(size)}\n"),
}
"""Inputs with a line of a given length, and the number of this line."""


@pytest.mark.parametrize("place", LONG)
def test_line_bytes(place: str) -> None:
    """A line of JSON lines or a row of CSV has at most 4 MiB; the error names the limit."""
    line, text = LONG[place]
    assert "line_bytes" not in error_of(text(LIMITS.line_bytes))
    message = "a line or row can have at most 4,194,304 bytes (limit: line_bytes)"
    error = f"line-too-long: input: line {line}: {message}"
    assert error_of(text(LIMITS.line_bytes + 1)) == error


def test_one_long_line_is_a_document() -> None:
    for text in (f'{{"items": [{long_line(5_000_000)}]}}', f"[{long_line(5_000_000)}]"):
        assert [node.id for node in Inventory.read(io.StringIO(text))] == ["n-2"]
    many = ",".join(f"{{id: n-{at}}}" for at in range(5_000))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(detect, "LIMITS", LIMITS._replace(line_bytes=1_000))
        assert len(Inventory.read(io.StringIO(f"[{many}]"))) == 5_000


@pytest.mark.parametrize("text", ["[{}]", "- id: n-1\n# {}\n"])
def test_document_bytes(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """A document of nodes has at most 4 GiB (here 1,000 bytes); the error names the limit."""
    for module in (inputs, json_format):
        monkeypatch.setattr(module, "LIMITS", LIMITS._replace(document_bytes=1_000))
    largest = text.format(LINE.strip() + " " * (1_002 - len(text) - len(LINE.strip())))
    assert len(largest) == 1_000
    assert [node.id for node in Inventory.read(io.StringIO(largest))] == ["n-1"]
    assert error_of(largest + " ") == (
        "document-too-large: input: a document can have at most 1,000 bytes"
        " (limit: document_bytes)\n  write JSON lines instead: one node per line"
    )


@pytest.mark.parametrize(
    ("start", "pattern", "code"),
    [
        pytest.param(b"", b"\0", "line-too-long", id="zeros"),
        pytest.param(b"", b"x", "line-too-long", id="letters"),
        pytest.param(b"", b"\r\n", "line-too-long", id="blank-lines"),
        pytest.param(b"", b" ", "line-too-long", id="blanks"),
        pytest.param(LINE.encode(), b"\r\n", "line-too-long", id="blank-lines-after-a-node"),
        pytest.param(LINE.encode() * 2, b"x", "line-too-long", id="letters-after-nodes"),
        pytest.param(LINE.encode() * 2, b"\0", "line-too-long", id="zeros-after-nodes"),
        pytest.param(b"id,a\n", b"x,", "line-too-long", id="cells"),
        pytest.param(b"id,a\n", b'"x\ny",', "line-too-long", id="cells-in-many-lines"),
        pytest.param(b"id,a\n", b"\0", "line-too-long", id="csv-zeros"),
        pytest.param(b"No nodes found.\n", b"\r\n", "line-too-long", id="nothing"),
        pytest.param(b"No nodes found.\n", b"x", "unknown-shape", id="nothing-but-something"),
        pytest.param(b"[", b"\0", "not-json", id="json-zeros"),
        pytest.param(b"[", b" ", "document-too-large", id="json"),
        pytest.param(b"{", b" ", "document-too-large", id="json-in-one-line"),
        pytest.param(b"- id: n-1\n", b"- id: n\n", "document-too-large", id="yaml"),
        pytest.param(b"- id: n-1\n", b"\0", "control-character", id="yaml-zeros"),
    ],
)
def test_endless_input(
    monkeypatch: pytest.MonkeyPatch, start: bytes, pattern: bytes, code: str
) -> None:
    """Whatever never ends is rejected after a few megabytes."""
    smaller = LIMITS._replace(document_bytes=5_000_000)
    for module in (inputs, detect, json_format):
        monkeypatch.setattr(module, "LIMITS", smaller)
    block = pattern * (64 * 1024 // len(pattern))
    end = AssertionError("the input is read without end")
    with refused(code):
        Inventory.read(cast(BinaryIO, Pieces([start + block, *[block] * 150, end])))


@pytest.mark.parametrize("text", ['[{"id": "n-1"},\0', "- id: n-1\n# \0", '[{"id": "\0'])
def test_nothing_is_read_after_a_nul(text: str) -> None:
    """The error of a document with a NUL byte does not depend on what follows."""
    rests = (b"", b'"}]', b"\n- id: n-2\n", b"\xff", b"x" * 3_000_000)
    (error,) = {error_of(text.encode() + rest) for rest in rests}
    assert error
