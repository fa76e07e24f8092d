"""What was probably meant: a table of mistakes, and what is said of each.

``hints.txt`` has a line for each selector: the selector, and below it, indented, the code, the
message and what to write instead of each hint; ``-`` where nothing is said.
"""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from nodeselect import Inventory, Node, Selector
from nodeselect.inventory import hints, notes
from nodeselect.inventory.closeness import Known, is_close
from nodeselect.inventory.explanation import Hint
from nodeselect.inventory.rows import Rows
from nodeselect.inventory.store import Store
from tests.cli.running import unprintable

TABLE = Path(__file__).with_name("hints.txt")

FLEET = [
    Node("n-1", {"region": "eu-west", "tier": "premium", "gpu": "nvidia-l4"}, name="dublin-01"),
    Node("n-2", {"region": "eu-west", "tier": "standard", "disk_type": "ssd"}, name="dublin-02"),
    Node("n-3", {"region": "eu-central", "kubernetes.io/arch": "arm64", "team": "fab-7"}),
    Node(
        "n-4",
        {
            "region": "us-east",
            "tier": "premium",
            "maintenance": "true",
            "slots": "12",
            "version": "1.5",
        },
    ),
    Node("n-5", {"region": "us-east-1", "Zone": "b", "GPU 0": "NVIDIA L4", "rack": "r-17"}),
    Node(
        "n-6",
        {
            "region": "Asia",
            "\x1b[31mteam\u202e": "x",
            "slots": "none",
            "address": "100.0.1",
            "env": "PROD x",
        },
    ),
]


class Row(NamedTuple):
    """A row of the table."""

    question: str
    said: str


def rows() -> list[Row]:
    """Read the table."""
    text = re.sub(r"^#.*\n", "", TABLE.read_text("utf-8"), flags=re.MULTILINE)
    return [
        Row(match[1], match[2]) for match in re.finditer(r"^(\S.*)\n((?: {2}.*\n)+)", text, re.M)
    ]


def selector_of(question: str) -> Selector:
    """Read a question: a selector, with ids before it as ``id:n-1,n-2;``."""
    ids, _, text = question.rpartition(";")
    selector = Selector.parse(text)
    return selector & Selector.of(match_ids=ids.removeprefix("id:").split(",")) if ids else selector


def shown(found: tuple[Hint, ...]) -> str:
    """Write hints as the table has them."""
    lines = []
    for hint in found:
        lines.append(f"{hint.code}: {hint.message}")
        if hint.instead is not None:
            wrong = " and ".join(hint.wrong)
            lines.append(f"  {wrong} -> {hint.instead} ({hint.matches})")
    return "".join(f"  {line}\n" for line in lines or ["-"])


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.question)
@pytest.mark.parametrize("indexed", [True, False])
def test_table(row: Row, indexed: bool) -> None:
    """Each mistake is told as the table says, with and without an index, and can be printed."""
    told = Inventory(FLEET, indexed=indexed).explain(selector_of(row.question))
    assert shown(told.hints) == row.said
    assert not unprintable(shown(told.hints))


def test_the_table_has_every_code() -> None:
    """Every kind of hint stands in the table."""
    codes = set(re.findall(r"^ {2}([a-z-]+): ", TABLE.read_text("utf-8"), re.M))
    assert codes == {
        *("contradiction", "other-spelling", "other-prefix", "other-value", "other-key"),
        "name-for-id",
    }


def test_what_is_written_instead_can_be_parsed() -> None:
    """What a hint says to write is a selector, unless it is an id."""
    for row in rows():
        for hint in Inventory(FLEET).explain(selector_of(row.question)).hints:
            if hint.instead is not None and hint.code != "name-for-id":
                Selector.parse(hint.instead)


def test_three_at_most_and_the_first_ones() -> None:
    """Of many mistakes the first three are told."""
    told = Inventory(FLEET).explain(Selector.parse("regoin,Tier,disk-type,maintenence,teem=x"))
    assert [hint.wrong for hint in told.hints] == [("regoin",), ("Tier",), ("disk-type",)]


def test_the_order_of_nodes_and_of_labels_does_not_matter() -> None:
    """The same nodes in another order give the same hints."""
    backwards = [
        Node(node.id, dict(list(node.labels.items())[::-1]), name=node.name) for node in FLEET[::-1]
    ]
    for row in rows():
        selector = selector_of(row.question)
        assert (
            Inventory(backwards).explain(selector).hints == Inventory(FLEET).explain(selector).hints
        )


CLOSE = [
    pytest.param("region", "regoin", True, id="exchanged"),
    pytest.param("region", "regon", True, id="missing"),
    pytest.param("region", "reggion", True, id="doubled"),
    pytest.param("region", "rexion", True, id="wrong"),
    pytest.param("region", "rexoin", False, id="two-in-a-short-word"),
    pytest.param("maintenance", "maintainence", False, id="three-in-a-long-word"),
    pytest.param("maintenance", "mainteinence", True, id="two-in-a-long-word"),
    pytest.param("production", "prod", False, id="an-abbreviation"),
    pytest.param("gpu", "gpx", False, id="too-short"),
    pytest.param("node-12", "node-13", False, id="a-digit"),
    pytest.param("node-1", "node-12", False, id="a-digit-more"),
    pytest.param("10.0.0.1", "100.0.1", False, id="a-point-between-digits"),
    pytest.param("node1", "nodee1", True, id="a-letter-before-a-digit"),
    pytest.param("eu-west-1a", "eu-west-1d", False, id="a-letter-behind-a-digit"),
    pytest.param("us-east-1", "us-east-1b", False, id="a-letter-more-behind-a-digit"),
    pytest.param("us-east-1a", "us-west-1a", False, id="two-in-a-short-word-of-several"),
    pytest.param("eu-north", "eu-south", False, id="another-word-of-the-same-length"),
    pytest.param("eu-wset-1a", "eu-west-1a", True, id="one-word-of-several"),
    pytest.param("kubernetse.io/zone", "kubernetes.io/zone", True, id="in-a-prefix"),
    pytest.param("us-eest-prod", "us-east-prud", False, id="two-words-of-several"),
    pytest.param("eu-west", "ew-west", False, id="a-short-word-of-several"),
    pytest.param("euwset", "eu-west", False, id="a-slip-and-no-hyphen"),
    pytest.param("eu-wes-t", "eu-west", True, id="a-hyphen-more"),
    pytest.param("Platfrm", "platform", True, id="another-case-and-a-slip"),
    pytest.param("", "", False, id="nothing"),
]


@pytest.mark.parametrize(("one", "other", "close"), CLOSE)
def test_close(one: str, other: str, close: bool) -> None:
    """What is a slip, both ways."""
    assert is_close(one, other) is is_close(other, one) is close


def test_a_key_with_many_values_is_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a key tells nodes apart, no value is looked for, and no value is counted."""
    monkeypatch.setattr(hints, "_MANY", 3)
    monkeypatch.setattr(notes, "_MANY", 3)
    monkeypatch.setattr(notes, "_FEW", 3)
    monkeypatch.setattr(Known, "_near", None)  # would raise where it was called
    names = ["aaaa", "bbbb", "cccc", "dddd"]
    told = Inventory(Node(name, {"host": name}) for name in names).explain(
        Selector.parse("host=aaab,host>5")
    )
    assert told.hints[1:] == ()  # the first is the contradiction
    assert [outcome.note for outcome in told.outcomes] == [
        "no node has this value (4 nodes have the label)",
        "no node has such a number (4 nodes have the label)",
    ]


@pytest.mark.parametrize("indexed", [True, False])
def test_many_keys_are_not_searched(monkeypatch: pytest.MonkeyPatch, indexed: bool) -> None:
    """Where there are very many keys, none is looked for."""
    monkeypatch.setattr(hints, "_MANY", 3)
    node = Node("n", {"aaaa": "vv", "bbbb": "", "cccc": "", "dddd": ""})
    inventory = Inventory([node], indexed=indexed)
    assert inventory.explain(Selector.parse("aaab=vv")).hints == ()


@pytest.mark.parametrize("of", ["segment", "changes"])
def test_a_name_is_looked_up(monkeypatch: pytest.MonkeyPatch, of: str) -> None:
    """Whether an id is a name is found without a look at each node, once a table of names is made;
    the first living node of that name is told."""
    nodes = [Node(f"n-{at}", name=f"web-{at % 1_000}") for at in range(3_000)]
    inventory = Inventory(nodes if of == "segment" else [], compact_at=None)
    inventory.apply(nodes)
    inventory.remove("n-7")
    inventory.upsert(Node("n-1007", name="other"))
    asked = Selector.of(match_ids=["web-7", "n-0"])
    assert inventory.explain(asked).hints[0].instead == "n-2007"
    inventory.upsert(Node("n-0", name="web-7"))
    looked: list[int] = []
    node = Store.node

    def watched(self: Store, ordinal: int) -> Node:
        looked.append(ordinal)
        return node(self, ordinal)

    monkeypatch.setattr(Store, "node", watched)
    monkeypatch.delattr(Rows, "names")  # the table is made: whoever looks through them fails
    assert inventory.explain(Selector.of(match_ids=["web-7"])).hints[0].instead == "n-0"
    assert len(looked) < 10
    monkeypatch.undo()
    inventory.compact()
    assert inventory.explain(Selector.of(match_ids=["web-7"])).hints[0].instead == "n-0"


@pytest.mark.parametrize("gone", ["removed", "replaced"])
@pytest.mark.parametrize("begun", [0, 3_000])
def test_what_no_node_has_any_more(monkeypatch: pytest.MonkeyPatch, gone: str, begun: int) -> None:
    """Keys and values of nodes that are gone are not offered, and do not use up a limit."""
    for module in (hints, notes):
        monkeypatch.setattr(module, "_MANY", 3)
    old = [Node(f"old-{at}", {f"key-{at}": "", "tier": f"tier-{at}"}) for at in range(50)]
    old += [Node("old", {"regoin": "eu", "tier": "premuim"})]
    kept = [Node(f"n-{at}", {"region": "eu", "tier": "premium"}) for at in range(1 + begun)]
    inventory = Inventory([*old, *kept], compact_at=None)
    if gone == "removed":
        inventory.apply([node.id for node in old])
    else:
        inventory.apply([Node(node.id, {"region": "eu"}) for node in old])
    for text, instead in (
        ("regon=eu", "region=eu"),
        ("tier=premiun", "tier=premium"),
        ("tier!=premiun", "tier!=premium"),
        ("zone=premium", "tier=premium"),
        ("regoin=eu", "region=eu"),
        ("key-7=premium", "tier=premium"),
    ):
        told = inventory.explain(Selector.parse(text))
        assert [hint.instead for hint in told.hints] == [instead]
        inventory_now = Inventory(inventory)
        assert told.hints == inventory_now.explain(Selector.parse(text)).hints


def test_few_words_of_a_large_set_are_looked_for() -> None:
    """Of a set of a thousand values the first few are looked for."""
    values = [f"x{number}" for number in range(1_000)]
    told = Inventory(FLEET).explain(
        Selector.of(match_expressions=[f"tier in ({','.join(values)})"])
    )
    assert told.hints == ()
    told = Inventory(FLEET).explain(Selector.parse("tier in (premum,gold,zzz)"))
    assert told.hints[0].instead == "tier in (gold,premium,zzz)"


def test_a_name_that_several_nodes_have() -> None:
    """The first node is told, and that it is not the only one."""
    nodes = [Node("n-9", name="web"), Node("n-1", name="web"), Node("n-2", name="db")]
    (hint,) = Inventory(nodes).explain(Selector.of(match_ids=["web"])).hints
    assert hint.message == (
        "'web' is the name of a node, not an id; its id is 'n-9' (the first of 2 with this name)"
    )
    (hint,) = Inventory(nodes).explain(Selector.of(match_ids=["web", "db", "n-1"])).hints
    assert (hint.instead, hint.matches) == ("n-2,n-9", 3)
    assert hint.message == (
        "'db' and 'web' are names of nodes, not ids; their ids are 'n-2' and 'n-9' (the first of 2"
        " with this name)"
    )
