"""Put nodes in inventory order, the order of their ranks."""

from array import array
from typing import TYPE_CHECKING, Any

from nodeselect.index.numpy_import import bulk_reader

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["RankOrder"]


class RankOrder:
    """The rank of each ordinal.

    :ivar rank_at: the ranks by ordinal. Reading one number of an array takes three times as long.
    """

    def __init__(self, ranks: "memoryview[int] | NDArray[np.uint32]") -> None:
        self.rank_at: memoryview[int] = ranks if isinstance(ranks, memoryview) else ranks.data
        self._array: Any = None if isinstance(ranks, memoryview) else ranks

    def sorted_ranks(
        self, ordinals: "array[int]", limit: int | None = None
    ) -> "array[int] | NDArray[np.uint32]":
        """Return the ranks of ``ordinals``, ascending; at most the first ``limit``."""
        bulk = bulk_reader(len(ordinals))
        if bulk is None:
            return array("I", sorted(map(self.rank_at.__getitem__, ordinals))[:limit])
        return bulk.sorted_ranks(self._ranks(), ordinals, limit)

    def sort(self, ordinals: "array[int]", limit: int | None = None) -> list[int]:
        """Return ``ordinals`` in the order of their ranks; at most the first ``limit``."""
        bulk = bulk_reader(len(ordinals))
        if bulk is None:
            return sorted(ordinals, key=self.rank_at.__getitem__)[:limit]
        return bulk.sort(self._ranks(), ordinals, limit)

    def below(self, rank: int) -> "array[int]":
        """Return the ordinals whose ranks are below ``rank``, ascending."""
        bulk = bulk_reader(len(self.rank_at))
        if bulk is None:
            return array("I", [at for at, each in enumerate(self.rank_at) if each < rank])
        return bulk.below(self._ranks(), rank)

    def _ranks(self) -> Any:
        if self._array is None:
            bulk = bulk_reader(len(self.rank_at))
            assert bulk is not None, "the caller has it"
            self._array = bulk.to_array(self.rank_at)
        return self._array
