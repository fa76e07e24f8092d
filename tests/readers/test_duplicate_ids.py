"""An id that comes twice is found, whatever the order, the number and the process."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import InventoryError
from nodeselect.readers import duplicate_ids as seen
from nodeselect.readers.duplicate_ids import DuplicateIdCheck


@pytest.fixture(autouse=True)
def few_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a few ids all that is remembered, so that the others are known by hash only."""
    monkeypatch.setattr(seen, "_REMEMBERED", 4)


def seen_of(*batches: list[str]) -> DuplicateIdCheck:
    """Give what has seen some batches of ids."""
    ids = DuplicateIdCheck()
    for batch in batches:
        ids.add(batch)
    return ids


def records_told(ids: DuplicateIdCheck) -> list[int]:
    """Give the numbers of the two records that are told to have one id."""
    with pytest.raises(InventoryError) as caught:
        ids.finish()
    assert caught.value.code == "duplicate-id"
    return [int(number) for number in re.findall(r"\d+", caught.value.message)]


def test_ids_that_ascend_or_not() -> None:
    """Ids that differ are never taken for one, in whatever order they come."""
    names = [f"n-{number:03}" for number in range(50)]
    for order in (names, names[::-1], names[25:] + names[:25]):
        seen_of(order[:10], order[10:]).finish()


def test_an_id_that_is_still_remembered() -> None:
    """An id among the first is told by name, at once."""
    with pytest.raises(InventoryError, match="the id 'b': nodes 2 and 4"):
        seen_of(["a", "b", "c"], ["b"])


@pytest.mark.parametrize("second", [["w", "x", "m"], ["m"], ["m", "m"]])
def test_the_first_that_comes_again_is_told(second: list[str]) -> None:
    """Of ids known by hash only, the pair whose second comes first is told, in every run."""
    ids = seen_of(["z", "y", "x", "w", "v", "m", "l", "k"], second)
    told = {"w": [4, 9], "m": [6, 9]}[second[0]]
    assert records_told(ids) == told


def test_two_equal_neighbours() -> None:
    """Two equal ids in a row are found though all others ascend."""
    assert records_told(seen_of(["a", "b", "c", "d", "e"], ["f", "f", "g"])) == [6, 7]


def test_an_id_of_both_processes() -> None:
    """An id that two processes have seen, one each, is found when they are put together."""
    many = [f"n-{number:03}" for number in range(20)]
    first, other = seen_of(many), seen_of([*many[10:], "o", "p"])
    first.join(other.state())
    assert records_told(first) == [11, 21]


def test_ids_of_two_processes_that_differ() -> None:
    """What two processes have seen goes together, ascending or not."""
    many = [f"n-{number:03}" for number in range(40)]
    for order in (many, many[20:] + many[:20]):
        first, other = seen_of(order[:20]), seen_of(order[20:])
        first.join(other.state())
        first.finish()
        first, other = seen_of(order[:20]), seen_of([*order[20:], order[0]])
        first.join(other.state())
        assert records_told(first) == [1, 41]


@pytest.mark.parametrize("mine", range(2, 9))
@pytest.mark.parametrize("second", [4, 5])
def test_it_does_not_matter_who_saw_them(mine: int, second: int) -> None:
    """Which ids are told by name depends on their number only, not on batch or process."""
    ids = ["h", "g", "f", "e", "d", "c", "b", "a"]
    ids[second - 1] = "g"

    def told(*batches: list[str], others: list[str]) -> str:
        try:
            first = seen_of(*batches)
            first.join(seen_of(others).state())
            first.finish()
        except InventoryError as error:
            return error.message
        return "nothing"

    who = "the id 'g'" if second == 4 else "one id"
    expected = f"two nodes have {who}: nodes 2 and {second}"
    assert told(ids, others=[]) == expected
    assert told(ids[:mine], ids[mine:], others=[]) == expected
    assert told(ids[:mine], others=ids[mine:]) == expected


def test_few_ids_of_another_process() -> None:
    """While ids are few, one that comes again is told by name, whichever process saw it."""
    first = seen_of(["a", "b"])
    with pytest.raises(InventoryError, match="the id 'b': nodes 2 and 3"):
        first.join(seen_of(["b"]).state())


SORTED = st.lists(st.text("ab-é1😀", min_size=1, max_size=5), min_size=1, unique=True).map(sorted)


@given(SORTED, SORTED)
def test_ids_that_are_kept_as_text(ids: list[str], others: list[str]) -> None:
    """Ids that were written as text, what they have in common left out, are read as they were."""
    written = seen._text_of(ids) + seen._text_of(others)
    assert list(seen._ids_of(written)) == [ids, others]


@pytest.mark.parametrize(("length", "hashed"), [(4, False), (36, True)], ids=["text", "hashes"])
def test_an_id_behind_many_that_ascend(length: int, hashed: bool) -> None:
    """The first id that does not ascend is compared with all before it, however they are kept."""
    many = sorted(f"{number:03}"[::-1].ljust(length, "-") for number in range(900))
    ids = seen_of(*[many[at : at + 100] for at in range(0, 900, 100)])
    assert bool(ids._hashes) is hashed
    ids.add([many[700]])
    assert records_told(ids) == [701, 901]


def test_ids_of_another_process_that_do_not_follow() -> None:
    """Ids that ascend in each of two processes, but not from one to the other, are compared."""
    many = [f"n-{number:03}" for number in range(40)]
    for mine, others in ((many[20:], many[:20]), (many[::2], many[1::2])):
        first, other = seen_of(mine), seen_of(others)
        first.join(other.state())
        first.finish()
    first, other = seen_of(many[20:]), seen_of([*many[:20], many[39]])
    first.join(other.state())
    assert records_told(first) == [20, 41]
