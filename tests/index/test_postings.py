"""Sets of ordinals behave as sets of Python."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nodeselect.index import postings

ordinal_sets = st.frozensets(st.integers(0, 70) | st.integers(65_530, 65_540), max_size=12)
LARGEST = (1 << 32) - 1


def members(found: postings.Postings) -> set[int]:
    return set(postings.ordinals(found))


def stored(ordinals: frozenset[int]) -> postings.PostingsOrOrdinal:
    """Return ordinals as an index stores them."""
    return next(iter(ordinals)) if len(ordinals) == 1 else postings.from_ordinals(sorted(ordinals))


@given(st.lists(ordinal_sets, max_size=5))
def test_union(parts: list[frozenset[int]]) -> None:
    """A union contains the ordinals of all parts, single ordinals and bitmaps."""
    operands = [stored(part) for part in parts]
    before = postings.union(operands)
    assert members(before) == members(postings.union(operands)) == set().union(*parts)


@given(ordinal_sets, ordinal_sets)
def test_intersection(one: frozenset[int], other: frozenset[int]) -> None:
    """The size of an intersection is known without it."""
    operands = postings.from_ordinals(sorted(one)), stored(other)
    assert postings.intersection_size(*operands) == len(one & other)


@given(ordinal_sets, st.integers(0, 65_541))
def test_below(ordinals: frozenset[int], stop: int) -> None:
    """A copy contains the ordinals below the bound; the original does not change."""
    whole = postings.from_ordinals(sorted(ordinals))
    cut = postings.below(whole, stop)
    assert members(cut) == {ordinal for ordinal in ordinals if ordinal < stop}
    assert members(whole) == ordinals
    assert members(postings.below(postings.from_ordinals([1, LARGEST]), 2)) == {1}


@given(ordinal_sets, st.lists(ordinal_sets, max_size=4), st.lists(ordinal_sets, max_size=4))
@example(frozenset(), [frozenset({1, 2}), frozenset({1, 2}), frozenset({2, 3})], [])
def test_evaluate(
    more: frozenset[int], takes: list[frozenset[int]], drops: list[frozenset[int]]
) -> None:
    """Exclusions are subtracted from the intersection; the size is the same without the result."""
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


@pytest.mark.parametrize("ordinals", [(), (0,), (5,), (1, 5)])
def test_encoded_sets(ordinals: tuple[int, ...]) -> None:
    """A set is decoded again if all its ordinals are below the bound, and is an error if not."""
    data = memoryview(postings.encode(stored(frozenset(ordinals))))
    stop = max(ordinals, default=-1) + 1
    assert postings.decode(data, stop) == stored(frozenset(ordinals))
    with pytest.raises(ValueError, match=r"^no data$"):
        postings.decode(memoryview(b""), 5)
    if ordinals:
        with pytest.raises(ValueError, match=f"^there is no ordinal {stop - 1}$"):
            postings.decode(data, stop - 1)


def test_encoded_bytes() -> None:
    """A run costs less than scattered ordinals; half of 65,536 ordinals cost as many bits."""
    run = postings.encoded_bytes(postings.from_range(0, 1_000_000))
    scattered = postings.encoded_bytes(postings.from_ordinals(range(0, 100_000, 100)))
    assert 0 < run < scattered
    assert postings.encoded_bytes(postings.from_ordinals([])) == 0
    assert 8_192 <= postings.encoded_bytes(postings.from_ordinals(range(0, 65_536, 2))) < 8_300
