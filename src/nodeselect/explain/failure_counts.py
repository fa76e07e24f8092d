"""How many nodes fail exactly which requirements: what an explanation is computed from."""

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

__all__ = ["FailureCounts", "Positions"]

Positions: TypeAlias = tuple[int, ...]
"""Positions of requirements in their selector, from 0, ascending."""


class FailureCounts(NamedTuple):
    """Nodes, counted by the exact set of requirements that they fail.

    :param total: all nodes.
    :param matched: nodes that fail no requirement.
    :param groups: nodes by the requirements they fail, without those that match.
    :param ungrouped: nodes in no group, if an engine does not count every group.
    :param failing: for each requirement, the nodes that fail it.
    :param remaining: for each requirement, the nodes that satisfy it and all before it.
    :param failing_only_this: for each requirement, the nodes that fail it and no other.
    """

    total: int
    matched: int
    groups: Mapping[Positions, int]
    ungrouped: int
    failing: tuple[int, ...]
    remaining: tuple[int, ...]
    failing_only_this: tuple[int, ...]

    @classmethod
    def from_masks(cls, requirements: int, masks: Mapping[int, int]) -> "FailureCounts":
        """Derive all counts from those of every group.

        :param requirements: the number of requirements.
        :param masks: nodes by the requirements they fail, as a bit mask whose lowest bit is the
            first requirement; 0 is the mask of the nodes that match.
        """
        positions = range(requirements)
        groups = {
            tuple(at for at in positions if mask >> at & 1): nodes for mask, nodes in masks.items()
        }
        matched = groups.pop((), 0)
        total = matched + sum(groups.values())
        failing = [0] * requirements
        first_failed = [0] * requirements
        for failed, nodes in groups.items():
            first_failed[failed[0]] += nodes
            for at in failed:
                failing[at] += nodes
        remaining = tuple(total - sum(first_failed[: at + 1]) for at in positions)
        only = tuple(groups.get((at,), 0) for at in positions)
        return cls(total, matched, groups, 0, tuple(failing), remaining, only)
