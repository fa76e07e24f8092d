"""Put nodes in inventory order, the order of their ranks."""

from array import array
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nodeselect.errors import InventoryError
from nodeselect.index.numpy_import import bulk_reader

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class InventoryOrder:
    """Puts nodes in inventory order, in which the position of a node is its rank.

    A node is given by its ordinal, the number by which it is in the index.

    :param ranks: the rank of each ordinal.
    :param damaged: for ranks of a file, returns the error to raise if they are not the numbers from
        0, each once.
    :ivar rank_at: the rank of each ordinal, as a memoryview: reading one number of an array takes
        three times as long.
    """

    def __init__(
        self,
        ranks: "memoryview[int] | NDArray[np.uint32]",
        damaged: Callable[[], InventoryError] | None = None,
    ) -> None:
        self.rank_at: memoryview[int] = ranks if isinstance(ranks, memoryview) else ranks.data
        self._array: Any = None if isinstance(ranks, memoryview) else ranks
        self._damaged = damaged

    def sorted_ranks(
        self, ordinals: "array[int]", limit: int | None = None
    ) -> "array[int] | NDArray[np.integer[Any]]":
        """Return the ranks of ``ordinals``, ascending; at most the first ``limit``."""
        bulk = bulk_reader(len(ordinals))
        if bulk is None:
            return array("I", sorted(map(self.rank_at.__getitem__, ordinals))[:limit])
        return bulk.sorted_ranks(self.to_array(), ordinals, limit)

    def sort(self, ordinals: "array[int]", limit: int | None = None) -> list[int]:
        """Return ``ordinals`` in the order of their ranks; at most the first ``limit``."""
        bulk = bulk_reader(len(ordinals))
        if bulk is None:
            return sorted(ordinals, key=self.rank_at.__getitem__)[:limit]
        return bulk.sort(self.to_array(), ordinals, limit)

    def below(self, rank: int) -> "array[int]":
        """Return the ordinals whose ranks are below ``rank``, ascending."""
        bulk = bulk_reader(len(self.rank_at))
        if bulk is None:
            return array("I", [at for at, each in enumerate(self.rank_at) if each < rank])
        return bulk.below(self.to_array(), rank)

    def to_array(self) -> Any:
        """Return the rank of each ordinal as an array of numpy, which must have been loaded."""
        if self._array is None:
            from nodeselect.index.bulk import Bulk

            ranks = Bulk.to_array(self.rank_at)
            if self._damaged and not Bulk.is_permutation(ranks):
                raise self._damaged()
            self._array = ranks
        return self._array
