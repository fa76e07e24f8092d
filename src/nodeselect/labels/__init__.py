"""SAYING: what nodes are wanted. From text to requirements, selector and predicate.

Useful alone: this room knows nothing of nodes, inventories or files.
"""

from nodeselect.labels.operators import Operator
from nodeselect.labels.requirement import Requirement
from nodeselect.labels.selector import Selector

__all__ = ["Operator", "Requirement", "Selector"]
