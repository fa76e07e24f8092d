"""Nodes that were added and ordinals that were deleted: each snapshot sees its own."""

from unittest.mock import patch

import pytest

from nodeselect import Node, Selector
from nodeselect.index import postings
from nodeselect.index.tuning import DEFAULT, Tuning
from nodeselect.inventory.delta import Delta

FIRST = 1_000

# Selectors are answered by the index, but for up to two later nodes.
INDEX_ONLY = Tuning(max_tested_nodes=2)


def three_nodes(tuning: Tuning = DEFAULT) -> Delta:
    """Return a delta of three nodes, two of which have the same id, and of two tombstones."""
    delta = Delta(FIRST, tuning)
    delta.add(Node("n-1", {"x": "1"}), 5)
    delta.add(Node("n-2", {"x": "2"}), 900)
    delta.delete(5)
    delta.add(Node("n-1", {"x": "2"}), 5)
    delta.delete(FIRST)
    return delta


def members(nodes: postings.Postings) -> list[int]:
    """Return the ordinals."""
    return list(postings.ordinals(nodes))


def test_ordinals_below_a_rank() -> None:
    """All versions at the first ranks are returned, also those added after an earlier call."""
    delta = three_nodes()
    assert members(delta.ordinals_below_rank(5)) == []
    before = delta.ordinals_below_rank(6)
    assert members(before) == [FIRST, FIRST + 2]
    assert members(delta.ordinals_below_rank(901)) == [FIRST, FIRST + 1, FIRST + 2]
    delta.delete(FIRST + 2)
    delta.add(Node("n-1"), 901)
    delta.add(Node("n-9"), 3)
    assert members(delta.ordinals_below_rank(5)) == [FIRST + 4]
    assert members(delta.ordinals_below_rank(6)) == [FIRST, FIRST + 2, FIRST + 4]
    assert members(delta.ordinals_below_rank(901)) == [FIRST, FIRST + 1, FIRST + 2, FIRST + 4]
    assert members(before) == [FIRST, FIRST + 2]


@pytest.mark.parametrize("tuning", [DEFAULT, INDEX_ONLY], ids=["tested", "index"])
def test_an_answer_is_of_its_snapshot(tuning: Tuning) -> None:
    """Later nodes are not in an answer, even if the plan was made for a later snapshot."""
    delta = three_nodes(tuning)
    for text in ("x=2", "x in (2,3)", "x!=1", "x", "", "x>1", "x notin (1,7)"):
        selector = Selector.parse(text)
        for count in (1, 2, 3, 2, 1, 0):
            matching = [
                FIRST + number
                for number, node in enumerate(delta.nodes[:count])
                if selector.matches(node.labels)
            ]
            assert members(delta.evaluate(selector, count)) == matching, (text, count)


def test_a_cached_plan_does_not_hide_later_nodes() -> None:
    """The union of a cached plan hides neither a later node nor a later value."""
    delta = three_nodes(INDEX_ONLY)
    either, neither = Selector.parse("x in (2,3)"), Selector.parse("x notin (2,3)")
    assert members(delta.evaluate(either, 3)) == [FIRST + 1, FIRST + 2]
    assert members(delta.evaluate(neither, 3)) == [FIRST]
    delta.add(Node("n-3", {"x": "3"}), 902)
    delta.add(Node("n-4", {"x": "4"}), 903)
    assert members(delta.evaluate(either, 5)) == [FIRST + 1, FIRST + 2, FIRST + 3]
    assert members(delta.evaluate(neither, 5)) == [FIRST, FIRST + 4]
    assert members(delta.evaluate(either, 3)) == [FIRST + 1, FIRST + 2]
    assert members(delta.evaluate(neither, 3)) == [FIRST]


def test_ids_are_of_their_snapshot() -> None:
    """An id selects the latest version that a snapshot contains."""
    delta = three_nodes()
    selector = Selector.of(match_ids=["n-2", "n-1", "n-7"])
    assert members(delta.evaluate(selector, 3)) == [FIRST + 1, FIRST + 2]
    assert members(delta.evaluate(selector, 2)) == [FIRST, FIRST + 1]
    assert members(delta.evaluate(selector, 1)) == [FIRST]
    assert members(delta.evaluate(Selector.nothing(), 3)) == []
    both = Selector.of(match_ids=["n-1"], match_expressions=["x=2"])
    assert members(delta.evaluate(both, 3)) == [FIRST + 2]


def test_an_answer_does_not_grow() -> None:
    """An answer does not change when nodes are added that match."""
    delta = three_nodes(INDEX_ONLY)
    answers = [delta.evaluate(Selector.parse(text), 3) for text in ("", "x", "x=2", "!y", "x!=1")]
    before = [members(answer) for answer in answers]
    for number in range(50):
        delta.add(Node(f"m-{number}", {"x": "2"}), 1_000 + number)
    assert [members(answer) for answer in answers] == before


def test_a_few_nodes_are_tested_instead_of_looking_up_many_ids() -> None:
    """The cost of a selector with more ids than nodes is that of the nodes."""
    delta = three_nodes()
    selector = Selector.of(match_ids=[f"n-{number}" for number in range(1_000)])
    with patch.object(Delta, "latest_ordinal", side_effect=AssertionError):
        assert members(delta.evaluate(selector, 3)) == [FIRST, FIRST + 1, FIRST + 2]
