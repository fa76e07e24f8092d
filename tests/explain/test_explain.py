"""Explanations of an inventory: their sentences, their edges, and that they stay bounded."""

from pathlib import Path

import pytest

import nodeselect
from nodeselect import (
    Correction,
    Explanation,
    Inventory,
    Node,
    Placement,
    Selector,
    Usage,
)
from nodeselect.explain.compute import explain
from nodeselect.explain.wording import notes
from nodeselect.render.explanation import explanation_lines
from nodeselect.render.page import render_page
from nodeselect.render.screen import Screen
from tests import golden
from tests.explain.test_hints import selector_of
from tests.imports import loaded_after

# Imports the module without running nodeselect/__init__.py, which offers the inventory as well.
IMPORT = """
import sys, types
package = sys.modules["nodeselect"] = types.ModuleType("nodeselect")
package.__path__ = sys.argv[1:]
import nodeselect.explain.explanation, nodeselect.explain.compute
"""

FEW = [
    Node("n-1", {"region": "eu", "tier": "gold"}, state="connected"),
    Node("n-2", {"region": "eu", "debug": ""}, state="lost"),
    Node("n-3", {"region": "us"}),
]
SITES = [
    Node("n-1", {"region": "eu-west", "tier": "premium", "maintenance": "true"}, name="one"),
    Node("n-2", {"region": "eu-west", "tier": "standard"}, name="two"),
    Node("n-3", {"region": "us-east", "tier": "premium"}),
]
TEAMS = [
    Node("n-1", {"team": "platform", "slots": "4", "arch": "amd64"}),
    Node("n-2", {"team": "platform", "slots": "+12", "arch": "amd64"}),
    Node("n-3", {"team": "search", "slots": "-3", "arch": "amd64"}),
]
STATES = [
    Node(f"n-{at}", state=state) for at, state in enumerate(("ready", None, None, "\x1b[31m", ""))
]
FLEETS = {"none": [], "one": FEW[:1], "few": FEW, "sites": SITES, "teams": TEAMS, "states": STATES}

ROWS = golden.rows(
    Path(__file__).with_name("sentences.txt"),
    r"^(?P<fleet>[a-z]+): (?P<question>.*)\n(?P<sentences>(?:  .*\n)+)",
)


def explained(text: str, nodes: list[Node] | None = None) -> Explanation:
    return Inventory(FEW if nodes is None else nodes).explain(Selector.parse(text))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['fleet']}-{row['question']}")
def test_sentences(row: golden.Row) -> None:
    """The headline, the notes on requirements, ids and states, and the recommendation are right."""
    result = Inventory(FLEETS[row["fleet"]]).explain(selector_of(row["question"]))
    recommendation = [result.recommendation] if result.recommendation else []
    sentences = notes(result)
    sentences = sentences[: len(sentences) - len(result.hints)]  # test_hints.py has theirs
    lines = [result.headline, *(f"- {note}" for note in sentences), *recommendation]
    row.check(sentences="".join(f"  {line}\n" for line in lines))
    assert str(result) == "\n".join([result.headline, *recommendation])


def test_one_node() -> None:
    """Each requirement has the value of the node, and whether it is satisfied."""
    result = Inventory(FEW).explain_node(Selector.parse("region=us,!debug,tier=gold"), "n-2")
    assert result.headline == "n-2 does not match: it fails 3 of 3 requirements"
    assert result.as_dict() == {
        "version": 1,
        "id": "n-2",
        "matches": False,
        "not_considered": (),
        "requirements": [
            {"text": "region=us", "value": "eu", "passes": False},
            {"text": "!debug", "value": "", "passes": False},
            {"text": "tier=gold", "value": None, "passes": False},
        ],
    }


@pytest.mark.parametrize(
    ("question", "row"),
    [
        ("region=us | debug=x", ("(region=us or debug=x)", "region=eu,debug=", False)),
        ("region=eu | tier=gold", ("(region=eu or tier=gold)", "region=eu", True)),
        ("tier | id:n-1;", ("(tier or <id in (n-1)>)", "n-2", False)),
        ("tier | gpu,a=b", ("(tier or gpu,a=b)", None, False)),
        ("a | b | c | d | e", ("(a or b or c or 2 more)", None, False)),
    ],
)
def test_one_node_and_several_selectors(question: str, row: tuple[str, str | None, bool]) -> None:
    """What the selectors do not share is one requirement, with the labels that the node has."""
    result = Inventory(FEW).explain_node(selector_of(question), "n-2")
    assert result.requirements == (row,)
    assert result.matches == row[2]


def test_what_is_not_considered() -> None:
    """It is a field, and a line in every report."""
    inventory, selector = Inventory(FEW), Selector.parse("region=eu")
    not_considered = ("pod affinity", "volumes")
    explanation = explain(inventory._counts(), selector, not_considered=not_considered)
    assert explanation.not_considered == not_considered
    assert explanation.as_dict()["not_considered"] == not_considered
    assert explanation._replace(not_considered=()) == inventory.explain(selector)
    line = "not considered: pod affinity and volumes"
    for output in ("text", "markdown"):
        lines = "\n".join(explanation_lines(output, "", explanation, Screen()))
        assert f"\n\n{line}" in lines
    assert f">{line}</p>" in render_page(explanation, selector.split(), inventory)
    assert "not considered" not in render_page(
        inventory.explain(selector), selector.split(), inventory
    )


@pytest.mark.parametrize(
    "selector",
    [Selector.nothing(), Selector.of(match_ids=["n-1"]) & Selector.of(match_ids=["n-2"])],
)
def test_a_selector_that_matches_nothing(selector: Selector) -> None:
    """It is one requirement, which every node fails."""
    result = Inventory(FEW).explain(selector)
    assert result.headline == "0 of 3 nodes match"
    assert result.recommendation == "this selector can never match any node"
    assert [each.failing_only_this for each in result.requirements] == [3]
    assert result.hints == ()


@pytest.mark.parametrize(
    ("examples", "error", "message"),
    [
        (-1, ValueError, "examples must not be negative"),
        (1.5, TypeError, "examples must be an int, not float"),
        (None, TypeError, "examples must be an int, not NoneType"),
    ],
)
def test_an_invalid_number_of_examples(examples: int, error: type[Exception], message: str) -> None:
    """It is rejected."""
    with pytest.raises(error, match=message):
        Inventory(FEW).explain(Selector.everything(), examples=examples)


def test_an_explanation_is_a_value() -> None:
    """It cannot be changed, has a hash, and shows its headline."""
    result, same = explained("region=eu"), explained("region=eu")
    assert (result, hash(result)) == (same, hash(same))
    assert repr(result) == f"<Explanation: {result.headline}>"
    with pytest.raises(TypeError):
        result.states["lost"] = 7  # type: ignore[index]


def test_nodes_excluded_by_state() -> None:
    """If they are all nodes, the recommendation names the states there are."""
    inventory, asked = Inventory(FEW), Selector.parse("region=eu")
    result = inventory.explain(asked, states={"gone"})
    assert result.recommendation == (
        "no node is in a requested state; the states of the nodes: 1 without a state, 1 connected,"
        " 1 lost"
    )
    result = inventory.explain(asked, states=["LOST", "Connected"])
    assert result.headline == "2 of 2 nodes match; 1 node in another state is left out"
    assert inventory.match(asked).in_states(["lost", "connected"]).ids() == ["n-1", "n-2"]
    some = Inventory(FEW[:2])
    assert some.explain(asked, states=["lost", "connected"]) == some.explain(asked)
    for states in ("lost", [None]):
        with pytest.raises(TypeError, match="state"):
            inventory.explain(asked, states=states)  # type: ignore[arg-type]


def test_ids_excluded_by_state() -> None:
    """Such an id is not missing, but excluded."""
    inventory = Inventory([*FEW, Node("n-8", name="n-7", state="lost")])
    asked = Selector.of(match_ids=["n-8", "n-9"])
    result = inventory.explain(asked, states=["connected"])
    assert (result.missing_ids, result.excluded_ids) == (("n-9",), (("n-8", "lost"),))
    assert result.recommendation == "excluded by state: 'n-8' (lost)"
    assert notes(result)[-1] == "no node has the id 'n-9'"
    nodes = [Node("n-7", name="n-8", state="ready"), Node("n-8", state="lost")]
    asked = Selector.of(match_ids=["n-8"])
    assert Inventory(nodes[:1]).explain(asked).hints[0].code == "name-for-id"
    result = Inventory(nodes).explain(asked, states=["ready"])
    assert (result.hints, result.correction) == ((), None)
    assert result.recommendation == "excluded by state: 'n-8' (lost)"


def test_a_request_of_several_pods() -> None:
    """It is a requirement as others are, also if no node fails it; one pod is only if one does."""
    unknown, known = Node("a"), Node("b", resources={"pods": 1})
    for nodes, pods, texts in (
        ([unknown], 1, []),
        ([unknown], 2, ["pods >= 2"]),
        ([unknown, known], 1, []),
        ([unknown, known], 2, ["pods >= 2"]),
    ):
        placement = Placement(requests={"pods": pods})
        found = Inventory(nodes).explain(placement)
        assert [each.text for each in found.requirements] == texts
        assert ("EVERY" in found.recommendation) == (not texts)
        rows = Inventory(nodes).explain_node(placement, "a").requirements
        assert [text for text, _, _ in rows] == texts


def test_nodes_excluded_by_state_with_pods() -> None:
    """Of the nodes in other states, only those match that have enough left beside their pods."""
    nodes = [
        Node(f"n-{at}", state="ready" if at == 0 else "lost", taints=[], resources={"cpu": "4"})
        for at in range(4)
    ]
    usage = Usage()
    for at in (0, 1, 2):
        usage.add(f"n-{at}", {"cpu": 3_000})
    asked = Placement(requests={"cpu": 2_000})
    result = Inventory(nodes).explain(asked, states=["ready"], usage=usage)
    assert result.recommendation == "1 node matches the selector but not --state: 1 lost"


def test_suggestions_count_nodes_in_the_states() -> None:
    """What would match after a correction of all requirements is counted in these states only."""
    nodes = [Node(f"n-{at}", {"gpu": ""}, state=("ready", "lost")[at % 2]) for at in range(5)]
    result = Inventory(nodes).explain(Selector.parse("Gpu"), states=["lost"])
    assert [hint.would_match for hint in result.hints] == [2]
    assert (
        result.recommendation
        == "in the requested states: write gpu instead of Gpu: 2 nodes would match"
    )


def test_many_requirements_on_many_nodes() -> None:
    """256 requirements that split the nodes in thousands of groups end in a bounded number; the
    numbers add up, and the nearest nodes are unknown unless they fail one requirement only."""
    nodes = [
        Node(f"n-{number}", {f"k{bit}": "" for bit in range(256) if number * 7919 >> bit % 13 & 1})
        for number in range(3_000)
    ]
    result = explained(",".join(f"k{bit}" for bit in range(256)), nodes)
    assert len(result.requirements) == 256
    assert 200 < len(result.reasons) <= 256
    assert result.other_reasons > 0
    listed = sum(reason.nodes for reason in result.reasons)
    assert result.matched + listed + result.other_reasons == result.total == 3_000
    assert result.nearest == ()
    almost = [
        Node(f"m-{at}", {f"k{bit}": "" for bit in range(256) if bit != at}) for at in range(256)
    ]
    result = explained(",".join(f"k{bit}" for bit in range(256)), [*nodes, *almost])
    assert [each.failing_only_this for each in result.requirements] == [1] * 256
    assert result.nearest == tuple((f"m-{at}", (at,)) for at in range(5))

    pairs = [Node(f"p-{at}", {f"k{bit}": "" for bit in range(2, 256)}) for at in range(50)]
    result = explained(",".join(f"k{bit}" for bit in range(256)), [*nodes, *pairs])
    assert (0, 1) in [reason.failed for reason in result.reasons]
    assert result.nearest == ()  # a group that is not listed may be as near


def test_the_longest_id_is_whole() -> None:
    """The name of a node of Kubernetes has at most 253 characters."""
    name = "n" * 253
    result = Inventory([Node("other")]).explain(Selector.of(match_ids=[name]))
    assert name in str(result)


def test_a_long_correction_is_truncated_in_a_sentence() -> None:
    """The hint has all of it."""
    values = ",".join(f"v{number:03d}" for number in range(500))
    result = explained(f"tier in (golld,{values})")
    assert result.hints[0].replacement == f"tier in (gold,{values})"
    assert result.hints[0].would_match == 1
    assert len(result.recommendation) < 650
    assert "… instead of tier in (golld,v000," in result.recommendation
    assert result.recommendation.endswith("…: 1 node would match")


def test_corrections() -> None:
    """The replacements of all hints are combined, each once."""
    selector = Selector.of(match_ids=["one", "two"], match_expressions=["tiier"])
    assert Inventory(SITES).explain(selector).correction == Correction(
        ("n-1,n-2", "tier"), ("one", "two", "tiier"), 2
    )
    result = explained("region=eu_west,region=eu-west", SITES)  # the hints replace the same
    assert result.correction == Correction(
        ("region in (eu-west,eu_west)",), ("region=eu_west", "region=eu-west"), 2
    )
    assert explained("region=mars", SITES).correction is None


def test_it_imports_no_index_no_inventory_and_no_layout() -> None:
    """Neither the values nor what computes them load a bitmap, a store or a report."""
    loaded = loaded_after(IMPORT, str(Path(nodeselect.__file__).parent))
    own = [name.split(".") for name in loaded if name.startswith("nodeselect.")]
    assert {name[1] for name in own} == {
        *("decoded", "errors", "explain", "files", "limits", "node", "placement", "problem"),
        *("quantity", "renamed_keys", "selectors", "similarity", "text"),
    }
    assert "nodeselect.explain.compute" in loaded
    assert {"numpy", "pyroaring"}.isdisjoint(loaded)


def test_what_is_recommended_is_no_note() -> None:
    """A report does not repeat what it recommends, also if that is said of some states only."""
    nodes = [
        Node("n-1", {"gpu": "eu"}, state="connected"),
        Node("n-2", {"gpu": "eu"}, state="lost"),
    ]
    result = Inventory(nodes).explain(Selector.parse("team=eu"), states={"connected"})
    instead = "write gpu=eu instead of team=eu: 1 node would match"
    assert (result.recommendation, notes(result)) == (f"in the requested states: {instead}", ())
