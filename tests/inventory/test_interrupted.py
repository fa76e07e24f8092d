"""An interrupted write changes nothing, and the next write goes on."""

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest

from nodeselect import Inventory, Node, Selector
from nodeselect.inventory import inventory as module
from nodeselect.inventory.delta import Delta
from tests.inventory.faults import in_another_thread, interrupted, run_with_fault
from tests.inventory.small import small_inventory
from tests.thoroughness import at_desk

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


@pytest.fixture(name="inventory", params=[3, 30], ids=["few", "segment"])
def inventory_fixture(request: pytest.FixtureRequest) -> Inventory:
    """Return an inventory of few nodes or with a segment, some of whose nodes have changed."""
    return changed_inventory(request.param)


@pytest.mark.parametrize(
    ("count", "compact_at", "step"),
    [
        pytest.param(3, None, 1, id="few"),
        pytest.param(3, 0.01, 3, id="few-compacting"),
        pytest.param(12, None, 17, id="segment"),
        pytest.param(12, 0.01, 61, id="segment-compacting"),
    ],
)
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_an_interruption_at_any_point(
    write: Callable[[Inventory], None], count: int, compact_at: float | None, step: int
) -> None:
    """Readers see the state before the write or after it, as ``generation`` says; writes go on."""
    inventory = changed_inventory(count, compact_at)
    before = state(inventory)
    write(inventory)
    states = {before[2]: before, inventory.generation: state(inventory)}
    step = at_desk(5 * step, ci=step)
    for at in itertools.count(step=step):
        inventory = changed_inventory(count, compact_at)
        snapshot, answer = inventory.snapshot(), inventory.match(EVERYTHING)
        if not interrupted(partial(write, inventory), at):
            break
        generation = inventory.generation
        assert state(inventory) == states[generation]
        assert list(snapshot) == list(answer) == before[0]
        in_another_thread(partial(inventory.upsert, Node("later")))
        assert inventory.generation == generation + 1
        assert list(inventory) == [*states[generation][0], Node("later")]
        assert list(snapshot) == list(answer) == before[0]
    assert at > step


def test_an_interrupted_repair(inventory: Inventory) -> None:
    """If a half-written batch cannot be removed, the next write fails and readers go on."""
    before = state(inventory)
    with patch.object(Delta, "delete", side_effect=MemoryError), pytest.raises(MemoryError):
        inventory.apply(BATCH)
    with patch.object(module, "compact", side_effect=MemoryError):
        for _ in range(2):
            with pytest.raises(MemoryError):
                inventory.upsert(Node("later"))
            assert state(inventory) == before
    inventory.upsert(Node("later"))
    assert inventory.match(EVERYTHING).ids() == [*before[3], "later"]


def test_a_source_that_raises() -> None:
    """An error of the iterable of nodes is raised, after few nodes or many."""

    def failing(count: int) -> Iterator[Node]:
        yield from (Node(f"n-{at}") for at in range(count))
        raise OSError("gone")

    for count in (0, 5, 3_000):
        with pytest.raises(OSError, match="gone"):
            Inventory(failing(count))


def test_a_signal_handler_that_writes() -> None:
    """At any point of a write of its thread, its write is made or rejected; neither waits."""
    messages: list[str] = []
    for at in itertools.count():
        inventory = changed_inventory(3)
        handler = partial(upsert_within, inventory, messages)
        write = partial(WRITES["replace"], inventory)
        if not in_another_thread(partial(run_with_fault, write, at, handler)):
            break
        assert inventory["n-1"].labels == {"x": "a", "y": "a"}
        assert ("within" in inventory) == (messages[-1] == "")
        in_another_thread(partial(inventory.upsert, Node("later")))
        assert "later" in inventory
    rejection = "a signal handler or a finalizer cannot write while it interrupts another write"
    assert set(messages) == {"", rejection}


def upsert_within(inventory: Inventory, messages: list[str]) -> None:
    """Upsert a node; append the message of the error, or an empty string."""
    try:
        inventory.upsert(Node("within"))
    except RuntimeError as error:
        messages.append(str(error))
    else:
        messages.append("")
