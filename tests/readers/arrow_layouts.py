"""The same nodes in every layout of Arrow data that is read."""

import io
import random
from collections.abc import Callable
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet

from nodeselect import Node

TEXT = pa.string()
PAIRS = pa.struct([("key", TEXT), ("value", TEXT)])

KEYS = ("region", "app.kubernetes.io/name", "gpu", "rack", "é", "a b", "labels.key", "x")
VALUES = ("", "true", "eu", "ü" * 20, "5", "-7", "a\nb", "\x00", "None")


def random_nodes(count: int, seed: int = 1) -> list[Node]:
    """Return nodes with every kind of label, and some without any."""
    draw = random.Random(seed)
    states = ("connected", "disconnected", None)

    def value() -> str:
        return draw.choice(VALUES) if draw.random() < 0.8 else f"v{draw.randrange(count)}"

    return [
        Node(
            f"n-{at}" if at % 7 else f"ñ-{at}",
            {key: value() for key in draw.sample(KEYS, draw.choice((0, 1, 3, len(KEYS))))},
            f"name {at % 9}" if at % 3 else None,
            draw.choice(states),
        )
        for at in range(count)
    ]


def base(nodes: list[Node]) -> dict[str, Any]:
    """Return the columns that do not depend on the layout of labels."""
    return {
        "id": pa.array([node.id for node in nodes], TEXT),
        "state": pa.array([node.state for node in nodes], TEXT),
        "name": pa.array([node.name for node in nodes], TEXT),
    }


def maps(nodes: list[Node], text: Any = TEXT) -> Any:
    """Return the labels as a column of maps; of every other node without labels, NULL."""
    rows = [list(node.labels.items()) or (None if at % 2 else []) for at, node in enumerate(nodes)]
    return pa.array(rows, pa.map_(TEXT, TEXT)).cast(pa.map_(text, text))


def pairs(nodes: list[Node], pair: Any = PAIRS, list_type: Callable[[Any], Any] = pa.list_) -> Any:
    """Return the labels as a column of lists of structs."""
    rows = [[{"key": k, "value": v} for k, v in node.labels.items()] for node in nodes]
    return pa.array(rows, list_type(pair))


def values(nodes: list[Node], key: str, text: Any = TEXT) -> Any:
    """Return the values of one key as a column."""
    return pa.array([node.labels.get(key) for node in nodes], TEXT).cast(text)


def columns(nodes: list[Node], text: Any = TEXT) -> dict[str, Any]:
    return {key: values(nodes, key, text) for key in KEYS}


def map_table(nodes: list[Node]) -> Any:
    return pa.table(base(nodes) | {"labels": maps(nodes)})


def column_table(nodes: list[Node]) -> Any:
    return pa.table(base(nodes) | columns(nodes))


def encoded(column: Any, index: Any) -> Any:
    """Return a column as a dictionary that has NULL, a value twice, and one that does not occur."""
    texts = column.to_pylist()
    dictionary = [*dict.fromkeys([*texts, None]), "unused", *dict.fromkeys(texts)]
    codes = [dictionary.index(text, 0 if at % 2 else len(dictionary) // 2)
             for at, text in enumerate(texts)]  # fmt: skip
    return pa.DictionaryArray.from_arrays(pa.array(codes, index), pa.array(dictionary, TEXT))


def null_maps_with_entries(nodes: list[Node]) -> Any:
    """Return maps in which those of nodes without labels are NULL, and have entries beneath."""
    rows = [list(node.labels.items()) or [("hidden", "1")] for node in nodes]
    full = pa.array(rows, pa.map_(TEXT, TEXT))
    is_null = pa.array([not node.labels for node in nodes])
    return pa.MapArray.from_arrays(full.offsets, full.keys, full.items, mask=is_null)


def to_parquet(table: Any, **options: Any) -> io.BytesIO:
    file = io.BytesIO()
    pyarrow.parquet.write_table(table, file, **options)
    file.seek(0)
    return file


class Stream:
    """An object that has nothing but the Arrow interface."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)


def small_batches(nodes: list[Node]) -> Any:
    """Return batches of all sizes."""
    table = map_table(nodes)
    sizes = [0, 1, 2, 3, 100, 0, 999]
    starts = [sum(sizes[:at]) for at in range(len(sizes))]
    parts = [table[start : start + size] for start, size in zip(starts, sizes, strict=True)]
    return pa.concat_tables([*parts, table[sum(sizes) :]])


def different_dictionaries(nodes: list[Node]) -> Any:
    """Return batches in which columns have dictionaries of their own."""
    middle = len(nodes) // 3
    parts = [nodes[:middle], nodes[middle:]]
    return pa.concat_tables([pa.table(base(part) | dictionary_columns(part)) for part in parts])


def dictionary_columns(nodes: list[Node]) -> dict[str, Any]:
    return {key: column.dictionary_encode() for key, column in columns(nodes).items()}


def odd_dictionaries(nodes: list[Node], index: Any) -> Any:
    """Return columns with dictionaries as no library writes them."""
    return pa.table(
        {name: encoded(column, index) for name, column in (base(nodes) | columns(nodes)).items()}
    )


def maps_and_columns(nodes: list[Node]) -> Any:
    few = [
        node.replace(labels={k: v for k, v in node.labels.items() if k not in ("gpu", "x")})
        for node in nodes
    ]
    others = {key: values(nodes, key) for key in ("gpu", "x")}
    return pa.table(base(nodes) | {"labels": maps(few)} | others)


def structs(nodes: list[Node]) -> Any:
    """Return the labels as structs; of nodes without labels, some are NULL."""
    rows = [dict(node.labels) or (None if at % 2 else {}) for at, node in enumerate(nodes)]
    return pa.array(rows, pa.struct([(key, TEXT) for key in KEYS]))


def other_names(nodes: list[Node]) -> Any:
    table = map_table(nodes).append_column("ignored", pa.array(range(len(nodes))))
    return table.rename_columns(["host", "status", "title", "tags", "ignored"])


def with_labels(make: Callable[[list[Node]], Any]) -> Callable[[list[Node]], Any]:
    """Return a function that returns a table with the labels that ``make`` returns."""
    return lambda nodes: pa.table(base(nodes) | {"labels": make(nodes)})


def with_columns(text: Any) -> Callable[[list[Node]], Any]:
    return lambda nodes: pa.table(
        {name: column.cast(text) for name, column in (base(nodes) | columns(nodes)).items()}
    )


class Layout(NamedTuple):
    """One way to store nodes.

    :param make: returns the data.
    :param options: the arguments of ``from_arrow`` that are needed.
    """

    make: Callable[[list[Node]], Any]
    options: dict[str, Any] = {}  # noqa: RUF012 - nobody changes it


def wide(make: Callable[[list[Node]], Any]) -> Layout:
    """Return the layout of a table without ``labels``, in which the names must be named."""
    return Layout(make, {"name": "name"})


VALUE_FIRST = pa.struct([("value", TEXT), ("key", TEXT)])
ENCODED = pa.dictionary(pa.int32(), TEXT)

LAYOUTS = {
    "maps": Layout(map_table),
    "maps of large strings": Layout(with_labels(lambda nodes: maps(nodes, pa.large_string()))),
    "maps of string views": Layout(with_labels(lambda nodes: maps(nodes, pa.string_view()))),
    "maps, encoded": Layout(with_labels(lambda nodes: maps(nodes, ENCODED))),
    "maps, NULL with entries": Layout(with_labels(null_maps_with_entries)),
    "maps, small batches": Layout(small_batches),
    "maps, a slice": Layout(lambda nodes: map_table([Node("a"), *nodes, Node("b")])[1:-1]),
    "maps, sliced batch": Layout(
        lambda nodes: map_table([Node("a"), *nodes]).combine_chunks().to_batches()[0][1:]
    ),
    "maps and columns": Layout(maps_and_columns),
    "lists": Layout(with_labels(pairs)),
    "lists, value first": Layout(with_labels(lambda nodes: pairs(nodes, VALUE_FIRST))),
    "large lists": Layout(with_labels(lambda nodes: pairs(nodes, list_type=pa.large_list))),
    "lists, a slice": Layout(
        lambda nodes: with_labels(pairs)([Node("a", {"x": "y"}), *nodes, Node("b")])[1:-1]
    ),
    "structs": Layout(with_labels(structs)),
    "structs, a slice": Layout(lambda nodes: with_labels(structs)([Node("a"), *nodes])[1:]),
    "columns": wide(column_table),
    "columns, a slice": wide(lambda nodes: column_table([Node("a"), *nodes])[1:]),
    "columns of large strings": wide(with_columns(pa.large_string())),
    "columns of string views": wide(with_columns(pa.string_view())),
    "columns, encoded": wide(with_columns(ENCODED)),
    "columns, dictionaries of their own": wide(different_dictionaries),
    "columns, odd dictionaries": wide(lambda nodes: odd_dictionaries(nodes, pa.int16())),
    "columns, unsigned": wide(lambda nodes: odd_dictionaries(nodes, pa.uint64())),
    "columns with one of NULL": wide(
        lambda nodes: column_table(nodes).append_column("never", pa.nulls(len(nodes)))
    ),
    "other names": Layout(
        other_names,
        {"id": "host", "state": "status", "name": "title", "labels": "tags", "columns": {}},
    ),
    "renamed columns": Layout(
        lambda nodes: column_table(nodes).rename_columns(
            ["id", "state", "name", *(f"c{at}" for at in range(len(KEYS)))]
        ),
        {"name": "name", "columns": {key: f"c{at}" for at, key in enumerate(KEYS)}},
    ),
    "stream": Layout(lambda nodes: Stream(map_table(nodes))),
    "reader": Layout(lambda nodes: map_table(nodes).to_reader()),
    "Parquet, maps": Layout(lambda nodes: to_parquet(map_table(nodes))),
    "Parquet, columns": wide(lambda nodes: to_parquet(column_table(nodes))),
    "Parquet, large strings": wide(
        lambda nodes: to_parquet(with_columns(pa.large_string())(nodes))
    ),
    "Parquet, not encoded": wide(
        lambda nodes: to_parquet(column_table(nodes), use_dictionary=False)
    ),
    "Parquet, row groups": wide(lambda nodes: to_parquet(column_table(nodes), row_group_size=500)),
    "Parquet, lists, row groups": Layout(
        lambda nodes: to_parquet(with_labels(pairs)(nodes), row_group_size=500)
    ),
    "Parquet, structs, row groups": Layout(
        lambda nodes: to_parquet(with_labels(structs)(nodes), row_group_size=500)
    ),
    "Parquet, zstd": Layout(lambda nodes: to_parquet(map_table(nodes), compression="zstd")),
}
"""Every layout, by what it is."""
