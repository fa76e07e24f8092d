"""Many nodes that do not change: ranks, ordinals, and ids together with labels."""

from array import array
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Node
from nodeselect.index import arrays, postings
from nodeselect.index import segment as segment_module
from nodeselect.index.built_segment import BuiltSegment
from nodeselect.index.segment import InventoryOrder
from tests.imports import loaded_after
from tests.index.building import table_of


def test_the_first_in_order() -> None:
    """A limit gives the first values by rank, of the segment and others."""
    # The nodes without the label have the first ordinals, and the last ranks.
    nodes = [Node(f"n-{at}", {"x": ""} if at < 2_000 else {}) for at in range(4_000)]
    segment = BuiltSegment(table_of(nodes))
    everything = postings.ordinals(segment.index.everything)
    assert segment.rank(0) == 2_000
    others = [(2, "late-2"), (150, "late-150")]
    ids, merged = (segment.ids_in_order(everything, more) for more in ([], others))
    assert (len(ids), len(merged)) == (4_000, 4_002)
    ordinals = segment.in_order(everything, [])
    for limit in (1, 2, 3, 4, 5, 100, 1_999, 2_000, 2_001, 3_999, 4_000, 4_001, 4_002, 4_003):
        assert segment.in_order(everything, [], limit) == ordinals[:limit]
        assert segment.ids_in_order(everything, [], limit) == ids[:limit]
        assert segment.ids_in_order(everything, others, limit) == merged[:limit]


@given(st.integers(0, 99), st.integers(0, 99), st.none() | st.integers(0, 99))
def test_both_ways(count: int, seed: int, limit: int | None) -> None:
    """Ranks are sorted, ordinals are sorted by rank, and those below a rank are found."""
    random = Random(seed)
    ranks = random.sample(range(count), count)
    ordinals = array("I", sorted(random.sample(range(count), random.randint(0, count))))
    numbers = np.array(ranks, np.uint32)
    by_rank = sorted(ordinals, key=ranks.__getitem__)[:limit]
    for order in (InventoryOrder(numbers.data), InventoryOrder(memoryview(array("I", ranks)))):
        for bulk in (None, arrays):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(segment_module, "bulk_reader", lambda _, bulk=bulk: bulk)
                assert order.sorted_ranks(ordinals, limit).tolist() == [ranks[at] for at in by_rank]
                assert order.sort(ordinals, limit) == by_rank
                below = [at for at in range(count) if ranks[at] < seed]
                assert order.below(seed).tolist() == below


def test_a_permutation() -> None:
    """Each number below the length must be there once; larger ones are not."""
    for numbers in ([], [0], [2, 0, 1]):
        assert arrays.is_permutation(np.array(numbers, np.uint32))
    for numbers in ([1], [0, 0], [0, 2], [0, 1, 9]):
        assert not arrays.is_permutation(np.array(numbers, np.uint32))


def test_numpy_is_loaded_for_many() -> None:
    """Few items do not load numpy, many do; once it is loaded, few are read by it as well."""
    script = (
        "import sys; from nodeselect.index.lazy import bulk_reader\n"
        "assert bulk_reader(19_999) is None and 'numpy' not in sys.modules\n"
        "assert bulk_reader(20_000) is bulk_reader(0) is not None"
    )
    assert "numpy" in loaded_after(script)
    script = (
        "import nodeselect.index.built_segment\n"
        "from nodeselect.index.lazy import bulk_reader\nassert bulk_reader(0) is not None"
    )
    assert "numpy" in loaded_after(script)
