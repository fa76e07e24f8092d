"""Which nodes carry a label: key to value to postings."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from sys import getsizeof
from types import MappingProxyType

from nodeselect.index import postings
from nodeselect.index.postings import Postings, PostingsOrOrdinal
from nodeselect.selectors.charset import parse_int64

__all__ = ["KeyPostings", "LabelIndex"]

_NO_VALUES: Mapping[str, PostingsOrOrdinal] = MappingProxyType({})


class KeyPostings:
    """What an index knows of one key."""

    __slots__ = ("carriers", "numbers", "values")

    def __init__(self, carriers: Postings, values: dict[str, PostingsOrOrdinal]) -> None:
        """Take the parts over; they are not copied."""
        self.carriers = carriers
        """The nodes that carry the key."""
        self.values = values
        """For each value the nodes that have it."""
        self.numbers: list[tuple[int, str]] | None = None
        """The values that read as integers, ascending; None while nobody has asked."""


class LabelIndex:
    """For every key the nodes that carry it, and for every value of it the nodes that have it.

    One of a segment is made in bulk and never changes. One of the latest changes *grows* by
    :meth:`add`, always by an ordinal larger than all before: what it says of the ordinals below a
    limit stays true, so a reader that knows its limit may read while a writer adds.
    """

    __slots__ = ("_keys", "everything", "is_mutable", "states")

    def __init__(
        self,
        everything: Postings,
        keys: dict[str, KeyPostings],
        states: dict[str | None, PostingsOrOrdinal],
        *,
        is_mutable: bool = False,
    ) -> None:
        """Take the parts over; they are not copied."""
        self.everything = everything
        """All ordinals that the index knows."""
        self.states = states
        """For every state the nodes in it; None is the state of those that have none."""
        self.is_mutable = is_mutable
        """Whether nodes are still added, so that nothing of it may be iterated."""
        self._keys = keys

    @classmethod
    def mutable(cls) -> "LabelIndex":
        """Make an empty one, to add to."""
        return cls(postings.from_ordinals(()), {}, {}, is_mutable=True)

    @property
    def keys(self) -> list[str]:
        """The keys, in no order."""
        return list(self._keys)

    def values(self, key: str) -> Mapping[str, PostingsOrOrdinal]:
        """Give the nodes of each value of ``key``; not to be iterated while the index grows."""
        of_key = self._keys.get(key)
        return _NO_VALUES if of_key is None else of_key.values

    def nodes_with_key(self, key: str) -> Postings:
        """Give the nodes that carry ``key``, whatever its value."""
        of_key = self._keys.get(key)
        return postings.from_ordinals(()) if of_key is None else of_key.carriers

    def value_counts(self, key: str, found: Postings) -> dict[str, int]:
        """Count the ordinals of ``found`` by their value of ``key``; no value without any."""
        counts = (
            (value, postings.intersection_size(found, held)) for value, held in self._items(key)
        )
        return {value: count for value, count in counts if count}

    def count_with_value(self, key: str, value: str, found: Postings) -> int:
        """Count the ordinals of ``found`` with this value of ``key``."""
        held = self.values(key).get(value)
        return 0 if held is None else postings.intersection_size(found, held)

    def values_in_range(self, key: str, above: int | None, below: int | None) -> list[str]:
        """Give the values of ``key`` that read as an integer between the bounds, both outside.

        Cost: the first time linear in the number of values, and each time where the index grows.
        """
        of_key = self._keys.get(key)
        if of_key is None:
            return []
        numbers = of_key.numbers
        if numbers is None:
            read = ((parse_int64(value), value) for value, _ in self._items(key))
            numbers = sorted((number, value) for number, value in read if number is not None)
            if not self.is_mutable:
                of_key.numbers = numbers
        start = 0 if above is None else bisect_right(numbers, above, key=_number)
        stop = len(numbers) if below is None else bisect_left(numbers, below, key=_number)
        return [value for _, value in numbers[start:stop]]

    def add(self, ordinal: int, labels: Mapping[str, str], state: str | None) -> None:
        """Add a node, whose ordinal is larger than all before. Cost: some 0.3 µs a label."""
        keys = self._keys
        for key, value in labels.items():
            of_key = keys.get(key)
            if of_key is None:
                of_key = keys[key] = KeyPostings(postings.from_ordinals(()), {})
            of_key.carriers.add(ordinal)
            values = of_key.values
            held = values.get(value)
            if held is None:
                values[value] = ordinal
            elif isinstance(held, int):
                values[value] = postings.from_ordinals(array("I", (held, ordinal)))
            else:
                held.add(ordinal)
        held = self.states.get(state)
        if held is None:
            self.states[state] = ordinal
        elif isinstance(held, int):
            self.states[state] = postings.from_ordinals(array("I", (held, ordinal)))
        else:
            held.add(ordinal)
        self.everything.add(ordinal)

    def bytes(self) -> int:
        """Give the memory of all, in bytes, but for the strings."""
        states = getsizeof(self.states) + sum(
            map(postings.memory_bytes, list(self.states.values()))
        )
        return states + sum(map(_bytes_of_key, list(self._keys.values())))

    def _items(self, key: str) -> Iterable[tuple[str, PostingsOrOrdinal]]:
        """Give the values of ``key`` with their nodes, as something to be iterated."""
        values = self.values(key)
        # A copy is made in one step, which no writer comes between.
        return (dict(values) if self.is_mutable else values).items()


def _bytes_of_key(of_key: KeyPostings) -> int:
    tables = getsizeof(of_key.values) + getsizeof(of_key.numbers)
    held = (of_key.carriers, *of_key.values.values())
    return tables + sum(map(postings.memory_bytes, held))


def _number(pair: tuple[int, str]) -> int:
    return pair[0]
