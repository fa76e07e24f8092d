"""Check the built site: ``python -m docs.check_site site``. Needs Chromium for the search."""

import re
import sys
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from docs import build_api
from tests.render.browser import Browser, browser, chromium

from nodeselect.jobs import all_rules

# The maximum number of words in the generated reference of the API.
MAX_WORDS = 14_000

# What people search, and a page that must be among the first three.
SEARCHES = {
    "install": "install.html",
    "Selector.parse": "api/selectors.html#nodeselect.selectors.Selector.parse",
    "Inventory.upsert": "api/inventory.html#nodeselect.inventory.Inventory.upsert",
    "exit status": "command-line.html#exit-status",
    "absent-key": "rules.html#absent-key",
    "not-in": "rules.html#not-in",
    "stability": "stability.html",
}


class Page(HTMLParser):
    """The ids of a page, and its text without navigation."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.text = ""
        self._depth = 0
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the id; count nested articles."""
        self.ids.add(dict(attrs).get("id") or "")
        self._depth += tag == "article"

    def handle_endtag(self, tag: str) -> None:
        """Leave an article."""
        self._depth -= tag == "article"

    def handle_data(self, data: str) -> None:
        """Note the text of an article."""
        if self._depth:
            self.text += data


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Print nothing."""


def _mistakes(site: Path) -> Iterator[str]:
    missing = {*all_rules()} - Page(site / "rules.html").ids
    if missing:
        yield f"rules without an anchor: {', '.join(sorted(missing))}"
    pages = [Page(path) for path in sorted(site.glob("api/*.html"))]
    names = {f"{face}.{name}" for face in build_api.FACES for name in build_api.names_of(face)}
    missing = names.difference(*(page.ids for page in pages))
    if missing:
        yield f"public names without an anchor: {', '.join(sorted(missing))}"
    words = sum(len(re.findall(r"\S*\w\S*", page.text)) for page in pages)
    print(f"{words:,} words in the reference of the API")
    if words > MAX_WORDS:
        yield f"more than {MAX_WORDS:,} words in the reference of the API"
    yield from _lost(site)


def _lost(site: Path) -> Iterator[str]:
    """Yield what the search of the site does not find."""
    path = chromium()
    if path is None:
        yield "the search needs Chromium"
        return
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site)))
    Thread(target=server.serve_forever, daemon=True).start()
    with browser(path) as tab:
        for words, target in SEARCHES.items():
            found = _search(tab, f"http://127.0.0.1:{server.server_port}/search.html?q={words}")
            if target not in found[:3]:
                yield f"the search for {words!r} finds {found[:3]}, not {target}"
    server.shutdown()


def _search(tab: Browser, address: str) -> list[Any]:
    """Return where the links of the first results lead."""
    tab.ask("Page.navigate", url=address)
    results: list[Any] = tab.run("""new Promise(done => {
        (function look() {
            const summary = document.querySelector(".search-summary")?.innerText ?? "";
            const links = [...document.querySelectorAll("#search-results li a")];
            if (/found|did not match/.test(summary)) done(links.map(a => a.getAttribute("href")));
            else setTimeout(look, 50);
        })();
    })""")
    return results


if __name__ == "__main__":
    mistakes = list(_mistakes(Path(sys.argv[1])))
    print(*mistakes, sep="\n")
    sys.exit(1 if mistakes else 0)
