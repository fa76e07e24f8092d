"""Sets of node ordinals; the only module that uses the bitmap library.

An *ordinal* is the number of a node inside an index: 0 to 2**32 - 1. *Postings* are a set of
ordinals, a roaring bitmap. If only one node has a value, its plain ordinal is stored instead,
because a bitmap of one ordinal takes about 200 bytes.

Three rules prevent the bitmap library from crashing the interpreter: never iterate over a bitmap
(copy its ordinals first), never build a bitmap from an object of the user, and never give the user
a bitmap that a writer may still change. Each call of the library holds the global interpreter lock,
so no other thread runs during a call.
"""

from array import array
from collections.abc import Iterable, Sequence
from typing import TypeAlias, cast

from pyroaring import BitMap

Postings: TypeAlias = BitMap

# A set of ordinals as an index stores it.
PostingsOrOrdinal: TypeAlias = int | BitMap

# Each 65,536 ordinals of a bitmap are in one container. Besides the ordinals, it takes this much
# memory for a key, a kind and a pointer.
_CONTAINER_BYTES = 16

# What the allocator adds to a container, and what a bitmap and its entry in a cache take: measured.
_ALLOCATION_BYTES = 48
_BITMAP_BYTES = 300

# An encoded bitmap has at least 8 bytes.
_ORDINAL_BYTES = 4


def from_ordinals(ordinals: Iterable[int]) -> Postings:
    """Build a set of ordinals (numbers of nodes); fastest from an ascending ``array("I")``."""
    return BitMap(ordinals if isinstance(ordinals, array) else array("I", ordinals))


def from_range(start: int, stop: int) -> Postings:
    """Return the set of all ordinals from ``start`` up to, but not including, ``stop``."""
    return BitMap(range(start, stop))


def from_encoded(data: bytes) -> Postings:
    """Return the set that :func:`encode` has encoded, if ``data`` is known to be valid."""
    return BitMap.deserialize(data)


def union(parts: Sequence[PostingsOrOrdinal]) -> Postings:
    """Return the union of ``parts``. Do not modify the result: it may be one of ``parts``."""
    single = array("I", sorted(part for part in parts if isinstance(part, int)))
    bitmaps = [part for part in parts if not isinstance(part, int)]
    if single:
        bitmaps.append(BitMap(single))
    if not bitmaps:
        return BitMap()
    return bitmaps[0] if len(bitmaps) == 1 else BitMap.union(*bitmaps)


def intersection_size(left: Postings, right: PostingsOrOrdinal) -> int:
    if isinstance(right, int):
        return 1 if right in left else 0
    return left.intersection_cardinality(right)


def below(postings: Postings, stop: int) -> Postings:
    """Return a copy of ``postings`` with only the ordinals that are less than ``stop``."""
    copied = postings.copy()
    copied.remove_range(stop, 1 << 32)
    return copied


def ordinals(postings: Postings) -> "array[int]":
    """Return an array of the ordinals in ``postings``, ascending."""
    return postings.to_array()


def encoded_bytes(postings: Postings) -> int:
    """Return the size of ``postings`` in bytes, a measure of the cost of set operations."""
    return _size(postings, _CONTAINER_BYTES)


def memory_bytes(postings: Postings) -> int:
    """Return approximately how many bytes of memory ``postings`` occupies in a cache."""
    return _size(postings, _CONTAINER_BYTES + _ALLOCATION_BYTES) + _BITMAP_BYTES


def _size(postings: Postings, container_bytes: int) -> int:
    statistics = postings.get_statistics()
    return (
        statistics["n_bytes_array_containers"]
        + statistics["n_bytes_run_containers"]
        + statistics["n_bytes_bitset_containers"]
        + container_bytes * statistics["n_containers"]
    )


def encode(stored: PostingsOrOrdinal) -> bytes:
    """Encode a set in the portable format of roaring bitmaps, or a single ordinal in 4 bytes."""
    if isinstance(stored, int):
        return stored.to_bytes(_ORDINAL_BYTES, "little")
    return stored.serialize()


def decode(data: "memoryview[int]", stop: int) -> PostingsOrOrdinal:
    """Decode the result of :func:`encode`; ``ValueError`` if it has an ordinal from ``stop`` on.

    Damaged data may also decode to any set.
    """
    if not data:  # the bitmap library would raise an IndexError
        raise ValueError("no data")
    stored: PostingsOrOrdinal
    if len(data) == _ORDINAL_BYTES:
        stored = largest = int.from_bytes(data, "little")
    else:
        stored = BitMap.deserialize(cast("bytes", data))  # any buffer
        largest = stored.max() if stored else -1
    if largest >= stop:
        raise ValueError(f"there is no ordinal {largest}")
    return stored


def evaluate(
    everything: Postings, include: Sequence[Postings], exclude: Sequence[Postings]
) -> Postings:
    """Intersect the sets in ``include``, or else ``everything``; subtract those in ``exclude``.

    Do not modify the result: it may be one of the arguments. Cost: about 0.3 µs for each set, and
    the time to read its bytes. If the result is empty, the remaining sets are not read.
    """
    if len(include) > 1:
        result = include[0] & include[1]
        for postings in include[2:]:
            if not result:
                return result
            result &= postings
        for postings in exclude:
            if not result:
                return result
            result -= postings
        return result
    result = include[0] if include else everything
    if exclude:
        result = result - exclude[0]
        for postings in exclude[1:]:
            result -= postings
    return result


def evaluate_size(
    everything: Postings, include: Sequence[Postings], exclude: Sequence[Postings]
) -> int:
    """Return the size of the set that :func:`evaluate` returns; faster than building it."""
    if exclude:
        result = evaluate(everything, include, exclude[:-1])
        return result.difference_cardinality(exclude[-1])
    if len(include) > 1:
        return evaluate(everything, include[:-1], ()).intersection_cardinality(include[-1])
    return len(include[0] if include else everything)
