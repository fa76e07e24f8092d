"""Blocks of nodes, as rows or dictionary encoded; and what Arrow data needs without pyarrow."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Protocol

from nodeselect.errors import InventoryError
from nodeselect.node import Facts, NodeRow
from nodeselect.selectors import AnyOf, Selector
from nodeselect.selectors.selector import alternatives
from nodeselect.text import printable, quoted, truncate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# The nodes of a block: so few that they are still in the processor's cache when they are encoded
# (``benchmarks/test_live.py``).
BLOCK_SIZE = 100


class EncodedBlock:
    """A block of nodes with dictionary-encoded labels. Iterating yields rows.

    :param codes: the labels of all nodes, one node after the other, as indexes into ``pairs``.
    :param lengths: how many labels each node has.
    :param facts: the facts about each node; None if none is known.
    """

    def __init__(
        self,
        ids: Sequence[str],
        names: Sequence[str | None],
        states: Sequence[str | None],
        pairs: Sequence[tuple[str, str]],
        codes: "NDArray[np.int64]",
        lengths: "NDArray[np.int64]",
        facts: Sequence[Facts | None] | None = None,
    ) -> None:
        self.ids = ids
        self.names = names
        self.states = states
        self.pairs = pairs
        self.codes = codes
        self.lengths = lengths
        self.facts = facts

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[NodeRow]:
        labels = map(self.pairs.__getitem__, self.codes.tolist())
        facts = [None] * len(self.ids) if self.facts is None else self.facts
        fields = zip(self.ids, self.names, self.states, self.lengths.tolist(), facts, strict=True)
        for node_id, name, state, length, known in fields:
            yield node_id, dict(islice(labels, length)), name, state, known


Block = Sequence[NodeRow] | EncodedBlock
"""Consecutive nodes of one input."""


def to_blocks(nodes: Iterable[NodeRow]) -> Iterator[Sequence[NodeRow]]:
    """Yield the nodes, in order, in lists of at most ``BLOCK_SIZE``."""
    rest = iter(nodes)
    while block := list(islice(rest, BLOCK_SIZE)):
        yield block


def not_text(column: str, kind: str, code: str = "label-not-text") -> InventoryError:
    """Return the error for a column of the type ``kind`` that must have texts."""
    message = f"the column {quoted(column)} must be of strings, not of {kind}"
    return InventoryError(code, message, hint="cast it to strings, or leave it out")


def require_read(unread: Mapping[str, str], selector: Selector | AnyOf | None = None) -> None:
    """Raise if ``selector`` requires a label of a column that was not read.

    :param unread: the label keys of these columns, and the types of the columns.
    :param selector: None for all labels.
    """
    if unread:
        keys: Iterable[str] = unread
        if selector is not None:
            parts = chain.from_iterable(each.canonical for each in alternatives(selector))
            keys = (part.key for part in parts if part.key in unread)
        for key in keys:
            raise not_text(key, unread[key])


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
