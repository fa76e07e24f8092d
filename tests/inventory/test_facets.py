"""Counts of labels agree with a loop over all nodes."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Inventory, Node, Selector
from nodeselect.inventory.statistics import count_labels


@pytest.mark.parametrize("text", ["x", "!x", "y=a", "x in (a,b),!z"])
@given(labels=st.lists(st.dictionaries(st.sampled_from("xyz"), st.sampled_from("ab"))))
def test_counts_of_a_node_set(labels: list[dict[str, str]], text: str) -> None:
    """The counts agree with a loop over all nodes."""
    selector = Selector.parse(text)
    taken = [each for each in labels if selector.matches(each)]
    inventory = Inventory(Node(f"n-{n}", each) for n, each in enumerate(labels))
    facets = count_labels(inventory.match(selector))
    assert facets.nodes == len(taken)
    assert {each.key: dict(each.values) for each in facets.keys} == {
        key: Counter(each[key] for each in taken if key in each)
        for key in {key for each in taken for key in each}
    }
    assert all(each.nodes == sum(n for _, n in each.values) for each in facets.keys)


def test_order() -> None:
    """Equally frequent keys and values are sorted, whatever the order of the nodes."""
    nodes = [
        Node(f"n-{n}", labels) for n, labels in enumerate([{"b": "2"}, {"a": "1"}, {"b": "1"}])
    ]
    assert count_labels(nodes) == count_labels(reversed(nodes))
