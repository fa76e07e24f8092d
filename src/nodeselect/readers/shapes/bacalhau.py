"""Bacalhau nodes: ``{Info{NodeID, NodeType, Labels, …}, Membership, ConnectionState{Status, …}}``.

The API (``{"Nodes": […]}``) and ``bacalhau node list --output json`` print them. Only compute nodes
run jobs: the state of others is their type, ``requester``. A node whose membership is pending or
rejected accepts no work; its state is then this membership.
"""

from typing import Any, Final

from nodeselect.readers.raw_node import RawNode, Record, sub_object

NAME: Final = "Bacalhau"

FIELDS: Final = frozenset({"Info"})

KNOWN_STATES: Final = frozenset({"connected", "disconnected", "pending", "rejected", "requester"})


def extract(record: Record) -> RawNode:
    """Return the raw node in a record."""
    info = sub_object(record, "Info")
    status = sub_object(record, "ConnectionState").get("Status", record.get("Connection"))
    node_state = state(info.get("NodeType"), record.get("Membership"), status)
    return RawNode(
        info.get("NodeID"), info.get("Labels"), None, node_state, "Info.NodeID", "Info.Labels"
    )


def state(node_type: Any, membership: Any, status: Any) -> Any:
    """Return the state of a node of Bacalhau, in lower case if it is a string.

    It is ``requester``, or its membership if that is pending or rejected, or else its status.
    """
    if isinstance(node_type, str) and node_type.lower() == "requester":
        return "requester"
    if isinstance(membership, str) and membership.upper() in ("PENDING", "REJECTED"):
        status = membership
    return status.lower() if isinstance(status, str) else status
