"""The text of explanations: tables, wrapping, truncation."""

import pytest

from nodeselect import Inventory, Node, Selector
from nodeselect.render.explanation import explanation_lines
from nodeselect.render.screen import Screen

NODES = [
    Node("n-1", {"region": "eu", "tier": "gold"}, state="connected"),
    Node("n-2", {"region": "eu", "debug": ""}, state="lost"),
    Node("n-3", {"region": "us"}),
]

LONG = "topology.example.com/area in (eu-central-1,eu-central-2,eu-central-3)"


def text_of(selector: str, nodes: list[Node], columns: int = 100, examples: int = 3) -> str:
    explanation = Inventory(nodes).explain(Selector.parse(selector), examples=examples)
    return "\n".join(explanation_lines("text", "", explanation, Screen(columns)))


def test_a_long_requirement() -> None:
    """It is whole if there is room, and truncated in a table if not."""
    assert f"\n{LONG}     3          1          0\n" in text_of(f"{LONG},tier=gold", NODES, 200)
    text = text_of(f"{LONG},tier=gold", NODES, 50)
    assert "\ntopology.ex…central-3)     3          1          0\n" in text
    assert "\n  2 fail both topology.example.com/area in\n" in text


def test_nearest_nodes() -> None:
    """The nodes that fail the fewest are listed if no group above shows them."""
    nodes = [
        Node(f"n-{at}", {f"k{bit}": "" for bit in range(4) if at >> bit & 1}) for at in range(15)
    ]
    nodes += [Node(f"m-{at}", node.labels) for at, node in enumerate(nodes) if at < 11]
    assert (
        "\n\nNEAREST\n  n-7: fails only k3\n  n-11: fails only k2\n  n-13: fails only k1\n"
        "  n-14: fails only k0\n  m-7: fails only k3"
    ) in text_of("k0,k1,k2,k3", nodes)
    assert "NEAREST" not in text_of("k0,k1,k2,k3", nodes[:4])


def test_no_examples() -> None:
    assert "n-1" not in text_of("tier=gold,debug", NODES, examples=0)


def test_twelve_requirements_of_a_group_are_named() -> None:
    keys = [f"k{at:02d}" for at in range(14)]
    nodes = [
        Node("n-1", dict.fromkeys(keys[4:], "")),
        Node("n-2", dict.fromkeys([*keys[3:4], *keys[5:]], "")),
        Node("n-3", dict.fromkeys(keys[13:], "")),
    ]
    text = text_of(",".join(keys), nodes, 200)
    assert "1 fails k00, k01, k02 and k03: n-1" in text
    assert "1 fails k00, k01, k02 and k04: n-2" in text
    assert "k00, k01, k02, k03, k04, k05, k06, k07, k08, k09, k10, k11 and 1 more" in text


@pytest.mark.parametrize("columns", [80, 200])
def test_long_ids_are_whole(columns: int) -> None:
    ids = [f"ip-10-0-60-{at}.eu-central-1.compute.internal.example.company.com" for at in range(3)]
    nodes = [Node(node_id, name=f"node-{at}") for at, node_id in enumerate(ids)]
    shown = text_of("gpu", nodes, columns)
    assert all(node_id in shown for node_id in ids)
    explanation = Inventory(nodes).explain(Selector.of(match_ids=["node-1", "no-such-node"]))
    for output in ("text", "markdown"):
        lines = explanation_lines(output, "", explanation, Screen(columns))
        assert ids[1] in "\n".join(lines)
