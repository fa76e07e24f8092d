"""Sets of answers as sets of bits: a few answers that stand for all of them.

Whatever tells some sets of one key apart, one of finitely many answers, the *witnesses*, tells
too: to be absent; each value that is named; a word that is not named and no integer; and for the
integers at both ends of each range a spelling that is not named. (The ends of what ranges have in
common are ends of theirs; and of two ranges that differ one has an end outside the other.) A set is
then an integer with one bit for each witness that it holds, and hundreds of them are intersected in
microseconds.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from nodeselect.selectors.charset import parse_int64
from nodeselect.selectors.key_constraint import KeyConstraint

__all__ = ["irreducible", "masks", "smallest_contradiction"]

_ABSENT = 1
"""The bit of being absent. The next one is that of the word that is not named."""

_MOST_STEPS = 100_000
"""Sets looked at in the search for a smallest contradiction: enough for any that two of 256
requirements make; some 10 ms."""


def masks(sets: Sequence[KeyConstraint]) -> list[int]:
    """Give the bits of each of ``sets``, all on one key; sets that differ have other bits.

    An intersection of some of them is empty, or within another, exactly when ``&`` of their bits
    is. Cost: linear in the values, and in the number of sets times that of witnesses by 64.
    """
    named = {value for each in sets for value in (*(each.values or ()), *each.excluded)}
    spelled = {value: parse_int64(value) for value in named}
    edges = {number for ends in filter(None, (each.int_range for each in sets)) for number in ends}
    words = [value for value, number in spelled.items() if number is None]
    # In order of number, so that a range is a row of bits. An edge has no value: it is unnamed.
    numbers: list[tuple[int, str | None]] = [(number, None) for number in edges]
    numbers += [(number, value) for value, number in spelled.items() if number is not None]
    numbers.sort(key=_number)

    first = 2 + len(words)
    place = {value: at for at, value in enumerate(words, 2)}
    place |= {value: at for at, (_, value) in enumerate(numbers, first) if value is not None}
    every_value = (1 << first + len(numbers)) - 1 - _ABSENT

    def bits(values: Iterable[str]) -> int:
        row = bytearray(first + len(numbers) + 7 >> 3)
        for value in values:
            at = place[value]
            row[at >> 3] |= 1 << (at & 7)
        return int.from_bytes(row, "little")

    def mask(each: KeyConstraint) -> int:
        absent = _ABSENT if each.allows_absent else 0
        if each.values is not None:
            return absent | bits(each.values)
        present = every_value
        if each.int_range is not None:
            low, high = each.int_range
            start = first + bisect_left(numbers, low, key=_number)
            end = first + bisect_right(numbers, high, key=_number)
            present = (1 << end) - (1 << start)
        return absent | (present & ~bits(each.excluded))

    return [mask(each) for each in sets]


def irreducible(sets: Sequence[int]) -> list[int]:
    """Give the places of sets that have the intersection of all and of which none can be left out.

    The widest are left out first, of equally wide ones the last: so a set that holds another, or
    repeats an earlier one, is left out.
    """
    order = sorted(range(len(sets)), key=lambda at: (-sets[at].bit_count(), -at))
    rest = [-1]  # rest[n]: the intersection of the last n in order
    for at in reversed(order):
        rest.append(rest[-1] & sets[at])
    whole = rest.pop()
    kept, meeting = [], -1
    for at in order:
        others = meeting & rest.pop()
        if others != whole:
            kept.append(at)
            meeting &= sets[at]
    return sorted(kept)


def smallest_contradiction(sets: Sequence[int]) -> list[int]:
    """Give the places of as few sets as can be that have nothing in common; all together must not.

    To find the fewest is as hard as set cover, so the search ends after some 100,000 steps, and
    then the answer is only one from which no set can be left out. It is always the smallest where
    two are enough, and in practice where people can read it.
    """
    at_most = irreducible(sets)
    search = _Search(sets)
    for size in range(2, len(at_most)):  # a set that is empty alone would be all of at_most
        found = search.find(-1, size)
        if found is not None:
            return sorted(found)
    return at_most


class _Search:
    """A search for so many sets without a common witness, with a bound on its steps."""

    def __init__(self, sets: Sequence[int]) -> None:
        self.sets = sets
        self.steps_left = _MOST_STEPS

    def find(self, left: int, size: int) -> list[int] | None:
        """Give the places of at most ``size`` sets that have nothing in common with ``left``.

        Some set must refuse the lowest witness of ``left``: only those that do are tried.
        """
        refused = left if size == 1 else left & -left
        for at, each in enumerate(self.sets):
            self.steps_left -= 1
            if self.steps_left < 0:
                return None
            if each & refused:
                continue
            remaining = left & each
            found = self.find(remaining, size - 1) if remaining else []
            if found is not None:
                return [at, *found]
        return None


def _number(spelling: tuple[int, str | None]) -> int:
    return spelling[0]
