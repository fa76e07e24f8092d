"""Arrow data that is not of nodes, or is damaged, is rejected as a whole, with row and column."""

import io
import random
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from nodeselect import ChangeLog, Inventory, InventoryError, Node, Placement, Selector
from nodeselect.inventory.compare import compare_inventories
from nodeselect.readers.reader import NodeReader

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
from tests.short import refused, short
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


def amounts(*pairs: tuple[Any, Any], key: Any = TEXT, value: Any = None) -> Any:
    """Return three nodes that have these amounts of resources."""
    return labelled(NO_LABELS, resources=pa.array([pairs] * 3, pa.map_(key, value or pa.int64())))


NO_LABELS: Any = pa.nulls(3)

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
        lambda: pa.table({"id": IDS, "gpu": [True] * 3})[:0], {"columns": {"x": "gpu"}},
        "label-not-text", "the column 'gpu'",
    ),
    "labels are encoded numbers": (
        lambda: pa.table({"id": IDS, "x": pa.array([1, 2, 1]).dictionary_encode()}),
        {"columns": {"x": "x"}}, "label-not-text",
        "the column 'x' must be of strings, not of int64",
    ),
    "two columns that are not read": (
        lambda: pa.table([IDS, [1, 2, 3], [1, 2, 3]], ["id", "x", "x"]), {}, "duplicate-key",
        "2 columns have the name 'x'",
    ),
    "taints are texts": (
        lambda: labelled(NO_LABELS, taints=[["gpu:NoSchedule"]] * 3), {}, "wrong-type",
        ("the column 'taints' must have taints, not list<item: string>\n"
        "  store them as a list of structs with the strings 'key', 'value' and 'effect'"),
    ),
    "taints without effects": (
        lambda: labelled(NO_LABELS, x=[[{"key": "gpu"}]] * 3), {"taints": "x"}, "wrong-type",
        "the column 'x' must have taints, not list<item: struct<key: string>>",
    ),
    "the key of a taint is a number": (
        lambda: labelled(NO_LABELS, taints=[[{"key": 1, "effect": "NoSchedule"}]] * 3), {},
        "wrong-type", "the column 'taints.key' must be of strings, not of int64",
    ),
    "the effect of a taint is unknown": (
        lambda: labelled(NO_LABELS, taints=[None, [], [{"key": "k", "effect": "No"}]]), {},
        "invalid-taint", "row 3, column 'taints': unknown effect 'No'\n  the effects are",
    ),
    "the effect of a taint is NULL": (
        lambda: labelled(NO_LABELS, taints=[[{"key": "k", "effect": None}], [], [
            {"key": "k", "effect": "NoExecute"}]]), {},
        "wrong-type", "row 1, column 'taints': the key and the effect of a taint must be strings",
    ),
    "amounts are texts": (
        lambda: amounts(("cpu", "2"), value=TEXT), {}, "wrong-type",
        ("the column 'resources' must have amounts, not map<string, string>\n"
        "  store them as a map from strings to integers: millicores of cpu, bytes or pieces"),
    ),
    "names of resources are numbers": (
        lambda: amounts((1, 1), key=pa.int8()), {}, "wrong-type",
        "the column 'resources.key' must be of strings, not of int8",
    ),
    "an amount is negative": (
        lambda: amounts(("cpu", -1)), {}, "invalid-quantity",
        "row 1, column 'resources': an amount must be from 0 to 9223372036854775807",
    ),
    "an amount is too large": (
        lambda: amounts(("cpu", 2**63), value=pa.uint64()), {}, "invalid-quantity",
        "row 1, column 'resources': an amount must be from 0",
    ),
    "an amount is NULL": (
        lambda: amounts(("cpu", None)), {}, "wrong-type",
        "row 1, column 'resources': an amount of a resource must be an integer, not NULL",
    ),
    "a resource has two amounts": (
        lambda: amounts(("a", 1), ("a", 2)), {}, "duplicate-key",
        "row 1, column 'resources': a resource has two amounts",
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


NOT_TEXTS = {
    "columns": pa.table({"id": IDS, "env": ["a", "b", None], "cpu": [1, 2, 3], "x": [[1]] * 3}),
    "a struct": labelled([{"env": "a", "cpu": 1, "x": [1]}, {"env": "b", "cpu": 1}, {"cpu": 1}]),
    "views": pa.table({"id": IDS, "env": ["a", "b", None], "cpu": [1, 2, 3], "taints": [1, 2, 3],
                       "x": pa.array([{"a": 1}] * 3)}),
}  # fmt: skip


def asking(inventory: Inventory, file: Path) -> Iterator[Callable[[], Any]]:
    """Yield whatever needs the label ``cpu``."""
    either, only = Selector.parse("env=a") | Selector.parse("!cpu"), Selector.parse("cpu>1,env")
    for asked in (either, only, Placement(only)):
        snapshot = inventory.snapshot()
        for method in (inventory.match, snapshot.explain, inventory.failure_counts):
            yield partial(method, asked)
        yield partial(inventory.explain_node, asked, "n-1")
    yield lambda: inventory.match(Selector.everything()).value_counts("cpu")
    yield lambda: inventory.save(file)
    yield inventory.to_arrow
    nothing, everything = Inventory([]), Selector.everything()
    for first, second in ((inventory, nothing), (nothing, inventory.snapshot())):
        yield partial(first.changes_since, second)
        yield partial(compare_inventories, first, second, everything)


@pytest.mark.parametrize("table", NOT_TEXTS.values(), ids=NOT_TEXTS)
def test_columns_that_are_not_read(table: Any, tmp_path: Path) -> None:
    """A column without texts is an error for whoever asks for its label, and for nobody else."""
    for source in (table, to_parquet(table)):
        inventory = Inventory.read(source)
        for node_id in ("n-4", "n-5"):
            assert inventory.match(Selector.parse("env=a")).ids() == ["n-1"]
            assert inventory.match(Selector.parse("!env")).ids()[:1] == ["n-3"]
            for ask in asking(inventory, tmp_path / "fleet"):
                with refused("label-not-text", "the column 'cpu' must be of strings, not of int64"):
                    ask()
            # By itself, a node has the labels that were read, as docs/nodes.md says.
            assert Selector.parse("!cpu").matches(inventory["n-1"].labels)
            before = inventory.snapshot()
            inventory.upsert(Node(node_id))
            inventory.compact()
            assert [each.id for each in inventory.changes_since(before)] == [node_id]
            difference = compare_inventories(before, inventory, Selector.everything())
            assert "the column 'cpu' without texts" in difference.not_considered
    with ChangeLog(tmp_path / "log") as log, refused("label-not-text", "the column 'cpu' must"):
        Inventory.read(table, log=log)
    for text, found in (("env=a", ["n-1"]), ("!x", None)):
        reader = NodeReader(to_parquet(table), selector=Selector.parse(text))
        with nullcontext() if found else refused("label-not-text", "the column 'x' must"):
            assert [node.id for node in reader] == found
        assert {*reader.unread} >= {"cpu", "x"}


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
