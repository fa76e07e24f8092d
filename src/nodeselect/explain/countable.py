"""What an engine must be able to count so that selectors over its nodes can be explained."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from nodeselect.explain.explanation import NearMiss
from nodeselect.selectors import Selector

__all__ = ["Countable", "FailureCounts", "Failures", "Positions"]

Positions: TypeAlias = tuple[int, ...]
"""Positions of requirements in their selector, from 0, ascending."""


class FailureCounts(NamedTuple):
    """Nodes, counted by the exact set of requirements that they fail.

    :param total: all nodes.
    :param matched: nodes that fail no requirement.
    :param groups: nodes by the requirements they fail, without those that match; the largest group
        first, of two of a size the one that fails earlier requirements.
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
        failures = {
            tuple(at for at in positions if mask >> at & 1): nodes for mask, nodes in masks.items()
        }
        matched = failures.pop((), 0)
        groups = dict(sorted(failures.items(), key=lambda group: (-group[1], group[0])))
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


class Failures(Protocol):
    """Nodes, grouped by the exact set of requirements that they fail."""

    @property
    def counts(self) -> FailureCounts:
        """The sizes of the groups, and what follows from them."""

    def state_counts(self) -> Mapping[str | None, int]:
        """Count the nodes that match by state, the most frequent first."""

    def example_ids(self, failed: Positions, limit: int) -> Sequence[str]:
        """Return the first ids of one group, in inventory order."""

    def nearest(self, limit: int) -> Sequence[NearMiss]:
        """Return the first of the nodes that fail the fewest requirements, but at least one.

        If an engine does not count every group it may return none.
        """

    def count_if_replaced(
        self, positions: Collection[int], replacements: Sequence[Selector]
    ) -> int:
        """Count the nodes that would match with ``replacements`` for some requirements."""


class Countable(Protocol):
    """Nodes of any engine, which do not change while they are counted."""

    def failures(self, requirements: Sequence[Selector]) -> Failures:
        """Group the nodes by which of ``requirements`` they fail."""

    def key_counts(self, limit: int) -> Mapping[str, int] | None:
        """Count the nodes that have each label key; None if there are more than ``limit`` keys."""

    def value_counts(self, key: str, limit: int) -> Mapping[str, int] | None:
        """Count the nodes by their value of ``key``; None if there are more than ``limit``."""

    def count_with_key(self, key: str) -> int:
        """Count the nodes that have the label ``key``."""

    def count_with_value(self, key: str, value: str) -> int:
        """Count the nodes that have ``value`` for ``key``."""

    def keys_with_value(self, value: str, keys: Collection[str]) -> Mapping[str, int]:
        """Count the nodes that have ``value`` for any of ``keys``, by the key."""

    def missing_ids(self, ids: Sequence[str]) -> Sequence[str]:
        """Return those of ``ids`` that no node has."""

    def find_name(self, name: str) -> tuple[str, int] | None:
        """Return the first id of the nodes with this name, and their number; None without any."""
