"""Arrays of whole numbers: in as few bytes as they need, and never many large ones at a time."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "UIntArray",
    "blocks",
    "count_numbers",
    "narrow",
    "smallest",
    "stable_order",
    "starts_of",
]

UIntArray = NDArray[np.unsignedinteger[Any]]
"""An array of whole numbers that are not negative, as narrow as they allow."""

_BLOCK = 32_768
"""Numbers or nodes worked on at a time where a step makes several arrays of them."""

_PIECE = 64
"""Numbers of which the smallest is sought first."""


def blocks(length: int, least: int = 0) -> Iterator[slice]:
    """Cut a length into pieces whose arrays stay in the processor's cache, if they can.

    :param least: how long they are at least, but for the last.
    """
    block = max(_BLOCK, least)
    for start in range(0, length, block):
        yield slice(start, min(start + block, length))


def count_numbers(numbers: UIntArray, most: int) -> NDArray[np.int64]:
    """Count how often each number below ``most`` is there."""
    counts = np.zeros(most, np.int64)
    for some in blocks(len(numbers), most // 8):  # each looks at all counts
        counts += np.bincount(numbers[some], minlength=most)
    return counts


def stable_order(numbers: UIntArray) -> NDArray[np.int64]:
    """Give the places of numbers below 2³² in ascending order; of equal ones, the first first.

    Cost: linear; numpy sorts numbers of 16 bits by counting them. Its fastest sorting of larger
    ones is five times slower on some processors (AVX-512 of Zen 4) than on others.
    """
    order = np.argsort(numbers.astype(np.uint16), kind="stable")
    if numbers.dtype.itemsize <= 2:
        return order
    high = (numbers >> 16).astype(np.uint16)
    return order[np.argsort(high[order], kind="stable")]


def smallest(numbers: UIntArray, most: int) -> UIntArray:
    """Give the ``most`` smallest of numbers that all differ, ascending.

    Cost: two looks at each. Of ``most`` pieces the smallest numbers are at most a limit; so what is
    above it need not be sorted.
    """
    pieces = len(numbers) // _PIECE
    if pieces > most > 0:
        least = numbers[: pieces * _PIECE].reshape(pieces, _PIECE).min(axis=1)
        numbers = numbers[numbers <= np.sort(least)[most - 1]]
    return np.sort(numbers)[:most]


def starts_of(lengths: UIntArray | NDArray[np.int64]) -> UIntArray:
    """Give where each of some pieces begins that stand behind each other, and where all end."""
    starts = np.zeros(len(lengths) + 1, np.uint64)
    np.cumsum(lengths, out=starts[1:])
    return narrow(starts, int(starts[-1]) + 1)


def narrow(numbers: UIntArray, most: int) -> UIntArray:
    """Copy numbers below ``most`` into as few bytes as they need."""
    return numbers.astype(np.min_scalar_type(max(most - 1, 0)))
