"""One input, whatever its shape, to nodes.

The shape is recognised by what stands in the input, never by the name of the file:

- first the *format*: JSON lines, a JSON document, CSV, YAML, or the words with which Expanso's
  command line says that there are no nodes;
- then, record by record, the *shape*, one module each: Kubernetes, Bacalhau, Nomad, Expanso, plain.
"""

import re
from collections import Counter
from collections.abc import (
    Callable,
    Collection,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from itertools import chain
from typing import Any, BinaryIO, Final

from nodeselect.errors import InventoryError
from nodeselect.node import Node, NodeRow
from nodeselect.readers.columnar import Block, to_blocks
from nodeselect.readers.duplicate_ids import DuplicateIdCheck, NullDuplicateCheck
from nodeselect.readers.envelope import check_footer, kind_of, reject_siblings
from nodeselect.readers.formats import json as json_records
from nodeselect.readers.formats.json import PlainRecord
from nodeselect.readers.formats.typed_ndjson import TypedDecoder
from nodeselect.readers.parallel_read import SecondHalf
from nodeselect.readers.raw_node import RawNode, describe, validate
from nodeselect.readers.shapes import bacalhau, expanso, kubernetes, nomad, plain
from nodeselect.selectors import Selector
from nodeselect.text import printable, truncate

__all__ = ["KNOWN_STATES", "NodeFilter", "NodeReader"]

NodeFilter = Callable[[Mapping[str, str], str], bool]
"""Says by labels and id whether a node is wanted."""

_SHAPES = (kubernetes, bacalhau, nomad, expanso, plain)

KNOWN_STATES: Final = (
    kubernetes.KNOWN_STATES | bacalhau.KNOWN_STATES | nomad.KNOWN_STATES | expanso.KNOWN_STATES
)
"""The states that nodes are known to be in, whether or not one of an input is."""

_KNOWN = "known are nodes of Expanso, Kubernetes, Bacalhau and Nomad, {id, labels}, and CSV"

_JOB = "this looks like a job spec: give it as the job, and a list of nodes as the nodes"

_NO_NODES = re.compile(rb"No (?:[\w-]+ )*?(?:nodes?|items|resources|results)(?: \w+)* found\.?\s*")
"""What Expanso's command line prints where there is no node."""

_UNQUOTED = re.compile(rb"[\[{\s]*[A-Za-z_]")
"""How YAML in flow style begins, and JSON does not."""

_PIECE = 60 * 1024
"""Bytes of lines decoded at a time; small enough to stay in the processor's cache
(``benchmarks/test_read.py``)."""

_MOST_FAILURES = 1_000
"""Kinds of nodes that are counted, by what they fail; more than anybody is told of."""


class NodeReader:
    """Iterates over the nodes of one input; in the end :attr:`count` says how many there were.

    With ``node_filter`` or a selector, only wanted nodes are made; all are read and validated.
    JSON lines and CSV are read piece by piece: memory does not grow with what is not kept, but for
    8 bytes a node (see ``seen.py``). Other documents are held as text, and decoded node by node.

    An error means that nothing of the input is to be used: it may come at the end.

    :raises InventoryError: while iterating, when the input is not whole, not understood, or
        contradicts itself.
    """

    count: int
    """Nodes read so far, wanted or not."""
    name: str | None
    """What errors call the input."""
    failure_masks: Counter[int]
    """Of a selector: how many of these nodes fail which of its parts, the first by the lowest bit;
    0 stands for the nodes that it takes. Not counted to the end where there are more than a
    thousand kinds."""
    missing_ids: set[str]
    """Of the ids that are looked for, those that none of these nodes has."""

    def __init__(
        self,
        stream: BinaryIO,
        node_filter: NodeFilter | None = None,
        *,
        selector: Selector | None = None,
        ids: Collection[str] = (),
        name: str | None = None,
        on_progress: Callable[["NodeReader"], None] | None = None,
        parallel: bool = False,
    ) -> None:
        """Read ``stream``, a buffered one.

        :param node_filter: says which nodes are wanted; None wants all.
        :param selector: takes the nodes that are wanted; to know it is faster than to ask
            ``node_filter``, which is then to be None.
        :param ids: what is looked for in vain is told by :attr:`missing_ids`.
        :param name: what errors call the input.
        :param on_progress: called every thousand nodes or so.
        :param parallel: whether a large file of lines may be read by two processes;
            ``node_filter`` then runs in both, and must not remember anything.
        """
        self._stream = stream
        self._node_filter = node_filter
        self._selector = selector
        self._failures = None if selector is None else selector.failure_mask
        has_labels = selector is not None and selector.requirements
        self._known = TypedDecoder(selector) if has_labels else None
        self.name = name
        self._on_progress = on_progress
        self._parallel = parallel
        self._seen = DuplicateIdCheck()
        self._footer = ""
        self.count = 0
        self.failure_masks = Counter()
        self.missing_ids = set(ids)

    def __iter__(self) -> Iterator[Node]:
        return (Node._trusted(*parts) for parts in self.rows())

    def rows(self) -> Iterator[NodeRow]:
        """Give the wanted nodes as their parts, for whom a :class:`Node` each would be too much."""
        return chain.from_iterable(self._blocks())

    def blocks(self) -> Iterator[Block]:
        """Give all nodes many at a time, in the form that costs the least.

        Their ids are not compared with each other: whoever makes an inventory of them does that.

        :raises ValueError: when the reader has begun, leaves nodes out, or may use two processes.
        """
        if (
            self.count
            or self._parallel
            or self._node_filter is not None
            or self._selector is not None
        ):
            raise ValueError(
                "all nodes of an input come from a reader that has not begun, and leaves none out"
            )
        self._seen = NullDuplicateCheck()
        self._known = TypedDecoder(None)
        return self._blocks()

    def _blocks(self) -> Iterator[Block]:
        try:
            yield from self._nodes(*self._first_line())
            self._seen.finish()
            if self._footer:
                check_footer(self._footer, self.count)
        except InventoryError as error:
            raise (error if self.name is None else error.within(self.name)) from None
        except OSError as error:
            raise InventoryError(
                "cannot-read", f"cannot be read: {error.strerror or error}", place=self.name
            ) from None

    def _first_line(self) -> tuple[bytes, int]:
        """Read up to the first line with something in it; give it and how many stand before."""
        for before, text in enumerate(self._stream):
            text = text if before else text.removeprefix(b"\xef\xbb\xbf")
            if text.strip():
                return text, before
        raise InventoryError("empty-input", "the input is empty", hint="check how it was made")

    def _nodes(self, first: bytes, before: int) -> Iterator[Block]:
        if first.startswith(b"\x1f\x8b"):
            hint = "unpack it first: gunzip -c FILE | nodeselect match -n - …"
            raise InventoryError("compressed", "the input is compressed (gzip)", hint=hint)
        start = first.lstrip()[:1]
        if start in (b"{", b"[") and _UNQUOTED.match(first):
            start = b""
        if start == b"{":
            second = self._next_line()
            more = second.strip()
            if more and not more.startswith(b"Showing ") and _is_whole(first):
                return self._lines(first + second, before + 1)
            first += second
        if start in (b"{", b"["):
            document, self._footer = json_records.split_footer(self._all(first, before))
            return to_blocks(self._documents(json_records.document_records(document)))
        if _NO_NODES.fullmatch(first) and not self._stream.read().strip():
            return iter(())
        from nodeselect.readers.formats import csv as csv_records  # CSV: loaded where it is no JSON

        if csv_records.is_header(first.decode("utf-8", "replace")):
            return to_blocks(self._found(csv_records.read_rows(self._text_lines(first), before)))
        csv_records.reject_other_tables(first.decode("utf-8", "replace"), before + 1)
        from nodeselect.readers.formats import (
            yaml as yaml_records,  # YAML: loaded with the first such input
        )

        return to_blocks(self._documents(yaml_records.document_records(self._all(first, before))))

    def _next_line(self) -> bytes:
        """Read up to the next line with something in it."""
        blank: list[bytes] = []
        for text in self._stream:
            if text.strip():
                return b"".join([*blank, text])
            blank.append(text)
        return b""

    def _all(self, first: bytes, before: int) -> bytes:
        """Read the whole document; what stands before its first line counts as lines only."""
        return b"\n" * before + first + self._stream.read()

    def _text_lines(self, first: bytes) -> Iterator[str]:
        try:
            for line in chain([first], self._stream):
                yield line.decode("utf-8")
        except UnicodeDecodeError:
            raise InventoryError(
                "not-utf-8", "the input is not UTF-8", hint="save it as UTF-8"
            ) from None

    # JSON lines

    def _lines(self, first: bytes, line: int) -> Iterator[Block]:
        half = SecondHalf.begin(self._stream, self._second_half) if self._parallel else None
        try:
            stop = None if half is None else half.start
            line = yield from self._read_pieces(_pieces(first, self._stream, stop), line)
            if half is None:
                return
            if sent := half.result():
                yield self._sent(sent)
            else:
                yield from self._read_pieces(_pieces(b"", self._stream), line)
        finally:
            if half is not None:
                half.end()

    def _read_pieces(self, pieces: Iterable[bytes], line: int) -> Generator[Block, None, int]:
        """Give the wanted nodes of pieces that begin with ``line``; return the line behind them."""
        for piece in pieces:
            found = self._known_piece(piece)
            if found is None:
                lines = piece.count(b"\n")
                yield self._piece(piece, lines, line)
            else:
                lines, nodes = found
                yield nodes
            line += lines
            if self._on_progress is not None:
                self._on_progress(self)
        return line

    def _known_piece(self, piece: bytes) -> tuple[int, Block] | None:
        """Give how many lines there are and their wanted nodes; None where keys are not known."""
        if self._known is None or self._footer:
            return None
        if self._selector is not None:
            found = self._known.read(piece)
            if found is None:
                return None
            ids, failed, records = found
            self._count(ids)
            if len(self.failure_masks) <= _MOST_FAILURES:
                self.failure_masks.update(failed)
            return len(ids), list(map(_parts, records))
        columns = self._known.columns(piece)
        if columns is None:
            return None
        self._count(columns.ids)
        return len(columns.ids), columns

    def _piece(self, piece: bytes, lines: int, line: int) -> Block:
        """Give the wanted nodes of some lines, of which the first is number ``line``."""
        records = json_records.decode_plain_lines(piece, lines + (not piece.endswith(b"\n")))
        if records is None or self._footer:
            return list(self._single_lines(piece, line))
        if self._known is not None:
            self._known.learn(records)
        self._count([record.id for record in records])
        return [_parts(record) for record in records if self._wants(record.labels, record.id)]

    def _count(self, ids: Sequence[str]) -> None:
        """Count nodes with these ids, wanted or not."""
        self._seen.add(ids)
        self.count += len(ids)
        if self.missing_ids:
            self.missing_ids.difference_update(ids)

    def _wants(self, labels: Mapping[str, str], node_id: str) -> bool:
        """Say whether a node is wanted, and count what it fails."""
        if self._failures is not None:
            failed = self._failures(labels, node_id)
            if len(self.failure_masks) <= _MOST_FAILURES:
                self.failure_masks[failed] += 1
            return not failed
        return self._node_filter is None or self._node_filter(labels, node_id)

    def _second_half(self, stream: BinaryIO) -> bytes:
        """Read the lines of ``stream`` in the other process; give what :meth:`_sent` takes."""
        reader = NodeReader(
            stream, self._node_filter, selector=self._selector, ids=self.missing_ids
        )
        nodes = list(chain.from_iterable(reader._read_pieces(_pieces(b"", stream), 0)))
        if reader._footer:
            raise InventoryError("one-page", "a footer is looked at by the first process")
        return json_records.encode_half(
            reader.count, reader._seen.state(), reader.failure_masks, reader.missing_ids, nodes
        )

    def _sent(self, sent: bytes) -> Block:
        """Take what the other process has read."""
        count, seen, failures, missing, nodes = json_records.decode_half(sent)
        self.count += count
        self.failure_masks.update(failures)
        self.missing_ids &= missing
        self._seen.join(seen)
        return nodes

    def _single_lines(self, piece: bytes, line: int) -> Iterator[NodeRow]:
        for number, text in enumerate(piece.split(b"\n"), line):
            if not text.strip():
                continue
            if self._footer:
                raise InventoryError(
                    "not-json", "text stands behind the footer", place=f"line {number}"
                )
            if text.startswith(b"Showing "):
                self._footer = text.decode("utf-8", "replace")
                continue
            try:
                record = json_records.decode(text, number)
            except InventoryError as error:
                raise (error if error.place else error.within(f"line {number}")) from None
            yield from self._record(f"line {number}", record)

    # Documents

    def _documents(self, records: Iterable[tuple[str, Any]]) -> Iterator[NodeRow]:
        for place, record in records:
            yield from self._record(place, record, whole=not place)

    def _record(self, place: str, record: Any, *, whole: bool = False) -> Iterator[NodeRow]:
        """Give the nodes of one record: one, or none when it is not wanted.

        The ``whole`` of a document may also be a map of ids to labels.
        """
        if not isinstance(record, dict):
            message = f"a node is an object, not {describe(record)}"
            raise _unknown(place) if whole else InventoryError("wrong-type", message, place=place)
        if isinstance(record.get("node"), dict):
            reject_siblings("node", {key: kind_of(value) for key, value in record.items()})
            return self._record(f"{place}.node" if place else "node", record["node"])
        if whole and _is_job(record):
            raise _unknown(place, _JOB)
        for shape in _SHAPES:
            if shape.matches(record):
                return self._found(_of_shape(place, shape.extract, record))
        if whole and plain.is_label_map(record):
            return self._found(
                (truncate(printable(node_id), 60), RawNode(node_id, labels, None, None, "", ""))
                for node_id, labels in record.items()
            )
        raise _unknown(place)

    def _found(self, nodes: Iterable[tuple[str, RawNode]]) -> Iterator[NodeRow]:
        for place, found in nodes:
            try:
                parts = validate(found)
            except InventoryError as error:
                raise _inside(place, error) from None
            node_id, labels, _, _ = parts
            self._count([node_id])
            if self._on_progress is not None and not self.count % 1_000:
                self._on_progress(self)
            if self._wants(labels, node_id):
                yield parts


def _parts(record: PlainRecord) -> NodeRow:
    return record.id, record.labels, record.name, record.state


def _of_shape(
    place: str, find: Callable[[dict[str, Any]], RawNode], record: dict[str, Any]
) -> Iterator[tuple[str, RawNode]]:
    try:
        found = find(record)
        _refuse_other_labels(record, found.labels_path)
    except InventoryError as error:
        raise _inside(place, error) from None
    yield place, found


def _refuse_other_labels(record: dict[str, Any], labels_path: str) -> None:
    """Refuse a node whose labels stand where nobody would read them: it would have none."""
    parts = [("", record)]
    parts += [(f"{key}.", part) for key, part in record.items() if isinstance(part, dict)]
    for before, part in parts:
        if before == f"{labels_path}.":
            continue
        for key in part:
            if key.lower() in ("label", "labels") and f"{before}{key}" != labels_path:
                raise InventoryError(
                    "unknown-field",
                    f"the labels of such a node stand at {labels_path}",
                    place=printable(f"{before}{key}"),
                    hint=f"move them to {labels_path}",
                )


def _is_job(document: dict[str, Any]) -> bool:
    """Say whether a document is a job spec, by itself or under ``spec``, and surely no node."""
    spec = document.get("spec", document)
    if not isinstance(spec, dict) or _JOB_FIELDS.isdisjoint(spec):
        return False
    return document.keys().isdisjoint(("id", "metadata")) and not plain.is_label_map(document)


_JOB_FIELDS = frozenset({"config", "rollout", "selector"})
"""Fields of a job spec that no node has."""


def _unknown(place: str, hint: str = _KNOWN) -> InventoryError:
    return InventoryError(
        "unknown-shape",
        "this is no node, and no list of nodes, of any shape that is known",
        place=place or None,
        hint=hint,
    )


def _inside(place: str, error: InventoryError) -> InventoryError:
    """Put the path of a record before the path in it."""
    joint = ": " if place.startswith("line") and "[" not in place else "."
    path = joint.join(text for text in (place, error.place) if text)
    return InventoryError(error.code, error.message, place=path or None, hint=error.hint)


def _is_whole(line: bytes) -> bool:
    try:
        json_records.decode(line)
    except InventoryError as error:
        return error.code == "duplicate-key"
    return True


def _pieces(first: bytes, stream: BinaryIO, stop: int | None = None) -> Iterator[bytes]:
    """Cut the rest of the stream, behind ``first``, into pieces of whole lines.

    ``stop`` is the position of the beginning of a line, to read up to; None reads to the end.
    """
    if first:
        yield first
    while (left := _PIECE if stop is None else min(_PIECE, stop - stream.tell())) > 0:
        piece = stream.read(left)
        if stop is None or stream.tell() < stop:
            piece += stream.readline()
        if not piece and stop is not None:
            raise InventoryError("cut-off", "the file became shorter while it was read")
        if not piece:
            return
        yield piece
