"""Many nodes, label by label: how a reader gives them where a map for each would cost too much."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, repeat

from nodeselect.frozen import Frozen
from nodeselect.node import NodeRow

__all__ = ["Block", "Columns", "to_blocks"]

_TOGETHER = 100
"""Nodes of a block; few enough to be still in the processor's cache when they are coded
(``benchmarks/test_live.py``)."""


class Columns(Frozen):
    """Nodes whose labels are given for each key. Iterates over the nodes.

    >>> list(Columns(["n-1", "n-2"], [None, None], [None, None], {"gpu": ["a100", None]}))
    [('n-1', {'gpu': 'a100'}, None, None), ('n-2', {}, None, None)]

    Every node has its labels in the order of ``labels``.
    """

    __slots__ = ("ids", "labels", "names", "states")

    ids: Sequence[str]
    """The id of each node."""
    names: Sequence[str | None]
    """The name of each node, as long as ``ids``."""
    states: Sequence[str | None]
    """The state of each node, as long as ``ids``."""
    labels: Mapping[str, Sequence[str | None]]
    """For each key, its value on each node; None is its absence."""

    def __init__(
        self,
        ids: Sequence[str],
        names: Sequence[str | None],
        states: Sequence[str | None],
        labels: Mapping[str, Sequence[str | None]],
    ) -> None:
        object.__setattr__(self, "ids", ids)
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "states", states)
        object.__setattr__(self, "labels", labels)

    def __iter__(self) -> Iterator[NodeRow]:
        keys = list(self.labels)
        rows = zip(*self.labels.values(), strict=True) if keys else repeat(())
        for node_id, name, state, row in zip(self.ids, self.names, self.states, rows, strict=False):
            labels = {key: value for key, value in zip(keys, row, strict=True) if value is not None}
            yield node_id, labels, name, state


Block = Sequence[NodeRow] | Columns
"""Some nodes, in their order."""


def to_blocks(nodes: Iterable[NodeRow]) -> Iterator[Block]:
    """Give the same nodes some at a time."""
    rest = iter(nodes)
    while some := list(islice(rest, _TOGETHER)):
        yield some
