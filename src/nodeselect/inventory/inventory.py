"""The live inventory: nodes, and the methods that change them.

One thread writes at a time. A write is appended to the change log, if there is one, before anything
else changes. So a write that cannot be appended has no effect; a write that is interrupted later is
completed before the next write.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from time import perf_counter
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, NoReturn, cast

from nodeselect.durable.saved_file import check_replaceable
from nodeselect.errors import InventoryError
from nodeselect.files.inputs import Source, absolute_path, open_inputs
from nodeselect.files.thread_lock import ThreadLock
from nodeselect.index.tuning import DEFAULT
from nodeselect.inventory.journal import FollowedLog, Journal, OwnLog
from nodeselect.inventory.saving import Origin, is_damaged, next_generation, open_saved, to_sections
from nodeselect.inventory.snapshot import BaseInventory, ChangeKind, NodeChange, Snapshot
from nodeselect.inventory.store import View, build, compact
from nodeselect.node import DuplicateIdError, Node, NodeRow, require_node
from nodeselect.placement import Usage, UsageSnapshot
from nodeselect.placement.usage import PodChange, UsageChanges, empty_moment, list_of_changes
from nodeselect.problem import Place
from nodeselect.readers.columnar import ArrowData, Block, require_pyarrow, require_read, to_blocks
from nodeselect.readers.reader import NodeReader
from nodeselect.text import to_exact_str

if TYPE_CHECKING:  # inventories without a log do not load it
    from nodeselect.durable.change_log import ChangeLog
    from nodeselect.durable.log_file import LogPosition, Record


class _Written(NamedTuple):
    """The result of one write: the inventory before and after it.

    :param outcomes: for each change, the number that the changed node had in ``before``, if any,
        and what the change did.
    """

    before: View
    after: View
    changes: Sequence[Node | str]
    outcomes: list[tuple[int | None, ChangeKind]]


class _Compactor:
    """Compacts views, and counts how often.

    :param share: which share of all nodes may be changed ones before a write compacts; None for
        any.
    """

    def __init__(self, share: float | None) -> None:
        if share is not None and not share > 0:
            raise ValueError("compact_at must be above 0, or None")
        self.share = share
        self.count = 0
        self.seconds: float | None = None

    def compacted(self, view: View) -> View:
        start = perf_counter()
        compacted = View(compact(view), view.generation, view.chain)
        self.seconds = perf_counter() - start
        self.count += 1
        return compacted


class _SavedFile:
    """The saved file that an inventory was opened from, refreshed from or saved in, if any.

    :ivar origin: what the nodes of the inventory were.
    :ivar path: where :meth:`Inventory.follow` may find it; None if it was not opened by a path.
    :ivar is_copied: whether it is read into memory.
    """

    def __init__(self) -> None:
        self.origin: Origin | None = None
        self.path: str | None = None
        self.is_copied = False


class InventoryStats(NamedTuple):
    """Numbers for a metrics endpoint.

    :param nodes: how many nodes there are.
    :param generation: the number of writes that changed something.
    :param pending_changes: the larger of two numbers: nodes added and nodes deleted since the last
        compaction.
    :param compactions: how many compactions there were.
    :param last_compaction_seconds: how long the last compaction took; None if there was none.
    """

    nodes: int
    generation: int
    pending_changes: int
    compactions: int
    last_compaction_seconds: float | None


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
    :param log: a change log. Its writes are applied first; each later write is appended to it
        before readers see the change.
    :param usage: what runs on the nodes, which is kept from now on as :attr:`usage`.
    :raises InventoryError: with the code ``duplicate-id`` if two nodes have the same id; or if the
        log is damaged, or belongs to other nodes.
    """

    __slots__ = ("_compactor", "_file", "_journal", "_lock", "_saving", "_write_interrupted")

    # Tests lower it in a subclass.
    _tuning = DEFAULT

    def __init__(
        self,
        nodes: Iterable[Node] = (),
        *,
        compact_at: float | None = 0.2,
        log: "ChangeLog | None" = None,
        usage: Usage | None = None,
    ) -> None:
        if usage is not None and type(usage) is not Usage:
            raise TypeError(f"usage must be a Usage or None, not {type(usage).__name__}")
        self._build(to_blocks(map(_row, nodes)), compact_at, log)
        if usage is not None:
            usage.give_to(self, self._lock)

    @classmethod
    def read(
        cls,
        source: "Source | Sequence[Source] | NodeReader | ArrowData",
        *,
        id_column: str = "id",
        compact_at: float | None = 0.2,
        log: "ChangeLog | None" = None,
    ) -> "Inventory":
        """Read all nodes of one or several files or streams; ``-`` is standard input.

        The format is detected from the content: JSON, JSON lines, YAML or CSV, which may be
        compressed with gzip, or Parquet. JSON and YAML may be plain lists, or those of Expanso,
        Kubernetes and others (``docs/nodes.md``). :meth:`from_arrow` reads Parquet, and data frames
        and tables, which may also be the source, with its defaults.

        :param id_column: in CSV, Parquet and data frames, the column of the ids.
        :raises InventoryError: if the input is invalid or incomplete; no node is ever skipped.
        """
        if not isinstance(source, NodeReader):
            if hasattr(source, "__arrow_c_stream__"):
                return cls.from_arrow(source, id=id_column, compact_at=compact_at, log=log)
            sources = source if isinstance(source, (list, tuple)) else [source]
            if not sources:
                raise ValueError("there is no input to read")
            with closing(open_inputs(cast("Sequence[Source]", sources))) as inputs:
                reader = NodeReader(inputs, id_column=id_column)
                return cls.read(reader, compact_at=compact_at, log=log)
        inventory = cls.__new__(cls)
        try:
            inventory._build(source.blocks(), compact_at, log, source.unread)
        except InventoryError as error:
            raise source.locate(error) from None
        return inventory

    @classmethod
    def open(
        cls,
        source: str | os.PathLike[str] | BinaryIO,
        *,
        verify: bool = False,
        copy: bool = False,
        compact_at: float | None = 0.2,
        log: "ChangeLog | None" = None,
    ) -> "Inventory":
        """Open a file that :meth:`save` wrote. Cost: below a millisecond, however many nodes.

        The file is mapped into memory, which several processes share. Changes are kept in memory,
        not in the file. :attr:`generation` continues from the number in the file.

        A query reads only the sections that it needs, and raises ``InventoryError`` if one of them
        is damaged.

        :param source: a path; or a binary stream, which is read into memory unless it is a file.
        :param verify: check all of the file now, which takes a millisecond for each megabyte.
        :param copy: read the file instead of mapping it. If another program truncates a mapped
            file, the system ends the process (SIGBUS). :meth:`save` never does so.
        :param log: as for :class:`Inventory`; it may begin before the file was saved.
        :raises InventoryError: if the file cannot be read, is damaged, or has an unknown version.
        """
        inventory = cls.__new__(cls)
        inventory._begin(compact_at)
        file = inventory._file
        view, file.origin = open_saved(source, cls._tuning, verify=verify, copy=copy)
        view.moment = empty_moment()
        inventory._view = view
        file.is_copied = copy
        if isinstance(source, (str, os.PathLike)):
            file.path = absolute_path(source)
        inventory._use_log(log)
        return inventory

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save the nodes as :meth:`Snapshot.save` does.

        If the replaced file has other nodes, :attr:`generation` is raised above the number in that
        file: for all its readers, the same number means the same nodes.

        The saved writes are removed from the log of the inventory. To save a copy and keep the log,
        use ``snapshot().save()``.
        """
        check_replaceable(os.fspath(path))  # before the work
        self._saving.run(self._save, path)

    def follow(self, log: str | os.PathLike[str]) -> int:
        """Apply the new writes in the change log of another process.

        Return by how much :attr:`generation` rose. From the first call on, the inventory cannot be
        changed in any other way. If the log was emptied because the file of this inventory was
        saved again, load that file first. Cost: about 10 µs for each write.

        :raises InventoryError: with the code ``log-emptied``, if a write is neither in the log nor
            in the file; ``other-log``, if the log belongs to other nodes; ``damaged``; or
            ``unsaved-changes``, if this inventory was changed before. The writes before the error
            are applied.
        """
        return self._lock.run(self._follow, absolute_path(log))

    def refresh(
        self, path: str | os.PathLike[str], *, discard_changes: bool = False, verify: bool = False
    ) -> bool:
        """Replace all nodes by those of a saved file, if the file has changed.

        Return whether the nodes were replaced. An unchanged file is loaded again if a query has
        found damage in it, or if the last :meth:`follow` failed. A lower generation is accepted.
        New writes in a followed log are applied as well.

        Readers see all old nodes or all new ones. Existing answers and snapshots do not change.
        Cost: that of :meth:`open`; caches are empty afterwards.

        :param discard_changes: drop the changes since the inventory was opened, refreshed or saved.
        :raises InventoryError: as :meth:`open` does; or with the code ``unsaved-changes``, if there
            are changes and ``discard_changes`` is false. The inventory is then unchanged.
        """
        return self._lock.run(self._refresh, path, discard_changes, verify)

    @classmethod
    def from_arrow(
        cls,
        data: "str | os.PathLike[str] | BinaryIO | ArrowData",
        *,
        id: str = "id",  # noqa: A002 - the name of the field
        labels: str | None = None,
        columns: Mapping[str, str] | None = None,
        name: str | None = None,
        state: str | None = None,
        taints: str | None = None,
        resources: str | None = None,
        compact_at: float | None = 0.2,
        log: "ChangeLog | None" = None,
    ) -> "Inventory":
        """Read a table in which each row is a node. Needs pyarrow: ``nodeselect[arrow]``.

        >>> import polars
        >>> frame = polars.DataFrame({"host": ["n-1", "n-2"], "gpu": ["t4", None], "cores": [8, 4]})
        >>> inventory = Inventory.from_arrow(frame, id="host", columns={"gpu": "gpu"})
        >>> inventory["n-1"].labels, inventory["n-2"].labels
        (mappingproxy({'gpu': 't4'}), mappingproxy({}))

        Cost: about a microsecond for a node of ten labels.

        :param data: a Parquet file (its path, or open in binary mode), or an object with
            ``__arrow_c_stream__``, such as a Polars or pandas DataFrame or a DuckDB relation.
        :param id: the column of the ids.
        :param labels: the column with all labels: a map of strings, a list of structs of ``key``
            and ``value``, or a struct of strings. By default ``labels``, if it exists.
        :param columns: maps label keys to the columns of their values; by default, each column of
            strings without another meaning. A selector for one of the others raises an error, and
            so does :meth:`save`. NULL means an absent label.
        :param name: the column of the names; by default ``name``, if there is a column of labels.
        :param state: the column of the states; by default ``state``, if it exists.
        :param taints: a list of structs of ``key``, ``value`` and ``effect``; by default ``taints``
        :param resources: a map of integers, as in a :class:`Node`; by default ``resources``.
        :raises InventoryError: if the data is damaged, or a row is not a valid node: no row is
            skipped, no value is converted. Or if pyarrow is not installed.
        """
        require_pyarrow()
        from nodeselect.readers.formats.arrow import Columns, read_source

        names = Columns({}, id, labels, columns, name, state, taints, resources)
        inventory = cls.__new__(cls)
        try:
            inventory._build(read_source(data, names), compact_at, log, names.unread)
        except DuplicateIdError as error:
            path = os.fspath(data) if isinstance(data, (str, os.PathLike)) else "input"
            raise error.within(Place(file=path)) from None
        return inventory

    def snapshot(self) -> Snapshot:
        """Return the current state, for several queries that must see the same nodes.

        A snapshot never changes, whatever is written later. Cost: less than a microsecond.
        """
        return Snapshot(self._view)

    @property
    def usage(self) -> Usage:
        """What runs on the nodes. Its writers and those of the inventory wait for each other.

        It is not saved, and not in the log.
        """
        return Usage.kept_by(self, self._lock)

    def _moment(self) -> UsageSnapshot:
        """Return what runs on the nodes."""
        return self._view.moment

    def _put_moment(self, moment: UsageSnapshot) -> None:
        """Replace what runs on the nodes, while no other thread writes."""
        self._view = self._view.with_moment(moment)

    def _show(self, view: View, moment: UsageSnapshot | None = None) -> View:
        """Let readers see the nodes of a new view."""
        view.moment = moment or self._view.moment
        self._view = view
        return view

    def upsert(self, node: Node) -> ChangeKind:
        """Replace the node that has the id of ``node``; if there is none, append ``node``.

        Return ``"added"``, ``"changed"`` or, if both nodes are equal, ``"unchanged"``. Cost: a few
        microseconds; sometimes also that of :meth:`compact`.
        """
        return self._lock.run(self._write, [require_node(node)], False).outcomes[0][1]

    def remove(self, node_id: str, *, missing_ok: bool = False) -> ChangeKind:
        """Remove the node with this id. Cost: as for :meth:`upsert`.

        Return ``"removed"``.

        :param missing_ok: if no node has this id, return ``"unchanged"`` instead of raising.
        :raises KeyError: if no node has this id, and ``missing_ok`` is false.
        :raises TypeError: if ``node_id`` is not a string.
        """
        changes = [to_exact_str(node_id, "an id")]
        try:
            return self._lock.run(self._write, changes, True).outcomes[0][1]
        except KeyError:
            if missing_ok:
                return "unchanged"
            raise

    def update(self, node_id: str, change: Callable[[Node], Node]) -> NodeChange:
        """Replace the node with this id by ``change(node)``; return the old and the new node.

        >>> inventory = Inventory([Node("n-1")])
        >>> inventory.update("n-1", lambda node: node.replace(state="ready")).new
        Node('n-1', {}, state='ready')

        :param change: returns the new node; called again if another write changes the node.
        :raises KeyError: if there is no node with this id.
        :raises ValueError: if ``change`` returns a node with another id.
        """
        while True:
            old = self[node_id]
            new = require_node(change(old))
            if new.id != node_id:
                raise ValueError(f"expected a node with the id {node_id!r}, not {new.id!r}")
            written = self._lock.run(self._replace, old, new)
            if written is not None:
                return NodeChange(old, new, written.after.generation)

    def apply(
        self,
        changes: Iterable[Node | str],
        *,
        pods: Iterable[PodChange] = (),
        missing_ok: bool = False,
    ) -> list[NodeChange]:
        """Apply several changes as one: readers see all of them or none.

        Return the old and the new node of each change. Cost: that of :meth:`upsert` for each
        change, and 3 µs for each node that is replaced or removed.

        :param changes: nodes to upsert and ids of nodes to remove, in the order in which to do so.
        :param pods: as for :meth:`Usage.apply`.
        :param missing_ok: whether nodes and pods to remove need not exist; such changes of nodes
            are not returned.
        :raises KeyError: if there is no node or pod to remove. Then nothing changes.
        :raises TypeError: if a change is neither a node nor an id. Then nothing changes.
        """
        if isinstance(changes, (str, Mapping)):  # its letters or keys would be read as ids
            raise TypeError(f"changes must be a list of changes, not {type(changes).__name__}")
        changes, of_pods = list(changes), list_of_changes(pods)
        for change in changes:
            if type(change) is not Node and not isinstance(change, str):
                raise TypeError(f"a change must be a Node or an id, not {type(change).__name__}")
        written = self._lock.run(self._apply, changes, of_pods, missing_ok)
        return [
            NodeChange(
                None if previous is None else written.before.store.node(previous),
                change if isinstance(change, Node) else None,
                written.after.generation,
            )
            for change, (previous, _) in zip(written.changes, written.outcomes, strict=True)
        ]

    def _apply(
        self, changes: list[Node | str], pods: list[PodChange], missing_ok: bool
    ) -> _Written:
        if missing_ok:
            missing = set(_missing(self._view, changes))
            changes = [each for at, each in enumerate(changes) if at not in missing]
        if not pods:
            return self._write(changes, True)
        of_pods = UsageChanges(self._view.moment)
        of_pods.apply(pods, missing_ok=missing_ok)
        return self._write(changes, True, of_pods.after())

    def stats(self) -> InventoryStats:
        """Return numbers for a metrics endpoint. Cost: less than a microsecond."""
        view = self._view
        return InventoryStats(
            len(view),
            view.generation,
            view.pending_changes,
            self._compactor.count,
            self._compactor.seconds,
        )

    @property
    def pending_changes(self) -> int:
        """The number in :class:`InventoryStats`."""
        return self._view.pending_changes

    def compact(self) -> None:
        """Rebuild the index, so that it includes all changes and queries are fastest.

        A write does this by itself, as ``compact_at`` says. It takes a second or more for a million
        nodes, and as long again for each usage; meanwhile, other writers wait.
        To choose the moment, use ``compact_at=None``.
        """
        self._lock.run(self._compact)

    def __reduce__(self) -> NoReturn:
        """Raise ``TypeError``: an inventory cannot be copied or pickled."""
        raise TypeError("an Inventory cannot be copied or pickled: save it and open the file")

    def _build(
        self,
        blocks: Iterable[Block],
        compact_at: float | None,
        log: "ChangeLog | None",
        unread: Mapping[str, str] | None = None,
    ) -> None:
        self._begin(compact_at)
        self._view = View(build(blocks, self._tuning), generation=0)
        self._view.moment = empty_moment()
        self._view.store.unread = unread or {}  # filled while the blocks are read
        self._use_log(log)

    def _begin(self, compact_at: float | None) -> None:
        """Set all fields except ``_view``, the nodes."""
        self._compactor = _Compactor(compact_at)
        self._lock = ThreadLock()
        self._saving = ThreadLock()  # a thread holds it while it saves, and other threads write
        self._write_interrupted: bool = False
        self._file = _SavedFile()
        self._journal = Journal()

    def _replace(self, old: Node, new: Node) -> _Written | None:
        """Replace ``old`` by ``new``; return None if ``old`` is not in the inventory."""
        self._recover()
        return self._write([new], False) if old in self else None

    def _write(
        self,
        changes: Sequence[Node | str],
        can_remove: bool,
        moment: UsageSnapshot | None = None,
    ) -> _Written:
        """Apply all of ``changes``, whose types are right, or none; only if ``can_remove``, ids."""
        if self._write_interrupted or self._journal.is_kept:
            self._recover()
        if can_remove:
            for missing in _missing(self._view, changes):
                raise KeyError(changes[missing])
        return self._apply_changes(changes, self._journal.append, moment)

    def _recover(self) -> None:
        """Complete the last write, if it was interrupted and is in the log; otherwise undo it.

        :raises InventoryError: if the inventory follows a log, or cannot write to its own.
        """
        if self._write_interrupted:
            self._compact()
        last = self._journal.settle()
        if last is not None and last.generation != self._view.generation:
            if self._journal.pending:
                self._apply_changes(self._journal.pending, lambda *_: last.chain)
            else:
                self._show(View(self._view.store, last.generation, last.chain))

    def _apply_changes(
        self,
        changes: Sequence[Node | str],
        keep: Callable[[View, Sequence[Node | str]], int | None],
        moment: UsageSnapshot | None = None,
    ) -> _Written:
        """Apply all of ``changes``, and let readers see the new nodes if any node has changed.

        No earlier write may be unfinished, and the nodes to remove must exist.

        :param keep: called before the first node is changed, as :meth:`Journal.append`.
        :param moment: what runs after them; None for what ran before.
        """
        before = after = self._view
        store, chain, is_changed = before.store, None, False
        outcomes: list[tuple[int | None, ChangeKind]] = []
        for change in changes:
            kind: ChangeKind = "removed"
            if not isinstance(change, Node):
                previous = store.find(change)
            elif (previous := store.find(change.id)) is None:
                kind = "added"
            elif store.equals(previous, change):
                outcomes.append((previous, "unchanged"))
                continue
            else:
                kind = "changed"
            if not is_changed:
                chain = keep(before, changes)
                self._write_interrupted = is_changed = True
            if isinstance(change, Node):
                store.put(change, previous)
            else:
                assert previous is not None, "checked by the caller"
                store.delta.delete(previous)
            outcomes.append((previous, kind))
        if is_changed:
            after = View(store, before.generation + 1, chain)
            share = self._compactor.share
            if share is not None:
                least = self._tuning.max_unsegmented
                if after.pending_changes > max(least, share * store.indexed_count):
                    after = self._compactor.compacted(after)
            self._show(after, moment)
            self._write_interrupted = False
            self._journal.pending = ()
        elif moment is not None:
            self._put_moment(moment)
        return _Written(before, after, changes, outcomes)

    def _use_log(self, log: "ChangeLog | None") -> None:
        """Apply the writes that are in a change log; append later writes to the log."""
        if log is None:
            return
        from nodeselect.durable.change_log import ChangeLog

        if not isinstance(log, ChangeLog):
            raise TypeError(f"log must be a ChangeLog, not {type(log).__name__}")
        require_read(self._view.store.unread)  # a changed node would be logged without the label
        self._lock, self._journal = log.lock, OwnLog(log)
        self._catch_up(self._journal)

    def _catch_up(self, journal: Journal) -> None:
        """Apply the writes that are in a log but not in this inventory."""
        for record in journal.records(self._view):
            self._apply_record(record, journal.path)

    def _apply_record(self, record: "Record", path: str) -> None:
        """Apply a write of the log ``path``; raise if it does not fit, being of other nodes."""
        if self._write_interrupted:
            self._compact()
        before = self._view
        if len(before) == record.nodes:
            if not record.changes:
                self._show(View(before.store, record.end.generation, record.end.chain))
            elif not any(True for _ in _missing(before, record.changes)):
                self._apply_changes(record.changes, lambda *_: record.end.chain)
        if self._view.generation != record.end.generation:
            from nodeselect.durable.log_file import other_nodes

            raise other_nodes(path, before.generation, record.nodes, len(before))

    def _save(self, path: str | os.PathLike[str]) -> None:
        journal, view, mark = self._journal, self._view, None
        has_log = journal.is_open
        if has_log:
            view, mark = self._lock.run(self._mark, 0)
        sections = to_sections(view)
        generation = next_generation(path, sections, view, self._file.origin, has_log=has_log)
        if generation > view.generation:
            raised, mark = self._lock.run(self._mark, generation)
            if raised.ids_changed_since(view) != {}:  # other threads have written meanwhile
                sections = to_sections(raised)
            view = raised
        chain = view.chain if mark is None else mark.chain
        checksum = sections.write(os.fspath(path), view.generation, chain)
        self._file.origin = Origin(view.generation, checksum)
        if has_log and mark is not None:
            self._lock.run(journal.empty, mark, len(view))

    def _mark(self, generation: int) -> "tuple[View, LogPosition | None]":
        """Raise the generation to at least this one; return the nodes and the end of the log."""
        self._recover()
        view = self._view
        if generation > view.generation:
            chain = self._journal.raise_to(generation, view)
            view = self._show(View(view.store, generation, chain))
        return view, self._journal.mark()

    def _follow(self, path: str) -> int:
        previous, origin, start = self._journal, self._file.origin, self._view.generation
        if previous.is_open:
            raise ValueError("an inventory cannot follow a log while it writes to one")
        if previous.followed != path:
            if not previous.is_kept and start != (0 if origin is None else origin.generation):
                raise _unsaved_changes(origin)
            self._journal = FollowedLog(path)
        try:
            self._catch_up(self._journal)
        except InventoryError as error:
            if error.code != "log-emptied" or not self._reopen():
                if self._view.generation == start:  # nothing was made, so it does not follow it
                    self._journal = previous
                raise
        if self._journal.was_emptied():
            with suppress(InventoryError):  # then the changes remain in memory
                self._reopen()
        return self._view.generation - start

    def _reopen(self) -> bool:
        """Load the saved file and later writes, if it was saved again; return whether it was."""
        file = self._file
        last = file.origin
        while file.path is not None:
            view, origin = open_saved(file.path, self._tuning, verify=False, copy=file.is_copied)
            if origin == last:
                return False
            try:
                self._replace_nodes(view, origin)
            except InventoryError as error:
                if error.code != "log-emptied":
                    raise
                last = origin  # it was saved again, and the log emptied, in the meantime
            else:
                return True
        return False

    def _replace_nodes(self, view: View, origin: Origin) -> None:
        """Replace the nodes by those of a saved file and the later writes in the followed log."""
        other = type(self).__new__(type(self))
        other._begin(self._compactor.share)
        other._view = view
        journal = self._journal
        if journal.followed is not None:
            journal = FollowedLog(journal.followed)  # which reads the log from its beginning
            other._catch_up(journal)
        self._journal, self._file.origin = journal, origin
        self._show(other._view)
        self._write_interrupted = False

    def _refresh(self, path: str | os.PathLike[str], discard_changes: bool, verify: bool) -> bool:
        # In one thread at a time, so that none moves back to a file that was opened before.
        absolute, file, journal = absolute_path(path), self._file, self._journal
        view, origin = open_saved(path, self._tuning, verify=verify, copy=file.is_copied)
        if journal.is_open:
            raise ValueError("an inventory that writes to a log cannot be refreshed")
        is_unchanged = journal.is_kept or (
            file.origin is not None and file.origin.generation == self._view.generation
        )
        if not is_unchanged and not discard_changes:
            raise _unsaved_changes(file.origin)
        is_stale = journal.is_behind or is_damaged(self._view)
        is_moved = not is_unchanged or file.origin != origin or is_stale
        if is_moved:
            self._replace_nodes(view, origin)
        file.path = absolute
        return is_moved

    def _compact(self) -> None:
        if self._view.pending_changes or self._write_interrupted:
            self._show(self._compactor.compacted(self._view))
            self._write_interrupted = False


def _row(node: Node) -> NodeRow:
    require_node(node)
    return node.id, node.labels, node.name, node.state, node._facts


def _unsaved_changes(origin: Origin | None) -> InventoryError:
    message = "the inventory has changes that are not in its file"
    hint = "make them in the process that saves the file; here, refresh with discard_changes=True"
    if origin is None:
        message = "the inventory has nodes that were not read from a saved file"
        hint = "drop them: refresh with discard_changes=True; or begin with Inventory.open"
    return InventoryError("unsaved-changes", message, hint=hint)


def _missing(view: View, changes: Sequence[Node | str]) -> Iterator[int]:
    """Yield the positions of the ids to remove that no node has when their turn comes."""
    exists: dict[str, bool] = {}
    for at, change in enumerate(changes):
        if isinstance(change, Node):
            exists[change.id] = True
        elif exists.get(change, view.find(change) is not None):
            exists[change] = False
        else:
            yield at
