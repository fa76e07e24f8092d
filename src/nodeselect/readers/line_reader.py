"""Read NDJSON for a :class:`NodeReader`: in chunks of lines, in two processes if the file is large.

In a module of its own, because msgspec is loaded with it.
"""

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO

from nodeselect.errors import InventoryError
from nodeselect.files.chunks import begins_with_long_line, line_too_long_error, read_chunks
from nodeselect.readers.columnar import Block
from nodeselect.readers.duplicate_ids import DuplicateIdCheck
from nodeselect.readers.formats import json, ndjson
from nodeselect.readers.parallel_read import EndReader, Segment, read_from_end
from nodeselect.readers.shapes import plain
from nodeselect.text import quoted

if TYPE_CHECKING:
    from nodeselect.readers.reader import NodeReader

# Sending a node costs as much as reading it, so the child process ends its work after this many.
_MAX_SELECTED = 50_000


class LineReader:
    """Reads NDJSON for a :class:`NodeReader`, which counts and selects the nodes."""

    def __init__(self, nodes: "NodeReader") -> None:
        self._nodes = nodes
        self._typed = ndjson.TypedDecoder(nodes._selector) if nodes._uses_typed else None
        self._line = 1  # the number of the next line

    def blocks(self, first: bytes, stream: BinaryIO, *, parallel: bool) -> Iterator[Block]:
        """Yield the selected nodes of ``first`` and of the rest of the stream.

        :param parallel: whether two processes may read a large file.
        """
        with read_from_end(stream, self._from_end) if parallel else nullcontext() as child:
            if child is None:
                yield from self._read_chunks(first, stream)
                return
            for stop in chain([stream.tell()], child.stops):
                yield from self._read_chunks(first, stream, stop)
                first = b""
            rows = None if self._nodes._footer else self._add_end(child, stream.tell())
            if rows is None:
                yield from self._read_chunks(b"", stream, child.end)
            else:
                stream.seek(child.end)  # where it is after one process has read it
                yield rows

    def _add_end(self, child: EndReader, position: int) -> Block | None:
        """Add what the child process found; return the selected nodes, or None if it failed.

        :param position: up to which offset this process has read the file.
        """
        nodes = self._nodes
        result = child.next_part()
        if result is None:
            return None
        start, count, states, failure_masks, missing_ids, order, shapes, rows = result
        if start not in (None, position):  # the file was changed
            return None
        is_order_enough = nodes._has_one_input and nodes._ids.ascend_with(order)
        texts = () if is_order_enough else child.next_part()
        if texts is None:
            return None
        nodes.count += count
        nodes.states.update(states)
        nodes._count_masks(failure_masks)
        nodes.missing_ids &= missing_ids
        nodes._ids.extend(order, texts)
        nodes._shapes.update(shapes)
        return rows  # type: ignore[no-any-return]

    def _from_end(self, segments: Iterable[Segment]) -> Iterator[object]:
        """Read a file from its end, in the child process; yield what was found.

        The ids come last, since they are long, and rarely needed. If the file ends in a footer,
        yield nothing: then the parent process reads it itself.
        """
        nodes = self._nodes
        nodes._start_counting()
        start, rows, checks = None, [], []
        for stream, stop in segments:
            start = stream.tell()
            nodes._ids = DuplicateIdCheck()
            rows.append(list(chain.from_iterable(self._read_chunks(b"", stream, stop))))
            checks.append(nodes._ids)
            if nodes._footer:
                return
            if sum(map(len, rows)) > _MAX_SELECTED:
                break
        ids = DuplicateIdCheck()
        for check in reversed(checks):
            ids.extend(check.order, check.texts)
        selected = list(chain.from_iterable(reversed(rows)))
        masks = None if nodes.failure_masks is None else dict(nodes.failure_masks)
        counts = nodes.count, dict(nodes.states), masks, nodes.missing_ids
        yield start, *counts, ids.order, nodes._shapes, selected
        yield ids.texts

    def _read_chunks(
        self, first: bytes, stream: BinaryIO, stop: int | None = None
    ) -> Iterator[Block]:
        for chunk in read_chunks(first, stream, stop):
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

    def _line_records(self, chunk: bytes) -> Iterator[tuple[str, Any]]:
        lines = chunk.split(b"\n")
        for number, text in enumerate(lines):
            line = self._line + number
            if not text.strip():
                continue
            if self._nodes._footer:  # only blank lines may follow it
                message = f"unexpected text after the footer {quoted(self._nodes._footer.strip())}"
                raise InventoryError("not-json", message, place=f"line {line}")
            is_begun = text.lstrip()[:1] in (b"{", b"[") and text.rstrip()[-1:] in (
                b",",
                b"{",
                b"[",
            )
            if is_begun and number < len(lines) - 1:  # otherwise it may be cut off
                message = "a text of several lines begins here, after texts of one line each"
                hint = "read it as an input of its own"
                raise InventoryError("not-json", message, place=f"line {line}", hint=hint)
            if text.startswith(b"Showing "):
                self._nodes._footer = text.decode("utf-8", "replace")
            else:
                yield from json.read_text(text, line, f"line {line}")
        self._line += chunk.count(b"\n")
