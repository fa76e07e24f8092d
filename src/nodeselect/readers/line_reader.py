"""Read NDJSON for a :class:`NodeReader`, in chunks of lines.

In a module of its own, because msgspec is loaded with it.
"""

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO

from nodeselect.errors import InventoryError
from nodeselect.files.chunks import begins_with_long_line, line_too_long_error, read_chunks
from nodeselect.problem import Place
from nodeselect.readers.columnar import Block
from nodeselect.readers.formats import json, ndjson
from nodeselect.readers.raw_node import RecordPlace
from nodeselect.readers.shapes import plain
from nodeselect.text import quoted

if TYPE_CHECKING:
    from nodeselect.readers.reader import NodeReader


class LineReader:
    """Reads NDJSON for a :class:`NodeReader`, which counts and selects the nodes."""

    def __init__(self, nodes: "NodeReader") -> None:
        self._nodes = nodes
        self._typed = ndjson.TypedDecoder(nodes._selector) if nodes._uses_typed else None
        self._line = 1  # the number of the next line

    def blocks(self, first: bytes, stream: BinaryIO) -> Iterator[Block]:
        """Yield the selected nodes of ``first`` and of the rest of the stream."""
        for chunk in read_chunks(first, stream):
            if begins_with_long_line(chunk):
                raise line_too_long_error(self._line)
            yield self._read_chunk(chunk)

    def _read_chunk(self, chunk: bytes) -> Block:
        nodes, typed = self._nodes, self._typed
        if nodes._footer:
            return self._read_lines(chunk)
        decoded = None if typed is None else typed.decode(chunk)
        if decoded is None:
            decoded = ndjson.decode_plain(chunk)
            if decoded is None:
                return self._read_lines(chunk)
            if typed is not None:
                typed.observe(decoded[1])
                typed = None
        ids, records = decoded
        nodes._shapes.add(plain.NAME)
        self._line += len(records)  # each is one line
        if typed is not None and nodes._selector is None:
            nodes._count(ids)
            return typed.to_columns(records)
        masks = None if typed is None else typed.failure_masks(records)
        labels = [record.labels for record in records] if masks is None else []
        states = [record.state for record in records] if nodes._states else []
        return list(map(ndjson.to_row, nodes._select(records, ids, labels, states, masks)))

    def _read_lines(self, chunk: bytes) -> Block:
        """Read the lines of a chunk one by one."""
        blocks = self._nodes._select_records(self._line_records(chunk))
        return list(chain.from_iterable(blocks))

    def _line_records(self, chunk: bytes) -> Iterator[tuple[RecordPlace, Any]]:
        lines = chunk.split(b"\n")
        for number, text in enumerate(lines):
            line = self._line + number
            if not text.strip():
                continue
            if self._nodes._footer:  # only blank lines may follow it
                message = f"unexpected text after the footer {quoted(self._nodes._footer.strip())}"
                raise InventoryError("not-json", message, place=Place(line=line))
            is_begun = text.lstrip()[:1] in (b"{", b"[") and text.rstrip()[-1:] in (
                b",",
                b"{",
                b"[",
            )
            if is_begun and number < len(lines) - 1:  # otherwise it may be cut off
                message = "a text of several lines begins here, after texts of one line each"
                hint = "read it as an input of its own"
                raise InventoryError("not-json", message, place=Place(line=line), hint=hint)
            if text.startswith(b"Showing "):
                self._nodes._footer = text.decode("utf-8", "replace")
            else:
                yield from json.read_text(text, line, (line, ""))
        self._line += chunk.count(b"\n")
