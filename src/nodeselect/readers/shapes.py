"""The systems whose nodes can be read: how to recognize a node, and where its fields are.

``docs/nodes.md`` lists for each system what is read as the id, the labels and the state of a node.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from nodeselect.errors import InventoryError
from nodeselect.node import (
    KUBERNETES_FIELDS,
    NodeRow,
    Taint,
    check_kind,
    kubernetes_fields,
    reject_typo,
)
from nodeselect.readers.raw_node import (
    RawNode,
    Record,
    RecordPlace,
    error_in_record,
    merge_labels,
    sub_object,
    to_quantity,
    validate,
)
from nodeselect.text import join_limited, printable, quoted

_PLAIN_FIELDS = ("id", "labels", "name", "state", "taints", "resources")

# Names of fields in the answers of servers, in lower case. They are not accepted as ids.
_SERVER_FIELDS = frozenset(
    {
        *("apiversion", "data", "detail", "details", "error", "errors", "items", "kind"),
        *("message", "metadata", "node", "nodes", "response", "result", "results"),
        *("selector", "spec", "status"),
    }
)

# How a field for labels may be spelt.
_LABEL_FIELDS = frozenset({"label", "labels", "Label", "Labels", "LABEL", "LABELS"})

_NOMAD_LABELS = {
    "node.datacenter": "Datacenter",
    "node.class": "NodeClass",
    "node.pool": "NodePool",
}


class Shape(NamedTuple):
    """How to read the nodes of one system.

    :param extract: returns the fields of a node, not yet validated. It raises ``InventoryError`` if
        the record is from a list without labels, or a part of it is not an object.
    :param fields: a record that has one of these is a node of the system.
    :param states: the states that the system gives to nodes.
    :param names: fields that a node may lack, by the path of their object. A typo in one would give
        a node without labels, which ``!gpu`` matches.
    """

    extract: Callable[[Record], RawNode]
    fields: frozenset[str]
    states: frozenset[str] = frozenset()
    names: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()


def read_node(shape: Shape, place: RecordPlace, record: Record) -> NodeRow:
    """Read and validate the node in a record of this shape."""
    try:
        raw = shape.extract(record)
        if raw.labels_path != "labels":  # a plain node has no unknown field
            _reject_other_labels(record, raw.labels_path)
            _reject_typos(record, shape)
    except InventoryError as error:
        raise error_in_record(place, error) from None
    return validate(place, raw)


def _reject_other_labels(record: Record, labels_path: str) -> None:
    """Raise if a record has labels at another path than ``labels_path``: they would be ignored."""
    for parent, fields in [(None, record), *record.items()]:
        if not isinstance(fields, dict) or _LABEL_FIELDS.isdisjoint(fields):
            continue
        prefix = "" if parent is None else f"{parent}."
        if prefix == f"{labels_path}.":
            continue
        for key in fields:
            if key in _LABEL_FIELDS and prefix + key != labels_path:
                raise InventoryError(
                    "unknown-field",
                    f"labels are not read here, only at {labels_path}",
                    place=printable(prefix + key),
                    hint=f"move them to {labels_path}",
                )


def _reject_typos(record: Record, shape: Shape) -> None:
    """Raise if a record lacks one of the names of its shape, and has a similar one instead."""
    for path, names in shape.names:
        fields: Record = record
        for key in path:
            fields = fields.get(key) or {}
        reject_typo(fields, names, path)


def _read_kubernetes(record: Record) -> RawNode:
    """Return the fields of a Kubernetes node: an item of a ``List`` or ``NodeList``, or a ``Node``.

    The taints, to which a cordon belongs, are unknown without a ``spec``.
    """
    check_kind(record.get("kind"))
    metadata, spec, status = (sub_object(record, key) for key in ("metadata", "spec", "status"))
    name, labels, state, taints, resources, path = kubernetes_fields(
        metadata, None if record.get("spec") is None else spec, status
    )
    if isinstance(resources, dict) and not {*map(type, resources.values())} <= {str}:
        # Kubernetes also reads numbers.
        resources = {key: to_quantity(value) for key, value in resources.items()}
    return RawNode(
        *(name, labels, name, state, "metadata.name", "metadata.labels"),
        *(taints, resources, "spec.taints", path),
    )


def _read_bacalhau(record: Record) -> RawNode:
    """Return the fields of a Bacalhau node: ``{Info{NodeID, Labels, …}, Membership, …}``.

    The API (``{"Nodes": […]}``) and ``bacalhau node list --output json`` print such nodes.
    """
    info = sub_object(record, "Info")
    status = sub_object(record, "ConnectionState").get("Status", record.get("Connection"))
    node_state = bacalhau_state(info.get("NodeType"), record.get("Membership"), status)
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


def bacalhau_state(node_type: Any, membership: Any, status: Any) -> Any:
    """Return the state of a Bacalhau node, in lower case if it is a string.

    Only compute nodes run jobs: the state of any other node is its type, ``requester``. A node
    whose membership is pending or rejected accepts no work: that is its state. For any other node,
    the state is the status.
    """
    if isinstance(node_type, str) and node_type.lower() == "requester":
        return "requester"
    if isinstance(membership, str) and membership.upper() in ("PENDING", "REJECTED"):
        status = membership
    return status.lower() if isinstance(status, str) else status


def _read_consul(record: Record) -> RawNode:
    """Return the fields of a Consul node in ``/v1/catalog/nodes``: ``{Node, Meta, …}``.

    Lists of *services* are rejected: they have a node once for each of its services, or not at all.
    """
    if "Meta" not in record:
        raise InventoryError(
            "labels-unknown",
            "this is an entry of a list of Consul's services, which does not contain all nodes",
            hint="list the nodes: curl http://localhost:8500/v1/catalog/nodes",
        )
    name = record["Node"]
    return RawNode(name, record["Meta"], name, None, "Node", "Meta")


def _read_nomad(record: Record) -> RawNode:
    """Return the fields of a Nomad node, as ``nomad node status -json ID`` prints it.

    Except for those in ``Meta``, labels have the names that Nomad's own constraints use. Nomad's
    *list* of nodes is rejected: it has no ``Meta``.
    """
    if "Meta" not in record:
        raise InventoryError(
            "labels-unknown",
            "this is an entry of Nomad's node list, which does not contain the labels (Meta)",
            hint="print complete nodes:"
            " for id in $(nomad node status -quiet); do nomad node status -json $id; done",
        )
    own = {f"attr.{key}": value for key, value in sub_object(record, "Attributes").items()}
    fields = {label: record.get(field) for label, field in _NOMAD_LABELS.items()}
    own |= {label: value for label, value in fields.items() if value}  # a class may be empty
    labels = merge_labels(record["Meta"], own, "Meta")
    state = record.get("Status")
    if state == "ready" and record.get("SchedulingEligibility") == "ineligible":
        state = "ineligible"
    return RawNode(record.get("ID"), labels, record.get("Name"), state, "ID", "Meta")


def _read_swarm(record: Record) -> RawNode:
    """Return the fields of a Docker Swarm node, as ``docker node inspect`` or the API prints it.

    The labels of its engine have the names that Swarm's own constraints use. A node that is drained
    or paused gets no new tasks. The *list* of nodes is rejected: it has no labels.
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


def _read_expanso(record: Record) -> RawNode:
    """Return the fields of an Expanso node: ``{id, spec{name, labels, …}, status{…}}``.

    The API and ``expanso-cli node list --format json`` print nodes as a list (``{"items": […]}``)
    or alone (``{"node": {…}}``). ``os``, ``arch`` and ``hostname`` are not labels.
    """
    spec = sub_object(record, "spec")
    state = sub_object(record, "status").get("connection_state")
    return RawNode(
        record.get("id"), spec.get("labels"), spec.get("name"), state, "id", "spec.labels"
    )


def _read_plain(record: Record) -> RawNode:
    """Return the fields of a plain node: ``{"id": …, "labels": {…}, "name": …, "state": …}``.

    nodeselect itself prints such nodes. Only the id is required. Other fields are rejected: a node
    with a typo in ``labels`` would have none.
    """
    for field in record:
        if field not in _PLAIN_FIELDS:
            raise InventoryError(
                "unknown-field",
                f"unknown field {quoted(field)}: a node has only {join_limited(_PLAIN_FIELDS, 6)}",
                hint='remove it, or move it into labels: {"id": …, "labels": {…}}',
            )
    node_id, labels, name, state, taints, resources = map(record.get, _PLAIN_FIELDS)
    if taints:
        _check_taint_fields(taints)
    return RawNode(node_id, labels, name, state, "id", "labels", taints, resources)


def _check_taint_fields(taints: Any) -> None:
    """Raise if a taint has a field that it does not have; other types are checked later."""
    for number, taint in enumerate(taints if isinstance(taints, list) else ()):
        for field in taint if isinstance(taint, dict) else ():
            if field not in Taint._fields:
                reject_typo(taint, Taint._fields, (f"taints[{number}]",))
                message = f"unknown field {quoted(field)}: a taint has only key, value and effect"
                raise InventoryError("unknown-field", message, place=f"taints[{number}]")


def is_label_map(document: Record) -> bool:
    """Return whether ``document`` is a node list of the form ``{id: labels}``.

    An error from a server has the same form, ``{"error": {"code": …}}``. So the result is False if
    there is a key such as ``error``; a node with such an id needs the form ``{"id": …}``. The
    result is also False if every value is null.
    """
    return (
        any(labels is not None for labels in document.values())
        and _SERVER_FIELDS.isdisjoint(map(str.lower, document))
        and all(labels is None or isinstance(labels, dict) for labels in document.values())
    )


KUBERNETES: Final = Shape(
    _read_kubernetes,
    frozenset({"metadata"}),
    frozenset({"cordoned", "not-ready", "ready"}),
    KUBERNETES_FIELDS,
)

SHAPES: Final = (
    KUBERNETES,
    Shape(
        _read_bacalhau,
        frozenset({"Info"}),
        frozenset({"connected", "disconnected", "pending", "rejected", "requester"}),
        (
            (("Info",), ("Labels", "ComputeNodeInfo")),
            (("Info", "ComputeNodeInfo"), ("MaxCapacity",)),
        ),
    ),
    Shape(_read_consul, frozenset({"Node"})),
    Shape(
        _read_nomad,
        frozenset({"Attributes", "Datacenter", "Meta", "NodeClass", "SchedulingEligibility"}),
        frozenset({"disconnected", "down", "ineligible", "initializing", "ready"}),
        (((), ("Attributes", *_NOMAD_LABELS.values())),),
    ),
    Shape(
        _read_swarm,
        frozenset({"Availability", "Description", "ManagerStatus", "Spec"}),
        frozenset({"disconnected", "down", "drain", "pause", "ready", "unknown"}),
        (
            ((), ("Description",)),
            (("Spec",), ("Labels", "Availability")),
            (("Description",), ("Engine",)),
            (("Description", "Engine"), ("Labels",)),
        ),
    ),
    Shape(
        _read_expanso,
        frozenset({"identity", "spec", "status"}),
        frozenset({"connected", "connecting", "deleted", "disconnected", "lost"}),
        (((), ("spec",)), (("spec",), ("labels",))),
    ),
    Shape(_read_plain, frozenset({"id", "labels"})),
)
"""All shapes; the first of them whose ``fields`` contain a field of a record reads the record."""
