"""Kubernetes nodes, as ``kubectl get nodes -o json`` or ``-o yaml`` prints them.

A ``List`` or ``NodeList`` of nodes, or one ``Node``. The name is the id. The state is ``ready``,
``not-ready``, ``cordoned`` (ready, but marked unschedulable) or ``not-ready,cordoned``. The taints,
to which a cordon belongs, are unknown without a ``spec``; the resources are ``status.allocatable``.
"""

from typing import Final

from nodeselect.node import check_kind, kubernetes_fields
from nodeselect.readers.raw_node import RawNode, Record, sub_object, to_quantity

FIELDS: Final = frozenset({"metadata"})

KNOWN_STATES: Final = frozenset({"cordoned", "not-ready", "ready"})


def extract(record: Record) -> RawNode:
    """Return the fields of a Kubernetes node, not yet validated.

    :raises InventoryError: if the record is of another kind, or a part of it is not an object.
    """
    check_kind(record.get("kind"))
    metadata, spec, status = (sub_object(record, key) for key in ("metadata", "spec", "status"))
    name, labels, state, taints, resources = kubernetes_fields(
        metadata, None if record.get("spec") is None else spec, status
    )
    if isinstance(resources, dict) and not {*map(type, resources.values())} <= {str}:
        # Kubernetes also reads numbers.
        resources = {key: to_quantity(value) for key, value in resources.items()}
    return RawNode(
        *(name, labels, name, state, "metadata.name", "metadata.labels"),
        *(taints, resources, "spec.taints", "status.allocatable"),
    )
