"""Many nodes that do not change: ranks, ordinals, and ids together with labels."""

from array import array

import pytest

from nodeselect import Node, Selector
from nodeselect.index import postings
from nodeselect.index.node_table import NodeTable, encode
from nodeselect.index.segment import Segment
from nodeselect.readers.columnar import to_blocks

NODES = [Node(f"n-{at}", {"x": str(at % 5), "y": str(at % 3)}, f"name-{at}") for at in range(500)]


def table_of(nodes: list[Node]) -> NodeTable:
    """Encode nodes."""
    return encode(to_blocks((node.id, node.labels, node.name, node.state) for node in nodes))


SEGMENT = Segment(table_of(NODES))


def ranks_of(ordinals: "array[int]") -> list[int]:
    """Return the ranks of ordinals."""
    return [SEGMENT.rank(ordinal) for ordinal in ordinals]


def ordinals_of(segment: Segment, start: int, stop: int) -> list[int]:
    """Return the ordinals of the ranks from ``start`` up to ``stop``."""
    ordinals = postings.ordinals(segment.ordinals_below_rank(stop))
    return segment.in_order(segment.ordinals, ordinals, [])[start:]


def test_nodes_and_ids_by_ordinal() -> None:
    """The ordinal of an id is that of the node with this id."""
    for rank, node in enumerate(NODES):
        ordinal = SEGMENT.find(node.id)
        assert ordinal is not None
        assert SEGMENT.rank(ordinal) == rank
        assert SEGMENT.node(ordinal) == node
        assert SEGMENT.equals(ordinal, node)
    assert SEGMENT.find("n-500") is None
    assert len(SEGMENT) == 500


def test_ordinals_below_a_rank() -> None:
    """These are the ordinals of the first ranks, or all ordinals if there are fewer."""
    first = SEGMENT.ordinals_below_rank(10)
    assert sorted(ranks_of(postings.ordinals(first))) == list(range(10))
    every = SEGMENT.ordinals_below_rank(600)
    assert sorted(ranks_of(postings.ordinals(every))) == list(range(500))
    assert SEGMENT.ordinals_below_rank(10) is first


def test_order() -> None:
    """Ordinals and ids come in the order of ranks; others are inserted at their ranks."""
    matches = postings.ordinals(SEGMENT.plan(Selector.parse("x=1")).evaluate())
    assert ranks_of(array("I", SEGMENT.in_order(SEGMENT.ordinals, matches, []))) == list(
        range(1, 500, 5)
    )
    three, four, five = ordinals_of(SEGMENT, 3, 6)
    ordinals = array("I", sorted([three, four, five]))
    others = [(0, 900), (5, 901), (5, 902), (700, 903)]
    assert SEGMENT.in_order(SEGMENT.ordinals, ordinals, others) == [
        900,
        three,
        four,
        901,
        902,
        five,
        903,
    ]
    ids = [(rank, f"late-{ordinal}") for rank, ordinal in others]
    assert SEGMENT.in_order(SEGMENT.table.ids, ordinals, ids) == [
        "late-900", "n-3", "n-4", "late-901", "late-902", "n-5", "late-903",
    ]  # fmt: skip
    assert SEGMENT.in_order(SEGMENT.table.ids, array("I"), ids[:1]) == ["late-900"]
    assert SEGMENT.in_order(SEGMENT.table.ids, array("I"), []) == []


@pytest.mark.parametrize("count", [1, 16, 17, 200])
def test_ids_with_labels(count: int) -> None:
    """Few ids or many, known or unknown, are intersected with the labels in the same way."""
    ids = [f"n-{at}" for at in range(490, 490 + count)]
    selector = Selector.of(match_ids=ids, match_expressions=["x in (1,2),y!=0"])
    expected = [node for node in NODES if selector.matches(node.labels, node.id)]
    plan = SEGMENT.plan(selector)
    ordinals = SEGMENT.in_order(SEGMENT.ordinals, postings.ordinals(plan.evaluate()), [])
    assert [SEGMENT.node(ordinal) for ordinal in ordinals] == expected
    assert plan.evaluate_size() == len(expected)


def test_merge() -> None:
    """Some nodes of the segment and others are merged in the order of their ranks."""
    kept = array("I", sorted(ordinals_of(SEGMENT, 0, 10)))
    others = [Node("late-1", {"x": "new"}), Node("late-2", {}, state="ready")]
    table = SEGMENT.merge(kept, table_of(others), [4, 800])
    expected = [*NODES[:5], others[0], *NODES[5:10], others[1]]
    assert [table.node(rank) for rank in range(12)] == expected
