"""Lay out an explanation as an HTML page.

``page.jinja`` is the markup. ``page.js`` draws and searches the table of nodes, and copies
suggestions to the clipboard. A page loads no other file, and its Content-Security-Policy allows
only its own style and script, by their hashes. The same input gives the same bytes.
"""

import re
from base64 import b64encode
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from nodeselect import __version__
from nodeselect.explain import Explanation
from nodeselect.explain.explanation import is_absence, is_met, named_keys
from nodeselect.explain.wording import headline, id_notes, not_considered_text
from nodeselect.inventory.statistics import count_labels
from nodeselect.node import Node
from nodeselect.placement import Usage
from nodeselect.placement.pod_rules import PodRule
from nodeselect.placement.requirements import Condition
from nodeselect.selectors import AnyOf
from nodeselect.text import pluralize, printable, truncate

if TYPE_CHECKING:
    from jinja2 import Template

# How many nodes the table of a page has at most; its counts are those of all nodes.
_MAX_ROWS = 50_000

# A user's text is truncated to this many characters, unless a place has its own limit.
_MAX_TEXT = 320

_BAR_WIDTH = 1_000

# A line breaks at blanks and after these characters, but not at hyphens.
_PIECE = r"[^ /.,=]*[/.,=]*"


def render_page(
    explanation: Explanation,
    conditions: Sequence[Condition],
    nodes: Iterable[Node],
    subject: str = "",
    *,
    sources: Mapping[str, float | None] | None = None,
    passing: Mapping[Condition, Container[str]] = MappingProxyType({}),
    usage: Usage | None = None,
) -> str:
    """Return an explanation as an HTML page.

    :param nodes: all nodes over which the selector was explained, in inventory order.
    :param subject: what was explained, such as ``job.yaml on nodes.json``.
    :param passing: the ids of the nodes that satisfy each rule between pods.
    :param sources: when each input, by name, was modified, in seconds since 1970; None if unknown.
    """
    table = _NodeTable(conditions, nodes, passing, usage)
    page = _template().render(
        subject=subject,
        sources=sources or {},
        version=__version__,
        explanation=explanation,
        headline=headline(
            explanation.matched, explanation.total, None, undecided=explanation.undecided_rules
        ),
        id_notes=list(id_notes(explanation)),
        selector=[f"({each})" if isinstance(each, AnyOf) else str(each) for each in conditions],
        not_considered=not_considered_text(explanation.not_considered),
        table=table,
        data=table.data(requirement.text for requirement in explanation.requirements),
    )
    return page.lstrip() + "\n"


class _NodeTable:
    """The table of nodes in a page: matching nodes first, then by how many requirements they fail.

    ``facets`` has the label keys of all nodes: those in the selector, then the most frequent ones.
    A label is a pair of key and value. ``matched`` maps each label to the number of matching nodes
    that have the label; ``numbers`` maps it to its index in the list ``labels`` of the data.
    """

    def __init__(
        self,
        conditions: Sequence[Condition],
        nodes: Iterable[Node],
        passing: Mapping[Condition, Container[str]],
        usage: Usage | None,
    ) -> None:
        """Count all nodes and their labels; keep only the first ``_MAX_ROWS`` for the table."""
        # The keys of each requirement, in the order of the bits of the mask; None for ids.
        self._keys = [named_keys([each]) for each in conditions]
        self._asked = named_keys(conditions)

        def passes(condition: Condition, node: Node) -> bool:
            if isinstance(condition, PodRule):
                return node.id in passing[condition]
            return is_met(condition, node, usage)

        bits = [(1 << at, each) for at, each in enumerate(conditions)]
        rows = [(sum(bit for bit, each in bits if not passes(each, node)), node) for node in nodes]
        rank = {key: number for number, key in reversed(list(enumerate(self._asked)))}
        self.facets = sorted(
            count_labels(node for _, node in rows).keys,
            key=lambda facet: rank.get(facet.key, len(rank)),
        )
        self.matched = Counter(
            label for mask, node in rows if not mask for label in node.labels.items()
        )
        rows.sort(key=lambda row: row[0].bit_count())
        self.total = len(rows)
        self._rows = rows[:_MAX_ROWS]
        self.size = len(self._rows)
        labels = (label for _, node in self._rows for label in node.labels.items())
        self.numbers = {label: number for number, label in enumerate(dict.fromkeys(labels))}

    def data(self, requirements: Iterable[str]) -> dict[str, Any]:
        """Return the data that the script of the page reads, as JSON values.

        A row is ``[id, name, state, failures, label, …]``. All but id and name are indexes into the
        lists ``states``, ``failures`` and ``labels``. ``selectorKeys`` has, for each requirement, a
        list of indexes into ``keys``, with -1 for a key that no row has; for ids, it is empty.
        """
        keys = {key: at for at, key in enumerate(dict.fromkeys(key for key, _ in self.numbers))}
        states: dict[tuple[str, str], int] = {}
        failures: dict[int, int] = {}
        rows = [
            [
                _shown(node.id),
                _shown(node.name or ""),
                states.setdefault(_state(node), len(states)),
                failures.setdefault(mask, len(failures)),
                *(self.numbers[label] for label in self._ordered_labels(node)),
            ]
            for mask, node in self._rows
        ]
        return {
            "requirements": [_shown(requirement) for requirement in requirements],
            "selectorKeys": [
                [keys.get(key, -1) for key in each if key is not None] for each in self._keys
            ],
            "keys": [_shown(key) for key in keys],
            "labels": [[keys[key], _shown(value)] for key, value in self.numbers],
            "states": [[_shown(state), name] for state, name in states],
            "failures": [
                [bit for bit in range(mask.bit_length()) if mask >> bit & 1] for mask in failures
            ],
            "rows": rows,
        }

    def _ordered_labels(self, node: Node) -> Iterable[tuple[str, str]]:
        """Return a node's labels; those whose keys are in the selector come first."""
        labels = node.labels
        first = {key: labels[key] for key in self._asked if key is not None and key in labels}
        return {**first, **labels}.items()


def _state(node: Node) -> tuple[str, str]:
    """Return a node's state, and the CSS class of this state in ``page.css``."""
    if node.state is None:
        return "unknown", "none"
    return node.state, "up" if node.connected else "down"


def _shown(text: str, limit: int = _MAX_TEXT) -> str:
    """Return a user's text escaped and truncated; in quotes if it begins or ends with a blank."""
    text = truncate(printable(text[: limit + 1]), limit)
    return text if text == text.strip() else f'"{text}"'


@cache
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined  # takes 30 ms
    from markupsafe import Markup

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    environment.filters |= {
        "shown": _shown,
        "pieces": _pieces,
        "number": lambda number: f"{number:,}",
        "utc": lambda seconds: f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC",
    }
    environment.tests["absence"] = lambda result: is_absence(result.condition)
    style, script = _read("page.css"), _read("page.js")
    environment.globals |= {
        "bar_segments": _bar_segments,
        "pluralize": pluralize,
        "style": Markup(style),  # noqa: S704 - our own file
        "script": Markup(script),  # noqa: S704 - our own file
        "style_hash": _hash(style),
        "script_hash": _hash(script),
    }
    return environment.from_string(_read("page.jinja"))


def _pieces(text: str) -> str:
    """Return a text as HTML whose lines break between the parts of a key or value, not in them."""
    from markupsafe import Markup, escape

    piece = Markup("<span>{}</span>")

    def split(word: str) -> str:
        parts = [part for part in re.findall(_PIECE, word) if part]
        is_plain = len(parts) < 2 and "-" not in word
        return escape(word) if is_plain else Markup("").join(map(piece.format, parts))

    return Markup(" ").join(map(split, text.split(" ")))


def _read(name: str) -> str:
    return files("nodeselect.render").joinpath(name).read_text("utf-8")


def _hash(content: str) -> str:
    return f"sha256-{b64encode(sha256(content.encode()).digest()).decode()}"


def _bar_segments(parts: Iterable[tuple[Any, ...]], whole: int) -> list[tuple[str, int, int]]:
    """Return the CSS class, start and width of each part of a bar; leave out parts of size 0."""
    segments, start = [], 0
    for name, part, *_ in parts:
        width = min(max(_BAR_WIDTH * part // whole, 6), _BAR_WIDTH - start) if part else 0
        if width:
            segments.append((name, start, width))
        start += width
    return segments
