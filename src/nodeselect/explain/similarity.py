"""Words that are close to each other: what was probably meant by one that is not there.

A wrong guess would send people the wrong way. So only letters are taken for slips, never numbers,
and only within one word of a text, whose first letter is right.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeVar

__all__ = ["Known", "close_key", "is_close", "is_number"]

_LOOKED_AT = 500
"""Texts that are compared with another one that begins alike and has the same numbers."""

_KEPT = 1_000
"""Texts for which it is kept what is close to them: who asks once asks again."""

_SHORT = 4
"""Letters that a word has at least, to be taken for a slip of another one."""

_DRAWN = 7
"""Hexadecimal letters from which on a word is taken for one that is drawn by chance."""

_LONG = 8
"""Letters from which on a word may have two slips."""


_K = TypeVar("_K")
_V = TypeVar("_V")


class Known:
    """Texts that there are, with the number of nodes that have each. Immutable, but for what is
    kept of answers."""

    __slots__ = ("_alike", "_found", "_taken_apart", "counts")

    def __init__(self, counts: Mapping[str, int]) -> None:
        """Take the counts over; they are not copied."""
        self.counts = counts
        self._alike: Mapping[str, list[str]] | None = None
        self._taken_apart: Mapping[_Start, list[_Apart]] | None = None
        self._found: dict[str, str | None] = {}

    def same_letters(self, text: str) -> str | None:
        """Give the text that is another one but for case and for what parts its words."""
        if self._alike is None:
            self._alike = _grouped(
                (_plain(each), each) for each in self.counts if not is_number(each)
            )
        plain = _plain(text)
        return self._most_frequent(self._alike.get(plain, ())) if plain else None

    def closest(self, text: str) -> str | None:
        """Give the text of the same letters, else one that is close; the most frequent.

        Cost: a look at those that begin alike and have the same numbers, at most 500; the first
        time at all.
        """
        found = self._found  # two threads may both look, to the same end
        if text in found:
            return found[text]
        close = None
        if not is_number(text):
            close = self.same_letters(text) or self._most_frequent(self._near(_Apart.of(text)))
        if len(found) >= _KEPT:
            found = self._found = {}
        found[text] = close
        return close

    def _near(self, text: "_Apart") -> list[str]:
        if self._taken_apart is None:
            apart = map(_Apart.of, sorted(self.counts))
            self._taken_apart = _grouped((each.start, each) for each in apart)
        some = self._taken_apart.get(text.start, ())[:_LOOKED_AT]
        return [each.text for each in some if _are_close(text, each)]

    def _most_frequent(self, texts: Iterable[str]) -> str | None:
        return min(texts, key=lambda each: (-self.counts[each], each), default=None)


def close_key(key: str, known: Known) -> tuple[str, str] | None:
    """Give the code of the hint and the key that was probably meant, if one is close.

    :param known: the keys that there are, with the nodes that carry each.
    """
    name = key.rpartition("/")[2]
    by_name = [each for each in known.counts if each.rpartition("/")[2] == name]
    if by_name:  # the most carried, of equals the first
        return "other-prefix", min(by_name, key=lambda each: (-known.counts[each], each))
    close = known.closest(key)
    return None if close is None else ("other-spelling", close)


def is_number(text: str) -> bool:
    """Say whether a text is a number, with a unit of up to three letters or without, or an
    address of numbers."""
    return _AMOUNT.fullmatch(text.casefold()) is not None


def is_close(one: str, other: str) -> bool:
    """Say whether one text is probably a slip of the other, whatever the case of its letters.

    It is where one of its words is: one letter too many, too few, wrong, or two exchanged; two such
    slips in words of eight letters and more. The first letter is only ever exchanged with the
    second. Never in a number, nor in the letter behind one (``1a``), and never in words of fewer
    than four letters.
    """
    some, others = _Apart.of(one), _Apart.of(other)
    return some.start == others.start and _are_close(some, others)


_Start = tuple[str, tuple[str, ...]]


class _Apart(NamedTuple):
    """A text in parts."""

    text: str
    start: _Start
    """Its first letter and its numbers: in these no slip is looked for."""
    words: list[str]

    @classmethod
    def of(cls, text: str) -> "_Apart":
        folded = text.casefold()
        return cls(text, (folded[:1], tuple(_NUMBER.findall(folded))), _PARTING.split(folded))


def _are_close(one: _Apart, other: _Apart) -> bool:
    """Say whether of two texts that start alike one is a slip of the other."""
    if len(one.words) != len(other.words):
        return False
    differ = [pair for pair in zip(one.words, other.words, strict=True) if pair[0] != pair[1]]
    return len(differ) == 1 and _is_slip(*differ[0])


def _is_slip(one: str, other: str) -> bool:
    """Say whether one word is a slip of another one, which has the same numbers."""
    one, other = one.rstrip(_DIGITS), other.rstrip(_DIGITS)
    shorter = min(len(one), len(other))
    if shorter < _SHORT or not one.isalpha() or not other.isalpha():
        return False
    if one[0] != other[0] and one[1::-1] != other[:2]:  # nor exchanged with the second
        return False
    most = 2 if shorter >= _LONG else 1
    if abs(len(one) - len(other)) > most or len({*one} ^ {*other}) > 2 * most:
        return False
    if shorter >= _DRAWN and not {*one, *other} - _HEXADECIMAL:
        return False  # drawn by chance, or a hash
    return _slips(*_without_ends(one, other), most) <= most


def _without_ends(one: str, other: str) -> tuple[str, str]:
    """Take away what two words begin and end with alike."""
    for _ in range(2):
        shared = min(len(one), len(other))
        at = next((at for at in range(shared) if one[at] != other[at]), shared)
        one, other = one[at:][::-1], other[at:][::-1]
    return one, other


def _slips(one: str, other: str, most: int) -> int:
    """Count the letters to put in, take out, replace or exchange; stop counting above ``most``."""
    far = most + 1
    before: list[int] = []
    last = [min(to, far) for to in range(len(other) + 1)]
    for at, letter in enumerate(one, 1):
        row = [far] * (len(other) + 1)  # what is further from the diagonal needs more slips
        row[0] = min(at, far)
        for to in range(max(1, at - most), min(len(other), at + most) + 1):
            another = other[to - 1]
            best = min(last[to] + 1, row[to - 1] + 1, last[to - 1] + (letter != another))
            exchanged = at > 1 and to > 1 and one[at - 2] == another and other[to - 2] == letter
            row[to] = min(best, before[to - 2] + 1) if exchanged else best
        if min(row) > most:
            return far
        before, last = last, row
    return last[-1]


def _grouped(pairs: Iterable[tuple[_K, _V]]) -> dict[_K, list[_V]]:
    groups: dict[_K, list[_V]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def _plain(text: str) -> str:
    """Give a text without case and without what parts its words, though not its numbers."""
    return _PARTED.sub(_without, text.casefold())


_DIGITS = "0123456789"

_HEXADECIMAL = frozenset("abcdef")

_PARTING = re.compile(r"[-_. /]+")

_PARTED = re.compile(r"((?<=[0-9])[-_. ]+(?=[0-9]))|[-_. ]+")

_NUMBER = re.compile(r"\d+(?:[a-z](?![a-z]))?")

_AMOUNT = re.compile(r"[-+.]?\d[-\d.,:_/]*(?:e[-+]?\d+)?[ ]?[a-z%]{0,3}")


def _without(found: re.Match[str]) -> str:
    return "\0" if found[1] else ""
