"""Reports on labels."""

import re

import pytest

from nodeselect import Inventory, Node
from nodeselect.inventory import audit_labels
from nodeselect.render.labels import audit_lines
from nodeselect.render.screen import REPORT_FORMATS, Screen
from tests.cli.running import unprintable

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
