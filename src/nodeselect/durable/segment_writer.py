"""Encode a segment, the nodes and their index, as sections of a file for ``saved_segment``."""

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple, cast
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from nodeselect.durable.saved_file import Sections
from nodeselect.durable.saved_strings import END, NONE, encode_string, hash_string
from nodeselect.index import postings
from nodeselect.index.arrays import (
    UIntArray,
    chunk_slices,
    offsets_from_lengths,
    shrink,
    stable_argsort,
    to_array,
)
from nodeselect.index.node_rows import FactColumns, Strings, to_list
from nodeselect.index.node_table import table_of
from nodeselect.index.segment import Segment

# Sections of a file, by name.
_Data = dict[str, UIntArray | bytes]

# Strings that are encoded at a time.
_CHUNK = 32_768


def to_sections(segment: Segment) -> Sections:
    """Encode a segment as the sections of a saved inventory. Cost: about 0.6 µs a node."""
    table, index = table_of(segment.rows), segment.index
    ranks = segment.order.array
    ordinals = np.empty(len(ranks), np.uint32)
    ordinals[ranks] = np.arange(len(ranks), dtype=np.uint32)
    # All values of a key get consecutive numbers, in their order.
    order = sorted(range(len(table.keys)), key=lambda at: (table.keys[at], table.values[at]))
    numbers = np.empty(len(order), np.uint32)
    numbers[order] = np.arange(len(order))
    values: dict[str, list[str]] = {}
    for label in order:
        values.setdefault(table.keys[label], []).append(table.values[label])
    encoded: list[bytes] = []
    for key, key_values in values.items():
        stored = index.values(key)
        encoded += [postings.encode(stored[value]) for value in key_values]
    encoded += [postings.encode(index.nodes_with_key(key)) for key in values]
    encoded += [postings.encode(index.states[state]) for state in table.state_names]
    facts = table.fact_columns
    if facts is not None:
        sets = facts.taint_sets
        encoded += [postings.encode(index.taints[each]) for each in sets if each is not None]
    sections = {
        **_indexed_strings("ids", table.ids, ordinals),
        **({} if table.names is None else _indexed_strings("names", table.names, ordinals)),
        "ranks": ranks,
        "states": table.states,
        **_strings("states.names", table.state_names),
        "labels": shrink(numbers[table.label_ids], len(order)) if order else table.label_ids,
        "labels.offsets": table.offsets,
        **_strings("keys", list(values)),
        "keys.labels": _offsets(list(values.values())),
        **_strings("values", list(chain.from_iterable(values.values()))),
        **({} if facts is None else _fact_sections(facts)),
        "postings": b"".join(encoded),
        "postings.offsets": _offsets(encoded),
        "postings.checksums": np.array(list(map(crc32, encoded)), np.uint32),
    }
    return Sections(sections, len(table))


def _fact_sections(facts: FactColumns) -> _Data:
    sections: _Data = {}
    if len(facts.taint_sets) > 1:
        fields = [list(chain.from_iterable(taints or ())) for taints in facts.taint_sets[1:]]
        sections["taints"] = np.asarray(facts.taints)
        sections["taints.starts"] = _offsets(fields)
        sections |= _strings("taints.fields", list(chain.from_iterable(fields)))
    if facts.amounts:
        sections |= _strings("resources", list(facts.amounts))
        for number, (amounts, codes) in enumerate(facts.amounts.values()):
            sections[f"amounts.{number}"] = np.asarray(amounts)
            sections[f"amounts.{number}.codes"] = np.asarray(codes)
    return sections


def _offsets(parts: Sequence[Any]) -> UIntArray:
    return offsets_from_lengths(np.array(list(map(len, parts)), np.int64))


def _strings(name: str, strings: list[Any]) -> _Data:
    column = encode_strings(to_array(strings), _CHUNK)
    return {name: column.data, f"{name}.offsets": column.offsets()}


def _indexed_strings(
    name: str, strings: Strings[str | None], ordinals: NDArray[np.uint32]
) -> _Data:
    """Return the sections for ``ids`` or ``names``, by rank, and their index."""
    column = encode_strings(strings, _CHUNK)
    padded = column.padded() if name == "ids" else None
    starts, ranks = sort_into_buckets(strings, column)
    return {
        name: column.data if padded is None else padded,
        **({f"{name}.offsets": column.offsets()} if padded is None else {}),
        f"{name}.starts": starts,
        f"{name}.ordinals": ordinals[ranks],
    }


class EncodedStrings(NamedTuple):
    """A column of strings as bytes.

    :param data: all strings, each followed by a line feed. (This layout is called *packed*.)
    :param lengths: how many bytes each string has, including its line feed.
    :param hashes: the hash of each string; that of None is meaningless.
    """

    data: bytes
    lengths: NDArray[np.uint32]
    hashes: NDArray[np.uint32]

    def offsets(self) -> UIntArray:
        """Return where each string begins in ``data``, and where the last one ends."""
        return offsets_from_lengths(self.lengths)

    def present(self) -> NDArray[np.uint32]:
        """Return the positions in the column at which there is a string, not None."""
        first_bytes = np.frombuffer(self.data, np.uint8).take(self.offsets()[:-1])
        return np.flatnonzero(first_bytes != NONE[0]).astype(np.uint32)

    def padded(self) -> bytes | None:
        """Return the strings padded to equal lengths; None if the packed layout is smaller."""
        count, width = len(self.lengths), int(self.lengths.max(initial=0))
        if count * width == len(self.data):
            return self.data
        if count * width > len(self.data) + self.offsets().nbytes:
            return None
        rows = np.full((count, width), END[0], np.uint8)
        rows[np.arange(width) < self.lengths[:, np.newaxis]] = np.frombuffer(self.data, np.uint8)
        return rows.tobytes()


def encode_strings(strings: Strings[str | None], chunk: int) -> EncodedStrings:
    """Encode a column of strings, ``chunk`` at a time. Cost: about 0.2 µs a string."""
    pieces: list[bytes] = []
    lengths = np.empty(len(strings), np.uint32)
    hashes = np.empty(len(strings), np.uint32)
    for part in chunk_slices(len(strings), chunk):
        texts = to_list(strings.take(np.arange(part.start, part.stop)))
        encoded = _encode_all(texts)
        lengths[part] = np.fromiter(map(len, encoded), np.uint32) + len(END)
        hashes[part] = np.fromiter(map(hash_string, encoded), np.uint32)
        pieces += (END.join(encoded), END)
    return EncodedStrings(b"".join(pieces), lengths, hashes)


def _encode_all(texts: list[str | None]) -> list[bytes]:
    if None not in texts:  # encode them as one text
        lines = encode_string("\n".join(cast("list[str]", texts))).split(END)
        if len(lines) == len(texts):
            return lines
    return [NONE if text is None else encode_string(text) for text in texts]


def sort_into_buckets(
    strings: Strings[str | None], column: EncodedStrings
) -> tuple[UIntArray, NDArray[np.uint32]]:
    """Sort strings by their hashes, and split them into buckets with the same first bits.

    Return where each bucket begins, and where the last one ends; and the sorted positions of the
    strings, without those of None. Cost: about 0.1 µs a string.
    """
    ranks = column.present()
    ranks = ranks[stable_argsort(column.hashes[ranks])]
    hashes = column.hashes[ranks]
    is_same = np.concatenate([[False], hashes[1:] == hashes[:-1], [False]])
    runs = np.flatnonzero(np.diff(is_same)).reshape(-1, 2)  # first and last string of each hash
    for first, last in runs.tolist():
        same = ranks[first : last + 1].tolist()
        ranks[first : last + 1] = sorted(same, key=lambda at: encode_string(strings[at] or ""))
    bits = max(len(ranks).bit_length() - 1, 1)
    sizes = np.bincount(hashes >> np.uint32(32 - bits), minlength=1 << bits)
    return offsets_from_lengths(sizes), ranks
