"""What a pod requires of a node: labels, tolerated taints, and free resources."""

from nodeselect.placement.placement import Placement
from nodeselect.placement.pod import Pod
from nodeselect.placement.pod_rules import HostPort, PodRules, PodTerm, SpreadConstraint
from nodeselect.placement.toleration import Toleration
from nodeselect.placement.usage import BaseUsage, Usage, UsageSnapshot

__all__ = [
    "BaseUsage",
    "HostPort",
    "Placement",
    "Pod",
    "PodRules",
    "PodTerm",
    "SpreadConstraint",
    "Toleration",
    "Usage",
    "UsageSnapshot",
]
