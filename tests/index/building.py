"""Tables and segments, built of nodes."""

from collections.abc import Iterable, Mapping, Sequence

from nodeselect import Node
from nodeselect.index.built_segment import BuiltSegment
from nodeselect.index.node_table import NodeTable, encode
from nodeselect.index.tuning import DEFAULT, Tuning
from nodeselect.readers.columnar import to_blocks


def table_of(nodes: Iterable[Node]) -> NodeTable:
    return encode(
        to_blocks((node.id, node.labels, node.name, node.state, node._facts) for node in nodes)
    )


def segment_of(
    fleet: Sequence[Mapping[str, str]], tuning: Tuning = DEFAULT, states: Sequence[str | None] = ()
) -> BuiltSegment:
    """Build a segment of nodes with these labels, and with these states if there are any."""
    rows = zip(fleet, states or [None] * len(fleet), strict=True)
    nodes = (Node(f"n-{at}", labels, state=state) for at, (labels, state) in enumerate(rows))
    return BuiltSegment(table_of(nodes), tuning)
