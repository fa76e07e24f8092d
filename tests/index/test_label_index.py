"""Which nodes carry a label, made in bulk or grown: both say the same."""

from collections.abc import Callable
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect.index import postings
from nodeselect.index.cluster import cluster
from nodeselect.index.encode import encode
from nodeselect.index.label_index import LabelIndex
from nodeselect.index.tuning import DEFAULT
from nodeselect.readers.columnar import to_blocks
from tests.naive import go_integer
from tests.property.strategies import KEYS, LABEL_VALUES, labels

FLEET = [{"a": "1"}, {"a": "1", "b": ""}, {}, {"a": "7", "b": ""}, {"a": "x"}]


def grown(fleet: list[dict[str, str]], states: list[str | None] | None = None) -> LabelIndex:
    """Index maps of labels one by one."""
    index = LabelIndex.mutable()
    for ordinal, each in enumerate(fleet):
        index.add(ordinal, each, None if states is None else states[ordinal])
    return index


def bulk(fleet: list[dict[str, str]], states: list[str | None] | None = None) -> LabelIndex:
    """Index maps of labels in bulk; so few are not put in another order."""
    some = states or [None] * len(fleet)
    rows = encode(to_blocks((f"n-{at}", each, None, some[at]) for at, each in enumerate(fleet)))
    clustered = cluster(rows, DEFAULT)
    assert clustered.ordinals.tolist() == list(range(len(fleet)))
    return clustered.labels


def members(stored: postings.PostingsOrOrdinal) -> list[int]:
    """Give the ordinals of what is stored."""
    return [stored] if isinstance(stored, int) else list(postings.ordinals(stored))


Make = Callable[[list[dict[str, str]]], LabelIndex]
BOTH = pytest.mark.parametrize("make", [grown, bulk])


@BOTH
def test_values_and_carriers(make: Make) -> None:
    """For each value there are its nodes, and for each key the nodes of all its values."""
    index = make(FLEET)
    assert sorted(index.keys) == ["a", "b"]
    found = {value: members(held) for value, held in index.values("a").items()}
    assert found == {"1": [0, 1], "7": [3], "x": [4]}
    assert members(index.nodes_with_key("a")) == [0, 1, 3, 4]
    assert members(index.nodes_with_key("b")) == [1, 3]
    assert members(index.everything) == [0, 1, 2, 3, 4]


@BOTH
def test_unknown_key(make: Make) -> None:
    """A key that no node carries has no values, no carriers and no numbers."""
    index = make(FLEET)
    assert dict(index.values("c")) == {}
    assert members(index.nodes_with_key("c")) == []
    assert index.values_in_range("c", -(2**63), 2**63 - 1) == []
    assert index.value_counts("c", index.everything) == {}


@BOTH
def test_one_node_is_a_plain_number(make: Make) -> None:
    """A value that one node holds is kept as its ordinal, and no bitmap."""
    values = make(FLEET).values("a")
    assert values["7"] == 3
    assert isinstance(values["7"], int)
    assert not isinstance(values["1"], int)


def test_states() -> None:
    """For each state there are its nodes; None is the state of those without one."""
    states = ["ready", None, "ready", "", None]
    for index in (grown(FLEET, states), bulk(FLEET, states)):
        found = {state: members(held) for state, held in index.states.items()}
        assert found == {"ready": [0, 2], None: [1, 4], "": [3]}


def test_a_key_of_all_nodes_shares_one_set() -> None:
    """The carriers of a key that all nodes carry are the set of all nodes itself."""
    index = bulk([{"a": "1", "b": "x"}, {"a": "2"}])
    assert index.nodes_with_key("a") is index.everything
    assert index.nodes_with_key("b") is not index.everything


@given(st.lists(labels(), max_size=12))
def test_growing_says_what_bulk_says(fleet: list[dict[str, str]]) -> None:
    """An index that grew by one node after the other is that of all of them at once."""
    one, other = grown(fleet), bulk(fleet) if fleet else grown([])
    assert sorted(one.keys) == sorted(other.keys)
    for key in KEYS:
        assert members(one.nodes_with_key(key)) == members(other.nodes_with_key(key))
        mine, theirs = one.values(key), other.values(key)
        assert {value: members(held) for value, held in mine.items()} == {
            value: members(held) for value, held in theirs.items()
        }
        assert one.value_counts(key, one.everything) == other.value_counts(key, other.everything)


bounds = st.sampled_from((-(2**63), -1, 0, 5, 6, 7, 2**63 - 1))


@given(st.lists(st.sampled_from(LABEL_VALUES), max_size=12), bounds, bounds)
def test_a_range_is_of_numbers(values: list[str], low: int, high: int) -> None:
    """Values in a range are those that read as integers from its first to its last."""
    wanted = sorted(
        value
        for value in set(values)
        if (number := go_integer(value)) is not None and low <= number <= high
    )
    fleet = [{"x": value} for value in values]
    for index in (grown(fleet), bulk(fleet) if fleet else grown([])):
        assert sorted(index.values_in_range("x", low, high)) == wanted
        assert sorted(index.values_in_range("x", low, high)) == wanted  # as it was cached


def test_a_range_contains_later_values() -> None:
    """A mutable index does not cache numbers: a later value is found."""
    index = grown([{"x": "5"}])
    assert index.values_in_range("x", 1, 9) == ["5"]
    index.add(1, {"x": "6"}, None)
    assert sorted(index.values_in_range("x", 1, 9)) == ["5", "6"]


@given(st.lists(labels(), min_size=1, max_size=12), st.data())
def test_counts(fleet: list[dict[str, str]], data: st.DataObject) -> None:
    """Counts are of the ordinals asked for, without values that none of them has."""
    some = data.draw(st.sets(st.integers(0, len(fleet) - 1)))
    key = data.draw(st.sampled_from(KEYS))
    wanted: dict[str, int] = {}
    for at in some:
        if key in fleet[at]:
            wanted[fleet[at][key]] = wanted.get(fleet[at][key], 0) + 1
    for index in (grown(fleet), bulk(fleet)):
        assert index.value_counts(key, postings.from_ordinals(sorted(some))) == wanted


def test_bytes_are_told_while_nodes_come_in() -> None:
    """Telling the memory takes what there is, and does not mind what comes in meanwhile."""
    index = grown(FLEET, ["a", "b", "c", None, "d"])
    measured = postings.memory_bytes
    left = iter(range(len(FLEET), len(FLEET) + 5))

    def measure(stored: postings.PostingsOrOrdinal) -> int:
        if (ordinal := next(left, None)) is not None:
            index.add(ordinal, {f"key-{ordinal}": "", "a": str(ordinal)}, f"state-{ordinal}")
        return measured(stored)

    with patch.object(postings, "memory_bytes", measure):
        assert index.memory_bytes() > 0
    assert len(index.everything) == len(FLEET) + 5


def test_bytes_grow_with_the_nodes() -> None:
    """The memory told grows with what is indexed."""
    sizes = [
        grown([{"x": str(at)} for at in range(count)]).memory_bytes() for count in (1, 100, 10_000)
    ]
    assert sizes == sorted(set(sizes))
    assert sizes[2] > 10_000 * 32
