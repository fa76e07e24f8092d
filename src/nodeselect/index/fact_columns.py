"""The facts about the nodes of a segment (taints and resources) as numpy arrays."""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodeselect.index.arrays import Interner, UIntArray, renumbered, shrink, translated
from nodeselect.index.node_rows import KNOWN, AmountColumn, FactColumns
from nodeselect.node import Facts, Taint
from nodeselect.quantity import MAX_AMOUNT

_ALL = slice(None)


class FactEncoder:
    """Encodes the facts of nodes, one after the other."""

    def __init__(self) -> None:
        self._taint_sets = Interner.of([None])
        self._taints = array("I")
        self._amounts: defaultdict[str, array[int]] = defaultdict(lambda: array("Q"))

    def add(self, first_rank: int, facts: Iterable[Facts | None]) -> None:
        for rank, fact in enumerate(facts, first_rank):
            if fact is None:
                continue
            if fact.taints is not None:
                _put(self._taints, rank, self._taint_sets[fact.taints])
            if fact.resources is not None:
                for name, amount in ((KNOWN, 1), *fact.resources.items()):
                    _put(self._amounts[name], rank, amount)

    def to_columns(self, count: int) -> FactColumns | None:
        """Return the facts of ``count`` nodes; None if none is known."""
        amounts = {}
        for name, numbers in sorted(self._amounts.items()):
            values, codes = np.unique(_dense(numbers, count), return_inverse=True)
            amounts[name] = _amount_column(values, codes)
        taints = shrink(_dense(self._taints, count), len(self._taint_sets))
        return _simplified(list(self._taint_sets), taints, amounts)


def _put(numbers: "array[int]", rank: int, number: int) -> None:
    """Append the number of the node at ``rank``, after zeros for the nodes that have none."""
    if rank > len(numbers):
        numbers.frombytes(bytes(numbers.itemsize * (rank - len(numbers))))
    numbers.append(number)


def _dense(numbers: "array[int]", count: int) -> UIntArray:
    """Return the numbers of ``count`` nodes, with zeros for the last nodes if they have none."""
    return np.pad(np.asarray(numbers), (0, count - len(numbers)))


def concat(
    one: FactColumns | None, count: int, other: FactColumns | None, other_count: int
) -> FactColumns | None:
    """Return the facts of the ``count`` nodes of ``one``, followed by those of ``other``."""
    if one is other is None:
        return None
    one, other = one or _unknown(count), other or _unknown(other_count)
    sets = Interner.of(one.taint_sets)
    numbers = translated(np.asarray(other.taints), [sets[each] for each in other.taint_sets])
    taints = np.concatenate([np.asarray(one.taints), numbers])
    amounts = {}
    for name in sorted({*one.amounts, *other.amounts}):
        pair = [_amounts(one, name), _amounts(other, name)]
        values = np.union1d(pair[0][0], pair[1][0])
        codes = [np.searchsorted(values, its_values)[its_codes] for its_values, its_codes in pair]
        amounts[name] = _amount_column(values, np.concatenate(codes))
    return _simplified(list(sets), shrink(taints, len(sets)), amounts)


def take(columns: FactColumns | None, ranks: NDArray[np.int64], chunk: int) -> FactColumns | None:
    """Return the facts of the nodes at ``ranks``, in this order; count ``chunk`` nodes at once."""
    if columns is None:
        return None
    sets = columns.taint_sets
    taints = np.pad(np.asarray(columns.taints)[ranks], (0, 1))  # so that None stays the first set
    taints, used_sets = renumbered(taints, len(sets), chunk)
    amounts = {}
    for name in columns.amounts:
        values, codes = _amounts(columns, name)
        codes, used = renumbered(codes[ranks], len(values), chunk)
        amounts[name] = _amount_column(values[used], codes)
    return _simplified([sets[number] for number in used_sets], taints[:-1], amounts)


def unused_amounts(columns: FactColumns, resource: str, used: "array[int]") -> NDArray[np.int64]:
    """Return for each node, by rank, how much of a resource is left; 0 if more than all is used.

    If none of it is used, or if it is unknown how much the node has, return ``MAX_AMOUNT``.
    """
    has, in_use = amounts_at(columns, resource), np.asarray(used).astype(np.int64)
    left: NDArray[np.int64] = np.maximum(has - in_use, 0)
    left[(in_use == 0) | (has < 0)] = MAX_AMOUNT
    return left


def amounts_at(
    columns: FactColumns, resource: str, ranks: NDArray[np.integer[Any]] | slice = _ALL
) -> NDArray[np.int64]:
    """Return how much the nodes at ``ranks`` have of a resource; -1 if that is unknown."""
    has, is_known = (
        values[codes[ranks]]
        for values, codes in (_amounts(columns, resource), _amounts(columns, KNOWN))
    )
    return np.where(is_known == 0, -1, has.astype(np.int64))


def _unknown(count: int) -> FactColumns:
    return FactColumns([None], memoryview(bytes(count)), {})


def _amounts(columns: FactColumns, name: str) -> tuple[UIntArray, UIntArray]:
    """Return the different amounts of a resource, and for each node the index of its amount."""
    column = columns.amounts.get(name)
    if column is None:
        count = len(columns.taints)
        return np.zeros(min(count, 1), np.uint64), np.zeros(count, np.uint8)
    return np.asarray(column.amounts), np.asarray(column.codes)


def _amount_column(amounts: UIntArray, codes: NDArray[np.integer[Any]]) -> AmountColumn:
    return AmountColumn(amounts.data, shrink(codes.astype(np.uint32), len(amounts)).data)


def _simplified(
    taint_sets: list[tuple[Taint, ...] | None],
    taints: UIntArray,
    amounts: Mapping[str, AmountColumn],
) -> FactColumns | None:
    """Return columns without resources that no node has; None if no fact is known."""
    known = {name: column for name, column in amounts.items() if column.largest}
    if not known and taint_sets == [None]:
        return None
    return FactColumns(taint_sets, taints.data, known)
