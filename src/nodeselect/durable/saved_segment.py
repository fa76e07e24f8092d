"""A segment, the index of an inventory, read from the sections of a file when they are needed.

A Python dict cannot be saved, as its hashes differ in each process. So labels are sorted by key and
value, to be found by bisection, and strings are found by a hash that is the same everywhere.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from itertools import pairwise
from sys import intern
from typing import TypeVar, cast
from zlib import crc32

from nodeselect.durable.saved_file import SavedFile
from nodeselect.durable.saved_strings import PackedStrings, PaddedStrings, SavedStringIndex
from nodeselect.errors import InventoryError
from nodeselect.index import postings
from nodeselect.index.label_index import KeyPostings, LabelIndex
from nodeselect.index.lazy import bulk_reader, lazy
from nodeselect.index.node_rows import AmountColumn, FactColumns, NodeRows, Strings
from nodeselect.index.planner import CacheMemory
from nodeselect.index.postings import Postings, PostingsOrOrdinal
from nodeselect.index.segment import InventoryOrder, Segment, StringIndex, segment_amounts
from nodeselect.index.tuning import DEFAULT, Tuning
from nodeselect.node import Taint, check_taints
from nodeselect.quantity import MAX_AMOUNT

_T = TypeVar("_T")

_RANK_BYTES = 4

# Each process that reads the file has its own plans, and its own copies of postings. With this
# limit, four that are hardly larger than Python grow by less than half (benchmarks/saved.py).
_CACHE_BYTES_PER_NODE = 2

# If a key has more values, what loads the nodes of each of them in turn does not cache them: they
# are small and soon loaded again, and would push everything else out of the cache.
_FEW_VALUES = 256

# If there are so few labels, all become strings when a node is first built.
_FEW_LABELS = 65_536


class SavedSegment(Segment):
    """A segment (nodes and their index) in a file; its parts are read when they are first used."""

    def __init__(self, file: SavedFile, tuning: Tuning = DEFAULT) -> None:
        """Create a segment of an opened file, without reading any section."""
        if file.size("ranks") != _RANK_BYTES * file.nodes:
            raise file.damaged(f"{file.nodes:,} nodes have {file.size('ranks'):,} bytes of ranks")
        super().__init__(_SavedRows(file), _CACHE_BYTES_PER_NODE, tuning)
        self.file = file

    @lazy
    def order(self) -> InventoryOrder:
        return _order(self.file)

    @lazy
    def index(self) -> LabelIndex:
        file, rows = self.file, self.rows  # what is loaded later must not keep this object alive
        everything = postings.from_range(0, file.nodes)
        stored = _SavedPostings(file, self.memory)
        keys = _SavedKeys(file, stored)
        states = _SavedSets(_state_names(file), keys.first_state, stored)
        first = keys.first_state + len(states)
        taints = _SavedSets(_taint_sets(file), first, stored)
        if first + len(taints) != len(stored):
            raise file.damaged(f"there are {len(stored):,} postings")
        amounts = cache(lambda: segment_amounts(rows, _order(file)))
        return LabelIndex(everything, keys, states, taints, amounts)

    @lazy
    def ids(self) -> StringIndex:
        return self._index("ids", self.rows.ids)

    @lazy
    def names(self) -> StringIndex | None:
        return None if self.rows.names is None else self._index("names", self.rows.names)

    def _index(self, name: str, strings: Strings[str | None]) -> SavedStringIndex:
        ordinals = self.file.numbers(f"{name}.ordinals")
        starts = self.file.offsets(f"{name}.starts", len(ordinals))
        buckets = len(starts) - 1
        if buckets < 2 or buckets & (buckets - 1):
            raise self.file.damaged(f"an index has {buckets:,} buckets")
        damaged = partial(self.file.damaged, f"the index of the {name} has other nodes")
        return SavedStringIndex(strings, self.order.rank_at, starts, ordinals, damaged)


def _order(file: SavedFile) -> InventoryOrder:
    ranks = file.numbers("ranks", file.nodes)
    return InventoryOrder(ranks, partial(file.damaged, "the ranks are not those of the nodes"))


class _SavedRows(NodeRows):
    """The nodes of a file in columns; each column is loaded when it is first used."""

    def __init__(self, file: SavedFile) -> None:
        self._file = file

    def __len__(self) -> int:
        return self._file.nodes

    def damaged(self) -> InventoryError:
        return self._file.damaged("the nodes have labels or states that are not in the file")

    @lazy
    def ids(self) -> Strings[str]:
        if "ids.offsets" in self._file:
            return cast("Strings[str]", _packed(self._file, "ids", len(self)))
        data = self._file.bytes_of("ids")
        if len(data) % max(len(self), 1) or len(data) < len(self):
            raise self._file.damaged("the ids do not have the same number of bytes")
        return PaddedStrings(data, len(self), _damaged_strings(self._file, "ids"))

    @lazy
    def names(self) -> Strings[str | None] | None:
        if "names" not in self._file:
            return None
        return _packed(self._file, "names", len(self), has_none=True)

    @lazy
    def state_at(self) -> "memoryview[int]":
        return self._file.numbers("states", len(self))

    @lazy
    def state_names(self) -> list[str | None]:
        return _state_names(self._file)

    @lazy
    def offset_at(self) -> "memoryview[int]":
        return self._file.offsets("labels.offsets", len(self.label_id_at), len(self))

    @lazy
    def label_id_at(self) -> "memoryview[int]":
        return self._file.numbers("labels")

    @lazy
    def keys(self) -> Sequence[str]:
        keys, starts = _keys(self._file, len(self.values))
        column = _KeyColumn(keys, starts)
        return list(column) if len(column) <= _FEW_LABELS else column

    @lazy
    def values(self) -> Sequence[str]:
        values = cast("Sequence[str]", _packed(self._file, "values"))
        return list(values) if len(values) <= _FEW_LABELS else values

    @lazy
    def fact_columns(self) -> FactColumns | None:
        file, count = self._file, len(self)
        if "taints" not in file and "resources" not in file:
            return None
        taint_sets = [None, *_taint_sets(file)]
        taints = file.numbers("taints", count) if "taints" in file else memoryview(bytes(count))
        if _largest(taints) >= len(taint_sets):
            raise file.damaged("the nodes have taints that are not in the file")
        names = cast("list[str]", list(_packed(file, "resources")) if "resources" in file else [])
        if names != sorted(set(names)):
            raise file.damaged("the resources are not in order")
        amounts = {name: _amounts(file, number, count) for number, name in enumerate(names)}
        return FactColumns(taint_sets, taints, amounts)


def _amounts(file: SavedFile, number: int, nodes: int) -> AmountColumn:
    """Return the amounts of the resource with this number, for this many ``nodes``."""
    codes = file.numbers(f"amounts.{number}.codes", nodes)
    amounts = file.numbers(f"amounts.{number}")
    column, bulk = AmountColumn(amounts, codes), bulk_reader(len(amounts))
    is_ascending = list(amounts) == sorted(amounts) if bulk is None else bulk.is_ascending(amounts)
    is_known = _largest(codes) < len(amounts) and column.largest <= MAX_AMOUNT
    if not (is_ascending and is_known):
        raise file.damaged(f"the section 'amounts.{number}' has no amounts of the nodes")
    return column


def _largest(numbers: "memoryview[int]") -> int:
    bulk = bulk_reader(len(numbers))
    largest: int = max(numbers, default=-1) if bulk is None else bulk.largest(numbers)
    return largest


def _packed(
    file: SavedFile, name: str, count: int | None = None, *, has_none: bool = False
) -> PackedStrings:
    data = file.bytes_of(name)
    offsets = file.offsets(f"{name}.offsets", len(data), count)
    return PackedStrings(data, offsets, _damaged_strings(file, name), has_none=has_none)


def _damaged_strings(file: SavedFile, name: str) -> Callable[[], InventoryError]:
    return partial(file.damaged, f"the strings of the section '{name}' cannot be read")


def _keys(file: SavedFile, labels: int) -> tuple[list[str], list[int]]:
    """Return the label keys in order; and for each the number of its first label.

    At the end of the second list is ``labels``, how many labels there are.
    """
    keys = list(map(intern, cast("Sequence[str]", _packed(file, "keys"))))
    starts = file.offsets("keys.labels", labels, len(keys)).tolist()
    if starts != sorted(starts) or keys != sorted(set(keys)):
        raise file.damaged("the labels of the keys are not in order")
    return keys, starts


def _state_names(file: SavedFile) -> list[str | None]:
    names = list(_packed(file, "states.names", has_none=True))
    if len(set(names)) < len(names):
        raise file.damaged("two states have the same name")
    return names


def _taint_sets(file: SavedFile) -> list[tuple[Taint, ...]]:
    """Return the different sets of taints that nodes of the file have, sorted taints each."""
    if "taints" not in file:
        return []
    fields = cast("Sequence[str]", _packed(file, "taints.fields"))
    starts = file.offsets("taints.starts", len(fields)).tolist()
    sets = []
    try:
        for start, stop in pairwise(starts):
            texts = map(fields.__getitem__, range(start, stop))
            sets.append(tuple(map(Taint._make, zip(texts, texts, texts, strict=True))))
        is_valid = len(set(sets)) == len(sets) and all(check_taints(each) == each for each in sets)
    except ValueError:  # an InventoryError is one
        is_valid = False
    if not is_valid or starts != sorted(starts):
        raise file.damaged("the taints are not valid")
    return sets


class _KeyColumn(Sequence[str]):
    """The key of each label, by its number; ``starts`` has the number of each key's first label."""

    def __init__(self, keys: list[str], starts: list[int]) -> None:
        self._keys = keys
        self._starts = starts

    def __len__(self) -> int:
        return self._starts[-1]

    def __getitem__(self, label: int) -> str:  # type: ignore[override]  # there are no slices
        return self._keys[bisect_right(self._starts, label) - 1]


class _SavedPostings:
    """The numbered sets of nodes in a file: one for each label, then each key, then each state.

    :ivar memory: counts the memory of the sets that are cached.
    :ivar by_value: a cache of the sets for labels. A label is given by the number of its key's
        first label, and its value.
    """

    def __init__(self, file: SavedFile, memory: CacheMemory) -> None:
        self._file = file
        self.memory = memory
        self.by_value: dict[tuple[int, str], Postings] = memory.new_cache()
        # Each of the postings has its own checksum.
        self._data = file.bytes_of("postings", is_checked=False)
        self._checksums = file.numbers("postings.checksums")
        self._offsets = file.offsets("postings.offsets", len(self._data), len(self._checksums))
        self._is_checked = bytearray(len(self._checksums))

    def __len__(self) -> int:
        return len(self._checksums)

    def load(self, number: int) -> PostingsOrOrdinal:
        """Return the set that has this number: postings (a set), or a single ordinal."""
        data = self._data[self._offsets[number] : self._offsets[number + 1]]
        if self._is_checked[number] or crc32(data) == self._checksums[number]:
            with suppress(ValueError):
                stored = postings.decode(data, self._file.nodes)
                self._is_checked[number] = True
                return stored
        raise self._file.damaged(f"the checksum of the postings {number:,} is wrong")


class _SavedKeys(Mapping[str, KeyPostings]):
    """Maps each label key of a file to the nodes that have the key, and the nodes by value."""

    def __init__(self, file: SavedFile, stored: _SavedPostings) -> None:
        self._values = cast("Sequence[str]", _packed(file, "values"))
        keys, starts = _keys(file, len(self._values))
        self._bounds = dict(zip(keys, pairwise(starts), strict=True))
        self._nodes = _SavedSets(keys, starts[-1], stored)
        self._stored = stored
        self.first_state = starts[-1] + len(keys)  # the number of its postings

    def __len__(self) -> int:
        return len(self._bounds)

    def __iter__(self) -> Iterator[str]:
        return iter(self._bounds)

    def __getitem__(self, key: str) -> KeyPostings:
        start, stop = self._bounds[key]
        return self._nodes[key], _SavedValues(self._values, start, stop, self._stored)


class _SavedValues(Mapping[str, PostingsOrOrdinal]):
    """Maps each value of one label key, labels ``start`` to ``stop - 1``, to its nodes."""

    def __init__(
        self, values: Sequence[str], start: int, stop: int, stored: _SavedPostings
    ) -> None:
        self._values = values
        self._start = start
        self._stop = stop
        self._stored = stored

    def __len__(self) -> int:
        return self._stop - self._start

    def __iter__(self) -> Iterator[str]:
        return map(self._values.__getitem__, range(self._start, self._stop))

    def __getitem__(self, value: str) -> PostingsOrOrdinal:
        nodes: PostingsOrOrdinal | None = self._stored.by_value.get((self._start, value))
        if nodes is None:
            label = bisect_left(self._values, value, self._start, self._stop)
            if label == self._stop or self._values[label] != value:
                raise KeyError(value)
            nodes = self._load(value, label)
        return nodes

    def items(self) -> ItemsView[str, PostingsOrOrdinal]:
        """Return all pairs of a value and its nodes; faster than looking up each value."""
        return _SavedItems(self)

    def _load(self, value: str, label: int) -> PostingsOrOrdinal:
        nodes: PostingsOrOrdinal | None = self._stored.by_value.get((self._start, value))
        if nodes is None:  # two threads may both load them, with the same result
            nodes = self._stored.load(label)
            if not isinstance(nodes, int):  # there may be as many single ordinals as nodes
                self._stored.memory.add(postings.memory_bytes(nodes))
                self._stored.by_value[self._start, value] = nodes
        return nodes


class _SavedItems(ItemsView[str, PostingsOrOrdinal]):
    _mapping: _SavedValues

    def __iter__(self) -> Iterator[tuple[str, PostingsOrOrdinal]]:
        values = self._mapping
        is_kept = len(values) <= _FEW_VALUES
        for label, value in enumerate(values, values._start):
            yield value, values._load(value, label) if is_kept else values._stored.load(label)


class _SavedSets(Mapping[_T, Postings]):
    """Maps each state, or each set of taints, in a file to the set of the nodes that have it."""

    def __init__(self, names: Iterable[_T], first: int, stored: _SavedPostings) -> None:
        self._numbers = {name: number for number, name in enumerate(names, first)}
        self._stored = stored
        self._loaded: dict[_T, Postings] = stored.memory.new_cache()

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[_T]:
        return iter(self._numbers)

    def __getitem__(self, name: _T) -> Postings:
        nodes = self._loaded.get(name)
        if nodes is None:  # two threads may both load it, with the same result
            nodes = postings.union([self._stored.load(self._numbers[name])])
            self._stored.memory.add(postings.memory_bytes(nodes))
            self._loaded[name] = nodes
        return nodes
