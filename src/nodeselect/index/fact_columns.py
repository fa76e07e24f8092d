"""The facts about the nodes of a segment (taints and resources) as numpy arrays."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodeselect.index.arrays import Interner, UIntArray, renumbered, shrink, translated
from nodeselect.index.node_rows import KNOWN, AmountColumn, FactColumns
from nodeselect.node import Facts, Taint

_NONE_KNOWN = FactColumns([None], None, {})


class FactEncoder:
    """Encodes the facts of nodes, one after the other."""

    def __init__(self) -> None:
        self._taint_sets = Interner.of([None])
        self._taints = array("I"), array("I")  # ranks and numbers of sets
        self._amounts: dict[str, tuple[array[int], array[int]]] = {}  # ranks and amounts

    def add(self, first_rank: int, facts: Iterable[Facts | None]) -> None:
        """Add the facts of the nodes from ``first_rank`` on."""
        for rank, fact in enumerate(facts, first_rank):
            if fact is None:
                continue
            if fact.taints is not None:
                _append(self._taints, rank, self._taint_sets[fact.taints])
            if fact.resources is not None:
                for name, amount in ((KNOWN, 1), *fact.resources.items()):
                    column = self._amounts.get(name)
                    if column is None:
                        column = self._amounts[name] = array("I"), array("Q")
                    _append(column, rank, amount)

    def to_columns(self, count: int) -> FactColumns | None:
        """Return the facts of ``count`` nodes; None if none is known."""
        amounts = {}
        for name, column in sorted(self._amounts.items()):
            values, codes = np.unique(_dense(*column, count), return_inverse=True)
            amounts[name] = AmountColumn(
                values.data, shrink(codes.astype(np.uint32), len(values)).data
            )
        taints = shrink(_dense(*self._taints, count), len(self._taint_sets))
        return _simplified(list(self._taint_sets), taints, amounts)


def _append(column: "tuple[array[int], array[int]]", rank: int, number: int) -> None:
    column[0].append(rank)
    column[1].append(number)


def _dense(ranks: "array[int]", numbers: "array[int]", count: int) -> UIntArray:
    """Return the number of each of ``count`` nodes by rank; 0 if the rank is not in ``ranks``."""
    dense = np.zeros(count, np.asarray(numbers).dtype)
    dense[np.asarray(ranks)] = numbers
    return dense


def concat(
    one: FactColumns | None, count: int, other: FactColumns | None, other_count: int
) -> FactColumns | None:
    """Return the facts of the ``count`` nodes of ``one``, followed by those of ``other``."""
    if one is other is None:
        return None
    one, other = one or _NONE_KNOWN, other or _NONE_KNOWN
    sets = Interner.of(one.taint_sets)
    numbers = translated(_numbers(other.taints, other_count), [sets[s] for s in other.taint_sets])
    taints = np.concatenate([_numbers(one.taints, count), numbers])
    amounts = {}
    for name in sorted({*one.amounts, *other.amounts}):
        pair = [_amounts(one, name, count), _amounts(other, name, other_count)]
        values = np.union1d(pair[0][0], pair[1][0])
        codes = [np.searchsorted(values, its_values)[its_codes] for its_values, its_codes in pair]
        amounts[name] = _amount_column(values, np.concatenate(codes))
    return _simplified(list(sets), shrink(taints, len(sets)), amounts)


def take(
    columns: FactColumns | None, ranks: NDArray[np.int64], count: int, chunk: int
) -> FactColumns | None:
    """Return the facts of the nodes at ``ranks``, in this order, of a segment of ``count`` nodes.

    :param chunk: how many nodes to count at a time, to save memory.
    """
    if columns is None:
        return None
    sets = columns.taint_sets
    taints, used_sets = renumbered(_numbers(columns.taints, count)[ranks], len(sets), chunk)
    amounts = {}
    for name in columns.amounts:
        values, codes = _amounts(columns, name, count)
        codes, used = renumbered(codes[ranks], len(values), chunk)
        amounts[name] = AmountColumn(values[used].data, codes.data)
    return _simplified([sets[number] for number in used_sets], taints, amounts)


def _numbers(numbers: "memoryview[int] | None", count: int) -> UIntArray:
    """Return ``numbers`` as an array; zeros for ``count`` nodes if it is None."""
    return np.zeros(count, np.uint8) if numbers is None else np.asarray(numbers)


def _amounts(columns: FactColumns, name: str, count: int) -> tuple[UIntArray, UIntArray]:
    """Return the different amounts of a resource, and for each node the index of its amount."""
    column = columns.amounts.get(name)
    if column is None:
        return np.zeros(min(count, 1), np.uint64), np.zeros(count, np.uint8)
    return np.asarray(column.amounts), np.asarray(column.codes)


def _amount_column(amounts: UIntArray, codes: NDArray[np.integer[Any]]) -> AmountColumn:
    return AmountColumn(amounts.data, shrink(codes.astype(np.uint32), len(amounts)).data)


def _simplified(
    taint_sets: Sequence[tuple[Taint, ...] | None],
    taints: UIntArray,
    amounts: Mapping[str, AmountColumn],
) -> FactColumns | None:
    """Return columns without those that have nothing but zeros; None if there are none left."""
    known = {name: column for name, column in amounts.items() if column.largest}
    if any(each is not None for each in taint_sets):
        return FactColumns(list(taint_sets), taints.data, known)
    return FactColumns([None], None, known) if known else None
