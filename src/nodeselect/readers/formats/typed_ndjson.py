"""A faster decoder for NDJSON of plain nodes whose label keys occurred before.

msgspec decodes an object of known keys into a Struct in two thirds of the time of a dictionary,
and encodes a Struct in a third of that. So each chunk is encoded again and compared with the input.
Equal bytes prove that each line is one node, without duplicate keys and with nothing else. If they
differ, or a key is new, the chunk is decoded in the usual way, and its keys are learned.
"""

from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

import msgspec
from msgspec.structs import astuple

from nodeselect.limits import LIMITS
from nodeselect.node import NodeRow
from nodeselect.readers.columnar import Columns
from nodeselect.readers.formats.ndjson import PlainRecord
from nodeselect.readers.raw_node import all_plain_ids
from nodeselect.selectors import Selector
from nodeselect.selectors.predicate import FailureMask, compile_failure_mask

__all__ = ["TypedDecoder"]

# A Struct has a field for each key in each node; with 64 keys it is hardly faster than a dictionary
# (``benchmarks/test_read.py``).
_MAX_KEYS = 32

# So many more chunks that cannot be decoded than chunks that can, and the decoder is not tried any
# more.
_MAX_RETRIES = 8

_encode_lines = msgspec.json.Encoder().encode_lines


class TypedDecoder:
    """Decodes the chunks of one input, and learns the label keys of its nodes and their order."""

    failure_mask: FailureMask
    """Of the selector, for the ``labels`` of a record from :meth:`decode`."""

    def __init__(self, selector: Selector | None) -> None:
        """Create a decoder that does not know any keys.

        :param selector: what :attr:`failure_mask` tests.
        """
        self._selector = selector
        self._neighbours: set[tuple[str | None, str | None]] = set()
        self._retries_left = _MAX_RETRIES
        self._decoder: msgspec.json.Decoder[Any] | None = None
        self._keys: list[str] = []

    def observe(self, records: Iterable[PlainRecord]) -> None:
        """Learn the keys of a chunk that could not be decoded, for the next chunks."""
        if not self._retries_left:
            self._decoder = None
            return
        self._retries_left -= 1
        orders = {tuple(record.labels) for record in records}
        neighbours = {pair for keys in orders for pair in pairwise((None, *keys))}
        if self._decoder is not None and neighbours <= self._neighbours:
            return  # the keys were not the reason
        self._neighbours |= neighbours
        sorter: TopologicalSorter[str | None] = TopologicalSorter()
        for before, key in self._neighbours:
            sorter.add(key, before)
        try:
            self._keys = [key for key in sorter.static_order() if key is not None]
            self._decoder = _create_decoder(self._keys)
        except (CycleError, ValueError):  # no common order, too many keys, or unusual ones
            self._retries_left, self._decoder = 0, None
            return
        if self._selector is not None:
            self.failure_mask = compile_failure_mask(
                self._selector.requirements, self._selector.ids, self._value_source
            )

    def decode(self, chunk: bytes) -> tuple[list[str], list[Any]] | None:
        """Decode lines to ids and records; None if any is not a plain node with known keys.

        A record has ``id``, ``labels``, ``name`` and ``state``.
        """
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

    def to_row(self, record: Any) -> NodeRow:
        """Return the row of a record."""
        return record.id, msgspec.to_builtins(record.labels), record.name, record.state

    def to_columns(self, records: Sequence[Any]) -> Columns:
        """Return the columns of all records of a chunk."""
        ids, labels, names, states = zip(*map(astuple, records), strict=True)
        values = zip(*map(astuple, labels), strict=True)
        return Columns(ids, names, states, dict(zip(self._keys, values, strict=True)))

    def _value_source(self, key: str) -> str:
        """Return the source of the expression that reads a key's value from the labels."""
        return f"labels.{_field(self._keys.index(key))}" if key in self._keys else "None"


def _field(number: int) -> str:
    """Return the name of the field for key ``number``. Keys themselves may not be identifiers."""
    return f"label_{number}"


def _create_decoder(keys: Sequence[str]) -> msgspec.json.Decoder[Any]:
    """Create the decoder of nodes that have some of these label keys, in this order.

    An absent label is None, which no label in the input can be, and is not encoded again.

    :raises ValueError: if there are too many keys, or a key has a quote or a backslash.
    """
    if len(keys) > _MAX_KEYS:
        raise ValueError("too many keys")
    options: Any = {"forbid_unknown_fields": True, "omit_defaults": True, "gc": False}
    labels = msgspec.defstruct(
        "Labels",
        [
            (_field(number), str, msgspec.field(default=None, name=key))
            for number, key in enumerate(keys)
        ],
        **options,
    )
    fields: list[Any] = [("id", str), ("labels", labels)]
    fields += [("name", str | None, None), ("state", str | None, None)]
    record = msgspec.defstruct("Record", fields, **options)
    return msgspec.json.Decoder(record)
