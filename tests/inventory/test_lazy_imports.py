"""Only inventories of many nodes load numpy."""

import pytest

from tests.imports import loaded_after

LIVE = """
from nodeselect import Inventory, Node, Selector
inventory = Inventory((Node(f"n-{{at}}", {{"x": str(at % 3)}}) for at in range({count})))
answer = inventory.match(Selector.of(match_labels={{"x": "1"}}))
assert len(answer) == len(answer.ids()) == len(answer | answer)
answer.first(2), answer.sample(2, 1), answer.value_counts("x")
inventory.upsert(Node("n-1")), inventory.remove("n-0"), inventory.compact()
inventory.snapshot().explain(Selector.everything())
"""


@pytest.mark.parametrize(
    ("count", "numpy"),
    [
        pytest.param(100, False, id="few"),
        pytest.param(2_048, False, id="the-most-that-are-few"),
        pytest.param(3_000, True, id="many"),
    ],
)
def test_numpy(count: int, numpy: bool) -> None:
    """Few nodes need no numpy, whatever is done with them."""
    loaded = loaded_after(LIVE.format(count=count))
    assert ("numpy" in loaded) == numpy
    assert not loaded & {"lark", "pydantic", "click", "yaml", "msgspec"}


def test_growing_beyond_few() -> None:
    """An inventory that has grown loads numpy when it compacts, and not before."""
    grow = (
        "from nodeselect import Inventory, Node\n"
        "import sys\n"
        "inventory = Inventory(compact_at=None)\n"
        "inventory.apply([Node(f'n-{at}') for at in range(3_000)])\n"
        "assert 'numpy' not in sys.modules\n"
        "inventory.compact()\n"
        "assert len(inventory) == 3_000"
    )
    assert "numpy" in loaded_after(grow)
