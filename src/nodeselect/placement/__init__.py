"""What a pod requires of a node: labels, tolerated taints, and free resources."""

from nodeselect.placement.placement import Placement
from nodeselect.placement.pod import HostPort, Pod
from nodeselect.placement.toleration import Toleration
from nodeselect.placement.usage import BaseUsage, Usage, UsageSnapshot

__all__ = [
    "BaseUsage",
    "HostPort",
    "Placement",
    "Pod",
    "Toleration",
    "Usage",
    "UsageSnapshot",
]
