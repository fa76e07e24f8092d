"""Read one input or several as nodes, in any known format and from any known system."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, compress, islice, starmap
from operator import lt
from typing import Any, BinaryIO, NamedTuple, TypeVar, cast

from nodeselect.errors import InventoryError
from nodeselect.files.inputs import (
    blocking_reader,
    cannot_read,
    gunzip,
    join_document,
    read_blocks,
    read_chunks,
    read_rest,
)
from nodeselect.node import DuplicateIdError, Node, NodeRow
from nodeselect.problem import Place
from nodeselect.readers.columnar import Block, require_pyarrow, require_read, to_blocks
from nodeselect.readers.detect import Format, detect_format, node_rows
from nodeselect.readers.envelope import check_footer
from nodeselect.readers.formats import json
from nodeselect.readers.raw_node import RecordPlace
from nodeselect.readers.watch_events import is_watch_event, latest_nodes
from nodeselect.selectors import AnyOf, Selector

_N = TypeVar("_N")

# Up to this many nodes are kept to explain why none is selected, or which one an unknown id means.
_MAX_KEPT_NODES = 10_000


class InputSummary(NamedTuple):
    """The name of an input, how many nodes it has, and whether it is CSV or Parquet."""

    name: str | None
    nodes: int
    is_table: bool


class NodeReader:
    """Iterates over the nodes of one input, or of several as if they were one.

    With a selector, it yields only the matching nodes, but reads and validates all.
    NDJSON, CSV and JSON are read in chunks: of nodes that are not selected, only the ids take
    memory. YAML and Parquet are held as a whole. The size of a line or document is limited by
    ``LIMITS.line_bytes`` or ``LIMITS.document_bytes``.

    An error may be raised as late as at the end of the input. Then do not use any of its nodes.

    :raises InventoryError: while iterating, if the input is incomplete, in an unknown form, or
        contradicts itself.
    """

    count: int
    """The number of nodes read so far, selected or not."""
    name: str | None
    """The name of the input that is read, or was read last, in errors."""
    states: Counter[str | None]
    """How many of the nodes read so far are in each state; empty unless ``counts_states``."""
    missing_ids: set[str]
    """Those of the ids to look up that no node read so far has."""

    inputs: list[InputSummary]
    """The inputs that were read completely."""
    unread: dict[str, str]
    """The columns of Parquet that are not read, as they have no texts, and their types."""

    def __init__(
        self,
        source: BinaryIO | Iterable[tuple[BinaryIO, str]],
        *,
        selector: Selector | AnyOf | None = None,
        ids: Collection[str] = (),
        counts_states: bool = False,
        id_column: str = "id",
        name: str | None = None,
        on_block: "Callable[[NodeReader], object]" = lambda reader: None,
    ) -> None:
        """Create a reader of one stream or several. Streams are not closed.

        :param source: a stream; or an iterable of pairs of a stream and its name. Each stream is
            read to its end before the next pair is requested.
        :param ids: ids to look up, see :attr:`missing_ids`.
        :param counts_states: whether to count :attr:`states`.
        :param id_column: in CSV and Parquet, the name of the column that has the ids.
        :param name: the name of the input in errors, if there is only one.
        :param on_block: called with the reader after every hundred nodes or more.
        """
        self._sources = cast("Any", [(source, name)] if hasattr(source, "read") else source)
        self._counts_states = counts_states
        self._selector = selector
        self._matches = None if selector is None else selector.matches
        if isinstance(selector, Selector):
            self._matches = selector.predicate  # faster
        self._id_column = id_column
        self._on_block = on_block
        self._checks_ids = True
        self.name = name
        self.inputs = []
        self.unread = {}
        self.missing_ids = set(ids)
        self._kept_rows: list[NodeRow] | None = []
        self._ids = DuplicateIdCheck()
        self.count = 0
        self.states = Counter()

    def __iter__(self) -> Iterator[Node]:
        rows = chain.from_iterable(self._checked_blocks())
        return (Node._trusted(*row) for row in rows)

    def blocks(self) -> Iterator[Block]:
        """Yield all nodes in blocks, as rows or encoded, whichever is faster to read.

        Duplicate ids are not detected: an inventory that is built from the blocks detects them.
        """
        if self.count or self._matches is not None:
            raise ValueError("blocks() needs a new reader, without a selector")
        self._checks_ids = False
        return self._checked_blocks()

    def locate(self, error: InventoryError) -> InventoryError:
        """Return an error that an inventory of these nodes raised, with the place in the input."""
        if not isinstance(error, DuplicateIdError):
            return error
        if len(self.inputs) == 1:
            return error if self.name is None else error.within(Place(file=self.name))
        return DuplicateIdError(
            error.node_id, error.positions, " and ".join(map(self._node_place, error.positions))
        )

    def _node_place(self, position: int) -> str:
        """Return the place of a node, such as ``node 3 of nodes.json``; positions are from 0."""
        for name, nodes, *_ in self.inputs:
            if position < nodes:
                return f"node {position + 1:,} of {name}"
            position -= nodes
        raise AssertionError("the position of a node that was not read")

    def _checked_blocks(self) -> Iterator[Block]:
        """Yield the selected nodes of all inputs; raise at the end if an id occurs twice."""
        for stream, name in self._sources:
            self.name, first = name, self.count
            self._footers: list[str] = []  # what Expanso's command line prints after the nodes
            try:
                content = _detect_content(blocking_reader(stream), self._id_column)
                file_format, start, rest = content
                for block in self._blocks(file_format, start, rest):
                    yield block
                    self._on_block(self)
                for footer in self._footers:
                    check_footer(footer, self.count - first)
            except InventoryError as error:
                raise (error if name is None else error.within(Place(name))) from None
            except OSError as error:
                raise cannot_read(name or "input", error) from None
            is_table = file_format in ("csv", "parquet")
            self.inputs.append(InputSummary(name, self.count - first, is_table))
        if duplicate := self._ids.error():
            raise self.locate(duplicate)

    def _blocks(self, file_format: Format, start: bytes, stream: BinaryIO) -> Iterator[Block]:
        match file_format:
            case "none":
                return iter(())
            case "ndjson":
                return self._line_blocks(start, stream)
            case "parquet":
                return self._encoded_blocks(join_document(read_rest(start, stream)))
            case "csv":
                from nodeselect.readers.formats import csv

                return self._select_rows(csv.read_rows(start, stream, self._id_column))
            case "json":
                blocks = read_blocks(start, stream)
                records = json.read_records(blocks, footers=self._footers)
                return self._select_rows(self._rows(records))
        return self._select_rows(self._text_rows(join_document(read_blocks(start, stream))))

    def _line_blocks(self, start: bytes, stream: BinaryIO) -> Iterator[Block]:
        from nodeselect.readers.formats import ndjson  # loads msgspec

        lines = ndjson.LineReader()
        for chunk in read_chunks(start, stream):
            nodes = lines.decode(chunk)
            if nodes is None:
                rows = chain.from_iterable(starmap(node_rows, lines.records(chunk)))
                yield list(chain.from_iterable(self._select_rows(rows)))
                continue
            ids, decoded = nodes
            labels = [record.labels for record in decoded]
            states = [record.state for record in decoded]
            selected = self._select(decoded, ids, labels, states)
            self._keep(map(ndjson.to_row, decoded), selected)
            yield list(map(ndjson.to_row, selected))
        if lines.footer:
            self._footers.append(lines.footer)

    def _encoded_blocks(self, data: bytes) -> Iterator[Block]:
        require_pyarrow()
        from nodeselect.readers.formats import arrow  # loads pyarrow

        for block in arrow.read_parquet(data, arrow.Columns(self.unread, self._id_column)):
            if self._selector is not None:
                require_read(self.unread, self._selector)
            if self._checks_ids:
                yield from self._select_rows(iter(block))
            else:
                self._count(block.ids)
                yield block

    def _text_rows(self, data: bytes) -> Iterator[NodeRow]:
        """Yield the nodes of an input in YAML, or in an unknown format, which is an error."""
        from nodeselect.readers.formats import yaml  # loads the YAML library

        try:
            yield from self._rows(yaml.read_records(data))
        except InventoryError as error:
            raise yaml.better_error(data, error, self._id_column) from None

    def _rows(self, records: Iterator[tuple[RecordPlace, Any]]) -> Iterator[NodeRow]:
        """Return the nodes in the records of an input, which may also be watch events."""
        first = list(islice(records, 1))
        records = chain(first, records)
        if first and is_watch_event(first[0][1]):
            return latest_nodes(records)
        return chain.from_iterable(starmap(node_rows, records))

    def _select_rows(self, rows: Iterator[NodeRow]) -> Iterator[Block]:
        for block in to_blocks(rows):
            ids, labels, _, states, _ = zip(*block, strict=True)
            selected = self._select(block, ids, labels, states)
            self._keep(block, selected)
            yield selected

    def _select(
        self,
        nodes: Sequence[_N],
        ids: Sequence[str],
        labels: Sequence[Mapping[str, str]],
        states: Sequence[str | None],
    ) -> Sequence[_N]:
        """Count ``nodes``; return the selected ones."""
        self._count(ids)
        if self._counts_states:
            self.states.update(states)
        if self._matches is not None:
            return list(compress(nodes, map(self._matches, labels, ids)))
        return nodes

    def _keep(self, rows: Iterable[NodeRow], selected: Sequence[object]) -> None:
        """Keep all rows, until a node is selected and no id is missing, or there are too many."""
        if (selected and not self.missing_ids) or self.count > _MAX_KEPT_NODES:
            self._kept_rows = None
        if self._kept_rows is not None:
            self._kept_rows += rows

    def all_nodes(self) -> list[Node] | None:
        """Return all nodes that were read, if no node is selected or an id is missing.

        :returns: None if there are over 10,000, which are not kept, or if they are not needed.
        """
        if self._kept_rows is None:
            return None
        return [Node._trusted(*row) for row in self._kept_rows]

    def _count(self, ids: Sequence[str]) -> None:
        if self._checks_ids:
            self._ids.add(ids)
        self.count += len(ids)
        if self.missing_ids:
            self.missing_ids.difference_update(ids)


def _detect_content(stream: BinaryIO, id_column: str) -> tuple[Format, bytes, BinaryIO]:
    """Return the format of an input, what was read of it, and a decompressed stream."""
    file_format, start = detect_format(stream, id_column)
    is_compressed = file_format == "gzip"
    if is_compressed:
        stream = gunzip(start, stream)
        file_format, start = detect_format(stream, id_column)
        if file_format == "gzip":
            message, hint = "the input is compressed twice", "decompress it once: gunzip"
            raise InventoryError("compressed", message, hint=hint)
    if file_format == "saved":
        hint = "use Inventory.open; on the command line, name the file as the only input"
        if is_compressed:
            hint = "decompress it, and give that file as the only input: gunzip"
        raise InventoryError("saved", "the input is a saved inventory", hint=hint)
    return file_format, start, stream


class DuplicateIdCheck:
    """Collects the ids of all inputs, in order, and finds the first id that is repeated.

    All ids are kept, joined to long strings, which take a fifth of the memory of a set. If the ids
    ascend, as most tools print them, none is repeated. Otherwise they are compared at the end.
    """

    def __init__(self) -> None:
        self._texts: list[str] = []  # each of many ids, joined by LF, which no id contains
        self._last = ""
        self._is_ascending = True

    def add(self, ids: Sequence[str]) -> None:
        if ids:
            self._is_ascending = (
                self._is_ascending and self._last < ids[0] and all(map(lt, ids, ids[1:]))
            )
            self._last = ids[-1]
            self._texts.append("\n".join(ids))

    def error(self) -> DuplicateIdError | None:
        """Return the error for the first id that repeats an earlier one; None if all differ."""
        if self._is_ascending:
            return None
        first_positions: dict[str, int] = {}
        ids = chain.from_iterable(text.split("\n") for text in self._texts)
        for position, node_id in enumerate(ids):
            first = first_positions.setdefault(node_id, position)
            if first != position:
                return DuplicateIdError(node_id, (first, position))
        return None
