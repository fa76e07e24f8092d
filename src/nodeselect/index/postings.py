"""Sets of node ordinals: the one module that knows the bitmap library.

An *ordinal* is the number of a node inside an index: 0 to 2**32 - 1. *Postings* are a set of them,
a roaring bitmap; a value that one node holds is *stored* as the plain ordinal, because a bitmap of
one takes some 200 bytes.

Three habits keep the interpreter whole, since the library crashes it where they are broken: nobody
iterates over a bitmap (its numbers are copied out first), nothing is made of a foreign object, and
no bitmap that a writer still adds to is handed to a user. Each call of the library is one step that
no other thread can come between, because it keeps the interpreter's lock.
"""

from array import array
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from pyroaring import BitMap

__all__ = [
    "Postings",
    "PostingsOrOrdinal",
    "below",
    "cardinality",
    "encoded_bytes",
    "evaluate",
    "evaluate_size",
    "from_ordinals",
    "from_range",
    "intersection_size",
    "memory_bytes",
    "ordinals",
    "union",
]

Postings: TypeAlias = BitMap
"""A set of ordinals."""

PostingsOrOrdinal: TypeAlias = int | BitMap
"""A set of ordinals as an index keeps it: the number itself where there is one."""

_MOST = 1 << 32

_CONTAINER_BYTES = 16
"""What a bitmap spends on 65,536 ordinals beside the set itself: a key, a kind, a pointer."""

_BITMAP_BYTES = 120
"""What a bitmap spends on itself (``sys.getsizeof`` and the library's own head)."""

_INTEGER_BYTES = 32


def from_ordinals(ordinals: Iterable[int]) -> Postings:
    """Make postings of some ordinals; fastest of an ``array("I")`` in ascending order."""
    return BitMap(ordinals if isinstance(ordinals, array) else array("I", ordinals))


def from_range(start: int, stop: int) -> Postings:
    """Give the ordinals from ``start`` up to, not including, ``stop``."""
    return BitMap(range(start, stop))


def union(parts: Sequence[PostingsOrOrdinal]) -> Postings:
    """Give the ordinals of all ``parts``. Cost: linear in their containers."""
    single = array("I", sorted(part for part in parts if isinstance(part, int)))
    several = [part for part in parts if not isinstance(part, int)]
    if single:
        several.append(BitMap(single))
    if not several:
        return BitMap()
    return several[0] if len(several) == 1 else BitMap.union(*several)


def intersection_size(one: Postings, other: PostingsOrOrdinal) -> int:
    """Give how many ordinals the two have in common."""
    if isinstance(other, int):
        return 1 if other in one else 0
    return one.intersection_cardinality(other)


def below(postings: Postings, stop: int) -> Postings:
    """Give a copy without the ordinals from ``stop`` on."""
    copied = postings.copy()
    copied.remove_range(stop, _MOST)
    return copied


def ordinals(postings: Postings) -> "array[int]":
    """Copy the ordinals out, ascending."""
    return postings.to_array()


def cardinality(stored: PostingsOrOrdinal) -> int:
    """Give how many ordinals there are."""
    return 1 if isinstance(stored, int) else len(stored)


def encoded_bytes(postings: Postings) -> int:
    """Give the bytes that an operation has to read: what it costs."""
    statistics = postings.get_statistics()
    return (
        statistics["n_bytes_array_containers"]
        + statistics["n_bytes_run_containers"]
        + statistics["n_bytes_bitset_containers"]
        + _CONTAINER_BYTES * statistics["n_containers"]
    )


def memory_bytes(stored: PostingsOrOrdinal) -> int:
    """Give the memory of what an index keeps, in bytes."""
    return _INTEGER_BYTES if isinstance(stored, int) else _BITMAP_BYTES + encoded_bytes(stored)


def evaluate(
    everything: Postings, takes: Sequence[Postings], drops: Sequence[Postings]
) -> Postings:
    """Intersect ``takes``, or begin with ``everything`` where there are none; take away ``drops``.

    The result may be one of the arguments: it must not be changed. Cost: some 0.3 µs an operand
    beside what their bytes cost; nothing behind an empty intermediate result.
    """
    if len(takes) > 1:
        found = takes[0] & takes[1]
        for postings in takes[2:]:
            if not found:
                return found
            found &= postings
        for postings in drops:
            if not found:
                return found
            found -= postings
        return found
    found = takes[0] if takes else everything
    if drops:
        found = found - drops[0]
        for postings in drops[1:]:
            found -= postings
    return found


def evaluate_size(
    everything: Postings, takes: Sequence[Postings], drops: Sequence[Postings]
) -> int:
    """Give the length of :func:`evaluate`, without making the last intermediate result."""
    if drops:
        found = evaluate(everything, takes, drops[:-1])
        return found.difference_cardinality(drops[-1])
    if len(takes) > 1:
        return evaluate(everything, takes[:-1], ()).intersection_cardinality(takes[-1])
    return len(takes[0] if takes else everything)
