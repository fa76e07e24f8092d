"""The live inventory: nodes, and the methods that change them."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Lock, get_ident
from typing import TYPE_CHECKING, BinaryIO, NoReturn, TextIO

from nodeselect.errors import InventoryError
from nodeselect.index.tuning import DEFAULT, Tuning
from nodeselect.inventory.compaction import build, compact
from nodeselect.inventory.snapshot import Queries, Snapshot
from nodeselect.inventory.store import View
from nodeselect.node import Node, NodeRow
from nodeselect.readers import open_input
from nodeselect.readers.columnar import Block, to_blocks

if TYPE_CHECKING:
    from nodeselect.readers.reader import NodeReader

__all__ = ["Inventory"]


class Inventory(Queries):
    """A fleet of nodes with distinct ids, in the order in which they were first added.

    >>> from nodeselect import Selector
    >>> inventory = Inventory([Node("n-1", {"gpu": "true"}), Node("n-2")])
    >>> inventory.match(Selector.parse("gpu")).ids()
    ['n-1']

    Any thread may read at any time, and never waits. Threads that write wait for each other.

    :param nodes: the first nodes.
    :param compact_at: the share of changed nodes above which a write compacts (see
        :meth:`compact`), but never below 2,048 changes; None leaves it to the caller.
    :raises InventoryError: with the code ``duplicate-id`` if two nodes have the same id.
    """

    __slots__ = ("_compact_at", "_lock", "_write_interrupted", "_writer")

    def __init__(
        self,
        nodes: Iterable[Node] = (),
        *,
        compact_at: float | None = 0.2,
        _tuning: Tuning = DEFAULT,
    ) -> None:
        self._build(to_blocks(map(_row, nodes)), compact_at, _tuning)

    @classmethod
    def read(
        cls,
        source: "str | os.PathLike[str] | BinaryIO | TextIO | NodeReader",
        *,
        compact_at: float | None = 0.2,
        _tuning: Tuning = DEFAULT,
    ) -> "Inventory":
        """Read all nodes of a file, a stream or a reader; ``-`` is standard input.

        The format is detected from the content: node lists of Expanso, Kubernetes, Bacalhau and
        Nomad, ``[{id, labels}]``, ``{id: labels}``, as JSON, YAML or JSON lines, and CSV.

        :raises InventoryError: if anything is wrong or missing; nodes are never left out.
        """
        from nodeselect.readers.reader import NodeReader  # msgspec

        if not isinstance(source, NodeReader):
            with open_input(source) as (stream, name):
                reader = NodeReader(stream, name=name)
                return cls.read(reader, compact_at=compact_at, _tuning=_tuning)
        inventory = cls.__new__(cls)
        try:
            inventory._build(source.blocks(), compact_at, _tuning)
        except InventoryError as error:
            raise (error if error.place else error.within(source.name or "input")) from None
        return inventory

    def snapshot(self) -> Snapshot:
        """Return the current state, for several queries that must see the same nodes.

        It never changes, whatever is written afterwards. Cost: less than a microsecond.
        """
        return Snapshot(self._view)

    def upsert(self, node: Node) -> None:
        """Replace the node with the id of ``node``, or append ``node`` if there is none.

        Nothing changes if an equal node is there. Cost: a few microseconds, and a compaction if
        one is due.
        """
        self._locked(self._write, [_require_node(node)])

    def remove(self, node_id: str) -> None:
        """Remove the node with this id. Cost: a few microseconds, as for :meth:`upsert`.

        :raises KeyError: if there is none.
        :raises TypeError: if ``node_id`` is not a string.
        """
        if not isinstance(node_id, str):
            raise TypeError(f"an id must be a string, not {type(node_id).__name__}")
        self._locked(self._write, [node_id])

    def apply(self, changes: Iterable[Node | str]) -> None:
        """Make several changes as one: readers see all of them or none.

        :param changes: nodes, each of which is upserted, and ids, whose nodes are removed; in this
            order.
        :raises KeyError: if there is no node with an id to remove by then; nothing changes.
        :raises TypeError: if a change is neither a node nor an id, or ``changes`` is one id or a
            mapping; nothing changes.
        """
        if isinstance(changes, (str, Mapping)):  # its letters, or its keys, would be ids
            raise TypeError(f"changes must be a list of changes, not {type(changes).__name__}")
        changes = list(changes)
        for change in changes:
            if not isinstance(change, (Node, str)):
                raise TypeError(f"a change must be a Node or an id, not {type(change).__name__}")
        self._locked(self._write, changes)

    @property
    def pending_changes(self) -> int:
        """The number of nodes added or deleted since the last compaction, whichever is more."""
        return self._view.pending_changes

    def compact(self) -> None:
        """Index all changes together with the other nodes, so that queries cost the least.

        A write compacts by itself when the changes since the last compaction exceed the share
        ``compact_at`` of all nodes: a second or more for a million nodes, in which other writers
        wait and readers do not. To choose the moment, use ``compact_at=None`` and call this method
        when the program is idle.
        """
        self._locked(self._compact)

    def __reduce__(self) -> NoReturn:
        """Refuse to be copied or pickled: both copies would write to one store."""
        raise TypeError("an Inventory cannot be copied: make another one of its nodes")

    def _build(self, blocks: Iterable[Block], compact_at: float | None, tuning: Tuning) -> None:
        if compact_at is not None and not compact_at > 0:
            raise ValueError("compact_at must be above 0, or None")
        self._compact_at = compact_at
        self._lock = Lock()
        self._write_interrupted: bool = False
        self._writer = 0
        self._view = View(build(blocks, tuning), generation=0)

    def _locked(self, write: Callable[..., None], *args: object) -> None:
        """Call ``write`` while no other thread writes."""
        if self._writer == get_ident():
            raise RuntimeError(
                "a signal handler or a finalizer cannot write to an inventory that its thread is"
                " just writing to"
            )
        with self._lock:
            self._writer = get_ident()
            try:
                write(*args)
            finally:
                self._writer = 0

    def _write(self, changes: Sequence[Node | str]) -> None:
        """Make all of ``changes``, each of the right type, or none."""
        if self._write_interrupted:  # drop what is half written, and not visible to readers
            self._compact()
        before = self._view
        _check_removals(before, changes)
        self._write_interrupted = True
        store, is_changed = before.store, False
        for change in changes:
            if isinstance(change, Node):
                is_changed |= store.upsert(change)
            else:
                store.remove(change)
                is_changed = True
        if is_changed:
            after = View(store, before.generation + 1)
            if self._compact_at is not None:
                least = store.delta.tuning.max_unsegmented
                if after.pending_changes > max(least, self._compact_at * store.indexed_count):
                    after = _compacted(after)
            self._view = after
        self._write_interrupted = False

    def _compact(self) -> None:
        if self._view.pending_changes or self._write_interrupted:
            self._view = _compacted(self._view)
            self._write_interrupted = False


def _compacted(view: View) -> View:
    return View(compact(view), view.generation)


def _require_node(node: Node) -> Node:
    if not isinstance(node, Node):
        raise TypeError(f"expected a Node, not {type(node).__name__}")
    return node


def _row(node: Node) -> NodeRow:
    _require_node(node)
    return node.id, node.labels, node.name, node.state


def _check_removals(view: View, changes: Sequence[Node | str]) -> None:
    """Raise, before anything is changed, if there is no node with an id to remove by then."""
    exists: dict[str, bool] = {}
    for change in changes:
        if isinstance(change, Node):
            exists[change.id] = True
        elif exists.get(change, view.find(change) is not None):
            exists[change] = False
        else:
            raise KeyError(change)
