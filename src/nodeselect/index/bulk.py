"""Read many nodes at once, by numpy. Whoever reads a few does not load it."""

from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodeselect.index.arrays import span_positions, stable_argsort

_Ranks = NDArray[np.integer[Any]]

# If one of so many ranks, or more, is among those to sort, marking them all is faster.
_MARKED = 16


class Bulk:
    """Functions of numpy, each of which replaces a loop of Python in a module that calls it."""

    @staticmethod
    def to_array(numbers: "memoryview[int]") -> NDArray[Any]:
        """Return numbers as an array of numpy that shares their memory."""
        return np.asarray(numbers)

    @staticmethod
    def is_permutation(numbers: NDArray[Any]) -> bool:
        """Return whether an array of n numbers has each number from 0 to n - 1 once."""
        is_there = np.zeros(len(numbers), bool)
        is_there[numbers[numbers < len(numbers)]] = True
        return bool(is_there.all())

    @staticmethod
    def sorted_ranks(
        ranks: NDArray[np.uint32], ordinals: "array[int]", limit: int | None
    ) -> _Ranks:
        """Return the ranks of ``ordinals``, ascending; at most the first ``limit``.

        :param ranks: the rank of each ordinal.
        """
        found = ranks.take(np.asarray(ordinals))
        if limit is not None and limit < len(found):
            found = np.partition(found, limit - 1)[:limit]
        if len(found) > len(ranks) // _MARKED:
            is_found = np.zeros(len(ranks), bool)
            is_found[found] = True
            return np.flatnonzero(is_found)
        found.sort()
        return found

    @staticmethod
    def sort(ranks: NDArray[np.uint32], ordinals: "array[int]", limit: int | None) -> list[int]:
        """Return ``ordinals`` in the order of their ranks; at most the first ``limit``.

        :param ranks: the rank of each ordinal.
        """
        found = np.asarray(ordinals)
        its_ranks = ranks.take(found)
        if limit is not None and limit < len(found):
            first = np.argpartition(its_ranks, limit - 1)[:limit]
            found, its_ranks = found[first], its_ranks[first]
        in_order: list[int] = found.take(stable_argsort(its_ranks)).tolist()
        return in_order

    @staticmethod
    def below(ranks: NDArray[np.uint32], rank: int) -> "array[int]":
        """Return the ordinals whose ranks are below ``rank``, ascending.

        :param ranks: the rank of each ordinal.
        """
        return array("I", np.flatnonzero(ranks < rank).astype(np.uint32).tobytes())

    @staticmethod
    def take_rows(data: "memoryview[int]", width: int, ranks: "array[int] | _Ranks") -> bytes:
        """Return the rows at ``ranks``, joined, of ``data``: rows of ``width`` bytes."""
        rows = np.frombuffer(data, f"V{width}")
        taken: bytes = rows.take(np.asarray(ranks)).tobytes()
        return taken

    @staticmethod
    def is_ascending(numbers: "memoryview[int]") -> bool:
        """Return whether no number is below the one before."""
        array: NDArray[Any] = np.asarray(numbers)
        return bool((array[1:] >= array[:-1]).all())

    @staticmethod
    def take_spans(
        data: "memoryview[int]", offsets: "memoryview[int]", ranks: "array[int] | _Ranks"
    ) -> bytes:
        """Return, joined, the bytes of ``data`` from ``offsets[rank]`` to ``offsets[rank + 1]``.

        :param ranks: for which to do so, in this order.
        """
        bounds: NDArray[Any] = np.asarray(offsets)
        starts = bounds[:-1].take(np.asarray(ranks)).astype(np.int64)
        lengths = bounds[1:].take(np.asarray(ranks)).astype(np.int64) - starts
        positions = span_positions(starts, lengths)
        taken: bytes = np.frombuffer(data, np.uint8).take(positions).tobytes()
        return taken
