"""Explanations in Python: their edges, their texts, and that they stay bounded."""

import re

import pytest

from nodeselect import Correction, Explanation, Inventory, Node, Selector
from nodeselect.explain import exclude_by_state, main_problem, notes
from nodeselect.render.explanation import render_text

NODES = [
    Node("n-1", {"region": "eu", "tier": "gold"}, state="connected"),
    Node("n-2", {"region": "eu", "debug": ""}, state="lost"),
    Node("n-3", {"region": "us"}),
]

NO_ID = Selector.of(match_ids=["n-1"]) & Selector.of(match_ids=["n-2"])


def explained(text: str, nodes: list[Node] | None = None) -> Explanation:
    """Explain a selector over a few nodes."""
    return Inventory(NODES if nodes is None else nodes).explain(Selector.parse(text))


def test_one_node_that_is_not_there() -> None:
    """An id that no node has is a KeyError, as for a dictionary."""
    with pytest.raises(KeyError):
        Inventory(NODES).explain_node(Selector.everything(), "n-9")


@pytest.mark.parametrize(
    ("selector", "nodes", "headline", "recommendation"),
    [
        pytest.param("", [], "0 of 0 nodes match", "there are no nodes", id="no-nodes"),
        pytest.param("a,!a", [], "0 of 0 nodes match", "there are no nodes", id="never-and-none"),
        pytest.param(
            "",
            NODES,
            "3 of 3 nodes match, 1 of them connected",
            "the selector is empty: it matches EVERY node",
            id="all",
        ),
        pytest.param(
            "region",
            NODES,
            "3 of 3 nodes match, 1 of them connected",
            "every node matches",
            id="all-by-a-requirement",
        ),
        pytest.param(
            "!regoin",
            NODES,
            "3 of 3 nodes match, 1 of them connected",
            "write !region instead of !regoin: no node would match any more",
            id="all-by-a-slip",
        ),
        pytest.param(
            "tier,!regoin",
            NODES,
            "1 of 3 nodes match, 1 of them connected; 2 do not: all fail tier",
            "write !region instead of !regoin: no node would match any more",
            id="some-by-a-slip",
        ),
        pytest.param(
            "x=1",
            NODES[:1],
            "0 of 1 node matches: it fails x=1",
            "no node has the label 'x'; change or remove this requirement",
            id="one-node",
        ),
        pytest.param(
            "a,!a",
            NODES,
            "0 of 3 nodes match: all fail a",
            "remove one of a and !a: they contradict each other",
            id="contradiction",
        ),
        pytest.param(
            "gone,lost",
            NODES,
            "0 of 3 nodes match: all fail both gone and lost",
            "no node satisfies gone or lost; change that first",
            id="two-that-no-node-satisfies",
        ),
        pytest.param(
            "tier=gold,debug,region=us",
            NODES,
            "0 of 3 nodes match: 1 fails both tier=gold and debug; 1 fails both tier=gold and "
            "region=us; 1 fails both debug and region=us",
            "every node fails at least 2 requirements: no single change would match more nodes",
            id="no-single-change",
        ),
        pytest.param(
            "region=eu",
            NODES,
            "2 of 3 nodes match, 1 of them connected; 1 does not: it fails region=eu",
            "region=eu is the only requirement; the values of its label: 'eu' (2), 'us' (1)",
            id="the-only-one",
        ),
        pytest.param(
            "debug",
            NODES,
            "1 of 3 nodes match, 0 of them connected; 2 do not: all fail debug",
            "debug is the only requirement, and 2 nodes fail it",
            id="the-only-one-without-values",
        ),
    ],
)
def test_headline_and_recommendation(
    selector: str, nodes: list[Node], headline: str, recommendation: str
) -> None:
    """What is said in one line, and what to change."""
    told = explained(selector, nodes)
    assert (told.headline, told.recommendation) == (headline, recommendation)
    assert str(told) == f"{headline}\n{recommendation}"


@pytest.mark.parametrize("selector", [Selector.nothing(), NO_ID])
def test_a_selector_that_takes_nothing(selector: Selector) -> None:
    """It is one requirement, which every node fails."""
    told = Inventory(NODES).explain(selector)
    assert told.headline == "0 of 3 nodes match: all fail <nothing>"
    assert told.recommendation == "this selector can never match"
    assert [(each.text, each.failing, each.failing_only_this) for each in told.requirements] == [
        ("<nothing>", 3, 3)
    ]
    assert told.hints == ()


@pytest.mark.parametrize(
    "text",
    [
        *("debug,debug", "tier=gold,tier=gold", "tier in (a,b),tier in (b,a)"),
    ],
)
def test_what_is_said_twice_counts_once(text: str) -> None:
    """A requirement that stands twice is one, and alone in the way."""
    told = explained(text)
    assert len(told.requirements) == 1
    assert told.requirements[0].failing_only_this == told.requirements[0].failing


def test_ids() -> None:
    """Ids are one requirement; those that no node has are named."""
    told = Inventory(NODES).explain(Selector.of(match_ids=["n-1", "n-8", "n-9"]))
    assert told.requirements[0].text == "<id in (n-1,n-8,n-9)>"
    assert told.missing_ids == ("n-8", "n-9")
    assert notes(told) == ("no node has the id 'n-8' or 'n-9'",)
    many = Inventory(NODES).explain(Selector.of(match_ids=[f"x-{n}" for n in range(1_000)]))
    assert many.requirements[0].text == "<one of 1,000 ids>"
    assert notes(many) == ("no node has the id 'x-0', 'x-1', 'x-10' and 997 more",)


def test_numbers_alone() -> None:
    """Without examples no node is named, not even the nearest, and the text goes without."""
    inventory = Inventory(NODES)
    told = inventory.explain(Selector.parse("tier=gold,debug,region=us"), examples=0)
    assert told.nearest == ()
    assert [reason.ids for reason in told.reasons] == [(), (), ()]
    assert told == inventory.explain(Selector.parse("tier=gold,debug,region=us"))._replace(
        reasons=told.reasons, nearest=()
    )


@pytest.mark.parametrize(
    ("examples", "error", "message"),
    [
        (-1, ValueError, "examples must not be negative"),
        (1.5, TypeError, "examples must be an int, not float"),
        (None, TypeError, "examples must be an int, not NoneType"),
    ],
)
def test_no_number_of_examples(examples: int, error: type[Exception], message: str) -> None:
    """What is no number of nodes is refused."""
    with pytest.raises(error, match=message):
        Inventory(NODES).explain(Selector.everything(), examples=examples)


@pytest.mark.parametrize("text", ["tier==silver,tier=silver", "tier=silver,tier in (silver)"])
def test_two_spellings_are_two_requirements(text: str) -> None:
    """What is said in two spellings stands twice: without one of them the other is still there."""
    told = explained(text)
    assert [outcome.failing_only_this for outcome in told.requirements] == [0, 0]
    assert "without" not in told.recommendation


def test_it_is_a_value() -> None:
    """An explanation cannot be changed, has a hash, and shows its headline."""
    told, again = explained("region=eu"), explained("region=eu")
    assert told == again
    assert hash(told) == hash(again)
    assert repr(told) == f"<Explanation: {told.headline}>"
    with pytest.raises(TypeError):
        told.states["lost"] = 7  # type: ignore[index]


def test_all_nodes_were_left_out() -> None:
    """Where no node is in the states asked for, that is the advice and the trouble, not that there
    are no nodes."""
    told = exclude_by_state(explained("region=eu", []), {"n-1": "lost", "n-2": None, "n-3": "lost"})
    assert told.recommendation == (
        "no node is in a requested state; available states: lost (2), none (1)"
    )
    assert main_problem(told) == told.recommendation
    assert told.excluded_states == {"lost": 2, None: 1}
    assert hash(told) == hash(
        exclude_by_state(explained("region=eu", []), {"a": "lost", "b": "lost", "c": None})
    )
    assert (
        exclude_by_state(explained("region=eu", []), {"n-1": None}).recommendation
        == "no node has a state"
    )
    assert exclude_by_state(explained("region=eu", []), {}).recommendation == "there are no nodes"
    assert exclude_by_state(explained("region=eu"), {"n-1": "lost"}).excluded_states == {}


@pytest.mark.parametrize(
    ("state", "connected"), [("connected", 1), ("ready", 1), ("lost", 0), (None, None)]
)
def test_connected_where_states_are_known(state: str | None, connected: int | None) -> None:
    """Where no node that matches has a state, none is told as connected or not, in JSON too."""
    told = explained("", [Node("n-1", {}, state=state)])
    assert told.as_dict()["connected"] == connected


def test_all_nodes_are_gone() -> None:
    """An inventory of which every node was removed explains as an empty one."""
    inventory = Inventory(NODES, compact_at=None)
    inventory.apply([node.id for node in NODES])
    told = inventory.explain(Selector.parse("region=eu,regoin=eu"))
    assert told == Inventory().explain(Selector.parse("region=eu,regoin=eu"))


@pytest.mark.parametrize(
    ("text", "note"),
    [
        pytest.param(
            "tier=silver", "no node has tier=silver; the values of 'tier': 'gold' (1)", id="value"
        ),
        pytest.param(
            "region in (a,b)",
            "no node has region in (a,b); the values of 'region': 'eu' (2), 'us' (1)",
            id="set",
        ),
        pytest.param(
            "tier!=silver", "tier!=silver excludes nothing: no node has this value", id="not-equal"
        ),
        pytest.param(
            "tier notin (a,b)",
            "tier notin (a,b) excludes nothing: no node has any of these values",
            id="none-of-them",
        ),
        pytest.param("owner", "no node has the label 'owner'", id="label"),
        pytest.param("owner>5", "no node has the label 'owner'", id="number-of-no-label"),
        pytest.param("!region", "every node has the label 'region'", id="absent"),
        pytest.param(
            "region notin (eu,us)",
            "no node satisfies region notin (eu,us): every node has one of these values",
            id="notin",
        ),
        pytest.param("region>5", "no value of the label 'region' is an integer", id="no-number"),
        pytest.param(
            "!owner", "!owner excludes nothing: no node has the label 'owner'", id="left-none-out"
        ),
        pytest.param(
            "owner!=x",
            "owner!=x excludes nothing: no node has the label 'owner'",
            id="not-equal-to-nothing",
        ),
        pytest.param("region", None, id="every-node"),
        pytest.param("debug", None, id="some-nodes"),
        pytest.param("!debug", None, id="some-nodes-without"),
    ],
)
def test_notes(text: str, note: str | None) -> None:
    """What is to be known of a requirement that takes no node, or leaves none out."""
    assert explained(text).requirements[0].note == note


def test_the_numbers_of_a_label() -> None:
    """Of a comparison that no node satisfies, the range of the numbers is told."""
    nodes = [Node(f"n-{value}", {"slots": value}) for value in ("4", "+12", "x", "-3")]
    told = Inventory(nodes).explain(Selector.parse("slots>12"))
    assert told.requirements[0].note == "the integers of the label 'slots' range from -3 to 12"


def test_many_requirements_on_many_nodes() -> None:
    """256 requirements that part the nodes in all ways end in a bounded number of groups, and in a
    bounded number of operations; the sums add up."""
    nodes = [
        Node(f"n-{number}", {f"k{bit}": "" for bit in range(256) if number * 7919 >> bit % 13 & 1})
        for number in range(3_000)
    ]
    told = Inventory(nodes).explain(Selector.parse(",".join(f"k{bit}" for bit in range(256))))
    assert len(told.requirements) == 256
    assert 200 < len(told.reasons) <= 256
    assert told.other_reasons > 0
    fewest = min(256 - len(node.labels) for node in nodes)
    near = [node for node in nodes if 256 - len(node.labels) == fewest][:5]
    assert [miss.id for miss in told.nearest] == [node.id for node in near]
    for miss, node in zip(told.nearest, near, strict=True):
        assert miss.failed == tuple(at for at in range(256) if f"k{at}" not in node.labels)
    counted = sum(reason.nodes for reason in told.reasons)
    assert told.matched + counted + told.other_reasons == told.total == 3_000
    text = render_text(told)
    assert len(text.splitlines()) < 600
    assert re.search(r"for other reasons$", text, re.MULTILINE)


LONG = "topology.example.com/area in (eu-central-1,eu-central-2,eu-central-3)"


def test_a_requirement_is_whole_in_all_that_is_told() -> None:
    """A requirement as people write them is told whole, where there is room."""
    told = explained(f"{LONG},tier=gold")
    assert told.headline == (
        f"0 of 3 nodes match: 2 fail both {LONG} and tier=gold; 1 fails {LONG}"
    )
    assert told.recommendation == (
        f"no node satisfies {LONG}; change or remove it: without it, 1 node would match"
    )
    assert notes(told) == ("no node has the label 'topology.example.com/area'",)
    assert main_problem(told) == notes(told)[0]
    ids = ("3f6c2f0e-18a3-4a0b-9a0e-6f8d6b1f5a01", "3f6c2f0e-18a3-4a0b-9a0e-6f8d6b1f5a02")
    told = Inventory(NODES).explain(Selector.of(match_ids=ids))
    assert told.headline == f"0 of 3 nodes match: all fail <id in ({','.join(ids)})>"


@pytest.mark.parametrize(
    ("selector", "told"),
    [
        pytest.param("debug,region=us", "debug: 1 node without it", id="none-matches"),
        pytest.param("region=eu,!debug", "region=eu: 1 more node without it", id="some-match"),
        pytest.param("tier,debug,region=us", "tier: 2 nodes fail it", id="none-alone"),
        pytest.param("tier", "tier: 2 nodes fail it", id="the-only-requirement"),
        pytest.param("tier=gold,nope", "no node has the label 'nope'", id="no-node-satisfies-it"),
        pytest.param("region", "every node matches", id="all"),
    ],
)
def test_trouble(selector: str, told: str) -> None:
    """The requirement to look at first, and what becomes of the nodes without it."""
    assert main_problem(explained(selector)) == told


def test_the_blocker() -> None:
    """Where no requirement is in the way alone, it is the one that the most nodes fail."""
    nodes = [Node("n-1", {"a": ""}), Node("n-2", {"b": ""}), Node("n-3", {"b": "", "c": ""})]
    told = explained("a,b,c,d", [*nodes, Node("n-4", {"d": "", "a": ""})])
    assert [outcome.failing_only_this for outcome in told.requirements] == [0, 0, 0, 0]
    assert told.main_blocker == 2
    assert [outcome.failing for outcome in told.requirements] == [2, 2, 3, 3]


def test_a_contradiction_is_told_whole() -> None:
    """So are the requirements that exclude each other."""
    told = explained(f"{LONG},!topology.example.com/area")
    both = f"{LONG} and !topology.example.com/area"
    assert told.hints[0].message == f"{both} contradict each other: no node can ever match"
    assert told.recommendation == f"remove one of {both}: they contradict each other"


def test_a_long_correction_is_cut_in_the_text() -> None:
    """What to write instead may be long: the advice shows its beginning, the hint has all."""
    values = ",".join(f"v{number:03d}" for number in range(500))
    told = explained(f"tier in (golld,{values})")
    assert told.hints[0].replacement == f"tier in (gold,{values})"
    assert told.hints[0].would_match == 1
    assert len(told.recommendation) < 450
    assert "… instead of tier in (golld,v000," in told.recommendation
    assert told.recommendation.endswith("…: 1 node would match")


SITES = [
    Node("n-1", {"region": "eu-west", "tier": "premium", "maintenance": "true"}),
    Node("n-2", {"region": "eu-west", "tier": "standard"}),
    Node("n-3", {"region": "us-east", "tier": "premium"}),
]


@pytest.mark.parametrize(
    ("selector", "recommendation"),
    [
        pytest.param(
            "!maintenence,region=eu_west,tier",
            "write !maintenance and region=eu-west instead of !maintenence and region=eu_west:"
            " 1 node would match",
            id="a-guard-as-well",
        ),
        pytest.param(
            "region=eu_west,tier=premum",
            "write region=eu-west and tier=premium instead of region=eu_west and tier=premum:"
            " 1 node would match",
            id="two-at-once",
        ),
        pytest.param(
            "region=us_east,tier=standrad",
            "write region=us-east and tier=standard instead of region=us_east and "
            "tier=standrad: still no node would match",
            id="two-and-still-none",
        ),
        pytest.param(
            "region=eu_west,color=red",
            "write region=eu-west instead of region=eu_west: still no node would match, "
            "because none satisfies color=red",
            id="one-of-two",
        ),
        pytest.param(
            "region!=eu_west",
            "write region!=eu-west instead of region!=eu_west: 1 node would match",
            id="every-node-by-mistake",
        ),
        pytest.param(
            "tier=premium,!maintenence",
            "write !maintenance instead of !maintenence: 1 node would match",
            id="a-guard-that-leaves-none-out",
        ),
        pytest.param(
            "region=us-east,tier!=premium",
            "without region=us-east, 1 node would match",
            id="no-guard-is-given-up-first",
        ),
        pytest.param(
            "region in (eu_west,us-east),tier",
            "write region in (eu-west,us-east) instead of region in (eu_west,us-east):"
            " 3 nodes would match",
            id="a-value-of-a-list",
        ),
        pytest.param(
            "tier notin (premum,standard)",
            "write tier notin (premium,standard) instead of tier notin (premum,standard):"
            " no node would match any more",
            id="a-value-of-a-list-of-what-is-not-taken",
        ),
        pytest.param(
            "region=eu_west,tier=premum,color=red,!maintenence",
            "write region=eu-west, tier=premium and !maintenance instead of region=eu_west, "
            "tier=premum and !maintenence: still no node would match, because none satisfies "
            "color=red",
            id="three-and-one-more",
        ),
    ],
)
def test_corrections(selector: str, recommendation: str) -> None:
    """What is advised changes something, or it is said that it does not."""
    assert explained(selector, SITES).recommendation == recommendation


@pytest.mark.parametrize(
    ("ids", "recommendation"),
    [
        (["one", "two"], "write n-1 and n-2 instead of one and two: 2 nodes would match"),
        (["n-1", "two"], "write n-2 instead of two: 2 nodes would match"),
        (["n-1", "one"], "<id in (n-1,one)> is the only requirement, and 1 node fails it"),
    ],
)
def test_names_are_corrected(ids: list[str], recommendation: str) -> None:
    """Names are corrected where that makes a difference, whether other nodes match or not."""
    nodes = [Node("n-1", name="one"), Node("n-2", name="two")]
    assert Inventory(nodes).explain(Selector.of(match_ids=ids)).recommendation == recommendation


def test_many_notes() -> None:
    """Of many requirements that are nothing, the first twenty are told, and the hints."""
    told = explained(",".join(["regoin", *(f"nope-{at:03d}" for at in range(100))]))
    assert notes(told)[19:] == (
        "no node has the label 'nope-019'",
        "80 more notes on requirements",
        "no node has the label 'regoin'; 3 nodes have 'region' [other-spelling]",
    )


@pytest.mark.parametrize(
    ("states", "note"),
    [
        (["connected", "lost", "lost"], "states of the matching nodes: 2 lost, 1 connected"),
        (["ready", None, None], "states of the matching nodes: 2 without a state, 1 ready"),
        (["\x1b[31m"], "states of the matching nodes: 1 \\x1b[31m"),
        (["", "lost"], "states of the matching nodes: 1 '', 1 lost"),
        (["connected", "ready"], None),
        ([None, None], None),
    ],
)
def test_matched_by_state(states: list[str | None], note: str | None) -> None:
    """Where not all nodes that match are connected, it is told how many are in which state."""
    told = explained("", [Node(f"n-{at}", {}, state=state) for at, state in enumerate(states)])
    assert notes(told) == (() if note is None else (note,))


def test_a_correction_that_takes_none_and_what_would() -> None:
    """Where the correction alone takes no node, it is told what else would."""
    nodes = [
        Node("n-1", {"region": "eu-west", "tier": "silver"}),
        Node("n-2", {"region": "us", "tier": "gold"}),
    ]
    assert explained("region=eu_west,tier=gold", nodes).recommendation == (
        "write region=eu-west instead of region=eu_west: still no node would match; without "
        "region=eu_west, 1 node would match"
    )


def test_a_correction_and_what_is_dead_besides() -> None:
    """Where another requirement takes no node even so, that is said, and no number that the
    correction would change."""
    nodes = [Node(f"n-{team}", {"arch": "amd64", "team": team}) for team in ("platform", "search")]
    assert explained("arch=x86,team notin (platfrom,sales)", nodes).recommendation == (
        "write team notin (platform,sales) instead of team notin (platfrom,sales): still no "
        "node would match, because none satisfies arch=x86"
    )


@pytest.mark.parametrize(
    ("selector", "recommendation"),
    [
        pytest.param(
            "Team=Platform",
            "write team=platform instead of Team=Platform: 2 nodes would match",
            id="key-and-value",
        ),
        pytest.param(
            "Team notin (Platform,x),!tier",
            "write team notin (platform,x) instead of Team notin (Platform,x): 1 node would match",
            id="key-and-value-of-a-guard",
        ),
        pytest.param(
            "team=platform,team=serach",
            "write team in (platform,search) instead of team=platform and team=serach:"
            " 3 nodes would match",
            id="contradiction-with-a-slip",
        ),
        pytest.param(
            "Slots>3", "write slots>3 instead of Slots>3: 1 node would match", id="number"
        ),
    ],
)
def test_slips_in_keys_and_values_at_once(selector: str, recommendation: str) -> None:
    """What is advised has no slip any more, wherever they stand."""
    nodes = [
        Node("n-1", {"team": "platform", "slots": "4"}),
        Node("n-2", {"team": "platform"}),
        Node("n-3", {"team": "search"}),
    ]
    assert explained(selector, nodes).recommendation == recommendation


def test_corrections_of_several_kinds() -> None:
    """What to write stands once in the correction, and each id by itself."""
    nodes = [Node("n-1", {"disk_type": "ssd"}, name="one"), Node("n-2", name="two")]
    selector = Selector.of(match_ids=["one", "two"], match_expressions=["disk-type"])
    told = Inventory(nodes).explain(selector)
    assert told.correction == Correction(
        ("n-1", "n-2", "disk_type"), ("one", "two", "disk-type"), 1
    )
    told = explained("foo=us-east,bar=us-east", [Node("n-1", {"region": "us-east"})])
    assert told.recommendation == (
        "write region=us-east instead of foo=us-east and bar=us-east: 1 node would match"
    )


def test_ids_with_commas() -> None:
    """Of an id that holds a comma it is told what it is, not what to write."""
    told = Inventory([Node("x,y", name="web")]).explain(Selector.of(match_ids=["web"]))
    assert told.hints[0].message == "'web' is the name of a node, not an id; its id is 'x,y'"
    assert (told.hints[0].replacement, told.hints[0].would_match) == (None, None)
    assert told.requirements[0].text == "<id in (web)>"


def test_all_corrections_at_once() -> None:
    """What several hints say is put together, and counted."""
    told = explained("region=eu_west,tier=premum", SITES)
    assert told.correction == Correction(
        ("region=eu-west", "tier=premium"), ("region=eu_west", "tier=premum"), 1
    )
    assert explained("region=eu_west,tier", SITES).correction is None
    assert explained("region=eu_west,region=eu-west", SITES).correction is None
