"""The nodes that there are, and how they change."""

import os
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock, get_ident
from typing import TYPE_CHECKING, BinaryIO, NoReturn, TextIO

from nodeselect.errors import InventoryError
from nodeselect.inventory.compaction import build, compacted, is_due
from nodeselect.inventory.moment import Moment
from nodeselect.inventory.snapshot import Reading, Snapshot
from nodeselect.inventory.store import Store
from nodeselect.node import Node, NodeRow
from nodeselect.readers import open_input
from nodeselect.readers.columnar import Block, to_blocks

if TYPE_CHECKING:
    from nodeselect.readers.reader import NodeReader

__all__ = ["Inventory"]


class Inventory(Reading):
    """A fleet of nodes, each id once, in the order in which the nodes first came in.

    >>> from nodeselect import Selector
    >>> inventory = Inventory([Node("n-1", {"gpu": "true"}), Node("n-2")])
    >>> inventory.match(Selector.parse("gpu")).ids()
    ['n-1']

    Any thread may read at any time, and never waits. Threads that write wait for each other.

    :param nodes: the nodes to begin with.
    :param indexed: False tests every node by the selector's predicate, for comparison.
    :param compact_at: the share of changes above which the writer that notices compacts (see
        :meth:`compact`), though never below 2,048 changes; None leaves it to the caller.
    :raises InventoryError: with the code ``duplicate-id``, when two nodes have one id.
    """

    __slots__ = ("_compact_at", "_indexed", "_lock", "_torn", "_writer")

    def __init__(
        self,
        nodes: Iterable[Node] = (),
        *,
        indexed: bool = True,
        compact_at: float | None = 0.2,
    ) -> None:
        self._begin(to_blocks(map(_parts, nodes)), indexed, compact_at)

    @classmethod
    def read(
        cls,
        source: "str | os.PathLike[str] | BinaryIO | TextIO | NodeReader",
        *,
        indexed: bool = True,
        compact_at: float | None = 0.2,
    ) -> "Inventory":
        """Read all nodes of a file, a stream or a reader; ``-`` is standard input.

        The shape is recognised by what stands there: node lists of Expanso, Kubernetes, Bacalhau
        and Nomad, ``[{id, labels}]``, ``{id: labels}``, as JSON, YAML or JSON lines, and CSV.

        :raises InventoryError: when anything is wrong or missing; there is no smaller inventory.
        """
        from nodeselect.readers.reader import NodeReader  # msgspec: loaded with the first input

        if not isinstance(source, NodeReader):
            with open_input(source) as (stream, name):
                reader = NodeReader(stream, name=name)
                return cls.read(reader, indexed=indexed, compact_at=compact_at)
        made = cls.__new__(cls)
        try:
            made._begin(source.blocks(), indexed, compact_at)
        except InventoryError as error:
            raise (error if error.place else error.within(source.name or "input")) from None
        return made

    def snapshot(self) -> Snapshot:
        """Give the inventory as it is now, to be asked several things of one moment.

        It never changes, whatever is written afterwards. Cost: less than a microsecond.
        """
        return Snapshot(self._moment)

    def upsert(self, node: Node) -> None:
        """Put ``node`` in the place of the one with its id, or behind all when there is none.

        A node that is there already, equal in all parts, is no change. Cost: some microseconds,
        and a compaction where one is due.
        """
        _check(node)
        self._write([node])

    def remove(self, node_id: str) -> None:
        """Take the node with this id out. Cost: some microseconds, as for :meth:`upsert`.

        :raises KeyError: when there is none.
        :raises TypeError: when ``node_id`` is no string.
        """
        if not isinstance(node_id, str):
            raise TypeError(f"an id is a string, not {type(node_id).__name__}")
        self._write([node_id])

    def apply(self, changes: Iterable[Node | str]) -> None:
        """Make several changes as one: readers see all of them or none.

        :param changes: each is a node to put in as :meth:`upsert` does, or the id of one to take
            out; made in this order.
        :raises KeyError: when an id to take out is not there by then; nothing is changed.
        :raises TypeError: when a change is neither, or ``changes`` is one id or a
            mapping; nothing is changed.
        """
        if isinstance(changes, (str, Mapping)):  # of which the letters, or the keys, would be ids
            raise TypeError(f"changes are a list of them, not {type(changes).__name__}")
        every = list(changes)
        for change in every:
            if not isinstance(change, (Node, str)):
                raise TypeError(f"a change is a Node or an id, not {type(change).__name__}")
        self._write(every)

    @property
    def uncompacted(self) -> int:
        """How many nodes came in or went since the last compaction: what the next one folds in."""
        return self._moment.changed

    def compact(self) -> None:
        """Index all changes with the rest, so that answers cost the least.

        Writers call it by themselves when the nodes that came in or went since the last time
        exceed the share ``compact_at`` of all, and pay for it: a second or more for a million
        nodes, in which other writers wait and readers do not. A scheduler that would rather choose
        the moment gives ``compact_at=None`` and calls it when it is idle.
        """
        self._refuse_within()
        with self._lock:
            self._writer = get_ident()
            try:
                self._compact()
            finally:
                self._writer = 0

    def __reduce__(self) -> NoReturn:
        """Refuse to be copied or pickled: two would write into one store."""
        raise TypeError("an Inventory is not copied: make another of its nodes")

    def _begin(self, blocks: Iterable[Block], indexed: bool, compact_at: float | None) -> None:
        if compact_at is not None and not compact_at > 0:
            raise ValueError("compact_at must be above 0, or None")
        self._indexed = indexed
        self._compact_at = compact_at
        self._lock = Lock()
        self._torn = False
        self._writer = 0
        store = build(blocks, indexed=indexed)
        self._moment = Moment(store, store.next_rank, 0)

    def _write(self, changes: Sequence[Node | str]) -> None:
        """Make all of ``changes``, each of the right type, or none."""
        self._refuse_within()
        with self._lock:
            self._writer = get_ident()
            try:
                self._write_alone(changes)
            finally:
                self._writer = 0

    def _refuse_within(self) -> None:
        """Refuse a write in the midst of a write: it would wait for itself."""
        if self._writer == get_ident():
            raise RuntimeError(
                "a signal handler or a finalizer cannot write to an inventory that its thread is"
                " just writing to"
            )

    def _write_alone(self, changes: Sequence[Node | str]) -> None:
        if self._torn:  # a writer was interrupted: go on from what readers see
            self._compact()
        _check_removals(self._moment, changes)
        before = self._moment
        store, length, changed = before.store, before.length, False
        self._torn = True
        for change in changes:
            if isinstance(change, Node):
                grown = _put(store, change)
                if grown is None:
                    continue
                length += grown
            else:
                _take_out(store, change)
                length -= 1
            changed = True
        if changed:
            moment = Moment(store, length, before.generation + 1, before)
            if self._compact_at is not None and is_due(moment, self._compact_at):
                moment = self._compacted(moment)
            self._moment = moment
        self._torn = False

    def _compact(self) -> None:
        if self._moment.changed or self._torn:
            self._moment = self._compacted(self._moment)
            self._torn = False

    def _compacted(self, moment: Moment) -> Moment:
        store = compacted(moment, indexed=self._indexed)
        return Moment(store, moment.length, moment.generation)


def _check(node: object) -> None:
    if not isinstance(node, Node):
        raise TypeError(f"an inventory holds Nodes, not {type(node).__name__}")


def _parts(node: Node) -> NodeRow:
    _check(node)
    return node.id, node.labels, node.name, node.state


def _check_removals(moment: Moment, changes: Sequence[Node | str]) -> None:
    """Find out, before anything is changed, whether an id to take out is there by then."""
    there: dict[str, bool] = {}
    for change in changes:
        if isinstance(change, Node):
            there[change.id] = True
        elif there.get(change, moment.find(change) is not None):
            there[change] = False
        else:
            raise KeyError(change)


def _put(store: Store, node: Node) -> int | None:
    """Put a node in; give how many more there are, or None where it is there already."""
    old = store.find(node.id)
    if old is None:
        store.add(node, None)
        return 1
    if store.is_same(old, node):
        return None
    store.add(node, store.rank(old))
    store.delta.delete(old)
    return 0


def _take_out(store: Store, node_id: str) -> None:
    ordinal = store.find(node_id)
    if ordinal is None:
        raise KeyError(node_id)
    store.delta.delete(ordinal)
