"""FINDING. The nodes, and which of them a selector takes."""

from nodeselect.index.planner import Plan, Step
from nodeselect.inventory.inventory import Inventory
from nodeselect.inventory.node_set import NodeSet
from nodeselect.inventory.snapshot import Snapshot

__all__ = [
    "Inventory",
    "NodeSet",
    "Plan",
    "Snapshot",
    "Step",
]
