"""nodeselect: which nodes does this selector take, and why not the others?

>>> from nodeselect import Inventory, Node, Selector
>>> inventory = Inventory([Node("n-1", {"region": "eu"}), Node("n-2", {"region": "us"})])
>>> inventory.match(Selector.parse("region in (eu,uk)")).ids()
['n-1']
>>> print(inventory.explain(Selector.parse("region in (eu,uk)")).headline)
1 of 2 nodes match; 1 fails region in (eu,uk)
"""

from nodeselect.errors import InventoryError, JobError, NodeselectError, Problem, SelectorError
from nodeselect.inventory import (
    Correction,
    Explanation,
    Hint,
    Inventory,
    NearMiss,
    NodeExplanation,
    NodeSet,
    Plan,
    Reason,
    RequirementResult,
    Snapshot,
)
from nodeselect.limits import LIMITS, Limits
from nodeselect.node import Node
from nodeselect.selectors import Operator, Requirement, Selector

__all__ = [
    "LIMITS",
    "Correction",
    "Explanation",
    "Hint",
    "Inventory",
    "InventoryError",
    "JobError",
    "Limits",
    "NearMiss",
    "Node",
    "NodeExplanation",
    "NodeSet",
    "NodeselectError",
    "Operator",
    "Plan",
    "Problem",
    "Reason",
    "Requirement",
    "RequirementResult",
    "Selector",
    "SelectorError",
    "Snapshot",
]

__version__ = "0.1.0"
