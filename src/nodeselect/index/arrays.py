"""Arrays of unsigned integers, in as few bytes as they need."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

# An array of unsigned integers of any width.
UIntArray = NDArray[np.unsignedinteger[Any]]

# So few numbers are sorted faster at once.
_FEW_NUMBERS = 256


def chunk_slices(length: int, chunk: int) -> Iterator[slice]:
    """Yield the slices that split ``length`` items into chunks of at most ``chunk``."""
    for start in range(0, length, chunk):
        yield slice(start, min(start + chunk, length))


def count_numbers(numbers: UIntArray, stop: int, chunk: int) -> NDArray[np.int64]:
    """Return how often each number from 0 to ``stop - 1`` occurs in ``numbers``, as an array.

    :param numbers: all below ``stop``.
    :param chunk: how many numbers to count at a time, to save memory.
    """
    counts = np.zeros(stop, np.int64)
    for part in chunk_slices(len(numbers), max(chunk, stop // 8)):  # each costs ``stop`` steps
        counts += np.bincount(numbers[part], minlength=stop)
    return counts


def stable_argsort(numbers: UIntArray) -> NDArray[np.int64]:
    """Return the indexes that sort numbers below 2³²; equal numbers keep their order.

    It sorts by 16 bits at a time, because numpy sorts 16-bit numbers in linear time. The fastest
    sort of wider numbers is five times slower on some processors (AVX-512 of Zen 4) than on others.
    """
    if len(numbers) < _FEW_NUMBERS:
        return np.argsort(numbers, kind="stable")
    order = np.argsort(numbers.astype(np.uint16), kind="stable")
    if numbers.dtype.itemsize <= 2:
        return order
    high = (numbers >> 16).astype(np.uint16)
    return order[np.argsort(high[order], kind="stable")]


def offsets_from_lengths(lengths: UIntArray | NDArray[np.int64]) -> UIntArray:
    """Return where each of several consecutive lists begins, and where the last one ends.

    For the lengths 2, 0 and 3, these are 0, 2, 2 and 5.
    """
    offsets = np.zeros(len(lengths) + 1, np.uint64)
    np.cumsum(lengths, out=offsets[1:])
    return shrink(offsets, int(offsets[-1]) + 1)


def span_positions(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the positions in several spans, one span after the other.

    For spans that start at 7 and 2, and have the lengths 2 and 3, these are 7, 8, 2, 3 and 4.
    """
    shifts = starts - (np.cumsum(lengths) - lengths)
    positions: NDArray[np.int64] = np.arange(lengths.sum()) + np.repeat(shifts, lengths)
    return positions


def shrink(numbers: UIntArray, stop: int) -> UIntArray:
    """Return a copy of ``numbers``, all below ``stop``, in the narrowest type for such numbers."""
    return numbers.astype(np.min_scalar_type(max(stop - 1, 0)))
