"""Several pods of one placement: where they find room, and how many more there is room for."""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from nodeselect.explain.explanation import Explanation
from nodeselect.text import pluralize


class Room(NamedTuple):
    """How many more pods of one placement fit on the nodes.

    :param nodes: how many fit on each node with room for any, by its id.
    :param unknown: how many nodes match whose resources are unknown; they are not counted.
    """

    nodes: Mapping[str, int] = MappingProxyType({})
    unknown: int = 0

    @property
    def total(self) -> int:
        """How many fit on all nodes together."""
        return sum(self.nodes.values())

    def __str__(self) -> str:
        return f"room for {self.total:,} more on {pluralize(len(self.nodes), 'node')}"


class Replicas(NamedTuple):
    """Where pods of one placement find a node, one after the other.

    :param wanted: how many pods there are.
    :param nodes: the id of the node of each pod that finds one, in the order of the pods.
    :param after: why one more pod then matches the nodes, or does not.
    """

    wanted: int
    nodes: tuple[str, ...]
    after: Explanation

    @property
    def are_placed(self) -> bool:
        """Whether all find a node."""
        return len(self.nodes) == self.wanted

    @property
    def counts(self) -> Mapping[str, int]:
        """How many of the pods are on each node, by its id."""
        return Counter(self.nodes)

    @property
    def headline(self) -> str:
        """How many find a node, in one line."""
        placed = f"{len(self.nodes):,} of {pluralize(self.wanted, 'replica')}"
        does = "finds" if len(self.nodes) == 1 else "find"
        text = f"{placed} {does} a node, each the first that matches"
        return f"{text}; kube-scheduler may choose others"

    @property
    def not_considered(self) -> tuple[str, ...]:
        """See :class:`Explanation`."""
        return self.after.not_considered

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values: the explanation, with where the pods are."""
        counts = [{"id": node_id, "replicas": n} for node_id, n in self.counts.items()]
        placed = {"wanted": self.wanted, "placed": len(self.nodes), "nodes": counts}
        return {**self.after.as_dict(), "headline": self.headline, "replicas": placed}

    def __str__(self) -> str:
        return self.headline
