"""See which nodes a label selector matches, and why the others do not.

>>> from nodeselect import Inventory, Node, Selector
>>> inventory = Inventory([Node("n-1", {"region": "eu"}), Node("n-2", {"region": "us"})])
>>> inventory.match(Selector.parse("region in (eu,uk)")).ids()
['n-1']
>>> print(inventory.explain(Selector.parse("region in (eu,uk)")).headline)
1 of 2 nodes match; 1 does not match: it fails region in (eu,uk)
"""

from nodeselect.errors import InventoryError, JobError, NodeselectError, Problem, SelectorError
from nodeselect.explain import (
    Correction,
    Explanation,
    Hint,
    NearMiss,
    NodeExplanation,
    Reason,
    RequirementResult,
)
from nodeselect.inventory import Inventory, NodeSet, Snapshot
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
    "Problem",
    "Reason",
    "Requirement",
    "RequirementResult",
    "Selector",
    "SelectorError",
    "Snapshot",
]

__version__ = "0.1.0"
