"""An interrupted write changes nothing, and the next write goes on."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest

from nodeselect import Inventory, Node, Selector
from nodeselect.index.label_index import LabelIndex
from nodeselect.inventory import inventory as module
from nodeselect.inventory.delta import Delta
from tests.inventory.small import small_inventory

EVERYTHING = Selector.everything()

KINDS = pytest.mark.parametrize("kind", [KeyboardInterrupt, MemoryError, RuntimeError])


@pytest.fixture(name="inventory", params=[3, 30], ids=["few", "segment"])
def inventory_fixture(request: pytest.FixtureRequest) -> Inventory:
    """Return an inventory of few nodes or with a segment, some of whose nodes have changed."""
    inventory = small_inventory(
        (Node(f"n-{at}", {"x": str(at)}) for at in range(request.param)), compact_at=None
    )
    inventory.upsert(Node("n-1", {"x": "changed"}))
    inventory.apply([Node("new", {"x": "new"}), "n-0"])
    return inventory


BATCH: list[Node | str] = [
    Node("n-1", {"x": "again"}),
    Node("a", {"x": "a", "y": "a"}, state="ready"),
    "new",
    Node("a", {"x": "b"}),
    "n-2",
    Node("n-2", {"x": "back"}),
]


def steps(kind: type[BaseException], owner: Any, name: str, late: bool) -> Iterator[Any]:
    """Yield patches that interrupt the first call of a method, the second, and so on."""
    whole = getattr(owner, name)
    for last in range(12):
        left = [last]

        def interrupted(*args: Any, left: list[int] = left) -> Any:
            left[0] -= 1
            if left[0] < 0 and not late:
                raise kind
            answer = whole(*args)
            if left[0] < 0:
                raise kind
            return answer

        yield patch.object(owner, name, interrupted)


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


@KINDS
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        pytest.param(Delta, "add", id="add"),
        pytest.param(Delta, "delete", id="delete"),
        pytest.param(LabelIndex, "add", id="index"),
        pytest.param(module, "View", id="view"),
    ],
)
def test_an_interrupted_batch(
    inventory: Inventory, kind: type[BaseException], owner: Any, name: str, late: bool
) -> None:
    """An interrupted batch is not visible, snapshots stay right, and the batch can be repeated."""
    before, snapshot, answer = state(inventory), inventory.snapshot(), inventory.match(EVERYTHING)
    interruptions = 0
    for interruption in steps(kind, owner, name, late):
        with interruption:
            try:
                inventory.apply(BATCH)
            except kind:
                interruptions += 1
            else:
                break
        assert state(inventory) == before
        assert list(snapshot) == before[0]
    assert interruptions > 0
    fresh = Inventory(snapshot)
    fresh.apply(BATCH)
    assert list(inventory) == list(fresh)
    assert list(snapshot) == before[0]
    assert list(answer) == before[0]
    inventory.compact()
    assert list(inventory) == list(fresh)
    assert inventory.generation == snapshot.generation + 1


@KINDS
def test_an_interrupted_compaction(inventory: Inventory, kind: type[BaseException]) -> None:
    """A compaction that fails changes nothing; it can be repeated, and writes go on."""
    before = state(inventory)
    with patch.object(module, "compact", side_effect=kind), pytest.raises(kind):
        inventory.compact()
    assert state(inventory) == before
    inventory.upsert(Node("later"))
    assert len(inventory) == before[1] + 1
    inventory.compact()
    assert inventory.pending_changes == 0
    assert inventory.match(EVERYTHING).ids()[-1] == "later"


@KINDS
@pytest.mark.parametrize("count", [3, 30])
def test_a_write_whose_compaction_is_interrupted(kind: type[BaseException], count: int) -> None:
    """A write is not made if the compaction that it starts fails."""
    inventory = small_inventory((Node(f"n-{at}") for at in range(count)), compact_at=0.01)
    batch = [Node(f"n-{at}", {"x": "a"}) for at in range(count + 5)]
    before, snapshot = state(inventory), inventory.snapshot()
    for where in ("compact", "View"):
        with patch.object(module, where, side_effect=kind), pytest.raises(kind):
            inventory.apply(batch)
        assert state(inventory) == before
    inventory.apply(batch)
    assert list(inventory) == batch
    assert inventory.pending_changes == 0
    assert inventory.generation == 1
    assert list(snapshot) == before[0]


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


def test_the_lock_is_free_afterwards(inventory: Inventory) -> None:
    """Whatever a write raises, the next one does not wait for it."""
    wrongs: list[list[Node | str]] = [["unknown"], [Node("b"), "unknown"]]
    for wrong in wrongs:
        with pytest.raises(KeyError):
            inventory.apply(wrong)
        inventory.upsert(Node("a"))
    with (
        patch.object(Delta, "add", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        inventory.upsert(Node("b"))
    inventory.upsert(Node("b"))
    assert inventory.match(EVERYTHING).ids()[-2:] == ["a", "b"]


def test_a_reentrant_write_is_rejected(inventory: Inventory) -> None:
    """A signal handler that writes during a write of its thread gets an error, not a deadlock."""

    def write_within(*_: object) -> None:
        with pytest.raises(RuntimeError, match="while it interrupts another write"):
            inventory.upsert(Node("within"))

    with patch.object(module, "_check_removals", side_effect=write_within) as handler:
        inventory.upsert(Node("n-1", {"x": "once more"}))
    assert handler.call_count == 1
    assert "within" not in inventory
    inventory.upsert(Node("within"))
    assert "within" in inventory
