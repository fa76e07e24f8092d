"""FINDING. The nodes, and which of them a selector takes."""

from nodeselect.inventory.explanation import (
    Correction,
    Explanation,
    Hint,
    NearMiss,
    NodeExplanation,
    Outcome,
    Reason,
)
from nodeselect.inventory.inventory import Inventory
from nodeselect.inventory.nodeset import NodeSet
from nodeselect.inventory.plan import Plan, Step
from nodeselect.inventory.reading import Snapshot

__all__ = [
    "Correction",
    "Explanation",
    "Hint",
    "Inventory",
    "NearMiss",
    "NodeExplanation",
    "NodeSet",
    "Outcome",
    "Plan",
    "Reason",
    "Snapshot",
    "Step",
]
