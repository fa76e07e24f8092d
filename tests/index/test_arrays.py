"""Arrays of unsigned integers."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nodeselect.index import arrays, postings
from nodeselect.index.arrays import (
    chunk_slices,
    count_numbers,
    stable_argsort,
)


@given(st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 3), max_size=40), st.booleans())
def test_stable_argsort(unsorted: list[int], are_few: bool) -> None:
    """Numbers of any width are sorted, and equal ones keep their order, be they few or many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrays, "_FEW_NUMBERS", 100 if are_few else 0)
        expected = sorted(range(len(unsorted)), key=unsorted.__getitem__)
        assert stable_argsort(np.array(unsorted, np.uint32)).tolist() == expected
        narrow = [number & 0xFFFF for number in unsorted]
        expected = sorted(range(len(narrow)), key=narrow.__getitem__)
        assert stable_argsort(np.array(narrow, np.uint16)).tolist() == expected


@pytest.mark.parametrize("chunk", [1, 3, 10, 100])
def test_chunks(chunk: int) -> None:
    """Chunks cover the whole array once, and counts do not depend on their size."""
    array = np.array([3, 1, 3, 0, 3, 1, 4, 4, 0, 3], np.uint8)
    assert np.concatenate([array[part] for part in chunk_slices(10, chunk)]).tolist() == list(array)
    assert count_numbers(array, 6, chunk).tolist() == [2, 2, 0, 4, 2, 0]


@given(
    st.integers(0, 140_000),
    st.sampled_from((0, 1, 3, 4_095, 4_096, 4_097, 65_536, 140_000)),
    st.integers(0),
)
@example(65_536, 4_097, 0)
def test_at_least(count: int, found: int, seed: int) -> None:
    """The set has the positions of all numbers that are large enough, few or many."""
    draw = np.random.default_rng(seed)
    numbers = np.zeros(count, np.uint32)
    numbers[draw.permutation(count)[:found]] = draw.integers(7, 9, min(count, found))
    encoded = arrays.at_least(numbers, 7)
    expected = np.flatnonzero(numbers >= 7).tolist()
    assert list(postings.ordinals(postings.from_encoded(encoded))) == expected
    assert postings.from_encoded(encoded) == postings.from_ordinals(expected)
