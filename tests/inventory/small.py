"""Thresholds so low that a few nodes use all that a million would: segments, bitmaps, indexes.

with small_segments():
    Inventory(Node(f"n-{at}") for at in range(20))  # has a segment
"""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from nodeselect.index import arrays, segment
from nodeselect.index import cluster as clustering
from nodeselect.inventory import compaction as building
from nodeselect.inventory import delta as changes
from nodeselect.inventory import moment, store

__all__ = ["FEW", "small_segments"]

FEW = 4
"""Nodes up to which no segment is made, while the thresholds are low."""

_LOW = (
    (arrays, "_BLOCK", 3),
    (building, "FEW", FEW),
    (changes, "_FEW", 2),
    (changes, "_PLAN_BYTES", 200),
    (changes, "_LATE", 2),
    (clustering, "_CELL", 2),
    (moment, "_AT_ONCE", 4),
    (segment, "_FEW", 2),
    (store, "_CHEAPER", 1 << 40),
    (store, "_EARLY", 2),
    (store, "_MORE", 2),
)


@contextmanager
def small_segments() -> Iterator[None]:
    """Lower the thresholds for a while."""
    patches = [patch.object(module, name, low) for module, name, low in _LOW]
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in patches:
            each.stop()
