"""What two answers have in common and what not: nodes added, kept, removed, and why."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from nodeselect.inventory import Inventory
from nodeselect.node import Node
from nodeselect.selectors import Selector

__all__ = ["Change", "Difference", "LabelChange", "Side", "StateChange", "compare"]


class LabelChange(NamedTuple):
    """A label that a node has otherwise than before."""

    key: str
    old: str | None
    """Its value before; None where the node did not have it."""
    new: str | None
    """Its value now; None where the node does not have it any more."""
    asked: bool
    """Whether the selector asks for it."""


class StateChange(NamedTuple):
    """The state of a node where it is another than before."""

    old: str
    new: str


class Change(NamedTuple):
    """A node that only one of the answers has, or that both have with other labels or in another
    state."""

    id: str
    why: str
    """``selector``, ``joined``, ``left``, ``labels``, or ``state`` where no label is other."""
    requirements: tuple[str, ...] = ()
    """Why ``selector``: what the node fails in the selector that does not take it."""
    labels: tuple[LabelChange, ...] = ()
    """Why ``labels``: what is different; those that the selector asks for come first."""
    state: StateChange | None = None
    """Of a node that both have; None where it is the same, or where one of the two inventories
    tells none."""

    def as_dict(self) -> dict[str, Any]:
        """Give it as what JSON can hold."""
        return {
            "id": self.id,
            "why": self.why,
            "requirements": list(self.requirements),
            "labels": [
                {"key": each.key, "old": each.old, "new": each.new, "asked": each.asked}
                for each in self.labels
            ],
            "state": None if self.state is None else self.state._asdict(),
        }


class Side(NamedTuple):
    """One of the two answers."""

    name: str
    total: int
    """Nodes that there are."""
    matched: int
    """Nodes that match."""
    connected: int | None
    """How many of these are connected; None where none tells its state."""


class Difference(NamedTuple):
    """What is different. A node that matches on either side is added, kept or removed."""

    old: Side
    new: Side
    added: tuple[Change, ...]
    """Nodes that only NEW has, in its order."""
    kept: tuple[str, ...]
    """Ids of the nodes that both have, in the order of NEW."""
    changed: tuple[Change, ...]
    """Those of the kept that have other labels or another state, in the same order."""
    removed: tuple[Change, ...]
    """Nodes that only OLD has, in its order."""

    @property
    def same(self) -> tuple[str, ...]:
        """Ids of the kept nodes whose labels and states are the same."""
        others = {change.id for change in self.changed}
        return tuple(node_id for node_id in self.kept if node_id not in others)

    @property
    def headline(self) -> str:
        """How many nodes are added, kept and removed, in one line."""
        return f"{len(self.added):,} added, {len(self.kept):,} kept, {len(self.removed):,} removed"

    def as_dict(self) -> dict[str, Any]:
        """Give all of it as what JSON can hold; ``docs/diff.md`` describes it."""
        return {
            "version": 1,
            "old": self.old._asdict(),
            "new": self.new._asdict(),
            "added": [change.as_dict() for change in self.added],
            "kept": list(self.kept),
            "changed": [change.as_dict() for change in self.changed],
            "removed": [change.as_dict() for change in self.removed],
        }


def compare(
    names: tuple[str, str],
    inventories: tuple[Inventory, Inventory],
    selectors: tuple[Selector, Selector],
) -> Difference:
    """Ask the old inventory for what the old selector takes, and the new one for the new.

    :param names: what the two sides are called.
    :param inventories: one of the two pairs is twice the same: this one,
    :param selectors: or this one.
    """
    old_nodes, new_nodes = (
        {node.id: node for node in inventory.match(selector)}
        for inventory, selector in zip(inventories, selectors, strict=True)
    )
    added = [node for node in new_nodes.values() if node.id not in old_nodes]
    removed = [node for node in old_nodes.values() if node.id not in new_nodes]
    kept = [node for node in new_nodes.values() if node.id in old_nodes]
    old, new = inventories
    sides = _side(names[0], old, old_nodes), _side(names[1], new, new_nodes)
    if old is new:
        return Difference(
            *sides,
            added=tuple(_by_selector(node, selectors[0]) for node in added),
            kept=tuple(node.id for node in kept),
            changed=(),
            removed=tuple(_by_selector(node, selectors[1]) for node in removed),
        )
    asked = {each.key for each in selectors[0].requirements}
    return Difference(
        *sides,
        added=tuple(
            _by_labels(old[node.id], node, asked) if node.id in old else Change(node.id, "joined")
            for node in added
        ),
        kept=tuple(node.id for node in kept),
        changed=tuple(
            change for node in kept if (change := _kept(old_nodes[node.id], node, asked))
        ),
        removed=tuple(
            _by_labels(node, new[node.id], asked) if node.id in new else Change(node.id, "left")
            for node in removed
        ),
    )


def _by_selector(node: Node, selector: Selector) -> Change:
    """Say what ``node`` fails in the selector that does not take it."""
    failed = [part for part in selector.split() if not part.matches(node.labels, node.id)]
    return Change(node.id, "selector", requirements=tuple(map(_text, failed)))


def _kept(old: Node, new: Node, asked: Collection[str]) -> Change | None:
    """Say what is different of a node that both answers have, if anything is."""
    change = _by_labels(old, new, asked)
    if old.state is not None and new.state is not None and old.state != new.state:
        why = change.why if change.labels else "state"
        return change._replace(why=why, state=StateChange(old.state, new.state))
    return change if change.labels else None


def _by_labels(old: Node, new: Node, asked: Collection[str]) -> Change:
    """Say which labels of a node are different."""
    changes = [
        LabelChange(key, old.labels.get(key), new.labels.get(key), key in asked)
        for key in sorted({*old.labels, *new.labels})
        if old.labels.get(key) != new.labels.get(key)
    ]
    changes.sort(key=lambda change: not change.asked)
    return Change(new.id, "labels", labels=tuple(changes))


def _text(part: Selector) -> str:
    if part.ids is None:
        return str(part)
    return f"id {part.ids[0]}" if len(part.ids) == 1 else f"one of {len(part.ids):,} ids"


def _side(name: str, inventory: Inventory, nodes: Mapping[str, Node]) -> Side:
    connected = None
    if any(node.state is not None for node in nodes.values()):
        connected = sum(node.connected for node in nodes.values())
    return Side(name, len(inventory), len(nodes), connected)
