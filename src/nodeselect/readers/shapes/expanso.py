"""Expanso nodes: ``{id, spec{name, labels, …}, status{connection_state, …}}``.

The API prints them as a list (``{"items": […]}``) or alone (``{"node": {…}}``), and so does
``expanso-cli node list --format json``. Labels are under ``spec``; a node without labels
has no such key. ``os``, ``arch`` and ``hostname`` are facts next to the labels, not labels.
"""

from typing import Final

from nodeselect.readers.raw_node import RawNode, Record, sub_object

NAME: Final = "Expanso"

FIELDS: Final = frozenset({"identity", "spec", "status"})

KNOWN_STATES: Final = frozenset({"connected", "connecting", "deleted", "disconnected", "lost"})


def extract(record: Record) -> RawNode:
    """Return the raw node in a record."""
    spec = sub_object(record, "spec")
    state = sub_object(record, "status").get("connection_state")
    return RawNode(
        record.get("id"), spec.get("labels"), spec.get("name"), state, "id", "spec.labels"
    )
