"""Nomad nodes, as ``nomad node status -json ID`` prints them, one or several in an array.

Labels are ``Meta`` by its keys and ``Attributes`` under ``attr.``, as in Nomad's own constraints.
The *list* of nodes is a stub without ``Meta``: its labels are not known, which is an error.
"""

from typing import Final

from nodeselect.errors import InventoryError
from nodeselect.readers.raw_node import RawNode, Record, sub_object
from nodeselect.text import quoted

__all__ = ["KNOWN_STATES", "extract", "matches"]

KNOWN_STATES: Final = frozenset({"disconnected", "down", "ineligible", "initializing", "ready"})
"""The states that are known; others are taken as they come."""

_MARKS = ("Meta", "Attributes", "SchedulingEligibility", "NodeClass", "Datacenter")


def matches(record: Record) -> bool:
    """Say whether ``record`` is a node of this shape; its id may still be missing."""
    return any(mark in record for mark in _MARKS)


def extract(record: Record) -> RawNode:
    """Say what the record says of the node.

    :raises InventoryError: when it is a stub of the list, which has no labels to read.
    """
    if "Meta" not in record:
        raise InventoryError(
            "labels-unknown",
            "this is an entry of Nomad's node list, which leaves Meta out",
            hint="print whole nodes: nomad node status -json ID",
        )
    labels = dict(sub_object(record, "Meta"))
    for key, value in sub_object(record, "Attributes").items():
        if f"attr.{key}" in labels:
            raise InventoryError(
                "duplicate-key", f"{quoted(key)} stands in Meta and in Attributes", place="Meta"
            )
        labels[f"attr.{key}"] = value
    state = record.get("Status")
    if state == "ready" and record.get("SchedulingEligibility") == "ineligible":
        state = "ineligible"
    return RawNode(record.get("ID"), labels, record.get("Name"), state, "ID", "Meta")
