"""Each limit of a node, on both sides, and the names of all limits."""

import io
import json

import pytest

from nodeselect import LIMITS, Inventory, InventoryError, Limits, Node

LINE = '{"id": "n-1", "labels": {}}\n'


def test_names_and_values() -> None:
    """The limits are those that the architecture promises, by their names."""
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
    """Give so many labels."""
    return {f"k{at}": "v" for at in range(number)}


def sized(size: int, character: str = "v") -> dict[str, str]:
    """Give labels of so many bytes, most of them in one value."""
    key = "k" * (size % len(character.encode()) + len(character.encode()))
    return {key: character * ((size - len(key)) // len(character.encode()))}


CHARACTERS = [pytest.param(each, id=f"{len(each.encode())}-bytes") for each in "vé日😀"]


def bytes_of(some: dict[str, str]) -> int:
    """Count the bytes of keys and values."""
    return sum(len((key + value).encode()) for key, value in some.items())


def test_as_many_labels_as_a_node_may_have() -> None:
    """A node has 256 labels, made by a program or read."""
    some = labels(LIMITS.node_labels)
    assert len(Node("n-2", some).labels) == 256
    text = LINE + json.dumps({"id": "n-2", "labels": some})
    assert Inventory.read(io.StringIO(text))["n-2"].labels == some


def test_one_label_more() -> None:
    """A node with 257 labels is refused by the name of the limit."""
    with pytest.raises(InventoryError) as caught:
        Node("n-2", labels(LIMITS.node_labels + 1))
    assert caught.value.code == "too-many-labels"
    assert str(caught.value) == "a node has at most 256 labels (node_labels), this one 257"


@pytest.mark.parametrize("character", CHARACTERS)
def test_as_many_bytes_as_labels_may_have(character: str) -> None:
    """Keys and values of 65,536 bytes together are taken, whatever the characters are."""
    some = sized(LIMITS.node_labels_bytes, character)
    assert bytes_of(some) == 65_536
    assert Node("n-2", some).labels == some
    text = LINE + json.dumps({"id": "n-2", "labels": some}, ensure_ascii=False)
    assert Inventory.read(io.StringIO(text))["n-2"].labels == some


@pytest.mark.parametrize("character", CHARACTERS)
def test_one_byte_more(character: str) -> None:
    """One byte more is refused by the name of the limit, in a program and in every format."""
    some = sized(LIMITS.node_labels_bytes + 1, character)
    assert bytes_of(some) == 65_537
    message = "the labels of a node have at most 65,536 bytes (node_labels_bytes), these 65,537"
    with pytest.raises(InventoryError) as caught:
        Node("n-2", some)
    assert (caught.value.code, str(caught.value)) == ("labels-too-large", message)
    record = json.dumps({"id": "n-2", "labels": some}, ensure_ascii=False)
    [(key, value)] = some.items()
    for text, place in (
        (f"[{record}]", "[0]"),
        (LINE + record, "line 2"),
        (f"id,{key}\nn-2,{value}\n", "line 2"),
        (f"- id: n-2\n  labels:\n    {key}: {value}\n", "line 1: [0]"),
    ):
        with pytest.raises(InventoryError) as caught:
            Inventory.read(io.StringIO(text))
        assert str(caught.value) == f"input: {place}: {message}"


def test_half_surrogate_pairs_count_as_three_bytes() -> None:
    """Labels that a program makes of half surrogate pairs are counted, and raise nothing else."""
    assert Node("n-1", {"k": "\ud800" * 21_845}).labels["k"]
    with pytest.raises(InventoryError):
        Node("n-1", {"kk": "\ud800" * 21_845})
