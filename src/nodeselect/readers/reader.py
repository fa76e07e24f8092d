"""Read one input or several, in any known format and shape, as nodes."""

from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from itertools import chain, compress, islice
from operator import not_
from typing import Any, BinaryIO, NamedTuple, TypeVar, cast

from nodeselect.errors import InventoryError
from nodeselect.files.blocking import blocking_reader
from nodeselect.files.chunks import join_document, read_blocks, read_chunks, read_rest
from nodeselect.files.inputs import cannot_read
from nodeselect.node import DuplicateIdError, Node, NodeRow, has_state
from nodeselect.problem import Place
from nodeselect.readers.arrow_data import require_pyarrow
from nodeselect.readers.columnar import Block, EncodedBlock
from nodeselect.readers.detect import Format, detect_format, node_rows
from nodeselect.readers.duplicate_ids import DuplicateIdCheck
from nodeselect.readers.envelope import check_footer
from nodeselect.readers.formats import json
from nodeselect.readers.raw_node import RecordPlace
from nodeselect.readers.watch_events import is_watch_event, latest_nodes
from nodeselect.selectors import Selector
from nodeselect.text import pluralize

_N = TypeVar("_N")

NodeFilter = Callable[[Mapping[str, str], str], bool]
"""Called with the labels and the id of a node; returns whether to select the node."""

# Different failure masks are counted up to about this number, which is more than any output shows.
_MAX_FAILURE_MASKS = 1_000

# Nodes of a document that are selected and yielded together.
_BLOCK_SIZE = 100


_FORMAT_NAMES: dict[Format, str] = {
    "none": "a message",
    "ndjson": "JSON lines",
    "json": "JSON",
    "csv": "CSV",
    "yaml": "YAML",
    "parquet": "Parquet",
}


class InputSummary(NamedTuple):
    """What was read from one input. ``str()`` returns it in words.

    :param shapes: the systems of the nodes, such as ``Kubernetes``; empty for CSV and the like.
    :param format: the name of the format.
    """

    name: str | None
    nodes: int
    shapes: str
    format: str

    def __str__(self) -> str:
        shapes = f", {self.shapes}" if self.shapes else ""
        return f"{self.name or 'input'}: {pluralize(self.nodes, 'node')}{shapes} ({self.format})"


class NodeReader:
    """Iterates over the nodes of one input, or of several as if they were one.

    With a filter or a selector, it yields only the nodes that match, but reads and validates all.
    NDJSON and CSV are read in chunks, so that nodes that are not selected take no memory, except
    for their ids. Other documents are held as text, and decoded node by node. Limits are
    ``LIMITS.line_bytes`` and ``LIMITS.document_bytes``.

    An error may be raised as late as at the end of the input. Then none of its nodes may be used.

    :raises InventoryError: while iterating, if the input is incomplete, not understood, or
        contradicts itself.
    """

    count: int
    """The number of nodes read so far, selected or not."""
    name: str | None
    """The name of the input that is read, or was read last, in errors."""
    states: Counter[str | None]
    """How many of the nodes read so far are in each state; counted only if ``states`` are given."""
    failure_masks: Counter[int] | None
    """For each set of requirements, as a mask of bits (:attr:`~nodeselect.Selector.failure_mask`),
    how many nodes, in one of ``states`` if these are given, fail exactly these; the mask 0 counts
    the nodes that match. None without a selector, and if there are over a thousand masks."""
    missing_ids: set[str]
    """Those of the ids to look up that no node read so far has."""

    inputs: list[InputSummary]
    """The inputs that were read completely."""

    def __init__(
        self,
        source: BinaryIO | Iterable[tuple[BinaryIO, str]],
        node_filter: NodeFilter | None = None,
        *,
        selector: Selector | None = None,
        ids: Collection[str] = (),
        states: Collection[str] | None = None,
        id_column: str = "id",
        name: str | None = None,
        on_progress: Callable[["NodeReader"], None] | None = None,
    ) -> None:
        """Create the reader of a stream, which is read to its end and not closed.

        :param source: a stream; or an iterable of streams, each with its name. Each is read to its
            end before the next one is requested.
        :param node_filter: selects nodes; None selects all.
        :param selector: selects nodes, faster than ``node_filter``, which must then be None.
        :param ids: ids to look up, see :attr:`missing_ids`.
        :param states: in lower case, the only states whose nodes :attr:`failure_masks` counts.
        :param id_column: in CSV and Parquet, the name of the column that has the ids.
        :param name: the name of the input in errors, if there is only one.
        :param on_progress: called with the reader after every few hundred nodes.
        """
        self._sources = cast("Any", [(source, name)] if hasattr(source, "read") else source)
        self._filter = node_filter
        self._selector = selector
        self._states = states
        self._failure_mask = None if selector is None else selector.failure_mask
        self._uses_typed = selector is not None and bool(selector.requirements)
        self._id_column = id_column
        self._on_progress = on_progress
        self._checks_ids = True
        self.name = name
        self.inputs = []
        self.missing_ids = set(ids)
        self._ids = DuplicateIdCheck()
        self.count = 0
        self.states = Counter()
        self.failure_masks = None if selector is None else Counter()
        self._start_input()

    def _start_input(self) -> None:
        self._footer = ""  # the line that Expanso's command line prints after the nodes
        self._shapes: set[str] = set()  # the names of the shapes of the nodes

    def __iter__(self) -> Iterator[Node]:
        rows = chain.from_iterable(self._checked_blocks())
        return (Node._trusted(*row) for row in rows)

    def blocks(self) -> Iterator[Block]:
        """Yield all nodes in blocks, as rows or as columns, whichever is faster to read.

        Duplicate ids are not detected here: an inventory of the nodes detects them.

        :raises ValueError: if the reader has started or selects nodes.
        """
        if self.count or self._filter is not None or self._selector is not None:
            raise ValueError("blocks() needs a new reader, without node_filter or selector")
        self._checks_ids = False
        self._uses_typed = True
        return self._checked_blocks()

    def locate(self, error: InventoryError) -> InventoryError:
        """Add to an error, which an inventory of these nodes raised, the place in the input."""
        if not isinstance(error, DuplicateIdError):
            return error
        if len(self.inputs) == 1:
            return error if self.name is None else error.within(Place(file=self.name))
        return DuplicateIdError(
            error.node_id, error.positions, " and ".join(map(self._node_place, error.positions))
        )

    def _node_place(self, position: int) -> str:
        """Return the place of a node, such as ``node 3 of nodes.json``.

        :param position: its position, from 0, among the nodes of all inputs.
        """
        for name, nodes, *_ in self.inputs:
            if position < nodes:
                return f"node {position + 1:,} of {name}"
            position -= nodes
        raise AssertionError("the position of a node that was not read")

    def _checked_blocks(self) -> Iterator[Block]:
        """Yield the selected nodes of all inputs; raise at the end if an id occurs twice."""
        for stream, name in self._sources:
            self.name, first = name, self.count
            self._start_input()
            try:
                words = yield from self._read(blocking_reader(stream))
                if self._footer:
                    check_footer(self._footer, self.count - first)
            except InventoryError as error:
                raise (error if name is None else error.within(Place(file=name))) from None
            except OSError as error:
                raise cannot_read(name or "input", error) from None
            shapes = " and ".join(sorted(self._shapes))
            self.inputs.append(InputSummary(name, self.count - first, shapes, words))
        if duplicate := self._ids.error():
            raise self.locate(duplicate)

    def _read(self, stream: BinaryIO) -> Generator[Block, None, str]:
        """Yield the selected nodes of one input; return its format in words."""
        file_format, start = detect_format(stream, self._id_column)
        compression, check_nodes, first = "", None, self.count
        if file_format == "gzip":
            from nodeselect.readers.gunzip import gunzip  # rarely needed

            (stream, check_nodes), compression = gunzip(start, stream), ", gzip"
            file_format, start = detect_format(stream, self._id_column)
            if file_format == "gzip":
                message, hint = "the input is compressed twice", "decompress it once: gunzip"
                raise InventoryError("compressed", message, hint=hint)
        if file_format == "saved":
            hint = "use Inventory.open; on the command line, name the file as the only input"
            if compression:
                hint = "decompress it, and give that file as the only input: gunzip"
            raise InventoryError("saved", "the input is a saved inventory", hint=hint)
        for block in self._blocks(stream, file_format, start):
            if check_nodes is not None:
                check_nodes(self.count - first)
            if self._on_progress is not None:
                self._on_progress(self)
            yield block
        return f"{_FORMAT_NAMES[file_format]}{compression}"

    def _blocks(self, stream: BinaryIO, file_format: Format, start: bytes) -> Iterator[Block]:
        match file_format:
            case "none":
                return iter(())
            case "ndjson":
                from nodeselect.readers.line_reader import LineReader  # loads msgspec

                return LineReader(self).blocks(start, stream)
            case "csv":
                from nodeselect.readers.formats import csv

                header = start.decode("utf-8", "replace").strip()
                delimiter = csv.find_delimiter(header, self._id_column)
                assert delimiter is not None, "the format was detected by it"
                rows = csv.read_rows(read_chunks(start, stream), delimiter, self._id_column)
                return self._select_rows(rows)
            case "parquet":
                require_pyarrow()
                from nodeselect.readers.formats import arrow, arrow_columns  # load pyarrow

                names = arrow_columns.ColumnNames(self._id_column)
                data = join_document(read_rest(start, stream))
                return self._select_encoded(arrow.read_parquet(data, names))
        blocks = read_blocks(start, stream)
        if file_format == "json":
            return self._select_documents(self._json_records(blocks))
        return self._text_blocks(join_document(blocks))

    def _text_blocks(self, data: bytes) -> Iterator[Block]:
        """Yield the selected nodes of an input that is in no other format, and so read as YAML."""
        from nodeselect.readers.formats import yaml  # loads the YAML library

        try:
            yield from self._select_documents(yaml.read_records(data))
        except InventoryError as error:
            from nodeselect.readers.formats.not_yaml import better_error

            raise better_error(data, error, self._id_column) from None

    def _json_records(self, blocks: Iterator[bytes]) -> Iterator[tuple[RecordPlace, Any]]:
        self._footer = yield from json.read_records(blocks)

    def _select_records(self, records: Iterable[tuple[RecordPlace, Any]]) -> Iterator[Block]:
        return self._select_rows(
            chain.from_iterable(node_rows(place, record, self._shapes) for place, record in records)
        )

    def _select_documents(self, records: Iterator[tuple[RecordPlace, Any]]) -> Iterator[Block]:
        first = list(islice(records, 1))
        if first and is_watch_event(first[0][1]):
            self._shapes.add("Kubernetes watch events")
            return self._select_rows(latest_nodes(chain(first, records)))
        return self._select_records(chain(first, records))

    def _select_encoded(self, blocks: Iterable[EncodedBlock]) -> Iterator[Block]:
        if self._checks_ids:
            yield from self._select_rows(chain.from_iterable(blocks))
            return
        for block in blocks:
            self._count(block.ids)
            yield block

    def _select_rows(self, rows: Iterable[NodeRow]) -> Iterator[Block]:
        rest = iter(rows)
        while block := list(islice(rest, _BLOCK_SIZE)):
            ids, labels, _, states = zip(*block, strict=True)
            yield self._select(block, ids, labels, states)

    def _select(
        self,
        nodes: Sequence[_N],
        ids: Sequence[str],
        labels: Sequence[Mapping[str, str]],
        states: Sequence[str | None],
        masks: Sequence[int] | None = None,
    ) -> Sequence[_N]:
        """Count ``nodes``; return those that are selected.

        :param ids: the ids of the nodes, in their order; ``labels`` and ``states`` likewise.
        :param masks: which requirements each node fails, as a mask of bits, if that is known; then
            ``labels`` are not used.
        """
        self._count(ids)
        if self._states:
            self.states.update(states)
        if self._failure_mask is not None:
            if masks is None:
                masks = list(map(self._failure_mask, labels, ids))
            if self.failure_masks is not None:
                counted = masks
                if allowed := self._states:
                    in_states = (has_state(state, allowed) for state in states)
                    counted = list(compress(masks, in_states))
                self.failure_masks.update(counted)
                if len(self.failure_masks) > _MAX_FAILURE_MASKS:
                    self.failure_masks = None
            return list(compress(nodes, map(not_, masks)))
        if self._filter is None:
            return nodes
        return list(compress(nodes, map(self._filter, labels, ids)))

    def _count(self, ids: Sequence[str]) -> None:
        if self._checks_ids:
            self._ids.add(ids)
        self.count += len(ids)
        if self.missing_ids:
            self.missing_ids.difference_update(ids)
