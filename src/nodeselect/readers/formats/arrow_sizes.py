"""What a file of Arrow IPC would take in memory, before anything of it is decompressed.

A file of a few kilobytes may claim any number of rows, or expand to any size. pyarrow decompresses
a record batch as a whole, and does not report beforehand what that takes; so the sizes are read
from the metadata of the file, which are FlatBuffers (``Message.fbs`` and ``File.fbs`` of Arrow).

This module imports pyarrow, as the other ``arrow`` modules do.
"""

from collections.abc import Iterator
from struct import Struct
from struct import error as StructError  # noqa: N812 - it is a class
from typing import Any, Final

import pyarrow as pa
import pyarrow.ipc

from nodeselect.errors import InventoryError
from nodeselect.limits import LIMITS

# Any file may have as many rows, and take as many bytes.
_MIN_ROWS: Final = 100_000
_MIN_BYTES: Final = 64 << 20

_SHORT, _INT, _LONG = Struct("<H"), Struct("<i"), Struct("<q")

# At the end of a file: the size of the footer, and the magic.
_TAIL: Final = Struct("<i6s")

# The position of a record batch or a dictionary in a file, and of a buffer in the body of a batch.
_BLOCK: Final = Struct("<qi4xq")
_BUFFER: Final = Struct("<qq")

# The numbers of fields in the tables of FlatBuffers.
_MESSAGE_HEADER = 2
_DICTIONARY_DATA = 1
_BATCH_LENGTH, _BATCH_BUFFERS, _BATCH_COMPRESSION = 0, 2, 3
_FOOTER_DICTIONARIES, _FOOTER_BATCHES = 2, 3


def check_rows(rows: int, size: int) -> None:
    """Raise if a file of ``size`` bytes has too many rows.

    :raises InventoryError: with the code ``document-too-large``.
    """
    if rows > max(_MIN_ROWS, LIMITS.parquet_nodes * size):
        message = (
            f"the file has more than {LIMITS.parquet_nodes} nodes for each byte"
            " (limit: parquet_nodes)"
        )
        raise InventoryError("document-too-large", message)


def check_sizes(data: bytes) -> None:
    """Raise if a file or a stream of Arrow IPC has too many rows, or is too large decompressed.

    :raises InventoryError: with the code ``document-too-large``; or ``not-arrow``, if its metadata
        are not what pyarrow writes.
    """
    rows = expanded = 0
    try:
        for message in _messages(data):
            if message.type not in ("record batch", "dictionary"):
                continue
            batch = _Table.root(memoryview(message.metadata)).table(_MESSAGE_HEADER)
            if message.type == "dictionary":
                batch = batch.table(_DICTIONARY_DATA)
            else:
                rows += max(batch.number(_BATCH_LENGTH), 0)
            if batch.has(_BATCH_COMPRESSION):
                body = memoryview(message.body)
                for start, length in batch.structs(_BATCH_BUFFERS, _BUFFER):
                    if length:  # the size is first; -1 if it is not compressed
                        expanded += max(_LONG.unpack_from(body, start)[0], 0)
    except (StructError, IndexError, EOFError):
        raise InventoryError("not-arrow", "Arrow IPC cannot be read: invalid metadata") from None
    check_rows(rows, len(data))
    if expanded > max(_MIN_BYTES, LIMITS.gzip_ratio * len(data)):
        message = (
            f"decompressed, the input is more than {LIMITS.gzip_ratio} times as large"
            " (limit: gzip_ratio)"
        )
        raise InventoryError("document-too-large", message)


def _messages(data: bytes) -> Iterator[Any]:
    """Yield the messages of a stream of Arrow IPC, or of a file: those that its footer lists."""
    if not data.startswith(b"ARROW1"):
        stream = pa.BufferReader(data)
        while stream.tell() < len(data):
            try:
                yield pyarrow.ipc.read_message(stream)
            except EOFError:
                return
        return
    size, _ = _TAIL.unpack_from(data, len(data) - _TAIL.size)
    footer = _Table.root(memoryview(data)[len(data) - _TAIL.size - size :])
    for field in (_FOOTER_DICTIONARIES, _FOOTER_BATCHES):
        for start, _, _ in footer.structs(field, _BLOCK):
            yield pyarrow.ipc.read_message(pa.BufferReader(pa.py_buffer(data).slice(start)))


class _Table:
    """Reads the fields of a table in the format FlatBuffers, in which Arrow stores metadata."""

    def __init__(self, data: memoryview, at: int) -> None:
        self._data = data
        self._at = at

    @classmethod
    def root(cls, data: memoryview) -> "_Table":
        return cls(data, _INT.unpack_from(data)[0])

    def _find(self, field: int) -> int:
        """Return the offset of a field in the data; 0 if the table does not have it."""
        fields = self._at - _INT.unpack_from(self._data, self._at)[0]
        at = 4 + 2 * field
        if at >= _SHORT.unpack_from(self._data, fields)[0]:
            return 0
        offset: int = _SHORT.unpack_from(self._data, fields + at)[0]
        return self._at + offset if offset else 0

    def has(self, field: int) -> bool:
        return self._find(field) != 0

    def number(self, field: int) -> int:
        at = self._find(field)
        number: int = _LONG.unpack_from(self._data, at)[0] if at else 0
        return number

    def table(self, field: int) -> "_Table":
        at = self._find(field)
        return _Table(self._data, at + _INT.unpack_from(self._data, at)[0])

    def structs(self, field: int, layout: Struct) -> Iterator[tuple[int, ...]]:
        """Yield the elements of a vector."""
        at = self._find(field)
        if at:
            at += _INT.unpack_from(self._data, at)[0]
            for number in range(_INT.unpack_from(self._data, at)[0]):
                yield layout.unpack_from(self._data, at + 4 + number * layout.size)
