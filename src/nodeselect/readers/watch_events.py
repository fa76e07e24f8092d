"""Kubernetes watch events: ``{"type": "ADDED", "object": {…}}``.

The API server sends one event a line; ``kubectl get nodes -o json --watch --output-watch-events``
prints them. A watch begins with an ADDED event for each node, unless it continues an earlier list.
"""

from collections.abc import Container, Iterable, Iterator
from typing import Any

from nodeselect.errors import InventoryError
from nodeselect.node import NodeRow
from nodeselect.readers.raw_node import (
    Record,
    RecordPlace,
    describe,
    error_in_record,
    place_of,
)
from nodeselect.readers.shapes import KUBERNETES, read_node
from nodeselect.text import quoted, quoted_id

_COMMAND = "kubectl get nodes -o json --watch --output-watch-events"


def is_watch_event(record: Any) -> bool:
    """Return whether a record is a watch event: its only fields are ``type`` and ``object``."""
    return isinstance(record, dict) and record.keys() == {"type", "object"}


def latest_nodes(records: Iterable[tuple[RecordPlace, Any]]) -> Iterator[NodeRow]:
    """Yield the nodes after all events of a watch, in the order of their first events."""
    nodes: dict[str, NodeRow] = {}
    for place, record in records:
        if not is_watch_event(record):
            raise InventoryError(
                "not-a-node", "expected an event of a watch", place=place_of(place)
            )
        change = read_event(record, place, nodes)
        if isinstance(change, str):
            del nodes[change]
        elif change is not None:
            nodes[change[0]] = change
    yield from nodes.values()


def read_event(record: Record, place: RecordPlace, known: Container[str]) -> NodeRow | str | None:
    """Read a watch event: return the node as it is now, or the id of a node that was deleted.

    Return None for a BOOKMARK, which is not about a node.

    :param known: the ids of all nodes that exist before the event.
    :raises InventoryError: if the event is invalid, or contradicts earlier events; with the code
        ``watch-failed`` if it is an ERROR: then the watch must be restarted.
    """
    try:
        change = _read(record.get("type"), record.get("object"))
    except InventoryError as error:
        raise error_in_record(place, error) from None
    if change is None:
        return None
    node_id = change if isinstance(change, str) else change[0]
    is_known = node_id in known
    if is_known != (record["type"] == "ADDED"):
        return change
    if is_known:
        message = f"the node {quoted_id(node_id)} is added again: the watch has begun again"
        hint = f"keep only its last run, or begin again: {_COMMAND}"
        raise InventoryError("duplicate-id", message, place=place_of(place), hint=hint)
    message = f"the node {quoted_id(node_id)} changes, but no earlier event added it"
    hint = f"begin with all nodes: {_COMMAND}"
    raise InventoryError("cut-off", message, place=place_of(place), hint=hint)


def _read(kind: object, node: Any) -> NodeRow | str | None:
    if kind == "BOOKMARK":
        return None
    if kind not in ("ADDED", "MODIFIED", "DELETED", "ERROR"):
        shown = quoted(kind) if isinstance(kind, str) else describe(kind)
        hint = "the types are ADDED, MODIFIED, DELETED, BOOKMARK and ERROR"
        message = f"unknown type of event: {shown}"
        raise InventoryError("unknown-event", message, place="type", hint=hint)
    if not isinstance(node, dict):
        message = f"expected an object, found {describe(node)}"
        raise InventoryError("wrong-type", message, place="object")
    if kind == "ERROR":  # then the object is the Kubernetes ``Status``
        reason, code = str(node.get("message") or "no reason is given"), node.get("code")
        status = f" (status {code})" if type(code) is int else ""
        message, hint = f"the watch failed: {quoted(reason)}{status}", f"begin again: {_COMMAND}"
        raise InventoryError("watch-failed", message, hint=hint)
    row = read_node(KUBERNETES, (0, "object"), node)
    return row[0] if kind == "DELETED" else row
