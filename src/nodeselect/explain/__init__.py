"""Why nodes match a selector, and why the others do not, over any nodes that can be counted."""

from nodeselect.explain.countable import Countable, FailureCounts
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
from nodeselect.explain.wording import notes

__all__ = [
    "Correction",
    "Countable",
    "Explanation",
    "FailureCounts",
    "Hint",
    "NearMiss",
    "NodeExplanation",
    "Reason",
    "RequirementResult",
    "explain_node",
    "notes",
]
