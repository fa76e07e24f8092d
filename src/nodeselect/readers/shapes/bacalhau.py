"""Bacalhau nodes: ``{Info{NodeID, Labels, …}, Membership, ConnectionState{Status, …}}``.

The API (``{"Nodes": […]}``) and ``bacalhau node list --output json`` print them. A node whose
membership is pending or rejected accepts no work; its state is then this membership.
"""

from typing import Final

from nodeselect.readers.raw_node import RawNode, Record, sub_object

__all__ = ["FIELDS", "KNOWN_STATES", "extract"]

FIELDS: Final = frozenset({"Info"})

KNOWN_STATES: Final = frozenset({"connected", "disconnected", "pending", "rejected"})


def extract(record: Record) -> RawNode:
    """Return the raw node in a record."""
    info = sub_object(record, "Info")
    state = sub_object(record, "ConnectionState").get("Status", record.get("Connection"))
    membership = record.get("Membership")
    if isinstance(membership, str) and membership.upper() in ("PENDING", "REJECTED"):
        state = membership
    if isinstance(state, str):
        state = state.lower()
    return RawNode(
        info.get("NodeID"), info.get("Labels"), None, state, "Info.NodeID", "Info.Labels"
    )
