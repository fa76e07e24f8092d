"""Count how many nodes have each label key, and each value of it.

>>> from nodeselect import Node
>>> facets = count_labels([Node("n-1", {"gpu": "t4"}), Node("n-2", {"gpu": "l4"}), Node("n-3")])
>>> [(facet.key, facet.nodes, facet.values) for facet in facets.keys]
[('gpu', 2, (('l4', 1), ('t4', 1)))]
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol, runtime_checkable

from nodeselect.explain.countable import rank_counts
from nodeselect.node import Node, count_connected


@runtime_checkable
class CountedSet(Protocol):
    """What counts labels: a set of nodes of an inventory, or of a table in a database."""

    def label_counts(self) -> Mapping[str, Mapping[str, int]]:
        """Return for each label key how many nodes have each value of it."""

    def state_counts(self) -> Mapping[str | None, int]:
        """Return how many nodes are in each state, None if unknown."""


class KeyFacet(NamedTuple):
    """A label key, and how many nodes have each value.

    :param nodes: how many nodes have the key.
    :param values: pairs of a value and how many nodes have it, the most frequent first.
    """

    key: str
    nodes: int
    values: tuple[tuple[str, int], ...]


class Facets(NamedTuple):
    """How many nodes have each label key.

    :param nodes: how many nodes were counted.
    :param connected: how many of them are connected; None if no node has a state.
    :param keys: the label keys, the most frequent first.
    """

    nodes: int
    connected: int | None
    keys: tuple[KeyFacet, ...]


def count_labels(nodes: Iterable[Node] | CountedSet) -> Facets:
    """Count the nodes that have each label key and each value.

    An iterable of nodes is read once; a set of nodes is counted by its index or by queries.
    """
    counts: Mapping[str, Mapping[str, int]]
    states: Mapping[str | None, int]
    if isinstance(nodes, CountedSet):
        counts, states = nodes.label_counts(), nodes.state_counts()
    else:
        counts, states = _count(nodes)
    keys = []
    for key, values in counts.items():
        ranked = tuple(rank_counts(values).items())
        keys.append(KeyFacet(key, sum(values.values()), ranked))
    keys.sort(key=lambda facet: (-facet.nodes, facet.key))
    return Facets(sum(states.values()), count_connected(states), tuple(keys))


def _count(
    nodes: Iterable[Node],
) -> tuple[Mapping[str, Mapping[str, int]], Mapping[str | None, int]]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    states = Counter[str | None]()
    for node in nodes:
        states[node.state] += 1
        for key, value in node.labels.items():
            counts[key][value] += 1
    return counts, states
