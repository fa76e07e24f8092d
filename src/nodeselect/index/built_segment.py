"""Build a segment: number the nodes of a table so that similar nodes are neighbours; index them.

The number of a node is its ordinal. Ordinals are assigned in *clustered order*: nodes are sorted by
state, and then by their values of some label keys, the keys with the fewest values first. So the
nodes with a state or such a value are a few long runs of ordinals, which are very fast to read.

A *cell* is the set of nodes with the same values of all keys in the sort order. Keys are added to
the sort order as long as a cell is expected to have at least about a hundred nodes, because shorter
runs cost more than scattered ordinals (``benchmarks/test_match.py``).
"""

from array import array
from collections.abc import Iterable, Sequence
from functools import cache, partial
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from nodeselect.index import postings
from nodeselect.index.arrays import (
    UIntArray,
    chunk_slices,
    count_numbers,
    offsets_from_lengths,
    span_positions,
    stable_argsort,
    to_array,
)
from nodeselect.index.label_index import KeyPostings, LabelIndex
from nodeselect.index.lazy import lazy
from nodeselect.index.node_table import NodeTable
from nodeselect.index.postings import Postings, PostingsOrOrdinal
from nodeselect.index.segment import InventoryOrder, Segment, StringIndex, segment_amounts
from nodeselect.index.tuning import DEFAULT, Tuning
from nodeselect.node import DuplicateIdError

_T = TypeVar("_T")

# With more states, nodes are not sorted by state; then there is hardly one that most nodes share.
_MAX_STATES = 16

_CACHE_BYTES_PER_NODE = 16

_MASK = 0xFFFFFFFF

# When many ids are looked up at once, only these positions of a bucket are probed. One hash in a
# hundred is behind them (benchmarks/test_match.py).
_PROBED = np.arange(4)


def _cells(table: NodeTable, sizes: NDArray[np.int64], tuning: Tuning) -> NDArray[np.uint32]:
    """Return the cell number of each node: nodes with similar labels have the same number.

    A cell number has one digit for each key by which nodes are sorted: the position of the node's
    value among the values of the key. If some nodes lack the key, positions are counted from 1, and
    0 means that the node lacks it. So the cell number of a node is a sum of one term for each of
    its labels. The first digit is the state. The expected size of cells ignores states, because
    most nodes have the same state.

    :param sizes: for each label number, how many nodes have the label.
    """
    weights = np.zeros(len(table.keys), np.uint32)
    cells = 1
    for label_ids in _keys_of_few_values(table, sizes):
        can_be_absent = int(sizes[label_ids].sum()) < len(table)
        digits = len(label_ids) + can_be_absent
        if cells * digits * tuning.cell_size > len(table):
            break
        weights *= np.uint32(digits)
        weights[label_ids] = range(can_be_absent, digits)
        cells *= digits
    numbers = np.empty(len(table), np.uint32)
    for part in chunk_slices(len(table), tuning.chunk):
        offsets = table.offsets[part.start : part.stop + 1].astype(np.int64)
        # ``reduceat`` reads an item even for a node without labels: at the end, this zero.
        added = np.append(weights[table.label_ids[offsets[0] : offsets[-1]]], np.uint32(0))
        numbers[part] = np.add.reduceat(added, offsets[:-1] - offsets[0])
    numbers[table.offsets[1:] == table.offsets[:-1]] = 0
    if len(table.state_names) <= _MAX_STATES:
        numbers += table.states * np.uint32(cells)
    return numbers


def _keys_of_few_values(table: NodeTable, sizes: NDArray[np.int64]) -> list[list[int]]:
    """Return the label numbers of each key; keys of few values, then those of many nodes, first."""
    by_key: dict[str, list[int]] = {}
    for label_id, key in enumerate(table.keys):
        by_key.setdefault(key, []).append(label_id)
    return sorted(by_key.values(), key=lambda ids: (len(ids), -int(sizes[ids].sum())))


def _label_index(
    table: NodeTable, sizes: NDArray[np.int64], ranks: NDArray[np.uint32], chunk: int
) -> LabelIndex:
    everything = postings.from_range(0, len(table))
    values: dict[str, dict[str, PostingsOrOrdinal]] = {}
    by_label = _grouped(_ordinals_by_label(table, sizes, ranks, chunk), sizes)
    for key, value, stored in zip(table.keys, table.values, by_label, strict=True):
        values.setdefault(key, {})[value] = stored
    keys: dict[str, KeyPostings] = {}
    for key, by_value in values.items():
        nodes = postings.union(list(by_value.values()))
        # All keys that every node has share one bitmap.
        keys[key] = (everything if len(nodes) == len(everything) else nodes, by_value)
    states = _sets(table.state_names, table.states, ranks)
    facts = table.fact_columns
    if facts is None:
        return LabelIndex(everything, keys, states)
    by_taints = _sets(facts.taint_sets, np.asarray(facts.taints), ranks).items()
    taints = {taints: nodes for taints, nodes in by_taints if taints is not None}
    amounts = partial(segment_amounts, table, InventoryOrder(ranks.data))
    return LabelIndex(everything, keys, states, taints, cache(amounts))


def _sets(names: Sequence[_T], numbers: UIntArray, ranks: NDArray[np.uint32]) -> dict[_T, Postings]:
    """Return the set of the nodes with each name; ``numbers`` has the index of it by rank."""
    ordinals = stable_argsort(numbers[ranks]).astype(np.uint32)
    grouped = _grouped(ordinals, np.bincount(numbers, minlength=len(names)))
    return dict(zip(names, (postings.union([stored]) for stored in grouped), strict=True))


def _ordinals_by_label(
    table: NodeTable, sizes: NDArray[np.int64], ranks: NDArray[np.uint32], chunk: int
) -> NDArray[np.uint32]:
    """Return the ordinals of the nodes with label number 0, ascending; then those with 1, …"""
    ends = np.cumsum(sizes) - sizes
    by_label = np.empty(len(table.label_ids), np.uint32)
    for part in chunk_slices(len(table), max(chunk, len(sizes) // 8)):  # each costs len(sizes)
        label_ids, lengths = table.label_ids_of(ranks[part])
        ordinals = np.repeat(np.arange(part.start, part.stop, dtype=np.uint32), lengths)
        counts = np.bincount(label_ids, minlength=len(sizes))
        by_label[span_positions(ends, counts)] = ordinals[stable_argsort(label_ids)]
        ends += counts
    return by_label


def _grouped(ordinals: NDArray[np.uint32], sizes: NDArray[np.int64]) -> list[PostingsOrOrdinal]:
    """Split ``ordinals`` into groups of the given ``sizes``; one of size 1 is an integer."""
    everything = array("I", ordinals.tobytes())
    bounds = [0, *np.cumsum(sizes).tolist()]
    return [
        everything[start] if end - start == 1 else postings.from_ordinals(everything[start:end])
        for start, end in pairwise(bounds)
    ]


class BuiltSegment(Segment):
    """A segment (many nodes that never change) in memory, built from a table of its nodes."""

    def __init__(self, table: NodeTable, tuning: Tuning = DEFAULT) -> None:
        """Index the nodes of ``table``; raise if two of them have the same id."""
        super().__init__(table, _CACHE_BYTES_PER_NODE, tuning)
        sizes = count_numbers(table.label_ids, len(table.keys), tuning.chunk)
        self._ranks = ranks = stable_argsort(_cells(table, sizes, tuning)).astype(np.uint32)
        self.index = _label_index(table, sizes, ranks, tuning.chunk)
        self.order = InventoryOrder(ranks.data)
        self.ids = ids = IdIndex(to_array(table.ids), ranks)
        duplicate = ids.find_duplicate()
        if duplicate is not None:
            raise DuplicateIdError(str(table.ids[duplicate[1]]), duplicate)

    @lazy
    def names(self) -> StringIndex | None:
        """An index of the node names; None if no node has one. Cost: 0.2 µs a node to build."""
        names = self.rows.names
        return None if names is None else IdIndex(to_array(names), self._ranks)


class IdIndex:
    """Finds a node by its id, and returns its ordinal: its number in the index. Immutable.

    Names can be indexed in the same way; several nodes may have the same name.

    The index is a hash table without pointers. The 32-bit hashes of all ids are in ascending order.
    Hashes with the same first bits are a *bucket*, one hash on average. Buckets begin at:

        bucket_starts  [ 0     , 1         , 3     …    for each value of the first bits
        hashes         [ 00a.. , 01b.. 01f. , 02c.. …   ascending
        ordinals       [ 7     , 2     9    , 4     …   of the id with that hash

    The index takes 12 to 16 bytes an id; a dictionary takes 75. Different ids may have the same
    hash, so every id that is found is compared with the searched id. Python's hashes of strings
    cannot be predicted, so nobody can choose many ids with the same hash.
    """

    def __init__(self, ids: NDArray[np.object_], ranks: NDArray[np.uint32]) -> None:
        """Index ids by rank, without copying them; ``ranks`` are by ordinal. Cost: 0.1 µs an id."""
        hashes = _hash_all(ids)
        order = stable_argsort(hashes)
        bits = len(ids).bit_length()
        self._ids = ids
        self._hashes = hashes[order]
        ordinals = np.empty(len(ids), np.uint32)
        ordinals[ranks] = np.arange(len(ids), dtype=np.uint32)
        self._ordinals = ordinals[order]
        self._ranks = ranks
        self._shift = 32 - bits
        sizes = np.bincount(self._hashes >> self._shift, minlength=1 << bits)
        self._bucket_starts = offsets_from_lengths(sizes)
        # Reading one number takes a third of the time in a memoryview.
        self._hash_at = self._hashes.data
        self._ordinal_at = self._ordinals.data
        self._rank_at = self._ranks.data
        self._bucket_start_at = self._bucket_starts.data

    def find(self, text: str) -> int | None:
        """Return the ordinal of the node with this id; None if there is none. Cost: about 1 µs."""
        wanted = hash(text) & _MASK
        bucket = wanted >> self._shift
        hashes = self._hash_at
        starts = self._bucket_start_at
        for position in range(starts[bucket], starts[bucket + 1]):
            if hashes[position] == wanted:
                ordinal = self._ordinal_at[position]
                if self._ids[self._rank_at[ordinal]] == text:
                    return ordinal
        return None

    def find_every(self, text: str) -> list[int]:
        """Return the ordinals of all nodes with this name, in any order. Cost: a few µs."""
        wanted = hash(text) & _MASK
        bucket = wanted >> self._shift
        part = slice(self._bucket_start_at[bucket], self._bucket_start_at[bucket + 1])
        ordinals: list[int] = self._ordinals[part][self._hashes[part] == wanted].tolist()
        return [at for at in ordinals if self._ids[self._rank_at[at]] == text]

    def find_all(self, texts: Sequence[str]) -> "array[int]":
        """Return the ordinals of these ids, in any order; ignore unknown ids. Cost: 0.2 µs each."""
        ordinals = array("I")
        if not len(self._hashes) or not texts:
            return ordinals
        wanted = _hash_all(texts)
        buckets = wanted >> self._shift
        starts = self._bucket_starts.take(buckets)
        probed = self._hashes.take(starts[:, np.newaxis] + _PROBED, mode="clip")
        is_equal = probed == wanted[:, np.newaxis]
        candidates = self._ordinals.take(starts + is_equal.argmax(axis=1), mode="clip")
        ids = np.array(texts, object)
        is_found: NDArray[np.bool_] = self._ids.take(self._ranks.take(candidates)) == ids
        ordinals.frombytes(candidates[is_found].tobytes())
        # An id that was not found may be behind the probed positions, or share its hash.
        is_large = self._bucket_starts.take(buckets + 1) - starts > len(_PROBED)
        retried = ids[~is_found & (is_large | is_equal.any(axis=1))]
        ordinals.extend(ordinal for ordinal in map(self.find, retried) if ordinal is not None)
        return ordinals

    def find_duplicate(self) -> tuple[int, int] | None:
        """Return the ranks of two nodes with one id, those with the lowest second rank; or None."""
        same = np.flatnonzero(self._hashes[1:] == self._hashes[:-1])
        suspects = self._ranks[self._ordinals[np.union1d(same, same + 1)]]
        suspects.sort()
        first_ranks: dict[str, int] = {}
        for rank in suspects.tolist():
            first = first_ranks.setdefault(self._ids[rank], rank)
            if first != rank:
                return first, rank
        return None


def _hash_all(ids: Iterable[Any]) -> NDArray[np.uint32]:
    return np.fromiter(map(hash, ids), np.int64).astype(np.uint32)
