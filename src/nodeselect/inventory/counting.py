"""Counts over a set of nodes: by value, by key, by state.

By operations on sets where there is an index of all nodes and it has fewer values than the set has
nodes; else by a look at each node.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from nodeselect.inventory import postings
from nodeselect.inventory.moment import Moment
from nodeselect.inventory.postings import Postings
from nodeselect.inventory.store import Store
from nodeselect.labels import Operator, Requirement
from nodeselect.labels.selector import made_of
from nodeselect.node import Node

__all__ = ["carriers", "facet", "few_keys", "few_values", "ids_of_names", "keys_of", "states"]


def facet(store: Store, found: Postings, key: str) -> Counter[str]:
    """Count the nodes by their value of ``key``; those without it are not counted."""
    indexes = store.indexes()
    if indexes is None or sum(len(index.values(key)) for index in indexes) > len(found):
        nodes = _nodes(store, found)
        return Counter(node.labels[key] for node in nodes if key in node.labels)
    return _sum(index.counts(key, found) for index in indexes)


def few_values(store: Store, found: Postings, key: str, most: int) -> Counter[str] | None:
    """Count the nodes by their value of ``key``; None where there are more than ``most`` values."""
    indexes = store.indexes()
    if indexes is not None and max(len(index.values(key)) for index in indexes) > most:
        return None
    counts = facet(store, found, key)
    return None if len(counts) > most else counts


def few_keys(store: Store, found: Postings, most: int) -> Counter[str] | None:
    """Count the nodes that carry each key; None where there are more than ``most`` keys."""
    indexes = store.indexes()
    if indexes is None:
        counts = Counter(key for node in _nodes(store, found) for key in node.labels)
        return None if len(counts) > most else counts
    names = [index.names() for index in indexes]
    if max(map(len, names)) > most:
        return None
    return _sum(
        {key: postings.intersection(found, index.carriers(key)) for key in some}
        for index, some in zip(indexes, names, strict=True)
    )


def keys_of(store: Store, found: Postings, value: str, most: int) -> Counter[str]:
    """Count the nodes that have ``value``, by the key that they have it under.

    Nothing is counted where there are more than ``most`` keys.
    """
    indexes = store.indexes()
    if indexes is None:
        keys: set[str] = set()
        counts: Counter[str] = Counter()
        for node in _nodes(store, found):
            keys.update(node.labels)
            counts.update(key for key, held in node.labels.items() if held == value)
        return Counter() if len(keys) > most else counts
    names = [index.names() for index in indexes]
    if max(map(len, names)) > most:
        return Counter()
    return _sum(
        {key: index.count_of(key, value, found) for key in some}
        for index, some in zip(indexes, names, strict=True)
    )


def carriers(moment: Moment, found: Postings, key: str) -> int:
    """Count the nodes that carry ``key``."""
    carries = made_of([Requirement.read(key, Operator.EXISTS, ())], None)
    return postings.intersection(found, moment.match(carries))


def states(store: Store, found: Postings) -> dict[str | None, int]:
    """Count the nodes by state, the most frequent first; None is that of those without one."""
    indexes = store.indexes()
    counts: Counter[str | None] = Counter()
    if indexes is None or sum(len(index.states) for index in indexes) > len(found):
        counts.update(node.state for node in _nodes(store, found))
    else:
        for index in indexes:
            for state, held in index.states.copy().items():  # copied in one step
                counts[state] += postings.intersection(found, held)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0] or ""))
    return {state: count for state, count in ranked if count}


def ids_of_names(store: Store, found: Postings, names: Sequence[str]) -> dict[str, str]:
    """Give the id of the first node that has each of ``names``, where one has. Cost: a look at
    each name that there is."""
    wanted = frozenset(names)
    ordinals = [] if store.segment is None else store.segment.named(wanted)
    late = enumerate(store.changes.nodes[:], store.changes.first)
    ordinals += [ordinal for ordinal, node in late if node.name in wanted]
    ids: dict[str, str] = {}
    for ordinal in store.in_order(found & postings.of(ordinals)):
        name = store.name(ordinal)
        if name is not None:
            ids.setdefault(name, store.id(ordinal))
    return ids


def _nodes(store: Store, found: Postings) -> Iterator[Node]:
    return map(store.node, postings.ordinals(found))


def _sum(parts: Iterable[dict[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return +total
