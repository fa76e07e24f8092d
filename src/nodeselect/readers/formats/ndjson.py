"""NDJSON: one JSON document a line. Many lines are decoded at once if all are plain nodes.

:class:`LineReader` reads chunks of lines, and :func:`decode_plain` or a :class:`TypedDecoder`
decodes the chunks.

:class:`TypedDecoder` decodes labels into a msgspec Struct with a field for each known key, which
takes two thirds of the time of a dict. Then it encodes the nodes again, which takes a third of
that time, and compares the bytes with the input. If they are equal, each line is one node, without
duplicate keys or other fields. If they differ, or a key is new, :func:`decode_plain` decodes the
chunk into dicts, and the decoder learns the keys.

The Struct has a field for names, or states, once a node has had one. With this decoder, ``match``
over a million nodes takes 70 % of the time (``benchmarks/match_file.py``).
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
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
from nodeselect.selectors import Selector
from nodeselect.selectors.predicate import SelectRecords, compile_select_records
from nodeselect.text import quoted

# Every Struct has a field for each known key; with 64 keys it is hardly faster than a dictionary
# (``benchmarks/test_read.py``).
_MAX_KEYS = 32

# A typed decoder stops trying after this many failures; each success makes up for one of them.
_MAX_RETRIES = 8

# Each takes some 15 ns a node even if it is absent, so only those that nodes have are decoded.
_OPTIONAL_FIELDS = ("name", "state")

_TWO_ON_A_LINE = re.compile(rb"\}[ \t\r]*\{")


class LineReader:
    """Decodes the chunks of lines of one input, one after the other.

    :ivar footer: the line that Expanso's command line prints after the nodes, if any.
    """

    footer = ""

    def __init__(self, decoder: "TypedDecoder | None") -> None:
        """Create a reader with a new decoder; with None, labels are decoded into dicts only."""
        self._decoder = decoder
        self._line = 1  # the number of the next line

    def decode(self, chunk: bytes) -> tuple[list[str], Sequence[Any], "TypedDecoder | None"] | None:
        """Decode the next chunk; return the ids, the records, and the typed decoder if it was used.

        Return None if the chunk has anything but plain nodes: then call :meth:`records` instead.
        """
        if begins_with_long_line(chunk):
            raise line_too_long_error(self._line)
        if self.footer:
            return None
        decoder = self._decoder
        decoded = None if decoder is None else decoder.decode(chunk)
        if decoded is None:
            decoded = decode_plain(chunk)
            if decoded is None:
                return None
            if decoder is not None:
                decoder.observe(decoded[1])
                decoder = None
        ids, records = decoded
        self._line += len(records)  # each is one line
        return ids, records, decoder

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
                yield from json.read_text(text, line, (line, ""))
        self._line += chunk.count(b"\n")


def decode_record(line: bytes) -> Record | None:
    """Decode a line if it is one valid record, such as a Kubernetes object; otherwise return None.

    This takes two thirds of the time of :func:`json.read_text`, which decodes the other lines.
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
_encode_lines = msgspec.json.Encoder().encode_lines


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


def to_row(record: Any) -> NodeRow:
    """Convert a record of :func:`decode_plain` or :meth:`TypedDecoder.decode` to a row."""
    labels = record.labels
    if type(labels) is not dict:
        labels = msgspec.to_builtins(labels)
    return record.id, labels, record.name, record.state, None


class TypedDecoder:
    """Decodes the chunks of one input faster than :func:`decode_plain`, if it knows all label keys.

    It learns the keys and their order from the chunks that it could not decode.
    """

    select: SelectRecords
    """Returns those of the records from :meth:`decode` that the selector matches."""

    def __init__(self, selector: Selector) -> None:
        """Create a decoder that does not know any keys; ``selector`` is for :attr:`select`."""
        self._selector = selector
        self._keys: list[str] = []
        self._fields: list[str] = []  # those of _OPTIONAL_FIELDS that nodes have
        self._previous_keys = defaultdict[str, set[str | None]](set)  # None if first
        self._retries_left = _MAX_RETRIES
        self._decoder: msgspec.json.Decoder[Any] | None = None

    def observe(self, records: Sequence[PlainRecord]) -> None:
        """Learn the keys and fields of ``records``, which :meth:`decode` could not decode."""
        if not self._retries_left:
            self._decoder = None
            return
        self._retries_left -= 1
        for labels in {tuple(record.labels) for record in records}:
            for previous, key in zip((None, *labels), labels, strict=False):
                self._previous_keys[key].add(previous)
        fields = [
            field
            for field in _OPTIONAL_FIELDS
            if field in self._fields or {getattr(record, field) for record in records} != {None}
        ]
        try:
            order = TopologicalSorter(self._previous_keys).static_order()
            keys = [key for key in order if key is not None]
            if self._decoder is not None and (keys, fields) == (self._keys, self._fields):
                return  # the chunk failed for another reason
            self._decoder, self._keys, self._fields = _create_decoder(keys, fields), keys, fields
        except (CycleError, ValueError):  # no common order, too many keys, or unusual ones
            self._retries_left, self._decoder = 0, None
            return
        self.select = compile_select_records(
            self._selector.requirements, self._selector.ids, self._value_source
        )

    def decode(self, chunk: bytes) -> tuple[list[str], list[Any]] | None:
        """Return the ids and the records of a chunk of plain nodes with known keys; or None."""
        if self._decoder is None or len(chunk) > LIMITS.node_labels_bytes:
            return None
        try:
            records: list[Any] = self._decoder.decode_lines(chunk)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        if not records or _encode_lines(records) != chunk:
            return None
        ids = [record.id for record in records]
        if not all_plain_ids(ids):
            return None
        self._retries_left = min(self._retries_left + 1, _MAX_RETRIES)
        return ids, records

    def _value_source(self, key: str | None) -> str:
        """Return the source that reads the value of ``key`` from ``labels``; for None, the id."""
        if key is None:
            return "record.id"
        return f"labels.{_field(self._keys.index(key))}" if key in self._keys else "None"


def _field(number: int) -> str:
    """Return the field name for the key with this number; a key itself may not be a valid name."""
    return f"label_{number}"


def _create_decoder(keys: Sequence[str], fields: Sequence[str]) -> msgspec.json.Decoder[Any]:
    """Create a decoder of nodes whose label keys are all in ``keys``, and in the same order.

    An absent label becomes None; encoding the node again leaves it out.

    :raises ValueError: if there are too many keys, or a key has a quote or a backslash.
    """
    if len(keys) > _MAX_KEYS:
        raise ValueError("too many keys")
    options: Any = {"forbid_unknown_fields": True, "omit_defaults": True, "gc": False}
    labels = [
        (_field(number), str, msgspec.field(default=None, name=key))
        for number, key in enumerate(keys)
    ]
    record: list[Any] = [("id", str), ("labels", msgspec.defstruct("Labels", labels, **options))]
    record += [(field, str | None, None) for field in fields]
    options["namespace"] = {field: None for field in _OPTIONAL_FIELDS if field not in fields}
    return msgspec.json.Decoder(msgspec.defstruct("Record", record, **options))
