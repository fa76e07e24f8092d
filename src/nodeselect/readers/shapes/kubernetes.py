"""Kubernetes nodes, as ``kubectl get nodes -o json`` or ``-o yaml`` prints them.

A ``List`` or ``NodeList`` of nodes, or one ``Node``. The name is the id. The state is ``ready``,
``not-ready``, ``cordoned`` (ready, but marked unschedulable) or ``not-ready,cordoned``.
"""

from typing import Final

from nodeselect.errors import InventoryError
from nodeselect.node import kubernetes_state
from nodeselect.readers.raw_node import RawNode, Record, sub_object
from nodeselect.text import quoted

__all__ = ["FIELDS", "KNOWN_STATES", "extract"]

FIELDS: Final = frozenset({"metadata"})

KNOWN_STATES: Final = frozenset({"cordoned", "not-ready", "ready"})


def extract(record: Record) -> RawNode:
    """Return the raw node in a record.

    :raises InventoryError: if it is an object of another kind.
    """
    kind = record.get("kind", "Node")  # the items of a NodeList have none
    if kind != "Node":
        raise InventoryError(
            "not-a-node",
            f"expected a node, found an object of kind {quoted(str(kind))}",
            hint="list only nodes: kubectl get nodes -o json",
        )
    metadata = sub_object(record, "metadata")
    name = metadata.get("name")
    return RawNode(
        name, metadata.get("labels"), name, _state(record), "metadata.name", "metadata.labels"
    )


def _state(record: Record) -> str | None:
    conditions = sub_object(record, "status").get("conditions")
    if not isinstance(conditions, list):
        return None
    ready = any(
        isinstance(condition, dict)
        and condition.get("type") == "Ready"
        and condition.get("status") == "True"
        for condition in conditions
    )
    unschedulable = sub_object(record, "spec").get("unschedulable") is True
    return kubernetes_state(ready=ready, unschedulable=unschedulable)
