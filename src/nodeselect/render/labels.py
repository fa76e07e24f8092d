"""Lay out reports on labels: counts of keys and values, and probable misspellings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from nodeselect.explain.audit import Audit, LabelFinding
from nodeselect.explain.countable import KeyFacet
from nodeselect.explain.wording import headline, not_considered_text
from nodeselect.inventory.statistics import Facets
from nodeselect.render.nodes import csv_table
from nodeselect.render.screen import Screen, report_lines
from nodeselect.text import LONGEST_ID, display_width, join_limited, pluralize, quoted

Values: TypeAlias = tuple[str | None, ...]
"""The values of one or two labels of a node; None for a label that it does not have."""

# How many values of each key the overview of all keys shows.
_TOP_VALUES = 5

# Longer keys and values are truncated; those that a selector can contain are shorter.
_MAX_COLUMNS = 320


def facet_lines(
    facets: Facets,
    total: int | None,
    keys: Sequence[str],
    pairs: Mapping[Values, int],
    output: str,
    screen: Screen,
    not_considered: Sequence[str] = (),
) -> tuple[Iterator[str], list[str]]:
    """Return the lines of a report on the labels ``keys``, or on all, and notes on what they hide.

    :param output: one of ``TABLE_FORMATS``.
    :param total: how many nodes there are, if only matching nodes were counted.
    :param pairs: if there are two ``keys``, how many nodes have each pair of their values.
    :param not_considered: what else decides which nodes match but is unknown.
    """
    chosen = [facet for facet in facets.keys if not keys or facet.key in keys]
    counts = _counts(facets, keys, pairs)
    if output == "csv":
        lines, hidden = _csv_lines(keys, counts)
        notes = [f"{hidden}; for the exact text, use -o json"] if hidden else []
        return lines, notes + ([not_considered_text(not_considered)] if not_considered else [])

    def as_dict() -> dict[str, Any]:
        limit = None if keys else _TOP_VALUES
        together = [{"values": values, "nodes": nodes} for values, nodes in counts]
        return {
            "version": 1,
            "total": facets.nodes if total is None else total,
            **facets._asdict(),
            "keys": [
                {
                    **facet._asdict(),
                    "values": [{"value": value, "nodes": n} for value, n in facet.values[:limit]],
                }
                for facet in chosen
            ],
            **({"pairs": together} if pairs else {}),
            "not_considered": list(not_considered),
        }

    def blocks(screen: Screen) -> Iterator[Iterable[str]]:
        yield screen.title(_headline(facets, total))
        if keys and len(chosen) == len(set(keys)):
            yield _value_table(keys, counts, facets.nodes, screen)
        elif chosen and not keys:
            yield _key_table(chosen, screen)

    return report_lines(output, screen, as_dict, blocks, not_considered), []


def _csv_lines(
    keys: Sequence[str], counts: Sequence[tuple[Values, int]]
) -> tuple[Iterator[str], str | None]:
    """Return counts as lines of CSV, and what the cells hide, if so."""
    rows = [(*(value or "" for value in values), str(nodes)) for values, nodes in counts]
    lines, note = csv_table([(*(keys or ("key", "value")), "nodes"), *rows])
    columns = zip(*(values for values, _ in counts), strict=True)
    if any({None, ""}.issubset(column) for column in columns):
        notes = "an empty cell is an empty value or no such label", note
        note = ", and ".join(filter(None, notes))
    return lines, note


def _counts(
    facets: Facets, keys: Sequence[str], pairs: Mapping[Values, int]
) -> list[tuple[Values, int]]:
    """Return how many nodes have which values of ``keys``; without keys, which key and value."""
    if pairs:
        return sorted(pairs.items(), key=lambda item: (-item[1], list(map(_cell, item[0]))))
    if not keys:
        return [((each.key, value), n) for each in facets.keys for value, n in each.values]
    counts: list[tuple[Values, int]] = []
    for facet in facets.keys:
        if facet.key in keys:
            counts += [((value,), nodes) for value, nodes in facet.values]
            counts += [((None,), absent)] if (absent := facets.nodes - facet.nodes) else []
    return counts


def _headline(facets: Facets, total: int | None) -> str:
    if total is not None:
        text = headline(facets.nodes, total, facets.connected)
    else:
        text = pluralize(facets.nodes, "node")
        if facets.connected is not None:
            text += f", {facets.connected:,} of them connected or ready"
    return f"{text}; {pluralize(len(facets.keys), 'label key')}" if facets.keys else text


def _key_table(keys: Iterable[KeyFacet], screen: Screen) -> Iterator[str]:
    rows = []
    for facet in keys:
        top = [f"{screen.word(value)} ({nodes:,})" for value, nodes in facet.values[:_TOP_VALUES]]
        if facet.distinct > _TOP_VALUES:
            is_unique = facet.values[0][1] == 1  # of each node, such as its name
            top = [*top[: 1 if is_unique else _TOP_VALUES], "…"]
        name = screen.word(facet.key, _MAX_COLUMNS)
        rows.append((name, f"{facet.nodes:,}", f"{facet.distinct:,}", ", ".join(top)))
    heads = ("KEY", "NODES", "VALUES", "MOST FREQUENT")
    return screen.table(heads, rows, right=(1, 2), wrap_last=True)


def _value_table(
    keys: Sequence[str], counts: Iterable[tuple[Values, int]], total: int, screen: Screen
) -> Iterator[str]:
    rows = [
        (*(_cell(value, screen) for value in values), f"{nodes:,}", screen.bar(nodes, total))
        for values, nodes in counts
    ]
    heads = (*(screen.word(key, _MAX_COLUMNS) for key in keys), "NODES", "")
    return screen.table(heads, rows, right=(len(keys),))


def _cell(value: str | None, screen: Screen | None = None) -> str:
    if value is None:
        return "(no such label)"
    return value if screen is None else screen.word(value, _MAX_COLUMNS)


def audit_lines(audit: Audit, output: str, screen: Screen) -> Iterator[str]:
    """Yield the lines of a report on wrong labels; if there are none, only JSON has lines."""

    def as_dict() -> dict[str, Any]:
        fields = {**audit._asdict(), "findings": [finding._asdict() for finding in audit.findings]}
        return {"version": 1, **fields}

    def blocks(screen: Screen) -> Iterator[Iterable[str]]:
        noun = pluralize(len(audit.findings), "probable mistake")
        yield screen.title(f"{noun} in the labels of {pluralize(audit.nodes, 'node')}")
        rows = [_finding_row(finding, screen) for finding in audit.findings]
        are_missing = any(each.code == "missing-key" for each in audit.findings)
        what = "MISSPELT OR MISSING" if are_missing else "MISSPELT"
        heads: tuple[str, ...] = (what, "NODES", "PROBABLY MEANT", "NODES", "FOR EXAMPLE")
        columns = list(zip(heads, *rows, strict=True))[:-1]
        if sum(max(map(display_width, cells)) + 2 for cells in columns) > screen.columns:
            heads = (what, "NODES", "PROBABLY MEANT, FOR EXAMPLE")
            rows = [
                (label, nodes, f"probably {expected} ({usual} nodes), for example {examples}")
                for label, nodes, expected, usual, examples in rows
            ]
        yield screen.table(heads, rows, right=(1, 3), wrap_last=True, whole=True)

    is_shown = audit.findings or output == "json"
    return report_lines(output, screen, as_dict, blocks) if is_shown else iter(())


def audit_notes(audit: Audit) -> Iterator[str]:
    """Yield sentences about the label keys and values that the audit did not compare."""
    if not audit.keys_checked:
        yield "there are too many label keys to compare them with each other"
        yield "only the values of the 10,000 most frequent label keys were compared"
    if audit.unchecked:
        keys = join_limited(list(map(quoted, audit.unchecked)), noun="key")
        yield f"too many values to compare them: {keys}"


def _finding_row(finding: LabelFinding, screen: Screen) -> tuple[str, ...]:
    label, expected = (screen.word(text, _MAX_COLUMNS) for text in (finding.key, finding.expected))
    if finding.value is not None:
        label = f"{label}={screen.word(finding.value, _MAX_COLUMNS)}"
    if finding.code == "missing-key":
        label = screen.word(str(finding.selector), _MAX_COLUMNS)
    examples = [screen.word(node_id, LONGEST_ID) for node_id in finding.examples]
    if finding.nodes > len(examples):
        examples.append("…")
    numbers = f"{finding.nodes:,}", f"{finding.usual_nodes:,}"
    return label, numbers[0], expected, numbers[1], ", ".join(examples)
