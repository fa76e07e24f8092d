"""The site: ``sphinx-build -W docs site`` builds it from the pages in this folder."""

import re
import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

_ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(_ROOT), str(_ROOT / "src")]

from docs import build_options, build_rules  # noqa: E402

from nodeselect import __version__  # noqa: E402

_SOURCE = "https://github.com/nodeselect/nodeselect/blob/main/"
_FILE_OUTSIDE = re.compile(r"\]\((?:\.\./)+(?=[\w.]+(?:/|\.md))")

project = "nodeselect"
copyright = "The nodeselect maintainers"  # noqa: A001 - Sphinx reads this name
release = __version__

extensions = ["myst_parser", "sphinx_copybutton"]
myst_heading_anchors = 4
suppress_warnings = ["misc.highlighting_failure"]
copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True

html_theme = "furo"
html_title = "nodeselect"
html_copy_source = False


def setup(app: Sphinx) -> None:
    """Build pages; change all of them before they are read, and before they are written."""
    app.connect("builder-inited", _build_pages)
    app.connect("source-read", _link_to_source)
    app.connect("html-page-context", _make_accessible, priority=900)  # after the theme


def _build_pages(app: Sphinx) -> None:
    """Write the pages that are made of the source."""
    for name, page in {
        "rules.md": build_rules.build_page(),
        "options.md": build_options.build_page(),
    }.items():
        Path(app.srcdir, name).write_text(page, "utf-8")


def _link_to_source(_app: Sphinx, page: str, source: list[str]) -> None:
    """Make links to files outside this folder links to the source; search no decisions."""
    source[0] = _FILE_OUTSIDE.sub(f"]({_SOURCE}", source[0])
    if page.startswith("decisions/"):
        source[0] = f"---\nnosearch: true\n---\n{source[0]}"


def _make_accessible(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: object
) -> None:
    """Set the level of headings in the list of pages; make long lines scrollable by keyboard."""
    tree = context.get("furo_navigation_tree", "")
    context["furo_navigation_tree"] = tree.replace(
        'role="heading"', 'role="heading" aria-level="2"'
    )
    body = context.get("body", "").replace("<pre>", '<pre tabindex="0">')
    context["body"] = body.replace('class="table-wrapper', 'tabindex="0" class="table-wrapper')
