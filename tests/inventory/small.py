"""Thresholds so low that a few nodes use all that a million would: segments, bitmaps, indexes."""

from collections.abc import Iterable

from nodeselect import Inventory, Node
from nodeselect.index.tuning import Tuning

# The most nodes without a segment.
FEW = 4

SMALL = Tuning(
    max_unsegmented=FEW,
    cell_size=2,
    chunk=3,
    max_tested_ids=2,
    max_tested_nodes=2,
    delta_plan_bytes=200,
    first_window=2,
    window_growth=2,
    ranks_per_sorted_node=1 << 40,
)


def tuned(tuning: Tuning) -> type[Inventory]:
    """Return a class of inventories with other thresholds."""
    return type("Inventory", (Inventory,), {"__slots__": (), "_tuning": tuning})


def small_inventory(nodes: Iterable[Node] = (), compact_at: float | None = 0.2) -> Inventory:
    return tuned(SMALL)(nodes, compact_at=compact_at)
