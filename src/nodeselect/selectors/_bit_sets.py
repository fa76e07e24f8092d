"""Constraints on one key as sets of bits, so that hundreds of them intersect in microseconds.

A constraint is a set of values, which may be infinite. But finitely many *witnesses* distinguish
all constraints of one key: the absence of the key; each value that one of them lists; a word that
none of them lists and that is not an integer; and, for the integers at both ends of each range, a
spelling that none of them lists. (The ends of an intersection of ranges are ends of those ranges;
and of two ranges that differ, one has an end outside the other.) So a constraint becomes an integer
with one bit for each witness that it allows.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from nodeselect.selectors.charset import parse_int64
from nodeselect.selectors.key_constraint import KeyConstraint

__all__ = ["bit_masks", "irredundant_subset"]

# The bit of absence. The next one is that of the unlisted word.
_ABSENT = 1


def bit_masks(constraints: Sequence[KeyConstraint]) -> list[int]:
    """Return the bits of each constraint, all on one key; different constraints differ in bits.

    An intersection of some of them is empty, or is within another one, exactly if ``&`` of their
    bits is. Cost: linear in the number of values, and in the number of constraints times that of
    witnesses divided by 64.
    """
    listed = {value for each in constraints for value in (*(each.values or ()), *each.excluded)}
    integers = {value: parse_int64(value) for value in listed}
    edges = {edge for each in constraints for edge in each.int_range or ()}
    words = [value for value, number in integers.items() if number is None]
    # In order of number, so that a range is a row of bits. An edge is an unlisted spelling.
    numbers: list[tuple[int, str | None]] = [(number, None) for number in edges]
    numbers += [(number, value) for value, number in integers.items() if number is not None]
    numbers.sort(key=_number)

    first = 2 + len(words)
    position = {value: at for at, value in enumerate(words, 2)}
    position |= {value: at for at, (_, value) in enumerate(numbers, first) if value is not None}
    any_value = (1 << first + len(numbers)) - 1 - _ABSENT

    def bits(values: Iterable[str]) -> int:
        row = bytearray(first + len(numbers) + 7 >> 3)
        for value in values:
            at = position[value]
            row[at >> 3] |= 1 << (at & 7)
        return int.from_bytes(row, "little")

    def mask(constraint: KeyConstraint) -> int:
        absent = _ABSENT if constraint.allows_absent else 0
        if constraint.values is not None:
            return absent | bits(constraint.values)
        present = any_value
        if constraint.int_range is not None:
            low, high = constraint.int_range
            start = first + bisect_left(numbers, low, key=_number)
            end = first + bisect_right(numbers, high, key=_number)
            present = (1 << end) - (1 << start)
        return absent | (present & ~bits(constraint.excluded))

    return [mask(constraint) for constraint in constraints]


def irredundant_subset(masks: Sequence[int]) -> list[int]:
    """Return the positions of masks with the intersection of all, none of which can be removed.

    The widest are removed first, and of equally wide ones the last: so a mask that contains
    another, or repeats an earlier one, is removed.
    """
    order = sorted(range(len(masks)), key=lambda at: (-masks[at].bit_count(), -at))
    rest = [-1]  # rest[n]: the intersection of the last n in order
    for at in reversed(order):
        rest.append(rest[-1] & masks[at])
    intersection = rest.pop()
    subset, kept = [], -1
    for at in order:
        if kept & rest.pop() != intersection:
            subset.append(at)
            kept &= masks[at]
    return sorted(subset)


def _number(spelling: tuple[int, str | None]) -> int:
    return spelling[0]
