"""Answers of large inventories: samples, first nodes, counts by value, and the work they cost."""

from collections import Counter
from itertools import combinations

import pytest

from nodeselect import Inventory, Node, NodeSet, Selector
from nodeselect.index.tuning import DEFAULT, Tuning
from tests.inventory.small import SMALL, small_inventory, tuned

X = Selector.parse("x")


def match(inventory: Inventory, text: str) -> NodeSet:
    """Return the nodes that match a selector."""
    return inventory.match(Selector.parse(text))


def ids(nodes: list[Node]) -> list[str]:
    """Return the ids of nodes."""
    return [node.id for node in nodes]


def test_every_sample_is_as_likely() -> None:
    """Each pair of five nodes is drawn about equally often by many seeds."""
    inventory = Inventory(Node(f"n-{at}", {"x": ""}) for at in range(5))
    answer = inventory.match(X)
    drawn = Counter(tuple(ids(answer.sample(2, seed))) for seed in range(2_000))
    assert set(drawn) == set(combinations([f"n-{at}" for at in range(5)], 2))
    assert all(140 < count < 260 for count in drawn.values())


def test_a_sample_is_in_order_and_without_repetition() -> None:
    """A sample has the requested number of nodes, or all, each once, in inventory order."""
    inventory = Inventory(Node(f"n-{at}", {"x": ""}) for at in range(20))
    answer = inventory.match(X)
    for n in (0, 1, 7, 19, 20, 50):
        sample = answer.sample(n, seed=3)
        assert len(sample) == min(n, 20)
        places = [int(node.id[2:]) for node in sample]
        assert places == sorted(set(places))
    assert answer.sample(50, seed=3) == list(answer)
    with pytest.raises(ValueError, match="n must not be negative"):
        answer.sample(-1, seed=3)


def test_a_sample_is_repeatable() -> None:
    """The same nodes and seed give the same sample: few, with a segment, changed or compacted."""
    nodes = [Node(f"n-{at}", {"x": str(at % 7)}) for at in range(60)]
    live = small_inventory([*nodes[:30], Node("gone", {"x": ""})], compact_at=None)
    before = live.match(X).sample(5, seed=9)
    assert before == live.snapshot().match(X).sample(5, seed=9)
    for node in nodes[30:]:
        live.upsert(node)
    live.remove("gone")
    wanted = Inventory(nodes).match(X).sample(10, seed=1)
    assert live.match(X).sample(10, seed=1) == wanted
    live.compact()
    assert live.match(X).sample(10, seed=1) == wanted
    assert small_inventory(nodes).match(X).sample(10, seed=1) == wanted
    assert Inventory(nodes).match(X).sample(10, seed=2) != wanted


@pytest.mark.parametrize("tuning", [SMALL, DEFAULT], ids=["segment", "few"])
def test_value_counts(tuning: Tuning) -> None:
    """Values are counted over segment and delta; the most frequent first, then by value."""
    inventory = tuned(tuning)(
        (Node(f"n-{at}", {"x": "cba"[at % 3], "y": str(at)}) for at in range(30)),
        compact_at=None,
    )
    assert list(inventory.match(X).value_counts("x").items()) == [("a", 10), ("b", 10), ("c", 10)]
    inventory.apply([Node("n-0", {"x": "b"}), Node("new", {"x": "z"}), Node("none"), "n-2"])
    everything = inventory.match(Selector.everything())
    assert list(everything.value_counts("x").items()) == [("b", 11), ("a", 9), ("c", 9), ("z", 1)]
    assert everything.value_counts("absent") == {}
    assert match(inventory, "x in (b,z)").value_counts("x") == {"b": 11, "z": 1}
    assert match(inventory, "x=none").value_counts("x") == {}
    assert set(match(inventory, "x=c").value_counts("y").values()) == {1}


def test_first_of_a_broad_answer_over_segment_and_delta() -> None:
    """The first nodes are those of the inventory order; changed nodes keep their positions."""
    inventory = small_inventory((Node(f"n-{at}", {"x": ""}) for at in range(300)), compact_at=None)
    for at in (0, 3, 4, 70, 299):
        inventory.upsert(Node(f"n-{at}", {"x": "changed"}))
    inventory.apply(["n-1", "n-5", Node("n-6"), Node("late", {"x": ""})])
    inventory.upsert(Node("n-1", {"x": "again"}))
    answer = inventory.match(X)
    order = answer.ids()
    assert order[:3] == ["n-0", "n-2", "n-3"]
    assert order[-3:] == ["n-299", "late", "n-1"]
    for n in (0, 1, 2, 3, 10, 36, 37, 38, 100, 298, 299, 1_000, 1 << 64):
        assert ids(answer.first(n)) == order[:n]


def test_first_if_all_matches_are_at_the_end() -> None:
    """The first nodes are found even if the first ranks do not match."""
    inventory = small_inventory(Node(f"n-{at}", {"x": str(at // 150)}) for at in range(300))
    assert ids(match(inventory, "x=1").first(2)) == ["n-150", "n-151"]
    for at in range(150):
        inventory.upsert(Node(f"n-{at}", {"y": ""}))
    assert ids(match(inventory, "x").first(2)) == ["n-150", "n-151"]


@pytest.mark.parametrize("early", [8, 9, 10])
@pytest.mark.parametrize("n", [9, 10])
def test_first_if_the_first_ranks_have_nearly_enough_matches(early: int, n: int) -> None:
    """The requested number is returned even if the first ranks contain one match fewer."""
    there = [*range(early), *range(64, 3_000)]
    inventory = Inventory(Node(f"n-{at}", {"a": ""} if at in there else {}) for at in range(3_000))
    assert ids(match(inventory, "a").first(n)) == [f"n-{at}" for at in there[:n]]
