"""Events of a watch of Kubernetes: ``{"type": "ADDED", "object": {…}}``.

The API server sends one a line; ``kubectl get nodes -o json --watch --output-watch-events`` prints
them. A watch begins with an ADDED event for each node, unless it continues an earlier list.
"""

from typing import Any

from nodeselect.errors import InventoryError
from nodeselect.node import NodeRow
from nodeselect.readers.raw_node import Record, describe, error_in_record, read_node
from nodeselect.readers.shapes import kubernetes
from nodeselect.text import quoted

__all__ = ["is_watch_event", "read_event"]


def is_watch_event(record: Any) -> bool:
    """Return whether a record has the fields of an event, and no other."""
    return isinstance(record, dict) and record.keys() == {"type", "object"}


def read_event(record: Record, place: str = "") -> NodeRow | str | None:
    """Return what an event says: a node as it is now, the id of a node that is gone, or None.

    :param place: the place of the record in the input, for errors.
    :returns: None for a BOOKMARK, which is about no node.
    :raises InventoryError: if the event is invalid; with the code ``watch-failed``, if it is an
        ERROR, after which the watch must begin again.
    """
    try:
        return _read(record.get("type"), record.get("object"))
    except InventoryError as error:
        raise error_in_record(place, error) from None


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
    if kind == "ERROR":
        raise _watch_failed(node)
    row = read_node(kubernetes.extract, "object", node)
    return row[0] if kind == "DELETED" else row


def _watch_failed(status: Record) -> InventoryError:
    """Return the error for an ERROR event, whose object is a ``Status``."""
    message, code = str(status.get("message") or "no reason is given"), status.get("code")
    return InventoryError(
        "watch-failed",
        f"the watch failed: {quoted(message)}{f' (status {code})' if type(code) is int else ''}",
        hint="begin again: kubectl get nodes -o json --watch --output-watch-events",
    )
