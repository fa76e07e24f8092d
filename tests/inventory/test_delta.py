"""Nodes that came in and ordinals that died: each moment sees its own."""

import pytest

from nodeselect import Node, Selector
from nodeselect.index import postings
from nodeselect.index.planner import PlanCache
from nodeselect.inventory import delta as module
from nodeselect.inventory.delta import Delta

FIRST = 1_000


def made(indexed: bool = True) -> Delta:
    """Make changes of three nodes, two of them of one id, and of two deaths."""
    changes = Delta(FIRST, indexed=indexed)
    changes.add(Node("n-1", {"x": "1"}), 5)
    changes.add(Node("n-2", {"x": "2"}), 900)
    changes.delete(5)
    changes.add(Node("n-1", {"x": "2"}), 5)
    changes.delete(FIRST)
    return changes


def members(found: postings.Postings) -> list[int]:
    """Give the ordinals."""
    return list(postings.ordinals(found))


def test_the_newest_version_of_a_moment() -> None:
    """The newest version of a node is the last of those that had come in by then."""
    changes = made()
    assert changes.latest_ordinal("n-1", 3) == FIRST + 2
    assert changes.latest_ordinal("n-1", 2) == FIRST
    assert changes.latest_ordinal("n-1", 0) is None
    assert changes.latest_ordinal("n-2", 1) is None
    assert changes.latest_ordinal("n-9", 3) is None


def test_some_version_is_in_a_set() -> None:
    """A set holds a node in whatever version, old or new."""
    changes = made()
    assert changes.version("n-1", postings.from_ordinals([FIRST]), 2, 2) == (FIRST, True)
    assert changes.version("n-1", postings.from_ordinals([FIRST]), 2, 3) == (FIRST, True)
    assert changes.version("n-1", postings.from_ordinals([FIRST + 2]), 3, 3) == (FIRST + 2, True)
    assert changes.version("n-9", postings.from_ordinals([FIRST]), 3, 3) == (None, False)


def test_versions_that_were_dead_are_not_looked_at() -> None:
    """A set of the latest moment cannot hold what was dead by then, in the segment or here."""
    changes = made()
    assert changes.version("n-1", postings.from_ordinals([5, FIRST]), 3, 3) == (None, True)
    assert changes.version("n-1", postings.from_ordinals([5]), 0, 3) == (None, False)


def test_deaths_of_a_moment() -> None:
    """An ordinal is dead from its death on, and not before."""
    changes = made()
    assert [changes.is_deleted(5, deaths) for deaths in (0, 1, 2)] == [False, True, True]
    assert [changes.is_deleted(FIRST, deaths) for deaths in (0, 1, 2)] == [False, False, True]
    assert not changes.is_deleted(6, 2)


def test_between_moments() -> None:
    """What came in or died between two moments; nothing between a moment and itself."""
    changes = made()
    assert members(changes.changed_ordinals((0, 0), (3, 2))) == [5, FIRST, FIRST + 1, FIRST + 2]
    assert members(changes.changed_ordinals((2, 0), (3, 1))) == [5, FIRST + 2]
    assert members(changes.changed_ordinals((2, 1), (2, 2))) == [FIRST]
    assert members(changes.changed_ordinals((3, 2), (3, 2))) == []


def test_early() -> None:
    """All versions that came in at the first ranks, also those that come in after it was asked."""
    changes = made()
    assert members(changes.early(5)) == []
    assert members(changes.early(6)) == [FIRST, FIRST + 2]
    assert members(changes.early(901)) == [FIRST, FIRST + 1, FIRST + 2]
    changes.delete(FIRST + 2)
    changes.add(Node("n-1"), 901)
    changes.add(Node("n-9"), 3)
    assert members(changes.early(5)) == [FIRST + 4]
    assert members(changes.early(6)) == [FIRST, FIRST + 2, FIRST + 4]
    assert members(changes.early(901)) == [FIRST, FIRST + 1, FIRST + 2, FIRST + 4]


def test_what_was_early_stays_as_it_was() -> None:
    """A set that was given does not change when more come in."""
    changes = made()
    before = changes.early(6)
    changes.add(Node("n-9"), 3)
    assert members(changes.early(6)) == [FIRST, FIRST + 2, FIRST + 3]
    assert members(before) == [FIRST, FIRST + 2]


@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize("few", [0, 32])
def test_match_sees_its_moment(indexed: bool, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came in later is not in an answer, also where the plan was made for a later moment."""
    monkeypatch.setattr(module, "_FEW", few)
    changes = made(indexed)
    for text in ("x=2", "x in (2,3)", "x!=1", "x", "", "x>1", "x notin (1,7)"):
        selector = Selector.parse(text)
        for count in (1, 2, 3, 2, 1, 0):
            taken = [
                FIRST + at
                for at, node in enumerate(changes.nodes[:count])
                if selector.matches(node.labels)
            ]
            assert members(changes.match(selector, count)) == taken, (text, count)


def test_a_plan_is_made_anew_for_what_it_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    """A union kept with a plan does not hide a node, or a value, that came in later."""
    monkeypatch.setattr(module, "_FEW", 0)
    changes = made()
    either, neither = Selector.parse("x in (2,3)"), Selector.parse("x notin (2,3)")
    assert members(changes.match(either, 3)) == [FIRST + 1, FIRST + 2]
    assert members(changes.match(neither, 3)) == [FIRST]
    changes.add(Node("n-3", {"x": "3"}), 902)
    changes.add(Node("n-4", {"x": "4"}), 903)
    assert members(changes.match(either, 5)) == [FIRST + 1, FIRST + 2, FIRST + 3]
    assert members(changes.match(neither, 5)) == [FIRST, FIRST + 4]
    assert members(changes.match(either, 3)) == [FIRST + 1, FIRST + 2]
    assert members(changes.match(neither, 3)) == [FIRST]


def test_ids_see_their_moment() -> None:
    """Ids choose the newest version that a moment knows."""
    changes = made()
    selector = Selector.of(match_ids=["n-2", "n-1", "n-7"])
    assert members(changes.match(selector, 3)) == [FIRST + 1, FIRST + 2]
    assert members(changes.match(selector, 2)) == [FIRST, FIRST + 1]
    assert members(changes.match(selector, 1)) == [FIRST]
    assert members(changes.match(Selector.nothing(), 3)) == []
    both = Selector.of(match_ids=["n-1"], match_expressions=["x=2"])
    assert members(changes.match(both, 3)) == [FIRST + 2]


def test_an_answer_is_not_what_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that was given stays as it is when nodes come in that it would have taken."""
    monkeypatch.setattr(module, "_FEW", 0)
    changes = made()
    answers = [changes.match(Selector.parse(text), 3) for text in ("", "x", "x=2", "!y", "x!=1")]
    before = [members(answer) for answer in answers]
    for number in range(50):
        changes.add(Node(f"m-{number}", {"x": "2"}), 1_000 + number)
    assert [members(answer) for answer in answers] == before


def test_the_number_of_plans_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """PlanCache begin anew when there are too many of them."""
    monkeypatch.setattr(module, "_FEW", 0)
    monkeypatch.setattr(PlanCache, "_MOST", 3)
    changes = made()
    for number in range(20):
        changes.match(Selector.parse(f"x={number}"), 3)
        assert 1 <= len(changes._plans._plans) <= 3


def test_bytes_grow() -> None:
    """The memory told grows with every node."""
    changes = Delta(0, indexed=True)
    sizes = []
    for number in range(5):
        changes.add(Node(f"n-{number}", {"x": str(number)}), number)
        sizes.append(changes.bytes())
    assert sizes == sorted(set(sizes))
