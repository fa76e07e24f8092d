"""Counts over a set of nodes: by value, by key, by state.

By operations on sets where there is an index of all nodes and it has fewer values than the set has
nodes; else by a look at each node.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from nodeselect.index import postings
from nodeselect.index.postings import Postings
from nodeselect.inventory.store import Store
from nodeselect.node import Node

__all__ = ["carriers", "few_keys", "few_values", "holders", "keys_of", "states", "value_counts"]


def value_counts(store: Store, found: Postings, key: str) -> Counter[str]:
    """Count the nodes by their value of ``key``; those without it are not counted."""
    indexes = store.indexes()
    if indexes is None or sum(len(index.values(key)) for index in indexes) > len(found):
        nodes = _nodes(store, found)
        return Counter(node.labels[key] for node in nodes if key in node.labels)
    return _sum(index.value_counts(key, found) for index in indexes)


def few_values(store: Store, found: Postings, key: str, most: int) -> Counter[str] | None:
    """Count the nodes by their value of ``key``; None where there are more than ``most`` values.

    Cost: that of :func:`value_counts` for so many values, and for those that none of ``found`` has.
    """
    indexes = store.indexes()
    if indexes is not None:
        others = sum(len(index.everything) for index in indexes) - len(found)
        if max(len(index.values(key)) for index in indexes) - others > most:
            return None  # a node has one value, so no more than these are of the others alone
    counts = value_counts(store, found, key)
    return None if len(counts) > most else counts


def few_keys(store: Store, found: Postings, most: int) -> Counter[str] | None:
    """Count the nodes that carry each key; None where there are more than ``most`` keys.

    Cost: a set operation for each of so many keys, and for those that none of ``found`` has.
    """
    counts: Counter[str] = Counter()
    for some in _counts_of_keys(store, found):
        counts.update(some)
        if len(counts) > most:
            return None
    return counts


def _counts_of_keys(store: Store, found: Postings) -> Iterator[dict[str, int]]:
    """Count some nodes, or the nodes with one key, at a time."""
    indexes = store.indexes()
    if indexes is None:
        yield from (dict.fromkeys(node.labels, 1) for node in _nodes(store, found))
        return
    for index in indexes:
        for key in index.keys:
            if count := postings.intersection_size(found, index.nodes_with_key(key)):
                yield {key: count}


def keys_of(store: Store, found: Postings, value: str, keys: Collection[str]) -> Counter[str]:
    """Count the nodes that have ``value``, by the key, one of ``keys``, that they have it under."""
    indexes = store.indexes()
    if indexes is None:
        nodes = _nodes(store, found)
        return Counter(key for node in nodes for key in keys if node.labels.get(key) == value)
    return _sum(
        {key: index.count_with_value(key, value, found) for key in keys} for index in indexes
    )


def carriers(store: Store, found: Postings, key: str) -> int:
    """Count the nodes that carry ``key``."""
    indexes = store.indexes()
    if indexes is None:
        return sum(key in node.labels for node in _nodes(store, found))
    return sum(postings.intersection_size(found, index.nodes_with_key(key)) for index in indexes)


def holders(store: Store, found: Postings, key: str, value: str) -> int:
    """Count the nodes that have ``value`` under ``key``."""
    indexes = store.indexes()
    if indexes is None:
        return sum(node.labels.get(key) == value for node in _nodes(store, found))
    return sum(index.count_with_value(key, value, found) for index in indexes)


def states(store: Store, found: Postings) -> dict[str | None, int]:
    """Count the nodes by state, the most frequent first; None is that of those without one."""
    indexes = store.indexes()
    counts: Counter[str | None] = Counter()
    if indexes is None or sum(len(index.states) for index in indexes) > len(found):
        counts.update(node.state for node in _nodes(store, found))
    else:
        for index in indexes:
            for state, held in index.states.copy().items():  # copied in one step
                counts[state] += postings.intersection_size(found, held)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0] or ""))
    return {state: count for state, count in ranked if count}


def _nodes(store: Store, found: Postings) -> Iterator[Node]:
    return map(store.node, postings.ordinals(found))


def _sum(parts: Iterable[dict[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return +total
