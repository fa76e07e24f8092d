"""What a reader sees is what was there at its moment."""

from nodeselect import Inventory, Node, Selector
from nodeselect.index import postings
from nodeselect.inventory.moment import Moment


def members(found: postings.Postings) -> list[int]:
    """Give the ordinals."""
    return list(postings.ordinals(found))


def test_the_dead_of_each_moment(small_segments: None) -> None:
    """However many have died since, the dead of a moment are those that had died by then."""
    inventory = Inventory((Node(f"n-{at}") for at in range(30)), compact_at=None)
    moments = [inventory._moment]
    for at in range(25):
        inventory.remove(f"n-{at}")
        moments.append(inventory._moment)
    for count, moment in reversed(list(enumerate(moments))):
        assert len(moment.gone()) == count
        assert moment.length == len(moment.everything()) == 30 - count
        gone = {moment.store.id(ordinal) for ordinal in members(moment.gone())}
        assert gone == {f"n-{at}" for at in range(count)}


def test_a_moment_is_of_one_generation(small_segments: None) -> None:
    """Generations count writes that change something, and a compaction is none."""
    inventory = Inventory([Node("n-1")], compact_at=None)
    assert inventory.generation == 0
    inventory.upsert(Node("n-1"))
    inventory.apply([])
    inventory.apply([Node("n-1"), Node("n-1")])
    assert inventory.generation == 0
    inventory.upsert(Node("n-1", {"x": ""}))
    inventory.apply([Node("n-2"), Node("n-3"), "n-2"])
    assert inventory.generation == 2
    snapshot = inventory.snapshot()
    inventory.compact()
    assert inventory.generation == snapshot.generation == 2
    assert list(inventory) == list(snapshot)
    inventory.remove("n-3")
    assert (inventory.generation, snapshot.generation) == (3, 2)


def test_how_far_a_store_has_moved(small_segments: None) -> None:
    """Delta are what came or died since the store was made, with a segment and without."""
    for count in (3, 40):
        inventory = Inventory((Node(f"n-{at}") for at in range(count)), compact_at=None)
        assert inventory._moment.changed == 0
        inventory.upsert(Node("n-0", {"x": ""}))
        assert inventory._moment.changed == 1
        inventory.upsert(Node("new"))
        assert inventory._moment.changed == 2
        inventory.apply(["n-0", "n-1", "n-2", "new"])
        assert inventory._moment.changed == 5
        inventory.compact()
        assert inventory._moment.changed == 0


def test_counting_is_the_length_of_the_answer(small_segments: None) -> None:
    """The number told without an answer is that of the answer: before, with and after changes."""
    inventory = Inventory(
        (Node(f"n-{at}", {"x": str(at % 4)}) for at in range(40)), compact_at=None
    )
    selectors = [Selector.parse(text) for text in ("", "x=1", "x in (1,2)", "x!=1,x", "!x", "x>1")]
    selectors.append(Selector.of(match_ids=["n-1", "n-2"]))

    def check(moment: Moment) -> None:
        for selector in selectors:
            assert moment.count(selector) == len(moment.match(selector))

    check(inventory._moment)
    inventory.apply([Node("n-1", {"x": "2"}), Node("n-2"), "n-3", Node("more", {"x": "1"})])
    check(inventory._moment)
    inventory.compact()
    check(inventory._moment)
