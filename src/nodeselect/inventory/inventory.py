"""The live inventory: nodes, and the methods that change them."""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import BinaryIO, NoReturn, TextIO

from nodeselect.errors import InventoryError
from nodeselect.index.tuning import DEFAULT, Tuning
from nodeselect.inventory.compaction import build, compact
from nodeselect.inventory.snapshot import BaseInventory, Snapshot
from nodeselect.inventory.store import View
from nodeselect.inventory.write_lock import WriteLock
from nodeselect.node import Node, NodeRow
from nodeselect.readers import open_input
from nodeselect.readers.columnar import Block, to_blocks
from nodeselect.readers.reader import NodeReader

__all__ = ["Inventory"]


class Inventory(BaseInventory):
    """A fleet of nodes with distinct ids, in the order in which they were first added.

    >>> from nodeselect import Selector
    >>> inventory = Inventory([Node("n-1", {"gpu": "true"}), Node("n-2")])
    >>> inventory.match(Selector.parse("gpu")).ids()
    ['n-1']

    Any thread may read at any time, and never waits. Threads that write wait for each other.

    :param nodes: the first nodes.
    :param compact_at: a write compacts (see :meth:`compact`) if the changed nodes are more than
        2,048 and more than this share of all nodes; with None, no write compacts.
    :raises InventoryError: with the code ``duplicate-id`` if two nodes have the same id.
    """

    __slots__ = ("_compact_at", "_lock", "_write_interrupted")

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

        The format is detected from the content: node lists of Expanso, Kubernetes, Bacalhau, Nomad
        and Consul, ``[{id, labels}]``, ``{id: labels}``, as JSON, YAML or JSON lines, and CSV.

        :raises InventoryError: if the input is invalid or incomplete; no node is ever left out.
        """
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
        """Replace the node that has the id of ``node``; if there is none, append ``node``.

        Nothing changes if the two are equal. Cost: a few microseconds, and sometimes that of a
        compaction.
        """
        self._lock.run(self._write, [_require_node(node)], False)

    def remove(self, node_id: str) -> None:
        """Remove the node with this id. Cost: a few microseconds, as for :meth:`upsert`.

        :raises KeyError: if there is none.
        :raises TypeError: if ``node_id`` is not a string.
        """
        if not isinstance(node_id, str):
            raise TypeError(f"an id must be a string, not {type(node_id).__name__}")
        self._lock.run(self._write, [node_id], True)

    def apply(self, changes: Iterable[Node | str]) -> None:
        """Make several changes as one: readers see all of them or none.

        :param changes: nodes to upsert and ids of nodes to remove. They are made in their order.
        :raises KeyError: if an id is to be removed that no node has after the earlier changes. Then
            nothing changes.
        :raises TypeError: if a change is neither a node nor an id, or if ``changes`` is a string or
            a mapping. Then nothing changes.
        """
        if isinstance(changes, (str, Mapping)):  # its letters or keys would be read as ids
            raise TypeError(f"changes must be a list of changes, not {type(changes).__name__}")
        changes = list(changes)
        for change in changes:
            if type(change) is not Node and not isinstance(change, str):
                raise TypeError(f"a change must be a Node or an id, not {type(change).__name__}")
        self._lock.run(self._write, changes, True)

    @property
    def pending_changes(self) -> int:
        """The larger of two numbers: nodes added and nodes deleted since the last compaction."""
        return self._view.pending_changes

    def compact(self) -> None:
        """Index all changes together with the other nodes, so that queries cost the least.

        A write does this by itself if the changes since the last compaction exceed the share
        ``compact_at`` of all nodes. It takes a second or more for a million nodes; meanwhile, other
        writers wait, but readers do not. To choose the moment, use ``compact_at=None`` and call
        this method when the program is idle.
        """
        self._lock.run(self._compact)

    def __reduce__(self) -> NoReturn:
        """Raise ``TypeError``: two copies would write to one store."""
        raise TypeError("an Inventory cannot be copied or pickled: build another one of its nodes")

    def _build(self, blocks: Iterable[Block], compact_at: float | None, tuning: Tuning) -> None:
        if compact_at is not None and not compact_at > 0:
            raise ValueError("compact_at must be above 0, or None")
        self._compact_at = compact_at
        self._lock = WriteLock()
        self._write_interrupted: bool = False
        self._view = View(build(blocks, tuning), generation=0)

    def _write(self, changes: Sequence[Node | str], can_remove: bool) -> None:
        """Make all of ``changes`` or none. The caller has checked their types.

        :param can_remove: whether there may be ids among them.
        """
        if self._write_interrupted:  # drop what the last write left unfinished
            self._compact()
        before = self._view
        if can_remove:
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
    if type(node) is not Node:  # a mock of one claims to be an instance
        raise TypeError(f"expected a Node, not {type(node).__name__}")
    return node


def _row(node: Node) -> NodeRow:
    _require_node(node)
    return node.id, node.labels, node.name, node.state


def _check_removals(view: View, changes: Sequence[Node | str]) -> None:
    """Raise ``KeyError`` if an id is to be removed that no node has after the earlier changes."""
    exists: dict[str, bool] = {}
    for change in changes:
        if isinstance(change, Node):
            exists[change.id] = True
        elif exists.get(change, view.find(change) is not None):
            exists[change] = False
        else:
            raise KeyError(change)
