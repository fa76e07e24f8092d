"""Plain nodes: ``{"id": …, "labels": {…}, "name": …, "state": …}``, all but the id optional.

In an array, one a line (NDJSON), or as one object ``{id: labels}``. This is also what nodeselect
itself prints. Other fields are refused: a typo in ``labels`` would leave a node without any.
"""

from typing import Final

from nodeselect.errors import InventoryError
from nodeselect.readers.raw_node import RawNode, Record
from nodeselect.text import quoted

__all__ = ["FIELDS", "extract", "is_label_map", "matches"]

_RESERVED_KEYS = frozenset(
    {
        *(
            "apiversion",
            "data",
            "detail",
            "details",
            "error",
            "errors",
            "items",
            "message",
            "metadata",
            "node",
        ),
        *("kind", "nodes", "response", "result", "results", "selector", "spec", "status"),
    }
)
"""What the fields of an answer are called, and nodes are not."""

FIELDS: Final = ("id", "labels", "name", "state")


def matches(record: Record) -> bool:
    """Say whether ``record`` is a node of this shape; its id may still be missing."""
    return "id" in record or "labels" in record


def extract(record: Record) -> RawNode:
    """Say what the record says of the node.

    :raises InventoryError: when it has a field that no plain node has.
    """
    for field in record:
        if field not in FIELDS:
            import difflib  # with the first field that is unknown

            close = difflib.get_close_matches(field[:60], FIELDS, 1)
            raise InventoryError(
                "unknown-field",
                f"a plain node has no field {quoted(field)}, only {', '.join(FIELDS)}",
                hint=f"did you mean '{close[0]}'?" if close else "take it away, or make it a label",
            )
    return RawNode(
        record.get("id"), record.get("labels"), record.get("name"), record.get("state"),
        "id", "labels",
    )  # fmt: skip


def is_label_map(document: Record) -> bool:
    """Say whether ``document`` is a fleet in the form ``{id: labels}``.

    The answer of a server that something went wrong has the same form, ``{"error": {"code": …}}``;
    a node with such a name must come in another shape.
    """
    return (
        bool(document)
        and _RESERVED_KEYS.isdisjoint(map(str.lower, document))
        and all(labels is None or isinstance(labels, dict) for labels in document.values())
    )
