"""Many ids in few words: ``edge-[001-128,130]``, as Slurm and ClusterShell write them."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from nodeselect.text import display_width

__all__ = ["fold"]

_DIGITS = re.compile("[0-9]+")

_HEXADECIMAL = re.compile("(?<![0-9A-Za-z])(?=[0-9]*[A-Fa-f])[0-9A-Fa-f]{7,}(?![0-9A-Za-z])")
"""A word of digits and letters to f, at least one, as long as what is drawn by chance or hashed."""

_DRAWN = 7
"""Digits of the shortest number that may be drawn by chance, as such a word is."""

_TRIED = 4
"""Numbers of an id that it may be folded on, from its end: a UUID has more, and none that count."""

_LONGEST = 18
"""Digits of the longest number that is counted with: it fits 64 bits wherever it is unfolded."""

_SIGNS = re.compile(r'[\[\],"!&^@*?%{}\\\s]')
"""What means something to programs that unfold, and so does not stand for itself."""


def fold(ids: Iterable[str], longest: int | None = None, *, ascii_only: bool = False) -> list[str]:
    """Give texts that stand for all of ``ids``, each id once.

    >>> fold(["edge-001", "edge-002", "gw-7.lan", "edge-003", "core", "gw-9.lan", "edge-005"])
    ['edge-[001-003,005]', 'gw-[7,9].lan', 'core']

    Ids that differ in one number become one text: first those of which two numbers follow each
    other, then those with fewer than seven digits for which the text is shorter than they are. A
    piece of a hexadecimal word is no number: what is alike by chance is left alone. The text stands
    where the first of them stood, and its numbers ascend. Numbers that are filled up with zeros are
    never in one text with such as are not, nor are those of two widths, so that every range has one
    meaning. An id that holds a bracket, a comma, a blank or another sign of such texts stands
    between double quotes, written as JSON writes a string: it is never taken for several.

    :param longest: columns of the longest text; what needs more becomes several, though one range
        is never parted.
    :param ascii_only: write an id that is not all ASCII between quotes as well, with escapes.
    """
    first: dict[str, int] = {}
    for node_id in ids:
        first.setdefault(node_id, len(first))
    texts: dict[int, list[str]] = {}
    left = []
    for node_id, at in first.items():
        if _SIGNS.search(node_id) or (ascii_only and not node_id.isascii()):
            texts[at] = [json.dumps(node_id, ensure_ascii=ascii_only)]
        else:
            left.append(node_id)
    for follow in (True, False):
        numbers = {node_id: _numbers(node_id)[-_TRIED:] for node_id in left}
        for _ in range(_TRIED):
            for before, behind, numerals in _series(numbers):
                if not (_follow(numerals) if follow else _are_counted(numerals)):
                    continue
                members = [before + numeral + behind for numeral in numerals]
                room = (
                    None
                    if longest is None
                    else longest - display_width(before) - display_width(behind) - 2
                )
                folded = [f"{before}[{some}]{behind}" for some in _lists(_ranges(numerals), room)]
                if follow or _columns(folded) < _columns(members):
                    for node_id in members:
                        del numbers[node_id]
                    texts[min(first[node_id] for node_id in members)] = folded
        left = list(numbers)
    texts |= {first[node_id]: [node_id] for node_id in left}
    return [text for at in sorted(texts) for text in texts[at]]


def _numbers(node_id: str) -> list[tuple[int, int]]:
    """Give where the numbers of an id stand, but for those in hexadecimal words."""
    words = [found.span() for found in _HEXADECIMAL.finditer(node_id)]
    numbers = [found.span() for found in _DIGITS.finditer(node_id)]
    return [
        (start, end)
        for start, end in numbers
        if not any(begin <= start and end <= stop for begin, stop in words)
    ]


def _series(left: dict[str, list[tuple[int, int]]]) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Take the last number of each id, and give those that are equal but for it: what stands
    before it, what behind it, and the numerals of one kind, ascending."""
    groups = defaultdict(list)
    for node_id, numbers in left.items():
        if numbers:
            start, end = numbers.pop()
            if end - start <= _LONGEST:
                groups[node_id[:start], node_id[end:]].append(node_id[start:end])
    for (before, behind), numerals in groups.items():
        filled = {len(numeral) for numeral in numerals if numeral[0] == "0" and len(numeral) > 1}
        kinds = defaultdict(list)
        for numeral in numerals:
            kinds[len(numeral) if len(numeral) in filled else 0].append(numeral)
        for kind in kinds.values():
            yield before, behind, sorted(kind, key=int)


def _follow(numerals: Sequence[str]) -> bool:
    """Say whether one of the numbers, which ascend, is the next of another."""
    return any(int(one) + 1 == int(next_) for one, next_ in pairwise(numerals))


def _are_counted(numerals: Sequence[str]) -> bool:
    """Say whether there are several numbers, which ascend, of fewer digits than are drawn by
    chance."""
    return len(numerals) > 1 and len(numerals[-1]) < _DRAWN


def _columns(texts: Sequence[str]) -> int:
    """Give the columns of texts with a blank behind each."""
    return sum(map(display_width, texts)) + len(texts)


def _lists(ranges: Iterable[str], room: int | None) -> Iterator[str]:
    """Give ranges parted by commas, in lists that have ``room`` or are one range."""
    if room is None:
        yield ",".join(ranges)
        return
    some = ""
    for each in ranges:
        if some and len(some) + 1 + len(each) > room:
            yield some
            some = ""
        some += f",{each}" if some else each
    yield some


def _ranges(numerals: Sequence[str]) -> Iterator[str]:
    """Give numerals that ascend as ranges; a number alone is a range of one."""
    start = end = numerals[0]
    for numeral in numerals[1:]:
        if int(numeral) != int(end) + 1:
            yield start if start == end else f"{start}-{end}"
            start = numeral
        end = numeral
    yield start if start == end else f"{start}-{end}"
