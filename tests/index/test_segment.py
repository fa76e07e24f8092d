"""Many nodes that do not change: ranks, ordinals, and ids among labels."""

from array import array

import pytest

from nodeselect import Node, Selector
from nodeselect.index import planner as plans
from nodeselect.index import postings
from nodeselect.index.encode import code
from nodeselect.index.node_table import NodeTable
from nodeselect.index.planner import run
from nodeselect.index.segment import Segment
from nodeselect.readers.columnar import to_blocks

NODES = [Node(f"n-{at}", {"x": str(at % 5), "y": str(at % 3)}, f"name-{at}") for at in range(500)]


def rows_of(nodes: list[Node]) -> NodeTable:
    """Code nodes."""
    return code(to_blocks((node.id, node.labels, node.name, node.state) for node in nodes))


SEGMENT = Segment(rows_of(NODES))


def ranks_of(ordinals: "array[int]") -> list[int]:
    """Give the ranks of ordinals."""
    return [SEGMENT.rank(ordinal) for ordinal in ordinals]


def in_order(segment: Segment, start: int, stop: int) -> list[int]:
    """Give the ordinals of the ranks from ``start`` up to ``stop``."""
    return segment.in_order(postings.ordinals(segment.early(stop)), [])[start:]


def test_nodes_and_ids_by_ordinal() -> None:
    """The node of the ordinal that an id has is the node with this id."""
    for rank, node in enumerate(NODES):
        ordinal = SEGMENT.find(node.id)
        assert ordinal is not None
        assert SEGMENT.rank(ordinal) == rank
        assert SEGMENT.node(ordinal) == node
        assert SEGMENT.holds(ordinal, node)
    assert SEGMENT.find("n-500") is None
    assert len(SEGMENT) == 500


def test_early() -> None:
    """The ordinals of the first ranks, and of all where there are not so many."""
    assert sorted(ranks_of(postings.ordinals(SEGMENT.early(10)))) == list(range(10))
    assert sorted(ranks_of(postings.ordinals(SEGMENT.early(600)))) == list(range(500))
    assert SEGMENT.early(10) is SEGMENT.early(10)


def test_order() -> None:
    """Ordinals and ids come in the order of ranks; others stand where their ranks say."""
    found = postings.ordinals(run(SEGMENT.plan(Selector.parse("x=1"))))
    assert ranks_of(array("I", SEGMENT.in_order(found, []))) == list(range(1, 500, 5))
    some = array("I", sorted(in_order(SEGMENT, 3, 6)))
    others = [(0, 900), (5, 901), (5, 902), (700, 903)]
    three, four, five = in_order(SEGMENT, 3, 6)
    assert SEGMENT.in_order(some, others) == [900, three, four, 901, 902, five, 903]
    named = [(rank, f"late-{ordinal}") for rank, ordinal in others]
    assert SEGMENT.ids(some, named) == [
        "late-900", "n-3", "n-4", "late-901", "late-902", "n-5", "late-903",
    ]  # fmt: skip
    assert SEGMENT.ids(array("I"), named[:1]) == ["late-900"]
    assert SEGMENT.ids(array("I"), []) == []


@pytest.mark.parametrize("count", [1, 16, 17, 200])
def test_ids_with_labels(count: int) -> None:
    """Few ids and many, known and unknown, meet the labels in the same way."""
    ids = [f"n-{at}" for at in range(490, 490 + count)]
    selector = Selector.of(match_ids=ids, match_expressions=["x in (1,2),y!=0"])
    wanted = [node for node in NODES if selector.matches(node.labels, node.id)]
    plan = SEGMENT.plan(selector)
    found = SEGMENT.in_order(postings.ordinals(run(plan)), [])
    assert [SEGMENT.node(ordinal) for ordinal in found] == wanted
    assert plans.count(plan) == len(wanted)
    text = plan.explain()
    assert ("few ids, tested one by one" in text) == (count <= 16)
    assert ("one of the ids" in text) == (count > 16)


def test_merged() -> None:
    """Some nodes are kept and others put among them, as their ranks say."""
    kept = array("I", sorted(in_order(SEGMENT, 0, 10)))
    late = [Node("late-1", {"x": "new"}), Node("late-2", {}, state="ready")]
    rows, ranks = SEGMENT.merged(kept, rows_of(late), [4, 800])
    assert ranks == [0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 9, 800]
    made = Segment(rows)
    wanted = [*NODES[:5], late[0], *NODES[5:10], late[1]]
    assert [made.node(ordinal) for ordinal in in_order(made, 0, 12)] == wanted


def test_merged_without_others_or_without_any_kept() -> None:
    """Nothing to put in, or nothing that is left, is no special case."""
    kept = array("I", sorted(in_order(SEGMENT, 7, 9)))
    rows, ranks = SEGMENT.merged(kept, rows_of([]), [])
    assert [rows.node(rank) for rank in range(2)] == NODES[7:9]
    assert ranks == [7, 8]
    rows, ranks = SEGMENT.merged(array("I"), rows_of(NODES[:2]), [800, 801])
    assert [rows.node(rank) for rank in range(2)] == NODES[:2]
    assert ranks == [800, 801]


def test_parts_of_the_memory() -> None:
    """Each part that is told takes something, and kept plans take their unions."""
    segment = Segment(rows_of(NODES))
    before = segment.bytes()
    assert sorted(before) == ["id table", "ids", "index", "order", "plans", "rows"]
    assert before["plans"] == 0
    assert all(size > 0 for part, size in before.items() if part != "plans")
    segment.plan(Selector.parse("x in (1,2)"))
    assert segment.bytes()["plans"] > 0
