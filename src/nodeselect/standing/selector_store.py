"""Selectors by name, indexed by their requirements, to find the selectors that match a node.

An *entry* is a name with one selector. Entries are numbered in the order in which they were added,
and never change: if a name gets another selector, this is a new entry. A name with an ``AnyOf`` has
an entry for each of its selectors, with consecutive numbers; the first of them is that of the name.

A selector does not match a node if the node fails its condition on at least one key. For each key,
an index finds the entries whose condition fails with a given value, and without the key. To match a
node, subtract these entries from the set of all entries, for each key that the node has or lacks.
No selector is tested by itself. The id of a node is treated as one more label, with the key None.

Entries are only added, in ascending order, to the lists and to the sets of entry numbers. So while
one thread writes, a reader needs no lock: it has the set of the entries that existed when it began,
and ignores all others.
"""

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

from nodeselect.index import postings
from nodeselect.index.postings import Postings, PostingsOrOrdinal
from nodeselect.selectors import AnyOf, KeyConstraint, Selector
from nodeselect.selectors.algebra import constraints_of
from nodeselect.selectors.charset import parse_int64
from nodeselect.selectors.requirement import ID_KEY
from nodeselect.selectors.selector import alternatives

Name = TypeVar("Name", bound=Hashable)
_Key = TypeVar("_Key", bound=Hashable)

# The labels of a node, and under None its id, if it has one.
Values: TypeAlias = Mapping[str | None, str]

# For how many sets of keys the failing entries are cached. Most nodes of a fleet have the same
# keys.
_MAX_KEY_SETS = 256

# Up to this many names are looked up one by one; of more, numpy takes each in a third of the time.
_FEW_NAMES = 512

# The failing entries of a value are cached if this many conditions name the value, and these are at
# least one in 64 of all that list values. So few values are cached, and computing the others is
# fast (benchmarks/test_standing.py).
_MIN_CACHED = 256
_CACHED_SHARE = 64


class KeyConditions:
    """An index of the conditions on one label key: finds the entries that reject a value."""

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
        """Add the selector with the number ``entry``, and the ``constraint`` of its values."""
        if not constraint.allows_absent:
            self.required.add(entry)
        if constraint.values is not None:
            self._listed.add(entry)
            for value in constraint.values:
                _append(self._by_value, value, entry)
        for value in constraint.excluded:
            _append(self._excluded, value, entry)
        if constraint.int_range is not None:
            self._in_ranges.add(entry)
            _append(self._by_range, constraint.int_range, entry)
        self._added += 1  # last: what is cached from now on has the whole entry

    def failing(self, value: str) -> list[Postings]:
        """Return sets, not to be modified, whose union is all entries that reject ``value``."""
        conditions = _size(self._by_value.get(value)) + _size(self._excluded.get(value))
        if conditions < _MIN_CACHED or conditions * _CACHED_SHARE < len(self._listed):
            return self._compute_failing(value)
        added = self._added
        cached = self._cache.get(value)
        if cached is None or cached[0] != added:  # two threads may both compute it
            cached = self._cache[value] = added, postings.union(self._compute_failing(value))
        return [cached[1]]

    def renumbered(self, kept: Postings, numbers: Sequence[int]) -> "KeyConditions":
        """Return a copy with only the entries ``kept``; ``numbers`` are the new ones by the old."""
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


class SelectorStore(Generic[Name]):
    """Selectors with names, and an index for each label key on which selectors have conditions.

    :ivar several: the entries of names with several selectors.
    :ivar dead: how many entries were replaced or removed.
    """

    def __init__(self) -> None:
        self.names: list[Name] = []
        self.selectors: list[Selector | AnyOf] = []
        self.several = postings.from_ordinals(())
        self.dead = 0
        # For each of these, the first entry of its name.
        self._first_of: dict[int, int] = {}
        # A copy of the names as an array of numpy, which is faster to read many of; and how many
        # are in it. Threads that copy at the same time copy the same names.
        self._copied_names: tuple[Any, int] = None, 0
        # For each name its entry or, if it has several, these in ascending order.
        self._entries: dict[Name, int | list[int]] = {}
        # The place of each entry among all names. Below the first entry that replaced another one,
        # that is the number of the entry.
        self._ranks: list[int] = []
        self._next_rank = 0
        self._first_moved = 1 << 32
        # Of equal selectors, the one that all their entries have.
        self._unique: dict[Selector | AnyOf, Selector | AnyOf] = {}
        self._keys: defaultdict[str | None, KeyConditions] = defaultdict(KeyConditions)
        # For some keys, the entries that require any other key, and how many entries there were
        # when these were computed.
        self._cache: dict[frozenset[str | None], tuple[int, Postings]] = {}

    def add(self, name: Name, selector: Selector | AnyOf, replaced: int | None) -> int:
        """Add a selector; return the number of its entry, the first one if it is an ``AnyOf``.

        Cost: 5 µs, and 3 µs a requirement.

        :param replaced: the number of the entry to replace: the new entry gets its place in the
            order of names. None for the last place.
        """
        entry = len(self.names)
        for number, each in enumerate(_alternatives(selector), entry):
            for key, constraint in constraints_of(each).items():
                self._keys[None if key == ID_KEY else key].add(number, constraint)
        self._append(name, selector, replaced)
        return entry

    def entries_of(self, first: int) -> range:
        """Return all entries that were added together with the entry ``first``."""
        return range(first, first + len(_alternatives(self.selectors[first])))

    def firsts(self, entries: Postings) -> Postings:
        """Return the first entries of the names of ``entries``, which are all in ``several``."""
        return postings.from_ordinals(map(self._first_of.__getitem__, postings.ordinals(entries)))

    def has(self, entry: int, selector: Selector | AnyOf) -> bool:
        """Return whether the entry with the number ``entry`` has an equal selector."""
        return self._unique.get(selector) is self.selectors[entry]

    def find(self, name: Name, count: int) -> int | None:
        """Return the last of the first ``count`` entries with this name, or any later one, or None.

        Cost: one look-up, and a binary search if the name has several entries.
        """
        found = self._entries.get(name)
        if isinstance(found, list):
            return found[max(bisect_left(found, count) - 1, 0)]
        return found

    def failing(self, values: Values, skip: Collection[str | None] = ()) -> list[Postings]:
        """Return sets whose union is all entries that reject a node; ignore the keys ``skip``."""
        keys = self._keys
        known = [key for key in values if key in keys]
        failing = [self._requiring_others(frozenset([*known, *skip]))]
        for key in known:
            if key not in skip:
                failing += keys[key].failing(values[key])
        return failing

    def failing_for_key(self, key: str | None, value: str | None) -> list[Postings]:
        """Return a list of sets. Their union is all entries that reject ``value``; None: absent."""
        conditions = self._keys.get(key)
        if conditions is None:
            return []
        return [conditions.required] if value is None else conditions.failing(value)

    def in_order(self, entries: Postings) -> "array[int]":
        """Return the numbers in ``entries``, in the order in which their names were first added."""
        numbers = postings.ordinals(entries)
        if not numbers or numbers[-1] < self._first_moved:
            return numbers
        return array("I", sorted(numbers, key=self._ranks.__getitem__))

    def names_of(self, entries: Postings) -> list[Name]:
        """Return the names of ``entries``, in the order in which the names were first added."""
        numbers = self.in_order(entries)
        if len(numbers) <= _FEW_NAMES:
            return [self.names[entry] for entry in numbers]
        import numpy as np  # loads slowly, and few answers are so large

        copied, count = self._copied_names
        length = len(self.names)
        if copied is None or count < length:
            if copied is None or len(copied) < length:
                copied, count = np.empty(2 * length, object), 0
            copied[count:length] = list(map(_adjacent, self.names[count:length]))
            self._copied_names = copied, length
        taken: list[Name] = copied.take(np.frombuffer(numbers, np.uint32)).tolist()
        return taken

    def compacted(self, entries: Postings) -> "SelectorStore[Name]":
        """Return a new store with only the names of these entries. Cost: about 2 µs an entry."""
        new: SelectorStore[Name] = SelectorStore()
        numbers = [0] * len(self.names)
        kept = array("I")
        for first in self.in_order(entries):
            for number, entry in enumerate(self.entries_of(first), len(new.names)):
                numbers[entry] = number
                kept.append(entry)
            new._append(self.names[first], self.selectors[first], None)
        for key, conditions in self._keys.items():
            if renumbered := conditions.renumbered(postings.from_ordinals(kept), numbers):
                new._keys[key] = renumbered
        return new

    def _append(self, name: Name, selector: Selector | AnyOf, replaced: int | None) -> None:
        """Append the entries of a name; the indexes must already contain the selectors."""
        entry, count = len(self.names), len(_alternatives(selector))
        if replaced is None:
            self._ranks += range(self._next_rank, self._next_rank + count)
            self._next_rank += count
        else:
            self._ranks += [self._ranks[replaced]] * count
            self._first_moved = min(self._first_moved, entry)
        if count > 1:
            self._first_of |= dict.fromkeys(range(entry, entry + count), entry)
            self.several |= postings.from_range(entry, entry + count)
        self.selectors += [self._unique.setdefault(selector, selector)] * count
        self.names += [name] * count  # after all else, because readers count the names
        earlier = self._entries.get(name)
        if isinstance(earlier, list):
            earlier.append(entry)
        else:
            self._entries[name] = entry if earlier is None else [earlier, entry]

    def _requiring_others(self, keys: frozenset[str | None]) -> Postings:
        """Return the entries that require any key not in ``keys``, cached: do not modify them."""
        count = len(self.names)
        cached = self._cache.get(keys)
        if cached is None or cached[0] != count:  # two threads may both compute it
            conditions = self._keys.copy().items()  # a writer may add keys
            entries = postings.union([each.required for key, each in conditions if key not in keys])
            if len(self._cache) >= _MAX_KEY_SETS:
                self._cache.clear()
            cached = self._cache[keys] = count, entries
        return cached[1]


def _adjacent(name: Any) -> Any:
    """Return a copy of ``name`` if it is a string, so that all names are adjacent in memory.

    Users create names together with selectors, so names are far from each other in memory: half of
    the time to look them up was spent waiting for memory. Other names are returned unchanged.
    """
    return f"{name} "[:-1] if type(name) is str else name


class StandingView(Generic[Name]):
    """An immutable view of a store: the selectors that are visible to one reader.

    :param store: has all selectors, even if replaced, removed or added later.
    :param entries: the visible entries, of each name only the first; the set is not copied.
    """

    __slots__ = ("_count", "entries", "generation", "store")

    def __init__(self, store: SelectorStore[Name], entries: Postings, generation: int) -> None:
        self.store = store
        self.entries = entries
        self.generation = generation
        self._count = len(store.names)

    def find(self, name: Name) -> int | None:
        """Return the number of the visible entry with this name; None if there is none."""
        entry = self.store.find(name, self._count)
        return entry if entry is not None and entry in self.entries else None

    def matching(self, values: Values) -> Postings:
        """Return the visible entries whose selectors match a node."""
        store, failing = self.store, postings.union(self.store.failing(values))
        matching = self.entries - failing
        if several := store.several - failing if store.several else None:
            matching |= store.firsts(several) & self.entries
        return matching

    def changes(self, old: Values, new: Values) -> tuple[Postings, Postings]:
        """Return the entries that match ``new`` but not ``old``; and ``old`` but not ``new``.

        Conditions on unchanged keys are tested only for entries that a changed key affects.
        """
        if old == new:
            return postings.from_ordinals(()), postings.from_ordinals(())
        store = self.store
        changed = {key for key in {**old, **new} if old.get(key) != new.get(key)}
        before, after = (
            postings.union(
                [each for key in changed for each in store.failing_for_key(key, values.get(key))]
            )
            for values in (old, new)
        )
        changing = before ^ after
        if store.several and changing & store.several:  # another selector of a name may match
            before, after = self.matching(old), self.matching(new)
            return after - before, before - after
        moved = changing & self.entries
        if moved:
            for failing in store.failing(new, skip=changed):
                moved -= failing
        return moved - after, moved - before


def _alternatives(selector: Selector | AnyOf) -> tuple[Selector, ...]:
    """Return the selectors of the entries for a name; there is at least one."""
    return alternatives(selector) or (Selector.nothing(),)


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
