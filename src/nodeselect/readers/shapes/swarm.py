"""Docker Swarm nodes: ``{ID, Spec{Labels, Availability}, Description{Hostname}, Status{State}}``.

``docker node inspect`` and the API (``/nodes``) print them. The labels are the labels of the node
and, with ``engine.labels.`` before each key, the labels of its engine, as in Swarm's constraints. A
node that is drained or paused gets no new tasks; its state then ends with ``drain`` or ``pause``.
The *list* of nodes is rejected, since it has no labels.
"""

from typing import Final

from nodeselect.errors import InventoryError
from nodeselect.readers.raw_node import RawNode, Record, merge_labels, sub_object

FIELDS: Final = frozenset({"Availability", "Description", "ManagerStatus", "Spec"})

KNOWN_STATES: Final = frozenset({"disconnected", "down", "drain", "pause", "ready", "unknown"})


def extract(record: Record) -> RawNode:
    """Return the fields of a Docker Swarm node, not yet validated.

    :raises InventoryError: if the record is from the list of nodes, which has no labels.
    """
    if "Spec" not in record:
        raise InventoryError(
            "labels-unknown",
            "this is an entry of Docker's node list, which does not contain the labels",
            hint="print complete nodes: docker node inspect $(docker node ls -q)",
        )
    spec, description = sub_object(record, "Spec"), sub_object(record, "Description")
    engine = sub_object(description, "Engine")
    labels = merge_labels(
        spec.get("Labels"),
        {f"engine.labels.{key}": value for key, value in sub_object(engine, "Labels").items()},
        "Spec.Labels",
    )
    state = sub_object(record, "Status").get("State")
    availability = spec.get("Availability")
    if isinstance(state, str) and availability in ("drain", "pause"):
        state = availability if state == "ready" else f"{state},{availability}"
    name = description.get("Hostname")
    return RawNode(record.get("ID"), labels, name, state, "ID", "Spec.Labels")
