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

__all__ = [
    "Correction",
    "Explanation",
    "FailureCounts",
    "Hint",
    "NearMiss",
    "NodeExplanation",
    "Reason",
    "RequirementResult",
    "explain_node",
]
