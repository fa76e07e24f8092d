"""The order of ordinals: equal nodes are adjacent, and answers do not depend on the order."""

from dataclasses import replace
from itertools import groupby
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from nodeselect.index import postings
from nodeselect.index.built_segment import BuiltSegment
from nodeselect.index.node_table import encode
from nodeselect.index.tuning import Tuning
from tests.index.building import segment_of
from tests.inventory.small import SMALL
from tests.property.strategies import labels

Fleet = list[dict[str, str]]

CELL = 10
CELLS_OF_TEN = Tuning(cell_size=CELL)


def ranks_of(fleet: Fleet, states: int = 1) -> list[int]:
    """Return the order of nodes with these labels, whose states follow each other in turn."""
    turns = [f"s{at % states}" for at in range(len(fleet))]
    ranks: list[int] = segment_of(fleet, CELLS_OF_TEN, turns).order.array.tolist()
    return ranks


def in_order(fleet: Fleet) -> Fleet:
    return [fleet[rank] for rank in ranks_of(fleet)]


def random_fleet(count: int, sizes: dict[str, int], share: float = 1.0) -> Fleet:
    """Return random labels with a number of values for each key, which a share of nodes has."""
    random = Random(1)
    return [
        {key: str(random.randrange(size)) for key, size in sizes.items() if random.random() < share}
        for _ in range(count)
    ]


@given(st.lists(labels(), min_size=1, max_size=30))
def test_the_index_is_of_the_nodes_at_their_ordinals(fleet: Fleet) -> None:
    """Each rank has one ordinal; the postings of a value are those of the nodes that have it."""
    segment = segment_of(fleet, SMALL)
    assert sorted(segment.order.array.tolist()) == list(range(len(fleet)))
    for key in segment.index.keys:
        for value, stored in segment.index.values(key).items():
            ordinals = [stored] if isinstance(stored, int) else list(postings.ordinals(stored))
            ranks = sorted(segment.order.array[ordinals].tolist())
            assert ranks == [rank for rank, node in enumerate(fleet) if node.get(key) == value]


def test_nodes_of_one_cell_are_adjacent() -> None:
    """Keys of few values are runs; within a cell nodes are in inventory order."""
    fleet = random_fleet(200, {"two": 2, "four": 4, "many": 50})
    for key, most in (("two", 2), ("four", 8)):
        assert len(list(groupby(each[key] for each in in_order(fleet)))) <= most
    cells = groupby(ranks_of(fleet), key=lambda rank: (fleet[rank]["two"], fleet[rank]["four"]))
    for _, ranks in cells:
        cell = list(ranks)
        assert cell == sorted(cell)


def test_states_come_first() -> None:
    """The nodes of a state are adjacent, and ordered by label within it; not if there are many."""
    fleet = random_fleet(200, {"two": 2})
    ranks = ranks_of(fleet, states=16)
    assert [rank % 16 for rank in ranks] == sorted(rank % 16 for rank in ranks)
    assert len(list(groupby((rank % 16, fleet[rank]["two"]) for rank in ranks))) == 32
    ranks = ranks_of(fleet, states=17)
    assert len(list(groupby(fleet[rank]["two"] for rank in ranks))) == 2


def test_no_key_is_added_beyond_the_size_of_a_cell() -> None:
    """A key is added to the sort order only if a cell is still expected to be large enough."""
    enough = random_fleet(2 * 3 * CELL, {"two": 2, "three": 3})
    assert len(list(groupby((each["two"], each["three"]) for each in in_order(enough)))) == 6
    too_few = enough[1:]
    assert len(list(groupby(each["two"] for each in in_order(too_few)))) == 2
    assert len(list(groupby(each["three"] for each in in_order(too_few)))) > 6


def test_a_cell_is_of_all_keys() -> None:
    """The size of a cell is that of the nodes that agree in every key before, not only the last."""
    enough = random_fleet(2 * 3 * 4 * CELL, {"two": 2, "three": 3, "four": 4})
    assert len(set(map(str, enough))) == len(list(groupby(in_order(enough)))) == 24
    too_few = in_order(enough[1:])
    assert len(list(groupby((each["two"], each["three"]) for each in too_few))) == 6
    assert len(list(groupby(too_few))) > 24


def test_a_state_of_no_node() -> None:
    """A table may name a state that none of its nodes has."""
    table = encode([[("n-1", {}, None, "ready", None)]])
    labels = BuiltSegment(replace(table, state_names=["ready", "gone"]), CELLS_OF_TEN).index
    assert {state: len(nodes) for state, nodes in labels.states.items()} == {"ready": 1, "gone": 0}


def test_absence_is_a_value() -> None:
    """The nodes without a key are adjacent, too."""
    fleet = random_fleet(100, {"gpu": 1}, share=0.5)
    assert [key for key, _ in groupby("gpu" in each for each in in_order(fleet))] == [False, True]


def test_of_keys_with_equally_many_values_the_most_frequent_is_first() -> None:
    """If only one of two keys fits into the sort order, it is the one that more nodes have."""
    fleet = [
        {"seldom": str(at % 2), "often": str(at // 2 % 2)}
        if at % 3
        else {"often": str(at // 2 % 2)}
        for at in range(30)
    ]
    assert len(list(groupby(each["often"] for each in in_order(fleet)))) == 2


def test_the_order_does_not_depend_on_the_order_of_labels() -> None:
    """The order of the labels within a node does not change the order of nodes."""
    fleet = random_fleet(300, {"a": 2, "b": 3, "c": 40}, share=0.8)
    reversed_fleet = [dict(reversed(each.items())) for each in fleet]
    assert in_order(fleet) == in_order(reversed_fleet)
