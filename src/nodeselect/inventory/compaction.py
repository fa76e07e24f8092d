"""Build the store of an inventory, from new nodes or from the live nodes of an older store.

A few nodes are stored without a segment, as a delta, so that small programs do not load numpy.
"""

from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING

from nodeselect.index.segment import Segment
from nodeselect.index.tuning import Tuning
from nodeselect.inventory.delta import Delta
from nodeselect.inventory.store import Store, View
from nodeselect.node import DuplicateIdError, Node
from nodeselect.readers.columnar import Block, to_blocks

if TYPE_CHECKING:
    from nodeselect.index.node_table import NodeTable


def build(blocks: Iterable[Block], tuning: Tuning) -> Store:
    """Build the store of a new inventory, from blocks of nodes. Cost: about 2 µs a node.

    :raises InventoryError: with the code ``duplicate-id`` if two nodes have the same id.
    """
    first: list[Block] = []
    count = 0
    remaining = iter(blocks)
    for block in remaining:
        first.append(block)
        count += len(block)
        if count > tuning.max_unsegmented:
            from nodeselect.index.node_table import encode

            return _segment_store(encode(chain(first, remaining)), tuning)
    nodes = (
        Node._trusted(node_id, dict(labels), name, state)
        for node_id, labels, name, state in chain.from_iterable(first)
    )
    return _delta_store(nodes, tuning)


def compact(view: View) -> Store:
    """Build a new store that has only the nodes of ``view`` that are not deleted.

    Cost: about a microsecond a node.
    """
    store, tuning = view.store, view.store.delta.tuning
    if len(view) <= tuning.max_unsegmented:
        return _delta_store(map(store.node, store.in_order(view.live())), tuning)
    return _segment_store(_live_table(view), tuning)


def segment_of(view: View) -> Segment:
    """Return a segment, which is an index, of all nodes of ``view``.

    If there were no changes, it is that of its store. Otherwise it is built, which costs about a
    microsecond a node.
    """
    segment = _unchanged_segment(view)
    return _new_segment(_live_table(view), view.store.delta.tuning) if segment is None else segment


def to_table(view: View) -> "NodeTable":
    """Return a table of the nodes of ``view``, in inventory order.

    Cost: about a microsecond a node if there were changes.
    """
    segment = _unchanged_segment(view)
    if segment is None:
        return _live_table(view)
    from nodeselect.index.node_table import table_of

    return table_of(segment.rows)


def _unchanged_segment(view: View) -> Segment | None:
    """Return the segment of the store if it has exactly the nodes of ``view``; otherwise None."""
    has_changes = view.node_count or view.tombstone_count
    return None if has_changes else view.store.segment


def _live_table(view: View) -> "NodeTable":
    from nodeselect.index.node_table import encode, merge, table_of

    store, segment = view.store, view.store.segment
    indexed, members = store.split(view.live())
    nodes = [store.node(ordinal) for _, ordinal in members]
    table = encode(to_blocks((node.id, node.labels, node.name, node.state) for node in nodes))
    if segment is None:
        return table
    ranks = segment.order.sorted_ranks(indexed)
    other_ranks = [rank for rank, _ in members]
    return merge(table_of(segment.rows), ranks, table, other_ranks, store.delta.tuning.chunk)


def _segment_store(table: "NodeTable", tuning: Tuning) -> Store:
    segment = _new_segment(table, tuning)
    return Store(segment, Delta(len(segment), tuning))


def _new_segment(table: "NodeTable", tuning: Tuning) -> Segment:
    from nodeselect.index.built_segment import BuiltSegment

    return BuiltSegment(table, tuning)


def _delta_store(nodes: Iterable[Node], tuning: Tuning) -> Store:
    delta = Delta(0, tuning)
    for rank, node in enumerate(nodes):
        first = delta.latest_ordinal(node.id, rank)
        if first is not None:
            raise DuplicateIdError(node.id, (first, rank))
        delta.add(node, rank)
    return Store(None, delta)
