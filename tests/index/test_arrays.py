"""Arrays of whole numbers."""

from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nodeselect.index import arrays
from nodeselect.index.arrays import smallest

numbers = st.lists(st.integers(0, 2**32 - 1), unique=True, max_size=200)


@given(numbers, st.integers(0, 220), st.integers(1, 70))
def test_smallest(some: list[int], most: int, piece: int) -> None:
    """The smallest are those that come first when all are sorted, whatever the pieces."""
    with patch.object(arrays, "_PIECE", piece):
        found = smallest(np.array(some, np.uint32), most)
    assert found.tolist() == sorted(some)[:most]


def test_few_are_sorted() -> None:
    """Of many numbers, in whatever order, hardly more are sorted than the pieces are."""
    lengths: list[int] = []
    sort = np.sort

    def watched(some: arrays.UIntArray) -> arrays.UIntArray:
        lengths.append(len(some))
        return sort(some)

    up = np.arange(100_000, dtype=np.uint32)
    for some in (up, up[::-1], np.random.default_rng(1).permutation(up)):
        with patch.object(np, "sort", watched):
            assert smallest(some, 5).tolist() == [0, 1, 2, 3, 4]
    assert max(lengths) <= 100_000 // 64
