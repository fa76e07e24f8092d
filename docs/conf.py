"""The site: ``sphinx-build -W docs site`` builds it from the pages in this folder."""

import inspect
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

_ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(_ROOT), str(_ROOT / "src")]

from docs import build_api, build_options, build_rules  # noqa: E402

from nodeselect import __version__  # noqa: E402

# The one place of the address.
_PYPROJECT = tomllib.loads(Path(_ROOT, "pyproject.toml").read_text("utf-8"))
SOURCE = _PYPROJECT["project"]["urls"]["Source"]
_SITE = _PYPROJECT["project"]["urls"]["Documentation"]
_LONG = 60  # characters of a signature
_FILE_OUTSIDE = re.compile(r"\]\((?:\.\./)+(?=[\w.]+/|[A-Z]\w+\.md)")

project = "nodeselect"
copyright = "The nodeselect maintainers"  # noqa: A001 - Sphinx reads this name
release = __version__

extensions = ["myst_parser", "sphinx_copybutton", "sphinx.ext.autodoc"]
autodoc_typehints_format = "short"
add_module_names = False
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"
myst_heading_anchors = 4
suppress_warnings = ["misc.highlighting_failure"]
copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True

html_theme = "shibuya"
html_title = "nodeselect"
html_copy_source = False
html_baseurl = f"{_SITE}/"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_favicon = "static/logo.svg"
html_theme_options = {
    "accent_color": "iris",
    "og_image_url": f"{_SITE}/_static/card.png",
    "light_logo": "_static/logo.svg",
    "dark_logo": "_static/logo.svg",
    "github_url": SOURCE,
    "globaltoc_expand_depth": 1,
    "nav_links": [
        {"title": "Start", "url": "install"},
        {"title": "Commands", "url": "explain"},
        {"title": "Python", "url": "library"},
        {"title": "Reference", "url": "language"},
    ],
}


def setup(app: Sphinx) -> None:
    """Build pages; change all of them before they are read, and before they are written."""
    app.connect("builder-inited", _build_pages)
    app.connect("source-read", _link_to_source)
    app.connect("autodoc-process-docstring", _link_to_pages)
    app.connect("autodoc-process-signature", _shorten_signature)
    app.connect("autodoc-skip-member", _skip_member)
    app.connect("html-page-context", _make_accessible, priority=900)  # after the theme


def _build_pages(app: Sphinx) -> None:
    """Write the pages that are made of the source."""
    build_api.write_pages(Path(app.srcdir, "api"))
    for name, page in {
        "rules.md": build_rules.build_page(),
        "options.md": build_options.build_page(),
    }.items():
        Path(app.srcdir, name).write_text(page, "utf-8")


def _link_to_source(_app: Sphinx, page: str, source: list[str]) -> None:
    """Make links to files outside this folder links to the source; search no decisions."""
    source[0] = _FILE_OUTSIDE.sub(f"]({SOURCE}/blob/main/", source[0])
    if page.startswith("decisions/"):
        source[0] = f"---\nnosearch: true\n---\n{source[0]}"


def _link_to_pages(
    _app: Sphinx, _what: str, _name: str, _value: object, _options: object, lines: list[str]
) -> None:
    """Make the names of pages in a docstring links to them."""
    lines[:] = [re.sub(r"``docs/([a-z-]+)\.md``", r":doc:`\1 </\1>`", line) for line in lines]


def _shorten_signature(
    _app: Sphinx,
    _what: str,
    _name: str,
    value: Any,
    _options: object,
    signature: str,
    returned: str,
) -> tuple[str, str] | None:
    """Show no arguments of a class that only nodeselect creates, and no types in a long line."""
    text = inspect.getdoc(getattr(value, "__init__", None)) or ""
    is_tuple = inspect.isclass(value) and issubclass(value, tuple)
    is_answer = text.startswith("Internal: ") or (
        is_tuple and len(getattr(value, "_fields", ())) > 4
    )
    if is_answer:
        return "", ""
    if len(signature or "") < _LONG:
        return None
    bare = [
        each.replace(annotation=each.empty) for each in inspect.signature(value).parameters.values()
    ]
    return str(inspect.Signature(bare)), returned


def _skip_member(
    _app: Sphinx, _what: str, _name: str, value: object, _skip: bool, _options: object
) -> bool | None:
    """Skip the fields of named tuples: their class describes them."""
    return True if (inspect.getdoc(value) or "").startswith("Alias for field") else None


def _make_accessible(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: object
) -> None:
    """Make long lines scrollable by keyboard."""
    context["body"] = context.get("body", "").replace("<pre>", '<pre tabindex="0">')
