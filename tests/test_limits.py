"""The limits of a node, on both sides, and the names of all limits."""

import io
import json

import pytest

from nodeselect import LIMITS, Inventory, InventoryError, Limits, Node

LINE = '{"id": "n-1", "labels": {}}\n'


def test_names_and_values() -> None:
    """Names and values of the limits are those that the documentation promises."""
    assert Limits() == LIMITS
    assert LIMITS._asdict() == {
        "selector_text": 16_384,
        "requirements": 256,
        "values_in_set": 1_024,
        "values": 4_096,
        "match_ids": 100_000,
        "label_value": 63,
        "key_name": 63,
        "key_prefix": 253,
        "node_labels": 256,
        "node_labels_bytes": 65_536,
        "job_file_bytes": 1_048_576,
        "job_file_values": 200_000,
        "depth": 32,
        "reported_errors": 20,
    }


def test_frozen() -> None:
    """A limit cannot be set."""
    with pytest.raises(AttributeError):
        LIMITS.depth = 1  # type: ignore[misc]


def labels(number: int) -> dict[str, str]:
    """Return this number of labels."""
    return {f"k{at}": "v" for at in range(number)}


def sized(size: int, character: str = "v") -> dict[str, str]:
    """Return labels of this size in bytes, most of it in one value."""
    key = "k" * (size % len(character.encode()) + len(character.encode()))
    return {key: character * ((size - len(key)) // len(character.encode()))}


CHARACTERS = [pytest.param(text, id=f"{len(text.encode())}-bytes") for text in "vé日😀"]


def count_bytes(labels: dict[str, str]) -> int:
    """Count the bytes of keys and values."""
    return sum(len((key + value).encode()) for key, value in labels.items())


def test_256_labels() -> None:
    """A node can have 256 labels, whether a program makes it or it is read."""
    many = labels(LIMITS.node_labels)
    assert len(Node("n-2", many).labels) == 256
    text = LINE + json.dumps({"id": "n-2", "labels": many})
    assert Inventory.read(io.StringIO(text))["n-2"].labels == many


def test_257_labels() -> None:
    """A node with 257 labels is rejected; the error names the limit."""
    with pytest.raises(InventoryError) as caught:
        Node("n-2", labels(LIMITS.node_labels + 1))
    assert caught.value.code == "too-many-labels"
    assert str(caught.value) == (
        "a node can have at most 256 labels (limit: node_labels), found 257"
    )


@pytest.mark.parametrize("character", CHARACTERS)
def test_65536_bytes(character: str) -> None:
    """Labels of 65,536 bytes are accepted, whatever the characters are."""
    large = sized(LIMITS.node_labels_bytes, character)
    assert count_bytes(large) == 65_536
    assert Node("n-2", large).labels == large
    text = LINE + json.dumps({"id": "n-2", "labels": large}, ensure_ascii=False)
    assert Inventory.read(io.StringIO(text))["n-2"].labels == large


@pytest.mark.parametrize("character", CHARACTERS)
def test_65537_bytes(character: str) -> None:
    """One byte more is rejected, in a program and in every format; the error names the limit."""
    large = sized(LIMITS.node_labels_bytes + 1, character)
    assert count_bytes(large) == 65_537
    message = (
        "the labels of a node can have at most 65,536 bytes (limit: node_labels_bytes), "
        "found 65,537"
    )
    with pytest.raises(InventoryError) as caught:
        Node("n-2", large)
    assert (caught.value.code, str(caught.value)) == ("labels-too-large", message)
    record = json.dumps({"id": "n-2", "labels": large}, ensure_ascii=False)
    [(key, value)] = large.items()
    for text, place in (
        (f"[{record}]", "[0]"),
        (LINE + record, "line 2"),
        (f"id,{key}\nn-2,{value}\n", "line 2"),
        (f"- id: n-2\n  labels:\n    {key}: {value}\n", "line 1: [0]"),
    ):
        with pytest.raises(InventoryError) as caught:
            Inventory.read(io.StringIO(text))
        assert str(caught.value) == f"input: {place}: {message}"


def test_lone_surrogates() -> None:
    """Lone surrogates count as three bytes each, and raise no other error."""
    assert Node("n-1", {"k": "\ud800" * 21_845}).labels["k"]
    with pytest.raises(InventoryError):
        Node("n-1", {"kk": "\ud800" * 21_845})
