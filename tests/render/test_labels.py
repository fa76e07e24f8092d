"""Reports on labels."""

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
    changes = [
        {f"regoins-{HOSTILE}": f"west{HOSTILE}"},
        {f"regions-{HOSTILE}": f"West{HOSTILE}"},
    ]
    for at, labels in enumerate(changes):
        nodes.append(Node(f"{at}|`", labels))
    audit = audit_labels(Inventory(nodes))
    assert len(audit.findings) == 2
    text = "\n".join(audit_lines(audit, output, Screen()))
    assert not unprintable(text)
    assert "31m" in text
