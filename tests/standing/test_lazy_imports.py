"""Only answers of many names load numpy."""

import pytest

from tests.imports import HEAVY, loaded_after

PROGRAM = """
from nodeselect import Node, Selector, StandingSelectors
standing = StandingSelectors((number, Selector.everything()) for number in range({count}))
node = Node("n-1", {{"x": "1"}})
assert len(standing.matching(node).names()) == {count}
standing.upsert(0, Selector.parse("x=2"))
standing.changes(None, node), standing.explain(node), standing.snapshot()
standing.remove(1)
"""


@pytest.mark.parametrize(("count", "numpy"), [(512, set()), (513, {"numpy"})])
def test_numpy(count: int, numpy: set[str]) -> None:
    """Few names need no numpy, whatever is done with them, and nothing else that is heavy."""
    assert loaded_after(PROGRAM.format(count=count)) & HEAVY == numpy | {"pyroaring"}
