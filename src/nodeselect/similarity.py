"""Suggest the existing key or value that a misspelled one was probably meant to be.

A wrong suggestion is worse than none. So two texts are similar only if exactly one word differs, by
one typo: an additional, missing or wrong letter, or two adjacent letters exchanged. Words with
eight or more letters may have two typos. The first letter must be right, or exchanged with the
second. Case does not matter. Numbers, a letter after a number (``1a``) and words of less than four
letters must be equal. Two texts are also similar if the differing word of one is an abbreviation,
the first three or four letters of the other (``prod`` and ``production``), and only one text fits.

For a word that no node has, a frequent word is also suggested if one of the two has three letters
and the other has one more (``prd`` and ``prod``), or if the last two of three are exchanged.
Three-letter words with one wrong letter are not similar: ``gke`` and ``gce`` are different words.

This module compares only texts. Modules import it only when they have to suggest something.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from os.path import commonprefix
from typing import NamedTuple

from nodeselect.renamed_keys import NEW_KEYS

# How many candidates a text is compared with; all have its first letter and its numbers.
_MAX_COMPARED = 500

# For how many texts the closest word is cached.
_MAX_CACHED = 1_000

# Shorter words never have a typo.
_MIN_LETTERS = 4

# Except that words with this many may lack a letter, if what is suggested is frequent.
_SHORT = 3

# A word that fewer nodes have may be misspelt itself.
_FREQUENT = 3

# How many letters an abbreviation has, and at least how many fewer than the word: ap-south does not
# abbreviate ap-southeast.
_ABBREVIATION_LETTERS = (3, 4)
_MIN_REST = 2

# A word with this many letters may have two typos.
_TWO_TYPOS = 8

# A word with this many letters, all of them a to f, is a hash, and similar to none.
_HASH = 7

# Values that many keys have.
_COMMON_WORDS = ("true", "false", "yes", "no", "on", "off", "none", "null", "unknown")

_DIGITS = "0123456789"

_HEXADECIMAL = frozenset("abcdef")

# Digits: words are compared only if all numbers in them are equal.
_NUMBER = re.compile(r"\d+")

_AMOUNT = re.compile(r"[-+.]?\d[-\d.,:_/]*(?:e[-+]?\d+)?[ ]?[a-z%]{0,3}")

_SEPARATORS = re.compile(r"[-_. /]+")

# Separators. The group has those between digits: without them, 1.2 would be the number 12.
_SEPARATOR = re.compile(r"((?<=[0-9])[-_. ]+(?=[0-9]))|[-_. ]+")


class WordCounts:
    """Words with the number of nodes that have each word. ``counts`` must not change later."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.counts = counts
        self.closest = lru_cache(_MAX_CACHED)(self._closest)
        self.suggest = lru_cache(_MAX_CACHED)(self._suggest)
        self._by_start: Mapping[_Start, list[_Tokens]] | None = None

    def _closest(self, text: str) -> str | None:
        """Return the word of which ``text`` is probably a misspelling; None if there is none.

        Prefer a word that differs only in case and separators, then the most frequent word that
        differs by a typo. ``text`` itself is never returned.

        Cost: each call compares at most 500 words; the first call also reads all words.
        """
        if is_number(text):
            return None
        tokens = _tokens(text)
        candidates = [word for word in self._with_start(tokens.start) if word.text != text]
        same_letters = (word for word in candidates if word.letters == tokens.letters != "")
        pairs = [(word, _differing_words(tokens, word)) for word in candidates[:_MAX_COMPARED]]
        typos = (word for word, pair in pairs if pair and _is_typo(*pair))
        close = self._most_frequent(same_letters) or self._most_frequent(typos)
        if close is None:
            short = [word.text for word, pair in pairs if pair and _is_abbreviation(*pair)]
            close = short[0] if len(short) == 1 else None
        return close

    def _suggest(self, text: str) -> str | None:
        """Return the closest word, also of three letters: for texts that few nodes have."""
        close = self.closest(text)
        if close is not None or is_number(text):
            return close
        tokens = _tokens(text)
        words = [
            word.text
            for word in self._with_start(tokens.start)[:_MAX_COMPARED]
            if (pair := _differing_words(tokens, word)) and _is_short_typo(*pair)
        ]
        return words[0] if len(words) == 1 and self.counts[words[0]] >= _FREQUENT else None

    def _with_start(self, start: "_Start") -> "list[_Tokens]":
        if self._by_start is None:
            groups: dict[_Start, list[_Tokens]] = {}
            for word in sorted(self.counts):
                if not is_number(word):
                    groups.setdefault((tokens := _tokens(word)).start, []).append(tokens)
            self._by_start = groups
        return self._by_start.get(start, [])

    def _most_frequent(self, words: "Iterable[_Tokens]") -> str | None:
        texts = (word.text for word in words)
        return min(texts, key=lambda text: (-self.counts[text], text), default=None)


def similar_name(text: str, names: Iterable[str]) -> str | None:
    """Return the name that ``text`` was probably meant to be; None if that is unclear.

    The names are few, such as those of commands, options, fields or files. If no name is similar,
    return the only name that begins with ``text``, if ``text`` has at least four letters.

    >>> similar_name("ouput", ["output", "quiet"]), similar_name("sort", ["sort-by", "state"])
    ('output', 'sort-by')
    """
    names = list(names)
    if text in names:
        return text
    close = WordCounts(dict.fromkeys(names, _FREQUENT)).suggest(text)
    if close is None and len(text) >= _MIN_LETTERS:
        longer = [name for name in names if name.startswith(text)]
        close = longer[0] if len(longer) == 1 else None
    return close


def closest_key(key: str, keys: WordCounts) -> tuple[str, str] | None:
    """Return the code of a hint, and the key that was probably meant; None if no key is similar.

    The code is ``other-prefix`` if only the part before the ``/`` differs, or ``other-spelling``.
    """
    name = key.rpartition("/")[2]
    same_name = [word for word in keys.counts if word.rpartition("/")[2] == name]
    if same_name:  # never the old name of a label if a node has the new one
        new_names = {NEW_KEYS[word] for word in same_name if NEW_KEYS.get(word) in keys.counts}
        names = new_names or same_name
        return "other-prefix", min(names, key=lambda word: (-keys.counts[word], word))
    is_present = f"{key}.present"  # nvidia.com/gpu is a resource, and this is its label
    close = is_present if is_present in keys.counts else keys.suggest(key)
    return None if close is None else ("other-spelling", close)


def closeness(text: str, others: Iterable[str]) -> int:
    """Return how many letters ``text`` shares with the most similar text of ``others``.

    Count the letters at the beginning that are equal; or, if one text contains the other, all
    letters of the shorter text. A single letter counts as 0.
    """
    common = 0
    for other in others:
        shorter, longer = pair = sorted((text.casefold(), other.casefold()), key=len)
        prefix = commonprefix(pair)  # noqa: RUF071 - of letters
        common = max(common, len(shorter if shorter in longer else prefix))
    return common if common > 1 else 0


def is_number(text: str) -> bool:
    """Return whether a text is a number (perhaps with a unit), a date or an IP address."""
    return _AMOUNT.fullmatch(text.casefold()) is not None


def is_distinctive(value: str) -> bool:
    """Return whether few keys have ``value``: it is no number, letter or word like ``true``."""
    return len(value) > 1 and value.casefold() not in _COMMON_WORDS and not is_number(value)


def fold(text: str) -> str:
    """Return ``text`` in lower case without separators; those between digits are kept.

    >>> fold("EU_West") == fold("eu-west"), fold("v1.2") == fold("v12")
    (True, False)
    """
    return _tokens(text.replace("/", "-")).letters


# The first letter of a text, and its numbers.
_Start = tuple[str, tuple[str, ...]]


class _Tokens(NamedTuple):
    text: str
    start: _Start
    # The text without separators; one between digits is replaced by NUL.
    letters: str
    words: list[str]


def _tokens(text: str) -> _Tokens:
    folded = text.casefold()
    letters = _SEPARATOR.sub(lambda match: "\0" if match[1] else "", folded)
    start = letters[:1], tuple(_NUMBER.findall(folded))
    return _Tokens(text, start, letters, _SEPARATORS.split(folded))


def _differing_words(one: _Tokens, other: _Tokens) -> tuple[str, str] | None:
    """Return the only two words that differ, without trailing digits; None if there are others."""
    if len(one.words) != len(other.words):
        return None
    differing = [pair for pair in zip(one.words, other.words, strict=True) if pair[0] != pair[1]]
    if len(differing) != 1:
        return None
    ((word, other_word),) = differing
    return word.rstrip(_DIGITS), other_word.rstrip(_DIGITS)


def _is_abbreviation(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    rest = len(longer) - len(shorter)
    if len(shorter) not in _ABBREVIATION_LETTERS or rest < _MIN_REST:
        return False
    return longer.isalpha() and longer.startswith(shorter) and not {*longer} <= _HEXADECIMAL


def _is_typo(one: str, other: str) -> bool:
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


def _is_short_typo(one: str, other: str) -> bool:
    """Return whether the shorter word has three letters, and lacks one, or has two exchanged."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) != _SHORT or one[0] != other[0] or not (one + other).isalpha():
        return False
    if {*longer} <= _HEXADECIMAL:
        return False
    if len(longer) == _SHORT:
        return shorter[1:] == longer[:0:-1]
    return any(longer[:at] + longer[at + 1 :] == shorter for at in range(1, len(longer)))


def _is_within(one: str, other: str, typos: int) -> bool:
    """Return whether at most ``typos`` edits turn one word into the other.

    An edit inserts, deletes or replaces a letter, or exchanges two adjacent letters.
    """
    shared = len(commonprefix([one, other]))  # noqa: RUF071 - of letters
    one, other = one[shared:], other[shared:]
    if not one or not other or not typos:
        return len(one) + len(other) <= typos
    return (
        _is_within(one[1:], other[1:], typos - 1)
        or _is_within(one[1:], other, typos - 1)
        or _is_within(one, other[1:], typos - 1)
        or (one[1::-1] == other[:2] and _is_within(one[2:], other[2:], typos - 1))
    )
