"""FINDING. The nodes, and which of them a selector takes."""

from nodeselect.explain.explanation import (
    Correction,
    Explanation,
    Hint,
    NearMiss,
    NodeExplanation,
    Reason,
    RequirementResult,
)
from nodeselect.index.planner import Plan, Step
from nodeselect.inventory.inventory import Inventory
from nodeselect.inventory.node_set import NodeSet
from nodeselect.inventory.snapshot import Snapshot

__all__ = [
    "Correction",
    "Explanation",
    "Hint",
    "Inventory",
    "NearMiss",
    "NodeExplanation",
    "NodeSet",
    "Plan",
    "Reason",
    "RequirementResult",
    "Snapshot",
    "Step",
]
