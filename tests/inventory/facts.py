"""What is known of taints and resources, as an index finds it and as the nodes say it."""

from collections.abc import Callable
from typing import Any, TypeAlias

from nodeselect import Inventory, Node, Snapshot
from nodeselect.index.label_index import LabelIndex
from nodeselect.index.node_rows import KNOWN
from nodeselect.index.postings import Postings
from nodeselect.inventory.store import View
from tests.property.strategies import AMOUNTS

# For what is known of them (a set of taints; a resource and an amount), the ids of the nodes.
Found: TypeAlias = dict[Any, list[str]]

BOUNDS = sorted({bound for amount in AMOUNTS for bound in (amount, amount + 1)})


def found_in(index: LabelIndex, ids: Callable[[Postings], list[str]]) -> Found:
    """Return what an index finds.

    :param ids: returns the ids of a set of nodes.
    """
    found: Found = {taints: ids(nodes) for taints, nodes in index.taints.items()}
    for name, amounts in index.amounts.items():
        assert amounts.at_least(amounts.largest)
        assert not amounts.at_least(amounts.largest + 1)
        found |= {(name, bound): ids(amounts.at_least(bound)) for bound in BOUNDS}
    return found


def indexed_facts(reading: Inventory | Snapshot) -> Found:
    """Return what the indexes of an inventory find."""
    view: View = reading._view
    store, live = view.store, view.live()
    found: Found = {}
    for index in store.indexes():
        for fact, ids in found_in(index, lambda nodes: store.ids(nodes & live)).items():
            found.setdefault(fact, []).extend(ids)
    return {fact: sorted(ids) for fact, ids in found.items() if ids}


def naive_facts(nodes: list[Node]) -> Found:
    """Return the same of some nodes, from one after the other."""
    found: Found = {}
    for node in nodes:
        facts: list[Any] = [] if node.taints is None else [node.taints]
        if node.resources is not None:
            for name, amount in {KNOWN: 1, **node.resources}.items():
                facts += [(name, bound) for bound in BOUNDS if amount >= bound]
        for fact in facts:
            found.setdefault(fact, []).append(node.id)
    return {fact: sorted(ids) for fact, ids in found.items()}
