"""Stores made of nodes, and made anew of what is left of one.

Few nodes need no segment: they are changes since nothing, which keeps small programs from loading
numpy and costs them nothing.
"""

from array import array
from collections.abc import Iterable
from itertools import chain
from operator import itemgetter

from nodeselect.index import postings
from nodeselect.index.postings import Postings
from nodeselect.inventory.delta import Delta
from nodeselect.inventory.moment import Moment
from nodeselect.inventory.store import Store
from nodeselect.node import Node, NodeRow, duplicate_id_error
from nodeselect.readers.columnar import Block, to_blocks

__all__ = ["FEW", "build", "compacted", "is_due", "joined"]

FEW = 2_048
"""Nodes up to which no segment is made."""


def build(blocks: Iterable[Block], *, indexed: bool) -> Store:
    """Make the store of a new inventory of all nodes of ``blocks``. Cost: some 2 µs a node.

    :raises InventoryError: with the code ``duplicate-id``, when two nodes have one id.
    """
    few: list[NodeRow] = []
    rest = iter(blocks)
    for block in rest:
        few.extend(block)
        if indexed and len(few) > FEW:
            from nodeselect.index.encode import code
            from nodeselect.index.segment import Segment

            segment = Segment(code(chain([few], rest)))
            changes = Delta(len(segment), indexed=True)
            return Store(segment, changes, object(), array("q", range(len(segment))), len(segment))
    firsts: dict[str, int] = {}
    for number, (node_id, *_) in enumerate(few):
        first = firsts.setdefault(node_id, number)
        if first != number:
            raise duplicate_id_error(node_id, first, number)
    made = [
        Node._trusted(node_id, dict(labels), name, state) for node_id, labels, name, state in few
    ]
    return _few(made, range(len(made)), object(), len(made), indexed=indexed)


def is_due(moment: Moment, share: float) -> bool:
    """Say whether so much has changed since the store was made that it should be made anew."""
    return moment.changed > max(FEW, share * moment.store.base)


def compacted(moment: Moment, *, indexed: bool) -> Store:
    """Make a store of the nodes of one moment, without changes and dead ordinals.

    Cost: about a microsecond a node.
    """
    store = moment.store
    next_place = store.place(store.next_rank)
    alive = moment.everything()
    if not indexed or moment.length <= FEW:
        ordinals = store.in_order(alive)
        places = [store.place(store.rank(ordinal)) for ordinal in ordinals]
        nodes = [store.node(ordinal) for ordinal in ordinals]
        return _few(nodes, places, store.family, next_place, indexed=indexed)
    from nodeselect.index.encode import code
    from nodeselect.index.segment import Segment

    late = store.delta_members(alive)
    nodes = [store.node(ordinal) for _, ordinal in late]
    rows = code(to_blocks((node.id, node.labels, node.name, node.state) for node in nodes))
    ranks = [rank for rank, _ in late]
    if store.segment is not None:
        early = postings.ordinals(alive)[: len(alive) - len(late)]
        rows, ranks = store.segment.merged(early, rows, ranks)
    segment = Segment(rows)
    changes = Delta(len(segment), indexed=True)
    return Store(segment, changes, store.family, store.places(ranks), next_place)


def joined(one: Store, found: Postings, other: Store, other_found: Postings) -> Store:
    """Make a store of nodes of two stores of one inventory, each in its place.

    Cost: linear in the nodes, a few microseconds each.
    """
    placed = [
        (store.place(store.rank(ordinal)), store.node(ordinal))
        for store, some in ((one, found), (other, other_found))
        for ordinal in postings.ordinals(some)
    ]
    placed.sort(key=itemgetter(0))
    nodes = [node for _, node in placed]
    return _few(nodes, (place for place, _ in placed), one.family, 0, indexed=False)


def _few(
    nodes: list[Node], places: Iterable[int], family: object, next_place: int, *, indexed: bool
) -> Store:
    """Make a store without a segment."""
    changes = Delta(0, indexed=indexed)
    for rank, node in enumerate(nodes):
        changes.add(node, rank)
    return Store(None, changes, family, array("q", places), next_place)
