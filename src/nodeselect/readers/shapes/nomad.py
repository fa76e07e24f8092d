"""Nomad nodes, as ``nomad node status -json ID`` prints them, one or several in an array.

Labels are ``Meta`` by its keys and ``Attributes`` under ``attr.``, as in Nomad's own constraints.
Nomad's *list* of nodes has no ``Meta``: its labels are not known, which is an error.
"""

from typing import Final

from nodeselect.errors import InventoryError
from nodeselect.readers.raw_node import RawNode, Record, sub_object

__all__ = ["FIELDS", "KNOWN_STATES", "extract"]

FIELDS: Final = frozenset(
    {"Attributes", "Datacenter", "Meta", "NodeClass", "SchedulingEligibility"}
)

KNOWN_STATES: Final = frozenset({"disconnected", "down", "ineligible", "initializing", "ready"})


def extract(record: Record) -> RawNode:
    """Return the raw node in a record.

    :raises InventoryError: if it is an entry of the list, which has no labels to read.
    """
    if "Meta" not in record:
        raise InventoryError(
            "labels-unknown",
            "this is an entry of Nomad's node list, which has no Meta",
            hint="print complete nodes: nomad node status -json ID",
        )
    meta, attributes = sub_object(record, "Meta"), sub_object(record, "Attributes")
    labels = meta | {f"attr.{key}": value for key, value in attributes.items()}
    if len(labels) < len(meta) + len(attributes):
        message = "a key is the same as an attribute's with 'attr.' before it"
        raise InventoryError("duplicate-key", message, place="Meta")
    state = record.get("Status")
    if state == "ready" and record.get("SchedulingEligibility") == "ineligible":
        state = "ineligible"
    return RawNode(record.get("ID"), labels, record.get("Name"), state, "ID", "Meta")
