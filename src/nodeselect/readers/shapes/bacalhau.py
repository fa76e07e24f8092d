"""Bacalhau nodes: ``{Info{NodeID, NodeType, Labels, …}, Membership, ConnectionState{Status, …}}``.

The API (``{"Nodes": […]}``) and ``bacalhau node list --output json`` print them. Only compute nodes
run jobs: the state of any other node is its type, ``requester``. A node whose membership is pending
or rejected accepts no work; its state is then ``pending`` or ``rejected``. The resources ``cpu``,
``memory``, ``disk`` and ``gpu`` are those of ``Info.ComputeNodeInfo.MaxCapacity``, if there is one.
"""

from typing import Any, Final

from nodeselect.readers.raw_node import RawNode, Record, sub_object, to_quantity

FIELDS: Final = frozenset({"Info"})

KNOWN_STATES: Final = frozenset({"connected", "disconnected", "pending", "rejected", "requester"})


def extract(record: Record) -> RawNode:
    """Return the fields of a Bacalhau node, not yet validated."""
    info = sub_object(record, "Info")
    status = sub_object(record, "ConnectionState").get("Status", record.get("Connection"))
    node_state = state(info.get("NodeType"), record.get("Membership"), status)
    resources = None
    if "MaxCapacity" in (compute := sub_object(info, "ComputeNodeInfo")):
        capacity = sub_object(compute, "MaxCapacity")
        resources = {
            field.lower(): to_quantity(capacity.get(field, 0))
            for field in ("CPU", "Memory", "Disk", "GPU")
        }
    return RawNode(
        *(info.get("NodeID"), info.get("Labels"), None, node_state, "Info.NodeID", "Info.Labels"),
        resources=resources,
        resources_path="Info.ComputeNodeInfo.MaxCapacity",
    )


def state(node_type: Any, membership: Any, status: Any) -> Any:
    """Return the state of a Bacalhau node, in lower case if it is a string.

    The state is ``requester``; or the membership, if that is pending or rejected; or the status.
    """
    if isinstance(node_type, str) and node_type.lower() == "requester":
        return "requester"
    if isinstance(membership, str) and membership.upper() in ("PENDING", "REJECTED"):
        status = membership
    return status.lower() if isinstance(status, str) else status
