"""Arrays of unsigned integers."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect.index.arrays import (
    UIntArray,
    chunk_slices,
    count_numbers,
    k_smallest,
    stable_argsort,
)

numbers = st.lists(st.integers(0, 2**32 - 1), unique=True, max_size=200)


@given(numbers, st.integers(0, 220), st.integers(1, 70))
def test_k_smallest(unsorted: list[int], k: int, block: int) -> None:
    """The smallest numbers are the first ones of the sorted list, whatever the size of a block."""
    smallest = k_smallest(np.array(unsorted, np.uint32), k, block)
    assert smallest.tolist() == sorted(unsorted)[:k]


def test_k_smallest_sorts_few_numbers() -> None:
    """Of many numbers in any order, few more are sorted than there are blocks."""
    lengths: list[int] = []
    sort = np.sort

    def recording_sort(array: UIntArray) -> UIntArray:
        lengths.append(len(array))
        return sort(array)

    ascending = np.arange(100_000, dtype=np.uint32)
    for array in (ascending, ascending[::-1], np.random.default_rng(1).permutation(ascending)):
        with patch.object(np, "sort", recording_sort):
            assert k_smallest(array, 5).tolist() == [0, 1, 2, 3, 4]
    assert max(lengths) <= 100_000 // 64


@given(st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 3), max_size=40))
def test_stable_argsort(unsorted: list[int]) -> None:
    """Numbers of any width are sorted, and equal ones keep their order."""
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
