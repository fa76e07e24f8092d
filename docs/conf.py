"""The site: ``sphinx-build -W docs site`` builds it from the pages in this folder."""

import re
from pathlib import Path

from sphinx.application import Sphinx

_PACKAGE = Path(__file__).parents[1] / "src/nodeselect/__init__.py"
_SOURCE = "https://github.com/nodeselect/nodeselect/blob/main/"
_FILE_OUTSIDE = re.compile(r"\]\((?:\.\./)+(?=[\w.]+(?:/|\.md))")

project = "nodeselect"
copyright = "The nodeselect maintainers"  # noqa: A001 - Sphinx reads this name
release = re.findall('__version__ = "(.*)"', _PACKAGE.read_text("utf-8"))[0]

extensions = ["myst_parser", "sphinx_copybutton"]
myst_heading_anchors = 4
suppress_warnings = ["misc.highlighting_failure"]
copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True

html_theme = "furo"
html_title = "nodeselect"
html_copy_source = False


def setup(app: Sphinx) -> None:
    """Make links to files outside this folder links to the source."""

    def absolute(_app: Sphinx, _page: str, source: list[str]) -> None:
        source[0] = _FILE_OUTSIDE.sub(f"]({_SOURCE}", source[0])

    app.connect("source-read", absolute)
