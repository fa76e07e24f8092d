"""Blocks of nodes, as rows or dictionary encoded; and what Arrow data needs without pyarrow."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from nodeselect.errors import InventoryError
from nodeselect.node import NodeRow
from nodeselect.text import printable, truncate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# The nodes of a block: so few that they are still in the processor's cache when they are encoded
# (``benchmarks/test_live.py``).
BLOCK_SIZE = 100


class EncodedBlock:
    """A block of nodes with dictionary-encoded labels, and without facts. Iterating yields rows.

    :param codes: the labels of all nodes, one node after the other, as indexes into ``pairs``.
    :param lengths: how many labels each node has.
    """

    def __init__(
        self,
        ids: Sequence[str],
        names: Sequence[str | None],
        states: Sequence[str | None],
        pairs: Sequence[tuple[str, str]],
        codes: "NDArray[np.int64]",
        lengths: "NDArray[np.int64]",
    ) -> None:
        self.ids = ids
        self.names = names
        self.states = states
        self.pairs = pairs
        self.codes = codes
        self.lengths = lengths

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[NodeRow]:
        labels = map(self.pairs.__getitem__, self.codes.tolist())
        fields = zip(self.ids, self.names, self.states, self.lengths.tolist(), strict=True)
        for node_id, name, state, length in fields:
            yield node_id, dict(islice(labels, length)), name, state, None


Block = Sequence[NodeRow] | EncodedBlock
"""Consecutive nodes of one input."""


def to_blocks(nodes: Iterable[NodeRow]) -> Iterator[Sequence[NodeRow]]:
    """Yield the nodes, in order, in lists of at most ``BLOCK_SIZE``."""
    rest = iter(nodes)
    while block := list(islice(rest, BLOCK_SIZE)):
        yield block


class ArrowData(Protocol):
    """An object with the Arrow interface: a table, a data frame or a stream of record batches."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return a ``PyCapsule`` with an Arrow C stream."""


def require_pyarrow() -> None:
    """Import pyarrow; raise ``needs-pyarrow`` if it is not installed."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise InventoryError(
            "needs-pyarrow",
            "Parquet and Arrow need the package pyarrow, which cannot be imported:"
            f" {printable(truncate(str(error), 100))}",
            hint="install it: pip install 'nodeselect[arrow]'",
        ) from None
