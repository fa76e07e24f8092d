"""An explanation as one HTML page for a browser, a phone or a printer.

``page.jinja`` is the page's markup; ``page.js`` draws the table of nodes and searches it. The page
loads nothing, and its Content-Security-Policy allows only its own style and script, by their
hashes. The same input gives the same bytes.
"""

from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from nodeselect.explain import Explanation, headline
from nodeselect.explain.wording import excluded_by_state, missing_ids_text
from nodeselect.node import Node
from nodeselect.render.html.node_table import NodeTable, shown
from nodeselect.selectors import Selector
from nodeselect.text import pluralize

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["MAX_ROWS", "render_page"]

MAX_ROWS = 50_000
"""How many nodes the table of a page has at most; its counts are those of all nodes."""

_BAR_WIDTH = 1_000


def render_page(
    explanation: Explanation,
    selector: Selector,
    nodes: Iterable[Node],
    subject: str = "",
    *,
    max_rows: int = MAX_ROWS,
) -> str:
    """Return an explanation as a page.

    :param nodes: all nodes that it was explained over, in inventory order.
    :param subject: what was explained, such as ``job.yaml on nodes.json``.
    """
    table = NodeTable(selector, nodes, max_rows)
    missing, excluded = missing_ids_text(explanation), explanation.excluded_ids
    page = _template().render(
        explanation=explanation,
        headline=headline(explanation.matched, explanation.total, None),
        id_notes=[text for text in (missing, excluded and excluded_by_state(excluded)) if text],
        selector=",".join(map(str, selector.split())),
        subject=subject,
        table=table,
        data=table.data(requirement.text for requirement in explanation.requirements),
    )
    return page.lstrip() + "\n"


@cache
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined  # takes 30 ms, so only --html loads it
    from markupsafe import Markup

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    environment.filters |= {"shown": shown, "number": lambda number: f"{number:,}"}
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


def _read(name: str) -> str:
    return files("nodeselect.render.html").joinpath(name).read_text("utf-8")


def _hash(content: str) -> str:
    return f"sha256-{b64encode(sha256(content.encode()).digest()).decode()}"


def _bar_segments(parts: Iterable[tuple[Any, ...]], whole: int) -> list[tuple[str, int, int]]:
    """Return the class, start and width of each part of a bar; only a size of 0 is not drawn."""
    segments, start = [], 0
    for name, part, *_ in parts:
        width = min(max(_BAR_WIDTH * part // whole, 6), _BAR_WIDTH - start) if part else 0
        if width:
            segments.append((name, start, width))
        start += width
    return segments
