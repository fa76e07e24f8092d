"""The label keys and values of nodes: what a probable mistake is compared with."""

from nodeselect.explain.countable import Countable
from nodeselect.explain.similarity import WordCounts

__all__ = ["MAX_WORDS", "Vocabulary"]

# Keys, or values of one key, above which they are not searched: each is an id rather than a word.
MAX_WORDS = 10_000

# Keys whose values are cached.
_MAX_CACHED = 16


class Vocabulary:
    """A cache of the keys and values of nodes that do not change, counted when first needed."""

    __slots__ = ("_keys", "_values")

    def __init__(self) -> None:
        self._keys: WordCounts | None = None
        self._values: dict[str, WordCounts] = {}

    def keys(self, nodes: Countable) -> WordCounts:
        """Return the label keys; none if there are too many."""
        if self._keys is None:  # two threads may both count them, with the same result
            self._keys = WordCounts(nodes.key_counts(MAX_WORDS) or {})
        return self._keys

    def values(self, nodes: Countable, key: str) -> WordCounts | None:
        """Return the values of a key; None if there are too many."""
        values = self._values.get(key)
        if values is None:
            counts = nodes.value_counts(key, MAX_WORDS)
            if counts is None:
                return None
            values = WordCounts(counts)
            if len(self._values) >= _MAX_CACHED:
                self._values = {}
            self._values[key] = values
        return values
