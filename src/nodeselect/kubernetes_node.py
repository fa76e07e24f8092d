"""The fields of a Node object of Kubernetes, however a program holds it.

An object is decoded JSON, or one of a Python client: its attributes have the same names.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from nodeselect.errors import InventoryError
from nodeselect.text import describe_json, quoted


class KubernetesNode(NamedTuple):
    """The fields of a Node object of Kubernetes that an inventory stores, not yet validated.

    :param name: ``metadata.name``, which is the node's id.
    :param labels: ``metadata.labels``; None if there are none.
    :param state: ``ready``, ``not-ready``, ``cordoned`` or ``not-ready,cordoned``; None if the
        object has no conditions.
    """

    name: Any
    labels: Any
    state: str | None


def node_from_object(node: object) -> KubernetesNode:
    """Return the fields of a Node object of Kubernetes.

    :param node: decoded JSON, or an object with the same attributes. A part that is null or does
        not exist counts as empty.
    :raises InventoryError: if the object is of another kind, or one of its parts is not an object.
    """
    check_kind(_field(node, "kind"))
    found = node_from_parts(_part(node, "metadata"), _part(node, "spec"), _part(node, "status"))
    to_dict = getattr(found.labels, "to_dict", None)  # the client's dynamic objects
    return found if to_dict is None else found._replace(labels=to_dict())


def check_kind(kind: object) -> None:
    """Raise if ``kind`` is that of an object which is not a node.

    None is allowed, as the items of a NodeList have no kind.

    :raises InventoryError: with the code ``not-a-node``.
    """
    if kind not in ("Node", None):
        raise InventoryError(
            "not-a-node",
            f"expected a node, found an object of kind {quoted(str(kind))}",
            hint="list only nodes: kubectl get nodes -o json",
        )


def node_from_parts(metadata: object, spec: object, status: object) -> KubernetesNode:
    """Return the fields of a Node object of Kubernetes, given its parts.

    :raises InventoryError: if the parts are those of a pod, which has no kind in a list of pods.
    """
    if _field(spec, "containers") is not None:
        check_kind("Pod")
    conditions = _field(status, "conditions")
    state = None
    if isinstance(conditions, list):
        is_ready = any(
            _field(condition, "type") == "Ready" and _field(condition, "status") == "True"
            for condition in conditions
        )
        state = "ready" if is_ready else "not-ready"
        if _field(spec, "unschedulable") is True:  # kubectl cordon
            state = "cordoned" if is_ready else "not-ready,cordoned"
    return KubernetesNode(_field(metadata, "name"), _field(metadata, "labels"), state)


def _part(node: object, name: str) -> object:
    value = _field(node, name)
    if isinstance(value, (str, int, float, list, tuple)):
        message = f"expected an object, found {describe_json(value)}"
        raise InventoryError("wrong-type", message, place=name)
    return value


def _field(value: object, name: str) -> Any:
    if type(value) is dict:  # the usual case
        return value.get(name)
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
