"""Taints and amounts: an index of a segment, of a file and of a few nodes find what nodes have."""

from pathlib import Path
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Inventory, Node
from nodeselect.index import arrays
from tests.inventory.facts import indexed_facts, naive_facts
from tests.inventory.small import SMALL, tuned
from tests.property.strategies import facts


@given(st.lists(facts(), max_size=12), st.booleans())
def test_all_agree(fleet: list[dict[str, object]], with_numpy: bool) -> None:
    """Built in bulk, in a file, node by node: what is found is what the nodes have."""
    nodes = [Node(f"n-{at}", **known) for at, known in enumerate(fleet)]  # type: ignore[arg-type]
    inventory = tuned(SMALL)(nodes)
    with patch("nodeselect.index.segment.bulk_reader", lambda _: arrays if with_numpy else None):
        expected = naive_facts(nodes)
        assert indexed_facts(inventory) == indexed_facts(Inventory(nodes)) == expected


def test_nothing_is_stored_if_nothing_is_known(tmp_path: Path) -> None:
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
