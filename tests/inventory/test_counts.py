"""Nodes are counted by state, by label and by what they fail as if they were counted one by one."""

from collections import Counter
from itertools import permutations
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Inventory, Node, Selector
from nodeselect.explain.countable import FailureCounts
from nodeselect.inventory.statistics import count_labels
from nodeselect.node import has_state
from tests.inventory.small import SMALL, tuned
from tests.property.strategies import KEYS, LABEL_VALUES, inventories, selectors

nodes = st.builds(
    Node,
    st.integers(0, 50).map("n-{}".format),
    st.dictionaries(st.sampled_from(KEYS), st.sampled_from(LABEL_VALUES[:4]), max_size=3),
    state=st.none() | st.sampled_from(("", "ready", "Ready", "lost")),
)
some_inventories = inventories(nodes, (SMALL,), max_size=40)


@given(some_inventories, selectors())
def test_labels_and_states(inventory: Inventory, selector: Selector) -> None:
    """Few nodes are counted one by one, many by the index."""
    for answer in (inventory.match(selector), inventory.match(Selector.everything())):
        nodes = list(answer)
        assert answer.state_counts() == Counter(node.state for node in nodes)
        assert count_labels(answer) == count_labels(nodes) == count_labels(reversed(nodes))
        pairs = Counter(pair for node in nodes for pair in node.labels.items())
        counts = answer.label_counts()
        assert {(key, value): n for key in counts for value, n in counts[key].items()} == pairs
        assert counts == {key: answer.value_counts(key) for key in KEYS if answer.value_counts(key)}


def test_order_of_counts(tmp_path: Path) -> None:
    """Counts are in the same order in an inventory that was built, changed or saved."""
    fleet = [Node("n-1", {"z": "1", "b": "2"}, state=""), Node("n-2"), Node("n-3", state="lost")]
    for nodes in permutations(fleet):
        built, changed = tuned(SMALL)(nodes), Inventory([Node("n-3")])
        changed.apply(nodes)
        built.save(tmp_path / "fleet.nsx")
        for inventory in (built, changed, Inventory.open(tmp_path / "fleet.nsx")):
            answer = inventory.match(Selector.everything())
            assert list(answer.state_counts()) == [None, "", "lost"]
            assert list(answer.label_counts()) == ["b", "z"]


@given(
    some_inventories,
    selectors(),
    st.none() | st.sets(st.sampled_from(("READY", "lost", "no such"))),
)
def test_failures(inventory: Inventory, selector: Selector, states: set[str] | None) -> None:
    """Each group of nodes fails exactly these requirements; nodes in other states do not count."""
    lowered = {state.lower() for state in states or ()}
    nodes = [node for node in inventory if states is None or has_state(node.state, lowered)]
    parts = list(enumerate(selector.split()))
    masks = Counter(
        sum(1 << at for at, part in parts if not part.matches(node.labels, node.id))
        for node in nodes
    )
    counts = inventory.failure_counts(selector, states=states)
    assert counts == FailureCounts.from_masks(len(selector.split()), masks)
    explained = inventory.snapshot().explain(selector, states=states)
    alone = Inventory(nodes).explain(selector)
    for field in ("total", "matched", "states", "connected", "reasons", "nearest"):
        assert getattr(explained, field) == getattr(alone, field)
    assert [each._replace(note=None) for each in explained.requirements] == [
        each._replace(note=None) for each in alone.requirements
    ]
    assert {*explained.hints} <= {*alone.hints}
    excluded = dict(explained.excluded_ids)
    assert {*explained.missing_ids, *excluded} == {*alone.missing_ids}
    assert excluded == {
        node_id: inventory[node_id].state for node_id in alone.missing_ids if node_id in inventory
    }
