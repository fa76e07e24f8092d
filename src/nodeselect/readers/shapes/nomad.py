"""Nomad nodes, as ``nomad node status -json ID`` prints them, one or several.

The labels are the entries of ``Meta``; the entries of ``Attributes`` with ``attr.`` before each
key; and ``node.datacenter``, ``node.class`` and ``node.pool``. Except for ``Meta``, these are the
names in Nomad's own constraints. Nomad's *list* of nodes is rejected, since it has no ``Meta``.
"""

from typing import Final

from nodeselect.errors import InventoryError
from nodeselect.readers.raw_node import RawNode, Record, merge_labels, sub_object

FIELDS: Final = frozenset(
    {"Attributes", "Datacenter", "Meta", "NodeClass", "SchedulingEligibility"}
)

KNOWN_STATES: Final = frozenset({"disconnected", "down", "ineligible", "initializing", "ready"})

_FIELD_LABELS = {
    "node.datacenter": "Datacenter",
    "node.class": "NodeClass",
    "node.pool": "NodePool",
}


def extract(record: Record) -> RawNode:
    """Return the fields of a Nomad node, not yet validated.

    :raises InventoryError: if there is no ``Meta``: the record is from Nomad's list of nodes.
    """
    if "Meta" not in record:
        raise InventoryError(
            "labels-unknown",
            "this is an entry of Nomad's node list, which does not contain the labels (Meta)",
            hint="print complete nodes:"
            " for id in $(nomad node status -quiet); do nomad node status -json $id; done",
        )
    own = {f"attr.{key}": value for key, value in sub_object(record, "Attributes").items()}
    fields = {label: record.get(field) for label, field in _FIELD_LABELS.items()}
    own |= {label: value for label, value in fields.items() if value}  # a class may be empty
    labels = merge_labels(record["Meta"], own, "Meta")
    state = record.get("Status")
    if state == "ready" and record.get("SchedulingEligibility") == "ineligible":
        state = "ineligible"
    return RawNode(record.get("ID"), labels, record.get("Name"), state, "ID", "Meta")
