"""Laws of standing selectors: they answer as if each selector were asked by itself."""

from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Inventory, Node, Selector, StandingSelectors
from tests.naive import matches
from tests.property.strategies import IDS, labels, node_ids, selectors

by_name = st.dictionaries(st.integers(0, 9), selectors(), max_size=5)


@given(by_name, labels(), node_ids())
def test_matching(
    named: dict[int, Selector], node_labels: dict[str, str], node_id: str | None
) -> None:
    """The names that match are those of the selectors that the model matches, in order."""
    answer = StandingSelectors(named).matching(node_labels, node_id)
    wanted = [
        name
        for name, selector in named.items()
        if matches(selector.requirements, selector.ids, node_labels, node_id)
    ]
    assert answer.names() == list(answer) == wanted
    assert len(answer) == len(wanted)
    assert all((name in answer) == (name in wanted) for name in range(10))


@given(by_name, labels(), labels(), st.sampled_from(IDS))
def test_changes(
    named: dict[int, Selector], before: dict[str, str], after: dict[str, str], node_id: str
) -> None:
    """What a change gains and loses is the difference of the two answers."""
    standing = StandingSelectors(named)
    old, new = Node(node_id, before), Node(node_id, after)
    gained, lost = standing.changes(old, new)
    assert set(gained) == standing.matching(new) - standing.matching(old)
    assert set(lost) == standing.matching(old) - standing.matching(new)
    assert standing.changes(None, old)[0].names() == standing.matching(old).names()
    assert standing.changes(old, None)[1].names() == standing.matching(old).names()


@given(by_name, by_name, st.sets(st.integers(0, 9)), labels(), node_ids())
def test_only_the_last_selectors_count(
    first: dict[int, Selector],
    then: dict[int, Selector],
    removed: set[int],
    node_labels: dict[str, str],
    node_id: str | None,
) -> None:
    """After replacements and removals, answers are those of the selectors that are left."""
    standing = StandingSelectors(first)
    named: dict[int, Selector] = first | then
    gone: dict[int, None] = dict.fromkeys(removed & named.keys())
    standing.apply(then)
    standing.apply(gone)
    fresh = StandingSelectors({name: named[name] for name in standing})
    assert list(standing) == [name for name in {**first, **then} if name in named.keys() - removed]
    assert standing.matching(node_labels, node_id).names() == (
        fresh.matching(node_labels, node_id).names()
    )
    assert standing.explain(node_labels, node_id) == fresh.explain(node_labels, node_id)


@given(by_name, labels(), st.sampled_from(IDS))
def test_an_inventory_of_one_node(
    named: dict[int, Selector], node_labels: dict[str, str], node_id: str
) -> None:
    """A selector matches a node exactly if an inventory finds the node for the selector."""
    node = Node(node_id, node_labels)
    inventory = Inventory([node])
    assert StandingSelectors(named).matching(node).names() == [
        name for name, selector in named.items() if inventory.match(selector)
    ]
