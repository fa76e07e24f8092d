"""The file of a saved inventory: a header, and sections with a checksum each.

A section is an array of numbers, or bytes; ``saved_segment`` decodes the sections. The file is
mapped into memory, so that opening it reads only the header, and processes share its pages. A
section is checked when it is first read. ``docs/file-formats.md`` describes the format.
"""

import os
import sys
from array import array
from collections.abc import Mapping
from contextlib import suppress
from io import BufferedReader, FileIO, UnsupportedOperation
from mmap import ACCESS_READ, mmap
from stat import S_ISREG
from struct import Struct
from typing import Any, BinaryIO, Final, NamedTuple
from zlib import crc32

from nodeselect.errors import InventoryError
from nodeselect.files.inputs import blocking_reader, cannot_read, open_input, reason_of
from nodeselect.files.replace import replace_file
from nodeselect.problem import Fix, Place
from nodeselect.readers.detect import LOG_MAGIC, SAVED_MAGIC
from nodeselect.text import pluralize, printable

# Version 1 is the same; programs that wrote it did not know facts.
_VERSION: Final = 2

# On a machine of the other byte order, the first reads as the second.
_BYTE_ORDER: Final = 0x01020304
_OTHER_BYTE_ORDER: Final = 0x04030201

# Magic, byte order, version, size of the header with all entries, checksum of the header in which
# these four bytes are zeros. Every version begins with these; then: nodes, generation.
_HEADER: Final = Struct("<8sIIIIQQ")
_CHECKSUM: Final = slice(20, 24)

# Of a section: name, bytes of a number in it, checksum, offset in the file, size in bytes.
_ENTRY: Final = Struct("<24sIIQQ")

# The formats of ``memoryview`` for numbers of some bytes.
_FORMATS: Final = {1: "B", 2: "H", 4: "I", 8: "Q"}

# Offsets of sections are multiples of this: the line of a processor's cache.
_ALIGNMENT = 64

# The last section has the place in the change log that the nodes are from, if any. It says nothing
# about the nodes, so it is not in the checksum of the contents.
_LOG: Final = "log"
_CHAIN_BYTES: Final = 4

# The generation rises by one with each change, so only a forged file has this one or a higher one.
_MAX_GENERATION: Final = 1 << 63

# Nobody may write to a saved file, because other processes may have it mapped.
_PERMISSIONS = 0o444

_SAVE_AGAIN: Final = "save the inventory again, or restore the file from a backup"


class _Section(NamedTuple):
    number_size: int
    checksum: int
    offset: int
    size: int


class Sections:
    """The sections of a saved inventory, ready to be written to a file.

    :ivar contents: a checksum of the sections: equal for files with the same sections.
    """

    def __init__(self, sections: Mapping[str, Any], nodes: int) -> None:
        """Lay out the sections, bytes or arrays of numbers, and compute their checksums."""
        self._nodes = nodes
        self._parts: list[tuple[int, memoryview]] = []
        self._header_size = self._end = _HEADER.size + (len(sections) + 1) * _ENTRY.size
        self._entries = b""
        for name, section in sections.items():
            entry, start, data = self._place(name, section)
            self._entries += entry
            self._parts.append((start, data))
            self._end = start + len(data)
        self.contents = crc32(self._entries)

    def _place(self, name: str, section: Any) -> tuple[bytes, int, memoryview]:
        """Return the next section's header entry, its offset in the file, and its bytes."""
        numbers = memoryview(section)
        data = numbers.cast("B")
        start = -(-self._end // _ALIGNMENT) * _ALIGNMENT
        entry = _ENTRY.pack(name.encode(), numbers.itemsize, crc32(data), start, len(data))
        return entry, start, data

    def write(self, path: str, generation: int, chain: int | None = None) -> int:
        """Replace the file ``path`` by one with these sections; return the new file's checksum.

        :param chain: the checksum of the last write in the inventory's change log, if it has one.
        :raises InventoryError: with the code ``cannot-write``. The old file is then
            unchanged, unless only the sync of its folder failed: then the new file is complete.
        """
        check_replaceable(path)
        entry, log_start, log = self._place(_LOG, array("I", [] if chain is None else [chain]))
        begin = (SAVED_MAGIC, _BYTE_ORDER, _VERSION, self._header_size)
        fields = _HEADER.pack(*begin, 0, self._nodes, generation)
        header = bytearray(fields + self._entries + entry)
        checksum = crc32(header)
        header[_CHECKSUM] = checksum.to_bytes(4, "little")

        def write(file: BinaryIO) -> None:
            file.write(header)
            for start, data in (*self._parts, (log_start, log)):
                file.write(bytes(start - file.tell()))
                file.write(data)

        try:
            replace_file(path, write, _PERMISSIONS)
        except (OSError, ValueError) as error:
            raise cannot_write(path, error) from None
        return checksum


def check_replaceable(path: str) -> None:
    """Raise if the file at ``path`` is not a saved inventory but, for example, a node list.

    A file that is missing or empty, or that begins like a saved inventory, may be replaced.

    :raises InventoryError: with the code ``cannot-write``.
    """
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - pathlib loads slowly
    except (OSError, ValueError):  # what is wrong is reported when it is written
        return
    if not S_ISREG(mode):
        raise cannot_write(path, "not a regular file")
    with suppress(OSError), FileIO(path) as file:
        start = file.read(len(SAVED_MAGIC))
        if start == LOG_MAGIC:  # its writes would be lost
            raise cannot_write(path, "it is a change log", "give another name")
        if not SAVED_MAGIC.startswith(start):
            raise cannot_write(path, "it is not a saved inventory", "give another name")


def cannot_write(path: str, cause: str | Exception, hint: str | None = None) -> InventoryError:
    """Return the error for a file that cannot be written; ``cause`` is as for ``reason_of``."""
    message = f"cannot write '{printable(path)}': {reason_of(cause)}"
    return InventoryError("cannot-write", message, hint=hint)


def read_saved(source: str | os.PathLike[str] | BinaryIO, *, copy: bool = False) -> "SavedFile":
    """Map a saved inventory into memory, and check its header.

    :param source: a path or a stream. A stream that is not a file is read, not mapped.
    :param copy: whether to read a file as well, instead of mapping it.
    :raises InventoryError: if the file cannot be read, is incomplete, or has an unknown version.
    """
    with open_input(source) as (stream, name):
        try:
            data = _contents(stream, is_mapped=not copy)
        except OSError as error:
            raise cannot_read(name, error) from None
        path = getattr(stream, "name", None)
    return SavedFile(data, printable(path) if isinstance(path, str) else name)


def _contents(stream: BinaryIO, *, is_mapped: bool) -> bytes | mmap:
    with suppress(AttributeError, UnsupportedOperation):  # it is not a file of the system
        status = os.fstat(stream.fileno())
        # A file that is empty cannot be mapped.
        if is_mapped and S_ISREG(status.st_mode) and status.st_size and not stream.tell():
            return mmap(stream.fileno(), 0, access=ACCESS_READ)
    reader = blocking_reader(stream)
    if isinstance(reader, BufferedReader):
        start = reader.peek(len(SAVED_MAGIC))[: len(SAVED_MAGIC)]
        if not SAVED_MAGIC.startswith(start):  # something else, which may have no end: /dev/zero
            return start
    return reader.read()


class SavedFile:
    """The sections of a saved inventory, each checked when it is first read.

    :ivar name: the name of the file in errors.
    :ivar nodes: how many nodes the file has.
    :ivar generation: the generation of the inventory that was saved.
    :ivar checksum: the checksum of the header, which contains the checksums of all sections.
    :ivar contents: a checksum of the sections: equal for files with the same nodes, even if
        ``generation`` or ``chain`` differs.
    :ivar chain: the checksum of the last write in the inventory's change log; None without a log.
    :ivar is_damaged: whether a part that was read was damaged.
    """

    nodes: int
    generation: int
    checksum: int
    contents: int
    chain: int | None = None
    is_damaged = False

    def __init__(self, data: bytes | mmap, name: str) -> None:
        """Check the header of a file; raise if it is incomplete, or not of a known version."""
        self.name = name
        self._data = memoryview(data)
        self._checked: set[str] = set()
        self._sections: dict[str, _Section] = {}
        self._read_header()
        if size := self.size(_LOG):
            if size != _CHAIN_BYTES:
                raise self.damaged(f"the section '{_LOG}' has {pluralize(size, 'byte')}")
            self.chain = int.from_bytes(self.bytes_of(_LOG), "little")

    def _read_header(self) -> None:
        data = self._data
        if not data or bytes(data[: len(SAVED_MAGIC)]) != SAVED_MAGIC[: len(data)]:
            hint = Fix.write("nodeselect index -n NODES FILE", "to save one, run")
            raise self._error("not-saved", "not a saved inventory", hint)
        if len(data) < _HEADER.size:
            raise self._cut_off(_HEADER.size)
        fields = _HEADER.unpack_from(data)
        _, byte_order, version, header_size, checksum, self.nodes, self.generation = fields
        if byte_order == _OTHER_BYTE_ORDER or sys.byteorder != "little":
            message = "saved inventories are little-endian; the file, or this machine, is not"
            raise self._error("byte-order", message)
        if header_size > len(data):
            raise self._cut_off(header_size)
        header = bytearray(data[:header_size])
        header[_CHECKSUM] = bytes(4)
        if byte_order != _BYTE_ORDER or crc32(header) != checksum:
            raise self.damaged("the checksum of the header is wrong")
        if not 1 <= version <= _VERSION:
            message = (
                f"the file has version {version} of the format, which this program does not know"
            )
            known = f"it knows versions up to {_VERSION}"
            upgrade = f"{known}: upgrade nodeselect, or save the nodes again"
            raise self._error("unknown-version", message, upgrade)
        if self.generation >= _MAX_GENERATION:
            raise self.damaged(f"the generation cannot be {self.generation:,}")
        self.checksum = checksum
        entries = header[_HEADER.size :]
        if header_size < _HEADER.size or len(entries) % _ENTRY.size:
            raise self.damaged(f"a header cannot have {pluralize(header_size, 'byte')}")
        end = header_size
        for name, *numbers in _ENTRY.iter_unpack(entries):
            if not name.isascii():
                raise self.damaged("the name of a section is not ASCII")
            section = self._sections[name.rstrip(b"\0").decode()] = _Section(*numbers)
            end = max(end, section.offset + section.size)
        self.contents = crc32(entries[: -_ENTRY.size] if _LOG in self else entries)
        if end > len(data):
            raise self._cut_off(end)
        if end < len(data):
            raise self.damaged(f"it has {pluralize(len(data) - end, 'byte')} behind its end")

    def __contains__(self, name: str) -> bool:
        return name in self._sections

    def size(self, name: str) -> int:
        """Return the size of a section in bytes; 0 if there is no such section."""
        section = self._sections.get(name)
        return 0 if section is None else section.size

    def bytes_of(self, name: str, *, is_checked: bool = True) -> "memoryview[int]":
        """Return a section as bytes. If ``is_checked``, raise if its checksum is wrong."""
        section = self._sections.get(name)
        if section is None:
            raise self.damaged(f"it has no section '{name}'")
        data = self._data[section.offset : section.offset + section.size]
        if is_checked and name not in self._checked:
            if crc32(data) != section.checksum:
                raise self.damaged(f"the checksum of the section '{name}' is wrong")
            self._checked.add(name)
        return data

    def numbers(self, name: str, length: int | None = None) -> "memoryview[int]":
        """Return a section as an array of numbers; raise if it does not have this length."""
        data = self.bytes_of(name)
        number_size, _, offset, size = self._sections[name]
        if number_size not in _FORMATS or size % number_size or offset % number_size:
            raise self.damaged(f"the section '{name}' is not an array of numbers")
        numbers: memoryview[int] = data.cast(_FORMATS[number_size])  # type: ignore[call-overload]
        if length is not None and len(numbers) != length:
            raise self.damaged(f"the section '{name}' has {len(numbers):,} numbers, not {length:,}")
        return numbers

    def offsets(self, name: str, stop: int, count: int | None = None) -> "memoryview[int]":
        """Return where each item of a section begins; raise unless the last ends at ``stop``."""
        offsets = self.numbers(name, None if count is None else count + 1)
        if not len(offsets) or offsets[0] != 0 or offsets[-1] != stop:
            raise self.damaged(f"the section '{name}' does not end at {stop:,}")
        return offsets

    def check(self) -> None:
        """Compare the checksums of all sections; raise if one is wrong."""
        for name in self._sections:
            self.bytes_of(name)

    def damaged(self, what: str) -> InventoryError:
        """Return the error for a file that is damaged; ``what`` is the reason."""
        self.is_damaged = True
        return self._error("damaged", f"damaged: {what}", _SAVE_AGAIN)

    def _cut_off(self, size: int) -> InventoryError:
        message = f"cut off: it has {len(self._data):,} bytes of {size:,} or more"
        return self._error("cut-off", message, _SAVE_AGAIN)

    def _error(self, code: str, message: str, hint: Fix | str | None = None) -> InventoryError:
        return InventoryError(code, message, place=Place(file=self.name), hint=hint)
