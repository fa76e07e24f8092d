"""The order of ordinals, and the index of many nodes made in bulk.

Ordinals are given in *clustered order*: nodes are sorted by their labels, keys of few values first.
The postings of these keys become a few long runs, which cost next to nothing to read. A *cell* are
the nodes that agree in all keys sorted by; keys are added while a cell can be expected to hold some
hundred nodes, because shorter runs cost more than scattered ordinals
(``benchmarks/test_match.py``).
"""

from array import array
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nodeselect.index import postings
from nodeselect.index.arrays import blocks, count_numbers, stable_order
from nodeselect.index.label_index import KeyPostings, LabelIndex
from nodeselect.index.node_table import NodeTable
from nodeselect.index.postings import Postings, PostingsOrOrdinal

__all__ = ["Clustered", "cluster"]

_CELL = 128
"""Nodes that a cell holds at least, were all labels independent of each other."""


class Clustered(NamedTuple):
    """Nodes in clustered order."""

    ranks: NDArray[np.uint32]
    """The rank of each ordinal."""
    ordinals: NDArray[np.uint32]
    """The ordinal of each rank."""
    labels: LabelIndex
    """What labels they carry."""


def cluster(rows: NodeTable) -> Clustered:
    """Order nodes and index them. Cost: some 0.4 µs for a node of ten labels."""
    n = len(rows)
    sizes = count_numbers(rows.pairs, len(rows.keys))
    ranks = stable_order(_cells(rows, sizes)).astype(np.uint32)
    ordinals = np.empty(n, np.uint32)
    ordinals[ranks] = np.arange(n, dtype=np.uint32)
    return Clustered(ranks, ordinals, _index(rows, sizes, ranks))


def _cells(rows: NodeTable, sizes: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Number the cells; give that of each node.

    The number is written in digits, one for each key sorted by; 0 is its absence, or its first
    value where all nodes carry it. So every pair adds to the number of its node, whatever its
    other labels are.
    """
    worth = np.zeros(len(rows.keys), np.uint32)
    cells = 1
    for pairs in _keys_of_few_values(rows, sizes):
        absent = int(sizes[pairs].sum()) < len(rows)
        digits = len(pairs) + absent
        if cells * digits * _CELL > len(rows):
            break
        worth *= np.uint32(digits)
        worth[pairs] = np.arange(absent, digits, dtype=np.uint32)
        cells *= digits
    numbers = np.empty(len(rows), np.uint32)
    for some in blocks(len(rows)):
        starts = rows.starts[some.start : some.stop + 1].astype(np.int64)
        worths = np.append(worth[rows.pairs[starts[0] : starts[-1]]], np.uint32(0))  # for no labels
        numbers[some] = np.add.reduceat(worths, starts[:-1] - starts[0])
    numbers[rows.starts[1:] == rows.starts[:-1]] = 0
    return numbers


def _keys_of_few_values(rows: NodeTable, sizes: NDArray[np.int64]) -> list[list[int]]:
    """Give the pairs of each key: keys of few values first, and of these the most carried."""
    of_key: dict[str, list[int]] = {}
    for pair, key in enumerate(rows.keys):
        of_key.setdefault(key, []).append(pair)
    return sorted(of_key.values(), key=lambda pairs: (len(pairs), -int(sizes[pairs].sum())))


def _index(rows: NodeTable, sizes: NDArray[np.int64], ranks: NDArray[np.uint32]) -> LabelIndex:
    everything = postings.from_range(0, len(rows))
    values: dict[str, dict[str, PostingsOrOrdinal]] = {}
    found = _grouped(_by_pair(rows, sizes, ranks), sizes)
    for key, value, stored in zip(rows.keys, rows.values, found, strict=True):
        values.setdefault(key, {})[value] = stored
    keys = {
        key: KeyPostings(_carriers(everything, of_key), of_key) for key, of_key in values.items()
    }
    by_state = stable_order(rows.states[ranks]).astype(np.uint32)
    states = _grouped(by_state, np.bincount(rows.states, minlength=len(rows.state_names)))
    return LabelIndex(everything, keys, dict(zip(rows.state_names, states, strict=True)))


def _by_pair(
    rows: NodeTable, sizes: NDArray[np.int64], ranks: NDArray[np.uint32]
) -> NDArray[np.uint32]:
    """Give the ordinals of each pair, ascending, one pair after the other.

    Some nodes are sorted at a time, and put behind what is there of each pair already.
    """
    behind = np.cumsum(sizes) - sizes
    by_pair = np.empty(len(rows.pairs), np.uint32)
    for some in blocks(len(rows), len(sizes) // 8):  # each looks at all sizes
        pairs, lengths = rows.pairs_of(ranks[some])
        ordinals = np.repeat(np.arange(some.start, some.stop, dtype=np.uint32), lengths)
        counts = np.bincount(pairs, minlength=len(sizes))
        shifts = behind - (np.cumsum(counts) - counts)
        by_pair[np.arange(len(pairs)) + np.repeat(shifts, counts)] = ordinals[stable_order(pairs)]
        behind += counts
    return by_pair


def _grouped(ordinals: NDArray[np.uint32], sizes: NDArray[np.int64]) -> list[PostingsOrOrdinal]:
    """Cut ordinals into groups of these sizes."""
    everything = array("I", ordinals.tobytes())
    stops = np.cumsum(sizes).tolist()
    return [
        everything[start] if stop - start == 1 else postings.from_ordinals(everything[start:stop])
        for start, stop in zip([0, *stops], stops, strict=False)
    ]


def _carriers(everything: Postings, values: dict[str, PostingsOrOrdinal]) -> Postings:
    """Give the nodes of all values of one key, each of which has one value only."""
    if sum(map(postings.cardinality, values.values())) == len(everything):
        return everything
    return postings.union(list(values.values()))
