"""The index of ids finds ranks, even if different ids share a hash."""

import tracemalloc
from collections.abc import Callable
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import InventoryError, Node, Selector
from nodeselect.index import id_index
from nodeselect.index.id_index import IdIndex
from tests.inventory.small import small_inventory

HASHES: list[Callable[[object], int]] = [
    hash,
    lambda _: 7,
    lambda _: -1,
    lambda text: len(str(text)),
    lambda text: hash(text) << 32 | len(str(text)) % 2,
]


@pytest.fixture(name="hashed", params=range(len(HASHES)), ids=["own", "7", "-1", "length", "high"])
def hashed_fixture(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use a worse hash function, so that ids share a hash or the half of it that is stored."""

    def hashed(text: object) -> int:
        number: int = HASHES[request.param](text)
        return (number + 2**63) % 2**64 - 2**63

    monkeypatch.setattr(id_index, "hash", hashed, raising=False)


def index_of(ids: list[str]) -> IdIndex:
    """Index ids."""
    objects = np.empty(len(ids), object)
    objects[:] = ids
    return IdIndex(objects, np.arange(len(ids), dtype=np.uint32))


IDS = [f"n-{at}" for at in range(120)]
UNKNOWN = ["", "n", "n-", "N-1", "n-120", "n-01", "né", "n-1\0"]


def test_find(hashed: None) -> None:
    """Each id is found at its rank; unknown ids are not found."""
    ids = index_of(IDS)
    assert [ids.find(node_id) for node_id in IDS] == list(range(len(IDS)))
    assert [ids.find(node_id) for node_id in UNKNOWN] == [None] * len(UNKNOWN)


def test_find_every(hashed: None) -> None:
    """All ranks of a name are found; names may repeat or be absent."""
    objects = np.empty(90, object)
    objects[:] = [None if at % 3 == 2 else f"web-{at % 7}" for at in range(90)]
    names = IdIndex(objects, np.arange(90, dtype=np.uint32))
    for name in (*(f"web-{number}" for number in range(7)), "web", "web-7", ""):
        assert sorted(names.find_every(name)) == [at for at in range(90) if objects[at] == name]


def test_find_all(hashed: None) -> None:
    """Of many ids, the known ones are found, once each, wherever the unknown ones are."""
    ids = index_of(IDS)
    mixed = [*UNKNOWN[:4], *IDS[::3], *UNKNOWN[4:]]
    assert sorted(ids.find_all(mixed)) == list(range(0, len(IDS), 3))
    assert sorted(ids.find_all(tuple(IDS))) == list(range(len(IDS)))
    assert list(ids.find_all(UNKNOWN)) == []
    assert list(ids.find_all(())) == []


def test_an_empty_index(hashed: None) -> None:
    """An empty index finds nothing."""
    ids = index_of([])
    assert ids.find("n-1") is None
    assert list(ids.find_all(["n-1", "n-2"])) == []
    assert ids.find_duplicate() is None


def test_find_duplicate(hashed: None) -> None:
    """The duplicate is the id that is repeated first."""
    assert index_of(IDS).find_duplicate() is None
    assert index_of(["a", "b", "c", "b", "a"]).find_duplicate() == (1, 3)
    assert index_of(["a", "a"]).find_duplicate() == (0, 1)
    assert index_of(["c", "a", "b", "a", "c", "c"]).find_duplicate() == (1, 3)


@given(st.lists(st.text(max_size=2), max_size=12), st.lists(st.text(max_size=2), max_size=12))
def test_the_index_agrees_with_a_dict(ids: list[str], wanted: list[str]) -> None:
    """The index finds what a dict of ranks contains, and the first duplicate."""
    twice = next(((ids.index(each), at) for at, each in enumerate(ids) if each in ids[:at]), None)
    assert index_of(ids).find_duplicate() == twice
    different = list(dict.fromkeys(ids))
    ranks = {node_id: rank for rank, node_id in enumerate(different)}
    made = index_of(different)
    assert [made.find(each) for each in wanted] == [ranks.get(each) for each in wanted]
    asked = list(dict.fromkeys(wanted))
    found = sorted(ranks[each] for each in asked if each in ranks)
    assert sorted(made.find_all(asked)) == found


def test_an_inventory_whose_ids_share_hashes(hashed: None) -> None:
    """Shared hashes do not change what an inventory finds, changes or rejects."""
    inventory = small_inventory(Node(node_id, {"at": node_id}) for node_id in IDS)
    many = Selector.of(match_ids=[*IDS[::2], "n-unknown"])
    assert inventory.match(many).ids() == IDS[::2]
    assert inventory.match(Selector.of(match_ids=["n-5", "n-6"])).ids() == ["n-5", "n-6"]
    inventory.upsert(Node("n-5", {"at": "new"}))
    inventory.remove("n-6")
    assert inventory["n-5"].labels == {"at": "new"}
    assert "n-6" not in inventory
    with pytest.raises(InventoryError, match="two nodes have the id 'n-3'"):
        small_inventory(Node(node_id) for node_id in [*IDS, "n-3"])


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


def test_few_ids_are_looked_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """``find`` looks up only the ids behind the first four of a bucket, and those that may be."""

    def hashed(text: str) -> int:
        bucket, number = text.split(".")[:2]
        return int(bucket) << 27 | int(number)

    monkeypatch.setattr(id_index, "hash", hashed, raising=False)
    known = [f"{bucket}.{number}" for bucket in range(1, 7) for number in range(1, bucket + 1)]
    ids = index_of(known)
    assert len(known).bit_length() == 5  # the bits that select a bucket
    unknown = [f"{bucket}.99" for bucket in range(8)]
    with patch.object(IdIndex, "find", autospec=True, side_effect=IdIndex.find) as find:
        assert sorted(ids.find_all([*known, *unknown, "2.1.other"])) == list(range(len(known)))
    again = [call.args[1] for call in find.call_args_list]
    assert again == ["5.5", "6.5", "6.6", "5.99", "6.99", "2.1.other"]
