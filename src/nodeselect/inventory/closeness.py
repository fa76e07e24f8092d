"""Words that are close to each other: what was probably meant by one that is not there.

A wrong guess would send people the wrong way. So a number is never taken for a slip of another
number, a word only for one with the same first letter, and short words not for each other.
"""

import re
from collections.abc import Iterable, Mapping

__all__ = ["Known", "close_key", "is_close"]

_LOOKED_AT = 2_000
"""Words that are compared letter by letter with another one; more are not looked at."""

_SHORT = 4
"""Letters that a word has at least, to be taken for a slip of another one."""

_LONG = 8
"""Letters from which on a word may have two slips."""


class Known:
    """Words that there are, with the number of nodes that have each."""

    __slots__ = ("_plain", "counts")

    def __init__(self, counts: Mapping[str, int]) -> None:
        """Put them in order by their letters."""
        self.counts = counts
        self._plain: dict[str, list[str]] = {}
        for word in counts:
            self._plain.setdefault(_plain(word), []).append(word)

    def same_letters(self, word: str) -> str | None:
        """Give the word that is another one but for case and for what parts its words."""
        return self._most_frequent(self._plain.get(_plain(word), ()))

    def closest(self, word: str) -> str | None:
        """Give the word of the same letters, else one that is close; the most frequent."""
        return self.same_letters(word) or self._most_frequent(self._near(word))

    def _near(self, word: str) -> list[str]:
        first, length = word[:1].casefold(), len(word)
        some = [
            each
            for each in self.counts
            if abs(len(each) - length) <= 2 and each[:1].casefold() == first
        ]
        return [each for each in sorted(some)[:_LOOKED_AT] if is_close(word, each)]

    def _most_frequent(self, words: Iterable[str]) -> str | None:
        return min(words, key=lambda each: (-self.counts[each], each), default=None)


def close_key(key: str, known: Mapping[str, int]) -> tuple[str, str] | None:
    """Give the code of the hint and the key that was probably meant, if one is close.

    :param known: the keys that there are, with the nodes that carry each.
    """
    name = key.rpartition("/")[2]
    by_name = [each for each in known if each.rpartition("/")[2] == name]
    if by_name:  # the most carried, of equals the first
        return "other-prefix", min(by_name, key=lambda each: (-known[each], each))
    close = Known(known).closest(key)
    return None if close is None else ("other-spelling", close)


def is_close(one: str, other: str) -> bool:
    """Say whether one text is probably a slip of the other, whatever the case of its letters.

    It is where one of its words is: one letter too many, too few, wrong, or two exchanged; two such
    slips in words of eight letters and more. Never in a number, nor in the letter behind one
    (``1a``), and never in words of fewer than four letters.
    """
    one, other = one.casefold(), other.casefold()
    if _NUMBER.findall(one) != _NUMBER.findall(other):
        return False
    words, others = _PARTING.split(one), _PARTING.split(other)
    if len(words) != len(others):  # what parts the words is part of the slip
        return min(len(one), len(other)) >= _SHORT and _slips(one, other, 1) <= 1
    differ = [pair for pair in zip(words, others, strict=True) if pair[0] != pair[1]]
    return len(differ) == 1 and _is_slip(*differ[0])


def _is_slip(one: str, other: str) -> bool:
    shorter = min(len(one), len(other))
    most = 2 if shorter >= _LONG else 1
    return shorter >= _SHORT and _slips(one, other, most) <= most


def _plain(word: str) -> str:
    """Give a word without case and without what parts its words, though not its numbers."""
    return _PARTED.sub(_without, word.casefold())


_PARTING = re.compile(r"[-_. /]+")

_PARTED = re.compile(r"((?<=[0-9])[-_. ]+(?=[0-9]))|[-_. ]+")

_NUMBER = re.compile(r"\d+(?:[a-z](?![a-z]))?")


def _without(found: re.Match[str]) -> str:
    return "\0" if found[1] else ""


def _slips(one: str, other: str, most: int) -> int:
    """Count the letters to put in, take out, replace or exchange; stop counting above ``most``."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        row = [at]
        for to, another in enumerate(other, 1):
            best = min(last[to] + 1, row[-1] + 1, last[to - 1] + (letter != another))
            exchanged = at > 1 and to > 1 and one[at - 2] == another and other[to - 2] == letter
            row.append(min(best, before[to - 2] + 1) if exchanged else best)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return last[-1]
