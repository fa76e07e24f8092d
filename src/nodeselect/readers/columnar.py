"""Many nodes in columns, which cost less than a dictionary of labels for each node."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, repeat

from nodeselect.node import NodeRow

__all__ = ["Block", "Columns", "to_blocks"]

# The nodes of a block: so few that they are still in the processor's cache when they are encoded
# (``benchmarks/test_live.py``).
_BLOCK_SIZE = 100


class Columns:
    """Nodes with one column for each label key. Iterates over the nodes.

    >>> list(Columns(["n-1", "n-2"], [None, None], [None, None], {"gpu": ["a100", None]}))
    [('n-1', {'gpu': 'a100'}, None, None), ('n-2', {}, None, None)]

    ``labels`` maps each label key to its values in the order of the nodes, None for a node without
    the key. Every node gets its labels in the order of these keys.
    """

    __slots__ = ("ids", "labels", "names", "states")

    def __init__(
        self,
        ids: Sequence[str],
        names: Sequence[str | None],
        states: Sequence[str | None],
        labels: Mapping[str, Sequence[str | None]],
    ) -> None:
        self.ids = ids
        self.names = names
        self.states = states
        self.labels = labels

    def __iter__(self) -> Iterator[NodeRow]:
        rows = zip(*self.labels.values(), strict=True) if self.labels else repeat(())
        for node_id, name, state, row in zip(self.ids, self.names, self.states, rows, strict=False):
            pairs = zip(self.labels, row, strict=True)
            yield node_id, {key: value for key, value in pairs if value is not None}, name, state


Block = Sequence[NodeRow] | Columns
"""Consecutive nodes of one input, in rows or in columns."""


def to_blocks(nodes: Iterable[NodeRow]) -> Iterator[Sequence[NodeRow]]:
    """Split nodes into blocks, in order."""
    rest = iter(nodes)
    while block := list(islice(rest, _BLOCK_SIZE)):
        yield block
