"""How many nodes have each label, as text, Markdown and JSON."""

from collections.abc import Iterable, Iterator
from typing import Any

from nodeselect.explain.wording import headline
from nodeselect.inventory.facets import Facets, KeyFacet
from nodeselect.render.layout import Screen, report_lines
from nodeselect.text import pluralize

# How many values of each key the overview of all keys shows.
_TOP_VALUES = 5

# Longer keys and values are truncated; those that a selector can contain are shorter.
_MAX_COLUMNS = 320


def facet_lines(
    facets: Facets, total: int | None, key: str | None, output: str, screen: Screen
) -> Iterator[str]:
    """Yield the lines of a report on all label keys, or on the values of one key.

    :param total: how many nodes there are if only matching ones were counted; None if all were.
    :param output: ``text``, ``json`` or ``markdown``.
    """
    keys = [facet for facet in facets.keys if key in (None, facet.key)]

    def as_dict() -> dict[str, Any]:
        limit = _TOP_VALUES if key is None else None
        return {
            "version": 1,
            "total": facets.nodes if total is None else total,
            "nodes": facets.nodes,
            "connected": facets.connected,
            "keys": [
                {
                    "key": facet.key,
                    "nodes": facet.nodes,
                    "distinct": len(facet.values),
                    "values": [
                        {"value": value, "nodes": nodes} for value, nodes in facet.values[:limit]
                    ],
                }
                for facet in keys
            ],
        }

    def blocks(screen: Screen) -> Iterator[Iterable[str]]:
        yield screen.title(_headline(facets, total))
        if key is not None:
            yield from (_value_table(facet, facets.nodes, screen) for facet in keys)
        elif keys:
            yield _key_table(keys, screen)

    return report_lines(output, screen, as_dict, blocks)


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
        if len(facet.values) > _TOP_VALUES:
            top.append("…")
        name = screen.word(facet.key, _MAX_COLUMNS)
        rows.append((name, f"{facet.nodes:,}", f"{len(facet.values):,}", ", ".join(top)))
    heads = ("KEY", "NODES", "VALUES", "MOST FREQUENT")
    return screen.table(heads, rows, right=(1, 2), wrap_last=True)


def _value_table(facet: KeyFacet, total: int, screen: Screen) -> Iterator[str]:
    counts = [(screen.word(value, _MAX_COLUMNS), nodes) for value, nodes in facet.values]
    if absent := total - facet.nodes:
        counts.append(("(no such label)", absent))
    rows = [(value, f"{nodes:,}", screen.bar(nodes, total)) for value, nodes in counts]
    return screen.table((screen.word(facet.key, _MAX_COLUMNS), "NODES", ""), rows, right=(1,))
