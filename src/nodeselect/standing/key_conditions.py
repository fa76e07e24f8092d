"""What all selectors together require of one key."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import TypeVar

from nodeselect.index import postings
from nodeselect.index.postings import Postings, PostingsOrOrdinal
from nodeselect.selectors import KeyConstraint
from nodeselect.selectors.charset import parse_int64

_Key = TypeVar("_Key", bound=Hashable)

# The failing entries of a value are cached if this many conditions name the value, and these are at
# least one in 64 of all that list values. So few values are cached, and computing the others is
# fast (benchmarks/test_standing.py).
_MIN_CACHED = 256
_CACHED_SHARE = 64


class KeyConditions:
    """An index of what selectors require of one label key: finds those that fail for a value.

    A selector is given by its number, its *entry*. Entries are only added, in ascending order. So a
    reader may read while a writer adds, if it ignores the entries that are new to it.
    """

    __slots__ = (
        "_added",
        "_by_range",
        "_by_value",
        "_cache",
        "_excluded",
        "_in_ranges",
        "_listed",
        "required",
    )

    def __init__(self) -> None:
        # The entries that fail without the key.
        self.required = postings.from_ordinals(())
        # The entries that list the values that pass (perhaps none), and for each value those that
        # list it.
        self._listed = postings.from_ordinals(())
        self._by_value: dict[str, PostingsOrOrdinal] = {}
        # The entries that require an integer, and for each range those that require one within it.
        self._in_ranges = postings.from_ordinals(())
        self._by_range: dict[tuple[int, int], PostingsOrOrdinal] = {}
        # For each value, the entries that exclude it.
        self._excluded: dict[str, PostingsOrOrdinal] = {}
        # How many entries were added. And for a value, the entries that fail with it, and how many
        # had been added when these were computed.
        self._added = 0
        self._cache: dict[str, tuple[int, Postings]] = {}

    def add(self, entry: int, constraint: KeyConstraint) -> None:
        """Add the selector with the number ``entry``.

        :param constraint: what the selector allows for the key.
        """
        if not constraint.allows_absent:
            self.required.add(entry)
        if constraint.values is not None:
            self._add_values(entry, constraint.values)
        for value in constraint.excluded:
            _append(self._excluded, value, entry)
        if constraint.int_range is not None:
            self._in_ranges.add(entry)
            _append(self._by_range, constraint.int_range, entry)
        self._added += 1  # last: what is cached from now on has the whole entry

    def add_ids(self, entry: int, ids: Collection[str]) -> None:
        """Add the selector with the number ``entry``, which requires one of ``ids``.

        The value in this index is then the id of a node, not that of a label.
        """
        self.required.add(entry)
        self._add_values(entry, ids)
        self._added += 1

    def failing(self, value: str) -> list[Postings]:
        """Return sets whose union is the entries that fail if a node has ``value`` for the key.

        Do not modify the sets: they may belong to the index.
        """
        conditions = _size(self._by_value.get(value)) + _size(self._excluded.get(value))
        if conditions < _MIN_CACHED or conditions * _CACHED_SHARE < len(self._listed):
            return self._compute_failing(value)
        added = self._added
        cached = self._cache.get(value)
        if cached is None or cached[0] != added:  # two threads may both compute it
            cached = self._cache[value] = added, postings.union(self._compute_failing(value))
        return [cached[1]]

    def renumbered(self, kept: Postings, numbers: Sequence[int]) -> "KeyConditions":
        """Return a copy with only the entries ``kept``, under new numbers.

        :param numbers: the new number of each entry, by its old one.
        """
        new = KeyConditions()
        new.required = _renumbered(self.required, kept, numbers)
        new._listed = _renumbered(self._listed, kept, numbers)
        new._by_value = _all_renumbered(self._by_value, kept, numbers)
        new._in_ranges = _renumbered(self._in_ranges, kept, numbers)
        new._by_range = _all_renumbered(self._by_range, kept, numbers)
        new._excluded = _all_renumbered(self._excluded, kept, numbers)
        return new

    def __bool__(self) -> bool:
        return bool(self.required or self._listed or self._excluded)

    def _add_values(self, entry: int, values: Collection[str]) -> None:
        self._listed.add(entry)
        for value in values:
            _append(self._by_value, value, entry)

    def _compute_failing(self, value: str) -> list[Postings]:
        passing, excluded = self._by_value.get(value), self._excluded.get(value)
        failing = [self._listed if passing is None else self._listed - _as_set(passing)]
        if excluded is not None:
            failing.append(_as_set(excluded))
        if self._by_range:
            number = parse_int64(value)
            if number is None:
                failing.append(self._in_ranges)
            else:
                ranges = self._by_range.copy().items()  # a writer may add ranges
                outside = [stored for (low, high), stored in ranges if not low <= number <= high]
                failing.append(postings.union(outside))
        return failing


def _as_set(stored: PostingsOrOrdinal) -> Postings:
    return postings.from_ordinals((stored,)) if isinstance(stored, int) else stored


def _size(stored: PostingsOrOrdinal | None) -> int:
    if stored is None:
        return 0
    return 1 if isinstance(stored, int) else len(stored)


def _append(by_key: dict[_Key, PostingsOrOrdinal], key: _Key, entry: int) -> None:
    stored = by_key.get(key)
    if stored is None:
        by_key[key] = entry
    elif isinstance(stored, int):
        by_key[key] = postings.from_ordinals((stored, entry))
    else:
        stored.add(entry)


def _renumbered(old: Postings, kept: Postings, numbers: Sequence[int]) -> Postings:
    return postings.from_ordinals(map(numbers.__getitem__, postings.ordinals(old & kept)))


def _all_renumbered(
    by_key: Mapping[_Key, PostingsOrOrdinal], kept: Postings, numbers: Sequence[int]
) -> dict[_Key, PostingsOrOrdinal]:
    new: dict[_Key, PostingsOrOrdinal] = {}
    for key, stored in by_key.items():
        if isinstance(stored, int):
            if stored in kept:
                new[key] = numbers[stored]
        elif renumbered := _renumbered(stored, kept, numbers):
            new[key] = renumbered
    return new
