"""Convert labels in Arrow columns to numbers (dictionary encoding).

Arrow numbers the distinct texts of a column. numpy does the work for each label; Python handles
only the distinct texts.
"""

from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nodeselect.errors import InventoryError
from nodeselect.limits import LIMITS
from nodeselect.node import check_sizes
from nodeselect.readers.formats.arrow_columns import TableColumns, is_untyped, row_error
from nodeselect.text import quoted

_Numbers = NDArray[np.int64]

# A type of a column of labels; a column without a type becomes one of this.
_PAIRS: Final = pa.large_list(pa.struct([("key", pa.string()), ("value", pa.string())]))

# Numbers are counted in a table if it has at most this many entries for each number.
_SPARSE = 8


class Labels(NamedTuple):
    """The labels of the nodes in a record batch, dictionary encoded.

    :param rows: for each label of each node, the row of the node, ascending.
    :param codes: for each item of ``rows``, the index of the label in ``pairs``.
    :param pairs: all distinct labels, as pairs of key and value.
    """

    rows: _Numbers
    codes: _Numbers
    pairs: list[tuple[str, str]]


class Texts(NamedTuple):
    """The texts of a column that are not NULL, dictionary encoded.

    :param rows: the row of each text, ascending.
    :param codes: for each item of ``rows``, the index of the text in ``values``.
    :param values: all distinct texts.
    """

    rows: _Numbers
    codes: _Numbers
    values: list[str]

    def to_list(self, count: int) -> list[Any]:
        """Return a list with the text of each row, None for NULL; the table has ``count`` rows."""
        texts = np.full(count, None, object)
        texts[self.rows] = np.array(self.values, object)[self.codes]
        return texts.tolist()


def encode_texts(column: Any) -> Texts:
    """Return the texts of an Arrow column, dictionary encoded."""
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
    return Texts(rows, codes, list(indexes))


def encode_labels(batch: Any, columns: TableColumns, first_row: int) -> tuple[Labels, _Numbers]:
    """Return the labels of the nodes in a record batch, and how many labels each node has.

    :param first_row: the number of the batch's first row in the input, for errors.
    :raises InventoryError: if a node has a key twice, too many labels, or a label without a key or
        a value.
    """
    parts: list[Labels] = []
    has_maps = False
    if columns.labels is not None:
        column = batch.column(columns.labels)
        if is_untyped(column.type):
            column = column.cast(_PAIRS)
        if pa.types.is_struct(column.type):
            fields = zip(column.type, column.flatten(), strict=True)
            parts += (_encode_column(field.name, values) for field, values in fields)
        else:
            has_maps = True
            parts.append(_encode_maps(column, first_row, columns.labels))
    parts += (_encode_column(key, batch.column(name)) for key, name in columns.columns.items())
    labels = _merge(parts)
    if has_maps:  # the keys of columns differ
        _check_distinct(labels, first_row, columns.labels)
    lengths = np.bincount(labels.rows, minlength=len(batch))
    _check_sizes(labels, lengths, first_row, columns.labels)
    return labels, lengths


def _encode_column(key: str, column: Any) -> Labels:
    """Return the labels in the column with the values of ``key``; NULL means an absent label."""
    texts = encode_texts(column)
    return Labels(texts.rows, texts.codes, [(key, value) for value in texts.values])


def _encode_maps(column: Any, first_row: int, name: str) -> Labels:
    """Return the labels in a column of maps, or of lists of structs; NULL means an empty map.

    :param name: the name of the column; ``first_row``: the number of its first row; for errors.
    """
    is_map = pa.types.is_map(column.type)
    entries = (column.keys, column.items) if is_map else _key_and_value(column.values)
    offsets = _to_numpy(column.offsets)
    start, stop = int(offsets[0]), int(offsets[-1])
    keys, values = (_without_views(texts.slice(start, stop - start)) for texts in entries)
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
    return Labels(rows, codes, [(keys[key], values[value]) for key, value in pairs])


def _key_and_value(entries: Any) -> tuple[Any, Any]:
    """Return the columns ``key`` and ``value`` of structs; a NULL struct is NULL in both."""
    fields = dict(zip((field.name for field in entries.type), entries.flatten(), strict=True))
    return fields["key"], fields["value"]


def _merge(parts: list[Labels]) -> Labels:
    """Merge the labels of several columns; the labels of a node are in the order of ``parts``."""
    if len(parts) == 1:
        return parts[0]
    pairs: list[tuple[str, str]] = []
    all_rows, all_codes = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for part in parts:
        all_rows.append(part.rows)
        all_codes.append(part.codes + len(pairs))
        pairs += part.pairs
    rows = np.concatenate(all_rows)
    order = np.argsort(rows.astype(np.uint16), kind="stable")  # in linear time
    return Labels(rows[order], np.concatenate(all_codes)[order], pairs)


def _check_distinct(labels: Labels, first_row: int, name: str | None) -> None:
    """Raise if a node has two labels with the same key.

    :param name: the name of the column; ``first_row``: the number of its first row; for errors.
    """
    numbers: dict[str, int] = {}
    key_numbers = [numbers.setdefault(key, len(numbers)) for key, _ in labels.pairs]
    keys = np.array(key_numbers, np.int64)[labels.codes]
    combinations = labels.rows * len(numbers) + keys
    if len(combinations) and (repeated := _lowest_repeated(combinations)) is not None:
        row, number = divmod(repeated, len(numbers))
        message = f"duplicate label {quoted(list(numbers)[number])}"
        raise row_error("duplicate-key", message, first_row + row, name)


def _check_sizes(labels: Labels, lengths: _Numbers, first_row: int, name: str | None) -> None:
    """Raise if a node has too many labels, or if their texts are too long together.

    :param lengths: how many labels each node has.
    :param name: the name of the column; ``first_row``: the number of its first row; for errors.
    """
    most_labels = int(lengths.max())
    most_characters = most_labels * 2 * max(map(len, chain.from_iterable(labels.pairs)), default=0)
    if most_labels <= LIMITS.node_labels and most_characters * 4 <= LIMITS.node_labels_bytes:
        return
    characters = np.array([len(key) + len(value) for key, value in labels.pairs], np.int64)
    sizes = np.bincount(labels.rows, characters[labels.codes], len(lengths))
    suspects = (lengths > LIMITS.node_labels) | (sizes * 4 > LIMITS.node_labels_bytes)
    stops = np.cumsum(lengths)
    for row in suspects.nonzero()[0].tolist():
        codes = labels.codes[stops[row] - lengths[row] : stops[row]]
        try:
            check_sizes(dict(labels.pairs[code] for code in codes.tolist()))
        except InventoryError as error:
            raise row_error(error.code, error.message, first_row + row, name) from None


def _renumber(numbers: _Numbers, stop: int) -> tuple[_Numbers, _Numbers]:
    """Return the distinct numbers, ascending; and for each item of ``numbers`` its index in these.

    For example, ``[7, 5, 7]`` becomes ``[5, 7]`` and ``[1, 0, 1]``.

    :param stop: all numbers are below this.
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
    """Convert a numpy array to an Arrow array."""
    return pa.Array.from_buffers(pa.int64(), len(numbers), [None, pa.py_buffer(numbers)])
