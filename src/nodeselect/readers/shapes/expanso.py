"""Expanso nodes: ``{id, spec{name, labels, …}, status{connection_state, …}}``.

The API and ``expanso-cli node list --format json`` print nodes as a list (``{"items": […]}``) or
alone (``{"node": {…}}``). Labels are at ``spec.labels``, which is absent if a node has no labels.
``os``, ``arch`` and ``hostname`` are fields of ``spec``, not labels.
"""

from typing import Final

from nodeselect.readers.raw_node import RawNode, Record, sub_object

FIELDS: Final = frozenset({"identity", "spec", "status"})

KNOWN_STATES: Final = frozenset({"connected", "connecting", "deleted", "disconnected", "lost"})


def extract(record: Record) -> RawNode:
    """Return the fields of an Expanso node, not yet validated."""
    spec = sub_object(record, "spec")
    state = sub_object(record, "status").get("connection_state")
    return RawNode(
        record.get("id"), spec.get("labels"), spec.get("name"), state, "id", "spec.labels"
    )
