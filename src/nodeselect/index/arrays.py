"""Operations on numpy arrays: sort, count and shrink unsigned integers; read many items at once."""

from array import array
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodeselect.index.node_rows import Ranks, Strings, to_list

# An array of unsigned integers of any width.
UIntArray = NDArray[np.unsignedinteger[Any]]

# So few numbers are sorted faster at once.
_FEW_NUMBERS = 256

# If at least one rank in this many is to be sorted, marking them all is faster.
_MARKED = 16

# How encoded postings begin. A container covers this many ordinals; if at most ``_LISTED_ORDINALS``
# of these are in the set, the container is a list of them, and otherwise has a bit for each.
_COOKIE = 12_346
_CONTAINER = 65_536
_LISTED_ORDINALS = 4_096


def chunk_slices(length: int, chunk: int) -> Iterator[slice]:
    """Yield the slices that split ``length`` items into parts of at most ``chunk`` items."""
    for start in range(0, length, chunk):
        yield slice(start, min(start + chunk, length))


def count_numbers(numbers: UIntArray, stop: int, chunk: int) -> NDArray[np.int64]:
    """Return how often each number below ``stop`` occurs in ``numbers``, ``chunk`` at a time."""
    counts = np.zeros(stop, np.int64)
    for part in chunk_slices(len(numbers), max(chunk, stop // 8)):  # each costs ``stop`` steps
        counts += np.bincount(numbers[part], minlength=stop)
    return counts


def stable_argsort(numbers: UIntArray) -> NDArray[np.int64]:
    """Return the indexes that sort ``numbers``, all below 2³²; equal numbers keep their order.

    Sort by 16 bits at a time, because numpy sorts 16-bit numbers in linear time. On some processors
    (AVX-512 of Zen 4), the fastest sort of wider numbers takes five times as long as on others.
    """
    if len(numbers) < _FEW_NUMBERS:
        return np.argsort(numbers, kind="stable")
    order = np.argsort(numbers.astype(np.uint16), kind="stable")
    if numbers.dtype.itemsize <= 2:
        return order
    high = (numbers >> 16).astype(np.uint16)
    return order[np.argsort(high[order], kind="stable")]


def offsets_from_lengths(lengths: UIntArray | NDArray[np.int64]) -> UIntArray:
    """Return the position where each of several consecutive lists begins, and the end of the last.

    For example, the lengths 2, 0 and 3 have the offsets 0, 2, 2 and 5.
    """
    offsets = np.zeros(len(lengths) + 1, np.uint64)
    np.cumsum(lengths, out=offsets[1:])
    return shrink(offsets, int(offsets[-1]) + 1)


def span_positions(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return all positions inside of several spans, one span after the other.

    For example, the starts 7 and 2 with the lengths 2 and 3 have the positions 7, 8, 2, 3 and 4.
    """
    shifts = starts - (np.cumsum(lengths) - lengths)
    positions: NDArray[np.int64] = np.arange(lengths.sum()) + np.repeat(shifts, lengths)
    return positions


def shrink(numbers: UIntArray, stop: int) -> UIntArray:
    """Copy ``numbers``, all below ``stop``, to an array of the narrowest possible type."""
    return numbers.astype(np.min_scalar_type(max(stop - 1, 0)))


class Interner(dict[Any, int]):
    """A dictionary that numbers its keys 0, 1, … in the order in which they are first looked up."""

    @classmethod
    def of(cls, things: Iterable[Any]) -> "Interner":
        return cls((thing, number) for number, thing in enumerate(things))

    def __missing__(self, thing: Any) -> int:
        number = self[thing] = len(self)
        return number


def translated(numbers: UIntArray, new_numbers: list[int]) -> UIntArray:
    """Replace each of ``numbers`` by the number at this index of ``new_numbers``."""
    return np.array(new_numbers, np.uint32)[numbers]


def renumbered(numbers: UIntArray, stop: int, chunk: int) -> tuple[UIntArray, list[int]]:
    """Replace ``numbers``, all below ``stop``: the smallest by 0, the next larger by 1, …

    Return the array of new numbers, and the old number for each new one. For example, ``[5, 2, 5]``
    becomes ``[1, 0, 1]`` and ``[2, 5]``.
    """
    used = np.flatnonzero(count_numbers(numbers, stop, chunk))
    if len(used) == stop:
        return numbers, used.tolist()
    new = np.zeros(stop, np.uint32)
    new[used] = np.arange(len(used))
    return shrink(new[numbers], len(used)), used.tolist()


def is_permutation(numbers: NDArray[Any]) -> bool:
    """Return whether an array of n numbers contains each number from 0 to n - 1 exactly once."""
    is_there = np.zeros(len(numbers), bool)
    is_there[numbers[numbers < len(numbers)]] = True
    return bool(is_there.all())


def sorted_ranks(ranks: NDArray[np.uint32], ordinals: "array[int]", limit: int | None) -> Ranks:
    """Return the first ``limit`` ranks of these ordinals, ascending; ``ranks`` are by ordinal."""
    found = ranks.take(np.asarray(ordinals))
    if limit is not None and limit < len(found):
        found = np.partition(found, limit - 1)[:limit]
    if len(found) > len(ranks) // _MARKED:
        is_found = np.zeros(len(ranks), bool)
        is_found[found] = True
        return np.flatnonzero(is_found)
    found.sort()
    return found


def sort_by_rank(ranks: NDArray[np.uint32], ordinals: "array[int]", limit: int | None) -> list[int]:
    """Return ``ordinals`` sorted by the ``ranks`` of their nodes; at most the first ``limit``."""
    found = np.asarray(ordinals)
    its_ranks = ranks.take(found)
    if limit is not None and limit < len(found):
        first = np.argpartition(its_ranks, limit - 1)[:limit]
        found, its_ranks = found[first], its_ranks[first]
    in_order: list[int] = found.take(stable_argsort(its_ranks)).tolist()
    return in_order


def ordinals_below(ranks: NDArray[np.uint32], rank: int) -> "array[int]":
    """Return the ordinals of the nodes whose ``ranks`` are below ``rank``, ascending."""
    return array("I", np.flatnonzero(ranks < rank).astype(np.uint32).tobytes())


def reorder(numbers: "memoryview[int]", positions: NDArray[np.uint32]) -> UIntArray:
    return np.asarray(numbers).take(positions)  # in a third of the time of an index


def at_least(numbers: "UIntArray | array[int]", least: int) -> bytes:
    """Return the positions of all numbers that are at least ``least``, as encoded postings."""
    is_found = np.asarray(numbers) >= least
    heads, bodies = array("H"), []
    for number, part in enumerate(chunk_slices(len(numbers), _CONTAINER)):
        found = is_found[part]
        size = int(np.count_nonzero(found))
        if size > _LISTED_ORDINALS:
            body = np.packbits(found, bitorder="little").tobytes().ljust(_CONTAINER // 8, b"\0")
        else:
            body = np.flatnonzero(found).astype("<u2").tobytes()
        if size:
            heads.extend((number, size - 1))
            bodies.append(body)
    start = array("I", (_COOKIE, len(bodies)))
    offsets = array("I", accumulate(map(len, bodies), initial=8 + 8 * len(bodies)))[:-1]
    return b"".join((start, heads, offsets, *bodies))


def take_rows(data: "memoryview[int]", width: int, ranks: Ranks) -> bytes:
    """Join the rows at the positions ``ranks`` of ``data``, where each row has ``width`` bytes."""
    rows = np.frombuffer(data, f"V{width}")
    taken: bytes = rows.take(np.asarray(ranks)).tobytes()
    return taken


def is_ascending(numbers: "memoryview[int]") -> bool:
    array: NDArray[Any] = np.asarray(numbers)
    return bool((array[1:] >= array[:-1]).all())


def largest(numbers: "memoryview[int]") -> int:
    """Return the largest of ``numbers``; -1 if there are none."""
    return int(np.max(np.asarray(numbers), initial=0)) if len(numbers) else -1


def take_spans(data: "memoryview[int]", offsets: "memoryview[int]", ranks: Ranks) -> bytes:
    """Join the bytes of ``data`` from ``offsets[rank]`` to ``offsets[rank + 1]``, for all ranks."""
    bounds: NDArray[Any] = np.asarray(offsets)
    starts = bounds[:-1].take(np.asarray(ranks)).astype(np.int64)
    lengths = bounds[1:].take(np.asarray(ranks)).astype(np.int64) - starts
    positions = span_positions(starts, lengths)
    taken: bytes = np.frombuffer(data, np.uint8).take(positions).tobytes()
    return taken


def to_array(strings: Strings[Any] | list[Any]) -> NDArray[np.object_]:
    """Convert a column or a list of strings to a numpy array of objects."""
    if isinstance(strings, np.ndarray):
        return strings
    if not isinstance(strings, list):
        strings = to_list(strings.take(np.arange(len(strings))))
    objects = np.empty(len(strings), object)
    objects[:] = strings
    return objects
