"""What an engine must be able to count, so that selectors over its nodes can be explained.

An engine is the index of an inventory, an SQL database, or a data frame. If an engine implements
:class:`Countable`, its explanations have the same fields and values as those of an inventory; and
so have its audits and facets if it implements :class:`LabelCounter`. For an explanation, one pass
over the nodes is enough: :meth:`Countable.failures` groups the nodes by the set of
requirements that they fail, and :meth:`FailureCounts.from_masks` computes all counts from the sizes
of these groups; for an ``AnyOf``, one more for each of its selectors. The methods about keys and
values are called only for requirements that no node or every node satisfies, for lists of values,
and for values that few nodes have: at most a hundred of them, or one in a hundred.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias, TypeVar, runtime_checkable

from nodeselect.explain.explanation import NearMiss
from nodeselect.placement.pod_rules import PodRule
from nodeselect.placement.requirements import Condition

_Name = TypeVar("_Name", bound=str | None)

# At most this many groups that fail several requirements are kept; n requirements could make 2ⁿ.
MAX_GROUPS = 256

# How many of the groups, the largest first, have ids of example nodes.
MAX_GROUPS_WITH_IDS = 10

# How many of the nearest nodes are shown.
MAX_NEAREST = 5

Positions: TypeAlias = tuple[int, ...]
"""Positions of requirements among those of an explanation, from 0, ascending."""


class FailureCounts(NamedTuple):
    """How many nodes fail each requirement of a selector, and each set of its requirements.

    :param total: how many nodes there are.
    :param matched: how many nodes fail no requirement.
    :param groups: for each set of requirements (a tuple of their positions, from 0), how many nodes
        fail exactly these; the largest group first.
    :param ungrouped: how many nodes that do not match are in none of ``groups``; 0 unless there
        were too many groups to keep.
    :param failing: for each requirement, how many nodes fail it.
    :param remaining: for each, how many nodes satisfy it and all requirements before.
    :param failing_only_this: for each, how many nodes fail it and no other.
    """

    total: int
    matched: int
    groups: Mapping[Positions, int]
    ungrouped: int
    failing: tuple[int, ...]
    remaining: tuple[int, ...]
    failing_only_this: tuple[int, ...]

    @property
    def worst(self) -> int:
        """The position of the requirement that most nodes fail alone; if none, that most fail."""
        ranks = list(zip(self.failing_only_this, self.failing, strict=True))
        return ranks.index(max(ranks))

    @classmethod
    def from_masks(cls, requirements: int, masks: Mapping[int, int]) -> "FailureCounts":
        """Compute all counts from the sizes of the groups.

        :param requirements: how many requirements the selector has.
        :param masks: a mapping from every bit mask that occurs to the number of its nodes. Bit 0
            is set if the nodes fail the first requirement; matching nodes have the mask 0.
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
        """Return a copy with the groups that :func:`largest_groups` keeps; others are ungrouped."""
        kept = largest_groups(self.groups)
        dropped = sum(self.groups.values()) - sum(kept.values())
        return self._replace(groups=kept, ungrouped=self.ungrouped + dropped)

    def nearest_groups(self) -> dict[Positions, int]:
        """Return the groups that fail the fewest requirements; none if one may be missing."""
        fewest = min(map(len, self.groups), default=0)
        if self.ungrouped and fewest > 1:
            return {}
        return {failed: nodes for failed, nodes in self.groups.items() if len(failed) == fewest}


def largest_groups(sizes: Mapping[Positions, int]) -> dict[Positions, int]:
    """Return the groups of nodes to keep, and their sizes.

    A group consists of the nodes that fail exactly the same requirements. All groups that fail a
    single requirement are kept, and the ``MAX_GROUPS`` largest of those that fail several.

    :param sizes: how many nodes each group has; the key has the positions of its requirements.
    """
    several = [failed for failed in sizes if len(failed) > 1]
    several.sort(key=lambda failed: (-sizes[failed], failed))
    dropped = {*several[MAX_GROUPS:]}
    return {failed: nodes for failed, nodes in sizes.items() if failed not in dropped}


def rank_counts(counts: Mapping[_Name, int]) -> dict[_Name, int]:
    """Sort counts by number, the highest first, then by name, None first; leave out counts of 0."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0] is not None, item[0] or ""))
    return {name: count for name, count in ranked if count}


class KeyFacet(NamedTuple):
    """A label key, and how many nodes have each value.

    :param nodes: how many nodes have the key.
    :param distinct: how many values it has.
    :param values: pairs of a value and how many nodes have it, the most frequent first; fewer than
        ``distinct`` if fewer were requested.
    """

    key: str
    nodes: int
    distinct: int
    values: tuple[tuple[str, int], ...]


def rank_facets(counts: Mapping[str, Mapping[str, int]], limit: int | None) -> tuple[KeyFacet, ...]:
    """Return the keys, the most frequent first, each with up to ``limit`` of its values."""
    facets = [
        KeyFacet(key, sum(ranked.values()), len(ranked), tuple(ranked.items())[:limit])
        for key, ranked in ((key, rank_counts(values)) for key, values in counts.items())
    ]
    return tuple(sorted(facets, key=lambda facet: (-facet.nodes, facet.key)))


class Failures(Protocol):
    """Nodes, grouped by the exact set of requirements that they fail."""

    @property
    def counts(self) -> FailureCounts:
        """The sizes of the groups, and the counts computed from them."""

    def state_counts(self) -> Mapping[str | None, int]:
        """Return how many matching nodes are in each state (None: no state), the highest first."""

    def example_ids(self, failed: Positions, limit: int) -> Sequence[str]:
        """Return up to ``limit`` ids of nodes that fail exactly the requirements at ``failed``.

        Callers request at most ``MAX_GROUPS_WITH_IDS`` groups, always with the same limit.
        """

    def nearest(self, limit: int) -> Sequence[NearMiss]:
        """Return up to ``limit`` nodes that fail the fewest requirements, if they are known."""

    def count_if_replaced(
        self, positions: Collection[int], replacements: Sequence[Condition]
    ) -> int:
        """Count the nodes that match with ``replacements`` for requirements at ``positions``."""


def count_without(failures: Failures, parts: Sequence[Condition], position: int) -> int:
    """Count the nodes that match without the requirement at a position, if none matches with it.

    These are those that fail only this; but without it, others may count for a rule between pods.
    """
    if any(isinstance(part, PodRule) for part in parts):
        return failures.count_if_replaced([position], [])
    return failures.counts.failing_only_this[position]


class Countable(Protocol):
    """What an engine must count, so that selectors over its nodes can be explained.

    The nodes must not change during an explanation.
    """

    def failures(self, requirements: Sequence[Condition]) -> Failures:
        """Group the nodes by the exact set of ``requirements`` that they fail."""

    def missing_label(self, key: str) -> str | None:
        """Return which few nodes lack a label that all others have; None if that is unknown."""

    def resources(self) -> Collection[str]:
        """Return the names of the resources that nodes have; empty if they are unknown."""

    @property
    def has_usage(self) -> bool:
        """Whether it is known what runs on the nodes, and subtracted from their resources."""

    def most_free(self, resource: str) -> int | None:
        """Return the largest amount of a resource on a node; None if that is unknown."""

    def key_counts(self, limit: int) -> Mapping[str, int] | None:
        """Return how many nodes have each label key; None if there are more than ``limit`` keys."""

    def value_counts(self, key: str, limit: int) -> Mapping[str, int] | None:
        """Return how many nodes have each value of ``key``; None if there are over ``limit``."""

    def count_with_key(self, key: str) -> int:
        """Count the nodes that have the label ``key``."""

    def count_with_value(self, key: str, value: str) -> int:
        """Count the nodes that have the label ``key=value``."""

    def keys_with_value(self, value: str, keys: Collection[str]) -> Mapping[str, int]:
        """Map each of ``keys`` to how many nodes have ``key=value``; leave out counts of 0."""

    def missing_ids(self, ids: Sequence[str]) -> Sequence[str]:
        """Return those of ``ids`` that no node has."""

    def find_names(self, names: Sequence[str]) -> Mapping[str, tuple[str, int]]:
        """Map each name to the first id of a node with this name, and the number of these nodes.

        The result has the order of ``names``; names that no node has are left out.

        :param names: up to 100,000 texts, such as unknown ids that may be names of nodes instead.
        """

    def find_id_prefix(self, prefix: str) -> tuple[str, int] | None:
        """Return the lowest id with this prefix and the number of such ids; None without one."""


class LabelCounter(Countable, Protocol):
    """What an engine must also count for audits and facets of labels.

    The nodes must not change meanwhile. An engine sends no rows beyond the limits of a method. A
    method may read all labels once or twice.
    """

    def label_counts(
        self, keys: int, values: int
    ) -> Iterable[tuple[str, int, Mapping[str, int] | None]]:
        """Yield each label key, how many nodes have it, and how many have each of its values.

        :param keys: how many keys to yield, the most frequent ones; of keys on the same number of
            nodes, the first ones in alphabetical order.
        :param values: instead of more values than this, yield None.
        """

    def count_with_keys(self, pairs: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
        """Map each pair of label keys to how many nodes have both."""

    def key_counts_by_value(
        self, key: str, values: Collection[str], keys: Collection[str]
    ) -> Mapping[str, Mapping[str, int]]:
        """Map each of ``values`` of ``key`` to how many nodes with it have each of ``keys``."""

    def example_ids(
        self, labels: Collection[tuple[str, str | None]], limit: int
    ) -> Mapping[tuple[str, str | None], Sequence[str]]:
        """Map each label, a key with a value or None, to up to ``limit`` ids of nodes that have it.

        None stands for any value.
        """

    def facets(self, limit: int | None) -> Sequence[KeyFacet]:
        """Return all label keys, the most frequent first, each with up to ``limit`` values."""


@runtime_checkable
class Counted(Protocol):
    """Nodes that can be counted: an inventory, a table or a data frame, or an answer of one."""

    def _counts(self) -> LabelCounter:
        """Return what counts the nodes as they are at this moment."""
