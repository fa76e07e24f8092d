"""The nodes of a label or fact: an index built in bulk and one built node by node agree."""

from pathlib import Path
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Inventory, Node
from nodeselect.index import arrays, postings
from nodeselect.index.label_index import LabelIndex, MutableLabelIndex
from nodeselect.selectors.charset import parse_int64
from tests.index.building import segment_of
from tests.inventory.facts import indexed_facts, naive_facts
from tests.inventory.small import SMALL, tuned
from tests.naive import go_integer
from tests.property.strategies import KEYS, LABEL_VALUES, facts, labels


def built_by_node(fleet: list[dict[str, str]]) -> MutableLabelIndex:
    """Index nodes with these labels one by one."""
    index = MutableLabelIndex()
    for ordinal, each in enumerate(fleet):
        index.add(ordinal, each, None)
    return index


def built_in_bulk(fleet: list[dict[str, str]]) -> LabelIndex:
    """Index nodes with these labels in bulk; so few keep their order."""
    clustered = segment_of(fleet)
    assert clustered.order.array.tolist() == list(range(len(fleet)))
    return clustered.index


def members(stored: postings.PostingsOrOrdinal) -> list[int]:
    return [stored] if isinstance(stored, int) else list(postings.ordinals(stored))


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
        for held in (*mine.values(), *theirs.values()):
            assert isinstance(held, int) == (len(members(held)) == 1)  # which needs no bitmap
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
        assert index.values_in_range("absent", low, high) == []


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
    nodes = postings.from_ordinals(sorted(some))
    for index in (built_by_node(fleet), built_in_bulk(fleet)):
        assert index.value_counts(key, nodes) == wanted
        for value in LABEL_VALUES:
            assert index.count_with_value(key, value, nodes) == wanted.get(value, 0)


@given(st.lists(facts(), max_size=12), st.booleans())
def test_facts(fleet: list[dict[str, object]], with_numpy: bool) -> None:
    """Of taints and amounts, each index finds what the nodes have."""
    nodes = [Node(f"n-{at}", **known) for at, known in enumerate(fleet)]  # type: ignore[arg-type]
    inventory = tuned(SMALL)(nodes)
    with patch("nodeselect.index.segment.bulk_reader", lambda _: arrays if with_numpy else None):
        expected = naive_facts(nodes)
        assert indexed_facts(inventory) == indexed_facts(Inventory(nodes)) == expected


def test_no_facts(tmp_path: Path) -> None:
    """An index and a file of nodes without facts have no columns for them."""
    file = tmp_path / "fleet.nsx"
    inventory = tuned(SMALL)(Node(f"n-{at}") for at in range(9))
    inventory.save(file)
    for each in (inventory, tuned(SMALL).open(file)):
        segment = each._view.store.segment
        assert segment is not None
        assert segment.rows.fact_columns is None
        assert (segment.index.taints, segment.index.amounts) == ({}, {})
        assert not segment.index.with_resources
