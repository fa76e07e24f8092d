"""NDJSON: one JSON text a line, decoded many lines at a time where all are plain nodes."""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from nodeselect.errors import InventoryError
from nodeselect.limits import LIMITS
from nodeselect.node import NodeRow
from nodeselect.readers.formats import json
from nodeselect.readers.raw_node import all_plain_ids

__all__ = ["PlainRecord", "decode_chunk", "decode_line", "read_chunks", "to_row"]

# Small enough to stay in the processor's cache (``benchmarks/test_read.py``).
_CHUNK_BYTES = 60 * 1024

_TWO_ON_A_LINE = re.compile(rb"\}[ \t\r]*\{")


class PlainRecord(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A plain node, validated by msgspec as it decodes."""

    id: str
    labels: dict[str, str]
    name: str | None = None
    state: str | None = None


_decode_lines = msgspec.json.Decoder(PlainRecord).decode_lines


def read_chunks(first: bytes, stream: BinaryIO, stop: int | None = None) -> Iterator[bytes]:
    """Split ``first`` and the rest of the stream into chunks of whole lines.

    :param stop: the position of the beginning of a line to read up to; None reads to the end.
    :raises InventoryError: if the file ends before ``stop``.
    """
    if first:
        yield first
    while stop is None or stream.tell() < stop:
        size = _CHUNK_BYTES if stop is None else min(_CHUNK_BYTES, stop - stream.tell())
        chunk = stream.read(size)
        if stop is None or stream.tell() < stop:
            chunk += stream.readline()
        if not chunk and stop is not None:
            raise InventoryError("cut-off", "the file became shorter while it was read")
        if not chunk:
            return
        yield chunk


def decode_chunk(chunk: bytes) -> tuple[list[str], list[PlainRecord]] | None:
    """Decode lines that are all valid plain nodes, to ids and records.

    Return None if the lines hold anything else, so that each must be read by itself.
    """
    if len(chunk) > LIMITS.node_labels_bytes:  # otherwise no line can exceed the limit
        return None
    try:
        records: list[PlainRecord] = _decode_lines(chunk)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    # As many records as lines, and no two on one line: each line is one record.
    lines = chunk.count(b"\n") + (not chunk.endswith(b"\n"))
    if len(records) != lines or _TWO_ON_A_LINE.search(chunk):
        return None
    sizes = [len(record.labels) for record in records]
    strings = 3 * lines + 2 * sum(sizes)
    quotes = json.count_string_quotes(chunk)
    if quotes != 2 * strings:  # there are names and states, or a duplicate key
        strings += 2 * sum([record.name is not None for record in records])
        strings += 2 * sum([record.state is not None for record in records])
        if quotes != 2 * strings:
            return None
    ids = [record.id for record in records]
    if not all_plain_ids(ids) or max(sizes) > LIMITS.node_labels:
        return None
    return ids, records


def to_row(record: PlainRecord) -> NodeRow:
    """Return the row of a record."""
    return record.id, record.labels, record.name, record.state


def decode_line(text: bytes, line: int) -> Any:
    """Decode the JSON text in line number ``line``.

    :raises InventoryError: if it is invalid, or an object has a duplicate key.
    """
    try:
        return json.decode(text, line)
    except InventoryError as error:
        raise (error if error.place else error.within(f"line {line}")) from None
