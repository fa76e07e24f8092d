"""Many selectors by name, and the query that they answer: which of them match this node?"""

from nodeselect.standing.explanation import (
    FailedRequirement,
    StandingExplanation,
    StandingReason,
)
from nodeselect.standing.snapshot import NameSet, StandingSnapshot
from nodeselect.standing.standing_selectors import StandingSelectors

__all__ = [
    "FailedRequirement",
    "NameSet",
    "StandingExplanation",
    "StandingReason",
    "StandingSelectors",
    "StandingSnapshot",
]
