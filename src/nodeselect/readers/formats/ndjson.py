"""NDJSON: one JSON document a line. Many lines are decoded at once if all are plain nodes."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from nodeselect.errors import InventoryError
from nodeselect.files.inputs import begins_with_long_line, line_too_long_error
from nodeselect.limits import LIMITS
from nodeselect.node import NodeRow
from nodeselect.problem import Place
from nodeselect.readers.envelope import list_field
from nodeselect.readers.formats import json
from nodeselect.readers.raw_node import Record, RecordPlace, all_plain_ids
from nodeselect.text import quoted

_TWO_ON_A_LINE = re.compile(rb"\}[ \t\r]*\{")


class LineReader:
    """Decodes the chunks of lines of one input, one after the other."""

    footer = ""  # the line that Expanso's command line prints after the nodes, if any

    def __init__(self) -> None:
        self._line = 1  # the number of the next line

    def decode(self, chunk: bytes) -> tuple[list[str], list["PlainRecord"]] | None:
        """Return the ids and the records of the next chunk; None: call :meth:`records` instead."""
        if begins_with_long_line(chunk):
            raise line_too_long_error(self._line)
        decoded = None if self.footer else decode_plain(chunk)
        if decoded is not None:
            self._line += len(decoded[1])  # each is one line
        return decoded

    def records(self, chunk: bytes) -> Iterator[tuple[RecordPlace, Any]]:
        """Yield the place and the value of each record of a chunk; raise if a line is invalid."""
        lines = chunk.split(b"\n")
        for number, text in enumerate(lines):
            line = self._line + number
            content = text.strip()
            if not content:
                continue
            if self.footer:  # only blank lines may follow it
                message = f"unexpected text after the footer {quoted(self.footer.strip())}"
                raise InventoryError("not-json", message, place=Place(line=line))
            is_begun = content.startswith((b"{", b"[")) and content.endswith((b",", b"{", b"["))
            if is_begun and number < len(lines) - 1:  # otherwise it may be cut off
                message = "a text of several lines begins here, after texts of one line each"
                hint = "read it as an input of its own"
                raise InventoryError("not-json", message, place=Place(line=line), hint=hint)
            if text.startswith(b"Showing "):
                self.footer = text.decode("utf-8", "replace")
            elif record := decode_record(text):
                yield (line, ""), record
            else:
                yield from json.read_records([text], line, (line, ""))
        self._line += chunk.count(b"\n")


def decode_record(line: bytes) -> Record | None:
    """Decode a line if it is one valid record, such as a Kubernetes object; otherwise return None.

    This takes two thirds of the time of :func:`json.read_records`, which decodes the other lines.
    """
    try:
        record = msgspec.json.decode(line)
        encoded = msgspec.json.encode(record)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
        return None
    if not isinstance(record, dict) or list_field(record):
        return None
    # Of duplicate keys, msgspec keeps only the last: then there are fewer quotes.
    return record if _count_string_quotes(line) == _count_string_quotes(encoded) else None


class PlainRecord(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A node ``{"id": …, "labels": {…}}``; msgspec checks the types when it decodes one."""

    id: str
    labels: dict[str, str]
    name: str | None = None
    state: str | None = None


_decode_lines = msgspec.json.Decoder(PlainRecord).decode_lines


def decode_plain(chunk: bytes) -> tuple[list[str], list[PlainRecord]] | None:
    """Return the ids and the records of a chunk; None unless all its lines are plain nodes."""
    if len(chunk) > LIMITS.node_labels_bytes:  # no line of a shorter chunk exceeds it
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
    quotes = _count_string_quotes(chunk)
    if quotes != 2 * strings:  # there are names and states, or a duplicate key
        strings += 2 * sum([record.name is not None for record in records])
        strings += 2 * sum([record.state is not None for record in records])
        if quotes != 2 * strings:
            return None
    ids = [record.id for record in records]
    if not all_plain_ids(ids) or max(sizes) > LIMITS.node_labels:
        return None
    return ids, records


def _count_string_quotes(raw: bytes) -> int:
    """Count the quotes that begin or end a string in JSON; escaped quotes are not counted."""
    count = raw.count(b'"')
    if b"\\" in raw:
        count -= re.findall(rb"\\(.)", raw, re.DOTALL).count(b'"')
    return count


def to_row(record: PlainRecord) -> NodeRow:
    """Convert a record of :func:`decode_plain` to a row."""
    return record.id, record.labels, record.name, record.state, None
