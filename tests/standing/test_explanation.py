"""An explanation of a node counts the selectors by what the node fails."""

from nodeselect import Node, Selector, StandingSelectors
from nodeselect.standing import FailedRequirement, StandingReason


def test_reasons() -> None:
    """Selectors are grouped by the requirements that fail, and the requirements are counted."""
    standing = StandingSelectors(
        {
            "train": Selector.parse("gpu,tier=gold"),
            "web": Selector.parse("!gpu"),
            "batch": Selector.parse("gpu>2,tier==gold"),
            "gold": Selector.parse("tier=gold,zone=a"),
            "infer": Selector.parse("tier=gold,gpu,gpu"),
            "pinned": Selector.of(match_ids=["n-7"], match_expressions=["gpu"]),
        }
    )
    explanation = standing.explain(Node("n-1", {"zone": "a"}))
    assert (explanation.node_id, explanation.total, explanation.matched) == ("n-1", 6, 1)
    assert explanation.requirements == (
        FailedRequirement("tier=gold", 3, 1),
        FailedRequirement("gpu", 3, 0),
        FailedRequirement("<id in (n-7)>", 1, 0),
        FailedRequirement("gpu>2", 1, 0),
        FailedRequirement("tier==gold", 1, 0),
    )
    assert explanation.reasons == (
        StandingReason(("gpu", "tier=gold"), ("train", "infer")),
        StandingReason(("<id in (n-7)>", "gpu"), ("pinned",)),
        StandingReason(("gpu>2", "tier==gold"), ("batch",)),
        StandingReason(("tier=gold",), ("gold",)),
    )
    assert str(explanation) == explanation.headline
    assert explanation.headline == (
        "1 of 6 selectors match n-1; 5 do not: 2 because of gpu and tier=gold;"
        " 1 because of <id in (n-7)> and gpu; 1 because of gpu>2 and tier==gold;"
        " 1 for other reasons"
    )
    assert repr(explanation) == f"<StandingExplanation: {explanation.headline}>"


def test_headlines() -> None:
    """The headline says what there is to say, in the singular and in the plural."""

    def headline(*texts: str) -> str:
        selectors = {number: Selector.parse(text) for number, text in enumerate(texts)}
        return StandingSelectors(selectors).explain({"a": "1"}).headline

    assert headline() == "0 of 0 selectors match this node"
    assert headline("a") == "1 of 1 selector matches this node"
    assert headline("a", "!b") == "2 of 2 selectors match this node"
    assert headline("b") == "0 of 1 selector matches this node; 1 does not, only because of b"
    assert headline("a,b", "b", "a") == (
        "1 of 3 selectors match this node; 2 do not, only because of b"
    )
    assert headline("!a,b", "c", "a") == (
        "1 of 3 selectors match this node; 2 do not: 1 because of !a and b; 1 only because of c"
    )


def test_a_selector_that_matches_nothing() -> None:
    """A contradiction fails what the node fails of it; no node has one of no ids."""
    standing = StandingSelectors({"a": Selector.parse("x=1,x=2"), "b": Selector.nothing()})
    assert standing.explain({"x": "1"}).reasons == (
        StandingReason(("<id in ()>",), ("b",)),
        StandingReason(("x=2",), ("a",)),
    )
    assert standing.explain({}).reasons[1].failed == ("x=1", "x=2")
