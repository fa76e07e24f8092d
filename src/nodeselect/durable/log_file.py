"""The file of a change log: a header, and a record for each write.

A record is appended and never changed. Its checksum is computed from its bytes and the checksum of
the record before, so a record that is missing, in the wrong place or from another log is detected.
``docs/file-formats.md`` describes the format.
"""

import json
import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from functools import cache
from io import FileIO
from struct import Struct
from typing import Any, Final, NamedTuple
from zlib import crc32

from nodeselect.durable.saved_file import cannot_write
from nodeselect.errors import InventoryError
from nodeselect.files.inputs import cannot_read
from nodeselect.files.replace import replace_file
from nodeselect.node import Node, Taint
from nodeselect.problem import Place
from nodeselect.readers.detect import LOG_MAGIC
from nodeselect.text import printable, to_exact_str

try:
    import fcntl
except ImportError:  # there is none on Windows
    fcntl = None  # type: ignore[assignment]

UNSET: Final = 2**64 - 1
"""The generation in the header of a log that no inventory has used yet."""

# Version 1 is the same, without facts. Programs that know only it take a record with facts for
# damage, so the version of a log is raised before its first such record.
VERSION: Final = 2

# Magic, version, generation and number of the nodes to which the first record applies, checksum
# that the first record continues, checksum of these fields.
_HEADER: Final = Struct("<8sIQQII")

# Generation after the write, number of nodes before it, bytes of the changes, checksum of these
# fields, checksum of the changes. The first checksum continues the second one of the record before,
# and the second one the first. So a damaged length is not taken for a record that is cut off.
_RECORD: Final = Struct("<QQIII")
_FIELDS: Final = Struct("<QQI")
_CHECKSUMS: Final = Struct("<II")
_MAX_PAYLOAD: Final = 2**32 - 1

_WINDOW_SIZE: Final = 1 << 18


class LogPosition(NamedTuple):
    """A place between two records of a log; each record is a write.

    :param generation: the generation of the inventory after the record before this place.
    :param offset: where that record ends, in bytes.
    :param chain: the checksum of that record, from which the checksum of the next one is computed.
    """

    generation: int
    offset: int
    chain: int


class Record(NamedTuple):
    """One write in a log, between the places ``start`` and ``end``.

    :param nodes: how many nodes the inventory had before the write.
    :param changes: nodes that were added or replaced, and ids of nodes that were removed.
    """

    nodes: int
    changes: list[Node | str]
    start: LogPosition
    end: LogPosition


class Base(NamedTuple):
    """The header of a log: facts about the inventory before the first write in the log.

    :param chain: the number from which the checksum of the first record is computed.
    """

    generation: int
    nodes: int
    chain: int

    @property
    def end(self) -> LogPosition:
        """The place where the first record begins."""
        return LogPosition(self.generation, _HEADER.size, self.chain)

    def to_header(self) -> bytes:
        fields = _HEADER.pack(LOG_MAGIC, VERSION, *self, 0)[:-4]
        return fields + crc32(fields).to_bytes(4, "little")


def encode_record(
    position: LogPosition, generation: int, nodes: int, changes: Sequence[Node | str]
) -> tuple[bytes, LogPosition]:
    """Encode a write as a record at ``position``; return its bytes and the place after it.

    :raises InventoryError: with the code ``cannot-write``, if the changes are too large.
    """
    payload = _encode_changes(changes)
    size = len(payload)
    if size > _MAX_PAYLOAD:
        raise InventoryError("cannot-write", "the changes of one write exceed 4 GiB in the log")
    fields = _FIELDS.pack(generation, nodes, size)
    checksum = crc32(fields, position.chain)
    chain = crc32(payload, checksum)
    data = fields + _CHECKSUMS.pack(checksum, chain) + payload
    return data, LogPosition(generation, position.offset + len(data), chain)


class LogReader:
    """Reads the records of a log file, even while another process appends to the file.

    :ivar base: the header: facts about the inventory before the first record.
    :ivar position: the place after the last record that the caller has used.
    """

    def __init__(self, path: str, *, is_followed: bool = False) -> None:
        """Open a log and check its header.

        :param is_followed: whether another process may write to the log.
        :raises InventoryError: if the file cannot be read, or is not a log of a known version.
        """
        self._name = printable(path)
        self._is_followed = is_followed
        try:
            self._file = FileIO(path)
            header = self._file.read(_HEADER.size) or b""
        except (OSError, ValueError) as error:
            raise cannot_read(self._name, error) from None
        self.base = self._read_base(header)
        self.position = self.base.end

    def close(self) -> None:
        with suppress(OSError):  # what is needed has been read
            self._file.close()

    def __del__(self) -> None:
        if hasattr(self, "_file"):  # an inventory that follows a log has no method to close it
            self.close()

    def fileno(self) -> int:
        return self._file.fileno()

    def check_base(self, generation: int, nodes: int | None, chain: int | None) -> None:
        """Raise if the log begins after ``generation``, or belongs to other nodes.

        :param generation: of the inventory, which needs the later writes; ``nodes`` and ``chain``
            are its number of nodes and its last checksum, None if unknown.
        :raises InventoryError: with the code ``log-emptied`` or ``other-log``.
        """
        base = self.base
        if base.generation > generation:
            message = (
                f"the log begins at generation {base.generation:,}, and the nodes are of"
                f" generation {generation:,}"
            )
            hint = "open the file that was saved when the log was emptied"
            raise self._error("log-emptied", message, hint)
        if base.generation < generation and chain is None:
            message = (
                f"the log begins at generation {base.generation:,}, and nodes of generation"
                f" {generation:,} were saved without it: they may lack its writes"
            )
            hint = "use a file that was saved by the writer of the log, or a new log"
            raise self._error("other-log", message, hint)
        if nodes is not None and base.generation == generation and base.nodes != nodes:
            raise other_nodes(self._name, generation, base.nodes, nodes)

    def records_after(
        self, generation: int, chain: int | None
    ) -> Generator[Record, None, tuple[int, int | None]]:
        """Yield the records after :attr:`position` that an inventory lacks.

        The caller must apply each record before it requests the next one. At the end, return the
        generation of the inventory and the checksum of its last write.
        """
        for record in self.records():
            if record.end.generation > generation:
                self.check(record.start, generation, chain)
                yield record
                generation, chain = record.end.generation, record.end.chain
        return generation, chain

    def check(self, position: LogPosition, generation: int, chain: int | None) -> None:
        """Raise unless the inventory is at ``position`` in the log; see :meth:`check_base`."""
        if position.generation != generation or chain not in (None, position.chain):
            hint = "it is the log of other nodes, or its end is lost: use another file"
            if self._is_followed:
                hint = (
                    "its writer began again with older nodes, or with others: call refresh with"
                    " the file that the writer opened"
                )
            message = f"the log does not continue these nodes, of generation {generation:,}"
            raise self._error("other-log", message, hint)

    def records(self) -> Iterator[Record]:
        """Yield the records after :attr:`position`.

        The position moves past a record when the next one is requested. An incomplete record at
        the end of the file, or before nothing but zeros, is not yielded: it is still being
        written, or its write was interrupted by a crash.

        :raises InventoryError: with the code ``damaged``, if the checksum of a record is wrong.
        """
        window = _Window(self._file)
        try:
            while record := self._next_record(window):
                yield record
                self.position = record.end
        except OSError as error:
            raise cannot_read(self._name, error) from None

    def _next_record(self, window: "_Window") -> Record | None:
        """Read the next record; None if it is incomplete. Raise if two reads find equal damage."""
        seen: bytes | None = None
        while True:
            try:
                return self._read_record(window)
            except InventoryError:
                if window.data == seen:
                    raise
                seen, window.data = window.data, b""

    def _read_record(self, window: "_Window") -> Record | None:
        start = self.position
        header = window.read(start.offset, _RECORD.size)
        if len(header) < _RECORD.size:
            return None
        generation, nodes, size, checksum, chain = _RECORD.unpack(header)
        if crc32(header[: _FIELDS.size], start.chain) != checksum:
            if window.is_zero(start.offset + _RECORD.size - 1):
                return None
            raise self.damaged(start, "the checksum of the header of a record is wrong")
        payload = window.read(start.offset + _RECORD.size, size)
        if len(payload) < size:
            return None
        end = LogPosition(generation, start.offset + _RECORD.size + size, chain)
        if crc32(payload, checksum) != chain:
            if window.is_zero(end.offset - 1):
                return None
            raise self.damaged(start, "the checksum of a record is wrong")
        try:
            changes = _decode_changes(payload)
        except (ValueError, TypeError, RecursionError):  # an InventoryError is a ValueError
            raise self.damaged(start, "a record has no valid changes") from None
        if generation != start.generation + 1 and (changes or generation <= start.generation):
            raise self.damaged(start, f"generation {generation:,} follows {start.generation:,}")
        return Record(nodes, changes, start, end)

    def _read_base(self, header: bytes) -> Base:
        if header[: len(LOG_MAGIC)] != LOG_MAGIC[: len(header)]:
            hint = "ChangeLog creates one if there is no file"
            raise self._error("not-a-log", "not a change log", hint)
        if len(header) < _HEADER.size:
            message = f"cut off: it has {len(header)} bytes of {_HEADER.size} or more"
            raise self._error("cut-off", message, _hint(0))
        _, version, generation, nodes, chain, checksum = _HEADER.unpack(header)
        start = LogPosition(0, 0, 0)
        if crc32(header[:-4]) != checksum:
            raise self.damaged(start, "the checksum of the header is wrong")
        if not 1 <= version <= VERSION:
            message = f"the log has version {version}, which this program does not know"
            hint = f"it knows versions up to {VERSION}: upgrade nodeselect"
            raise self._error("unknown-version", message, hint)
        self.version: int = version
        return Base(generation, nodes, chain)

    def damaged(self, position: LogPosition, what: str) -> InventoryError:
        """Return the error for a log that is damaged at ``position``; ``what`` is the reason."""
        message = f"damaged at byte {position.offset:,}: {what}"
        hint = _hint(position.offset)
        if self._is_followed and position.offset:  # it must not be cut off under its writer
            hint = "save the inventory of its writer, then call refresh with that file"
        return self._error("damaged", message, hint)

    def _error(self, code: str, message: str, hint: str) -> InventoryError:
        return InventoryError(code, message, place=Place(file=self._name), hint=hint)


class _Window:
    """Reads a file in large blocks and caches the last one, since small reads are slow."""

    def __init__(self, file: FileIO) -> None:
        self._file = file
        self.data = b""
        self._start = 0

    def read(self, offset: int, size: int) -> bytes:
        """Return ``size`` bytes of the file from ``offset`` on; fewer if the file ends earlier."""
        at = offset - self._start
        if not 0 <= at <= len(self.data) - size:
            descriptor, at = self._file.fileno(), 0
            available = max(0, os.fstat(descriptor).st_size - offset)
            size = min(size, available)
            self.data = os.pread(descriptor, min(max(size, _WINDOW_SIZE), available), offset)
            while len(self.data) < size:  # the system reads up to 2 GiB at once
                more = os.pread(descriptor, size - len(self.data), offset + len(self.data))
                if not more:
                    break
                self.data += more
            self._start = offset
        return self.data[at : at + size]

    def is_zero(self, offset: int) -> bool:
        """Return whether all bytes of the file from ``offset`` to the end are zero."""
        while data := os.pread(self._file.fileno(), _WINDOW_SIZE, offset):
            if data.strip(b"\0"):
                return False
            offset += len(data)
        return True


def other_nodes(path: str, generation: int, expected: int, nodes: int) -> InventoryError:
    return InventoryError(
        "other-log",
        f"the log was written for {expected:,} nodes at generation {generation:,}, and here are"
        f" {nodes:,}" + (", but different ones" if nodes == expected else ""),
        place=Place(file=path),
        hint="it is the log of other nodes: use another file",
    )


def open_locked(path: str, contents: bytes) -> FileIO:
    """Open a file and lock it; if it does not exist, create it with ``contents``.

    :raises InventoryError: with the code ``log-in-use`` if another process has locked it, or
        ``cannot-write``.
    :raises NotImplementedError: if the system cannot lock files, as on Windows.
    """
    if fcntl is None:
        raise NotImplementedError("a ChangeLog needs a system that can lock files")

    try:
        while True:
            try:
                file = FileIO(path, "r+b")
                try:
                    lock_file(file, path)
                    if is_at(path, file):  # otherwise it was replaced before it was locked
                        return file
                except BaseException:
                    file.close()
                    raise
                file.close()
            except FileNotFoundError:
                with suppress(FileExistsError):
                    replace_file(path, lambda file: file.write(contents), must_be_new=True)
    except InventoryError:  # which is a ValueError
        raise
    except (OSError, ValueError) as error:
        raise cannot_write(path, error) from None


def lock_file(file: FileIO, path: str) -> FileIO:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        hint = "only one process can write to a log; others follow it"
        raise InventoryError(
            "log-in-use", "another ChangeLog has it open", place=Place(file=path), hint=hint
        ) from None
    return file


def is_at(path: str, file: FileIO) -> bool:
    """Return whether the open ``file`` is still at ``path``, not replaced by another file."""
    return os.path.samestat(os.stat(path), os.fstat(file.fileno()))  # noqa: PTH116


def _hint(offset: int) -> str:
    if not offset:
        return "restore the log from a backup"
    return (
        "restore the log from a backup; or drop what it has from there on:"
        f" truncate -s {offset} FILE"
    )


@cache
def load_msgspec() -> tuple[Any, Any]:
    """Import msgspec, which loads slowly; return it, and a decoder of the changes in a record."""
    import msgspec

    node = tuple[str, dict[str, str], str | None, str | None]
    facts = [("taints", list[Taint] | None), ("resources", dict[str, int] | None)]
    with_facts = msgspec.defstruct("Row", [("node", node), *facts], forbid_unknown_fields=True)
    return msgspec, msgspec.json.Decoder(list[node | str | with_facts])  # type: ignore[valid-type]


def _encode_changes(changes: Sequence[Node | str]) -> bytes:
    msgspec, _ = load_msgspec()
    rows = [
        _to_row(change) if isinstance(change, Node) else to_exact_str(change, "an id")
        for change in changes
    ]
    try:
        encoded: bytes = msgspec.json.encode(rows)
    except (msgspec.MsgspecError, ValueError):  # a surrogate
        # Not as escapes: those of two surrogates would be read as one character.
        text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "surrogatepass")
    return encoded


def _to_row(node: Node) -> list[Any] | dict[str, Any]:
    row = [node.id, dict(node.labels), node.name, node.state]
    return row if node._facts is None else {"node": row, **node._facts._asdict()}


def _decode_changes(payload: bytes) -> list[Node | str]:
    msgspec, decoder = load_msgspec()
    try:
        try:
            payload.decode()  # not left to msgspec, whose exception differs between versions
        except UnicodeDecodeError:  # perhaps because of a surrogate
            text = payload.decode("utf-8", "surrogatepass")
            rows = msgspec.convert(json.loads(text), decoder.type)
        else:
            rows = decoder.decode(payload)
    except msgspec.MsgspecError:
        raise ValueError("not changes") from None
    return [row if isinstance(row, str) else _to_node(row) for row in rows]


def _to_node(row: Any) -> Node:
    if isinstance(row, tuple):
        return Node(*row)
    return Node(*row.node, taints=row.taints, resources=row.resources)
