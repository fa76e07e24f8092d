"""Rank nodes by numbers, such as what is free of a resource. Numpy is loaded when it is used."""

from typing import TYPE_CHECKING, Any

from nodeselect.index import postings
from nodeselect.index.postings import Postings
from nodeselect.inventory.store import View
from nodeselect.placement import UsageSnapshot
from nodeselect.quantity import MAX_AMOUNT

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_UNKNOWN = -1


def in_order(view: View, nodes: Postings) -> "NDArray[np.int64]":
    """Return the ordinals of ``nodes`` in inventory order. Cost: 20 ns a node."""
    import numpy as np

    store = view.store
    indexed, members = store.split(nodes)
    if members or store.segment is None:
        return np.array(store.in_order(nodes), np.int64)
    from nodeselect.index.arrays import stable_argsort

    ordinals = np.asarray(indexed)
    return ordinals[stable_argsort(store.segment.order.array[ordinals])].astype(np.int64)


def free_amounts(
    view: View, ordinals: "NDArray[np.integer[Any]]", resource: str, usage: UsageSnapshot | None
) -> "NDArray[np.int64]":
    """Return how much of a resource is free on the nodes ``ordinals``; -1 where it is unknown."""
    import numpy as np

    store, first = view.store, view.store.delta.first
    free = np.full(len(ordinals), MAX_AMOUNT)
    if usage is not None:
        free = store.usage_index(usage).free(resource, ordinals, usage)
    unused = np.flatnonzero(free == MAX_AMOUNT)
    if store.segment is not None:
        from nodeselect.index.fact_columns import amounts_at

        columns = store.segment.rows.fact_columns
        indexed = unused[ordinals[unused] < first]
        ranks = store.segment.order.array[ordinals[indexed]]
        free[indexed] = _UNKNOWN if columns is None else amounts_at(columns, resource, ranks)
        unused = unused[ordinals[unused] >= first]
    for at in unused.tolist():
        resources = store.delta.nodes[int(ordinals[at]) - first].resources
        free[at] = _UNKNOWN if resources is None else resources.get(resource, 0)
    return free


def largest(values: Any, count: int, n: int, least: bool) -> list[int]:
    """Return the positions of the ``n`` largest values, or the smallest; of equal ones, the first.

    :param values: an array of ``count`` numbers. NaN comes last.
    """
    import numpy as np

    numbers = np.asarray(values)
    if numbers.shape != (count,) or numbers.dtype.kind not in "fiu":
        raise ValueError(f"expected an array of {count:,} numbers, found {numbers!r:.80}")
    if numbers.dtype.kind == "u":
        numbers = numbers.astype(np.int64)
    better, ties, order = _best(numbers if least else -numbers, n)
    found: list[int] = np.concatenate([better[order], ties[: n - len(better)]]).tolist()
    return found


def best_nodes(
    view: View, nodes: Postings, resource: str, usage: UsageSnapshot | None, n: int, least: bool
) -> list[int]:
    """Return the ordinals of the ``n`` nodes with the most free, or the least, as ``NodeSet.top``.

    Only the nodes that may be among them are sorted in inventory order.
    """
    import numpy as np

    numbers = np.asarray(postings.ordinals(nodes))
    values = free_amounts(view, numbers, resource, usage)
    values[values == _UNKNOWN] = MAX_AMOUNT if least else _UNKNOWN
    better, ties, _ = _best(values if least else -values, n)
    value_of = dict(zip(numbers[better].tolist(), values[better].tolist(), strict=True))
    first = view.store.in_order(postings.from_ordinals(sorted(value_of)))
    last = view.store.first(postings.from_ordinals(numbers[ties].tolist()), n - len(first))
    return sorted(first, key=value_of.__getitem__, reverse=not least) + last


def _best(values: Any, n: int) -> tuple[Any, Any, Any]:
    """Return the positions of values below the ``n`` th smallest, those equal to it, and an order.

    The order is that of the former. Of equal values, the first is the first. NaN is the largest.
    """
    import numpy as np

    if not (n := min(n, len(values))):
        return (np.zeros(0, np.int64),) * 3
    limit = np.partition(values, n - 1)[n - 1]
    better = np.flatnonzero(~np.isnan(values) if np.isnan(limit) else values < limit)
    ties = np.flatnonzero(np.isnan(values) if np.isnan(limit) else values == limit)
    return better, ties, np.argsort(values[better], kind="stable")
