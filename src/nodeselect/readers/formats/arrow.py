"""Read Arrow data and Parquet files: tables in which each row is a node.

Arrow numbers the distinct texts of a column. numpy does the work for each label; Python handles
only the distinct texts.

Before importing this module, call :func:`nodeselect.readers.columnar.require_pyarrow`. pyarrow has
no type hints, so its objects are ``Any`` here.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final, Generic, NamedTuple, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

from nodeselect.errors import InventoryError
from nodeselect.files.inputs import (
    blocking_reader,
    cannot_read,
    join_document,
    open_input,
    read_rest,
)
from nodeselect.limits import LIMITS
from nodeselect.node import Facts, Taint, check_id, check_resources, check_sizes, check_taints
from nodeselect.problem import Place
from nodeselect.readers.columnar import EncodedBlock, not_text
from nodeselect.readers.raw_node import all_plain_ids
from nodeselect.text import join_limited, printable, quoted, to_exact_str, truncate

# How pandas calls the columns of an index that has no name.
_PANDAS_INDEX = "__index_level_"

_ID_HINT = "choose the column that has the ids: --id-column NAME, or id='NAME' in Python"

_LABELS_HINT = (
    "store the labels of a node as a map of strings, as a list of structs with the strings 'key'"
    " and 'value', or as a struct of strings"
)

_T = TypeVar("_T")

_Numbers = NDArray[np.int64]

# A type of a column of labels; a column without a type becomes one of this.
_PAIRS: Final = pa.large_list(pa.struct([("key", pa.string()), ("value", pa.string())]))

# Numbers are counted in a table if it has at most this many entries for each number.
_SPARSE = 8

# The rows of a block. The number of a row fits in 16 bits, and is sorted in linear time.
_BLOCK_ROWS: Final = 1 << 16

# Any Parquet file may have as many rows.
_MIN_ROWS: Final = 100_000

# What pyarrow raises for invalid data. An OSError is not about a file: it reads from memory.
_DAMAGE = (pa.ArrowException, OSError, UnicodeDecodeError)


class Columns(NamedTuple):
    """The columns that have the nodes: what a caller of ``Inventory.from_arrow`` has chosen.

    :param labels: the column with all labels of a node; None for the default or, when the defaults
        are resolved, if there is none.
    :param columns: a mapping from label keys to the columns of their values; None for the default.
    :param taints: the column with lists of taints; ``resources``: that with maps of amounts.
    :param unread: label keys are added whose columns are not read by default, as these do not have
        texts; and the types of the columns.
    """

    unread: dict[str, str]
    id: str = "id"
    labels: str | None = None
    columns: Mapping[str, str] | None = None
    name: str | None = None
    state: str | None = None
    taints: str | None = None
    resources: str | None = None

    def used(self) -> list[str]:
        single = (self.id, self.labels, self.name, self.state, self.taints, self.resources)
        named = (column for column in single if column is not None)
        return [*named, *(self.columns or {}).values()]


def resolve(schema: Any, names: Columns) -> Columns:
    """Return the columns of a table to read: those chosen by ``names``, and defaults.

    :raises InventoryError: if a column is missing or ambiguous, or has the wrong type.
    :raises TypeError: if a name is not a string.
    """
    _check_names(names)
    available = [name for name in schema.names if not name.startswith(_PANDAS_INDEX)]
    chosen = names.used()

    def default(name: str) -> str | None:
        return name if name in available and name not in chosen else None

    labels = names.labels or default("labels")
    # Without 'labels', it is a table of labels such as CSV, in which 'name' is a label.
    name = names.name or (default("name") if labels else None)
    state = names.state or default("state")
    texts = {field.name for field in schema if _is_text(field.type)}
    nested = {field.name for field in schema if pa.types.is_nested(field.type)}
    taints = names.taints or (default("taints") if "taints" in nested else None)
    resources = names.resources or (default("resources") if "resources" in nested else None)
    columns = names.columns
    if columns is None:
        used = {names.id, labels, name, state, taints, resources}
        others = [column for column in available if column not in used]
        _check_keys(others)
        columns = {column: column for column in others if column in texts}
        for column in others:
            if column not in texts:
                _check_exists(column, available, "no-column", "")
                names.unread[column] = _shown(schema.field(column).type)
    resolved = names._replace(
        labels=labels, columns=columns, name=name, state=state, taints=taints, resources=resources
    )
    _check_exists(names.id, available, "no-id-column", _ID_HINT)
    for column in resolved.used():
        _check_exists(column, available, "no-column", "choose a column of the table")
    _check_types(schema, resolved)
    return resolved


def is_untyped(labels_type: Any) -> bool:
    """Return whether a column of labels has the Arrow type null, because no node has labels."""
    types = pa.types
    if types.is_list(labels_type) or types.is_large_list(labels_type):
        labels_type = labels_type.value_type
    return bool(types.is_null(labels_type))


def row_error(
    code: str, message: str, row: int, column: str | None, hint: str | None = None
) -> InventoryError:
    """Return an error with the place of a row, from 0, or of a cell, if ``column`` is not None."""
    place = f"row {row + 1}" if column is None else f"row {row + 1}, column {quoted(column)}"
    return InventoryError(code, message, place=place, hint=hint)


def _check_names(names: Columns) -> None:
    if not isinstance(names.columns, Mapping | None):
        kind = type(names.columns).__name__
        raise TypeError(f"columns must be a mapping from label keys to columns, not {kind}")
    to_exact_str(names.id, "a column")
    for text in chain(names.used(), names.columns or ()):
        to_exact_str(text, "a column")


def _check_keys(columns: list[str]) -> None:
    """Raise if the name of a column is not a label key: it is empty, or may mean ``labels``."""
    for column in columns:
        if not column:
            message = "a column has no name"
            hint = "give it one: the name becomes the label key"
            raise InventoryError("no-column-name", message, hint=hint)
        if column.lower() in ("label", "labels"):
            raise InventoryError(
                "unknown-field",
                f"the column {quoted(column)} may be meant as 'labels'",
                hint="rename it to 'labels' if it has all labels, or else to another name",
            )


def _check_exists(column: str, available: list[str], code: str, hint: str) -> None:
    """Raise unless exactly one of the ``available`` columns is named ``column``."""
    number = available.count(column)
    if number > 1:
        message = f"{number} columns have the name {quoted(column)}"
        raise InventoryError("duplicate-key", message, hint="rename all but one")
    if not number:
        others = join_limited(list(map(quoted, available)), 8, noun="column")
        only = f", only {others}" if others else ""
        raise InventoryError(code, f"the table has no column {quoted(column)}{only}", hint=hint)


def _check_types(schema: Any, columns: Columns) -> None:
    _check_text("id-not-text", columns.id, schema.field(columns.id).type)
    for column in (columns.name, columns.state):
        if column is not None:
            _check_text("wrong-type", column, schema.field(column).type)
    if columns.taints is not None:
        _check_taints(columns.taints, schema.field(columns.taints).type)
    if columns.resources is not None:
        _check_resources(columns.resources, schema.field(columns.resources).type)
    by_key = columns.columns or {}
    for column in by_key.values():
        _check_text("label-not-text", column, schema.field(column).type)
    keys = list(by_key)
    if columns.labels is not None:
        keys += _check_labels(columns.labels, schema.field(columns.labels).type, columns.unread)
    for key, number in Counter(keys).items():
        if number > 1:
            message = f"{number} columns have the label {quoted(key)}"
            raise InventoryError("duplicate-key", message, hint="rename or remove all but one")


def _check_labels(column: str, labels_type: Any, unread: dict[str, str]) -> list[str]:
    """Check the type of a column with all labels of a node; return the keys of a struct."""
    types = pa.types
    if is_untyped(labels_type):
        return []
    if types.is_struct(labels_type):
        fields = list(labels_type)
        unread |= {each.name: _shown(each.type) for each in fields if not _is_text(each.type)}
        return [field.name for field in fields]
    entry = _entry_types(labels_type)
    if entry.keys() != {"key", "value"}:
        message = f"the column {quoted(column)} must have labels, not {_shown(labels_type)}"
        raise InventoryError("wrong-type", message, hint=_LABELS_HINT)
    for name, entry_type in entry.items():
        _check_text("label-not-text", f"{column}.{name}", entry_type)
    return []


def _entry_types(column_type: Any) -> dict[str, Any]:
    """Return the types of the fields in a column of maps, or of lists of structs; or nothing."""
    types = pa.types
    if types.is_map(column_type):
        return {"key": column_type.key_type, "value": column_type.item_type}
    if types.is_list(column_type) or types.is_large_list(column_type):
        element = column_type.value_type
        return {field.name: field.type for field in element} if types.is_struct(element) else {}
    return {}


def _check_taints(column: str, column_type: Any) -> None:
    """Raise unless a column has lists of taints."""
    types = _entry_types(column_type)
    if not is_untyped(column_type) and not types.keys() >= {"key", "effect"}:
        message = f"the column {quoted(column)} must have taints, not {_shown(column_type)}"
        hint = "store them as a list of structs with the strings 'key', 'value' and 'effect'"
        raise InventoryError("wrong-type", message, hint=hint)
    for name in sorted(types.keys() & {*Taint._fields}):
        _check_text("wrong-type", f"{column}.{name}", types[name])


def _check_resources(column: str, column_type: Any) -> None:
    """Raise unless a column has maps of amounts."""
    types = _entry_types(column_type)
    is_known = types.keys() == {"key", "value"} and pa.types.is_integer(types["value"])
    if not is_untyped(column_type) and not is_known:
        message = f"the column {quoted(column)} must have amounts, not {_shown(column_type)}"
        hint = "store them as a map from strings to integers: millicores of cpu, bytes or pieces"
        raise InventoryError("wrong-type", message, hint=hint)
    if types:
        _check_text("wrong-type", f"{column}.key", types["key"])


def _check_text(code: str, column: str, column_type: Any) -> None:
    """Raise unless the type of a column is string, dictionary-encoded string, or null."""
    if not _is_text(column_type):
        raise not_text(column, _shown(column_type), code)


def _is_text(column_type: Any) -> bool:
    types = pa.types
    if types.is_dictionary(column_type):
        column_type = column_type.value_type
    tests = types.is_string, types.is_large_string, types.is_string_view, types.is_null
    return any(test(column_type) for test in tests)


def _shown(column_type: Any) -> str:
    if pa.types.is_dictionary(column_type):
        column_type = column_type.value_type
    return printable(truncate(str(column_type), 60))


class Encoded(NamedTuple, Generic[_T]):
    """The texts of a column that are not NULL, or labels of nodes, dictionary encoded.

    :param rows: the row of each text or label, ascending.
    :param codes: for each item of ``rows``, the index in ``values``.
    :param values: all distinct texts; or labels, as pairs of key and value.
    """

    rows: _Numbers
    codes: _Numbers
    values: list[_T]


_Labels: TypeAlias = Encoded[tuple[str, str]]


def encode_texts(column: Any) -> Encoded[str]:
    if not pa.types.is_dictionary(column.type):
        column = _without_views(column).dictionary_encode()
    rows, codes = _valid_rows(column), _to_numpy(column.indices)
    if len(rows) < len(codes):
        codes = codes[rows]
    # A dictionary may have texts that do not occur here, texts that are equal, and NULL.
    dictionary = _without_views(column.dictionary)
    used = np.bincount(codes, minlength=len(dictionary)).nonzero()[0]
    indexes: dict[str, int] = {}
    new_codes = np.empty(len(dictionary), np.int64)
    new_codes[used] = [
        -1 if text is None else indexes.setdefault(text, len(indexes))
        for text in dictionary.take(_to_arrow(used)).to_pylist()
    ]
    codes = new_codes[codes]
    if len(codes) and codes.min() < 0:
        rows, codes = rows[codes >= 0], codes[codes >= 0]
    return Encoded(rows, codes, list(indexes))


def encode_labels(batch: Any, columns: Columns, first_row: int) -> tuple[_Labels, _Numbers]:
    """Return the labels of the nodes in a record batch, and how many labels each node has.

    :param first_row: the number of the batch's first row in the input, here and below for errors.
    """
    parts: list[_Labels] = []
    has_maps = False
    if columns.labels is not None:
        column = batch.column(columns.labels)
        if is_untyped(column.type):
            column = column.cast(_PAIRS)
        if pa.types.is_struct(column.type):
            fields = zip(column.type, column.flatten(), strict=True)
            parts += (
                _encode_column(each.name, texts) for each, texts in fields if _is_text(each.type)
            )
        else:
            has_maps = True
            parts.append(_encode_maps(column, first_row, columns.labels))
    by_key = (columns.columns or {}).items()
    parts += (_encode_column(key, batch.column(name)) for key, name in by_key)
    labels = _merge(parts)
    if has_maps:  # the keys of columns differ
        _check_distinct(labels, first_row, columns.labels)
    lengths = np.bincount(labels.rows, minlength=len(batch))
    _check_sizes(labels, lengths, first_row, columns.labels)
    return labels, lengths


def _encode_column(key: str, column: Any) -> _Labels:
    """Return the labels in the column with the values of ``key``; NULL means an absent label."""
    texts = encode_texts(column)
    return Encoded(texts.rows, texts.codes, [(key, value) for value in texts.values])


def _encode_maps(column: Any, first_row: int, name: str) -> _Labels:
    """Return the labels in a column of maps, or of lists of structs; NULL means an empty map."""
    offsets, fields = _entries(column)
    keys, values = _without_views(fields["key"]), _without_views(fields["value"])
    rows = np.repeat(np.arange(len(column)), np.diff(offsets))
    if column.null_count:  # NULL may have entries as well
        used = np.isin(rows, _valid_rows(column)).nonzero()[0]
        rows, keys, values = rows[used], keys.take(_to_arrow(used)), values.take(_to_arrow(used))
    key_texts, value_texts = encode_texts(keys), encode_texts(values)
    for kind, texts in (("key", key_texts), ("value", value_texts)):
        if len(texts.rows) < len(rows):
            entry = np.setdiff1d(np.arange(len(rows)), texts.rows)[0]
            message = f"the {kind} of a label must be a string, not NULL"
            hint = "write a string, or remove the label"
            raise row_error("label-not-text", message, first_row + int(rows[entry]), name, hint)
    width = len(value_texts.values)
    stop = len(key_texts.values) * width
    used, codes = _renumber(key_texts.codes * width + value_texts.codes, stop)
    pairs = ((number // width, number % width) for number in used.tolist())
    keys, values = key_texts.values, value_texts.values
    return Encoded(rows, codes, [(keys[key], values[value]) for key, value in pairs])


def _entries(column: Any) -> tuple[_Numbers, dict[str, Any]]:
    """Return the fields of all entries in a column of maps, or of lists of structs.

    First, return where the entries of each row begin, and where the last ones end. In a NULL
    struct, each field is NULL.
    """
    if pa.types.is_map(column.type):
        fields = {"key": column.keys, "value": column.items}
    else:
        names = (field.name for field in column.type.value_type)
        fields = dict(zip(names, column.values.flatten(), strict=True))
    offsets = _to_numpy(column.offsets)
    start, size = int(offsets[0]), int(offsets[-1] - offsets[0])
    return offsets - start, {name: field.slice(start, size) for name, field in fields.items()}


def _to_list(column: Any) -> list[Any]:
    """Return the texts or integers of a column; None for NULL."""
    values = np.full(len(column), None, object)
    if pa.types.is_integer(column.type):
        rows = _valid_rows(column)
        values[rows] = _to_numpy(column)[rows]
    else:
        texts = encode_texts(column)
        values[texts.rows] = np.array(texts.values, object)[texts.codes]
    found: list[Any] = values.tolist()
    return found


def _facts(batch: Any, columns: Columns, first_row: int) -> list[Facts | None] | None:
    """Return the facts about the nodes in a record batch; None if there are no columns of them."""
    if columns.taints is None and columns.resources is None:
        return None
    taints = _convert(batch, columns.taints, ("key", "effect", "value"), _to_taints, first_row)
    amounts = _convert(batch, columns.resources, ("key", "value"), _to_resources, first_row)
    pairs = zip(taints, amounts, strict=True)
    return [None if pair == (None, None) else Facts(*pair) for pair in pairs]


def _convert(
    batch: Any,
    name: str | None,
    fields: tuple[str, ...],
    convert: Callable[[Sequence[tuple[Any, ...]]], Any],
    first_row: int,
) -> list[Any]:
    """Return for each row of a column what ``convert`` returns for its entries; None for NULL.

    :param name: the name of the column; None if there is none.
    :param fields: the fields of an entry to read.
    """
    column = None if name is None else batch.column(name)
    if column is None or pa.types.is_null(column.type):
        return [None] * len(batch)
    offsets, entries = _entries(column.cast(_PAIRS) if is_untyped(column.type) else column)
    nothing = [None] * int(offsets[-1])
    texts = (_to_list(entries[each]) if each in entries else nothing for each in fields)
    rows, bounds = list(zip(*texts, strict=True)), offsets.tolist()
    converted: list[Any] = []
    cache: dict[tuple[Any, ...], Any] = {}  # many nodes have the same
    for row, is_valid in enumerate(column.is_valid().to_pylist()):
        found = tuple(rows[bounds[row] : bounds[row + 1]])
        if is_valid and found not in cache:
            try:
                cache[found] = convert(found)
            except InventoryError as error:
                at = first_row + row
                raise row_error(error.code, error.message, at, name, error.hint) from None
        converted.append(cache[found] if is_valid else None)
    return converted


def _to_taints(entries: Sequence[tuple[Any, ...]]) -> tuple[Taint, ...]:
    if any(None in entry[:2] for entry in entries):
        message = "the key and the effect of a taint must be strings, not NULL"
        raise InventoryError("wrong-type", message)
    return check_taints((key, effect, value or "") for key, effect, value in entries)


def _to_resources(entries: Sequence[tuple[Any, ...]]) -> dict[str, int]:
    if any(None in entry for entry in entries):
        raise InventoryError("wrong-type", "an amount of a resource must be an integer, not NULL")
    resources = dict(entries)
    if len(resources) < len(entries):
        raise InventoryError("duplicate-key", "a resource has two amounts")
    return check_resources(resources)


def _merge(parts: list[_Labels]) -> _Labels:
    """Merge the labels of several columns; the labels of a node are in the order of ``parts``."""
    if len(parts) == 1:
        return parts[0]
    pairs: list[tuple[str, str]] = []
    all_rows, all_codes = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for part in parts:
        all_rows.append(part.rows)
        all_codes.append(part.codes + len(pairs))
        pairs += part.values
    rows = np.concatenate(all_rows)
    order = np.argsort(rows.astype(np.uint16), kind="stable")  # in linear time
    return Encoded(rows[order], np.concatenate(all_codes)[order], pairs)


def _check_distinct(labels: _Labels, first_row: int, name: str | None) -> None:
    numbers: dict[str, int] = {}
    key_numbers = [numbers.setdefault(key, len(numbers)) for key, _ in labels.values]
    keys = np.array(key_numbers, np.int64)[labels.codes]
    combinations = labels.rows * len(numbers) + keys
    if len(combinations) and (repeated := _lowest_repeated(combinations)) is not None:
        row, number = divmod(repeated, len(numbers))
        message = f"duplicate label {quoted(list(numbers)[number])}"
        raise row_error("duplicate-key", message, first_row + row, name)


def _check_sizes(labels: _Labels, lengths: _Numbers, first_row: int, name: str | None) -> None:
    """Raise if a node has too many labels, or if their texts are too long together."""
    most_labels = int(lengths.max())
    most_characters = most_labels * 2 * max(map(len, chain.from_iterable(labels.values)), default=0)
    if most_labels <= LIMITS.node_labels and most_characters * 4 <= LIMITS.node_labels_bytes:
        return
    characters = np.array([len(key) + len(value) for key, value in labels.values], np.int64)
    sizes = np.bincount(labels.rows, characters[labels.codes], len(lengths))
    suspects = (lengths > LIMITS.node_labels) | (sizes * 4 > LIMITS.node_labels_bytes)
    stops = np.cumsum(lengths)
    for row in suspects.nonzero()[0].tolist():
        codes = labels.codes[stops[row] - lengths[row] : stops[row]]
        try:
            check_sizes(dict(labels.values[code] for code in codes.tolist()))
        except InventoryError as error:
            raise row_error(error.code, error.message, first_row + row, name) from None


def _renumber(numbers: _Numbers, stop: int) -> tuple[_Numbers, _Numbers]:
    """Return the distinct ``numbers`` below ``stop``, ascending; and the index of each in these.

    For example, ``[7, 5, 7]`` becomes ``[5, 7]`` and ``[1, 0, 1]``.
    """
    if stop > _SPARSE * len(numbers):
        return np.unique(numbers, return_inverse=True)
    used = np.bincount(numbers, minlength=stop).nonzero()[0]
    indexes = np.empty(stop, np.int64)
    indexes[used] = np.arange(len(used))
    return used, indexes[numbers]


def _lowest_repeated(numbers: _Numbers) -> int | None:
    """Return the lowest number that occurs more than once; None if there is none."""
    if numbers.max() < _SPARSE * len(numbers):
        repeated = (np.bincount(numbers) > 1).nonzero()[0]
    else:
        ascending = np.sort(numbers)
        repeated = ascending[1:][ascending[1:] == ascending[:-1]]
    return int(repeated[0]) if len(repeated) else None


def _without_views(column: Any) -> Any:
    """Cast string views, which few Arrow functions accept, to strings; keep other columns."""
    return column.cast(pa.large_string()) if pa.types.is_string_view(column.type) else column


def _valid_rows(column: Any) -> _Numbers:
    """Return the numbers of the rows that are not NULL, as a numpy array."""
    return _to_numpy(column.is_valid().cast(pa.uint8())).nonzero()[0]


def _to_numpy(array: Any) -> _Numbers:
    """Convert an Arrow array of integers to a numpy array; NULL becomes an arbitrary number."""
    dtype = np.dtype(str(array.type))
    if not len(array):
        return np.empty(0, np.int64)
    data = array.buffers()[1]  # ``to_numpy`` would import pandas, if it is installed
    return np.frombuffer(data, dtype, len(array), array.offset * dtype.itemsize).astype(np.int64)


def _to_arrow(numbers: _Numbers) -> Any:
    return pa.Array.from_buffers(pa.int64(), len(numbers), [None, pa.py_buffer(numbers)])


def read_parquet(data: bytes, names: Columns) -> Iterator[EncodedBlock]:
    """Yield the nodes of a Parquet file, in blocks; raise if it is damaged, or has no nodes."""
    if not data.startswith(b"PAR1"):
        hint = "read files in other formats with Inventory.read"
        raise InventoryError("not-arrow", "this is not a Parquet file", hint=hint)
    try:
        yield from _read_parquet(pa.BufferReader(data), len(data), names)
    except _DAMAGE as error:
        raise _damaged("Parquet", error) from None


def read_source(source: Any, names: Columns) -> Iterator[EncodedBlock]:
    """Yield the nodes of a Parquet file, or of an object with the Arrow interface, in blocks.

    :param source: a path, an open file, or a table, a data frame or a stream of record batches.
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
                data = join_document(read_rest(b"", blocking_reader(stream)))
                yield from read_parquet(data, names)
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


def _read_object(source: Any, names: Columns) -> Iterator[EncodedBlock]:
    try:
        batches = _to_reader(source)
        yield from _read_batches(batches, resolve(batches.schema, names))
    except _DAMAGE as error:
        raise _damaged("Arrow data", error) from None


def _to_reader(source: Any) -> Any:
    """Return a ``RecordBatchReader``, not by the interface if it is an object of pyarrow itself.

    Before pyarrow 25, it may crash the process if a column has string views (arrow#49740).
    """
    if isinstance(source, pa.Table):
        return source.to_reader()
    if isinstance(source, pa.RecordBatchReader):
        return source
    return pa.RecordBatchReader.from_stream(source)


def _damaged(kind: str, error: Exception) -> InventoryError:
    reason = printable(truncate(str(error).partition("\n")[0], 200))
    return InventoryError("not-arrow", f"{kind} cannot be read: {reason}")


def _read_parquet(source: Any, size: int, names: Columns) -> Iterator[EncodedBlock]:
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
    """Raise if a Parquet file of this size has too many rows, or if its row counts differ.

    The metadata have no checksum. If a row count is damaged, pyarrow reads too few rows.
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


def _read_batches(batches: Iterable[Any], columns: Columns) -> Iterator[EncodedBlock]:
    first_row = 0
    for batch in _regroup(batches):
        count, ids = len(batch), _ids(batch, columns.id, first_row)
        labels, lengths = encode_labels(batch, columns, first_row)
        names = [None] * count if columns.name is None else batch.column(columns.name).to_pylist()
        states = [None] * count if columns.state is None else _to_list(batch.column(columns.state))
        facts = _facts(batch, columns, first_row)
        yield EncodedBlock(ids, names, states, labels.values, labels.codes, lengths, facts)
        first_row += count


def _regroup(batches: Iterable[Any]) -> Iterator[Any]:
    """Yield the rows in other batches: small ones are slow for each row, large ones take memory."""
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


def _ids(batch: Any, column: str, first_row: int) -> list[str]:
    """Return the ids in a record batch; raise if one is NULL, empty or unprintable."""
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
