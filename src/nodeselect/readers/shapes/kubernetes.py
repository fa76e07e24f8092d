"""Kubernetes nodes, as ``kubectl get nodes -o json`` or ``-o yaml`` prints them.

A ``List`` or ``NodeList`` of nodes, or one ``Node``. The name is the id. The state is ``ready``,
``not-ready``, ``cordoned`` (ready, but marked unschedulable) or ``not-ready,cordoned``.
"""

from typing import Final

from nodeselect.node import check_kind, kubernetes_fields
from nodeselect.readers.raw_node import RawNode, Record, sub_object

FIELDS: Final = frozenset({"metadata"})

KNOWN_STATES: Final = frozenset({"cordoned", "not-ready", "ready"})


def extract(record: Record) -> RawNode:
    """Return the fields of a Kubernetes node, not yet validated.

    :raises InventoryError: if the record is of another kind, or a part of it is not an object.
    """
    check_kind(record.get("kind"))
    parts = (sub_object(record, key) for key in ("metadata", "spec", "status"))
    name, labels, state, *_ = kubernetes_fields(*parts)
    return RawNode(name, labels, name, state, "metadata.name", "metadata.labels")
