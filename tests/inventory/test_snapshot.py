"""A snapshot shows the nodes of its moment."""

from nodeselect import Inventory, Node, Selector
from tests.inventory.small import FEW, small_inventory


def test_deleted_nodes_of_each_snapshot() -> None:
    """However many nodes are removed later, a snapshot lacks those removed before it."""
    inventory = small_inventory((Node(f"n-{at}") for at in range(30)), compact_at=None)
    snapshots = [inventory.snapshot()]
    for at in range(25):
        inventory.remove(f"n-{at}")
        snapshots.append(inventory.snapshot())
    for count, snapshot in reversed(list(enumerate(snapshots))):
        ids = [f"n-{at}" for at in range(count, 30)]
        assert len(snapshot) == 30 - count
        assert [node.id for node in snapshot] == ids
        assert snapshot.match(Selector.everything()).ids() == ids


def test_generations() -> None:
    """The generation counts the writes that change something; a compaction changes nothing."""
    inventory = Inventory([Node("n-1")], compact_at=None)
    assert inventory.generation == 0
    inventory.upsert(Node("n-1"))
    inventory.apply([])
    inventory.apply([Node("n-1"), Node("n-1")])
    assert inventory.generation == 0
    inventory.upsert(Node("n-1", {"x": ""}))
    inventory.apply([Node("n-2"), Node("n-3"), "n-2"])
    assert inventory.generation == 2
    snapshot = inventory.snapshot()
    inventory.compact()
    assert inventory.generation == snapshot.generation == 2
    assert list(inventory) == list(snapshot)
    inventory.remove("n-3")
    assert (inventory.generation, snapshot.generation) == (3, 2)


def test_a_write_compacts() -> None:
    """It does so if the changes are more than the share of all nodes, and not before."""
    inventory = small_inventory((Node(f"n-{at}") for at in range(40)), compact_at=0.2)
    for count in (1, 2, 3, 4, 5, 6, 7, 8, 0):
        inventory.upsert(Node(f"new-{count}"))
        assert inventory.pending_changes == count


def test_few_nodes_are_never_compacted_by_a_write() -> None:
    """The changes must also be more than an inventory has without a segment."""
    inventory = small_inventory([Node("n-1")], compact_at=0.2)
    for count in range(FEW + 2):
        assert inventory.pending_changes == count % (FEW + 1)
        inventory.upsert(Node(f"new-{count}"))


def test_pending_changes() -> None:
    """Pending changes are the nodes added or deleted since the last compaction."""
    for count in (3, 40):
        inventory = small_inventory((Node(f"n-{at}") for at in range(count)), compact_at=None)
        assert inventory.pending_changes == 0
        inventory.upsert(Node("n-0", {"x": ""}))
        assert inventory.pending_changes == 1
        inventory.upsert(Node("new"))
        assert inventory.pending_changes == 2
        inventory.apply(["n-0", "n-1", "n-2", "new"])
        assert inventory.pending_changes == 5
        inventory.compact()
        assert inventory.pending_changes == 0
