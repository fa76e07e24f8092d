"""Counts of labels as text, Markdown and JSON."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from nodeselect.render.explanation import headline_of
from nodeselect.render.layout import (
    Screen,
    align_columns,
    json_lines,
    md_cell,
    md_document,
    md_table,
)
from nodeselect.text import display_width, pluralize, quoted

__all__ = ["Facets", "KeyFacet", "facet_lines"]

_TOP = 5
"""Values of a key that are shown where all keys are."""

_LONGEST = 317
"""Characters of the longest key of a selector; the slips in longer ones are not looked for."""

_MANY = 10_000
"""Keys up to which one is looked for that is close."""

_ROOM = 40
"""Columns that the values of a key need to stand behind it."""

_KEY = 20
"""Columns that a key needs beside a bar, unless it is shorter."""


class KeyFacet(NamedTuple):
    """A label key, and the values that nodes have of it."""

    key: str
    nodes: int
    """How many have it."""
    values: list[tuple[str, int]]
    """Each value with the number of nodes that have it; the most frequent first."""


class Facets(NamedTuple):
    """The labels of the nodes that were looked at."""

    total: int
    nodes: int
    """How many of them matched, and were looked at."""
    connected: int | None
    """How many of these are connected; None where none tells its state."""
    chosen: bool
    """Whether a selector chose them."""
    keys: list[KeyFacet]
    """The keys; those that the most nodes have first."""

    def of(self, key: str | None) -> list[KeyFacet]:
        """Return all keys, or the one that is asked for if any node has it."""
        return self.keys if key is None else [each for each in self.keys if each.key == key]

    @property
    def headline(self) -> str:
        if self.chosen:
            text = headline_of(self.nodes, self.total, self.connected, ())
        else:
            text = pluralize(self.total, "node")
            if self.connected is not None:
                text += f", {self.connected:,} of them connected"
        return f"{text}; {pluralize(len(self.keys), 'label key')}" if self.keys else text

    def missing(self, key: str | None) -> str:
        """Say that no node has the label that was asked for, or any."""
        if self.chosen and self.total and not self.nodes:
            return f"{self.headline}, so there are no labels to tell: nodeselect explain says why"
        if key is None:
            return f"{self.headline}: no node has any label"
        text = f"{self.headline}: no node has the label {quoted(key)}"
        from nodeselect.explain.similarity import Known, close_key  # where a key is missing

        names = Known({each.key: each.nodes for each in self.keys if len(each.key) <= _LONGEST})
        close = close_key(key, names) if len(names.counts) <= _MANY else None
        return text if close is None else f"{text}\n  did you mean {quoted(close[1])}?"

    def as_dict(self, found: list[KeyFacet], top: int | None) -> dict[str, Any]:
        return {
            "version": 1,
            "total": self.total,
            "nodes": self.nodes,
            "connected": self.connected,
            "keys": [
                {
                    "key": each.key,
                    "nodes": each.nodes,
                    "distinct": len(each.values),
                    "values": [{"value": value, "nodes": n} for value, n in each.values[:top]],
                }
                for each in found
            ],
        }


def facet_lines(facets: Facets, key: str | None, output: str, screen: Screen) -> Iterable[str]:
    """Return the lines that show all keys, or the values of one key.

    :param output: one of ``REPORT_FORMATS``.
    """
    found = facets.of(key)
    match output:
        case "json":
            return json_lines(facets.as_dict(found, None if key is not None else _TOP))
        case "markdown":
            return md_document(_markdown(facets, found, key))
    return _text(facets, found, key, screen) if found else ()


def _text(facets: Facets, found: list[KeyFacet], key: str | None, screen: Screen) -> Iterator[str]:
    yield from screen.wrap(facets.headline)
    yield ""
    if key is not None:
        yield from _values(facets, found[0], screen)
    else:
        yield from _keys(facets, screen)


def _keys(facets: Facets, screen: Screen) -> Iterator[str]:
    """Give a line for each key, with its most frequent values behind it or, where there is little
    room, on a line of their own."""
    keys = [each.key for each in facets.keys]
    longest = max(display_width(screen.word(key, screen.columns)) for key in keys)
    counts = _counts(facets, screen, min(20, screen.columns // 8))
    room = screen.columns - _width(counts)
    if room < min(longest, _KEY):
        counts = _counts(facets, screen, 0)
        room = screen.columns - _width(counts)
    beside = room - 2 - _ROOM
    behind = beside >= min(longest, screen.columns // 3)
    names = ["KEY", *(screen.word(key, beside if behind else room) for key in keys)]
    lines = _columns([(name, *row) for name, row in zip(names, counts, strict=True)])
    start = max(map(display_width, lines)) + 2
    yield screen.heading(f"{lines[0]}  MOST FREQUENT" if behind else lines[0])
    for line, each in zip(lines[1:], facets.keys, strict=True):
        if behind:
            yield f"{line}  {_top(each, screen.columns - start, screen)}"
        else:
            yield line
            yield f"  {_top(each, screen.columns - 2, screen)}"


def _counts(facets: Facets, screen: Screen, bar: int) -> list[tuple[str, ...]]:
    """Give what stands behind each key, below its heads; without a bar where that has no width."""
    rows = [("NODES", "", "VALUES")]
    for each in facets.keys:
        drawn = screen.bar(each.nodes, facets.nodes, bar)
        rows.append((f"{each.nodes:,}", drawn, f"{len(each.values):,}"))
    return [row if bar else (row[0], row[2]) for row in rows]


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    return list(align_columns(rows, right=(1, len(rows[0]) - 1)))


def _width(counts: Sequence[tuple[str, ...]]) -> int:
    """Count the columns that are not those of the key."""
    return max(map(display_width, _columns([("", *row) for row in counts])))


def _top(each: KeyFacet, columns: int, screen: Screen) -> str:
    """Give as many of the most frequent values as fit, the first one at least."""
    rest = f", {screen.ellipsis}"
    text = ""
    for at, (value, nodes) in enumerate(each.values[:_TOP]):
        word = f"{screen.word(value)} ({nodes:,})"
        more = at + 1 < len(each.values)
        if (
            text
            and display_width(text) + 2 + display_width(word) + (len(rest) if more else 0) > columns
        ):
            return text + rest
        text += f", {word}" if text else word
        if display_width(text) > columns:
            count = f" ({nodes:,})"
            return screen.word(value, columns - len(count)) + count
    return text + rest if len(each.values) > _TOP else text


def _values(facets: Facets, found: KeyFacet, screen: Screen) -> Iterator[str]:
    """Give a line for each value of one key."""
    bar = min(40, screen.columns // 3)
    counts = max(len("NODES"), len(f"{facets.nodes:,}"))
    room = max(screen.columns - bar - counts - 4, screen.columns // 3)  # two gaps of two
    rows = [("VALUE", "NODES", "")]
    for value, nodes in found.values:
        word = screen.word(value, room)
        rows.append((word, f"{nodes:,}", screen.bar(nodes, facets.nodes, bar)))
    if absent := facets.nodes - found.nodes:
        rows.append(("(no such label)", f"{absent:,}", screen.bar(absent, facets.nodes, bar)))
    lines = align_columns(rows, right=(1,))
    has = "has" if found.nodes == 1 else "have"
    told = f"{pluralize(found.nodes, 'node')} {has} it, {pluralize(len(found.values), 'value')}"
    name = screen.word(found.key, screen.columns - 1)
    yield from screen.wrap(f"{name}: {told}")
    yield screen.heading(next(lines))
    yield from lines


def _markdown(facets: Facets, found: list[KeyFacet], key: str | None) -> Iterator[str]:
    yield f"**{facets.headline}**"
    if not found:
        return
    yield ""
    if key is None:
        yield from md_table(
            ("key", "nodes", "values", "most frequent"),
            [
                (
                    md_cell(each.key),
                    f"{each.nodes:,}",
                    f"{len(each.values):,}",
                    ", ".join(f"{md_cell(value)} ({n:,})" for value, n in each.values[:_TOP])
                    + (", …" if len(each.values) > _TOP else ""),
                )
                for each in found
            ],
            right=(1, 2),
        )
        return
    rows = [(md_cell(value), f"{nodes:,}") for value, nodes in found[0].values]
    if absent := facets.nodes - found[0].nodes:
        rows.append(("no such label", f"{absent:,}"))
    yield from md_table((md_cell(key), "nodes"), rows, right=(1,))
