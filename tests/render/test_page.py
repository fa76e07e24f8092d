"""A page shows an explanation, needs nothing else, and is not impressed by any label."""

import os
import re
import subprocess
import sys
from base64 import b64encode
from collections import Counter
from hashlib import sha256
from pathlib import Path

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodeselect import Inventory, Node, Selector
from nodeselect.render.html import nodes as page_nodes
from nodeselect.render.html.page import write_page
from tests import golden
from tests.cli.running import unprintable
from tests.render.pages import HOSTILE, elements, embedded, fleet, hostile_fleet, made

GOLDEN = Path(__file__).with_name("page.html")

NODES = [
    Node("n-1", {"region": "eu", "tier": "gold"}, "one", "connected"),
    Node("n-2", {"region": "eu", "debug": ""}, "two", "ready"),
    Node("n-3", {"region": "us", "gpu": "GPU-0: <NVIDIA> & Co"}, None, "lost"),
    Node("n-4", {}),
    Node("n-5", {"region": "EU", "tier": "gold"}, None, "connected"),
]
ASKED = Selector.of(
    match_ids=["n-1", "n-2", "n-3", "n-9", "one"],
    match_expressions=["region=eu,tier notin (silver,bronze),!debug"],
)


def bare_page() -> str:
    """Give the page of the golden file, without its style and its script."""
    text = made(NODES, ASKED, "job.yaml on fleet.json")
    text = re.sub(r"(<style>|<script>)\n.*?(</style>|</script>)", r"\1\2", text, flags=re.DOTALL)
    return re.sub(r"sha256-[\w+/=]+", "sha256-…", text)


def test_golden_page() -> None:
    """A whole page is what it was."""
    golden.check(GOLDEN, bare_page())


@pytest.mark.parametrize("selector", ["zone", "region=eu", "host", "region=eu,region=us"])
@pytest.mark.parametrize("nodes", [[], NODES, fleet(), hostile_fleet()])
def test_whole(nodes: list[Node], selector: str) -> None:
    """Every element is closed, no id comes twice, and each link of the page leads somewhere."""
    read = elements(made(nodes, selector))
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
    """A selector without requirements has no funnel; one that takes nothing has one row."""
    text = made(NODES, Selector.everything())
    assert "<h1>5 of 5 nodes match</h1>" in text
    assert "it takes every node" in text
    assert '<p class="advice alarm">' in text
    assert '<rect class="left"' not in text.partition("</header>")[0]
    assert 'id="requirements"' not in text
    assert 'id="reasons"' not in text
    assert "<code>&lt;nothing&gt;</code>" in made(NODES, Selector.nothing())


def test_nothing_from_outside() -> None:
    """A page names no address, has no style or event in an attribute, and one script of ours."""
    read = elements(made(hostile_fleet(), "region=eu"))
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
    """The policy allows the style and the script that stand in the page, by hash, and no more."""
    read = elements(made(NODES, ASKED))
    (style,) = (each.text for each in read if each.tag == "style")
    (script,) = (each.text for each in read if each.shape == ("script",))
    (policy,) = (each.attributes["content"] for each in read if "http-equiv" in each.attributes)

    def hashed(text: str) -> str:
        return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"

    assert policy is not None
    assert dict(part.strip().split(" ", 1) for part in policy.split(";")) == {
        "default-src": "'none'",
        "style-src": hashed(style),
        "script-src": hashed(script),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
    }
    for text in (style, script):
        assert text.isascii()
        assert not re.search(r"</|<!|innerHTML|eval|url\(|@import|https?:", text)


def test_hostile_labels() -> None:
    """Hostile texts make the elements and attributes that tame ones make, and no others."""
    tame = [
        Node(f"n-{at}", {f"k{at:02d}": "x", "region": "r" * len(text), "zone": "a"}, "name", "on")
        for at, text in enumerate(HOSTILE)
    ]
    text = made(hostile_fleet(), "region=eu")
    shapes = {each.shape for each in elements(text)}
    assert shapes == {each.shape for each in elements(made(tame, "region=eu"))}
    assert not unprintable(text)
    assert len(text) < 200_000


LABEL = st.text(
    st.one_of(st.characters(), st.sampled_from("<>&\"'/=!-]\\\u2028\u202e\0")), min_size=1
)


@settings(max_examples=100, deadline=None)
@given(LABEL, LABEL, LABEL, LABEL, LABEL)
def test_any_text(key: str, value: str, name: str, state: str, subject: str) -> None:
    """Whatever stands in a node, the page has the same elements and attributes."""
    asked = "something-else=b"  # is close to nothing, so that there are no hints
    text = made([Node("n-1", {key: value}, name, state)], asked, subject)
    expected = made([Node("n-1", {"k": "v"}, "name", "on")], asked, "subject")
    assert [each.shape for each in elements(text)] == [each.shape for each in elements(expected)]
    assert not unprintable(text)
    text.encode()
    assert embedded(text)["rows"][0][0] == "n-1"


def test_blanks_at_the_ends_of_a_value_are_seen() -> None:
    """Between quotes, in the table of labels, in the rows, and in what the script draws."""
    text = made([Node("n-1", {"region": "eu ", "gpu": " ", "tier": "a b"})], "region=eu")
    assert "<code>&quot;eu &quot;</code>" in text
    assert "<b>region</b>=&quot;eu &quot;</span>" in text
    assert "<small>has &quot;eu &quot;</small>" in text
    assert {value for _, value in embedded(text)["labels"]} == {'"eu "', '" "', "a b"}


def test_data() -> None:
    """The data are all nodes as a person reads them: escaped, and cut where they are long."""
    text = made(hostile_fleet(), "region=eu")
    data = embedded(text)
    assert len(data["rows"]) == len(HOSTILE)
    values = [value for _, value in data["labels"]]
    assert "</script><script>alert(1)</script>" in values
    assert "\\x00\\x1b[31m\\x07\\x0d\\x0a\\x09\\x85" in values
    assert max(map(len, values)) == 200
    (packed,) = (each.text for each in elements(text) if each.attributes.get("id") == "data")
    assert packed.isascii()
    assert not set("<>&") & set(packed)


@pytest.mark.parametrize(
    "selector",
    [ASKED, *map(Selector.parse, ("region=eu,gpu", "gpu,gpu,!gpu", "region!=eu,host,!extra-1"))],
)
def test_rows_are_those_that_are_counted(selector: Selector) -> None:
    """Row by row the table says what the numbers above it say."""
    nodes = [*NODES, *fleet()]
    explanation = Inventory(nodes).explain(selector)
    data = embedded(made(nodes, selector))
    counted = Counter(tuple(data["reasons"][row[3]]) for row in data["rows"])
    assert counted.pop((), 0) == explanation.matched
    assert counted == {reason.failed: reason.nodes for reason in explanation.reasons}
    assert data["requirements"] == [outcome.text for outcome in explanation.requirements]


def test_order_of_rows() -> None:
    """The nodes that match come first, then those that fail the fewest requirements."""
    data = embedded(made(fleet(), "region=eu,gpu,!extra-0"))
    failed = [len(data["reasons"][row[3]]) for row in data["rows"]]
    assert failed == sorted(failed)
    matching = [row[0] for row in data["rows"] if not data["reasons"][row[3]]]
    assert matching == [
        node.id
        for node in fleet()
        if node.labels.get("region") == "eu"
        and "gpu" in node.labels
        and "extra-0" not in node.labels
    ]


def test_facets() -> None:
    """Keys that are asked for come first; each value has its nodes, and those that match."""
    text = made(fleet(), "gpu,region")
    keys = re.findall(r'class="facet"><table><caption><h3><code>(.*?)</code>', text)
    assert keys[:3] == ["gpu", "region", "host"]
    eu = [node for node in fleet() if node.labels.get("region") == "eu"]
    matching = sum("gpu" in node.labels for node in eu)
    row = re.search(r"<code>eu</code><svg.*?</tr>", text)
    assert row is not None
    assert re.findall(r">([\d,]+)</a>", row[0]) == [str(len(eu)), str(matching)]
    assert "<i>empty</i>" in text


def test_more_nodes_than_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that has not all nodes has those that match, and says so; the numbers stay."""
    monkeypatch.setattr(page_nodes, "MOST_ROWS", 4)
    nodes = [Node(f"n-{at}", {"at": str(at)}) for at in range(9)]
    text = made(nodes, "at>6")
    assert "<h1>2 of 9 nodes match</h1>" in text
    assert "Only the first 4 of 9 are in this table." in text
    assert [row[0] for row in embedded(text)["rows"]] == ["n-7", "n-8", "n-0", "n-1"]
    assert page_nodes.MOST_ROWS == 4
    assert not re.search("<a [^>]*data-(fails|reason|label)", text)


def test_how_many_rows() -> None:
    """The table has 50,000 nodes, as the documentation says."""
    assert page_nodes.MOST_ROWS == 50_000


def test_requirements_in_the_order_in_which_they_were_written() -> None:
    """The selector of the headline has the order of the table; ids come first in both."""
    expressions = ["tier in (b,a)", "region=eu,!debug", "region=eu"]
    asked = Selector.of(match_expressions=expressions, match_ids=["n-2", "n-1"])
    text = made(NODES, asked)
    shown = "&lt;id in (n-1,n-2)&gt;,tier in (a,b),region=eu,!debug"
    assert f'<p class="selector"><code>{shown}</code></p>' in text
    rows = re.findall(r'id="requirement-\d"><code>(.*?)</code>', text)
    assert ",".join(rows) == shown


def test_first_rows() -> None:
    """Without its script a page has the first few hundred nodes."""
    text = made(fleet(), "region=eu")
    assert text.count('<tr role="row"><th scope="row"') == 200
    assert "200 of 500 nodes shown" in text


def test_same_bytes() -> None:
    """The same input gives the same page, whatever the seed of hashes."""
    script = (
        "import hashlib; from tests.render.pages import *; "
        "print(hashlib.sha256(made(fleet(), 'region=eu,gpu').encode()).hexdigest())"
    )
    pages = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=Path(__file__).parents[2],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(pages) == 1


def test_written(tmp_path: Path) -> None:
    """A page is written as UTF-8; where it cannot be, that is said."""
    write_page(str(tmp_path / "page.html"), "<p>\u00e9")
    assert (tmp_path / "page.html").read_bytes() == "<p>\u00e9".encode()
    with pytest.raises(click.ClickException, match=r"cannot write '.*': Is a directory"):
        write_page(str(tmp_path), "<p>")
    with pytest.raises(click.ClickException, match=r"cannot write 'a.x00b': that is no name"):
        write_page("a\0b", "<p>")


def test_a_page_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """Where the writing fails, what was there before stays, and nothing lies beside it."""
    script = (
        "import resource, signal, sys; from nodeselect.render.html.page import write_page\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (8_192, 8_192))\n"
        "write_page(sys.argv[1], 'x' * 100_000)"
    )
    before = tmp_path / "page.html"
    before.write_text("before")
    for file in (before, tmp_path / "new.html"):
        done = subprocess.run(
            [sys.executable, "-c", script, str(file)], capture_output=True, check=False, timeout=60
        )
        assert b"cannot write" in done.stderr
        assert b"File too large" in done.stderr
    assert before.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_page_is_written_over_another_one(tmp_path: Path) -> None:
    """The file stays the same one, with its mode and its other names, however long those are."""
    file = tmp_path / f"{'長' * 80}.html"
    write_page(str(file), "a longer one before")
    file.chmod(0o640)
    (tmp_path / "link.html").symlink_to(file)
    (tmp_path / "hard.html").hardlink_to(file)
    write_page(str(tmp_path / "link.html"), "after")
    assert (tmp_path / "hard.html").read_text() == file.read_text() == "after"
    assert file.stat().st_mode & 0o777 == 0o640
    (tmp_path / "loop.html").symlink_to("loop.html")
    with pytest.raises(click.ClickException, match="cannot write"):
        write_page(str(tmp_path / "loop.html"), "<p>")


def test_a_page_goes_where_it_is_sent(tmp_path: Path) -> None:
    """What is no file, such as a terminal or a pipe, is written to and not replaced."""
    read, write = os.pipe()
    write_page(f"/dev/fd/{write}", "<p>")
    os.close(write)
    with os.fdopen(read) as pipe:
        assert pipe.read() == "<p>"
