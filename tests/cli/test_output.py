"""``nodeselect match``: the output formats."""

import csv
import io

import pytest

from nodeselect import Inventory, InventoryError, Node
from nodeselect.render.nodes import node_lines
from tests.cli.running import Run, unprintable

HOSTILE = [
    Node(
        "n-1", {"a": "x\x1b[31mred\x1b]0;title\x07", "b": "line\r\nbreak", "c": "\u202eevil\u2066"}
    ),
    Node("n-2", {"a": "\x00\x7f\x9b\x85\u2028\u200b\ufeff", "long": "v" * 5_000, "b\x1b[2J": "\t"}),
    Node(
        "n-3", {'"quoted",': 'a"b,c\n', "=1+1": "=cmd()", "+": "-1", "@x": "@y"}, "na\x1bme", "\r"
    ),
]
"""Nodes with hostile labels."""

STYLES = [
    *("-o table", "--show-labels", "-L a -L b\x1b[2J -L long", "-o wide", "-o name", "-o json"),
    *("-o ndjson", "-o csv", "-o csv -L b\x1b[2J -L a"),
]


def as_lines(nodes: list[Node]) -> str:
    return "\n".join(node_lines(nodes, "ndjson"))


@pytest.mark.parametrize("style", STYLES)
def test_hostile_labels_are_escaped(run: Run, style: str) -> None:
    """Control characters and line ends in labels, names and states are escaped."""
    options = style.split(" ")
    result = run("match", "-n", "-", "--all", *options, stdin=as_lines(HOSTILE), COLUMNS="")
    assert result.status == 0
    assert not unprintable(result.out + result.err)
    assert ("v" * 5_000 in result.out) is (options[-1] not in ("table", "name", "a"))
    if options[-1] != "json":
        header = 0 if options[-1] in ("name", "ndjson") else 1
        assert len(result.out.splitlines()) == header + len(HOSTILE)


@pytest.mark.parametrize(
    "args",
    [
        pytest.param(["-l", "a\x1b[31m b"], id="selector"),
        pytest.param(["-l", "a=\u202eb"], id="reordered-selector"),
        pytest.param(["--id", "n\x1b[31m"], id="id"),
        pytest.param(["--id", "\u2066n"], id="reordered-id"),
        pytest.param(["-o", "\x1b[31m", "--all"], id="format"),
        pytest.param(["--limit", "\x1b[31m", "--all"], id="limit"),
        pytest.param(["--\x1b[31m"], id="option"),
        pytest.param(["--all", "\x1b[31m\r"], id="argument"),
        pytest.param(["--all", "-n", "no\x1b[31m\nfile"], id="file"),
        pytest.param(["--job", "no\x1b[31m\rfile"], id="job"),
        pytest.param(["--all", "--\u202ecount"], id="reordered-option"),
    ],
)
def test_hostile_arguments_are_escaped(run: Run, fleet: str, args: list[str]) -> None:
    result = run("match", "-n", fleet, *args)
    assert result.error
    assert not unprintable(result.err)


def test_csv_with_columns_keeps_names_and_states(run: Run) -> None:
    """-L chooses the labels of CSV; names and states are there in any case."""
    node = Node("n-1", {"a": "1", "b": "2", "state": "c"}, "web", "ready")
    result = run("match", "-n", "-", "--all", "-o", "csv", "-L", "a,state", stdin=as_lines([node]))
    assert result.out == "id,name,state,a,labels\nn-1,web,ready,1,state=c\n"


@pytest.mark.parametrize(
    "node", [Node("id", {"a": "b"}), Node("n-1", {"gpu": "gpu", "ssd": "ssd"})], ids=repr
)
def test_csv_that_looks_like_two_tables(run: Run, node: Node) -> None:
    """A row that would be read as another header is printed, with a message."""
    result = run("match", "-n", "-", "--all", "-o", "csv", stdin=as_lines([Node("a"), node]))
    assert "a node looks like a header; to read the nodes again, use -o ndjson\n" in result.err
    with pytest.raises(InventoryError, match="another table begins here"):
        Inventory.read(io.StringIO(result.out))


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1+1", "-a", "@SUM(A1)", "=cmd|' /C calc'!A0", "＝1+1", "＋1", "－1", "＠A"]
)
@pytest.mark.parametrize("place", ["id", "key", "value"])
def test_csv_holds_no_formula(run: Run, cell: str, place: str) -> None:
    """A cell that a spreadsheet would run as a formula is quoted."""
    node = {
        "id": Node(cell, {"a": "b"}),
        "key": Node("n", {cell: "b"}),
        "value": Node("n", {"a": cell}),
    }[place]
    result = run("match", "-n", "-", "--all", "-o", "csv", stdin=as_lines([node]))
    cells = [text for row in csv.reader(io.StringIO(result.out)) for text in row]
    assert f"'{cell}" in cells
    assert "some cells are escaped; to read the nodes again, use -o ndjson\n" in result.err
    assert not any(text.startswith(tuple("=+-@\t\r＝＋－＠")) for text in cells)


@pytest.mark.parametrize(("key", "value"), [("id", "an other"), ("a b", ""), ("state", "x;y")])
def test_csv_that_would_lose_a_label(run: Run, key: str, value: str) -> None:
    """A label that can be in no column is an error, which says which; -L can leave it out."""
    node = Node("n-1", {key: value, "a": "b"})
    result = run("match", "-n", "-", "--all", "-o", "csv", stdin=as_lines([node]))
    assert f"-o csv cannot hold the label '{key}={value}'" in result.error
    result = run("match", "-n", "-", "--all", "-o", "csv", "-L", "a", stdin=as_lines([node]))
    assert result.out == "id,a\nn-1,b\n"


@pytest.mark.parametrize("columns", [["id"], ["a", "a"]])
def test_csv_columns_are_unique(run: Run, columns: list[str]) -> None:
    options = [f"-L{column}" for column in columns]
    result = run("match", "-n", "-", "--all", "-o", "csv", *options, stdin=as_lines(HOSTILE))
    header = result.out.partition("\n")[0].split(",")
    assert len(header) == len(set(header))
