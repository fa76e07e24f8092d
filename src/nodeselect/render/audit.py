"""The labels of nodes that are probably misspelt, as text, Markdown and JSON."""

from collections.abc import Iterable, Iterator
from typing import Any

from nodeselect.explain.audit import Audit, LabelFinding
from nodeselect.render.layout import Screen, report_lines
from nodeselect.text import join_limited, pluralize, quoted

_HEADS = ("MISSPELT", "NODES", "PROBABLY MEANT", "NODES", "FOR EXAMPLE")


def audit_lines(audit: Audit, output: str, screen: Screen) -> Iterator[str]:
    """Yield the lines of a report on the labels of nodes; if nothing was found, only for JSON.

    :param output: ``text``, ``json`` or ``markdown``.
    """

    def as_dict() -> dict[str, Any]:
        fields = {**audit._asdict(), "findings": [finding._asdict() for finding in audit.findings]}
        return {"version": 1, **fields}

    def blocks(screen: Screen) -> Iterator[Iterable[str]]:
        noun = pluralize(len(audit.findings), "probable mistake")
        yield screen.title(f"{noun} in the labels of {pluralize(audit.nodes, 'node')}")
        rows = [_row(finding, screen) for finding in audit.findings]
        yield screen.table(_HEADS, rows, right=(1, 3), wrap_last=True)

    is_shown = audit.findings or output == "json"
    return report_lines(output, screen, as_dict, blocks) if is_shown else iter(())


def audit_notes(audit: Audit) -> Iterator[str]:
    """Yield sentences about what was not compared."""
    if not audit.keys_checked:
        yield "there are too many label keys to compare them with each other"
    if audit.unchecked:
        keys = join_limited(list(map(quoted, audit.unchecked)), noun="key")
        yield f"too many values to compare them: {keys}"


def _row(finding: LabelFinding, screen: Screen) -> tuple[str, ...]:
    label, expected = screen.word(finding.key), screen.word(finding.expected)
    if finding.value is not None:
        label, expected = f"{label}={screen.word(finding.value)}", f"{label}={expected}"
    examples = [*map(screen.word, finding.examples)]
    if finding.nodes > len(examples):
        examples.append("…")
    numbers = f"{finding.nodes:,}", f"{finding.usual_nodes:,}"
    return label, numbers[0], expected, numbers[1], ", ".join(examples)
