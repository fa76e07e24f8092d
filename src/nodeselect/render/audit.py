"""The labels of a fleet that are probably mistakes, as text, Markdown and JSON."""

from collections.abc import Iterable, Iterator
from typing import Any

from nodeselect.inventory.audit import Audit, Finding
from nodeselect.render.layout import Screen, report_lines
from nodeselect.text import join_limited, pluralize

# How many of the values with units are named.
_MAX_VALUES = 2

# The head of the only column after the first that has words, not numbers.
_MEANT = "PROBABLY MEANT"

_UNIT_NOTE = "The operators > and < match whole numbers only, without a unit."


def audit_lines(audit: Audit, output: str, screen: Screen) -> Iterator[str]:
    """Yield the lines of a report on the labels of a fleet; if nothing was found, only for JSON.

    :param output: ``text``, ``json`` or ``markdown``.
    """

    def as_dict() -> dict[str, Any]:
        fields = {**audit._asdict(), "findings": [finding._asdict() for finding in audit.findings]}
        return {"version": 1, **fields}

    def blocks(screen: Screen) -> Iterator[Iterable[str]]:
        noun = pluralize(len(audit.findings), "probable mistake")
        yield screen.title(f"{noun} in the labels of {pluralize(audit.nodes, 'node')}")
        if rows := [_misspelt(each, screen) for each in audit.findings if each.expected]:
            yield _table(("MISSPELT", "NODES", _MEANT, "NODES"), rows, screen)
        if rows := _rows(audit, "rare-value", screen):
            yield _table(("VALUE OF ONE NODE", "NODES", "NODES WITH OTHER VALUES"), rows, screen)
        if missing := [each for each in audit.findings if each.code == "missing-key"]:
            yield screen.section("MISSING", _missing(missing, screen))
        if rows := _rows(audit, "unit", screen):
            yield _table(("NUMBER WITH A UNIT", "NODES", "NODES WITH OTHERS"), rows, screen)
            yield screen.paragraph(_UNIT_NOTE)

    is_shown = audit.findings or output == "json"
    return report_lines(output, screen, as_dict, blocks) if is_shown else iter(())


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]], screen: Screen) -> Iterator[str]:
    numbers = [at for at, head in enumerate(heads) if at and head != _MEANT]
    return screen.table((*heads, "FOR EXAMPLE"), rows, right=numbers, wrap_last=True)


def _misspelt(finding: Finding, screen: Screen) -> tuple[str, ...]:
    (key,), expected = finding.keys, finding.expected or ""
    words = screen.word(expected)
    if finding.values:
        words = f"{screen.word(key)}={words}"
    return (*_found(finding, screen), words, f"{finding.usual_nodes:,}", _examples(finding, screen))


def _missing(findings: Iterable[Finding], screen: Screen) -> Iterator[str]:
    for finding in findings:
        keys = [screen.word(key) for key in finding.keys]
        text = f"no {join_limited(keys, len(keys), 'or')}; "
        text += pluralize(finding.usual_nodes, "other node has", "other nodes have")
        text += " this label" if len(keys) == 1 else " these labels"
        yield from screen.bullets(
            [f"{pluralize(finding.nodes, 'node')}: {_examples(finding, screen)}"]
        )
        yield from screen.bullets([text], depth=1)


def _rows(audit: Audit, code: str, screen: Screen) -> list[tuple[str, ...]]:
    return [
        (*_found(finding, screen), f"{finding.usual_nodes:,}", _examples(finding, screen))
        for finding in audit.findings
        if finding.code == code
    ]


def _found(finding: Finding, screen: Screen) -> tuple[str, str]:
    """Return two cells of a table: the label with the mistake, and how many nodes have it."""
    label = screen.word(finding.keys[0])
    if finding.values:
        values = [screen.word(value) for value in finding.values]
        label += f"={join_limited(values, _MAX_VALUES)}"
    return label, f"{finding.nodes:,}"


def _examples(finding: Finding, screen: Screen) -> str:
    more = ["…"] if finding.nodes > len(finding.examples) else []
    return ", ".join([*map(screen.word, finding.examples), *more])
