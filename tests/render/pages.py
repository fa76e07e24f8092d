"""Fleets for pages, and pages parsed again."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from nodeselect import AnyOf, Inventory, Node, Selector
from nodeselect.render.page import render_page

# Texts of labels, names and states that try to become markup.
HOSTILE = (
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]><![CDATA[",
    '" onmouseover="alert(1)" x=\'',
    "&lt;b&gt;&amp;&#60;",
    "javascript:alert(1)",
    "\u202egnp.\u2066\u200b\ufeff",
    "\x00\x1b[31m\x07\r\n\t\x85",
    "\u2028\u2029",
    "\ud800\udfff\ufffe",
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "<" * 5_000,
    "a" * 5_000,
    "__proto__",
    "constructor",
)


def page_of(
    nodes: Iterable[Node],
    selector: str | Selector | AnyOf,
    subject: str = "",
    sources: Mapping[str, float | None] | None = None,
) -> str:
    parsed = Selector.parse(selector) if isinstance(selector, str) else selector
    inventory = Inventory(nodes)
    everything = inventory.match(Selector.everything())
    explanation = inventory.explain(parsed)
    return render_page(explanation, parsed.split(), everything, subject, sources=sources)


def fleet(n: int = 500) -> list[Node]:
    """Return nodes with few and many values, some without labels, in several states."""
    regions, states = ("eu", "us", "ap", ""), ("connected", "ready", "disconnected", "lost", None)
    nodes = []
    for at in range(n):
        labels = {"region": regions[at % 4], "host": f"Host-{at}"}
        labels |= {} if at % 3 else {"gpu": "l4"}
        labels |= {f"extra-{each}": str(each) for each in range(14)} if at % 50 == 1 else {}
        name = f"Node {at}" if at % 2 else None
        nodes.append(Node(f"n-{at:04d}", labels if at % 17 else {}, name, states[at % 5]))
    return nodes


def hostile_fleet() -> list[Node]:
    return [
        Node(f"n-{at}", {text: "x", "region": text, "zone": "a"}, name=text, state=text[:200])
        for at, text in enumerate(HOSTILE)
    ]


@dataclass
class Element:
    """A start tag, and the text directly inside the element."""

    tag: str
    attributes: dict[str, str | None]
    text: str = ""

    @property
    def shape(self) -> tuple[str, ...]:
        return (self.tag, *self.attributes)


class _Reader(HTMLParser):
    VOID = frozenset({"br", "input", "link", "meta", "rect", "wbr"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[Element] = []
        self.elements: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        assert len(attributes) == len(attrs), f"{tag} has an attribute twice"
        element = Element(tag, attributes)
        self.elements.append(element)
        if tag not in self.VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.open[-1].text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data}")


def elements(text: str) -> list[Element]:
    """Parse a page; all its elements must be closed."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert not reader.open
    return reader.elements


def without_pieces(text: str) -> str:
    """Return a page without the spans of the pieces of texts."""
    return text.replace("<span>", "").replace("</span>", "")


def embedded(text: str) -> dict[str, Any]:
    (data,) = (each for each in elements(text) if each.attributes.get("id") == "data")
    read: dict[str, Any] = json.loads(data.text)
    return read
