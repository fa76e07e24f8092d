"""Plain nodes, one a line, whose label keys came before: the fastest way through NDJSON.

msgspec decodes an object of known keys into a Struct in two thirds of the time that a map takes,
and writes a Struct in a third of that. So what was decoded is written again, and compared with what
stood there. Equal bytes say at once that each line is one node, that no key stands twice, and that
there is nothing else. Where they differ, or a key is new, the lines are read in another way; their
keys are learned from that.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import msgspec
from msgspec.structs import astuple

from nodeselect.limits import LIMITS
from nodeselect.readers.columnar import Columns
from nodeselect.readers.formats.json import PlainRecord
from nodeselect.readers.raw_node import all_plain_ids
from nodeselect.selectors import Selector
from nodeselect.selectors.predicate import FailureMask, compile_failure_mask

__all__ = ["TypedDecoder"]

_MOST_KEYS = 32
"""A Struct has room for all its keys in each node; with 64 it is hardly faster than a map
(``benchmarks/test_read.py``)."""

_MOST_LESSONS = 8
"""Pieces learned from before it is given up. One that is read in this way gives a lesson back."""

_write_lines = msgspec.json.Encoder().encode_lines


class TypedDecoder:
    """The label keys of one input, in the order in which its nodes have them."""

    def __init__(self, selector: Selector | None) -> None:
        """Begin without any; ``selector`` is what :meth:`read` asks of the nodes."""
        self._selector = selector
        self._neighbours: set[tuple[str | None, str | None]] = set()
        self._lessons = _MOST_LESSONS
        self._decoder: msgspec.json.Decoder[Any] | None = None
        self._numbers: dict[str, int] = {}
        self._failures: FailureMask

    def learn(self, records: Iterable[PlainRecord]) -> None:
        """Learn the keys of nodes that were read in another way, for the lines behind them."""
        if not self._lessons:
            self._decoder = None
            return
        self._lessons -= 1
        orders = {tuple(record.labels) for record in records}
        neighbours = {pair for keys in orders for pair in pairwise((None, *keys))}
        if self._decoder is not None and neighbours <= self._neighbours:
            return  # it was not for the keys
        self._neighbours |= neighbours
        from graphlib import TopologicalSorter  # with the first lines

        sorter: TopologicalSorter[str | None] = TopologicalSorter()
        for before, key in self._neighbours:
            sorter.add(key, before)
        try:
            keys = [key for key in sorter.static_order() if key is not None]
            self._decoder = _decoder(keys)
        except ValueError:  # nodes differ in their order; there are many keys, or odd ones
            self._lessons, self._decoder = 0, None
            return
        self._numbers = {key: number for number, key in enumerate(keys)}
        if self._selector is not None:
            self._failures = compile_failure_mask(
                self._selector.requirements, self._selector.ids, self._value_source
            )

    def _value_source(self, key: str) -> str:
        """Return the source of the expression that reads a key's value from decoded labels."""
        number = self._numbers.get(key)
        return "None" if number is None else f"labels.label_{number}"

    def read(self, piece: bytes) -> tuple[list[str], list[int], list[PlainRecord]] | None:
        """Give the ids of all nodes of ``piece``, what each of them fails, and the nodes that fail
        nothing.

        None when the lines are to be read in another way.
        """
        records = self._decoded(piece)
        if records is None:
            return None
        ids = [record.id for record in records]
        if not self._are_ids(ids):
            return None
        failures = self._failures
        failed = [failures(record.labels, record.id) for record in records]
        wanted = [record for record, bits in zip(records, failed, strict=True) if not bits]
        return (
            ids,
            failed,
            [
                PlainRecord(each.id, msgspec.to_builtins(each.labels), each.name, each.state)
                for each in wanted
            ],
        )

    def columns(self, piece: bytes) -> Columns | None:
        """Give all nodes of ``piece``, or None when the lines are to be read in another way."""
        records = self._decoded(piece)
        if records is None:
            return None
        ids, labels, names, states = zip(*map(astuple, records), strict=True)
        if not self._are_ids(ids):
            return None
        values = zip(*map(astuple, labels), strict=True)
        return Columns(ids, names, states, dict(zip(self._numbers, values, strict=True)))

    def _decoded(self, piece: bytes) -> list[Any] | None:
        """Decode lines; None where what is decoded is not all that stands there."""
        if self._decoder is None or len(piece) > LIMITS.node_labels_bytes:
            return None
        try:
            records: list[Any] = self._decoder.decode_lines(piece)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        return records if records and _write_lines(records) == piece else None

    def _are_ids(self, ids: Sequence[str]) -> bool:
        if not all_plain_ids(ids):
            return False
        self._lessons = min(self._lessons + 1, _MOST_LESSONS)
        return True


def _decoder(keys: Sequence[str]) -> msgspec.json.Decoder[Any]:
    """Make the decoder of nodes whose labels have these keys, or some of them, in this order; the
    fields are called ``label_0``, ``label_1``, …

    A label that is absent is None, which none in the input can be, and is not written again.

    :raises ValueError: when there are too many, or a key has a quote or a backslash.
    """
    if len(keys) > _MOST_KEYS:
        raise ValueError("too many keys")
    options: Any = {"forbid_unknown_fields": True, "omit_defaults": True, "gc": False}
    labels = msgspec.defstruct(
        "Labels",
        [
            (f"label_{number}", str, msgspec.field(default=None, name=key))
            for number, key in enumerate(keys)
        ],
        **options,
    )
    record = msgspec.defstruct(
        "Record",
        [("id", str), ("labels", labels), ("name", str | None, None), ("state", str | None, None)],
        **options,
    )
    return msgspec.json.Decoder(record)
