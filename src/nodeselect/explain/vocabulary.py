"""The keys and values that there are: what a mistake is compared with."""

from nodeselect.explain.similarity import Known
from nodeselect.index.postings import Postings
from nodeselect.inventory import statistics as counting
from nodeselect.inventory.store import Store

__all__ = ["Vocabulary"]

_MANY = 10_000
"""Keys, or values of one key, up to which they are counted; more tell nodes apart."""

_KEPT = 50_000
"""Values that are kept, of all keys together."""


class Vocabulary:
    """The keys and values of the nodes of one moment, counted when they are asked for, and kept."""

    __slots__ = ("_everything", "_kept", "_keys", "_store", "_values")

    def __init__(self, store: Store, everything: Postings) -> None:
        """Begin without having counted anything.

        :param everything: the nodes.
        """
        self._store = store
        self._everything = everything
        self._keys: Known | None = None
        self._values: dict[str, Known] = {}
        self._kept = 0

    @property
    def keys(self) -> Known:
        """The keys; none where there are very many."""
        if self._keys is None:  # two threads may both count them, to the same end
            self._keys = Known(counting.few_keys(self._store, self._everything, _MANY) or {})
        return self._keys

    def values(self, key: str, most: int | None = None) -> Known | None:
        """Give the values of a key; None where there are very many, or more than ``most``."""
        most = _MANY if most is None else most
        known = self._values.get(key)
        if known is None:
            counts = counting.few_values(self._store, self._everything, key, most)
            if counts is None:
                return None
            known = Known(counts)
            self._kept += len(counts)
            if self._kept > _KEPT:  # what does not fit any more makes room by starting anew
                self._values = {}
                self._kept = len(counts)
            self._values[key] = known
        return known if len(known.counts) <= most else None

    def keys_of(self, value: str) -> dict[str, int]:
        """Count the nodes that have a value, by the key that they have it under."""
        return counting.keys_of(self._store, self._everything, value, self.keys.counts)
