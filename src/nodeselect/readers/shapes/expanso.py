"""Expanso nodes: ``{id, spec{name, labels, …}, status{connection_state, …}}``.

As the API's list (``{"items": […]}``) and single answer (``{"node": {…}}``) and
``expanso-cli node list --format json`` print them. Labels sit under ``spec``; a node without
labels has no such key. ``os``, ``arch`` and ``hostname`` are facts beside the labels, not labels.
"""

from typing import Final

from nodeselect.readers.raw_node import RawNode, Record, sub_object

__all__ = ["KNOWN_STATES", "extract", "matches"]

KNOWN_STATES: Final = frozenset({"connected", "connecting", "deleted", "disconnected", "lost"})
"""The states that are known; others are taken as they come."""


def matches(record: Record) -> bool:
    """Say whether ``record`` is a node of this shape; its id may still be missing."""
    return "spec" in record or "status" in record or "identity" in record


def extract(record: Record) -> RawNode:
    """Say what the record says of the node."""
    spec = sub_object(record, "spec")
    return RawNode(
        record.get("id"),
        spec.get("labels"),
        spec.get("name"),
        sub_object(record, "status").get("connection_state"),
        "id",
        "spec.labels",
    )
