"""The templates of pages, and what every page has.

``frame.jinja`` is the frame of all pages. A page loads nothing, and its Content-Security-Policy
allows only its own style and script, by their hashes. The same input gives the same bytes.
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeAlias

from nodeselect import __version__
from nodeselect.text import pluralize, printable, truncate

if TYPE_CHECKING:
    from jinja2 import Environment

Sources: TypeAlias = Mapping[str, float | None]
"""The inputs of a page: their names, and when each was modified, in seconds since 1970, or None."""

# A user's text is truncated to this many characters, unless a place has its own limit.
_MAX_TEXT = 200

_BAR_WIDTH = 1_000


def shown(text: str, limit: int = _MAX_TEXT) -> str:
    """Return a user's text escaped and truncated; in quotes if it begins or ends with a blank."""
    text = truncate(printable(text[: limit + 1]), limit)
    return text if text == text.strip() else f'"{text}"'


def render_template(name: str, *, subject: str, sources: Sources | None, **values: Any) -> str:
    """Return the HTML of a page.

    :param name: the file name of the template, such as ``page.jinja``.
    :param subject: what the page is about, such as ``job.yaml on nodes.json``.
    """
    template = _environment().get_template(name)
    page = template.render(subject=subject, sources=sources or {}, version=__version__, **values)
    return page.lstrip() + "\n"


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FunctionLoader, StrictUndefined  # takes 30 ms
    from markupsafe import Markup

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FunctionLoader(_read),
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    environment.filters |= {
        "shown": shown,
        "number": lambda number: f"{number:,}",
        "utc": lambda seconds: f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC",
    }
    style, script = _read("page.css"), _read("page.js")
    environment.globals |= {
        "bar_segments": _bar_segments,
        "pluralize": pluralize,
        "style": Markup(style),  # noqa: S704 - our own file
        "script": Markup(script),  # noqa: S704 - our own file
        "style_hash": _hash(style),
        "script_hash": _hash(script),
    }
    return environment


def _read(name: str) -> str:
    return files("nodeselect.render.html").joinpath(name).read_text("utf-8")


def _hash(content: str) -> str:
    return f"sha256-{b64encode(sha256(content.encode()).digest()).decode()}"


def _bar_segments(parts: Iterable[tuple[Any, ...]], whole: int) -> list[tuple[str, int, int]]:
    """Return the class, start and width of each part of a bar; parts with the size 0 are left out.

    :param parts: tuples that begin with the name and the size of a part.
    :param whole: the size of the whole bar.
    """
    segments, start = [], 0
    for name, part, *_ in parts:
        width = min(max(_BAR_WIDTH * part // whole, 6), _BAR_WIDTH - start) if part else 0
        if width:
            segments.append((name, start, width))
        start += width
    return segments
