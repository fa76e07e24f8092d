"""Inventories of nodes that may change, and the queries that they answer."""

from nodeselect.inventory.change import NodeChange
from nodeselect.inventory.inventory import Inventory, InventoryStats
from nodeselect.inventory.node_set import NodeSet
from nodeselect.inventory.snapshot import BaseInventory, Snapshot

__all__ = ["BaseInventory", "Inventory", "InventoryStats", "NodeChange", "NodeSet", "Snapshot"]
