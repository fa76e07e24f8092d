"""Nomad nodes, as ``nomad node status -json ID`` prints them, one or several in an array.

The labels are the entries of ``Meta``, and those of ``Attributes`` with ``attr.`` before each key,
as in Nomad's own constraints. Nomad's *list* of nodes is rejected, since it has no ``Meta``.
"""

from typing import Final

from nodeselect.errors import InventoryError
from nodeselect.readers.raw_node import RawNode, Record, sub_object
from nodeselect.text import quoted

__all__ = ["FIELDS", "KNOWN_STATES", "extract"]

FIELDS: Final = frozenset(
    {"Attributes", "Datacenter", "Meta", "NodeClass", "SchedulingEligibility"}
)

KNOWN_STATES: Final = frozenset({"disconnected", "down", "ineligible", "initializing", "ready"})


def extract(record: Record) -> RawNode:
    """Return the raw node in a record.

    :raises InventoryError: if it is an entry of Nomad's list, which has no ``Meta``.
    """
    if "Meta" not in record:
        raise InventoryError(
            "labels-unknown",
            "this is an entry of Nomad's node list, which does not contain the labels (Meta)",
            hint="print complete nodes: nomad node status -json ID",
        )
    meta, attributes = sub_object(record, "Meta"), sub_object(record, "Attributes")
    labels = meta | {f"attr.{key}": value for key, value in attributes.items()}
    for key in attributes:
        if f"attr.{key}" in meta:
            label = quoted(f"attr.{key}")
            message = f"the attribute {quoted(key)} is the label {label}, which is also in Meta"
            raise InventoryError("duplicate-key", message, place="Meta")
    state = record.get("Status")
    if state == "ready" and record.get("SchedulingEligibility") == "ineligible":
        state = "ineligible"
    return RawNode(record.get("ID"), labels, record.get("Name"), state, "ID", "Meta")
