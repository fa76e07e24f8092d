"""Plain nodes: ``{"id": …, "labels": {…}, "name": …, "state": …}``. Only the id is required.

They may have the taints and resources of a Kubernetes node: ``"taints": [{"key": …, "value": …,
"effect": …}]`` and ``"resources": {"cpu": "3920m", …}``, which are unknown if absent.

They are in an array, one a line (NDJSON), or in one object ``{id: labels}``. nodeselect itself
prints such nodes. Other fields are rejected: a node with a typo in ``labels`` would have none.
"""

import json
from typing import Any, Final

from nodeselect.errors import InventoryError
from nodeselect.node import Taint
from nodeselect.problem import Fix
from nodeselect.readers.raw_node import RawNode, Record
from nodeselect.text import join_limited, printable, quoted

FIELDS: Final = frozenset({"id", "labels"})

_ALL_FIELDS = ("id", "labels", "name", "state", "taints", "resources")

SERVER_FIELDS: Final = frozenset(
    {
        *("apiversion", "data", "detail", "details", "error", "errors", "items", "kind"),
        *("message", "metadata", "node", "nodes", "response", "result", "results"),
        *("selector", "spec", "status"),
    }
)
"""Names of fields in the answers of servers, in lower case. They are not accepted as ids."""


def _labels_hint(record: Record, field: str) -> Fix | str:
    node_id, value = record.get("id"), record[field]
    hint = "remove it, or move it into labels"
    if isinstance(node_id, str) and isinstance(value, str) and len(node_id + field + value) < 60:
        node = {"id": node_id, "labels": {field: value}}
        example = printable(json.dumps(node, ensure_ascii=False))
        return Fix.write(example, f"{hint}, such as")
    return hint


def extract(record: Record) -> RawNode:
    """Return the fields of a node ``{"id": …, "labels": {…}}``, not yet validated.

    :raises InventoryError: if it has a field that a plain node does not have.
    """
    for field in record:
        if field not in _ALL_FIELDS:
            raise InventoryError(
                "unknown-field",
                f"unknown field {quoted(field)}: a node has only {join_limited(_ALL_FIELDS, 6)}",
                hint=_labels_hint(record, field),
            )
    node_id, labels, name, state, taints, resources = map(record.get, _ALL_FIELDS)
    if taints:
        _check_taint_fields(taints)
    return RawNode(node_id, labels, name, state, "id", "labels", taints, resources)


def _check_taint_fields(taints: Any) -> None:
    """Raise if a taint has a field that it does not have; other types are checked later."""
    for number, taint in enumerate(taints if isinstance(taints, list) else ()):
        for field in taint if isinstance(taint, dict) else ():
            if field not in Taint._fields:
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
        and SERVER_FIELDS.isdisjoint(map(str.lower, document))
        and all(labels is None or isinstance(labels, dict) for labels in document.values())
    )
