"""An interrupted write changes nothing, and the next write goes on."""

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from unittest.mock import patch

import pytest

from nodeselect import Inventory, Node
from nodeselect.inventory import inventory as module
from nodeselect.inventory.delta import Delta
from tests.inventory.faults import in_another_thread, run_with_fault
from tests.inventory.interrupting import (
    BATCH,
    EVERYTHING,
    WRITES,
    changed_inventory,
    interrupt_everywhere,
    state,
)
from tests.thoroughness import at_desk


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
    assert interrupt_everywhere(write, count, compact_at, at_desk(5 * step, ci=step)) > 1


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
