"""Arrow data that is not of nodes, or is damaged, is rejected as a whole, with row and column."""

import io
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from nodeselect import Inventory, InventoryError, Node

pytest.importorskip("pyarrow")

import pyarrow as pa

from tests.readers.arrow_layouts import (
    PAIRS,
    TEXT,
    Stream,
    column_table,
    map_table,
    random_nodes,
    to_parquet,
)
from tests.short import short
from tests.thoroughness import at_desk

MAP = pa.map_(TEXT, TEXT)
IDS = ["n-1", "n-2", "n-3"]


def labelled(labels: Any, **others: Any) -> Any:
    """Return a table of three nodes with these labels."""
    return pa.table({"id": IDS, "labels": labels, **others})


def twice(names: list[str]) -> Any:
    """Return a table in which columns may have the same name."""
    return pa.table([pa.array(IDS)] * len(names), names)


def entries(key: str | None, value: str | None, key_type: Any = TEXT) -> Any:
    """Return maps of which the second has this entry, though a map cannot have a NULL key."""
    keys, values = pa.array(["a", "a", key], key_type), pa.array(["1", "2", value], TEXT)
    return pa.MapArray.from_arrays(pa.array([0, 1, 3, 3], pa.int32()), keys, values)


# What is rejected: the data, its options, the code of the error, and what its text begins with.
REFUSED: dict[str, tuple[Callable[[], Any], dict[str, Any], str, str]] = {
    "no id column": (
        lambda: pa.table({"host": IDS, "gpu": IDS}), {}, "no-id-column",
        ("the table has no column 'id', only 'host' and 'gpu'\n"
        "  choose the column that has the ids: --id-column NAME, or id='NAME' in Python"),
    ),
    "no column at all": (
        lambda: pa.table({}), {}, "no-id-column", "the table has no column 'id'\n",
    ),
    "no such column": (
        lambda: pa.table({"id": IDS}), {"columns": {"gpu": "g"}}, "no-column",
        "the table has no column 'g', only 'id'\n  choose a column of the table",
    ),
    "two id columns": (
        lambda: twice(["id", "id"]), {}, "duplicate-key",
        "2 columns have the name 'id'\n  rename all but one",
    ),
    "two label columns": (
        lambda: twice(["id", "a\x1b", "a\x1b"]), {}, "duplicate-key",
        "2 columns have the name 'a\\x1b'",
    ),
    "column without a name": (
        lambda: twice(["id", ""]), {}, "no-column-name",
        "a column has no name\n  give it one: the name becomes the label key",
    ),
    "column Labels": (
        lambda: pa.table({"id": IDS, "Labels": pa.array([None] * 3, MAP)}), {}, "unknown-field",
        ("the column 'Labels' may be meant as 'labels'\n"
        "  rename it to 'labels' if it has all labels, or else to another name"),
    ),
    "id is NULL": (
        lambda: pa.table({"id": ["n-1", None]}), {}, "no-id",
        "row 2, column 'id': the node has no id",
    ),
    "all ids are NULL": (lambda: pa.table({"id": pa.nulls(2)}), {}, "no-id", "row 1, column 'id':"),
    "id is empty": (
        lambda: pa.table({"x": ["n-1", "n-2", ""]}), {"id": "x"}, "empty-id", "row 3, column 'x':",
    ),
    "id is unprintable": (
        lambda: pa.table({"id": ["n-1", "a\x1b"]}), {}, "unprintable-id", "row 2, column 'id':",
    ),
    "id twice": (
        lambda: pa.table({"id": [*IDS, "n-2"]}), {}, "duplicate-id",
        "two nodes have the id 'n-2': nodes 2 and 4",
    ),
    "ids are numbers": (
        lambda: pa.table({"id": [1, 2]}), {}, "id-not-text",
        ("the column 'id' must be of strings, not of int64\n"
        "  cast it to strings, or leave it out"),
    ),
    "label is a boolean, no row": (
        lambda: pa.table({"id": IDS, "gpu": [True] * 3})[:0], {}, "label-not-text",
        "the column 'gpu'",
    ),
    "labels are encoded numbers": (
        lambda: pa.table({"id": IDS, "x": pa.array([1, 2, 1]).dictionary_encode()}), {},
        "label-not-text", "the column 'x' must be of strings, not of int64",
    ),
    "state is a number": (
        lambda: pa.table({"id": IDS, "state": [1, 2, 3]}), {}, "wrong-type", "the column 'state'",
    ),
    "name is a number": (
        lambda: labelled(entries("gpu", "t4"), name=[1, 2, 3]), {}, "wrong-type",
        "the column 'name'",
    ),
    "labels are JSON": (
        lambda: labelled(["{}"] * 3), {}, "wrong-type",
        ("the column 'labels' must have labels, not string\n"
        "  store the labels of a node as a map of strings, as a list of structs with the strings"
        " 'key' and 'value', or as a struct of strings"),
    ),
    "labels are lists of other structs": (
        lambda: labelled([[{"name": "a", "value": "b"}]] * 3), {}, "wrong-type",
        "the column 'labels' must have labels, not list<item: struct<name: string, value: string>>",
    ),
    "map of numbers": (
        lambda: labelled(pa.array([[("a", 1)]] * 3, pa.map_(TEXT, pa.int8()))), {},
        "label-not-text", "the column 'labels.value' must be of strings, not of int8",
    ),
    "struct of numbers": (
        lambda: labelled([{"a": "b", "cpu": 1}] * 3), {}, "label-not-text",
        "the column 'labels.cpu'",
    ),
    "value is NULL": (
        lambda: labelled(entries("gpu", None)), {}, "label-not-text",
        ("row 2, column 'labels': the value of a label must be a string, not NULL\n"
        "  write a string, or remove the label"),
    ),
    "key is NULL": (
        lambda: labelled(pa.array([[], [], [{"key": None, "value": "1"}]], pa.list_(PAIRS))), {},
        "label-not-text", "row 3, column 'labels': the key of a label",
    ),
    "entry is NULL": (
        lambda: labelled(pa.array([[None], [], []], pa.list_(PAIRS))), {},
        "label-not-text", "row 1, column 'labels': the key of a label",
    ),
    "entry is NULL, without a type": (
        lambda: labelled([[], [None], None]), {}, "label-not-text", "row 2, column 'labels':",
    ),
    "key twice in a map": (
        lambda: labelled(entries("a", "2")), {}, "duplicate-key",
        "row 2, column 'labels': duplicate label 'a'",
    ),
    "key twice in the only map that has any": (
        lambda: pa.concat_tables([
            pa.table({"id": [f"x-{at}" for at in range(97)], "labels": pa.array([[]] * 97, MAP)}),
            labelled(entries("a", "2")),
        ]), {}, "duplicate-key", "row 99, column 'labels': duplicate label 'a'",
    ),
    "key in a map and a column": (
        lambda: labelled(entries("gpu", "t4"), gpu=[None, "t4", None]), {}, "duplicate-key",
        "row 2, column 'labels': duplicate label 'gpu'",
    ),
    "key in a struct and a column": (
        lambda: labelled([{"gpu": "t4"}] * 3, gpu=IDS), {}, "duplicate-key",
        "2 columns have the label 'gpu'\n  rename or remove all but one",
    ),
    "too many labels in a map": (
        lambda: labelled(pa.array([[], [], [(f"k{at}", "") for at in range(257)]], MAP)), {},
        "too-many-labels", "row 3, column 'labels':",
    ),
    "too many columns": (
        lambda: pa.table({"id": IDS} | {f"k{at}": [None, "", None] for at in range(257)}), {},
        "too-many-labels", "row 2:",
    ),
    "too much text": (
        lambda: pa.table({"id": IDS, "k": ["", "\U0001f600" * 16_384, ""]}), {}, "labels-too-large",
        "row 2: the labels of a node can have at most 65,536 bytes",
    ),
    "not UTF-8": (
        lambda: pa.table({"id": IDS, "k": pa.array([b"\xff"] * 3).view(TEXT)}), {}, "not-arrow",
        "Arrow data cannot be read: In column 1: Invalid: Invalid UTF8 sequence at string index 0",
    ),
    "another file": (
        lambda: io.BytesIO(b'[{"id": "n-1"}]'), {}, "not-arrow",
        "this is not a Parquet file\n  read files in other formats with Inventory.read",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("make", "options", "code", "text"), REFUSED.values(), ids=REFUSED)
def test_refused(make: Callable[[], Any], options: dict[str, Any], code: str, text: str) -> None:
    """Each is rejected with its code, row and column, and what to do."""
    with pytest.raises(InventoryError) as caught:
        Inventory.from_arrow(make(), **options)
    assert caught.value.code == code
    assert short(caught.value).startswith(f"input: {text}")


def test_the_most_that_is_allowed() -> None:
    """A node may have as many labels, and as much text, as the limits say."""
    many = {f"k{at}": [""] for at in range(256)}
    (node,) = Inventory.from_arrow(pa.table({"id": ["n-1"], **many}))
    assert len(node.labels) == 256
    (node,) = Inventory.from_arrow(pa.table({"id": ["n-1"], "k": ["x" * 65_535]}))
    assert len(node.labels["k"]) == 65_535


class LazyFrame:
    """Stands for that of Polars."""

    def collect(self) -> None:
        """Return a data frame."""


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        pytest.param([{"id": "n-1"}], {}, "expected a path, an open file, or an object", id="list"),
        pytest.param(None, {}, "not NoneType", id="none"),
        pytest.param(LazyFrame(), {}, r"not LazyFrame: call its method collect\(\)", id="lazy"),
        pytest.param(pa.table({"id": IDS}), {"columns": ["id"]}, "columns must be", id="columns"),
        pytest.param(pa.table({"id": IDS}), {"id": 3}, "a column must be a string", id="id"),
        pytest.param(pa.table({"id": IDS}), {"columns": {"a": 1}}, "a column must", id="column"),
    ],
)
def test_wrong_arguments(data: Any, options: dict[str, Any], message: str) -> None:
    """An argument of the wrong type raises a ``TypeError``."""
    with pytest.raises(TypeError, match=message):
        Inventory.from_arrow(data, **options)


def test_files_that_cannot_be_read(tmp_path: Any) -> None:
    """The error names the file; one inside the file has its name before the row."""
    missing = tmp_path / "missing"
    with pytest.raises(InventoryError) as caught:
        Inventory.from_arrow(missing)
    assert short(caught.value) == f"cannot read '{missing}': No such file or directory"
    path = tmp_path / "a.parquet"
    path.write_bytes(to_parquet(pa.table({"id": ["n-1", None]})).getvalue())
    for read in (Inventory.from_arrow, Inventory.read):
        with pytest.raises(InventoryError) as caught:
            read(path)
        assert short(caught.value) == f"{path}: row 2, column 'id': the node has no id"


NODES = random_nodes(40)
FILES = {
    "Parquet, maps": lambda: to_parquet(map_table(NODES), write_page_checksum=True),
    "Parquet, columns": lambda: to_parquet(column_table(NODES)),
}


@pytest.mark.parametrize("make", FILES.values(), ids=FILES)
def test_cut_off(make: Callable[[], io.BytesIO]) -> None:
    """A file that is cut off anywhere is rejected."""
    data = make().getvalue()
    for end in range(1, len(data), 11):
        with pytest.raises(InventoryError):
            Inventory.read(io.BytesIO(data[:end]))


def test_failing_stream() -> None:
    """An error of a stream of another library is an ``InventoryError``."""

    def batches() -> Iterator[Any]:
        yield pa.record_batch([["n-1"]], ["id"])
        raise ValueError("the connection was lost\x1b" + "!" * 999)

    stream = pa.RecordBatchReader.from_batches(pa.schema([("id", TEXT)]), batches())
    with pytest.raises(InventoryError, match=r"the connection was lost\\x1b!{1,200}…"):
        Inventory.from_arrow(Stream(stream))


@pytest.mark.parametrize("make", FILES.values(), ids=FILES)
def test_damaged(make: Callable[[], io.BytesIO]) -> None:
    """Damage is an ``InventoryError`` or unnoticed, and never another exception."""
    original, draw = make().getvalue(), random.Random(1)
    messages: list[str] = []
    for _ in range(150):
        data = bytearray(original)
        for _ in range(draw.choice((1, 1, 4))):
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        try:
            nodes = list(Inventory.read(io.BytesIO(data)))
        except InventoryError as error:
            messages.append(short(error))
        else:
            assert all(type(node) is Node for node in nodes)
    assert messages
    assert "".join(messages).replace("\n", "").isprintable()


def test_page_checksums() -> None:
    """A page whose checksum is wrong is rejected, even if pyarrow can read it."""
    table = pa.table({"id": IDS, "region": ["eu", "us", "eu"]})
    options = {"compression": "none", "use_dictionary": False, "write_statistics": False}
    data = to_parquet(table, write_page_checksum=True, **options).getvalue()
    with pytest.raises(InventoryError, match="CRC checksum"):
        Inventory.from_arrow(io.BytesIO(data.replace(b"us", b"as")))


@pytest.mark.parametrize("table", [map_table(NODES), pa.table({"id": IDS, "x": IDS})])
def test_damaged_metadata_of_parquet(table: Any) -> None:
    """Damage of metadata, which have no checksum, never results in fewer nodes."""
    options = {"write_statistics": False, "store_schema": False, "write_page_checksum": True}
    original = to_parquet(table, row_group_size=len(table) // 2 + 1, **options).getvalue()
    start = len(original) - 8 - int.from_bytes(original[-8:-4], "little")
    errors = 0
    for bit in range(start * 8, len(original) * 8, at_desk(5, ci=1) * (1 if len(table) < 9 else 3)):
        data = bytearray(original)
        data[bit // 8] ^= 1 << bit % 8
        try:
            count = len(Inventory.from_arrow(io.BytesIO(data)))
        except InventoryError:
            errors += 1
        else:
            assert count == len(table)
    assert errors


def test_parquet_of_too_many_rows() -> None:
    """A small file that claims millions of rows is rejected before they are read."""
    ids = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000_000, pa.int8()), ["n-1"])
    file = to_parquet(pa.table({"id": ids}))
    assert len(file.getvalue()) < 10_000
    with pytest.raises(InventoryError, match=r"more than 100 nodes for each byte") as caught:
        Inventory.from_arrow(file)
    assert caught.value.code == "document-too-large"
    with pytest.raises(InventoryError, match="two nodes have the id 'n-1'"):  # any may be as long
        Inventory.from_arrow(to_parquet(pa.table({"id": ids[:100_000]})))
