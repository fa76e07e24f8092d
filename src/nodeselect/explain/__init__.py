"""Explain why nodes match a selector, and why the others do not, by counting nodes."""

from nodeselect.explain.countable import FailureCounts
from nodeselect.explain.explanation import (
    Correction,
    Explanation,
    Hint,
    NearMiss,
    NodeExplanation,
    Reason,
    RequirementResult,
    explain_node,
)
from nodeselect.explain.replicas import Replicas, Room

__all__ = [
    "Correction",
    "Explanation",
    "FailureCounts",
    "Hint",
    "NearMiss",
    "NodeExplanation",
    "Reason",
    "Replicas",
    "RequirementResult",
    "Room",
    "explain_node",
]
