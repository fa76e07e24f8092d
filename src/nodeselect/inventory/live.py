"""How an inventory is written to: one write at a time, logged, and compacted now and then.

A write is appended to the log before anything else changes. So a write whose record cannot be
written has no effect; one that is interrupted later is made before the next one.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple, TypeVar, TypeVarTuple

from nodeselect.errors import InventoryError
from nodeselect.files.inputs import absolute_path
from nodeselect.files.write_lock import WriteLock
from nodeselect.inventory.change import ChangeKind
from nodeselect.inventory.compaction import compact
from nodeselect.inventory.saving import (
    Origin,
    is_damaged,
    next_generation,
    open_saved,
    to_sections,
)
from nodeselect.inventory.snapshot import BaseInventory
from nodeselect.inventory.store import View
from nodeselect.node import Node

if TYPE_CHECKING:  # inventories without a log do not load these
    from nodeselect.durable.change_log import ChangeLog
    from nodeselect.durable.follower import Follower
    from nodeselect.durable.log_file import Position, Record

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")


class Written(NamedTuple):
    """What one write did.

    :param before: the state of the inventory before the write; ``after`` is that after it.
    :param outcomes: for each change, the number in ``before`` of the node with this id (None if
        there was none), and what was done to it.
    """

    before: View
    after: View
    outcomes: list[tuple[int | None, ChangeKind]]


class LiveInventory(BaseInventory):
    """Base class of :class:`Inventory` that makes the writes, without checking arguments."""

    __slots__ = (
        "_compact_at",
        "_compactions",
        "_copy",
        "_last_compaction_seconds",
        "_lock",
        "_log",
        "_logged",
        "_logged_compactions",
        "_origin",
        "_path",
        "_saving",
        "_write_interrupted",
    )

    def _begin(self, compact_at: float | None) -> None:
        """Initialise all but the nodes, ``_view``."""
        if compact_at is not None and not compact_at > 0:
            raise ValueError("compact_at must be above 0, or None")
        self._compact_at = compact_at
        self._compactions = self._logged_compactions = 0
        self._last_compaction_seconds: float | None = None
        self._lock = WriteLock()
        self._saving = WriteLock()  # a thread holds it while it saves, and other threads write
        self._write_interrupted: bool = False
        self._origin: Origin | None = None
        self._path: str | None = None
        self._copy = False  # whether the next file is read into memory, too
        self._log: ChangeLog | Follower | None = None
        # The changes that were appended to the log last.
        self._logged: Sequence[Node | str] = ()

    def _run(self, write: Callable[[*_Ts], _T], *args: *_Ts) -> _T:
        """Call ``write(*args)`` while no other thread writes, and return its result.

        If it compacted the inventory, report that to the logger.
        """
        result = self._lock.run(write, *args)
        self._log_compaction()
        return result

    def _log_compaction(self) -> None:
        """Report the last compaction to the logger, unless that was done.

        Call it without a lock: handlers of the logger run.
        """
        if self._compactions != self._logged_compactions:
            self._logged_compactions = self._compactions
            from logging import getLogger  # loads slowly, and a compaction is rare

            text = "compacted %d nodes in %.3f seconds"
            seconds = self._last_compaction_seconds
            getLogger("nodeselect.inventory").debug(text, len(self), seconds)

    def _replace(self, old: Node, new: Node) -> Written | None:
        """Replace ``old`` by ``new``; return what was done, or None if ``old`` is not there."""
        if self._log is not None:
            self._write((), False)  # what was interrupted is made before the comparison
        return self._write([new], False) if old in self else None

    def _write(
        self, changes: Sequence[Node | str], can_remove: bool, logged: int | None = None
    ) -> Written:
        """Make all of ``changes`` or none. The caller has checked their types.

        :param can_remove: whether there may be ids, of nodes to remove, among them.
        :param logged: if they are in the change log already, their checksum there; then they are
            not appended to it.
        """
        if self._write_interrupted:  # drop what the last write left unfinished
            self._compact()
        log, chain = (self._log, None) if logged is None else (None, logged)
        if log is not None:
            self._settle(log)
        before = after = self._view
        if can_remove:
            _check_removals(before, changes)
        store, is_changed = before.store, False
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
                if log is not None and log.is_follower is False:
                    if store.segment is not None:
                        store.segment.load_nodes()
                    self._logged = changes
                    chain = log.append(before.generation + 1, len(before), changes)
                self._write_interrupted = is_changed = True
            if isinstance(change, Node):
                store.put(change, previous)
            else:
                assert previous is not None, "checked above"
                store.delta.delete(previous)
            outcomes.append((previous, kind))
        if is_changed:
            after = View(store, before.generation + 1, chain)
            if self._compact_at is not None:
                least = store.delta.tuning.max_unsegmented
                if after.pending_changes > max(least, self._compact_at * store.indexed_count):
                    after = self._compacted(after)
            self._view = after
        self._write_interrupted = False
        if log is not None:
            self._logged = ()
        return Written(before, after, outcomes)

    def _settle(self, log: "ChangeLog | Follower") -> None:
        """Make the last write in the log if it is not made yet, since it was interrupted.

        :raises InventoryError: if nothing can be written to the log.
        """
        last = log.settle()
        if last.generation != self._view.generation:
            if self._logged:
                self._write(self._logged, True, last.chain)
            else:
                self._view = View(self._view.store, last.generation, last.chain)

    def _use_log(self, log: "ChangeLog | None") -> None:
        """Make the writes that are in a change log; append later writes to it."""
        if log is None:
            return
        from nodeselect.durable.change_log import ChangeLog

        if not isinstance(log, ChangeLog):
            raise TypeError(f"log must be a ChangeLog, not {type(log).__name__}")
        view = self._view
        for record in log.replay(view.generation, len(view), view.chain, self._lock):
            self._make_again(record, log.path)
        self._log = log
        self._log_compaction()

    def _make_again(self, record: "Record", path: str) -> None:
        """Make a write that was read from a change log.

        :param path: the log, for errors.
        :raises InventoryError: if it does not fit these nodes: the log is of others.
        """
        from nodeselect.durable.log_file import other_nodes

        before = self._view
        generation = before.generation
        if len(before) != record.nodes:
            raise other_nodes(path, generation, record.nodes, len(before))
        if record.changes:
            with suppress(KeyError):  # no such node
                self._write(record.changes, True, record.end.chain)
        else:
            self._view = View(before.store, record.end.generation, record.end.chain)
        if self._view.generation != record.end.generation:
            raise other_nodes(path, generation, record.nodes, len(before))

    def _save(self, path: str | os.PathLike[str]) -> None:
        view = self._view
        sections = to_sections(view)
        generation = next_generation(path, sections, view.generation, self._origin, has_log=False)
        chain = view.chain
        if generation > view.generation:
            self._run(self._raise_generation, view.generation, generation)
            chain = None
        self._origin = Origin(generation, sections.write(os.fspath(path), generation, chain))

    def _raise_generation(self, old: int, new: int) -> None:
        """Change the number of the generation ``old`` to ``new``.

        If writes have been made since, the current generation rises by as many above ``new``.
        """
        if self._write_interrupted:
            self._compact()
        if self._log is not None:
            self._settle(self._log)
        view = self._view
        later = view.generation - old
        self._view = View(view.store, new + later)

    def _save_and_empty(self, log: "ChangeLog", path: str | os.PathLike[str]) -> None:
        view, mark = self._lock.run(self._mark, log, 0)
        sections = to_sections(view)
        generation = next_generation(path, sections, view.generation, self._origin, has_log=True)
        if generation > view.generation:
            view, mark = self._lock.run(self._mark, log, generation)
            sections = to_sections(view)
        generation = view.generation
        checksum = sections.write(os.fspath(path), generation, mark.chain)
        self._origin = Origin(generation, checksum)
        try:
            self._lock.run(log.empty, mark, len(view))
        except InventoryError as error:
            message = f"the nodes are saved, but the log cannot be emptied: {error.message}"
            raise InventoryError(error.code, message, place=error.place, hint=error.fix) from None

    def _mark(self, log: "ChangeLog", generation: int) -> "tuple[View, Position]":
        """Return the state of the inventory, and the place of its last write in the log.

        :param generation: if that of the inventory is lower, raise it to this one first.
        """
        self._write((), False)  # what was interrupted is made before
        view = self._view
        if generation > view.generation:
            self._logged = ()
            chain = log.append(generation, len(view), ())
            view = self._view = View(view.store, generation, chain)
        return view, log.mark()

    def _follow(self, path: str) -> int:
        from nodeselect.durable.follower import Follower

        log = previous = self._log
        if log is not None and not log.is_closed:
            raise ValueError("an inventory cannot follow a log while it writes to one")
        if not isinstance(log, Follower) or log.path != path:
            first = 0 if self._origin is None else self._origin.generation
            if log is None and self._view.generation != first:
                raise _unsaved_changes(self._origin)
            log = self._log = Follower(path)
        start = self._view.generation
        log.is_behind = True
        try:
            view = self._view
            for record in log.records(view.generation, len(view), view.chain):
                self._make_again(record, log.path)
        except InventoryError as error:
            if error.code != "log-emptied" or not self._reopen(log):
                if self._view.generation == start:  # nothing was made, so it does not follow it
                    self._log = previous
                raise
        log.is_behind = False
        if log.was_emptied:
            log.was_emptied = False
            with suppress(InventoryError):  # then the changes remain in memory
                self._reopen(log)
        return self._view.generation - start

    def _reopen(self, follower: "Follower") -> bool:
        """Replace the nodes by those of the saved file, if that was saved again.

        Then make the later writes in the log. Return whether the nodes were replaced.
        """
        tuning, last = self._view.store.delta.tuning, self._origin
        while self._path is not None:
            view, origin = open_saved(self._path, tuning, verify=False, copy=self._copy)
            if origin == last:
                return False
            try:
                self._move(view, origin, follower.path)
            except InventoryError as error:
                if error.code != "log-emptied":
                    raise
                last = origin  # it was saved again, and the log emptied, in the meantime
            else:
                return True
        return False

    def _move(self, view: View, origin: Origin, path: str) -> None:
        """Replace the nodes by those of a saved file, with the later writes in a log, in one step.

        :param view: the nodes of the file, and ``origin`` which file it is.
        :param path: the log.
        """
        other = LiveInventory.__new__(LiveInventory)
        other._begin(self._compact_at)
        other._view, other._origin = view, origin
        other._follow(path)
        self._log, self._view, self._origin = other._log, other._view, origin
        self._write_interrupted = False

    def _refresh(
        self,
        path: str | os.PathLike[str],
        discard_changes: bool,
        verify: bool,
        copy: bool | None,
    ) -> bool:
        # In one thread at a time, so that none moves back to a file that was opened before.
        copy = self._copy if copy is None else copy
        absolute = absolute_path(path)
        view, origin = open_saved(path, self._view.store.delta.tuning, verify=verify, copy=copy)
        is_other = self._move_to(view, origin, discard_changes)
        self._path, self._copy = absolute, copy
        return is_other

    def _move_to(self, view: View, origin: Origin, discard_changes: bool) -> bool:
        log = self._log
        if log is not None and not log.is_closed:
            raise ValueError("an inventory that writes to a log cannot be refreshed")
        is_unchanged = log is not None or (
            self._origin is not None and self._origin.generation == self._view.generation
        )
        if not is_unchanged and not discard_changes:
            raise _unsaved_changes(self._origin)
        is_behind = log is not None and log.is_follower is True and log.is_behind
        is_stale = is_behind or is_damaged(self._view)
        if is_unchanged and self._origin == origin and not is_stale:
            return False
        if log is not None and log.is_follower:
            self._move(view, origin, log.path)
            return True
        self._view, self._origin = view, origin
        self._write_interrupted = False
        return True

    def _compact(self) -> None:
        if self._view.pending_changes or self._write_interrupted:
            self._view = self._compacted(self._view)
            self._write_interrupted = False

    def _compacted(self, view: View) -> View:
        start = perf_counter()
        compacted = View(compact(view), view.generation, view.chain)
        self._last_compaction_seconds = perf_counter() - start
        self._compactions += 1
        return compacted


def _unsaved_changes(origin: Origin | None) -> InventoryError:
    message = "the inventory has changes that are not in its file"
    hint = "make them in the process that saves the file; here, refresh with discard_changes=True"
    if origin is None:
        message = "the inventory has nodes that were not read from a saved file"
        hint = "drop them: refresh with discard_changes=True; or begin with Inventory.open"
    return InventoryError("unsaved-changes", message, hint=hint)


def _check_removals(view: View, changes: Sequence[Node | str]) -> None:
    """Raise ``KeyError`` if ``changes`` remove an id that no node has at that point."""
    exists: dict[str, bool] = {}
    for change in changes:
        if isinstance(change, Node):
            exists[change.id] = True
        elif exists.get(change, view.find(change) is not None):
            exists[change] = False
        else:
            raise KeyError(change)
