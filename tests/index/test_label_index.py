"""The nodes of a label: an index built in bulk and one built node by node agree."""

from collections.abc import Callable
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect.index import postings
from nodeselect.index.label_index import LabelIndex, MutableLabelIndex
from nodeselect.selectors.charset import parse_int64
from tests.index.building import segment_of
from tests.naive import go_integer
from tests.property.strategies import KEYS, LABEL_VALUES, labels

FLEET = [{"a": "1"}, {"a": "1", "b": ""}, {}, {"a": "7", "b": ""}, {"a": "x"}]


def built_by_node(
    fleet: list[dict[str, str]], states: list[str | None] | None = None
) -> MutableLabelIndex:
    """Index nodes with these labels one by one."""
    index = MutableLabelIndex()
    for ordinal, each in enumerate(fleet):
        index.add(ordinal, each, None if states is None else states[ordinal])
    return index


def built_in_bulk(fleet: list[dict[str, str]]) -> LabelIndex:
    """Index nodes with these labels in bulk; so few keep their order."""
    clustered = segment_of(fleet)
    assert clustered.order.to_array().tolist() == list(range(len(fleet)))
    return clustered.index


def members(stored: postings.PostingsOrOrdinal) -> list[int]:
    return [stored] if isinstance(stored, int) else list(postings.ordinals(stored))


Make = Callable[[list[dict[str, str]]], LabelIndex]
BOTH = pytest.mark.parametrize("make", [built_by_node, built_in_bulk])


@BOTH
def test_nodes_by_value_and_by_key(make: Make) -> None:
    """Values and keys have their nodes; an unknown key has no values, nodes or numbers."""
    index = make(FLEET)
    assert sorted(index.keys) == ["a", "b"]
    found = {value: members(held) for value, held in index.values("a").items()}
    assert found == {"1": [0, 1], "7": [3], "x": [4]}
    assert isinstance(index.values("a")["7"], int)  # a single node takes no bitmap
    assert not isinstance(index.values("a")["1"], int)
    keys = {key: members(index.nodes_with_key(key)) for key in "abc"}
    assert keys == {"a": [0, 1, 3, 4], "b": [1, 3], "c": []}
    assert members(index.everything) == [0, 1, 2, 3, 4]
    assert dict(index.values("c")) == index.value_counts("c", index.everything) == {}
    assert index.values_in_range("c", -(2**63), 2**63 - 1) == []
    some = postings.from_ordinals([0, 2, 3])
    counts = [index.count_with_value("a", value, some) for value in ("1", "7", "x", "no")]
    assert counts == [1, 1, 0, 0]
    assert index.count_with_value("a", "1", index.everything) == 2
    assert index.count_with_value("c", "1", some) == 0


def test_states() -> None:
    """Each state has its nodes, None those without one; a function may accept several states."""
    states = ["ready", None, "ready", "", None]
    expected = {"ready": [0, 2], None: [1, 4], "": [3]}
    index, clustered = built_by_node(FLEET, states), segment_of(FLEET, states=states)
    assert {state: members(held) for state, held in index.states.items()} == expected
    for state, held in clustered.index.states.items():
        assert clustered.order.to_array()[members(held)].tolist() == expected[state]
    for accepted, ranks in ((["ready"], [0, 2]), (["", None], [1, 3, 4]), ([], [])):
        assert members(index.in_states(accepted.__contains__)) == ranks
        in_bulk = members(clustered.index.in_states(accepted.__contains__))
        assert sorted(clustered.order.to_array()[in_bulk].tolist()) == ranks


def test_values_may_be_added_while_others_are_read() -> None:
    """The items of a mutable index are those of the moment of the call."""
    index = built_by_node([{"a": "1"}, {"a": "2"}])
    for value, _ in index.items("a"):
        index.add(len(index.everything), {"a": value * 2}, None)
    assert sorted(value for value, _ in index.items("a")) == ["1", "11", "2", "22"]


def test_a_key_of_all_nodes_shares_one_set() -> None:
    """The nodes with a key that all nodes have are the set of all nodes itself."""
    index = built_in_bulk([{"a": "1", "b": "x"}, {"a": "2"}])
    assert index.nodes_with_key("a") is index.everything
    assert index.nodes_with_key("b") is not index.everything


@given(st.lists(labels(), max_size=12))
def test_both_ways_to_build_agree(fleet: list[dict[str, str]]) -> None:
    """An index built node by node is equal to one built in bulk."""
    one, other = built_by_node(fleet), built_in_bulk(fleet) if fleet else built_by_node([])
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
    for index in (built_by_node(fleet), built_in_bulk(fleet) if fleet else built_by_node([])):
        assert sorted(index.values_in_range("x", low, high)) == wanted
        assert sorted(index.values_in_range("x", low, high)) == wanted  # as it was cached


def test_numbers_are_parsed_once() -> None:
    """An index parses the values of a key for the first range only, unless values may be added."""
    index = built_in_bulk([{"x": "5"}, {"x": "6"}, {"x": "none"}])
    with patch("nodeselect.index.label_index.parse_int64", side_effect=parse_int64) as parse:
        assert index.values_in_range("x", 6, 9) == ["6"]
        assert index.values_in_range("x", 1, 5) == ["5"]
    assert parse.call_count == 3
    growing = built_by_node([{"x": "5"}])
    assert growing.values_in_range("x", 1, 9) == ["5"]
    growing.add(1, {"x": "6"}, None)
    assert sorted(growing.values_in_range("x", 1, 9)) == ["5", "6"]


@given(st.lists(labels(), min_size=1, max_size=12), st.data())
def test_value_counts(fleet: list[dict[str, str]], data: st.DataObject) -> None:
    """Only the given nodes are counted, without values that none of them has."""
    some = data.draw(st.sets(st.integers(0, len(fleet) - 1)))
    key = data.draw(st.sampled_from(KEYS))
    wanted: dict[str, int] = {}
    for at in some:
        if key in fleet[at]:
            wanted[fleet[at][key]] = wanted.get(fleet[at][key], 0) + 1
    for index in (built_by_node(fleet), built_in_bulk(fleet)):
        assert index.value_counts(key, postings.from_ordinals(sorted(some))) == wanted
