"""Build a segment from a table of its nodes."""

from nodeselect.index.cache_memory import CacheMemory
from nodeselect.index.cluster import cluster
from nodeselect.index.id_index import IdIndex
from nodeselect.index.inventory_order import InventoryOrder
from nodeselect.index.lazy import lazy
from nodeselect.index.node_table import NodeTable
from nodeselect.index.string_encoding import to_array
from nodeselect.index.tuning import DEFAULT, Tuning
from nodeselect.node import DuplicateIdError

_CACHE_BYTES_PER_NODE = 16


class BuiltParts:
    """The nodes and indexes of a segment in memory, built from a table of its nodes.

    It implements :class:`~nodeselect.index.segment.SegmentParts`.
    """

    def __init__(self, table: NodeTable, tuning: Tuning = DEFAULT) -> None:
        """Index the nodes of ``table``.

        :raises InventoryError: with the code ``duplicate-id`` if two nodes have the same id.
        """
        self.memory = CacheMemory.for_nodes(len(table), _CACHE_BYTES_PER_NODE)
        self.rows = table
        self._ranks, self.labels = cluster(table, tuning)
        self.order = InventoryOrder(self._ranks)
        self.ids = IdIndex(to_array(table.ids), self._ranks)
        duplicate = self.ids.find_duplicate()
        if duplicate is not None:
            raise DuplicateIdError(str(table.ids[duplicate[1]]), duplicate)

    @lazy
    def names(self) -> IdIndex | None:
        """An index of the names, which takes 0.2 µs a node to build."""
        names = self.rows.names
        return None if names is None else IdIndex(to_array(names), self._ranks)
