"""FINDING. The nodes, and which of them a selector takes."""

from nodeselect.inventory.inventory import Inventory
from nodeselect.inventory.nodeset import NodeSet

__all__ = ["Inventory", "NodeSet"]
