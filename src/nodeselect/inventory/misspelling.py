"""Find keys and values that probably mean a more frequent one: misspellings and synonyms.

What many nodes have is taken to be right.
"""

from collections.abc import Mapping
from typing import Final

from nodeselect.explain.similarity import WordCounts, abbreviates_consonants, fold, is_number

RATIO: Final = 5
"""A word is a misspelling of a similar one only if this many times as many nodes have that one."""

FEW_VALUES: Final = 16
"""A key with at most this many values has kinds of nodes as its values."""

# Words with the same meaning: a key should have one of each.
_SYNONYMS = (("true", "yes", "on", "1"), ("false", "no", "off", "0"))


def find_misspelt(counts: Mapping[str, int]) -> dict[str, str]:
    """Find texts that are probably misspelt; return for each the text that was probably meant.

    :param counts: how many nodes have each text, which is a key, or a value of one key.
    """
    ranked = sorted(counts, key=lambda text: (counts[text], text), reverse=True)
    spellings: dict[str, str] = {}
    meant = {}
    for text in ranked:
        usual = text if is_number(text) else spellings.setdefault(fold(text) or text, text)
        if usual != text:
            meant[text] = usual
    for _ in range(2):  # what abbreviates one word may also abbreviate misspellings of it
        left = {text: counts[text] for text in ranked if text not in meant}
        words = WordCounts({text: nodes for text, nodes in left.items() if nodes >= RATIO})
        most = max(left.values(), default=0)
        found = {}
        for text, nodes in left.items():
            close = words.closest(text) if nodes * RATIO <= most else None
            if close is not None and counts[close] >= RATIO * nodes:
                found[text] = close
        meant |= found
        if not found:
            break
    return meant


def find_variants(counts: Mapping[str, int]) -> dict[str, str]:
    """Return, for each rare value that means the same as a frequent one, the frequent one.

    :param counts: how many nodes have each value.
    """
    meant = {}
    for value in counts if len(counts) <= FEW_VALUES else ():
        frequent = [word for word in counts if counts[word] >= RATIO * counts[value]]
        words = [word for word in frequent if _is_variant(value, word)]
        if words:
            meant[value] = min(words, key=lambda word: (-counts[word], word))
    return meant


def _is_variant(text: str, word: str) -> bool:
    """Return whether one value abbreviates the other, or both are known words for the same thing.

    For example, ``prd`` and ``production``, or ``yes`` and ``on``. Case does not matter.
    """
    if abbreviates_consonants(text, word) or abbreviates_consonants(word, text):
        return True
    folded = {text.casefold(), word.casefold()}
    return any(folded <= set(words) for words in _SYNONYMS)


def is_common(value: str) -> bool:
    """Return whether a value, such as ``true`` or a number, may occur with any key."""
    return is_number(value) or any(value.casefold() in words for words in _SYNONYMS)


def intended(meant: Mapping[str, str], text: str) -> str:
    """Return what ``text`` was meant to be; if that is misspelt itself, what it was meant to be.

    :param meant: for each misspelt text, the text that was meant.
    """
    while text in meant:
        text = meant[text]
    return text
