"""The nodes themselves, by rank: ids, names, states and labels, each key and each pair kept once.

The *rank* of a node is its place among the nodes of a segment in inventory order, 0 for the first.
Labels are *pairs* of key and value; each pair has a number, and a node has the numbers of its
pairs, one after the other:

    ids     [ "n-1"    , "n-2" , …
    starts  [ 0        , 2     , 3 …           where the pairs of each node begin
    pairs   [ 0, 1     , 0     , …             1 → keys[1], values[1] → "gpu", "true"

So a node costs two or four bytes a label beside its id, and is made again when somebody asks.
"""

from collections.abc import Iterable
from itertools import chain
from sys import getsizeof
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodeselect.index.arrays import UIntArray, blocks, count_numbers, narrow, starts_of
from nodeselect.node import Node

__all__ = ["NodeTable", "Numbers", "keys_of"]


class NodeTable:
    """Nodes by rank. Immutable.

    Made by ``code`` of ``coding.py``; two can be :meth:`joined`, and some of one :meth:`chosen`.
    """

    __slots__ = (
        *("_pairs_at", "_starts_at"),
        *("ids", "keys", "names", "pairs", "starts", "state_names", "states", "values"),
    )

    def __init__(
        self,
        ids: NDArray[np.object_],
        names: NDArray[np.object_] | None,
        states: UIntArray,
        state_names: list[str | None],
        starts: UIntArray,
        pairs: UIntArray,
        keys: list[str],
        values: list[str],
    ) -> None:
        self.ids = ids
        """The id of each node."""
        self.names = names
        """The name of each node; None where none was ever given."""
        self.states = states
        """The state of each node, by number."""
        self.state_names = state_names
        """The states by number; None is that of a node without one."""
        self.starts = starts
        """Where the pairs of each node begin, and, last, where they all end."""
        self.pairs = pairs
        """The labels of all nodes, one node after the other, by the number of the pair."""
        self.keys = keys
        """The key of each pair."""
        self.values = values
        """The value of each pair."""
        self._starts_at = starts.data  # one number of them is a third of the time
        self._pairs_at = pairs.data

    def __len__(self) -> int:
        return len(self.ids)

    def labels(self, rank: int) -> dict[str, str]:
        """Make the labels of a node, in the order in which it had them."""
        starts, keys, values = self._starts_at, self.keys, self.values
        pairs = self._pairs_at[starts[rank] : starts[rank + 1]].tolist()
        return {keys[pair]: values[pair] for pair in pairs}

    def node(self, rank: int) -> Node:
        """Make a node. Cost: some 3 µs for ten labels."""
        name = None if self.names is None else self.names[rank]
        state = self.state_names[self.states[rank]]
        return Node._trusted(self.ids[rank], self.labels(rank), name, state)

    def holds(self, rank: int, node: Node) -> bool:
        """Say whether the node at ``rank`` is equal to ``node``, which has the same id."""
        return (
            self.labels(rank) == node.labels
            and self.state_names[self.states[rank]] == node.state
            and (None if self.names is None else self.names[rank]) == node.name
        )

    def pairs_of(self, ranks: NDArray[np.integer[Any]]) -> tuple[UIntArray, NDArray[np.int64]]:
        """Give the pairs of some nodes, one node after the other, and how many each has."""
        begins = self.starts[:-1][ranks].astype(np.int64)
        lengths = self.starts[1:][ranks].astype(np.int64) - begins
        stops = np.cumsum(lengths)
        # Where a pair stands: its distance from the first one of its node, and where that is.
        shifts = begins - (stops - lengths)
        places = np.arange(stops[-1] if len(stops) else 0) + np.repeat(shifts, lengths)
        return self.pairs[places], lengths

    def joined(self, other: "NodeTable") -> "NodeTable":
        """Put the nodes of ``other`` behind."""
        state_numbers = Numbers.of(self.state_names)
        pair_numbers = Numbers.of(zip(self.keys, self.values, strict=True))
        new_states = _mapped(other.states, [state_numbers[name] for name in other.state_names])
        new_pairs = _mapped(
            other.pairs,
            [pair_numbers[pair] for pair in zip(other.keys, other.values, strict=True)],
        )
        names = None
        if self.names is not None or other.names is not None:
            names = np.concatenate(
                [_filled(self.names, len(self)), _filled(other.names, len(other))]
            )
        return NodeTable(
            np.concatenate([self.ids, other.ids]),
            names,
            narrow(np.concatenate([self.states, new_states]), len(state_numbers)),
            list(state_numbers),
            starts_of(np.concatenate([np.diff(self.starts), np.diff(other.starts)])),
            narrow(np.concatenate([self.pairs, new_pairs]), len(pair_numbers)),
            keys_of(pair_numbers),
            [value for _, value in pair_numbers],
        )

    def chosen(self, ranks: NDArray[np.int64]) -> "NodeTable":
        """Take the nodes at ``ranks``, in that order, and the pairs and states that they have."""
        lengths = self.starts[1:][ranks] - self.starts[:-1][ranks]
        starts = starts_of(lengths)
        pairs = np.empty(int(starts[-1]), self.pairs.dtype)
        for some in blocks(len(ranks)):
            pairs[starts[some.start] : starts[some.stop]] = self.pairs_of(ranks[some])[0]
        pairs, kept_pairs = _renumbered(pairs, len(self.keys))
        states, kept_states = _renumbered(self.states[ranks], len(self.state_names))
        names = None if self.names is None else self.names[ranks]
        return NodeTable(
            self.ids[ranks],
            names,
            states,
            [self.state_names[number] for number in kept_states],
            starts,
            pairs,
            [self.keys[number] for number in kept_pairs],
            [self.values[number] for number in kept_pairs],
        )

    def bytes(self) -> int:
        """Give the memory of all but the ids, in bytes; names and labels are counted once."""
        strings = {id(text): text for text in chain(self.keys, self.values)}
        tables = (self.keys, self.values, *strings.values())
        names = [] if self.names is None else [self.names, *filter(None, self.names)]
        arrays = self.states.nbytes + self.starts.nbytes + self.pairs.nbytes
        return arrays + sum(map(getsizeof, tables)) + sum(map(getsizeof, names))


class Numbers(dict[Any, int]):
    """Numbers things in the order in which they are first asked for."""

    @classmethod
    def of(cls, things: Iterable[Any]) -> "Numbers":
        return cls((thing, number) for number, thing in enumerate(things))

    def __missing__(self, thing: Any) -> int:
        number = self[thing] = len(self)
        return number


def keys_of(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Give the key of each pair, equal ones as one string."""
    once: dict[str, str] = {}
    return [once.setdefault(key, key) for key, _ in pairs]


def _filled(names: NDArray[np.object_] | None, length: int) -> NDArray[np.object_]:
    return np.full(length, None, object) if names is None else names


def _mapped(numbers: UIntArray, to: list[int]) -> UIntArray:
    return np.array(to, np.uint32)[numbers] if to else numbers


def _renumbered(numbers: UIntArray, most: int) -> tuple[UIntArray, list[int]]:
    """Number anew what is used; give the new numbers, and the old one of each."""
    counts = count_numbers(numbers, most)
    used = np.flatnonzero(counts)
    if len(used) == most:
        return numbers, used.tolist()
    new = np.zeros(most, np.uint32)
    new[used] = np.arange(len(used))
    return narrow(new[numbers], len(used)), used.tolist()
