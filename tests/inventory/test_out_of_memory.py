"""An allocation of the interpreter fails during a write.

numpy and the bitmap library are left out: they crash if an allocation of theirs fails
(``docs/inventory.md``).
"""

import sys

import pytest

from tests.imports import run_python

pytest.importorskip("_testcapi", reason="allocations cannot be made to fail")
if sys.version_info >= (3, 12):
    pytest.skip("the interpreter itself crashes", allow_module_level=True)

# How many allocations of a write fail, one after the other; the longest write makes fewer.
ALLOCATIONS = 150

WITHOUT_MEMORY = """
import _testcapi
from nodeselect import Inventory, Node, Selector
from nodeselect.index.tuning import Tuning

class Small(Inventory):
    __slots__ = ()
    _tuning = Tuning(max_unsegmented=4)

def changed_inventory():
    nodes = (Node(f"n-{at}", {"x": str(at)}, name="n") for at in range(COUNT))
    inventory = Small(nodes, compact_at=None)
    inventory.apply([Node("n-1", {"x": "changed"}), Node("new"), "n-0"])
    return inventory

def state(inventory):
    answers = [inventory.match(selector).ids() for selector in selectors]
    return inventory.generation, list(inventory), len(inventory), answers

selectors = [Selector.parse(text) for text in ("", "x in (changed,a,b)", "!y", "q")]
writes = [
    lambda inventory: inventory.upsert(Node("n-1", {"x": "a", "y": "a"}, name="n")),
    lambda inventory: inventory.upsert(Node("a", {"z": "a"}, state="ready")),
    lambda inventory: inventory.remove("n-2"),
    lambda inventory: inventory.apply([Node("a", {"x": "b"}), "n-2", Node("n-2", {"q": "r"})]),
    *[Inventory.compact] * IS_COMPACTED,
]
for write in writes:
    inventory = changed_inventory()
    before = state(inventory)
    write(inventory)
    states = {before[0]: before, inventory.generation: state(inventory)}
    failures = 0
    for at in range(ALLOCATIONS):
        inventory = changed_inventory()
        snapshot = inventory.snapshot()
        try:
            _testcapi.set_nomemory(at, at + 1)
            write(inventory)
        except (MemoryError, RuntimeError):  # RuntimeError: no memory for a lock
            failures += 1
        finally:
            _testcapi.remove_mem_hooks()
        seen = state(inventory)
        assert seen == states[seen[0]]
        assert list(snapshot) == before[1]
        inventory.upsert(Node("later"))
        assert list(inventory) == [*seen[1], Node("later")]
    assert failures > 0
"""


@pytest.mark.parametrize("count", [3, 12], ids=["few", "segment"])
def test_a_failing_allocation(count: int) -> None:
    """Readers see the state before the write or after it, and the next write is made."""
    constants = {"COUNT": count, "IS_COMPACTED": int(count == 3), "ALLOCATIONS": ALLOCATIONS}
    run_python("\n".join(f"{name} = {value}" for name, value in constants.items()) + WITHOUT_MEMORY)
