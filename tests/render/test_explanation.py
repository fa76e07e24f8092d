"""The text of explanations and audits: tables, wrapping, truncation."""

import re

import pytest

from nodeselect import Inventory, Node, Selector
from nodeselect.inventory import audit_labels
from nodeselect.render.explanation import explanation_lines
from nodeselect.render.labels import audit_lines
from nodeselect.render.screen import REPORT_FORMATS, Screen
from tests.cli.running import unprintable

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


HOSTILE = "\x1b[31m|`\u202e"


@pytest.mark.parametrize("output", REPORT_FORMATS)
def test_labels_are_escaped(output: str) -> None:
    """Keys, values and ids are shown, and never sent to the terminal."""
    usual = {f"regions-{HOSTILE}": f"west{HOSTILE}"}
    nodes = [Node(f"n-{at}", usual) for at in range(400)]
    changes = [{f"regoins-{HOSTILE}": f"west{HOSTILE}"}, {f"regions-{HOSTILE}": f"West{HOSTILE}"}]
    for at, labels in enumerate(changes):
        nodes.append(Node(f"{at}|`", labels))
    audit = audit_labels(Inventory(nodes))
    assert len(audit.findings) == 2
    text = "\n".join(audit_lines(audit, output, Screen()))
    assert not unprintable(text)
    assert "31m" in text


@pytest.mark.parametrize("columns", [40, 60, 120])
def test_misspellings_are_whole(columns: int) -> None:
    """A misspelt key or value can be copied, as can the ids of its nodes, on any screen."""
    usual = {"topology.kubernetes.io/zone": "eu-west-1a", "example.com/environment": "prod"}
    wrong = {"topology.kubernetes.io/zone": "eu_west_1a", "example.com/enviroment": "prod"}
    nodes = [Node(f"n-{at}", usual) for at in range(40)]
    nodes.append(Node("ip-10-0-60-2.eu-west-1.compute.internal.example.com", wrong))
    lines = list(audit_lines(audit_labels(Inventory(nodes)), "text", Screen(columns)))
    text = "\n".join(lines)
    between = "  " if columns == 120 else "\n  probably "
    assert f"\ntopology.kubernetes.io/zone=eu_west_1a      1{between}eu-west-1a " in text
    assert (
        f"\nexample.com/enviroment                      1{between}example.com/environment " in text
    )
    assert not re.search(r"^ *[0-9]+$", text, re.MULTILINE)
    assert "…" not in text
    assert columns < 60 or "ip-10-0-60-2.eu-west-1.compute.internal.example.com" in text
