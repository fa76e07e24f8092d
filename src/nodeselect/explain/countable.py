"""What an engine must be able to count so that selectors over its nodes can be explained."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from nodeselect.explain.explanation import NearMiss
from nodeselect.explain.failure_counts import FailureCounts, Positions
from nodeselect.selectors import Selector

__all__ = ["Countable", "Failures"]


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
        """Return the first of the nodes that fail the fewest requirements, but at least one."""

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
