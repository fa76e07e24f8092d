"""Consul nodes: ``[{Node, Address, Datacenter, Meta, …}]``, as ``/v1/catalog/nodes`` returns them.

The name (``Node``) is the id, and the labels are the entries of ``Meta``. The catalog has no state.
Lists of *services* are rejected: they have a node once for each of its services, or not at all.
"""

from typing import Final

from nodeselect.errors import InventoryError
from nodeselect.readers.raw_node import RawNode, Record

FIELDS: Final = frozenset({"Node"})


def extract(record: Record) -> RawNode:
    """Return the fields of a Consul node, not yet validated.

    :raises InventoryError: if there is no ``Meta``: the record is from a list of services.
    """
    if "Meta" not in record:
        raise InventoryError(
            "labels-unknown",
            "this is an entry of a list of Consul's services, which does not contain all nodes",
            hint="list the nodes: curl http://localhost:8500/v1/catalog/nodes",
        )
    name = record["Node"]
    return RawNode(name, record["Meta"], name, None, "Node", "Meta")
