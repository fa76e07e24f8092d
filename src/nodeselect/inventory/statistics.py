"""Count nodes at one moment: by label key and value, and by the requirements that they fail.

Set operations on the index give the counts, except when counting node by node costs less. The index
finds the set of nodes that satisfy each requirement. The groups of nodes that fail the same
requirements are intersections and differences of these sets.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from nodeselect.explain.audit import missing_text
from nodeselect.explain.countable import (
    MAX_GROUPS,
    Counted,
    FailureCounts,
    KeyFacet,
    Positions,
    largest_groups,
    rank_counts,
    rank_facets,
)
from nodeselect.explain.explanation import NearMiss
from nodeselect.index import postings
from nodeselect.index.postings import Postings
from nodeselect.inventory.store import Store, View
from nodeselect.node import Node, check_id, count_connected, require_count
from nodeselect.placement import UsageSnapshot
from nodeselect.placement.pod_rules import PodRule
from nodeselect.placement.requirements import Condition, free_amount, if_replaced

# Of more nodes than this, not all are read to find the one with the most free resources.
_MAX_SEARCHED = 20_000


class FailureGroups:
    """The nodes, grouped by the set of requirements that they fail. Implements ``Failures``."""

    def __init__(
        self,
        view: View,
        everything: Postings,
        requirements: Sequence[Condition],
        usage: UsageSnapshot | None = None,
    ) -> None:
        """Split the nodes into groups, by one requirement after the other.

        If there are too many groups, the smallest groups that fail several requirements are
        dropped.
        """
        self._view, self._usage, self._requirements = view, usage, requirements
        passing = self._passing = [view.evaluate(each, usage) for each in requirements]
        total = len(everything)
        self._chosen = [everything] if total < len(view) else []
        if self._chosen:
            passing[:] = [nodes & everything for nodes in passing]
        sets: dict[Positions, Postings] = {(): everything}
        remaining: list[int] = []
        for position, passed in enumerate(passing):
            sets = _split(sets, position, passed)
            if len(sets) > MAX_GROUPS:
                sizes = {failed: len(nodes) for failed, nodes in sets.items()}
                sets = {failed: sets[failed] for failed in largest_groups(sizes)}
            remaining.append(len(sets.get((), ())))
        self._sets = sets
        groups = {failed: len(nodes) for failed, nodes in sets.items()}
        ungrouped = total - sum(groups.values())
        matched = groups.pop((), 0)
        self.counts = FailureCounts(
            total,
            matched,
            dict(sorted(groups.items(), key=lambda group: (-group[1], group[0]))),
            ungrouped,
            failing=tuple(total - len(passed) for passed in passing),
            remaining=tuple(remaining),
            failing_only_this=tuple(groups.get((at,), 0) for at in range(len(passing))),
        )

    def state_counts(self) -> Mapping[str | None, int]:
        matching = self._sets.get((), postings.from_ordinals(()))
        return self._view.store.state_counts(matching)

    def example_ids(self, failed: Positions, limit: int) -> Sequence[str]:
        store = self._view.store
        return store.ids(store.candidates_for_first(self._sets[failed], limit), limit)

    def nearest(self, limit: int) -> Sequence[NearMiss]:
        nodes = postings.union([self._sets[failed] for failed in self.counts.nearest_groups()])
        misses, store = [], self._view.store
        for ordinal in store.first(nodes, limit):
            failed = (at for at, passed in enumerate(self._passing) if ordinal not in passed)
            misses.append(NearMiss(store.node(ordinal).id, tuple(failed)))
        return misses

    def count_if_replaced(
        self, positions: Collection[int], replacements: Sequence[Condition]
    ) -> int:
        evaluate, kept = self._view.evaluate, []
        if any(isinstance(each, PodRule) for each in self._requirements):
            replacements = if_replaced(self._requirements, positions, replacements)
        else:
            kept = [passed for at, passed in enumerate(self._passing) if at not in positions]
        others = [*(evaluate(each, self._usage) for each in replacements), *kept, *self._chosen]
        return postings.evaluate_size(self._view.live(), [self._view.live(), *others], ())


def _split(
    sets: Mapping[Positions, Postings], position: int, passed: Postings
) -> dict[Positions, Postings]:
    """Split each group: nodes that are not in ``passed`` fail the requirement at ``position``."""
    groups = {}
    for failed, nodes in sets.items():
        passing = nodes & passed
        if passing:
            groups[failed] = passing
        if len(passing) < len(nodes):
            groups[*failed, position] = nodes - passing if passing else nodes
    return groups


class ViewStatistics:
    """Counts the nodes of a view, or of a set of them. Implements ``Countable``."""

    def __init__(
        self, view: View, usage: UsageSnapshot | None = None, nodes: Postings | None = None
    ) -> None:
        self._view = view
        self._usage = usage
        self._everything = view.live() if nodes is None else nodes
        self._indexes = view.store.indexes()

    def failures(self, requirements: Sequence[Condition]) -> FailureGroups:
        return FailureGroups(self._view, self._everything, requirements, self._usage)

    def missing_label(self, key: str) -> str | None:
        return missing_text(self, key)

    def resources(self) -> Collection[str]:
        return {name for index in self._indexes for name in [*index.amounts]}  # of a writer

    @property
    def has_usage(self) -> bool:
        return self._usage is not None

    def most_free(self, resource: str) -> int | None:
        usage = self._usage
        if usage is not None and len(self._everything) > _MAX_SEARCHED:
            return None
        amounts = [index.amounts[resource] for index in self._indexes if resource in index.amounts]
        if usage is None and all(
            postings.intersection_size(self._everything, each.at_least(each.largest))
            for each in amounts
        ):
            return max((each.largest for each in amounts), default=0)
        # The nodes with the largest amounts are deleted, or in use.
        nodes = map(self._view.store.node, postings.ordinals(self._everything))
        return max([0, *(free_amount(node, resource, usage) for node in nodes)])

    def key_counts(self, limit: int) -> Mapping[str, int] | None:
        counts: Counter[str] = Counter()
        for index in self._indexes:
            for key in index.keys:
                if count := postings.intersection_size(self._everything, index.nodes_with_key(key)):
                    counts[key] += count
                    if len(counts) > limit:
                        return None
        return counts

    def value_counts(self, key: str, limit: int) -> Mapping[str, int] | None:
        dead = sum(len(index.everything) for index in self._indexes) - len(self._everything)
        if max(len(index.values(key)) for index in self._indexes) - dead > limit:
            return None  # at most ``dead`` values are only those of deleted nodes
        counts: Counter[str] = Counter()
        for index in self._indexes:
            counts.update(index.value_counts(key, self._everything, limit + 1))
            if len(counts) > limit:
                return None
        return counts

    def count_with_key(self, key: str) -> int:
        return sum(
            postings.intersection_size(self._everything, index.nodes_with_key(key))
            for index in self._indexes
        )

    def count_with_value(self, key: str, value: str) -> int:
        nodes = self._everything
        return sum(index.count_with_value(key, value, nodes) for index in self._indexes)

    def keys_with_value(self, value: str, keys: Collection[str]) -> Mapping[str, int]:
        return {key: n for key in keys if (n := self.count_with_value(key, value))}

    def missing_ids(self, ids: Sequence[str]) -> Sequence[str]:
        found = map(self._view.find, ids)
        pairs = zip(ids, found, strict=True)
        return [each for each, at in pairs if at is None or at not in self._everything]

    def find_names(self, names: Sequence[str]) -> Mapping[str, tuple[str, int]]:
        store, nodes = self._view.store, {}
        for name in names:
            if found := store.with_name(name, self._everything):
                nodes[name] = _checked(store.ids(found, 1)[0]), len(found)
        return nodes

    def find_id_prefix(self, prefix: str) -> tuple[str, int] | None:
        ids = self._view.store.ids(self._everything)
        found = [node_id for node_id in ids if node_id.startswith(prefix)]
        return (_checked(min(found)), len(found)) if found else None

    def label_counts(
        self, keys: int, values: int
    ) -> Iterator[tuple[str, int, Mapping[str, int] | None]]:
        counts = rank_counts(self.key_counts(sys.maxsize) or {})
        for key, nodes in islice(counts.items(), keys):
            yield key, nodes, self.value_counts(key, values)

    def count_with_keys(self, pairs: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
        nodes, with_key = self._everything, self._view.store.with_label
        return {
            (key, other): postings.intersection_size(nodes & with_key(key), with_key(other))
            for key, other in pairs
        }

    def key_counts_by_value(
        self, key: str, values: Collection[str], keys: Collection[str]
    ) -> Mapping[str, Mapping[str, int]]:
        with_label = self._view.store.with_label
        with_key = {each: self._everything & with_label(each) for each in keys}
        with_value = {value: with_label(key, value) for value in values}
        return {
            value: {
                each: postings.intersection_size(nodes, having) for each, having in with_key.items()
            }
            for value, nodes in with_value.items()
        }

    def example_ids(
        self, labels: Collection[tuple[str, str | None]], limit: int
    ) -> Mapping[tuple[str, str | None], Sequence[str]]:
        store, nodes = self._view.store, self._everything
        return {label: store.ids(nodes & store.with_label(*label), limit) for label in labels}

    def facets(self, limit: int | None) -> Sequence[KeyFacet]:
        return rank_facets(label_counts(self._view.store, self._everything), limit)


def _checked(node_id: str) -> str:
    """Return ``node_id``; raise if it is not a valid id, which happens only in a forged file."""
    check_id(node_id)
    return node_id


def label_counts(store: Store, found: Postings) -> Mapping[str, Mapping[str, int]]:
    """Return the result of :meth:`Store.value_counts` for each label key of the nodes ``found``."""
    indexes = store.indexes()
    keys = dict.fromkeys(key for index in indexes for key in index.keys)
    if sum(len(index.values(key)) for index in indexes for key in keys) > len(found):
        return count_nodes(map(store.node, postings.ordinals(found)))[0]
    counts = {key: store.value_counts(found, key) for key in keys}
    return {key: values for key, values in counts.items() if values}


class Facets(NamedTuple):
    """How many nodes have each label key.

    :param nodes: how many nodes were counted.
    :param connected: how many of them are connected; None if no node has a state.
    :param keys: the label keys, the most frequent first.
    """

    nodes: int
    connected: int | None
    keys: tuple[KeyFacet, ...]


def count_labels(nodes: Iterable[Node] | Counted, *, values: int | None = None) -> Facets:
    """Count the nodes that have each label key and each value.

    >>> facets = count_labels([Node("n-1", {"gpu": "t4"}), Node("n-2", {"gpu": "l4"}), Node("n-3")])
    >>> [(facet.key, facet.nodes, facet.values) for facet in facets.keys]
    [('gpu', 2, (('l4', 1), ('t4', 1)))]

    An iterable of nodes is read once. An inventory or an answer of one is counted by its index, and
    a table (:class:`~nodeselect.engines.sql.nodes.SqlNodes`) or an answer of it by queries.

    :param values: how many values of each key to return, the most frequent ones; ``distinct`` of
        the key counts all. No others are sent by a database. With None, return all values.
    :raises ValueError: if ``values`` is negative.
    """
    if values is not None:
        require_count("values", values)
    states: Mapping[str | None, int]
    if isinstance(nodes, Counted):
        counter = nodes._counts()
        states, keys = counter.failures(()).state_counts(), counter.facets(values)
    else:
        counts, states = count_nodes(nodes)
        keys = rank_facets(counts, values)
    return Facets(sum(states.values()), count_connected(states), tuple(keys))


def count_nodes(nodes: Iterable[Node]) -> tuple[Mapping[str, Counter[str]], Counter[str | None]]:
    """Count nodes by the values of each label key, and by state."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    states = Counter[str | None]()
    for node in nodes:
        states[node.state] += 1
        for key, value in node.labels.items():
            counts[key][value] += 1
    return counts, states
