"""The nodes of a segment by rank: ids, names, states and labels, each key and value stored once.

The *rank* of a node is its position among the nodes of a segment in inventory order, 0 for the
first. Labels are dictionary encoded: each pair of key and value has a number, and the numbers of
all nodes are one array with an offset for each node:

    ids        [ "n-1"    , "n-2" , …
    offsets    [ 0        , 2     , 3 …        where the labels of each node begin
    label_ids  [ 0, 1     , 0     , …          1 → keys[1], values[1] → "gpu", "true"

So a label takes one to four bytes, and a node is built only when somebody reads it.
"""

from collections.abc import Iterable
from itertools import chain
from sys import getsizeof
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodeselect.index.arrays import (
    UIntArray,
    chunk_slices,
    count_numbers,
    offsets_from_lengths,
    shrink,
)
from nodeselect.node import Node

__all__ = ["Interner", "NodeTable", "interned_keys"]


class NodeTable:
    """Nodes by rank. Immutable.

    :param ids: the id of each node.
    :param names: the name of each node; None if no node has one.
    :param states: the number of the state of each node.
    :param state_names: the state of each number; None is the state of nodes without one.
    :param offsets: where the labels of each node begin in ``label_ids``, and where the last end.
    :param label_ids: the numbers of the labels of all nodes, one node after the other.
    :param keys: the key of each label number.
    :param values: the value of each label number.
    """

    def __init__(
        self,
        ids: NDArray[np.object_],
        names: NDArray[np.object_] | None,
        states: UIntArray,
        state_names: list[str | None],
        offsets: UIntArray,
        label_ids: UIntArray,
        keys: list[str],
        values: list[str],
    ) -> None:
        self.ids = ids
        self.names = names
        self.states = states
        self.state_names = state_names
        self.offsets = offsets
        self.label_ids = label_ids
        self.keys = keys
        self.values = values
        # Reading one number of a memoryview takes a third of the time.
        self._offset_at = offsets.data
        self._label_id_at = label_ids.data

    def __len__(self) -> int:
        return len(self.ids)

    def labels(self, rank: int) -> dict[str, str]:
        """Build the labels of a node, in their original order."""
        offsets, keys, values = self._offset_at, self.keys, self.values
        label_ids = self._label_id_at[offsets[rank] : offsets[rank + 1]].tolist()
        return {keys[label_id]: values[label_id] for label_id in label_ids}

    def node(self, rank: int) -> Node:
        """Build a node. Cost: about 3 µs for ten labels."""
        name = None if self.names is None else self.names[rank]
        state = self.state_names[self.states[rank]]
        return Node._trusted(self.ids[rank], self.labels(rank), name, state)

    def equals(self, rank: int, node: Node) -> bool:
        """Return whether the node at ``rank`` equals ``node``, which has the same id."""
        return (
            self.labels(rank) == node.labels
            and self.state_names[self.states[rank]] == node.state
            and (None if self.names is None else self.names[rank]) == node.name
        )

    def label_ids_of(self, ranks: NDArray[np.integer[Any]]) -> tuple[UIntArray, NDArray[np.int64]]:
        """Return the label numbers of several nodes, in turn, and how many each node has."""
        begins = self.offsets[:-1][ranks].astype(np.int64)
        lengths = self.offsets[1:][ranks].astype(np.int64) - begins
        ends = np.cumsum(lengths)
        # The position of a label: its distance from the first label of its node, plus that of the
        # first label in the table.
        shifts = begins - (ends - lengths)
        positions = np.arange(ends[-1] if len(ends) else 0) + np.repeat(shifts, lengths)
        return self.label_ids[positions], lengths

    def concat(self, other: "NodeTable") -> "NodeTable":
        """Return a table of these nodes followed by those of ``other``."""
        states = Interner.of(self.state_names)
        labels = Interner.of(zip(self.keys, self.values, strict=True))
        other_states = _translated(other.states, [states[name] for name in other.state_names])
        other_labels = [labels[label] for label in zip(other.keys, other.values, strict=True)]
        other_label_ids = _translated(other.label_ids, other_labels)
        names = None
        if self.names is not None or other.names is not None:
            names = np.concatenate([self._names_or_none(), other._names_or_none()])
        return NodeTable(
            np.concatenate([self.ids, other.ids]),
            names,
            shrink(np.concatenate([self.states, other_states]), len(states)),
            list(states),
            offsets_from_lengths(np.concatenate([np.diff(self.offsets), np.diff(other.offsets)])),
            shrink(np.concatenate([self.label_ids, other_label_ids]), len(labels)),
            interned_keys(labels),
            [value for _, value in labels],
        )

    def take(self, ranks: NDArray[np.int64], chunk: int) -> "NodeTable":
        """Return a table of the nodes at ``ranks``, in that order, without unused labels."""
        lengths = self.offsets[1:][ranks] - self.offsets[:-1][ranks]
        offsets = offsets_from_lengths(lengths)
        label_ids = np.empty(int(offsets[-1]), self.label_ids.dtype)
        for part in chunk_slices(len(ranks), chunk):
            label_ids[offsets[part.start] : offsets[part.stop]] = self.label_ids_of(ranks[part])[0]
        label_ids, labels = _renumbered(label_ids, len(self.keys), chunk)
        states, state_numbers = _renumbered(self.states[ranks], len(self.state_names), chunk)
        return NodeTable(
            self.ids[ranks],
            None if self.names is None else self.names[ranks],
            states,
            [self.state_names[number] for number in state_numbers],
            offsets,
            label_ids,
            [self.keys[number] for number in labels],
            [self.values[number] for number in labels],
        )

    def memory_bytes(self) -> int:
        """Return the memory of everything but the ids, in bytes; each string counts once."""
        strings = {id(text): text for text in chain(self.keys, self.values)}
        tables = (self.keys, self.values, *strings.values())
        names = [] if self.names is None else [self.names, *filter(None, self.names)]
        arrays = self.states.nbytes + self.offsets.nbytes + self.label_ids.nbytes
        return arrays + sum(map(getsizeof, tables)) + sum(map(getsizeof, names))

    def _names_or_none(self) -> NDArray[np.object_]:
        return np.full(len(self), None, object) if self.names is None else self.names


class Interner(dict[Any, int]):
    """Number things in the order in which they are first looked up."""

    @classmethod
    def of(cls, things: Iterable[Any]) -> "Interner":
        return cls((thing, number) for number, thing in enumerate(things))

    def __missing__(self, thing: Any) -> int:
        number = self[thing] = len(self)
        return number


def interned_keys(labels: Iterable[tuple[str, str]]) -> list[str]:
    """Return the key of each label; equal keys are one string."""
    keys: dict[str, str] = {}
    return [keys.setdefault(key, key) for key, _ in labels]


def _translated(numbers: UIntArray, new_numbers: list[int]) -> UIntArray:
    return np.array(new_numbers, np.uint32)[numbers] if new_numbers else numbers


def _renumbered(numbers: UIntArray, stop: int, chunk: int) -> tuple[UIntArray, list[int]]:
    """Replace the numbers below ``stop`` by consecutive ones; return also the old numbers."""
    used = np.flatnonzero(count_numbers(numbers, stop, chunk))
    if len(used) == stop:
        return numbers, used.tolist()
    new = np.zeros(stop, np.uint32)
    new[used] = np.arange(len(used))
    return shrink(new[numbers], len(used)), used.tolist()
