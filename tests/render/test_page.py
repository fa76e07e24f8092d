"""The page of an explanation: what it shows, what it loads, and that user text is only text."""

import re
from base64 import b64encode
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodeselect import AnyOf, Inventory, Node, Selector
from nodeselect.render import page
from tests import golden
from tests.cli.running import Run, unprintable
from tests.render.pages import (
    HOSTILE,
    elements,
    embedded,
    fleet,
    hostile_fleet,
    page_of,
    without_pieces,
)

GOLDEN = Path(__file__).with_name("page.html")

NODES = [
    Node("n-1", {"region": "eu", "tier": "gold"}, "one", "connected"),
    Node("n-2", {"region": "eu", "debug": ""}, "two", "ready"),
    Node("n-3", {"region": "us", "gpu": "GPU-0: <NVIDIA> & Co"}, None, "lost"),
    Node("n-4", {}),
    Node("n-5", {"region": "EU", "tier": "gold"}, None, "connected"),
]
SELECTOR = Selector.of(
    match_ids=["n-1", "n-2", "n-3", "n-9", "one"],
    match_expressions=["region=eu,tier notin (silver,bronze),!debug"],
)


def bare_page() -> str:
    """Return a page of few nodes without its style and its script."""
    nodes = [NODES[0], Node("n-2", {"gpu": "GPU-0: <NVIDIA> & Co"}, None, "lost"), NODES[3]]
    selector = Selector.of(match_ids=["n-1", "n-9", "one"], match_expressions=["region=eu"])
    sources = {"job.yaml": 1e9, "standard input": None}
    text = page_of(nodes, selector, "job.yaml on fleet.json", sources=sources)
    text = re.sub(r"(<style>|<script>)\n.*?(</style>|</script>)", r"\1\2", text, flags=re.DOTALL)
    return re.sub(r"sha256-[\w+/=]+|(?<=<p>nodeselect )[^<]+", "…", text)


def test_golden_page() -> None:
    golden.check(GOLDEN, bare_page())


@pytest.mark.parametrize("selector", ["zone", "region=eu", "host", "region=eu,region=us"])
@pytest.mark.parametrize("nodes", [[], NODES, fleet(), hostile_fleet()])
def test_whole(nodes: list[Node], selector: str) -> None:
    """Every element is closed, ids are unique, and each link has a target."""
    read = elements(page_of(nodes, selector))
    ids = [each.attributes["id"] for each in read if "id" in each.attributes]
    assert len(ids) == len(set(ids))
    links = {each.attributes["href"] for each in read if each.tag == "a"}
    assert links <= {f"#{name}" for name in ids}
    named = {
        each.attributes[name]
        for each in read
        for name in ("aria-labelledby", "aria-describedby")
        if name in each.attributes
    }
    assert named <= set(ids)


def test_everything_and_nothing() -> None:
    """The empty selector is called out; a selector that matches nothing has one requirement."""
    text = page_of(NODES, Selector.everything())
    assert "<h1>5 of 5 nodes match</h1>" in text
    assert "it matches every node" in text
    assert '<p class="advice alarm">' in text
    assert '<rect class="left"' not in text.partition("</header>")[0]
    assert 'id="requirements"' not in text
    assert 'id="reasons"' not in text
    assert "<code>&lt;nothing&gt;</code>" in page_of(NODES, Selector.nothing())


def test_nothing_from_outside() -> None:
    """A page has no address, no style or event in an attribute, and one script."""
    read = elements(page_of(hostile_fleet(), "region=eu"))
    for each in read:
        assert not [name for name in each.attributes if name.startswith("on")]
        assert not {"style", "src", "srcdoc", "action", "formaction"} & set(each.attributes)
        assert (each.attributes.get("href") or "#")[0] == "#" or each.tag == "link"
    assert [each.attributes["href"] for each in read if each.tag == "link"] == ["data:,"]
    assert [each.shape for each in read if each.tag == "script"] == [
        ("script", "type", "id"),
        ("script",),
    ]


def test_policy() -> None:
    """The policy, see page.html, allows only the page's own style and script, by hash."""
    read = elements(page_of(NODES, SELECTOR))
    (style,) = (each.text for each in read if each.tag == "style")
    (script,) = (each.text for each in read if each.shape == ("script",))
    (policy,) = (each.attributes["content"] for each in read if "http-equiv" in each.attributes)
    for kind, text in {"style": style, "script": script}.items():
        digest = b64encode(sha256(text.encode()).digest()).decode()
        assert f" {kind}-src 'sha256-{digest}';" in str(policy)
        assert text.isascii()
        assert not re.search(r"</|<!|innerHTML|eval|url\(|@import|https?:", text)


LABEL = st.text(
    st.one_of(st.characters(), st.sampled_from("<>&\"'/=!-]\\\u2028\u202e\0")), min_size=1
)


@settings(max_examples=100, deadline=None)
@given(LABEL, LABEL, LABEL, LABEL, LABEL)
def test_any_text(key: str, value: str, name: str, state: str, subject: str) -> None:
    """Whatever a node holds, the page has the same elements and attributes."""
    selector = "something-else=not-a-name"  # is similar to nothing, so that there are no hints
    text = page_of([Node("n-1", {key: value}, name, state)], selector, subject)
    expected = page_of([Node("n-1", {"k": "v"}, "name", "on")], selector, "subject")
    shapes = [  # a text may have several pieces, each a span
        [each.shape for each in elements(page) if each.tag != "span"] for page in (text, expected)
    ]
    assert shapes[0] == shapes[1]
    assert not unprintable(text)
    text.encode()
    assert embedded(text)["rows"][0][0] == "n-1"


def test_blanks_at_the_ends_of_a_value_are_visible() -> None:
    """Such a value is quoted, in the table of labels and in the script's data."""
    text = page_of([Node("n-1", {"region": "eu ", "gpu": " ", "tier": "a b"})], "region=eu")
    assert "<code>&#34;eu &#34;</code>" in without_pieces(text)
    assert {value for _, value in embedded(text)["labels"]} == {'"eu "', '" "', "a b"}


def test_data() -> None:
    """The script's data has all nodes, with their texts escaped and truncated."""
    text = page_of(hostile_fleet(), "region=eu")
    data = embedded(text)
    assert len(data["rows"]) == len(HOSTILE)
    values = [value for _, value in data["labels"]]
    assert "</script><script>alert(1)</script>" in values
    assert "\\x00\\x1b[31m\\x07\\x0d\\x0a\\x09\\x85" in values
    assert max(map(len, values)) == 320
    (packed,) = (each.text for each in elements(text) if each.attributes.get("id") == "data")
    assert packed.isascii()
    assert not set("<>&") & set(packed)


@pytest.mark.parametrize(
    "selector",
    [
        SELECTOR,
        *map(Selector.parse, ("region=eu,gpu", "gpu,gpu,!gpu", "region!=eu,host,!extra-1")),
        Selector.parse("region=eu,gpu") | Selector.parse("gpu,!extra-1"),
        SELECTOR | Selector.parse("region=us"),
        Selector.everything() | Selector.parse("gpu"),
        AnyOf([]),
    ],
)
def test_rows_are_those_that_are_counted(selector: Selector | AnyOf) -> None:
    nodes = [*NODES, *fleet()]
    explanation = Inventory(nodes).explain(selector)
    data = embedded(page_of(nodes, selector))
    counted = Counter(tuple(data["failures"][row[3]]) for row in data["rows"])
    assert counted.pop((), 0) == explanation.matched
    assert counted == {reason.failed: reason.nodes for reason in explanation.reasons}
    assert data["requirements"] == [outcome.text for outcome in explanation.requirements]


def test_several_selectors() -> None:
    """The labels of all selectors are outlined; what they do not share is one requirement."""
    selector = Selector.parse("tier=gold,debug") | Selector.parse("debug,region=eu")
    text = page_of(NODES, selector)
    assert '<p class="selector"><code>debug,(tier=gold or region=eu)</code></p>' in without_pieces(
        text
    )
    data = embedded(text)
    assert data["requirements"] == ["debug", "(tier=gold or region=eu)"]
    keys = [[data["keys"][at] for at in each] for each in data["selectorKeys"]]
    assert keys == [["debug"], ["tier", "region"]]


def test_order_of_rows() -> None:
    """Nodes that match come first, then those that fail the fewest requirements."""
    data = embedded(page_of(fleet(), "region=eu,gpu,!extra-0"))
    failed = [len(data["failures"][row[3]]) for row in data["rows"]]
    assert failed == sorted(failed)
    matching = [row[0] for row in data["rows"] if not data["failures"][row[3]]]
    assert matching == sorted(matching)


def test_facets() -> None:
    """Keys of the selector come first; each value has its nodes, and those that match."""
    text = page_of(fleet(), "gpu,region")
    keys = re.findall(r"<caption><h3><code>(.*?)</code>", text)
    assert keys[:3] == ["gpu", "region", "host"]
    eu = [node for node in fleet() if node.labels.get("region") == "eu"]
    matching = sum("gpu" in node.labels for node in eu)
    row = re.search(r"<code>eu</code>\n<svg.*?</tr>", text, re.DOTALL)
    assert row is not None
    assert re.findall(r">([\d,]+)</a>", row[0]) == [str(len(eu)), str(matching)]
    assert "<i>empty</i>" in text


def test_more_nodes_than_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table without all nodes has those that match, and says so; the numbers stay."""
    nodes = [Node(f"n-{at}", {"at": str(at)}) for at in range(9)]
    monkeypatch.setattr(page, "_MAX_ROWS", 4)
    text = page_of(nodes, "at>6")
    assert "<h1>2 of 9 nodes match</h1>" in text
    assert "This table has only the first 4 of 9 nodes." in text
    assert [row[0] for row in embedded(text)["rows"]] == ["n-7", "n-8", "n-0", "n-1"]
    assert not re.search("<a [^>]*data-(fails|reason|label)", text)


def test_requirements_in_the_order_in_which_they_were_written() -> None:
    """The selector is shown in the order of the table; ids come first in both."""
    expressions = ["tier in (b,a)", "region=eu,!debug", "region=eu"]
    asked = Selector.of(match_expressions=expressions, match_ids=["n-2", "n-1"])
    text = page_of(NODES, asked)
    shown = "&lt;id in (n-1,n-2)&gt;,tier in (a,b),region=eu,!debug"
    assert f'<p class="selector"><code>{shown}</code></p>' in without_pieces(text)
    rows = re.findall(r'id="requirement-\d"><code>(.*?)</code>', without_pieces(text))
    assert ",".join(rows) == shown


def test_what_to_write_can_be_copied() -> None:
    text = page_of([Node("n-1", {"region": "eu-west", "gpu": "1"})], "region=eu_west,gpu")
    assert "write region=eu-west instead of region=eu_west" in without_pieces(text)
    assert 'data-copy="region=eu-west"' in text
    assert "data-copy" not in page_of(NODES, "region=eu").partition("<script")[0]
    both = page_of([Node("n-1", {"region": "eu-west"})], "name=n-1,region=eu_west")
    assert re.findall('data-copy="(.*?)"', both) == ["n-1", "region=eu-west"]


EXPLAIN = ("explain", "-n", "fleet.ndjson", "-o", "html")


@pytest.mark.usefixtures("fleet")
def test_the_command_prints_a_page(run: Run) -> None:
    """The page is on standard output, in ASCII, and the status is the same as without it."""
    result = run(*EXPLAIN, "-l", "region=eu")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("<!DOCTYPE html>\n")
    assert result.out.isascii()
    assert "<title>fleet.ndjson &#8211; 2 of 4 nodes match</title>" in result.out
    assert "<h1>2 of 4 nodes match</h1>" in result.out
    assert run(*EXPLAIN, "-l", "region=mars").status == 1


@pytest.mark.usefixtures("fleet")
def test_page_of_a_job(run: Run) -> None:
    Path("<job>").write_text("selector: {match_labels: {region: us}}\n")
    text = run(*EXPLAIN, "--job", "<job>", "--state", "ready,Lost").out
    assert '<p class="subject">&lt;job&gt; on fleet.ndjson, only lost or ready</p>' in text
    assert "<h1>1 of 2 nodes match</h1>" in text
    assert "n-1" not in text
