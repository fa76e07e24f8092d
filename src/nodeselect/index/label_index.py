"""Find the nodes with a label: the set of their ordinals, for each key and each value."""

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from operator import itemgetter
from types import MappingProxyType
from typing import Protocol, TypeAlias, TypeVar

from nodeselect.index import postings
from nodeselect.index.node_rows import KNOWN
from nodeselect.index.postings import Postings, PostingsOrOrdinal
from nodeselect.node import Facts, Taint
from nodeselect.selectors.charset import parse_int64

_V = TypeVar("_V", str, int)

# The nodes that have a key; and the nodes with each of its values.
KeyPostings: TypeAlias = tuple[Postings, Mapping[str, PostingsOrOrdinal]]

# The same in an index that can change, for keys or for resources and their amounts.
_Sets: TypeAlias = defaultdict[str, tuple[Postings, dict[_V, PostingsOrOrdinal]]]

_ABSENT: KeyPostings = (postings.from_ordinals(()), {})


class Amounts(Protocol):
    """The amounts that the nodes of an index have of one resource."""

    @property
    def largest(self) -> int: ...

    def at_least(self, amount: int) -> Postings:
        """Return the nodes that have at least ``amount``, which must be above 0."""


class LabelIndex:
    """Finds the nodes that have a label key, a certain value of a key, some taints or resources.

    :ivar taints: for each set of taints, sorted, the nodes that have it. Nodes whose taints are
        unknown are in none of these.
    """

    is_mutable = False

    def __init__(
        self,
        everything: Postings,
        keys: Mapping[str, KeyPostings],
        states: Mapping[str | None, Postings],
        taints: Mapping[tuple[Taint, ...], Postings] = MappingProxyType({}),
        amounts: Callable[[], Mapping[str, Amounts]] = dict,
    ) -> None:
        """Create an index from the arguments, without copying them.

        :param everything: all ordinals of the index.
        :param keys: for each key, the nodes that have the key, and the nodes with each value.
        :param states: for each state, the nodes in it; under None, those that have no state.
        :param amounts: returns the amounts by resource, those of ``KNOWN`` included.
        """
        self.everything = everything
        self.states = states
        self._keys = keys
        self.taints = taints
        self._amounts = amounts
        # For each key, its values that are integers, ascending; cached by the first comparison.
        self._integers: dict[str, list[tuple[int, str]]] = {}

    @property
    def keys(self) -> list[str]:
        """The label keys that nodes have, in no particular order."""
        return list(self._keys)

    @property
    def with_resources(self) -> Postings:
        """The nodes whose resources are known."""
        known = self.amounts.get(KNOWN)
        return postings.from_ordinals(()) if known is None else known.at_least(1)

    @property
    def amounts(self) -> Mapping[str, Amounts]:
        """The amounts of each resource that any node has, by its name; those of ``KNOWN``, too."""
        return self._amounts()

    def values(self, key: str) -> Mapping[str, PostingsOrOrdinal]:
        """Map each value of ``key`` to its nodes. Do not iterate over it in a mutable index."""
        return self._keys.get(key, _ABSENT)[1]

    def items(self, key: str) -> Iterable[tuple[str, PostingsOrOrdinal]]:
        """Return pairs of a value of ``key`` and its nodes, safe while a writer adds nodes."""
        values = self.values(key)
        # The copy is one step of the interpreter, so no writer can change it meanwhile.
        return (dict(values) if self.is_mutable else values).items()

    def nodes_with_key(self, key: str) -> Postings:
        return self._keys.get(key, _ABSENT)[0]

    def value_counts(self, key: str, nodes: Postings, limit: int | None = None) -> dict[str, int]:
        """Map up to ``limit`` values of ``key`` to the number of ``nodes`` that have each."""
        items = self.items(key)
        counts = ((value, postings.intersection_size(nodes, stored)) for value, stored in items)
        return dict(islice((item for item in counts if item[1]), limit))

    def count_with_value(self, key: str, value: str, nodes: Postings) -> int:
        stored = self.values(key).get(value)
        return 0 if stored is None else postings.intersection_size(nodes, stored)

    def values_in_range(self, key: str, low: int, high: int) -> list[str]:
        """Return the values of ``key`` that are integers from ``low`` to ``high``, both inclusive.

        Cost: linear in the number of values of the key; in an immutable index, only for the first
        call with the key.
        """
        integers = self._integers.get(key)
        if integers is None:
            values = list(self.values(key))  # the copy is one step of the interpreter
            parsed = ((parse_int64(value), value) for value in values)
            integers = sorted((number, value) for number, value in parsed if number is not None)
            if key in self._keys and not self.is_mutable:
                self._integers[key] = integers
        number = itemgetter(0)
        start = bisect_left(integers, low, key=number)
        stop = bisect_right(integers, high, key=number)
        return [value for _, value in integers[start:stop]]

    def in_states(self, accepts: Callable[[str | None], bool]) -> Postings:
        """Return the nodes for which ``accepts(state)`` is true; the state is None if unknown."""
        by_state = dict(self.states).items()  # a writer may add states
        return postings.union([nodes for state, nodes in by_state if accepts(state)])


class MutableLabelIndex(LabelIndex):
    """An index that is empty at first; :meth:`add` adds nodes in ascending order of ordinals.

    A reader sees a snapshot if it ignores ordinals of nodes that were added after it began. A
    reader must copy a dictionary or a set of ordinals before it iterates over the items.
    """

    is_mutable = True

    def __init__(self) -> None:
        self._mutable_keys: _Sets[str] = defaultdict(lambda: (Postings(), {}))
        self._mutable_states: defaultdict[str | None, Postings] = defaultdict(Postings)
        self._mutable_taints: defaultdict[tuple[Taint, ...], Postings] = defaultdict(Postings)
        self._mutable_amounts: _Sets[int] = defaultdict(lambda: (Postings(), {}))
        sets = self._mutable_amounts
        super().__init__(
            *(postings.from_ordinals(()), self._mutable_keys, self._mutable_states),
            self._mutable_taints,
            lambda: {name: _MutableAmounts(nodes) for name, (_, nodes) in sets.copy().items()},
        )

    def add(
        self, ordinal: int, labels: Mapping[str, str], state: str | None, facts: Facts | None = None
    ) -> None:
        """Add a node. ``ordinal`` must be above all previous ones. Cost: about 0.3 µs a label."""
        _add(self._mutable_keys, labels, ordinal)
        self._mutable_states[state].add(ordinal)
        if facts is not None and facts.taints is not None:
            self._mutable_taints[facts.taints].add(ordinal)
        if facts is not None and facts.resources is not None:
            _add(self._mutable_amounts, {KNOWN: 1, **facts.resources}, ordinal)
        self.everything.add(ordinal)


def _add(sets: _Sets[_V], items: Mapping[str, _V], ordinal: int) -> None:
    """Add a node to the nodes that have each key of ``items``, and each value of a key."""
    for key, value in items.items():
        nodes, values = sets[key]
        nodes.add(ordinal)
        stored = values.get(value)
        if stored is None:
            values[value] = ordinal
        elif isinstance(stored, int):
            values[value] = postings.from_ordinals(array("I", (stored, ordinal)))
        else:
            stored.add(ordinal)


class _MutableAmounts:
    """The amounts of one resource: the nodes with each amount, to which a writer may add."""

    def __init__(self, nodes: dict[int, PostingsOrOrdinal]) -> None:
        self._nodes = nodes

    @property
    def largest(self) -> int:
        return max(self._nodes.copy())

    def at_least(self, amount: int) -> Postings:
        by_amount = self._nodes.copy().items()
        return postings.union([nodes for each, nodes in by_amount if each >= amount])
