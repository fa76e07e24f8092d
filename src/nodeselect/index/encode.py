"""Dictionary encoding: from the nodes of a reader or a program to a node table."""

from array import array
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodeselect.index.arrays import offsets_from_lengths, shrink
from nodeselect.index.node_table import Interner, NodeTable, interned_keys
from nodeselect.readers.columnar import Block, Columns

__all__ = ["encode"]

# The label number that a column has for nodes without the key.
_ABSENT = 0xFFFFFFFF


def encode(blocks: Iterable[Block]) -> NodeTable:
    """Encode nodes in their order.

    Cost: about 1.5 µs for a node of ten labels, 1 µs if it comes in columns.
    """
    encoder = _Encoder()
    for block in blocks:
        encoder.add(block)
    return encoder.table()


class _Encoder:
    """Encodes nodes block by block."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._names: list[str | None] = []
        self._states, self._lengths, self._label_ids = array("I"), array("I"), array("I")
        self._state_numbers, self._labels = Interner(), Interner()
        self._values: dict[str, _ValueCodes] = {}

    def add(self, block: Block) -> None:
        ids: Sequence[str]
        names: Sequence[str | None]
        states: Sequence[str | None]
        if isinstance(block, Columns):
            ids, names, states = block.ids, block.names, block.states
            self._add_columns(block)
        elif block:
            ids, labels, names, states = zip(*block, strict=True)
            self._lengths.extend(map(len, labels))
            items = [mapping.items() for mapping in labels]
            self._label_ids.extend(map(self._labels.__getitem__, chain.from_iterable(items)))
        else:
            return
        self._ids.extend(ids)
        self._names.extend(names)
        self._states.extend(map(self._state_numbers.__getitem__, states))

    def _add_columns(self, block: Columns) -> None:
        """Encode the labels by key: a value is looked up without building a pair."""
        numbers = np.empty((len(block.ids), len(block.labels)), np.uint32)
        for column, (key, values) in enumerate(block.labels.items()):
            codes = self._values.get(key)
            if codes is None:
                codes = self._values[key] = _ValueCodes(key, self._labels)
            numbers[:, column] = array("I", map(codes.__getitem__, values))
        is_present = numbers != _ABSENT
        self._lengths.frombytes(is_present.sum(axis=1, dtype=np.uint32).tobytes())
        self._label_ids.frombytes(numbers[is_present].tobytes())

    def table(self) -> NodeTable:
        names, labels = self._names, self._labels
        return NodeTable(
            _object_array(self._ids),
            _object_array(names) if names.count(None) < len(names) else None,
            shrink(np.array(self._states, np.uint32), len(self._state_numbers)),
            list(self._state_numbers),
            offsets_from_lengths(np.array(self._lengths, np.uint32)),
            shrink(np.array(self._label_ids, np.uint32), len(labels)),
            interned_keys(labels),
            [value for _, value in labels],
        )


class _ValueCodes(dict[str | None, int]):
    """The label number of each value of one key."""

    def __init__(self, key: str, labels: Interner) -> None:
        super().__init__({None: _ABSENT})
        self._key = key
        self._labels = labels

    def __missing__(self, value: str) -> int:
        number = self[value] = self._labels[self._key, value]
        return number


def _object_array(things: list[Any]) -> NDArray[np.object_]:
    objects = np.empty(len(things), object)
    objects[:] = things
    return objects
