"""The nodes of a page: rows, their labels counted, and both as data for the page's script.

``page.js`` draws the rows that are not in the page from the start. It and :meth:`NodeRows.rows`
write the same markup, which a test compares.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from nodeselect.node import Node
from nodeselect.render.html.markup import bar, code, plain, text
from nodeselect.selectors import Selector
from nodeselect.text import pluralize

__all__ = ["MOST_ROWS", "Facet", "NodeRows", "facet_table"]

MOST_ROWS = 50_000
"""Nodes in the table, and so in the page; the numbers above it are those of all nodes."""

_FIRST_ROWS = 200
"""Rows that are there without a script."""

_LABELS_SHOWN = 12
"""Labels of a row that are shown at once."""

_FAILS_SHOWN = 4
"""Requirements of a row that are shown."""


_VALUE = 60
"""Characters shown of a value in the tables of labels."""


class Facet(NamedTuple):
    """A label key over all nodes."""

    key: str
    nodes: int
    """Nodes that have it."""
    values: tuple[tuple[str, int, int], ...]
    """Each value with the nodes that have it and those of them that match; the most first."""


class NodeRows:
    """All nodes: the ones that match first, then those that fail the fewest requirements."""

    def __init__(self, selector: Selector, nodes: Iterable[Node]) -> None:
        parts = selector.split()
        tests = [part.matches for part in parts]
        self._asked = [part.requirements[0].key if part.ids is None else None for part in parts]
        self._all: Counter[tuple[str, str]] = Counter()
        self._matching: Counter[tuple[str, str]] = Counter()
        judged: list[tuple[tuple[int, ...], Node]] = []
        for node in nodes:
            labels, node_id = node.labels, node.id
            failed = tuple(at for at, test in enumerate(tests) if not test(labels, node_id))
            judged.append((failed, node))
            self._all.update(labels.items())
            if not failed:
                self._matching.update(labels.items())
        judged.sort(key=lambda row: len(row[0]))
        self.total = len(judged)
        self._kept = judged[:MOST_ROWS]
        self._places: dict[tuple[str, str], int] = {}  # of labels that stand in the table
        for _, node in self._kept:
            for label in node.labels.items():
                self._places.setdefault(label, len(self._places))

    @property
    def count(self) -> int:
        """How many nodes the table has."""
        return len(self._kept)

    @property
    def first(self) -> int:
        """How many of them are there without a script."""
        return min(self.count, _FIRST_ROWS)

    def place(self, key: str, value: str) -> int | None:
        """Give the number by which the script knows a label; None of one that is in no row."""
        return self._places.get((key, value))

    def link(self, count: int, attributes: str) -> str:
        """Give a number of nodes that leads to these nodes, if there are any, and all nodes are in
        the table."""
        if not count or self.count < self.total:
            return f"{count:,}"
        return f'<a href="#nodes" {attributes}>{count:,}</a>'

    def facets(self) -> list[Facet]:
        """Count the labels: keys that are asked for first, then those that most nodes have."""
        values: dict[str, list[tuple[str, int, int]]] = {}
        for (key, value), nodes in self._all.items():
            values.setdefault(key, []).append((value, nodes, self._matching[key, value]))
        asked = {key: at for at, key in reversed(list(enumerate(self._asked)))}
        facets = [
            Facet(
                key,
                sum(nodes for _, nodes, _ in counts),
                tuple(sorted(counts, key=lambda each: (-each[1], each[0]))),
            )
            for key, counts in values.items()
        ]
        return sorted(facets, key=lambda each: (asked.get(each.key, 1_000), -each.nodes, each.key))

    def rows(self, requirements: Sequence[str]) -> Iterator[str]:
        """Give the first rows of the table."""
        for failed, node in self._kept[: self.first]:
            word, colour = _state(node)
            name = f"<small>{text(node.name)}</small>" if node.name else ""
            yield (
                f'<tr role="row"><th scope="row" role="rowheader">{code(node.id)}{name}</th>'
                f'<td role="cell"><span class="state {colour}">{text(word)}</span></td>'
                f'<td role="cell">{self._why(failed, node, requirements)}</td>'
                f'<td role="cell">{self._labels(node)}</td></tr>'
            )

    def data(self, requirements: Sequence[str]) -> str:
        """Give all rows as JSON that may stand inside an element: plain ASCII without ``<``."""
        keys = {key: at for at, key in enumerate(dict.fromkeys(key for key, _ in self._places))}
        states: dict[tuple[str, str], int] = {}
        reasons: dict[tuple[int, ...], int] = {}
        rows: list[list[Any]] = [
            [
                plain(node.id),
                plain(node.name or ""),
                states.setdefault(_state(node), len(states)),
                reasons.setdefault(failed, len(reasons)),
                *(self._places[label] for label in self._in_order(node)),
            ]
            for failed, node in self._kept
        ]
        data = {
            "requirements": [plain(requirement) for requirement in requirements],
            "asked": [-1 if key is None else keys.get(key, -2) for key in self._asked],
            "keys": [plain(key) for key in keys],
            "labels": [[keys[key], plain(value)] for key, value in self._places],
            "states": [[plain(word), colour] for word, colour in states],
            "reasons": [list(failed) for failed in reasons],
            "rows": rows,
            "labelsShown": _LABELS_SHOWN,
            "failsShown": _FAILS_SHOWN,
        }
        packed = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
        for character in "<>&":
            packed = packed.replace(character, f"\\u{ord(character):04x}")
        return packed

    def _in_order(self, node: Node) -> list[tuple[str, str]]:
        """Give a node's labels, those that are asked for first."""
        labels = node.labels
        asked = {key: labels[key] for key in self._asked if key is not None and key in labels}
        return list({**asked, **labels}.items())

    def _why(self, failed: tuple[int, ...], node: Node, requirements: Sequence[str]) -> str:
        if not failed:
            return '<span class="yes">matches</span>'
        items = []
        for place in failed[:_FAILS_SHOWN]:
            key = self._asked[place]
            has = "" if key is None else f" <small>{_has(node.labels.get(key))}</small>"
            items.append(f"<li>{code(requirements[place])}{has}</li>")
        if len(failed) > _FAILS_SHOWN:
            items.append(f"<li>and {len(failed) - _FAILS_SHOWN:,} more</li>")
        return f'<ul class="why">{"".join(items)}</ul>'

    def _labels(self, node: Node) -> str:
        shown = [self._label(key, value) for key, value in self._in_order(node)]
        most = _LABELS_SHOWN
        more = ""
        if len(shown) > most:
            more = (
                f"<details><summary>{len(shown) - most:,} more</summary>"
                f"{''.join(shown[most:])}</details>"
            )
        return "".join(shown[:most]) + more

    def _label(self, key: str, value: str) -> str:
        asked = " asked" if key in self._asked else ""
        return f'<span class="label{asked}"><b>{text(key)}</b>={text(value)}</span> '


def facet_table(facet: Facet, rows: NodeRows, total: int, most: int) -> str:
    """Give a key with its top values as a table; a count leads to the nodes that it counts."""
    lines = []
    for value, nodes, matched in facet.values[:most]:
        place = rows.place(facet.key, value)
        found = rows.link(nodes, f'data-label="{place}"')
        taken = rows.link(matched, f'data-label="{place}" data-show="match"')
        shown = code(value, _VALUE) if value else "<i>empty</i>"
        drawn = bar((("left", matched), ("other", nodes - matched)), total)
        lines.append(
            f'<tr><th scope="row">{shown}{drawn}</th><td>{found}</td><td>{taken}</td></tr>'
        )
    rest = len(facet.values) - most
    more = f'<p class="more">and {pluralize(rest, "more value")}</p>' if rest > 0 else ""
    return (
        f'<div class="facet"><table><caption><h3>{code(facet.key)}</h3>'
        f"<p>{pluralize(facet.nodes, 'node')},"
        f" {pluralize(len(facet.values), 'value')}</p></caption>"
        '<thead><tr><th scope="col">Value</th><th scope="col">Nodes</th>'
        f'<th scope="col">Match</th></tr></thead><tbody>{"".join(lines)}</tbody></table>'
        f"{more}</div>"
    )


def _state(node: Node) -> tuple[str, str]:
    if node.state is None:
        return "unknown", "none"
    return node.state, "up" if node.connected else "down"


def _has(value: str | None) -> str:
    if value is None:
        return "no such label"
    return f"has {text(value)}" if value else "has an empty value"
