"""Count the nodes of a view by label key and value.

Set operations on the index give the counts, except when counting node by node costs less.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from nodeselect.index import postings
from nodeselect.index.postings import Postings
from nodeselect.inventory.failure_groups import FailureGroups
from nodeselect.inventory.store import Store, View
from nodeselect.node import check_id
from nodeselect.selectors import Selector


class ViewStatistics:
    """Counts over all nodes of one state of an inventory.

    It implements :class:`nodeselect.explain.Countable`, for explanations, and ``LabelCounter`` of
    ``explain/audit.py``.
    """

    __slots__ = ("_everything", "_indexes", "_view")

    def __init__(self, view: View) -> None:
        self._view = view
        self._everything = view.live()
        self._indexes = view.store.indexes()

    def __len__(self) -> int:
        return len(self._everything)

    def failures(self, requirements: Sequence[Selector]) -> FailureGroups:
        """Group the nodes by the exact set of ``requirements`` that they fail."""
        return FailureGroups(self._view, self._everything, requirements)

    def key_counts(self, limit: int) -> Mapping[str, int] | None:
        """Count the nodes that have each label key; return None for more than ``limit`` keys."""
        counts: Counter[str] = Counter()
        for index in self._indexes:
            for key in index.keys:
                if count := postings.intersection_size(self._everything, index.nodes_with_key(key)):
                    counts[key] += count
                    if len(counts) > limit:
                        return None
        return counts

    def value_counts(self, key: str, limit: int) -> Mapping[str, int] | None:
        """Return how many nodes have each value of ``key``; None for more than ``limit`` values."""
        dead = sum(len(index.everything) for index in self._indexes) - len(self._everything)
        if max(len(index.values(key)) for index in self._indexes) - dead > limit:
            return None  # at most ``dead`` values are only those of deleted nodes
        counts = value_counts(self._view.store, self._everything, key)
        return None if len(counts) > limit else counts

    def count_with_key(self, key: str) -> int:
        """Count the nodes that have the label ``key``."""
        return sum(
            postings.intersection_size(self._everything, index.nodes_with_key(key))
            for index in self._indexes
        )

    def count_with_value(self, key: str, value: str) -> int:
        """Count the nodes that have ``value`` for ``key``."""
        nodes = self._everything
        return sum(index.count_with_value(key, value, nodes) for index in self._indexes)

    def count_with_keys(self, key: str, other: str) -> int:
        """Count the nodes that have both label keys."""
        with_key, with_other = map(self._view.store.with_key, (key, other))
        return postings.intersection_size(self._everything & with_key, with_other)

    def example_ids(self, key: str, value: str | None, limit: int) -> Sequence[str]:
        """Return the first ids of nodes with this label; None stands for any value of the key."""
        store = self._view.store
        if value is None:
            return store.ids(self._everything & store.with_key(key), limit)
        return store.ids(store.with_value(key, value, self._everything), limit)

    def keys_with_value(self, value: str, keys: Collection[str]) -> Mapping[str, int]:
        """Count the nodes with this ``value`` for each of ``keys``; leave out keys without any."""
        return {key: n for key in keys if (n := self.count_with_value(key, value))}

    def missing_ids(self, ids: Sequence[str]) -> Sequence[str]:
        """Return those of ``ids`` that no node has."""
        return [node_id for node_id in ids if self._view.find(node_id) is None]

    def find_names(self, names: Sequence[str]) -> Mapping[str, tuple[str, int]]:
        """Find nodes by their names; return for each name the first id and the number of nodes."""
        store, nodes = self._view.store, {}
        for name in names:
            if found := store.with_name(name, self._everything):
                nodes[name] = _checked(store.ids(found, 1)[0]), len(found)
        return nodes

    def find_id_prefix(self, prefix: str) -> tuple[str, int] | None:
        """Return the lowest id with this prefix, and how many have it; or None. Reads all ids."""
        ids = self._view.store.ids(self._everything)
        found = [node_id for node_id in ids if node_id.startswith(prefix)]
        return (_checked(min(found)), len(found)) if found else None


def _checked(node_id: str) -> str:
    """Return an id of a node; raise if it is not valid, which happens only in a forged file."""
    check_id(node_id)
    return node_id


def value_counts(store: Store, found: Postings, key: str) -> Counter[str]:
    """Return how many of the nodes ``found`` have each value of ``key``."""
    indexes = store.indexes()
    if sum(len(index.values(key)) for index in indexes) > len(found):
        nodes = map(store.node, postings.ordinals(found))
        return Counter(node.labels[key] for node in nodes if key in node.labels)
    counts: Counter[str] = Counter()
    for index in indexes:
        counts.update(index.value_counts(key, found))
    return counts
