"""Bound the memory of caches that refer to the same postings."""

from typing import Any

# Whatever the number of nodes, caches may have so much.
_LEAST_BYTES = 1 << 20


class CacheMemory:
    """Counts the bytes in some caches, and empties all of them if these exceed a limit.

    Emptying one of them would free nothing: plans, and the cache of the postings that were loaded
    for them, refer to the same ones.

    :param max_bytes: the limit.
    :ivar used_bytes: what was counted since the caches were empty.
    """

    __slots__ = ("_caches", "_max_bytes", "used_bytes")

    def __init__(self, max_bytes: int) -> None:
        self.used_bytes = 0
        self._max_bytes = max_bytes
        self._caches: list[dict[Any, Any]] = []

    @classmethod
    def for_nodes(cls, count: int, bytes_per_node: int) -> "CacheMemory":
        """Return what allows a mebibyte, and some bytes for each node."""
        return cls(_LEAST_BYTES + bytes_per_node * count)

    def new_cache(self) -> dict[Any, Any]:
        """Return a cache that is emptied with the others."""
        self._caches.append({})
        return self._caches[-1]

    def add(self, size: int) -> None:
        """Count ``size`` bytes that the caller then puts into a cache, or has removed from one."""
        self.used_bytes += size
        if self.used_bytes > self._max_bytes:
            self.empty()
            self.used_bytes = size

    def empty(self) -> None:
        """Empty all caches."""
        for cache in self._caches:
            cache.clear()
        self.used_bytes = 0
