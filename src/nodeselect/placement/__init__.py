"""What a pod requires of a node: labels, tolerated taints, and free resources."""

from nodeselect.placement.placement import Placement
from nodeselect.placement.toleration import Toleration
from nodeselect.placement.usage import Usage

__all__ = ["Placement", "Toleration", "Usage"]
