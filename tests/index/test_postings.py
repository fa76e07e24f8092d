"""Sets of ordinals: small enough to be checked against Python's."""

from array import array
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect.index import postings

ordinal_sets = st.frozensets(st.integers(0, 70) | st.integers(65_530, 65_540), max_size=12)
LARGEST = (1 << 32) - 1


def members(found: postings.Postings) -> set[int]:
    """Give the ordinals as a set of Python's."""
    return set(postings.ordinals(found))


def stored(ordinals: frozenset[int]) -> postings.PostingsOrOrdinal:
    """Give ordinals as an index keeps them."""
    return next(iter(ordinals)) if len(ordinals) == 1 else postings.from_ordinals(sorted(ordinals))


@pytest.mark.parametrize("given_as", [tuple, list, iter, lambda some: array("I", some)])
def test_of(given_as: Callable[[list[int]], Iterable[int]]) -> None:
    """Postings are made of any iterable of ordinals, up to the largest."""
    assert list(postings.ordinals(postings.from_ordinals(given_as([0, 7, LARGEST])))) == [
        0,
        7,
        LARGEST,
    ]


def test_between() -> None:
    """The first bound is in, the second is not; equal bounds hold nothing."""
    assert list(postings.ordinals(postings.from_range(3, 6))) == [3, 4, 5]
    assert list(postings.ordinals(postings.from_range(6, 6))) == []


@given(st.lists(ordinal_sets, max_size=5))
def test_union(parts: list[frozenset[int]]) -> None:
    """A union holds what any part holds, single ordinals and bitmaps alike."""
    found = postings.union([stored(part) for part in parts])
    assert members(found) == set().union(*parts)


def test_union_leaves_its_parts_alone() -> None:
    """The parts of a union of several are what they were."""
    one, other = postings.from_ordinals([1, 2]), postings.from_ordinals([2, 3])
    postings.union([one, other, 9])
    assert (members(one), members(other)) == ({1, 2}, {2, 3})


@given(ordinal_sets, ordinal_sets)
def test_intersection(one: frozenset[int], other: frozenset[int]) -> None:
    """The size of an intersection is told without making it."""
    found = postings.intersection_size(postings.from_ordinals(sorted(one)), stored(other))
    assert found == len(one & other)


@given(ordinal_sets, st.integers(0, 65_541))
def test_cut_off(ordinals: frozenset[int], stop: int) -> None:
    """What is cut off is a copy, without the ordinals from the bound on."""
    whole = postings.from_ordinals(sorted(ordinals))
    cut = postings.below(whole, stop)
    assert members(cut) == {ordinal for ordinal in ordinals if ordinal < stop}
    assert members(whole) == ordinals


def test_cut_off_takes_the_largest_too() -> None:
    """The largest ordinal there can be is cut off as any other."""
    assert members(postings.below(postings.from_ordinals([1, LARGEST]), 2)) == {1}


@given(ordinal_sets, st.lists(ordinal_sets, max_size=4), st.lists(ordinal_sets, max_size=4))
def test_taken(
    more: frozenset[int], takes: list[frozenset[int]], drops: list[frozenset[int]]
) -> None:
    """What is taken is the intersection less what is dropped; its length is told without it."""
    universe = more.union(*takes, *drops)
    wanted = universe.intersection(*takes).difference(*drops)
    everything = postings.from_ordinals(sorted(universe))
    operands = [postings.from_ordinals(sorted(each)) for each in takes]
    dropped = [postings.from_ordinals(sorted(each)) for each in drops]
    assert members(postings.evaluate(everything, operands, dropped)) == wanted
    assert postings.evaluate_size(everything, operands, dropped) == len(wanted)
    assert [members(each) for each in operands] == [set(each) for each in takes]
    assert [members(each) for each in dropped] == [set(each) for each in drops]
    assert members(everything) == universe


def test_size() -> None:
    """One ordinal that is stored as itself counts as one."""
    assert postings.cardinality(7) == 1
    assert postings.cardinality(postings.from_ordinals([7, 8, 9])) == 3
    assert postings.cardinality(postings.from_ordinals([])) == 0


def test_bytes_tell_what_reading_costs() -> None:
    """A run of a million costs less than a thousand scattered ordinals; none cost nothing."""
    run = postings.encoded_bytes(postings.from_range(0, 1_000_000))
    scattered = postings.encoded_bytes(postings.from_ordinals(range(0, 100_000, 100)))
    assert 0 < run < scattered
    assert postings.encoded_bytes(postings.from_ordinals([])) == 0


def test_stored_bytes() -> None:
    """A single ordinal takes a quarter of a bitmap at most."""
    assert postings.memory_bytes(7) * 4 <= postings.memory_bytes(postings.from_ordinals([7, 8]))
