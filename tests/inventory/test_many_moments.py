"""Answers of many moments go together: across changes, across compactions, and combined again."""

import pytest

from nodeselect import Inventory, Node, NodeSet, Selector

X = Selector.parse("x")

pytestmark = pytest.mark.usefixtures("small_segments")


@pytest.fixture(name="inventory", params=[True, False], ids=["indexed", "unindexed"])
def inventory_fixture(request: pytest.FixtureRequest) -> Inventory:
    """Twenty nodes that all carry ``x``."""
    nodes = (Node(f"n-{at}", {"x": str(at)}) for at in range(20))
    return Inventory(nodes, indexed=request.param, compact_at=None)


def only(inventory: Inventory, *ids: str) -> NodeSet:
    """Give the nodes with these ids."""
    return inventory.match(Selector.of(match_ids=ids))


def test_order_across_compactions(inventory: Inventory) -> None:
    """A node that came in after a compaction, or two, stands behind those from before."""
    before = only(inventory, "n-3", "n-19")
    inventory.apply(["n-0", "n-1", Node("late-1", {"x": ""})])
    between = only(inventory, "late-1", "n-4")
    inventory.compact()
    inventory.apply([Node("late-2", {"x": ""}), "n-5"])
    inventory.compact()
    inventory.upsert(Node("late-3", {"x": ""}))
    after = only(inventory, "late-3", "late-2", "n-2")
    everyone = ["n-2", "n-3", "n-4", "n-19", "late-1", "late-2", "late-3"]
    for one in (before | between | after, after | between | before, between | (after | before)):
        assert one.ids() == everyone
        assert one & before == before
        assert one - before - between == after
        assert [node.id for node in one] == everyone


def test_versions_across_compactions(inventory: Inventory) -> None:
    """A node is one node whatever has become of it; a combination has it as its left part does."""
    before = inventory.match(X)
    inventory.upsert(Node("n-3", {"x": "new"}))
    inventory.compact()
    inventory.upsert(Node("n-4", {"x": "new"}))
    after = inventory.match(X)
    assert before != after
    assert [node.labels["x"] for node in before & after][3:5] == ["3", "4"]
    assert [node.labels["x"] for node in after & before][3:5] == ["new", "new"]
    assert (before | after) == before
    assert (after | before) == after
    assert (before - after).ids() == (after - before).ids() == []


def test_a_combination_spans_its_moments(inventory: Inventory) -> None:
    """What is combined of two moments is compared with a third by id, from the first on."""
    first = only(inventory, "n-1", "n-2")
    inventory.upsert(Node("n-1", {"x": "new"}))
    second = only(inventory, "n-3")
    inventory.upsert(Node("n-3", {"x": "new"}))
    third = only(inventory, "n-1", "n-3")
    for both in (first | second, second | first):
        assert (both & third).ids() == (third & both).ids() == ["n-1", "n-3"]
        assert (both - third).ids() == ["n-2"]
        assert (third - both).ids() == []
        assert (third | both).ids() == (both | third).ids() == ["n-1", "n-2", "n-3"]
        assert [node.labels["x"] for node in both | third] == ["1", "2", "3"]
        assert [node.labels["x"] for node in third | both] == ["new", "2", "new"]
    narrowed = (first | second) - only(inventory, "n-2")
    assert (narrowed & third).ids() == ["n-1", "n-3"]


def test_removed_and_come_again(inventory: Inventory) -> None:
    """A node that came again is the same id at another place: the left part says which."""
    before = only(inventory, "n-1", "n-2")
    inventory.remove("n-1")
    gone = only(inventory, "n-1", "n-2")
    inventory.upsert(Node("n-1", {"x": "again"}))
    after = only(inventory, "n-1", "n-2")
    assert gone.ids() == ["n-2"]
    assert before.ids() == (before | after).ids() == (before & after).ids() == ["n-1", "n-2"]
    assert after.ids() == (after | before).ids() == (after & before).ids() == ["n-2", "n-1"]
    assert (before - gone).ids() == (after - gone).ids() == ["n-1"]
    assert (before - after).ids() == []


def test_changed_and_back_again(inventory: Inventory) -> None:
    """Answers that hold equal nodes are equal, though these changed in the meantime."""
    before = inventory.match(X)
    inventory.upsert(Node("n-1", {"x": "new"}))
    assert inventory.match(X) != before
    inventory.upsert(Node("n-1", {"x": "1"}))
    assert inventory.match(X) == before
    inventory.compact()
    assert inventory.match(X) == before


def test_an_answer_of_an_older_store_brings_no_moments() -> None:
    """Numbers of nodes and deaths of another store do not count for what is combined with it."""
    x = Selector.parse("x")
    inventory = Inventory((Node(f"n-{at}", {"x": "1"}) for at in range(3_000)), compact_at=None)
    for number in range(10):
        inventory.upsert(Node(f"add-{number}"))
    old = inventory.match(x)
    inventory.compact()
    for number in range(1, 5):
        inventory.remove(f"n-{number}")
    answer = inventory.match(x)
    mixed = answer & old
    assert mixed.ids() == answer.ids()
    inventory.upsert(Node("n-0", {"x": "2"}))
    later = inventory.match(x)
    assert (len(answer & later), len(mixed & later)) == (2_996, 2_996)
    assert (mixed - later).ids() == []
    assert (later | mixed).ids() == later.ids()


def test_the_smaller_side_decides_what_is_looked_up() -> None:
    """Across a compaction, a small answer and a large one are the same whichever stands first."""
    inventory = Inventory(Node(f"n-{at}", {"x": str(at % 2)}) for at in range(3_000))
    one = inventory.match(Selector.of(match_ids=["n-7", "n-8"]))
    one.ids()
    inventory.upsert(Node("n-7", {"x": "5"}))
    inventory.compact()
    many = inventory.match(Selector.parse("x in (0,1,5)"))
    assert (many & one).ids() == (one & many).ids() == ["n-7", "n-8"]
    assert [node.labels["x"] for node in many & one] == ["5", "0"]
    assert [node.labels["x"] for node in one & many] == ["1", "0"]
    assert len(many - one) == 2_998
