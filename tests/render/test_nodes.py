"""Nodes as JSON are read as the same nodes; CSV says what it leaves out."""

import io
from collections.abc import Iterable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nodeselect import Inventory, Node, Taint
from nodeselect.render.nodes import csv_lines, node_lines
from nodeselect.render.screen import Screen
from nodeselect.text import display_width
from tests.property.strategies import facts, fleets
from tests.thoroughness import at_desk

# Texts that a table could mean otherwise, and few that it must escape.
NAMES = ("a", "id", "name", "state", "State", "type", "approval", "status", "label", "labels")
TEXTS = st.sampled_from((*NAMES, "not-ready,cordoned", "-5", "+0.5", 'a "b", c', "é", "b64", "YQ"))
NODES = st.builds(
    lambda at, labels, name, state, known: Node(f"n, {at}", labels, name, state, **known),
    st.integers(0, 5),
    st.dictionaries(TEXTS, TEXTS | st.text() | st.sampled_from(("", " eu ", "a,b")), max_size=3),
    st.none() | TEXTS,
    st.none() | TEXTS,
    st.just({}) | facts().filter(lambda known: "ud800" not in str(known)),  # JSON refuses it
)


@settings(max_examples=at_desk(60, ci=300))
@given(fleets(NODES, 1, 3), st.sampled_from(["json", "ndjson", "csv"]))
@example([Node("n-1", dict.fromkeys(NAMES, "a"))], "csv")
def test_round_trip(nodes: list[Node], output: str) -> None:
    """What is read again is the same, unknown facts included; CSV may say why it is not."""
    lines: Iterable[str]
    if output == "csv":
        nodes = [node.replace(taints=None, resources=None) for node in nodes]
        try:
            lines, reason = csv_lines(nodes)
        except ValueError:  # it cannot hold a label
            reason = "refused"
        if reason is not None:
            return
    else:
        lines = node_lines(nodes, output)
    text = "\n".join(lines)
    assert output == "csv" or text.isascii()
    assert list(Inventory.read(io.StringIO(text))) == nodes


def test_names_are_truncated_rather_than_ids() -> None:
    """If the columns do not fit, the names take the room that is left."""
    nodes = [Node(f"node-{at}" * 3, name="a-long-name-of-a-node" * 2) for at in range(2)]
    lines = list(node_lines(nodes, "table", screen=Screen(50)))
    assert [line.split()[0] for line in lines[1:]] == [node.id for node in nodes]
    assert max(map(len, lines)) == 50
    assert all("…" in line for line in lines[1:])
    assert "…" not in "".join(node_lines(nodes, "table"))


@pytest.mark.parametrize("header", [True, False])
def test_labels_fit_the_screen(header: bool) -> None:
    """They are beside the other columns, or below them, in lines that end after a label."""
    labels = {f"example.com/key-{at}": f"value/{at}" for at in range(6)}
    nodes = [Node(f"node-{at}", labels, state="ready") for at in range(2)]
    (first, *_) = list(node_lines(nodes, "wide", header=False))
    pairs = first.split()[-1]
    for columns, is_beside in ((50, False), (70, True), (200, True)):
        screen = Screen(columns)
        lines = list(node_lines(nodes, "wide", header=header, screen=screen))
        assert all(len(line) <= columns for line in lines)
        assert all(line.endswith((",", "ready", "LABELS", "STATE", "value/5")) for line in lines)
        assert "".join(lines).replace(" ", "").count(pairs) == 2
        assert (f"ready   {pairs[:10]}" in "\n".join(lines)) is is_beside
        assert lines[0].startswith("ID") is header
    everything = "\n".join(node_lines(nodes, "wide", header=header))
    assert "\n".join(node_lines(nodes, "wide", header=header, screen=Screen(900))) == everything


def test_quantities() -> None:
    """Amounts are quantities, and an empty value is left out."""
    node = Node(
        "n-1",
        taints=[Taint("a", "NoExecute"), Taint("b", "NoSchedule", "c")],
        resources={"cpu": 3920, "memory": 15 * 2**30, "pods": 110},
    )
    (line,) = node_lines([node], "ndjson")
    assert line == (
        '{"id": "n-1", "labels": {}, "taints": [{"key": "a", "effect": "NoExecute"}, {"key": "b",'
        ' "effect": "NoSchedule", "value": "c"}], "resources": {"cpu": "3920m", "memory": "15Gi",'
        ' "pods": "110"}}'
    )


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        (Node("n-1"), None),
        (Node("n-1", taints=()), "taints and resources are left out"),
        (Node("n-1", resources={}), "taints and resources are left out"),
        (Node("n-1", name=""), "an empty name or state is left out"),
        (Node("n-1", state=""), "an empty name or state is left out"),
    ],
)
def test_csv(node: Node, reason: str | None) -> None:
    """CSV has no taints, no resources and no empty names; it says so only if there are some."""
    assert csv_lines([node])[1] == reason
    labels = {"taints": "a:NoSchedule", "resources": "cpu=4"}
    lines, _ = csv_lines([Node("n-1", labels)])
    assert list(Inventory.read(io.StringIO("\n".join(lines)))) == [Node("n-1", labels)]


@pytest.mark.parametrize("output", ["table", "wide"])
@pytest.mark.parametrize("columns", [60, 80, 300])
def test_columns_of_labels_fit_the_screen(output: str, columns: int) -> None:
    """Values and keys of labels are truncated so that a line fits; ids and short values are not."""
    labels = {"a": "日本語" * 20, "topology.kubernetes.io/region": "👍" * 30, "c": "eu"}
    nodes = [Node("node-1.example", labels=labels), Node("node-2.example")]
    lines = list(node_lines(nodes, output, keys=[*labels], screen=Screen(columns)))
    assert max(map(display_width, lines)) <= columns
    first, second = (line.split() for line in lines if line.startswith("node-"))
    at = 2 if output == "table" else 3
    assert (first[0], first[at + 2], second[0], second[at + 2]) == (
        "node-1.example", "eu", "node-2.example", "<none>",
    )  # fmt: skip
    assert ["…" in value for value in first[at : at + 2]] == [columns < 300] * 2
