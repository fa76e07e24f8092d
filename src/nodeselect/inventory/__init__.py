"""FINDING. The nodes, and which of them a selector takes."""

from nodeselect.inventory.inventory import Inventory
from nodeselect.inventory.nodeset import NodeSet
from nodeselect.inventory.plan import Plan, Step
from nodeselect.inventory.reading import Snapshot

__all__ = ["Inventory", "NodeSet", "Plan", "Snapshot", "Step"]
