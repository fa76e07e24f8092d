"""The page in a browser: its search, its looks, and what a screen reader finds.

The tests are skipped if there is no Chromium on this machine.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nodeselect import Node, Selector
from tests.render.browser import Browser, browser, chromium
from tests.render.pages import HOSTILE, fleet, hostile_fleet, page_of

SELECTOR = "region in (eu,us),gpu,!extra-0"


@pytest.fixture(scope="module")
def tab() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        pytest.skip("no Chromium on this machine (Debian's package is called chromium)")
    with browser(path) as started:
        yield started


@pytest.fixture
def show(tab: Browser, tmp_path: Path) -> Iterator[Browser]:
    """Open the page of 500 nodes; the browser must not complain during the test."""
    tab.complaints.clear()
    tab.look()
    open_page(tab, tmp_path, fleet())
    yield tab
    assert tab.complaints == []


def open_page(tab: Browser, folder: Path, nodes: list[Node], selector: str = SELECTOR) -> None:
    asked = Selector.parse(selector) & Selector.everything()
    (folder / "page.html").write_bytes(page_of(nodes, asked, "job.yaml").encode())
    tab.open(folder / "page.html")


def type_text(tab: Browser, text: str) -> str:
    tab.run("document.querySelector('input[type=search]').focus()")
    tab.run("document.querySelector('input[type=search]').select()")
    tab.ask("Input.insertText", text=text)
    if not text:
        tab.ask("Input.dispatchKeyEvent", type="keyDown", key="Delete", windowsVirtualKeyCode=46)
    return count_text(tab)


def count_text(tab: Browser) -> str:
    return str(tab.run("document.getElementById('count').textContent"))


def ids(tab: Browser) -> list[str]:
    script = (
        "[...document.querySelectorAll('.nodes tbody th code')].map((each) => each.textContent)"
    )
    found: list[str] = tab.run(script)
    return found


def click_link(tab: Browser, link: str) -> int:
    number = tab.run(f"document.querySelector('{link}').textContent")
    tab.run(f"document.querySelector('{link}').click()")
    return int(number.replace(",", ""))


def test_search(show: Browser) -> None:
    """Each word of a search is in the id, the name, the state, or a label as key=value."""
    nodes = fleet()
    assert count_text(show) == "500 nodes, the first 100 are shown"
    in_lost = [
        node.id for node in nodes if node.labels.get("region") == "eu" and node.state == "lost"
    ]
    assert type_text(show, "LOST region=eu") == f"{len(in_lost)} of 500 nodes"
    assert sorted(ids(show)) == in_lost
    assert type_text(show, "host=host-123") == "1 of 500 nodes"
    assert ids(show) == ["n-0123"]
    assert type_text(show, "node 321") == "1 of 500 nodes"
    assert type_text(show, "nobody") == "0 of 500 nodes"
    assert ids(show) == []
    assert type_text(show, "") == "500 nodes, the first 100 are shown"


def test_matching_only(show: Browser) -> None:
    matching = [node.id for node in fleet() if Selector.parse(SELECTOR).matches(node.labels)]
    show.run("document.querySelector('[value=match]').click()")
    assert count_text(show) == f"{len(matching)} of 500 nodes"
    assert ids(show) == matching
    show.run("document.querySelector('[value=fail]').click()")
    assert count_text(show).startswith(f"{500 - len(matching)} of 500 nodes")


@pytest.mark.parametrize(
    "link", ["[data-fails]", ".numbers [data-reason]", ".reasons a", ".facet a", "[data-show]"]
)
def test_numbers_lead_to_nodes(show: Browser, link: str) -> None:
    """A number that is a link shows that many nodes, and a button shows all again."""
    type_text(show, "nobody")
    number = click_link(show, link)
    assert count_text(show).startswith(f"{number} of 500 nodes")
    assert show.run("location.hash") == "#nodes"
    assert show.run("document.activeElement.id") == "nodes"
    show.run("document.querySelector('.chosen').click()")
    assert (
        "of 500" in count_text(show)
        if link == "[data-show]"
        else count_text(show).startswith("500 nodes")
    )


def test_rows(tab: Browser, tmp_path: Path) -> None:
    """A row has the verdict with the node's values, and its labels, those of the selector first."""
    labels = {f"k{at:02d}": "x" for at in range(12)} | {"region": "eu ", "gpu": ""}
    nodes = [Node("n-1", labels, "one", "lost"), Node("n-2", {"region": "us", "gpu": ""})]
    open_page(tab, tmp_path, nodes, "!gpu,region=eu,!k00,!k01,!k02")
    cells = (
        "[...document.querySelectorAll('.nodes tbody tr')].map((row) =>"
        " [...row.cells].map((cell) => cell.textContent.replaceAll('\\n', ' ').trim()))"
    )
    rest = " ".join(f"k{at:02d}=x" for at in range(3, 10))
    assert tab.run(cells) == [
        ["n-2", "unknown", "!gpu has an empty valueregion=eu has us", "gpu= region=us"],
        [
            "n-1one",
            "lost",
            '!gpu has an empty valueregion=eu has "eu "!k00 has x!k01 has x and 1 more',
            f'gpu= region="eu " k00=x k01=x k02=x {rest} 2 morek10=x k11=x',
        ],
    ]


def test_a_label_that_fails_is_marked(tab: Browser, tmp_path: Path) -> None:
    """Labels of the selector's keys are marked, and differently if they make the node fail."""
    open_page(
        tab, tmp_path, [Node("n-1", {"region": "eu", "tier": "a", "os": "x"})], "region,tier=b"
    )
    marked = tab.run(
        "[...document.querySelectorAll('.nodes .label')].map((each) => each.className)"
    )
    assert marked == ["label asked", "label asked wrong", "label"]


def test_copy(tab: Browser, tmp_path: Path) -> None:
    open_page(tab, tmp_path, [Node("n-1", {"region": "eu-west"})], "region=eu_west")
    tab.run(
        "Object.defineProperty(navigator, 'clipboard',"
        " { value: { writeText: async (text) => { window.copied = text; } } })"
    )
    tab.run("document.querySelector('.copy').click()")
    assert tab.run("window.copied") == "region=eu-west"
    assert tab.run("document.querySelector('.copy').textContent") == "Copied"


def test_more_rows(show: Browser) -> None:
    show.run("document.querySelector('.further').click()")
    assert count_text(show) == "500 nodes, the first 200 are shown"
    more = (
        "new Promise((done) => { new MutationObserver(done).observe("
        "document.querySelector('.nodes tbody'), { childList: true });"
        " const box = document.querySelector('.scroll');"
        " box.scrollTop = box.scrollHeight; }).then(() => 0)"
    )
    show.run(more)
    assert count_text(show) == "500 nodes, the first 300 are shown"
    show.run(more)
    show.run(more)
    assert count_text(show) == "500 nodes"
    assert show.run("document.querySelector('.further').hidden")
    assert len(ids(show)) == 500


def test_hostile_labels(tab: Browser, tmp_path: Path) -> None:
    tab.complaints.clear()
    open_page(tab, tmp_path, hostile_fleet())
    assert type_text(tab, "</script><script>alert(1)") == f"1 of {len(HOSTILE)} nodes"
    assert type_text(tab, "__proto__=x") == f"1 of {len(HOSTILE)} nodes"
    assert tab.run("document.querySelectorAll('script').length") == 2
    assert tab.complaints == []


@pytest.mark.parametrize("width", [320, 768, 1280])
@pytest.mark.parametrize(
    "nodes", [fleet(), hostile_fleet(), fleet(10_000)], ids=["fleet", "hostile", "large"]
)
def test_no_scrolling_sideways(tab: Browser, tmp_path: Path, nodes: list[Node], width: int) -> None:
    """Nothing is wider than the screen, however narrow it is and however long the labels are."""
    tab.look(width=width)
    open_page(tab, tmp_path, nodes)
    tab.run("for (const each of document.querySelectorAll('details')) each.open = true")
    assert tab.run("document.documentElement.scrollWidth") == width
    assert tab.run("innerWidth") == width


@pytest.mark.parametrize("width", [390, 1280])
def test_words_are_whole(tab: Browser, tmp_path: Path, width: int) -> None:
    """Of 210 nodes with long keys, the page is short, and no part of a key or value is broken."""
    key = "topology.kubernetes.io/zone-of-the-node"
    nodes = [
        Node(f"ip-10-0-0-{n}.eu-west-1.compute.internal", {key: "eu-west-1"}) for n in range(210)
    ]
    tab.look(width=width)
    open_page(tab, tmp_path, nodes, f"{key}=eu_west_1")
    lines = (
        "[...document.querySelectorAll('code span, .label span, small span, .advice span span')]"
        ".filter((each) => each.getClientRects().length > 1 || each.offsetHeight > 32)"
        ".map((each) => each.textContent)"
    )
    assert tab.run(lines) == []
    assert tab.run("document.documentElement.scrollHeight") <= 6_000


CONTRAST = """(() => {
    const light = (colour) => {
        const [r, g, b] = colour.match(/[\\d.]+/g).map((each) => {
            const part = each / 255;
            return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (element) => {
        const colour = element ? getComputedStyle(element).backgroundColor : "rgb(255, 255, 255)";
        return colour === "rgba(0, 0, 0, 0)" ? ground(element.parentElement) : colour;
    };
    const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const seen = [];
    while (words.nextNode()) {
        const element = words.currentNode.parentElement;
        if (!words.currentNode.data.trim() || /SCRIPT/.test(element.tagName)) continue;
        const pair = [light(getComputedStyle(element).color), light(ground(element))];
        const [dark, bright] = pair.sort((a, b) => a - b);
        seen.push([(bright + 0.05) / (dark + 0.05), words.currentNode.data]);
    }
    return [seen.sort((a, b) => a[0] - b[0])[0], light(ground(document.body))];
})()"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours(tab: Browser, tmp_path: Path, scheme: str) -> None:
    """The page follows the preferred colours, and all text has a contrast of at least 4.5 to 1."""
    tab.look(scheme=scheme)
    open_page(tab, tmp_path, fleet(), "region=ue,gpu")
    (least, word), ground = tab.run(CONTRAST)
    assert least >= 4.5, word
    assert ground < 0.05 if scheme == "dark" else ground > 0.8


@pytest.mark.parametrize("width", [390, 1280])
def test_screen_reader(tab: Browser, tmp_path: Path, width: int) -> None:
    """A screen reader finds tables, headings and labelled fields, on a phone as well."""
    tab.look(width=width)
    open_page(tab, tmp_path, fleet(60))
    tree = tab.ask("Accessibility.getFullAXTree")["nodes"]
    told = [(each["role"]["value"], each["name"]["value"]) for each in tree if "name" in each]
    assert ("searchbox", "Search") in told
    assert ("group", "Show") in told
    assert {name for role, name in told if role == "table"} >= {"Requirements", "Why not", "Nodes"}
    assert [name for role, name in told if role == "heading"][:3] == [
        "9 of 60 nodes match",
        "Requirements",
        "Why not",
    ]
    roles = [role for role, _ in told]
    assert roles.count("status") == 1
    assert sum(role == "rowheader" and name.startswith("n-") for role, name in told) == 60
    assert {"columnheader", "row", "navigation", "main"} <= set(roles)
    for role, name in told:
        assert name or role not in ("link", "button", "textbox", "searchbox", "radio")


def test_printed(show: Browser) -> None:
    type_text(show, "extra-13")  # nodes with many labels
    hidden = "!document.querySelector('{}').checkVisibility({{ contentVisibilityAuto: true }})"
    assert show.run(hidden.format(".nodes details .label"))
    show.ask("Emulation.setEmulatedMedia", media="print")
    shown = "(name) => getComputedStyle(document.querySelector(name)).display"
    names = ("form", "nav", ".nodes", ".nodes tr", ".nodes summary")
    displays = [show.run(f"({shown})('{name}')") for name in names]
    assert displays == ["none", "none", "table", "table-row", "none"]
    assert not show.run(hidden.format(".nodes details .label"))
    show.ask("Emulation.setEmulatedMedia", media="")
