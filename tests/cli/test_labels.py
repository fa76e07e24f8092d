"""``nodeselect labels``: counts of labels."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Inventory, Node, Selector
from nodeselect.inventory.facets import count_labels
from tests.cli.running import Run, run_process, unprintable
from tests.cli.screens import check_fit, check_screen

EXAMPLE = str(Path(__file__).parents[2] / "docs" / "example" / "fleet.json")

HOSTILE = [
    {"id": "n-1", "state": "connected", "labels": {"a": "\x1b[31mred\x1b[0m", "b|`c`": "x|`y`"}},
    {"id": "n-2", "labels": {"a": "x" * 5_000, "k" * 5_000: "", "b|`c`": "<script>"}},
    {
        "id": "n-3",
        "labels": {"a": "\u202egnp.exe", "\u202ekey": "日本語" * 30, "two\nlines": "\r\n"},
    },
    {"id": "n-4", "labels": {"a": "", "\x00": "(no such label)", "b|`c`": "`"}},
]
"""Labels that could break a line, a table or a screen."""


@pytest.mark.parametrize(
    ("name", "columns", "options"),
    [
        pytest.param("labels-wide", "120", [], id="wide"),
        pytest.param("labels-80", "80", [], id="80-columns"),
        pytest.param("labels-narrow", "44", [], id="narrow"),
        pytest.param("labels-ascii", "80", ["--ascii"], id="ascii"),
        pytest.param("labels-selector", "80", ["-l", "gpu"], id="selector"),
        pytest.param("labels-key", "80", ["region"], id="key"),
        pytest.param("labels-key-narrow", "44", ["--ascii", "gpu"], id="key-narrow"),
        pytest.param("labels-markdown", "80", ["-o", "markdown", "-l", "gpu"], id="markdown"),
        pytest.param("labels-key-markdown", "80", ["-o", "markdown", "gpu"], id="key-markdown"),
    ],
)
def test_screens(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, columns: str, options: list[str]
) -> None:
    """Whole reports; no line is wider than the screen."""
    monkeypatch.setenv("COLUMNS", columns)
    result = run("labels", "-n", EXAMPLE, *options)
    assert (result.status, result.err) == (0, "")
    check_screen(name, result.out)
    check_fit(result.out, columns, options)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        pytest.param("labels-hostile", [], id="text"),
        pytest.param("labels-hostile-markdown", ["-o", "markdown"], id="markdown"),
        pytest.param("labels-hostile-key", ["a"], id="key"),
        pytest.param("labels-hostile-key-markdown", ["-o", "markdown", "b|`c`"], id="key-markdown"),
    ],
)
def test_hostile_labels(run: Run, name: str, options: list[str]) -> None:
    """Control characters and pipes are escaped; long texts are truncated."""
    result = run("labels", "-n", "-", *options, stdin=json.dumps(HOSTILE))
    assert (result.status, result.err) == (0, "")
    check_screen(name, result.out)
    assert not unprintable(result.out)


def test_json(run: Run) -> None:
    """JSON has texts in full, in ASCII."""
    result = run("labels", "-n", "-", "-o", "json", stdin=json.dumps(HOSTILE))
    assert (result.status, result.err) == (0, "")
    assert result.out.isascii()
    assert not unprintable(result.out)
    assert json.loads(result.out) == {
        "version": 1,
        "total": 4,
        "nodes": 4,
        "connected": 1,
        "keys": [
            {
                "key": "a",
                "nodes": 4,
                "distinct": 4,
                "values": [
                    {"value": value, "nodes": 1}
                    for value in ("", "\x1b[31mred\x1b[0m", "x" * 5_000, "\u202egnp.exe")
                ],
            },
            {
                "key": "b|`c`",
                "nodes": 3,
                "distinct": 3,
                "values": [{"value": value, "nodes": 1} for value in ("<script>", "`", "x|`y`")],
            },
            *(
                {"key": key, "nodes": 1, "distinct": 1, "values": [{"value": value, "nodes": 1}]}
                for key, value in (
                    ("\x00", "(no such label)"),
                    ("k" * 5_000, ""),
                    ("two\nlines", "\r\n"),
                    ("\u202ekey", "日本語" * 30),
                )
            ),
        ],
    }


def test_json_of_a_key_has_all_its_values(run: Run) -> None:
    """JSON has five values of each key, or all values of one key."""
    nodes = json.dumps([{"id": f"n-{n}", "labels": {"a": f"{n:02}"}} for n in range(12)])
    every = json.loads(run("labels", "-n", "-", "-o", "json", stdin=nodes).out)
    one = json.loads(run("labels", "-n", "-", "-o", "json", "a", stdin=nodes).out)
    assert every["keys"][0] | {"values": []} == one["keys"][0] | {"values": []}
    assert every["keys"][0]["values"] == one["keys"][0]["values"][:5]
    assert [each["value"] for each in one["keys"][0]["values"]] == [f"{n:02}" for n in range(12)]


def test_order(run: Run) -> None:
    """Equally frequent keys and values are sorted, whatever the order of the nodes."""
    nodes = [
        {"id": f"n-{n}", "labels": labels} for n, labels in enumerate([{"b": "2"}, {"a": "1"}])
    ]
    more = [{"id": "n-8", "labels": {"b": "1"}}, {"id": "n-9", "labels": {"a": "2"}}]
    answers = {
        run("labels", "-n", "-", stdin=json.dumps(some)).out
        for some in (nodes + more, more + nodes, [*reversed(nodes), *more])
    }
    assert len(answers) == 1


def test_hostile_key(run: Run, fleet: str) -> None:
    """A key that no node has is escaped in the message."""
    message = "4 nodes, 2 of them connected; 3 label keys; no node has the label '\\x1b[2J'\n"
    assert run("labels", "-n", fleet, "\x1b[2J") == (1, "", message)


def test_wrong_nodes(run: Run) -> None:
    """An invalid inventory is an error."""
    result = run("labels", "-n", "-", stdin='[{"id": "n-1", "labels": {"a": 1}}]')
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("error[label-not-text]: standard input: [0].labels.a: ")


def test_an_encoding_without_blocks() -> None:
    """If the encoding has no blocks, bars are ASCII."""
    result = run_process("labels", "-n", EXAMPLE, PYTHONIOENCODING="ascii")
    check_screen("labels-ascii", result.out)


@pytest.mark.parametrize("text", ["x", "!x", "y=a", "x in (a,b),!z"])
@given(labels=st.lists(st.dictionaries(st.sampled_from("xyz"), st.sampled_from("ab"))))
def test_counts_of_a_node_set(labels: list[dict[str, str]], text: str) -> None:
    """The counts agree with a loop over all nodes."""
    selector = Selector.parse(text)
    taken = [each for each in labels if selector.matches(each)]
    inventory = Inventory(Node(f"n-{n}", each) for n, each in enumerate(labels))
    facets = count_labels(inventory.match(selector))
    assert facets.nodes == len(taken)
    assert {each.key: dict(each.values) for each in facets.keys} == {
        key: Counter(each[key] for each in taken if key in each)
        for key in {key for each in taken for key in each}
    }
    assert all(each.nodes == sum(n for _, n in each.values) for each in facets.keys)
