"""Standing selectors: a collection of named selectors that finds those which match a node."""

from nodeselect.standing.explanation import FailedRequirement, StandingExplanation, StandingReason
from nodeselect.standing.standing_selectors import NameSet, StandingSelectors, StandingSnapshot

__all__ = [
    "FailedRequirement",
    "NameSet",
    "StandingExplanation",
    "StandingReason",
    "StandingSelectors",
    "StandingSnapshot",
]
