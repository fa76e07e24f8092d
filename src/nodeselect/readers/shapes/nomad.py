"""Nomad nodes, as ``nomad node status -json ID`` prints them, one or several in an array.

Labels are ``Meta`` by its keys and ``Attributes`` under ``attr.``, as in Nomad's own constraints.
Nomad's *list* of nodes has no ``Meta``: its labels are not known, which is an error.
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

    :raises InventoryError: if it is an entry of the list, which has no labels to read.
    """
    if "Meta" not in record:
        raise InventoryError(
            "labels-unknown",
            "this is an entry of Nomad's node list, which has no Meta",
            hint="print complete nodes: nomad node status -json ID",
        )
    labels = dict(sub_object(record, "Meta"))
    for key, value in sub_object(record, "Attributes").items():
        if f"attr.{key}" in labels:
            raise InventoryError(
                "duplicate-key",
                f"the attribute {quoted(key)} has the same label key as the meta key"
                f" {quoted(f'attr.{key}')}",
                place="Meta",
            )
        labels[f"attr.{key}"] = value
    state = record.get("Status")
    if state == "ready" and record.get("SchedulingEligibility") == "ineligible":
        state = "ineligible"
    return RawNode(record.get("ID"), labels, record.get("Name"), state, "ID", "Meta")
