"""The live inventory: nodes, the answers to selectors, and snapshots."""

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
