"""A segment as sections of a file, of which only those that somebody needs are read.

Whatever depends on the process is saved in another way: labels are numbered in the order of their
keys and values, so that they are found by bisection, and strings have the same hash everywhere.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from sys import intern
from typing import Any, cast
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from nodeselect.index import postings
from nodeselect.index.arrays import UIntArray, offsets_from_lengths, shrink
from nodeselect.index.label_index import KeyPostings, LabelIndex
from nodeselect.index.lazy import lazy
from nodeselect.index.node_table import NodeTable
from nodeselect.index.postings import Postings, PostingsOrOrdinal
from nodeselect.index.saved_string_index import SavedStringIndex, sort_into_buckets
from nodeselect.index.segment import Segment
from nodeselect.index.storage import SavedFile, Sections
from nodeselect.index.strings import (
    PackedStrings,
    PaddedStrings,
    Strings,
    encode_strings,
    to_array,
)

__all__ = ["SavedParts", "to_sections"]

_Data = dict[str, UIntArray | bytes]

# Strings that are encoded at a time.
_CHUNK = 32_768

_RANK_BYTES = 4

# If there are so few labels, all become strings when a node is first built.
_FEW_LABELS = 65_536


def to_sections(segment: Segment) -> Sections:
    """Return the sections of a file with the nodes of ``segment``.

    Cost: about 0.6 µs a node.
    """
    table, index, ranks = segment.table, segment.index, segment.parts.ranks
    ordinals = np.empty(len(ranks), np.uint32)
    ordinals[ranks] = np.arange(len(ranks), dtype=np.uint32)
    # All values of a key get consecutive numbers, in their order.
    order = sorted(range(len(table.keys)), key=lambda at: (table.keys[at], table.values[at]))
    numbers = np.empty(len(order), np.uint32)
    numbers[order] = np.arange(len(order))
    values: dict[str, list[str]] = {}
    for label in order:
        values.setdefault(table.keys[label], []).append(table.values[label])
    encoded: list[bytes] = []
    for key, key_values in values.items():
        stored = index.values(key)
        encoded += [postings.encode(stored[value]) for value in key_values]
    encoded += [postings.encode(index.nodes_with_key(key)) for key in values]
    encoded += [postings.encode(index.states[state]) for state in table.state_names]
    sections = {
        **_indexed_strings("ids", table.ids, ordinals),
        **({} if table.names is None else _indexed_strings("names", table.names, ordinals)),
        "ranks": ranks,
        "states": table.states,
        **_strings("states.names", table.state_names),
        "labels": shrink(numbers[table.label_ids], len(order)) if order else table.label_ids,
        "labels.offsets": table.offsets,
        **_strings("keys", list(values)),
        "keys.labels": _offsets(list(values.values())),
        **_strings("values", list(chain.from_iterable(values.values()))),
        "postings": b"".join(encoded),
        "postings.offsets": _offsets(encoded),
        "postings.checksums": np.array(list(map(crc32, encoded)), np.uint32),
    }
    return Sections(sections, len(table))


def _offsets(parts: Sequence[Any]) -> UIntArray:
    return offsets_from_lengths(np.array(list(map(len, parts)), np.int64))


def _strings(name: str, strings: list[Any]) -> _Data:
    """Return the sections of a column of strings."""
    column = encode_strings(to_array(strings), _CHUNK)
    return {name: column.data, f"{name}.offsets": column.offsets()}


def _indexed_strings(
    name: str, strings: Strings[str | None], ordinals: NDArray[np.uint32]
) -> _Data:
    """Return the sections of the ids, or of the names, of all nodes, and of their index.

    :param ordinals: the ordinal of each rank.
    """
    column = encode_strings(strings, _CHUNK)
    padded = column.padded() if name == "ids" else None
    starts, ranks = sort_into_buckets(strings, column)
    return {
        name: column.data if padded is None else padded,
        **({f"{name}.offsets": column.offsets()} if padded is None else {}),
        f"{name}.starts": starts,
        f"{name}.ordinals": ordinals[ranks],
    }


class SavedParts:
    """The parts of a segment that is in a file; see :class:`~nodeselect.index.segment.Segment`."""

    def __init__(self, file: SavedFile) -> None:
        """Read nothing but the header.

        :raises InventoryError: if there are more or fewer nodes than ranks.
        """
        if file.size("ranks") != _RANK_BYTES * file.nodes:
            raise file.damaged(f"{file.nodes:,} nodes have {file.size('ranks'):,} bytes of ranks")
        self.file = file
        self.table: NodeTable = _SavedTable(file)

    @lazy
    def ranks(self) -> NDArray[np.uint32]:
        """The rank of each ordinal."""
        return self.file.numbers("ranks", self.file.nodes).astype(np.uint32, copy=False)

    @lazy
    def labels(self) -> LabelIndex:
        """The nodes of each label and of each state, loaded one by one."""
        everything = postings.from_range(0, self.file.nodes)
        stored = _SavedPostings(self.file)
        keys = _SavedKeys(self.file, stored)
        states = _SavedStates(self.file, keys.first_state, stored)
        if keys.first_state + len(states) != len(stored):
            raise self.file.damaged(f"there are {len(stored):,} postings")
        return LabelIndex(everything, keys, states)

    @lazy
    def ids(self) -> SavedStringIndex:
        """Finds the ordinals of ids."""
        return self._index("ids", self.table.ids)

    @lazy
    def names(self) -> SavedStringIndex | None:
        """Finds the ordinals of names; None if no node has a name."""
        return None if self.table.names is None else self._index("names", self.table.names)

    def _index(self, name: str, strings: Strings[str | None]) -> SavedStringIndex:
        ordinals = self.file.numbers(f"{name}.ordinals").astype(np.uint32, copy=False)
        starts = self.file.offsets(f"{name}.starts", len(ordinals))
        buckets = len(starts) - 1
        if buckets < 2 or buckets & (buckets - 1):
            raise self.file.damaged(f"an index has {buckets:,} buckets")
        return SavedStringIndex(strings, self.ranks, starts, ordinals)


class _SavedTable(NodeTable):
    """The nodes of a file by rank. Each column is loaded when it is first read."""

    def __init__(self, file: SavedFile) -> None:
        self._file = file

    def __len__(self) -> int:
        return self._file.nodes

    @lazy
    def ids(self) -> Strings[str]:
        """The id of each node."""
        if "ids.offsets" in self._file:
            return cast("Strings[str]", _packed(self._file, "ids", len(self)))
        data = self._file.bytes_of("ids")
        if len(data) % max(len(self), 1) or len(data) < len(self):
            raise self._file.damaged("the ids do not have the same number of bytes")
        return PaddedStrings(data, len(self))

    @lazy
    def names(self) -> Strings[str | None] | None:
        """The name of each node; None if no node has one."""
        return _packed(self._file, "names", len(self)) if "names" in self._file else None

    @lazy
    def states(self) -> UIntArray:
        """The state of each node."""
        return self._file.numbers("states", len(self))

    @lazy
    def state_names(self) -> list[str | None]:
        """The different states."""
        return _packed(self._file, "states.names").to_list()

    @lazy
    def offsets(self) -> UIntArray:
        """Where the labels of each node begin."""
        return self._file.offsets("labels.offsets", len(self.label_ids), len(self))

    @lazy
    def label_ids(self) -> UIntArray:
        """The label numbers of all nodes."""
        return self._file.numbers("labels")

    @lazy
    def keys(self) -> Sequence[str]:
        """The key of each label number."""
        keys, starts = _keys(self._file, len(self.values))
        column = _KeyColumn(keys, starts)
        return list(column) if len(column) <= _FEW_LABELS else column

    @lazy
    def values(self) -> Sequence[str]:
        """The value of each label number."""
        values = _packed(self._file, "values")
        return values.to_list() if len(values) <= _FEW_LABELS else cast("Sequence[str]", values)


def _packed(file: SavedFile, name: str, count: int | None = None) -> PackedStrings:
    data = file.bytes_of(name)
    return PackedStrings(data, file.offsets(f"{name}.offsets", len(data), count))


def _keys(file: SavedFile, labels: int) -> tuple[list[str], list[int]]:
    """Return the label keys in order, and where the labels of each begin and the last end.

    :param labels: the number of labels.
    """
    keys = list(map(intern, _packed(file, "keys").to_list()))
    starts: list[int] = file.offsets("keys.labels", labels, len(keys)).tolist()
    if starts != sorted(starts):
        raise file.damaged("the labels of the keys are not in order")
    return keys, starts


class _KeyColumn(Sequence[str]):
    """The key of each label number.

    :param starts: the first label number of each key, and the number of labels.
    """

    def __init__(self, keys: list[str], starts: list[int]) -> None:
        self._keys = keys
        self._starts = starts

    def __len__(self) -> int:
        return self._starts[-1]

    def __getitem__(self, label: int) -> str:  # type: ignore[override]  # there are no slices
        if label >= self._starts[-1]:
            raise IndexError(label)
        return self._keys[bisect_right(self._starts, label) - 1]


class _SavedPostings:
    """The postings of a file by number: of the labels, then of the keys, then of the states."""

    def __init__(self, file: SavedFile) -> None:
        self._file = file
        # Each of the postings has its own checksum.
        self._data = file.bytes_of("postings", is_checked=False)
        checksums = file.numbers("postings.checksums")
        self._checksums = checksums.data
        self._offsets = file.offsets("postings.offsets", len(self._data), len(checksums)).data

    def __len__(self) -> int:
        return len(self._checksums)

    def load(self, number: int) -> PostingsOrOrdinal:
        """Return the postings with this number.

        :raises InventoryError: if they are damaged.
        """
        data = self._data[self._offsets[number] : self._offsets[number + 1]]
        if crc32(data) == self._checksums[number]:
            with suppress(ValueError):
                return postings.decode(data, self._file.nodes)
        raise self._file.damaged(f"the checksum of the postings {number:,} is wrong")

    def load_set(self, number: int) -> Postings:
        """Return the postings with this number, always as a set."""
        return postings.union([self.load(number)])


class _SavedKeys(Mapping[str, KeyPostings]):
    """The label keys of a file, and for each the nodes that have it and its values."""

    def __init__(self, file: SavedFile, stored: _SavedPostings) -> None:
        self._values = cast("Sequence[str]", _packed(file, "values"))
        keys, self._starts = _keys(file, len(self._values))
        self._numbers = {key: number for number, key in enumerate(keys)}
        self._stored = stored
        self._loaded: dict[str, KeyPostings] = {}
        self.first_state = self._starts[-1] + len(keys)  # the number of its postings

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __getitem__(self, key: str) -> KeyPostings:
        entry = self._loaded.get(key)
        if entry is None:  # two threads may both load it, with the same result
            number = self._numbers[key]
            start, stop = self._starts[number : number + 2]
            nodes = self._stored.load_set(self._starts[-1] + number)
            values = _SavedValues(self._values, start, stop, self._stored)
            entry = self._loaded[key] = nodes, values
        return entry


class _SavedValues(Mapping[str, PostingsOrOrdinal]):
    """The values of a key, and the nodes with each: those of the labels from ``start`` on."""

    def __init__(
        self, values: Sequence[str], start: int, stop: int, stored: _SavedPostings
    ) -> None:
        self._values = values
        self._start = start
        self._stop = stop
        self._stored = stored
        self._loaded: dict[str, PostingsOrOrdinal] = {}

    def __len__(self) -> int:
        return self._stop - self._start

    def __iter__(self) -> Iterator[str]:
        return map(self._values.__getitem__, range(self._start, self._stop))

    def __getitem__(self, value: str) -> PostingsOrOrdinal:
        nodes = self._loaded.get(value)
        if nodes is None:  # two threads may both load them, with the same result
            label = bisect_left(self._values, value, self._start, self._stop)
            if label == self._stop or self._values[label] != value:
                raise KeyError(value)
            nodes = self._loaded[value] = self._stored.load(label)
        return nodes


class _SavedStates(Mapping[str | None, Postings]):
    """The states of a file, and the nodes in each."""

    def __init__(self, file: SavedFile, first: int, stored: _SavedPostings) -> None:
        names = _packed(file, "states.names").to_list()
        self._numbers = {name: number for number, name in enumerate(names, first)}
        self._stored = stored
        self._loaded: dict[str | None, Postings] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[str | None]:
        return iter(self._numbers)

    def __getitem__(self, state: str | None) -> Postings:
        nodes = self._loaded.get(state)
        if nodes is None:
            nodes = self._loaded[state] = self._stored.load_set(self._numbers[state])
        return nodes
