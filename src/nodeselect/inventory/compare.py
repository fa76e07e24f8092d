"""Compare the nodes that match before and after a change of the selector or of the nodes."""

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from nodeselect.explain.explanation import is_met, named_keys, requirement_text
from nodeselect.inventory.snapshot import BaseInventory
from nodeselect.node import Node, count_connected
from nodeselect.placement import Placement
from nodeselect.placement.placement import label_part
from nodeselect.placement.requirements import Requirable
from nodeselect.quantity import quantity_text
from nodeselect.readers.columnar import require_read
from nodeselect.selectors import AnyOf, Selector
from nodeselect.text import pluralize, quoted


class LabelChange(NamedTuple):
    """A label that was added to a node (``old`` is None), removed, or got another value.

    :param in_selector: whether the selector has a requirement for the key.
    """

    key: str
    old: str | None
    new: str | None
    in_selector: bool


class Change(NamedTuple):
    """A node that begins to match, stops matching, or still matches but has changed; and why.

    :param why: ``selector`` if the selector changed; ``joined`` if only the new inventory has the
        node; ``left`` if only the old inventory has it; ``labels`` if its labels changed; ``state``
        if only its state changed; ``others`` if only its taints or resources changed; ``pods`` if
        only what runs did.
    :param conditions: if the selector changed, the requirements that the node fails: of the old
        selector for a node that begins to match, of the new one for a node that stops matching.
    :param labels: which labels changed; those whose keys are in the selector come first.
    :param state: the old and the new state, if both are known and differ; otherwise None.
    :param others: which taints and amounts of resources changed: the key is ``taint`` or the name
        of the resource; or ``taints`` or ``resources`` of what became known or unknown.
    """

    id: str
    why: str
    conditions: tuple[Requirable, ...] = ()
    labels: tuple[LabelChange, ...] = ()
    state: tuple[str, str] | None = None
    others: tuple[LabelChange, ...] = ()

    @property
    def requirements(self) -> tuple[str, ...]:
        """The texts of ``conditions``."""
        return tuple(map(requirement_text, self.conditions))

    def as_dict(self) -> dict[str, Any]:
        """Return the change as a dict of JSON values."""
        return {
            "id": self.id,
            "why": self.why,
            "requirements": self.requirements,
            "labels": [change._asdict() for change in self.labels],
            "state": self.state and {"old": self.state[0], "new": self.state[1]},
            "others": [change._asdict() for change in self.others],
        }


class Side(NamedTuple):
    """How many nodes there are and how many of them match, either before or after a change.

    :param name: the name of this side in reports, such as ``old``, or the text of the selector.
    :param connected: how many nodes match and are connected; None if no state is known.
    """

    name: str
    total: int
    matched: int
    connected: int | None


class Difference(NamedTuple):
    """The difference between the nodes that matched before a change and those that match after it.

    :param old: how many nodes there are and match before the change; ``new``: after the change.
    :param added: the nodes that match only after the change, in the order of the new inventory.
    :param kept: the ids of the nodes that match before and after, in the order of ``added``.
    :param changed: the kept nodes whose labels, state, taints or resources changed.
    :param removed: the nodes that match only before the change, in the order of the old inventory.
    :param not_considered: what else decides about the nodes and is not known, of placements.
    """

    old: Side
    new: Side
    added: tuple[Change, ...]
    kept: tuple[str, ...]
    changed: tuple[Change, ...]
    removed: tuple[Change, ...]
    not_considered: tuple[str, ...] = ()

    @property
    def headline(self) -> str:
        """How many nodes were added, kept and removed, in one line."""
        added = pluralize(len(self.added), "node")
        return f"{added} added, {len(self.kept):,} kept, {len(self.removed):,} removed"

    def as_dict(self) -> dict[str, Any]:
        """Return the difference as a dict of JSON values (see ``docs/diff.schema.json``)."""
        return {
            "version": 1,
            "old": self.old._asdict(),
            "new": self.new._asdict(),
            "added": [change.as_dict() for change in self.added],
            "kept": list(self.kept),
            "changed": [change.as_dict() for change in self.changed],
            "removed": [change.as_dict() for change in self.removed],
            "not_considered": list(self.not_considered),
        }


def compare_selectors(
    inventory: BaseInventory,
    old: Selector | AnyOf | Placement,
    new: Selector | AnyOf | Placement,
    *,
    names: tuple[str, str] | None = None,
) -> Difference:
    """Compare the nodes that two selectors match in one inventory; ``names`` are for reports.

    >>> from nodeselect import Inventory, Node, Selector
    >>> inventory = Inventory([Node("n-1", {"gpu": "t4"}), Node("n-2", {"gpu": "l4"})])
    >>> change = compare_selectors(inventory, Selector.parse("gpu"), Selector.parse("gpu=t4"))
    >>> change.headline, [(node.id, node.requirements) for node in change.removed]
    ('0 nodes added, 1 kept, 1 removed', [('n-2', ('gpu=t4',))])

    The result has ``added``, ``kept``, ``changed``, ``removed`` and ``as_dict()``. Cost: that of
    both answers, and microseconds for each node that differs.
    """

    def failure(node: Node, selector: Selector | AnyOf | Placement) -> Change:
        parts: tuple[Requirable, ...] = label_part(selector).split()
        if isinstance(selector, Placement):
            parts += selector.requirements(node.taints or ())
        return Change(node.id, "selector", tuple(each for each in parts if not is_met(each, node)))

    names = names or (str(old), str(new))
    return _compare((inventory, inventory), (old, new), names, failure)


def compare_inventories(
    old: BaseInventory,
    new: BaseInventory,
    selector: Selector | AnyOf | Placement,
    *,
    names: tuple[str, str] = ("old", "new"),
) -> Difference:
    """Compare the nodes that one selector matches in two inventories, as ``compare_selectors``."""
    keys = named_keys([label_part(selector)])
    unknown = {} if isinstance(selector, Placement) else _unknown_on_one_side(old, new, names)

    def change(node: Node, _: Selector | AnyOf | Placement) -> Change:
        return _node_change(node.id, old.get(node.id), new.get(node.id), selector, keys, unknown)

    before, now = old._view.store.unread, new._view.store.unread
    unread = {**before, **now}
    require_read({key: unread[key] for key in unread if key not in before or key not in now})
    difference = _compare((old, new), (selector, selector), names, change)
    words = tuple(f"the column {quoted(key)} without texts" for key in unread)
    words += tuple(unknown.values()) if difference.kept else ()
    return difference._replace(not_considered=difference.not_considered + words)


def _compare(
    inventories: tuple[BaseInventory, BaseInventory],
    selectors: tuple[Selector | AnyOf | Placement, Selector | AnyOf | Placement],
    names: tuple[str, str],
    explain: Callable[[Node, Selector | AnyOf | Placement], Change],
) -> Difference:
    """Compare what two selectors match in two inventories; ``names`` are for reports.

    :param explain: returns why a node differs; called with a selector that it may not match.
    """
    answers = [each.match(selector) for each, selector in zip(inventories, selectors, strict=True)]
    connected = (count_connected(answer.state_counts()) for answer in answers)
    sides = map(Side, names, map(len, inventories), map(len, answers), connected)
    before, after = ({node.id: node for node in answer} for answer in answers)
    added = (explain(node, selectors[0]) for key, node in after.items() if key not in before)
    removed = (explain(node, selectors[1]) for key, node in before.items() if key not in after)
    kept = tuple(key for key in after if key in before)
    changes = (explain(after[key], selectors[1]) for key in kept if before[key] != after[key])
    changed = tuple(each for each in changes if each.labels or each.state or each.others)
    words = dict.fromkeys(words for answer in answers for words in answer.not_considered)
    return Difference(
        next(sides), next(sides), tuple(added), kept, changed, tuple(removed), tuple(words)
    )


def _unknown_on_one_side(
    old: BaseInventory, new: BaseInventory, names: tuple[str, str]
) -> dict[str, str]:
    """Return the facts that no node has in one inventory only, with words for a report."""
    before, now = (
        {
            fact: f"changes of {fact} (unknown in {quoted(name)})"
            for fact in inventory._view.unknown_facts()
        }
        for name, inventory in zip(names, (old, new), strict=True)
    )
    return {fact: (before | now)[fact] for fact in sorted({*before} ^ {*now})}


def _other_changes(
    old: Node, new: Node, *, are_required: bool, uncompared: Collection[str]
) -> tuple[LabelChange, ...]:
    """Return which taints and which amounts of resources of a node changed.

    :param are_required: whether they decide on a match; if not, what is known only before, or only
        now, becomes known or unknown, unless it is ``uncompared``.
    """
    compares_taints = are_required or None not in (old.taints, new.taints)
    compares_resources = are_required or None not in (old.resources, new.resources)
    before, now = (
        {(str(taint), "taint"): str(taint) for taint in (compares_taints and node.taints) or ()}
        | {
            (name, name): quantity_text(name, amount)
            for name, amount in ((compares_resources and node.resources) or {}).items()
        }
        for node in (old, new)
    )
    changes = (
        LabelChange(each[1], before.get(each), now.get(each), are_required)
        for each in sorted({*before, *now})
        if before.get(each) != now.get(each)
    )
    facts = {
        "taints": (old.taints is not None, new.taints is not None),
        "resources": (old.resources is not None, new.resources is not None),
    }
    words = {True: "known", False: "unknown"}
    turned = (
        LabelChange(fact, words[was], words[is_known], are_required)
        for fact, (was, is_known) in facts.items()
        if was != is_known and not are_required and fact not in uncompared
    )
    return (*changes, *turned)


def _node_change(
    node_id: str,
    old: Node | None,
    new: Node | None,
    selector: Selector | AnyOf | Placement,
    keys: Collection[str | None],
    uncompared: Collection[str],
) -> Change:
    """Return how a node changed; ``old`` or ``new`` is None if there was or is no such node.

    :param selector: what the nodes are selected by; ``keys``: the label keys in it.
    :param uncompared: the facts that are unknown of all nodes of one inventory.
    """
    if old is None or new is None:
        return Change(node_id, "joined" if old is None else "left")
    labels = [
        LabelChange(key, old.labels.get(key), new.labels.get(key), key in keys)
        for key in {*old.labels, *new.labels}
        if old.labels.get(key) != new.labels.get(key)
    ]
    labels.sort(key=lambda change: (not change.in_selector, change.key))
    state = None
    if old.state is not None and new.state is not None and old.state != new.state:
        state = (old.state, new.state)
    are_required = isinstance(selector, Placement)
    others = _other_changes(old, new, are_required=are_required, uncompared=uncompared)
    why = "labels" if labels else "state" if state else "others" if others else "pods"
    return Change(node_id, why, labels=tuple(labels), state=state, others=others)
