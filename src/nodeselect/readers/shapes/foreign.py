"""Records that people have in place of nodes: what each is, and what to do."""

from typing import Any

from nodeselect.errors import InventoryError
from nodeselect.kubernetes_node import check_kind
from nodeselect.readers.raw_node import WRITE_HINT, Record
from nodeselect.readers.shapes.plain import SERVER_FIELDS
from nodeselect.readers.watch_events import is_watch_event


def foreign_record_error(record: Record) -> InventoryError | None:
    """Return the error for a record of a known kind that is not a node; None for other records."""
    if is_watch_event(record):
        message = "an event of a watch among nodes"
        hint = "read the events alone: they begin with all nodes"
        return InventoryError("not-a-node", message, hint=hint)
    if "apiVersion" in record and "metadata" not in record:  # not checked with the nodes
        try:
            check_kind(record.get("kind"))
        except InventoryError as error:
            return error
    if any(map(_is_ansible_group, record.values())):
        return _unknown("this is an inventory of Ansible, which has variables, not labels")
    if isinstance(record.get("targets"), list) or _has(record.get("data"), "activeTargets"):
        return _unknown("these are targets of Prometheus, not nodes")
    if isinstance(record.get("data"), list):  # as in the API of Rancher
        return _unknown(
            "a list of nodes is not read under 'data'",
            "give only that list (jq .data), or list the nodes: kubectl get nodes -o json",
        )
    if isinstance(record.get("name"), str) and not {"selector", "config"}.isdisjoint(record):
        return InventoryError("not-a-node", "this is a job", hint="give it with --job FILE")
    if "PeerInfo" in record:
        return _unknown("this is a node of an old version of Bacalhau")
    is_other = not SERVER_FIELDS.isdisjoint(map(str.lower, record)) or "id" in record
    if record and not is_other and all(isinstance(value, str) for value in record.values()):
        return _unknown("this may be the labels of a node, without its id")
    if record and not is_other and all(value is None for value in record.values()):
        hint = "for nodes without labels, write {} after each id"
        return _unknown("a map of names without any values is not a list of nodes", hint)
    return None


def _is_ansible_group(value: Any) -> bool:
    return any(_has(value, key) for key in ("hosts", "children", "hostvars")) and not any(
        isinstance(each, str) for each in value.values()
    )


def _has(value: Any, key: str) -> bool:
    return isinstance(value, dict) and key in value


def _unknown(message: str, hint: str = WRITE_HINT) -> InventoryError:
    return InventoryError("unknown-shape", message, hint=hint)
