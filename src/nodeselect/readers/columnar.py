"""Many nodes at once, in columns: cheaper than a dictionary of labels for each node."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, repeat

from nodeselect.frozen import Frozen
from nodeselect.node import NodeRow

__all__ = ["Block", "Columns", "to_blocks"]

# Few enough nodes to be still in the processor's cache when they are encoded
# (``benchmarks/test_live.py``).
_BLOCK_SIZE = 100


class Columns(Frozen):
    """Nodes with one column for each label key. Iterates over the nodes.

    >>> list(Columns(["n-1", "n-2"], [None, None], [None, None], {"gpu": ["a100", None]}))
    [('n-1', {'gpu': 'a100'}, None, None), ('n-2', {}, None, None)]

    Every node has its labels in the order of ``labels``.

    :param ids: the id of each node.
    :param names: the name of each node.
    :param states: the state of each node.
    :param labels: for each key, its value on each node; None if the node has no such label.
    """

    __slots__ = ("ids", "labels", "names", "states")

    ids: Sequence[str]
    names: Sequence[str | None]
    states: Sequence[str | None]
    labels: Mapping[str, Sequence[str | None]]

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
"""Consecutive nodes of one input."""


def to_blocks(nodes: Iterable[NodeRow]) -> Iterator[Sequence[NodeRow]]:
    """Split nodes into blocks, in order."""
    rest = iter(nodes)
    while block := list(islice(rest, _BLOCK_SIZE)):
        yield block
