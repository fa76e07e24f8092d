"""The saved index of strings finds them, however many have the same hash."""

from collections.abc import Callable
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import InventoryError
from nodeselect.durable import saved_strings, segment_writer
from nodeselect.durable.saved_strings import SavedStringIndex
from nodeselect.durable.segment_writer import encode_strings, sort_into_buckets
from nodeselect.index.arrays import to_array

TEXTS = st.lists(st.none() | st.text(max_size=2), max_size=12)

HASHES: dict[str, Callable[[bytes], int]] = {
    "own": crc32,
    "one": lambda _: 7,
    "largest": lambda _: 0xFFFFFFFF,
    "length": lambda encoded: len(encoded) << 28 & 0xFFFFFFFF,
    "first bits": lambda encoded: 5 << 29 | crc32(encoded) >> 3,
}


@pytest.fixture(name="hashed", params=HASHES)
def hashed_fixture(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use a worse hash function, so that strings share a bucket or a hash."""
    monkeypatch.setattr(segment_writer, "hash_string", HASHES[request.param])
    monkeypatch.setattr(saved_strings, "hash_string", HASHES[request.param])


def index_of(texts: list[str | None]) -> SavedStringIndex:
    """Index texts; the ordinal of a rank is its distance from the end."""
    array = to_array(texts)
    starts, ranks = sort_into_buckets(array, encode_strings(array, 4))
    last = np.uint32(max(len(texts) - 1, 0))
    order = last - np.arange(len(texts), dtype=np.uint32)
    return SavedStringIndex(array, order.data, starts.data, (last - ranks).data, damaged)


def damaged() -> InventoryError:
    """Return the error for a damaged file."""
    return InventoryError("damaged", "damaged")


IDS = [f"n-{at}" for at in range(120)]
UNKNOWN = ["", "n", "n-", "N-1", "n-120", "n-01", "né", "n-1\0", "\ud800"]


def test_find(hashed: None) -> None:
    """Each id is found, one by one and together with unknown ones, which are not found."""
    index = index_of(list(reversed(IDS)))
    assert [index.find(node_id) for node_id in IDS] == list(range(120))
    assert [index.find(node_id) for node_id in UNKNOWN] == [None] * len(UNKNOWN)
    assert sorted(index.find_all([*UNKNOWN, *IDS[::3]])) == list(range(0, 120, 3))


def test_find_every(hashed: None) -> None:
    """All ordinals of a name are found; names may repeat or be absent."""
    names = [None if at % 3 == 2 else f"web-{at % 7}" for at in range(90)]
    index = index_of(names)
    for name in (*(f"web-{number}" for number in range(7)), "web", "web-7", ""):
        assert sorted(index.find_every(name)) == [at for at in range(90) if names[89 - at] == name]


@given(TEXTS, st.lists(st.text(max_size=2), max_size=12))
def test_the_index_agrees_with_a_list(texts: list[str | None], wanted: list[str]) -> None:
    """The index finds what a list has."""
    index = index_of(texts)
    for text in [*wanted, *(text for text in texts if text is not None)]:
        found = [at for at, each in enumerate(reversed(texts)) if each == text]
        assert sorted(index.find_every(text)) == found
        assert (index.find(text) in found) if found else (index.find(text) is None)


def test_chosen_ids_are_found_by_bisection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a thousand ids with the same hash, only a few are compared with the wanted one."""
    monkeypatch.setattr(segment_writer, "hash_string", lambda _: 7)
    monkeypatch.setattr(saved_strings, "hash_string", lambda _: 7)
    index = index_of([f"n-{at}" for at in range(1_000)])
    compared = 0

    def encode(text: str) -> bytes:
        nonlocal compared
        compared += 1
        return text.encode()

    monkeypatch.setattr(saved_strings, "encode_string", encode)
    assert index.find("n-500") == 499
    assert compared < 25
    assert list(index._candidates("n-500")) == [499]
