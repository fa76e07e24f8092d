"""The order of ordinals: nodes with the same labels stand together, and answers do not change."""

from itertools import groupby
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Inventory, Node, Selector
from nodeselect.index import cluster as clustering
from nodeselect.index import postings
from nodeselect.index.cluster import Clustered, cluster
from nodeselect.index.encode import code
from nodeselect.readers.columnar import to_blocks
from tests.inventory.small import small_segments
from tests.naive import matches
from tests.property.strategies import labels, selectors

Fleet = list[dict[str, str]]


def clustered(fleet: Fleet) -> Clustered:
    """Order maps of labels."""
    return cluster(code(to_blocks((f"n-{at}", each, None, None) for at, each in enumerate(fleet))))


def in_order(fleet: Fleet) -> Fleet:
    """Give maps of labels in clustered order."""
    return [fleet[rank] for rank in clustered(fleet).ranks.tolist()]


@pytest.fixture(name="cell")
def low_cell(monkeypatch: pytest.MonkeyPatch) -> int:
    """Cells of ten nodes."""
    monkeypatch.setattr(clustering, "_CELL", 10)
    return 10


def random_fleet(count: int, sizes: dict[str, int], share: float = 1.0) -> Fleet:
    """Make maps of labels with keys of so many values, carried by a share of the nodes."""
    random = Random(1)
    return [
        {key: str(random.randrange(size)) for key, size in sizes.items() if random.random() < share}
        for _ in range(count)
    ]


@given(st.lists(labels(), min_size=1, max_size=30))
def test_ranks_and_ordinals_are_each_others_inverse(fleet: Fleet) -> None:
    """Each rank has one ordinal and each ordinal one rank."""
    with small_segments():
        order = clustered(fleet)
    ranks, ordinals = order.ranks.tolist(), order.ordinals.tolist()
    assert sorted(ranks) == list(range(len(fleet)))
    assert [ordinals[rank] for rank in ranks] == list(range(len(fleet)))


@given(st.lists(labels(), min_size=1, max_size=30))
def test_the_index_is_of_the_nodes_at_their_ordinals(fleet: Fleet) -> None:
    """A value's postings hold the ordinals of just the nodes that have it."""
    with small_segments():
        order = clustered(fleet)
    for key in order.labels.keys:
        for value, held in order.labels.values(key).items():
            found = [held] if isinstance(held, int) else list(postings.ordinals(held))
            ranks = sorted(order.ranks[found].tolist())
            assert ranks == [at for at, each in enumerate(fleet) if each.get(key) == value]


def test_nodes_of_one_cell_stand_together(cell: int) -> None:
    """Keys of few values are runs; within a cell nodes stand in inventory order."""
    fleet = random_fleet(200, {"two": 2, "four": 4, "many": 50})
    order = clustered(fleet)
    for key, most in (("two", 2), ("four", 8)):
        assert len(list(groupby(each[key] for each in in_order(fleet)))) <= most
    cells = groupby(
        order.ranks.tolist(), key=lambda rank: (fleet[rank]["two"], fleet[rank]["four"])
    )
    for _, ranks in cells:
        some = list(ranks)
        assert some == sorted(some)


def test_no_key_is_added_beyond_the_size_of_a_cell(cell: int) -> None:
    """Keys are sorted by while a cell can be expected to hold so many nodes, and not beyond."""
    enough = random_fleet(2 * 3 * cell, {"two": 2, "three": 3})
    assert len(list(groupby((each["two"], each["three"]) for each in in_order(enough)))) == 6
    too_few = enough[1:]
    assert len(list(groupby(each["two"] for each in in_order(too_few)))) == 2
    assert len(list(groupby(each["three"] for each in in_order(too_few)))) > 6


def test_absence_is_a_value(cell: int) -> None:
    """Of a key that some lack, those without it stand together too."""
    fleet = random_fleet(100, {"gpu": 1}, share=0.5)
    assert [key for key, _ in groupby("gpu" in each for each in in_order(fleet))] == [False, True]


def test_of_keys_with_as_many_values_the_most_carried_is_first(cell: int) -> None:
    """Where only one of two keys can be sorted by, it is the one that more nodes carry."""
    fleet = [
        {"seldom": str(at % 2), "often": str(at // 2 % 2)}
        if at % 3
        else {"often": str(at // 2 % 2)}
        for at in range(30)
    ]
    assert len(list(groupby(each["often"] for each in in_order(fleet)))) == 2


def test_the_order_does_not_depend_on_the_order_of_labels(cell: int) -> None:
    """Labels in another order within their nodes give the same order of nodes."""
    fleet = random_fleet(300, {"a": 2, "b": 3, "c": 40}, share=0.8)
    turned = [dict(reversed(each.items())) for each in fleet]
    assert clustered(fleet).ranks.tolist() == clustered(fleet).ranks.tolist()
    assert in_order(fleet) == in_order(turned)


@given(st.lists(labels(), min_size=5, max_size=30), selectors())
def test_clustered_answers_are_the_same(fleet: Fleet, selector: Selector) -> None:
    """Whatever the order of ordinals is, answers are the nodes taken in inventory order."""
    nodes = [Node(f"n-{at}", each) for at, each in enumerate(fleet)]
    taken = [
        node.id
        for node in nodes
        if matches(selector.requirements, selector.ids, node.labels, node.id)
    ]
    with small_segments():
        inventory = Inventory(nodes)
        assert inventory._moment.store.segment is not None
        assert inventory.match(selector).ids() == taken
