"""Counts of labels as text, Markdown and JSON."""

from collections.abc import Iterable, Iterator
from typing import Any

from nodeselect.explain import headline
from nodeselect.inventory.facets import Facets, KeyFacet
from nodeselect.render.layout import Screen, json_lines, md_cell, md_document, md_table
from nodeselect.text import pluralize

__all__ = ["facet_headline", "facet_lines"]

# Values of each key in the overview of all keys.
_TOP_VALUES = 5


def facet_headline(facets: Facets, total: int | None) -> str:
    """Return the numbers of nodes and keys.

    :param total: how many nodes there are, if the facets are those of matching nodes only.
    """
    if total is not None:
        text = headline(facets.nodes, total, facets.connected)
    else:
        text = pluralize(facets.nodes, "node")
        if facets.connected is not None:
            text += f", {facets.connected:,} of them connected"
    return f"{text}; {pluralize(len(facets.keys), 'label key')}" if facets.keys else text


def facet_lines(
    facets: Facets, total: int | None, key: str | None, output: str, screen: Screen
) -> Iterable[str]:
    """Return the lines of a report about all keys, or about the values of one key.

    :param total: how many nodes there are, if the facets are those of matching nodes only.
    :param output: one of ``REPORT_FORMATS``.
    """
    keys = [facet for facet in facets.keys if key in (None, facet.key)]
    if output == "json":
        return json_lines(_as_dict(facets, total, keys, _TOP_VALUES if key is None else None))
    headline = facet_headline(facets, total)
    if output == "markdown":
        return md_document(_markdown(facets, headline, keys, key))
    return _text(facets, headline, keys, key, screen) if keys else ()


def _as_dict(
    facets: Facets, total: int | None, keys: list[KeyFacet], limit: int | None
) -> dict[str, Any]:
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


def _text(
    facets: Facets, headline: str, keys: list[KeyFacet], key: str | None, screen: Screen
) -> Iterator[str]:
    yield from screen.wrap(headline)
    yield ""
    if key is None:
        heads = ("KEY", "NODES", "", "VALUES", "MOST FREQUENT")
        rows = [
            (
                screen.word(facet.key, screen.columns),
                f"{facet.nodes:,}",
                screen.bar(facet.nodes, facets.nodes, min(20, screen.columns // 8)),
                f"{len(facet.values):,}",
                _top_values(facet, screen),
            )
            for facet in keys
        ]
        yield from screen.table([heads, *rows], right=(1, 3), shrink=0, wrap_last=True)
        return
    (facet,) = keys
    verb = "has" if facet.nodes == 1 else "have"
    values = pluralize(len(facet.values), "value")
    name = screen.word(facet.key, screen.columns - 1)
    yield from screen.wrap(f"{name}: {pluralize(facet.nodes, 'node')} {verb} it, {values}")
    counts = [(screen.word(value, screen.columns), nodes) for value, nodes in facet.values]
    if absent := facets.nodes - facet.nodes:
        counts.append(("(no such label)", absent))
    bar_columns = min(40, screen.columns // 3)
    table = [("VALUE", "NODES", "")]
    for value, nodes in counts:
        table.append((value, f"{nodes:,}", screen.bar(nodes, facets.nodes, bar_columns)))
    yield from screen.table(table, right=(1,), shrink=0)


def _top_values(facet: KeyFacet, screen: Screen) -> str:
    texts = [f"{screen.word(value)} ({nodes:,})" for value, nodes in facet.values[:_TOP_VALUES]]
    more = len(facet.values) > _TOP_VALUES
    return screen.join_fitting(texts, screen.columns - 2, more=more)


def _markdown(
    facets: Facets, headline: str, keys: list[KeyFacet], key: str | None
) -> Iterator[str]:
    yield f"**{headline}**"
    if not keys:
        return
    yield ""
    if key is None:
        rows = []
        for facet in keys:
            top = [f"{md_cell(value)} ({nodes:,})" for value, nodes in facet.values[:_TOP_VALUES]]
            more = ["…"] if len(facet.values) > _TOP_VALUES else []
            counts = (f"{facet.nodes:,}", f"{len(facet.values):,}")
            rows.append((md_cell(facet.key), *counts, ", ".join([*top, *more])))
        yield from md_table(("key", "nodes", "values", "most frequent"), rows, right=(1, 2))
        return
    (facet,) = keys
    cells = [(md_cell(value), f"{nodes:,}") for value, nodes in facet.values]
    if absent := facets.nodes - facet.nodes:
        cells.append(("no such label", f"{absent:,}"))
    yield from md_table((md_cell(facet.key), "nodes"), cells, right=(1,))
