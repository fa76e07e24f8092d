"""Which text was probably meant by a misspelt one.

A wrong suggestion is worse than none. So two texts are similar only if one word differs, by one
letter inserted, missing or wrong, or two adjacent ones exchanged; or by two such typos if both
words have eight letters. The first letter may only be exchanged with the second. Numbers, a letter
after a number (``1a``) and words of fewer than four letters must be equal; case does not matter.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple, TypeVar

__all__ = ["WordCounts", "closest_key", "is_number"]

# Texts that one text is compared with; all begin alike and have the same numbers.
_MAX_COMPARED = 500

# Texts for which the closest one is cached.
_MAX_CACHED = 1_000

# Letters that a word must have to count as misspelt.
_MIN_LETTERS = 4

# Letters from which on a word may have two typos.
_TWO_TYPOS = 8

# Letters from which on a word of hexadecimal digits is a hash, or random.
_HASH = 7

_K = TypeVar("_K")
_V = TypeVar("_V")


class WordCounts:
    """Words, with the number of nodes that have each. Immutable, except for caches."""

    __slots__ = ("_by_letters", "_by_start", "closest", "counts")

    def __init__(self, counts: Mapping[str, int]) -> None:
        """Take the counts over; they are not copied."""
        self.counts = counts
        self.closest = lru_cache(_MAX_CACHED)(self._closest)
        self._by_letters: Mapping[str, list[str]] | None = None
        self._by_start: Mapping[_Start, list[_Tokens]] | None = None

    def _closest(self, text: str) -> str | None:
        """Return the word with the same letters, else a similar one; the most frequent of several.

        Cost: at most 500 comparisons, and the first time a look at every word.
        """
        if is_number(text):
            return None
        return self._with_same_letters(text) or self._most_frequent(self._similar(text))

    def _with_same_letters(self, text: str) -> str | None:
        """Return the word that differs only in case and in what separates its parts."""
        if self._by_letters is None:
            words = (word for word in self.counts if not is_number(word))
            self._by_letters = _grouped((_letters(word), word) for word in words)
        letters = _letters(text)
        return self._most_frequent(self._by_letters.get(letters, ())) if letters else None

    def _similar(self, text: str) -> list[str]:
        if self._by_start is None:
            words = map(_Tokens.of, sorted(self.counts))
            self._by_start = _grouped((word.start, word) for word in words)
        tokens = _Tokens.of(text)
        candidates = self._by_start.get(tokens.start, ())[:_MAX_COMPARED]
        return [word.text for word in candidates if _differ_by_typo(tokens, word)]

    def _most_frequent(self, words: Iterable[str]) -> str | None:
        return min(words, key=lambda word: (-self.counts[word], word), default=None)


def closest_key(key: str, keys: WordCounts) -> tuple[str, str] | None:
    """Return the code of the hint and the key that was probably meant, if one is close."""
    name = key.rpartition("/")[2]
    same_name = [each for each in keys.counts if each.rpartition("/")[2] == name]
    if same_name:
        return "other-prefix", min(same_name, key=lambda each: (-keys.counts[each], each))
    close = keys.closest(key)
    return None if close is None else ("other-spelling", close)


def is_number(text: str) -> bool:
    """Return whether a text is a number, with or without a unit, an address of numbers or a
    date."""
    return _AMOUNT.fullmatch(text.casefold()) is not None


# The first letter and the numbers of a text.
_Start = tuple[str, tuple[str, ...]]


class _Tokens(NamedTuple):
    text: str
    start: _Start
    words: list[str]

    @classmethod
    def of(cls, text: str) -> "_Tokens":
        folded = text.casefold()
        return cls(text, (folded[:1], tuple(_NUMBER.findall(folded))), _SEPARATORS.split(folded))


def _differ_by_typo(one: _Tokens, other: _Tokens) -> bool:
    """Return whether exactly one word of two texts with the same start differs, by a typo."""
    if len(one.words) != len(other.words):
        return False
    differing = [pair for pair in zip(one.words, other.words, strict=True) if pair[0] != pair[1]]
    return len(differing) == 1 and _is_typo(*differing[0])


def _is_typo(one: str, other: str) -> bool:
    one, other = one.rstrip(_DIGITS), other.rstrip(_DIGITS)
    shorter = min(len(one), len(other))
    if shorter < _MIN_LETTERS or not one.isalpha() or not other.isalpha():
        return False
    if one[0] != other[0] and one[1::-1] != other[:2]:
        return False
    typos = 2 if shorter >= _TWO_TYPOS else 1
    if abs(len(one) - len(other)) > typos or len({*one} ^ {*other}) > 2 * typos:
        return False
    if shorter >= _HASH and {*one, *other} <= _HEXADECIMAL:
        return False
    return _is_within(one, other, typos)


def _is_within(one: str, other: str, typos: int) -> bool:
    """Return whether one word becomes the other by this number of edits.

    An edit inserts, deletes or replaces a letter, or exchanges two adjacent ones.
    """
    shared = 0
    for letter, another in zip(one, other, strict=False):
        if letter != another:
            break
        shared += 1
    one, other = one[shared:], other[shared:]
    if not one or not other or not typos:
        return len(one) + len(other) <= typos
    return (
        _is_within(one[1:], other[1:], typos - 1)
        or _is_within(one[1:], other, typos - 1)
        or _is_within(one, other[1:], typos - 1)
        or (one[1::-1] == other[:2] and _is_within(one[2:], other[2:], typos - 1))
    )


def _grouped(pairs: Iterable[tuple[_K, _V]]) -> dict[_K, list[_V]]:
    groups: dict[_K, list[_V]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def _letters(text: str) -> str:
    """Return a text without case and separators, except between digits."""
    return _SEPARATOR.sub(lambda match: "\0" if match[1] else "", text.casefold())


_DIGITS = "0123456789"

_HEXADECIMAL = frozenset("abcdef")

_SEPARATORS = re.compile(r"[-_. /]+")

_SEPARATOR = re.compile(r"((?<=[0-9])[-_. ]+(?=[0-9]))|[-_. ]+")

# A letter alone after digits belongs to them.
_NUMBER = re.compile(r"\d+(?:[a-z](?![a-z]))?")

_AMOUNT = re.compile(r"[-+.]?\d[-\d.,:_/]*(?:e[-+]?\d+)?[ ]?[a-z%]{0,3}")
