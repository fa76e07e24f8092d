"""The thresholds of an inventory, chosen by measurement."""

from typing import Final, NamedTuple


class Tuning(NamedTuple):
    """Thresholds at which an inventory switches to another algorithm; no answer depends on them."""

    # Up to this many nodes an inventory has no segment, and so needs no numpy.
    max_unsegmented: int = 2_048

    # Keys are added to the clustered order while a cell, which is a set of nodes that agree in all
    # these keys, is expected to hold at least this many nodes (benchmarks/test_match.py).
    cell_size: int = 128

    # Nodes processed at a time by steps that build several arrays: these stay in the cache of the
    # processor (benchmarks/test_live.py).
    chunk: int = 32_768

    # If a selector has up to this many ids, test the node of each; if it has more, intersect the
    # postings of the ids with those of the labels (benchmarks/test_match.py).
    max_tested_ids: int = 16

    # If a cached plan lacks up to this many nodes of the delta, test each of these nodes instead of
    # making a new plan (benchmarks/test_match.py).
    max_tested_nodes: int = 32

    # The limit for the memory of the cached plans of the delta, in bytes.
    delta_plan_bytes: int = 4 << 20

    # Search this many of the first ranks for the first nodes of an answer; while these are too few,
    # multiply the number of ranks by the growth (benchmarks/test_match.py).
    first_window: int = 64
    window_growth: int = 8

    # Searching this many ranks costs about as much as sorting one node of an answer.
    ranks_per_sorted_node: int = 4


DEFAULT: Final = Tuning()
