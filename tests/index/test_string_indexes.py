"""The indexes of strings, in memory and in a file, find what a list has, whatever the hashes are.

The ordinal of a string is its distance from the end of the list.
"""

import tracemalloc
from collections.abc import Callable
from zlib import crc32

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nodeselect import InventoryError
from nodeselect.durable import saved_strings, segment_writer
from nodeselect.durable.saved_strings import SavedStringIndex
from nodeselect.durable.segment_writer import encode_strings, sort_into_buckets
from nodeselect.index import built_segment
from nodeselect.index.arrays import to_array
from nodeselect.index.built_segment import IdIndex
from nodeselect.index.segment import StringIndex


def in_memory(texts: list[str | None]) -> IdIndex:
    return IdIndex(to_array(texts), np.arange(len(texts), dtype=np.uint32)[::-1].copy())


def in_file(texts: list[str | None]) -> SavedStringIndex:
    array = to_array(texts)
    starts, ranks = sort_into_buckets(array, encode_strings(array, 4))
    last = np.uint32(max(len(texts) - 1, 0))
    order = last - np.arange(len(texts), dtype=np.uint32)
    damaged = InventoryError("damaged", "damaged")
    return SavedStringIndex(array, order.data, starts.data, (last - ranks).data, lambda: damaged)


Make = Callable[[list[str | None]], StringIndex]

# Worse hash functions, so that strings share a bucket, a hash, or the half of it that is stored.
MEMORY: dict[str, Callable[[object], int]] = {
    "own": hash,
    "7": lambda _: 7,
    "-1": lambda _: -1,
    "length": lambda text: len(str(text)),
    "high": lambda text: (hash(text) << 32 | len(str(text)) % 2) % 2**63,
}
FILE: dict[str, Callable[[bytes], int]] = {
    "own": crc32,
    "one": lambda _: 7,
    "largest": lambda _: 0xFFFFFFFF,
    "length": lambda encoded: len(encoded) << 28 & 0xFFFFFFFF,
    "first bits": lambda encoded: 5 << 29 | crc32(encoded) >> 3,
}
HASHES = [*(("memory", name) for name in MEMORY), *(("file", name) for name in FILE)]


@pytest.fixture(params=HASHES, ids="-".join)
def index_of(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Return what builds an index with one of the hash functions."""
    place, name = request.param
    if place == "memory":
        monkeypatch.setattr(built_segment, "hash", MEMORY[name], raising=False)
        return in_memory
    for module in (segment_writer, saved_strings):
        monkeypatch.setattr(module, "hash_string", FILE[name])
    return in_file


IDS = [f"n-{at}" for at in range(120)]
UNKNOWN = ["", "n", "n-", "N-1", "n-120", "n-01", "né", "n-1\0", "\ud800"]
some_texts = st.lists(st.sampled_from([*IDS, *UNKNOWN]) | st.text(max_size=2), max_size=12)


@example(IDS[::-1], [*UNKNOWN[:4], *IDS[::3], *UNKNOWN[4:]])
@example([None if at % 3 == 2 else f"web-{at % 7}" for at in range(90)], ["web", "web-7"])
@given(st.lists(st.none() | st.text(max_size=2), max_size=12) | some_texts, some_texts)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_index_agrees_with_a_list(
    index_of: Make, texts: list[str | None], wanted: list[str]
) -> None:
    """An index finds what a list has, one by one and together, and the first duplicate."""
    index = index_of(texts)
    for text in [*wanted, *filter(None, texts)]:
        found = [at for at, each in enumerate(reversed(texts)) if each == text]
        assert sorted(index.find_every(text)) == found
        assert (index.find(text) in found) if found else (index.find(text) is None)
    asked = list(dict.fromkeys(wanted))
    assert {texts[-1 - at] for at in index.find_all(asked)} == {*asked} & {*texts}
    if isinstance(index, IdIndex):
        ranks = ((texts.index(each), at) for at, each in enumerate(texts) if each in texts[:at])
        assert index.find_duplicate() == next(ranks, None)


@pytest.mark.parametrize(("count", "id_bytes"), [(2**17 - 1, 12), (2**17, 16)])
def test_the_memory_of_an_index(count: int, id_bytes: int) -> None:
    """An index takes 12 bytes an id, or up to 16 if it has more buckets than ids."""
    ids = np.array(list(map(str, range(count))), object)
    ranks = np.arange(count, dtype=np.uint32)
    tracemalloc.start()
    try:
        index = IdIndex(ids, ranks)
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert index.find("7") == 7
    assert taken / count == pytest.approx(id_bytes, abs=0.1)


@pytest.mark.parametrize("index_of", [("file", "one")], indirect=True, ids="-".join)
def test_chosen_ids_are_found_by_bisection(index_of: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a thousand ids in a file with the same hash, only a few are compared."""
    index, compared = index_of([f"n-{at}" for at in range(1_000)]), []

    def encode(text: str) -> bytes:
        compared.append(text)
        return text.encode()

    monkeypatch.setattr(saved_strings, "encode_string", encode)
    assert index.find("n-500") == 499
    assert len(compared) < 25


def test_ids_are_spread_over_buckets() -> None:
    """A search compares few ids."""
    index = in_memory([f"n-{number}" for number in range(1_000)])
    assert np.diff(index._bucket_starts).max() < 20
