"""Interrupt writes, and see what readers see and whether the next write is made."""

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

from nodeselect import Inventory, Node, Selector
from tests.inventory.faults import in_another_thread, interrupt, run_with_fault
from tests.inventory.small import small_inventory

EVERYTHING = Selector.everything()

BATCH: list[Node | str] = [
    Node("n-1", {"x": "again"}),
    Node("a", {"x": "a", "y": "a"}, state="ready"),
    "new",
    Node("a", {"x": "b"}),
    "n-2",
    Node("n-2", {"x": "back"}),
]


WRITES: dict[str, Callable[[Inventory], object]] = {
    "replace": lambda inventory: inventory.upsert(Node("n-1", {"x": "a", "y": "a"}, name="name 1")),
    "add": lambda inventory: inventory.upsert(Node("a", {"z": "a"}, state="ready")),
    "equal": lambda inventory: inventory.upsert(Node("n-1", {"x": "r"})),
    "remove": lambda inventory: inventory.remove("n-2"),
    "apply": lambda inventory: inventory.apply(BATCH),
    "compact": Inventory.compact,
}


def changed_inventory(count: int, compact_at: float | None = None) -> Inventory:
    """Return an inventory with four changes since it was built; one more is due to compact it."""
    nodes = (Node(f"n-{at}", {"x": str(at)}, name=f"name {at % 2}") for at in range(count))
    inventory = small_inventory(nodes, compact_at=compact_at)
    for value in "pqr":
        inventory.upsert(Node("n-1", {"x": value}))
    inventory.apply([Node("new", {"x": "new"}), "n-0"])
    return inventory


def state(inventory: Inventory) -> tuple[Any, ...]:
    """Return everything that a reader sees."""
    selectors = [EVERYTHING, Selector.parse("x in (again,a,b,new,back)"), Selector.parse("!y")]
    return (
        list(inventory),
        len(inventory),
        inventory.generation,
        *[inventory.match(selector).ids() for selector in selectors],
        [node_id in inventory for node_id in ("a", "new", "n-0", "n-1", "n-2")],
    )


def interrupt_everywhere(
    write: Callable[[Inventory], object], count: int, compact_at: float | None, step: int = 1
) -> int:
    """Interrupt ``write`` at every ``step``-th point, each time on a new inventory.

    Return the number of interruptions.

    :raises AssertionError: if readers then see another state than that before the write or that
        after it, as ``generation`` says, or if the next write is not made.
    """
    inventory = changed_inventory(count, compact_at)
    before = state(inventory)
    write(inventory)
    states = {before[2]: before, inventory.generation: state(inventory)}
    for at in itertools.count(step=step):
        inventory = changed_inventory(count, compact_at)
        snapshot, answer = inventory.snapshot(), inventory.match(EVERYTHING)
        try:
            if not run_with_fault(partial(write, inventory), at, interrupt):
                break
        except KeyboardInterrupt:
            pass
        generation = inventory.generation
        assert state(inventory) == states[generation]
        assert list(snapshot) == list(answer) == before[0]
        in_another_thread(partial(inventory.upsert, Node("later")))
        assert inventory.generation == generation + 1
        assert list(inventory) == [*states[generation][0], Node("later")]
        assert list(snapshot) == list(answer) == before[0]
    return at // step
