"""Read Arrow data and Parquet files: tables in which each row is a node.

Before importing this module, call :func:`nodeselect.readers.columnar.require_pyarrow`. pyarrow has
no type hints, so its objects are ``Any`` here and in the other ``arrow`` modules.
"""

import os
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet

from nodeselect.errors import InventoryError
from nodeselect.files.blocking import blocking_reader
from nodeselect.files.inputs import cannot_read, join_document, open_input, read_rest
from nodeselect.limits import LIMITS
from nodeselect.node import check_id
from nodeselect.problem import Place
from nodeselect.readers.columnar import EncodedBlock
from nodeselect.readers.formats.arrow_columns import ColumnNames, TableColumns, resolve, row_error
from nodeselect.readers.formats.arrow_labels import encode_labels, encode_texts
from nodeselect.readers.raw_node import all_plain_ids
from nodeselect.text import printable, truncate

# The rows of a block. The number of a row fits in 16 bits, and is sorted in linear time.
_BLOCK_ROWS: Final = 1 << 16

# Any Parquet file may have as many rows.
_MIN_ROWS: Final = 100_000

# What pyarrow raises for invalid data. An OSError is not about a file: it reads from memory.
_DAMAGE = (pa.ArrowException, OSError, UnicodeDecodeError)


def read_parquet(data: bytes, names: ColumnNames) -> Iterator[EncodedBlock]:
    """Yield the nodes of a Parquet file, in blocks.

    :param data: the content of the file.
    :param names: which columns to read.
    :raises InventoryError: if the file is damaged, or does not contain nodes.
    """
    if not data.startswith(b"PAR1"):
        hint = "read files in other formats with Inventory.read"
        raise InventoryError("not-arrow", "this is not a Parquet file", hint=hint)
    try:
        yield from _read_parquet(pa.BufferReader(data), len(data), names)
    except _DAMAGE as error:
        raise _damaged("Parquet", error) from None


def read_source(source: Any, names: ColumnNames) -> Iterator[EncodedBlock]:
    """Yield the nodes of a Parquet file, or of an object with the Arrow interface, in blocks.

    :param source: a path, an open file, or a table, a data frame or a stream of record batches.
    :param names: which columns to read.
    :raises InventoryError: if the source cannot be read, is damaged, or does not contain nodes.
    :raises TypeError: if the source is any other object.
    """
    name = "input"
    try:
        # Not first ``read``: a data frame has its columns as attributes.
        if hasattr(source, "__arrow_c_stream__"):
            yield from _read_object(source, names)
        elif isinstance(source, (str, os.PathLike)) or hasattr(source, "read"):
            with open_input(source) as (stream, name):
                yield from read_parquet(
                    join_document(read_rest(b"", blocking_reader(stream))), names
                )
        else:
            raise TypeError(
                "expected a path, an open file, or an object with __arrow_c_stream__ such as a"
                f" Table or a DataFrame, not {type(source).__name__}"
                + (": call its method collect()" if hasattr(source, "collect") else "")
            )
    except InventoryError as error:
        raise error if error.code == "cannot-read" else error.within(Place(file=name)) from None
    except OSError as error:
        raise cannot_read(name, error) from None


def _read_object(source: Any, names: ColumnNames) -> Iterator[EncodedBlock]:
    try:
        batches = _to_reader(source)
        yield from _read_batches(batches, resolve(batches.schema, names))
    except _DAMAGE as error:
        raise _damaged("Arrow data", error) from None


def _to_reader(source: Any) -> Any:
    """Return a ``RecordBatchReader`` for an object with the Arrow interface.

    The interface is not used for objects of pyarrow itself: before pyarrow 25, it may crash the
    process if a column has string views (arrow#49740).
    """
    if isinstance(source, pa.Table):
        return source.to_reader()
    if isinstance(source, pa.RecordBatchReader):
        return source
    return pa.RecordBatchReader.from_stream(source)


def _damaged(kind: str, error: Exception) -> InventoryError:
    reason = printable(truncate(str(error).partition("\n")[0], 200))
    return InventoryError("not-arrow", f"{kind} cannot be read: {reason}")


def _read_parquet(source: Any, size: int, names: ColumnNames) -> Iterator[EncodedBlock]:
    metadata = pyarrow.parquet.read_metadata(source)
    _check_row_counts(metadata, size)
    columns = resolve(metadata.schema.to_arrow_schema(), names)
    # Texts that are stored dictionary encoded are read so, in a quarter of the time. Ids and names
    # are hardly ever repeated.
    paths = (metadata.schema.column(at).path for at in range(len(metadata.schema)))
    encoded = [path for path in paths if path not in (columns.id, columns.name)]
    file = pyarrow.parquet.ParquetFile(
        source, metadata=metadata, read_dictionary=encoded, page_checksum_verification=True
    )
    # One row group at a time: with dictionaries, pyarrow cannot read maps from two (arrow#21526).
    batches = chain.from_iterable(
        file.iter_batches(_BLOCK_ROWS, row_groups=[group], columns=columns.used())
        for group in range(metadata.num_row_groups)
    )
    rows = 0
    for block in _read_batches(batches, columns):
        rows += len(block.ids)
        yield block
    _check_rows(rows, metadata.num_rows)


def _check_row_counts(metadata: Any, size: int) -> None:
    """Raise if a Parquet file has too many rows, or if the row counts in it contradict each other.

    The metadata have no checksum. If a row count is damaged, pyarrow reads too few rows.

    :param size: the size of the file in bytes.
    """
    rows = metadata.num_rows
    if rows > max(_MIN_ROWS, LIMITS.parquet_nodes * size):
        message = (
            f"the file has more than {LIMITS.parquet_nodes} nodes for each byte"
            " (limit: parquet_nodes)"
        )
        raise InventoryError("document-too-large", message)
    # The metadata of a column are not read here: if they are damaged, pyarrow ends the process.
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    _check_rows(sum(group.num_rows for group in groups), rows)


def _check_rows(rows: int, expected: int) -> None:
    if rows != expected:
        message = f"Parquet cannot be read: there are {rows:,} rows, not {expected:,}"
        raise InventoryError("not-arrow", message, hint="the file is damaged: write it again")


def _read_batches(batches: Iterable[Any], columns: TableColumns) -> Iterator[EncodedBlock]:
    first_row = 0
    for batch in _regroup(batches):
        yield _to_block(batch, columns, first_row)
        first_row += len(batch)


def _regroup(batches: Iterable[Any]) -> Iterator[Any]:
    """Yield the same rows in batches of medium size.

    Small batches take more time for each row, and large batches too much memory.
    """
    small: list[Any] = []
    rows = 0
    for batch in batches:
        batch.validate(full=True)  # offsets out of range would read any memory
        for start in range(0, len(batch), _BLOCK_ROWS):
            part = batch.slice(start, _BLOCK_ROWS)
            if rows + len(part) > _BLOCK_ROWS:
                yield from _combined(small)
                small, rows = [], 0
            small.append(part)
            rows += len(part)
    yield from _combined(small)


def _combined(batches: list[Any]) -> list[Any]:
    if len(batches) < 2:
        return batches
    table = pa.Table.from_batches(batches).combine_chunks()
    return list(table.to_batches(_BLOCK_ROWS))


def _to_block(batch: Any, columns: TableColumns, first_row: int) -> EncodedBlock:
    ids = _ids(batch, columns.id, first_row)
    labels, lengths = encode_labels(batch, columns, first_row)
    names = [None] * len(ids) if columns.name is None else batch.column(columns.name).to_pylist()
    states = [None] * len(ids)
    if columns.state is not None:
        states = encode_texts(batch.column(columns.state)).to_list(len(ids))
    return EncodedBlock(ids, names, states, labels.pairs, labels.codes, lengths)


def _ids(batch: Any, column: str, first_row: int) -> list[str]:
    """Return the ids in a record batch.

    :param first_row: the number of the batch's first row in the file, for errors.
    :raises InventoryError: if an id is NULL, empty or unprintable.
    """
    ids: list[Any] = batch.column(column).to_pylist()
    if None not in ids and all_plain_ids(ids):
        return ids
    for row, node_id in enumerate(ids, first_row):
        if node_id is None:
            raise row_error("no-id", "the node has no id", row, column)
        try:
            check_id(node_id)
        except InventoryError as error:
            raise row_error(error.code, error.message, row, column) from None
    return ids
