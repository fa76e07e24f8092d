"""What may surround a list of nodes, in any format: an envelope object, a footer."""

import re
from collections.abc import Mapping
from typing import Literal

from nodeselect.errors import InventoryError
from nodeselect.readers.raw_node import Record
from nodeselect.text import quoted

__all__ = ["Kind", "check_envelope", "check_footer", "json_kind", "list_field", "reject_siblings"]

Kind = Literal["list", "object", "null", "scalar"]

_LIST_FIELDS = ("items", "nodes", "Nodes")

# Fields of an envelope that announce more nodes, unless they are empty.
_PAGING_FIELD = re.compile("next|^continue$|has_?more|remaining", re.IGNORECASE)

# How a footer gives the number of all nodes, or of the nodes shown:
# "Showing 1-2 of 5 nodes", "Showing 1 to 2", "Showing 2 nodes (limit 50)".
_TOTAL = re.compile(r"\bof\s+(\d[\d,]{0,15})")
_SHOWN = re.compile(r"Showing \D*?(?:\d[\d,]*\s*(?:-|to)\s*)?(\d[\d,]{0,15})")


def json_kind(value: object) -> Kind:
    """Return the kind of a decoded value."""
    if value is None:
        return "null"
    return "object" if isinstance(value, dict) else "list" if isinstance(value, list) else "scalar"


def list_field(kinds: Mapping[str, Kind]) -> str | None:
    """Return the field that holds the nodes of an envelope, or None if it is not an envelope.

    :param kinds: the kind of value of each field.
    :raises InventoryError: if another field could hold nodes as well.
    """
    name = next((name for name in _LIST_FIELDS if kinds.get(name) in ("list", "null")), None)
    if name is not None:
        reject_siblings(name, kinds)
    return name


def reject_siblings(field: str, kinds: Mapping[str, Kind]) -> None:
    """Raise if a field beside ``field`` could hold nodes as well.

    :raises InventoryError: with the code ``unknown-field``.
    """
    for name, kind in kinds.items():
        if kind in ("list", "object") and name not in (field, "metadata"):
            raise InventoryError(
                "unknown-field",
                f"unknown field {quoted(name)} next to '{field}'",
                hint="remove it if it contains no nodes",
            )


def check_envelope(fields: Record) -> None:
    """Raise if an envelope holds something other than nodes, or announces more nodes.

    :param fields: the fields of the envelope without the list.
    :raises InventoryError: with the code ``not-a-node``, ``cut-off`` or ``one-page``.
    """
    kind = fields.get("kind")
    if kind not in (None, "List", "NodeList"):
        raise InventoryError(
            "not-a-node",
            f"expected a list of nodes, found the kind {quoted(str(kind))}",
            hint="list only nodes: kubectl get nodes -o json",
        )
    if "apiVersion" in fields and kind is None:
        raise InventoryError(
            "cut-off",
            "the list has an apiVersion but no kind, so it is probably cut off",
            hint="get the complete output again",
        )
    metadata = fields.get("metadata")
    page = fields | (metadata if isinstance(metadata, dict) else {})
    if any(value for name, value in page.items() if _PAGING_FIELD.search(name)):
        raise InventoryError(
            "one-page",
            "this is only one page of a longer list: it has a token for the next page",
            hint="fetch all pages and combine their nodes",
        )


def check_footer(text: str, count: int) -> None:
    """Raise if a footer announces more nodes than the ``count`` that were read.

    :raises InventoryError: with the code ``one-page``.
    """
    total = _TOTAL.search(text) or _SHOWN.search(text)
    differs = total is not None and int(total[1].replace(",", "")) != count
    pages = re.search(r"page \d+ of (\d+)", text)
    more = re.search(r"\b(?:next|more|first)\b", text, re.IGNORECASE)
    if differs or (pages and int(pages[1]) > 1) or more:
        raise InventoryError(
            "one-page",
            f"this is only part of a longer list: {quoted(text.strip())}",
            hint="list all nodes, not one page of them",
        )
