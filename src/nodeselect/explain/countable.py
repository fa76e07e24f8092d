"""What an engine must be able to count so that selectors over its nodes can be explained.

Whoever implements :class:`Countable` gets the same explanations as an inventory, field for field.
The engines are the index of an inventory, SQL, and data frames. One pass over the nodes is enough
for all numbers: :meth:`Countable.failures` groups the nodes by the set of requirements that they
fail, and :meth:`FailureCounts.from_masks` computes the other numbers from the sizes of these
groups. The methods about keys and values are called only for requirements that no node satisfies or
that exclude none, for lists of values, and for values that at most a fifth of the nodes have.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias, TypeVar

from nodeselect.explain.explanation import NearMiss
from nodeselect.selectors import Selector

_Name = TypeVar("_Name", bound=str | None)

# At most this many groups that fail several requirements are kept; n requirements could make 2ⁿ.
MAX_GROUPS = 256

# How many of the groups, the largest first, have ids of example nodes.
MAX_GROUPS_WITH_IDS = 10

# How many of the nearest nodes are shown.
MAX_NEAREST = 5

Positions: TypeAlias = tuple[int, ...]
"""Positions of requirements in their selector, from 0, ascending."""


class FailureCounts(NamedTuple):
    """How many nodes fail which requirements together.

    :param total: how many nodes there are.
    :param matched: how many nodes fail no requirement.
    :param groups: how many nodes fail exactly the requirements at these positions; the largest
        group is first, of two with the same size the one with the lower positions.
    :param ungrouped: how many nodes that do not match are in none of ``groups``; 0 unless there
        were too many groups to keep.
    :param failing: for each requirement, how many nodes fail it.
    :param remaining: for each requirement, how many nodes satisfy it and all of those before it.
    :param failing_only_this: for each requirement, how many nodes fail it and no other.
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
        """Compute all counts from the sizes of the groups.

        :param requirements: how many requirements the selector has.
        :param masks: how many nodes fail exactly the requirements in each bit mask; none may be
            left out. The lowest bit is the first requirement; 0 is the mask of the nodes that
            match.
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

    def largest(self) -> "FailureCounts":
        """Keep at most ``MAX_GROUPS`` of the groups that fail several requirements: the largest.

        The nodes of the others are counted as ``ungrouped``.
        """
        kept = largest_groups(self.groups)
        dropped = sum(self.groups.values()) - sum(kept.values())
        return self._replace(groups=kept, ungrouped=self.ungrouped + dropped)

    def nearest_groups(self) -> dict[Positions, int]:
        """Return those of ``groups`` that fail the fewest requirements.

        Return none if there were too many groups, and such a group may have been dropped.
        """
        fewest = min(map(len, self.groups), default=0)
        if self.ungrouped and fewest > 1:
            return {}
        return {failed: nodes for failed, nodes in self.groups.items() if len(failed) == fewest}


def largest_groups(sizes: Mapping[Positions, int]) -> dict[Positions, int]:
    """Return the groups of nodes to keep, and their sizes.

    A group is all nodes that fail the same requirements. Those that fail only one are all kept; of
    those that fail several, the ``MAX_GROUPS`` largest.

    :param sizes: how many nodes each group has.
    """
    several = [failed for failed in sizes if len(failed) > 1]
    several.sort(key=lambda failed: (-sizes[failed], failed))
    dropped = {*several[MAX_GROUPS:]}
    return {failed: nodes for failed, nodes in sizes.items() if failed not in dropped}


def rank_counts(counts: Mapping[_Name, int]) -> dict[_Name, int]:
    """Sort the counts of names: the highest first, equal ones by name; leave out zeros.

    None comes before all names.
    """
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0] is not None, item[0] or ""))
    return {name: count for name, count in ranked if count}


class Failures(Protocol):
    """Nodes, grouped by the exact set of requirements that they fail."""

    @property
    def counts(self) -> FailureCounts:
        """The sizes of the groups, and the counts computed from them."""

    def state_counts(self) -> Mapping[str | None, int]:
        """Return how many matching nodes are in each state or in none, most frequent first."""

    def example_ids(self, failed: Positions, limit: int) -> Sequence[str]:
        """Return up to ``limit`` ids of nodes that fail exactly the requirements at ``failed``.

        It is called for at most ``MAX_GROUPS_WITH_IDS`` groups, always with the same limit.
        """

    def nearest(self, limit: int) -> Sequence[NearMiss]:
        """Return up to ``limit`` of the non-matching nodes that fail the fewest requirements.

        An engine that does not count every group may return none.
        """

    def count_if_replaced(
        self, positions: Collection[int], replacements: Sequence[Selector]
    ) -> int:
        """Count the nodes that match after replacing the requirements at ``positions``."""


class Countable(Protocol):
    """What an engine must count about its nodes, so that selectors can be explained over them.

    The nodes must not change meanwhile.
    """

    def failures(self, requirements: Sequence[Selector]) -> Failures:
        """Group the nodes by the exact set of ``requirements`` that they fail."""

    def key_counts(self, limit: int) -> Mapping[str, int] | None:
        """Return how many nodes have each label key; None if there are more than ``limit`` keys."""

    def value_counts(self, key: str, limit: int) -> Mapping[str, int] | None:
        """Return how many nodes have each value of ``key``; None for more than ``limit`` values."""

    def count_with_key(self, key: str) -> int:
        """Count the nodes that have the label ``key``."""

    def count_with_value(self, key: str, value: str) -> int:
        """Count the nodes that have the label ``key=value``."""

    def keys_with_value(self, value: str, keys: Collection[str]) -> Mapping[str, int]:
        """Return how many nodes have each of ``keys`` with this value, without zeros."""

    def missing_ids(self, ids: Sequence[str]) -> Sequence[str]:
        """Return those of ``ids`` that no node has."""

    def find_names(self, names: Sequence[str]) -> Mapping[str, tuple[str, int]]:
        """Find nodes by their names; return for each name the first id and the number of nodes.

        The result has the order of ``names``, and leaves out names that no node has.

        :param names: up to 100,000 ids of a selector that no node has: they may be names of nodes.
        """

    def find_id_prefix(self, prefix: str) -> tuple[str, int] | None:
        """Return the lowest id with this prefix, and how many nodes have such an id; or None."""
