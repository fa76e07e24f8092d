"""An inventory and standing selectors together: what each write gains and loses."""

from collections.abc import Iterable, Mapping
from typing import Generic, NamedTuple

from nodeselect.files.write_lock import WriteLock
from nodeselect.inventory import Inventory, NodeChange, NodeSet
from nodeselect.node import Node, require_id, require_node
from nodeselect.selectors import Selector
from nodeselect.standing.name_set import NameSet
from nodeselect.standing.standing_selectors import StandingSelectors
from nodeselect.standing.store import Name


class PlacementChange(NamedTuple, Generic[Name]):
    """What a write did to one node, and which selectors match it because of that.

    :param change: the node before and after the write.
    :param gained: the names of the selectors that match the node since this write.
    :param lost: the names of those that matched it before, and no longer do.
    """

    change: NodeChange
    gained: NameSet[Name]
    lost: NameSet[Name]


class Watch(Generic[Name]):
    """Writes to an inventory and to standing selectors; returns which selectors gain which nodes.

    >>> from nodeselect import StandingSelectors
    >>> watch = Watch(Inventory(), StandingSelectors({"train": Selector.parse("gpu")}))
    >>> joined = watch.upsert(Node("n-1", {"gpu": "a100"}))
    >>> joined.change.kind, joined.gained.names()
    ('added', ['train'])
    >>> gained, lost = watch.put("web", Selector.parse("!debug"))
    >>> gained.ids()
    ['n-1']

    If all writes go through one watch, each gain and each loss is returned exactly once: by the
    write to the node or to the selector that causes it. Any thread may write. To read, use the
    inventory and the selectors themselves. While a write makes others wait, it runs no code of the
    caller except ``__hash__`` and ``__eq__`` of names.

    If a write is interrupted, it may have been made although nothing was returned. To find out,
    take a snapshot of the inventory before, and call ``changes_since``.
    """

    __slots__ = ("_inventory", "_lock", "_standing")

    def __init__(self, inventory: Inventory, standing: StandingSelectors[Name]) -> None:
        if not isinstance(inventory, Inventory) or not isinstance(standing, StandingSelectors):
            raise TypeError("expected an Inventory and StandingSelectors")
        self._inventory = inventory
        self._standing = standing
        self._lock = WriteLock()

    def upsert(self, node: Node) -> PlacementChange[Name]:
        """Add or replace a node, as :meth:`Inventory.upsert` does."""
        return self.apply([require_node(node)])[0]

    def remove(self, node_id: str) -> PlacementChange[Name]:
        """Remove the node with this id, as :meth:`Inventory.remove` does.

        :raises KeyError: if there is none.
        """
        return self.apply([require_id(node_id)])[0]

    def apply(self, changes: Iterable[Node | str]) -> list[PlacementChange[Name]]:
        """Make several changes of nodes as one, as :meth:`Inventory.apply` does.

        Cost: that of ``Inventory.apply`` and of ``StandingSelectors.changes`` for each node.
        """
        if not isinstance(changes, str | Mapping):  # which Inventory.apply rejects
            changes = list(changes)
        results = self._lock.run(self._apply, changes)
        self._inventory._log_compaction()
        return results

    def put(self, name: Name, selector: Selector) -> tuple[NodeSet, NodeSet]:
        """Add a selector, or replace the one that has this name.

        Return the nodes that this name gains by that, and those that it loses.
        """
        return self._lock.run(self._put, name, selector)

    def delete(self, name: Name) -> NodeSet:
        """Remove the selector with this name, and return the nodes that it loses.

        :raises KeyError: if there is none.
        """
        return self._lock.run(self._delete, name)

    def _apply(self, changes: "Iterable[Node | str]") -> list[PlacementChange[Name]]:
        standing = self._standing.snapshot()
        made = self._inventory._apply(changes)
        return [PlacementChange(each, *standing.changes(each.old, each.new)) for each in made]

    def _put(self, name: Name, selector: Selector) -> tuple[NodeSet, NodeSet]:
        old = self._standing.get(name) or Selector.nothing()
        self._standing[name] = selector
        snapshot = self._inventory.snapshot()
        before, after = snapshot.match(old), snapshot.match(selector)
        return after - before, before - after

    def _delete(self, name: Name) -> NodeSet:
        old = self._standing[name]
        del self._standing[name]
        return self._inventory.match(old)
