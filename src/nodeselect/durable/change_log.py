"""The change log of an inventory, which has the writes since the last save; and its followers."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from io import FileIO
from threading import RLock
from time import monotonic
from typing import BinaryIO, Final, Literal, NoReturn
from weakref import WeakSet

from nodeselect.durable.log_file import (
    UNSET,
    VERSION,
    Base,
    LogPosition,
    LogReader,
    Record,
    encode_record,
    is_at,
    load_msgspec,
    lock_file,
    open_locked,
)
from nodeselect.durable.saved_file import cannot_write
from nodeselect.errors import InventoryError
from nodeselect.files.inputs import absolute_path, cannot_read
from nodeselect.files.replace import replace_file
from nodeselect.files.thread_lock import ThreadLock
from nodeselect.node import Node
from nodeselect.problem import Place
from nodeselect.text import printable

_COPIED_BYTES: Final = 1 << 20

# Some systems have no fdatasync; fsync also writes the times of the file.
_sync_file = getattr(os, "fdatasync", os.fsync)

# The logs that this process has open, which a child process must not write to.
_open_logs: "WeakSet[ChangeLog]" = WeakSet()

# Held while a thread opens the file of a log or replaces it, and during a fork: the files that a
# child process has from its parent remain locked unless it closes them, so it must know them all.
_fork_lock = RLock()


class ChangeLog:
    """A file to which an inventory appends each write before any reader sees it.

    Pass the log to :class:`Inventory`, :meth:`Inventory.open` or :meth:`Inventory.read`: they first
    apply the writes in the log. :meth:`Inventory.save` empties it, and :meth:`Inventory.follow`
    applies the same writes in other processes. Only one process, and one inventory, can use a log.

    :param path: the file; it is created if it does not exist.
    :param sync: which writes call fsync and so survive a power failure, with all writes before
        them: ``each``, ``never``, or a write if the last fsync is this number of seconds ago.
        Every write survives a crash of the process.
    :raises InventoryError: with the code ``log-in-use`` if another process has the log open; or if
        the file cannot be read or written, or is not a log.
    :raises NotImplementedError: if the system cannot lock files, as on Windows.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, sync: Literal["each", "never"] | float = "each"
    ) -> None:
        self._interval = _sync_interval(sync)
        load_msgspec()  # not in the first write, where a signal may interrupt it
        self._path = absolute_path(path)
        self.is_open = True  # whether it can be written to
        # Why nothing can be written, if it is not open.
        self._refusal = ""
        # The new file with its base and end, while it replaces the old one.
        self._replacement: tuple[FileIO, Base, LogPosition] | None = None
        with _fork_lock:
            self._file = open_locked(self._path, Base(UNSET, 0, 0).to_header())
            _open_logs.add(self)
        try:
            reader = LogReader(self._path)
            reader.close()
        except BaseException:
            _close(self._file)
            raise
        self._base, self._version = reader.base, reader.version
        self._position = reader.position
        # Where the record ends that is being written; it was interrupted if no write is running.
        self._unfinished: LogPosition | None = None
        self._is_used = False
        self._is_synced = True
        self._synced_at = monotonic()
        # The inventory holds it while it writes, so that calls of the user wait for that.
        self.lock = ThreadLock()

    @property
    def path(self) -> str:
        """The absolute path of the file."""
        return self._path

    @property
    def size(self) -> int:
        """The size of the file in bytes."""
        return self._position.offset

    def flush(self) -> None:
        """Wait until all writes are on the disk.

        :raises InventoryError: with the code ``cannot-write`` or ``log-closed``.
        """
        self.lock.run(self._flush)

    def close(self) -> None:
        """Flush and close the file. After that, the inventory cannot be changed."""
        self.lock.run(self._close)

    def __enter__(self) -> "ChangeLog":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        """Raise ``TypeError``: one process at a time can write to a log."""
        raise TypeError("a ChangeLog cannot be copied or pickled")

    def __repr__(self) -> str:
        return f"<ChangeLog {printable(self._path)!r}>"

    # What follows is for the inventory, which calls it while no other thread writes.

    def records(self, generation: int, nodes: int, chain: int | None) -> Iterator[Record]:
        """Yield the writes that are in the log but not in the inventory; then allow appending.

        :param generation: the generation of the inventory.
        :param nodes: how many nodes the inventory has.
        :param chain: the checksum of the inventory's last write in the log; None if unknown.
        :raises InventoryError: if the log cannot be read, is damaged, belongs to other nodes, lacks
            some of the writes, or is used by another inventory.
        """
        if self._is_used:
            raise InventoryError(
                "log-in-use", "another inventory uses it", place=Place(file=self._path)
            )
        self._require_open()
        if self._base.generation == UNSET:
            first = int.from_bytes(os.urandom(4), "little") if chain is None else chain
            self._replace(Base(generation, nodes, first), None)
        else:
            reader = LogReader(self._path)
            try:
                reader.check_base(generation, nodes, chain)
                generation, chain = yield from reader.records_after(generation, chain)
                reader.check(reader.position, generation, chain)
            finally:
                reader.close()
            self._position = reader.position
            self._cut_off()
        self._is_used = True

    def _require_open(self) -> None:
        if not self.is_open:
            raise InventoryError("log-closed", self._refusal, place=Place(file=self._path))

    def settle(self) -> LogPosition:
        """Return the place after the last complete write, and drop an incomplete one.

        Call it if :meth:`append` or :meth:`empty` was interrupted.
        """
        self._require_open()
        if self._replacement is not None:
            self._use_replacement()
        if self._unfinished is not None:
            if os.fstat(self._file.fileno()).st_size < self._unfinished.offset:
                self._cut_off()
            else:  # it is complete, so other processes may have made it
                self._position = self._unfinished
            self._unfinished = None
        return self._position

    def append(self, generation: int, nodes: int, changes: Sequence[Node | str]) -> int:
        """Append a write; return its checksum. Wait for the disk if ``sync`` requires that.

        If this call raises an error, the log is unchanged. If the call is interrupted, by a signal
        for example, call :meth:`settle`.

        :param generation: of the inventory after the write; ``nodes``: how many nodes it had
            before.
        :raises InventoryError: with the code ``cannot-write``.
        """
        if self._version < VERSION and any(
            isinstance(each, Node) and each._facts is not None for each in changes
        ):  # a crash leaves the old file, or the new one without the write
            self._replace(self._base, self._base.end)
        data, end = encode_record(self._position, generation, nodes, changes)
        must_sync = self._interval is not None and (
            not self._interval or monotonic() - self._synced_at >= self._interval
        )
        if must_sync:
            self._check_name()
        self._unfinished, self._is_synced = end, False
        try:
            written, offset = 0, self._position.offset
            while written < len(data):  # a disk that is full takes a part, and then raises
                written += os.pwrite(self._file.fileno(), data[written:], offset + written)
        except OSError as error:
            raise cannot_write(self._path, error) from None
        if must_sync:
            self._sync()
        self._position = end
        self._unfinished = None
        return end.chain

    def mark(self) -> LogPosition:
        """Wait until all of the log is on the disk; return the place after its last write."""
        self._flush()
        return self._position

    def empty(self, mark: LogPosition, nodes: int) -> None:
        """Drop all writes before ``mark``, a place at which there were this number of ``nodes``.

        :raises InventoryError: with the code ``cannot-write``; then nothing changes.
        """
        self.settle()
        if mark.offset > self._base.end.offset:  # otherwise there is nothing to drop
            self._replace(Base(mark.generation, nodes, mark.chain), mark)

    def _replace(self, base: Base, mark: LogPosition | None) -> None:
        """Replace the file by the header of ``base`` and the writes after ``mark``, if any."""

        def write(file: BinaryIO) -> None:
            file.write(base.to_header())
            end = LogPosition(base.generation, file.tell(), base.chain)
            if mark is not None:
                _copy_bytes(self._path, file, mark.offset, self._position.offset)
                end = self._position._replace(offset=file.tell())
            new = FileIO(os.dup(file.fileno()), "wb")  # ``file`` is closed afterwards
            self._replacement = lock_file(new, self._path), base, end

        with _fork_lock:
            try:
                replace_file(self._path, write)
            except OSError as error:
                raise cannot_write(self._path, error) from None
            finally:
                self._use_replacement()

    def _use_replacement(self) -> None:
        """Use the new file if it is at the path of the old one, or else close it. Repeatable."""
        if self._replacement is not None:
            new, base, end = self._replacement
            unused = new
            try:
                is_new = is_at(self._path, new)
            except OSError as error:
                self._refuse(f"it was replaced, and cannot be found: {error.strerror}")
                raise cannot_write(self._path, error) from None
            if is_new:
                unused = self._file
                self._file, self._base, self._position = new, base, end
                self._version, self._is_synced = VERSION, True
            self._replacement = None
            if unused is not self._file:
                _close(unused)

    def _cut_off(self) -> None:
        """Remove what follows the last complete record in the file."""
        try:
            os.ftruncate(self._file.fileno(), self._position.offset)
        except OSError as error:
            raise cannot_write(self._path, error) from None

    def _flush(self) -> None:
        self.settle()
        self._check_name()
        if not self._is_synced:
            self._sync()

    def _check_name(self) -> None:
        """Close the log and raise if its file is not at its path: writes would be lost."""
        try:
            is_lost, reason = not is_at(self._path, self._file), "another file has its name"
        except OSError as error:
            is_lost, reason = True, f"it cannot be found: {error.strerror}"
        if is_lost:
            self._refuse(reason)
            raise cannot_write(self._path, reason)

    def _sync(self) -> None:
        try:
            _sync_file(self._file.fileno())
        except OSError as error:
            # Nobody knows what is on the disk, and the next call would not report it again.
            self._refuse(f"it could not be written to the disk: {error.strerror}")
            raise cannot_write(self._path, error) from None
        self._is_synced = True
        self._synced_at = monotonic()

    def _close(self) -> None:
        if self.is_open:
            self._flush()
            self._refuse("the log is closed")

    def _refuse(self, reason: str) -> None:
        self._refusal = reason
        self.is_open = False
        _close(self._file)
        if self._replacement is not None:
            _close(self._replacement[0])


class Follower:
    """Reads the new writes in the change log of another process.

    :param path: the absolute path of the log.
    :ivar was_emptied: whether :meth:`records` has found that the log was emptied.
    :ivar is_behind: whether the inventory lacks writes that are in the log, because
        :meth:`records` or applying a write has failed.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.was_emptied = self.is_behind = False
        self._reader: LogReader | None = None

    def records(self, generation: int, nodes: int, chain: int | None) -> Iterator[Record]:
        """Yield the writes in the log that the inventory lacks, even if the log was emptied."""
        self.is_behind = True
        known: int | None = nodes
        is_current = False
        while not is_current:
            reader = self._reader
            if reader is None:
                reader = LogReader(self.path, is_followed=True)
                if reader.base.generation == UNSET:
                    reader.close()
                    break
                reader.check_base(generation, known, chain)
                self._reader = reader
            try:
                status = os.stat(self.path)  # noqa: PTH116 - pathlib is slower
            except OSError as error:
                raise cannot_read(printable(self.path), error) from None
            # What was written before the log was emptied is in the file that was read until now.
            is_current = os.path.samestat(status, os.fstat(reader.fileno()))
            if is_current and status.st_size < reader.position.offset:
                raise reader.damaged(reader.position, "what was read before is cut off")
            before = generation
            generation, chain = yield from reader.records_after(generation, chain)
            if generation != before:
                known = None
            if is_current:
                reader.check(reader.position, generation, chain)
            else:
                self.was_emptied = True
                self._reader = None
                reader.close()
        self.is_behind = False


def _copy_bytes(path: str, file: BinaryIO, start: int, stop: int) -> None:
    """Append the bytes from ``start`` to ``stop`` of the file at ``path`` to ``file``."""
    with FileIO(path) as source:
        source.seek(start)
        while start < stop:
            data = source.read(min(stop - start, _COPIED_BYTES))
            if not data:
                raise OSError(None, "the log was cut off")
            file.write(data)
            start += len(data)


def _close(file: FileIO) -> None:
    with suppress(OSError):  # all data has been written
        file.close()


def _sync_interval(sync: object) -> float | None:
    """Return the least number of seconds between two calls of fsync; None for no calls."""
    if sync == "each":
        return 0.0
    if sync == "never":
        return None
    if isinstance(sync, (int, float)) and sync is not True and sync > 0:
        return float(sync)
    raise ValueError("sync must be 'each', 'never' or a number of seconds above 0")


def _end_fork_in_child() -> None:
    global _fork_lock
    _fork_lock = RLock()  # another thread, which is not here, may be waiting for the old one
    for log in list(_open_logs):
        if log.is_open:
            log._refuse("a child process cannot write to the log of its parent, but can follow it")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=lambda: _fork_lock.acquire(),
        after_in_parent=lambda: _fork_lock.release(),
        after_in_child=_end_fork_in_child,
    )
