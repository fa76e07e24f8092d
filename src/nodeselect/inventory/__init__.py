"""Inventories: collections of nodes that can be changed and queried."""

from nodeselect.explain.audit import Audit, LabelFinding
from nodeselect.inventory.compare import compare_inventories, compare_selectors
from nodeselect.inventory.drain import DrainedPod, DrainPlan, plan_drain
from nodeselect.inventory.inventory import Inventory, InventoryStats
from nodeselect.inventory.node_set import NodeSet
from nodeselect.inventory.snapshot import BaseInventory, NodeChange, Snapshot, audit_labels
from nodeselect.inventory.statistics import count_labels

__all__ = [
    "Audit",
    "BaseInventory",
    "DrainPlan",
    "DrainedPod",
    "Inventory",
    "InventoryStats",
    "LabelFinding",
    "NodeChange",
    "NodeSet",
    "Snapshot",
    "audit_labels",
    "compare_inventories",
    "compare_selectors",
    "count_labels",
    "plan_drain",
]
