"""What may stand around a list of nodes, in whatever format."""

import re
from collections.abc import Mapping
from typing import Literal

from nodeselect.errors import InventoryError
from nodeselect.readers.raw_node import Record
from nodeselect.text import quoted

__all__ = ["Kind", "check_envelope", "check_footer", "kind_of", "list_field", "reject_siblings"]

Kind = Literal["list", "object", "null", "scalar"]

_LISTS = ("items", "nodes", "Nodes")
_MORE = re.compile("next|^continue$|has_?more|remaining", re.IGNORECASE)
"""Fields of an envelope that say, unless they are empty, that more nodes follow."""


_TOTAL = re.compile(r"\bof\s+(\d[\d,]{0,15})")
_SHOWN = re.compile(r"Showing \D*?(?:\d[\d,]*\s*(?:-|to)\s*)?(\d[\d,]{0,15})")
"""Where a footer says how many nodes there are, or how many it has shown."""


def kind_of(value: object) -> Kind:
    """Say of what kind a decoded value is."""
    if value is None:
        return "null"
    return "object" if isinstance(value, dict) else "list" if isinstance(value, list) else "scalar"


def list_field(kinds: Mapping[str, Kind]) -> str | None:
    """Give the field under which an envelope has its nodes, or None where it is no envelope.

    :raises InventoryError: when something stands beside the list that could hold nodes as well.
    """
    names = [name for name in _LISTS if kinds.get(name) in ("list", "null")]
    if not names:
        return None
    reject_siblings(names[0], kinds)
    return names[0]


def reject_siblings(field: str, kinds: Mapping[str, Kind]) -> None:
    """Refuse an envelope that has something beside ``field`` that could hold nodes as well.

    :raises InventoryError: with the code ``unknown-field``.
    """
    for name, kind in kinds.items():
        if kind in ("list", "object") and name not in (field, "metadata"):
            raise InventoryError(
                "unknown-field",
                f"beside '{field}' stands {quoted(name)}, which is not understood",
                hint="take it away, if it holds no nodes",
            )


def check_envelope(fields: Record) -> None:
    """Refuse a list of other things than nodes, and one that says that more follows.

    :raises InventoryError: with the code ``not-a-node`` or ``one-page``.
    """
    kind = fields.get("kind")
    if kind not in (None, "List", "NodeList"):
        raise InventoryError(
            "not-a-node",
            f"this is a {quoted(str(kind))}, not a list of nodes",
            hint="list nodes only: kubectl get nodes -o json",
        )
    if "apiVersion" in fields and kind is None:
        raise InventoryError(
            "cut-off",
            "the list has an apiVersion but no kind: it seems to be cut off",
            hint="get the whole output again",
        )
    metadata = fields.get("metadata")
    page = fields | (metadata if isinstance(metadata, dict) else {})
    if any(value for name, value in page.items() if _MORE.search(name)):
        raise InventoryError(
            "one-page",
            "this is one page of a longer list: a token for the next page is set",
            hint="read all pages and put their nodes together",
        )


def check_footer(text: str, count: int) -> None:
    """Refuse the footer of a list that speaks of more nodes than the ``count`` that were read.

    :raises InventoryError: with the code ``one-page``.
    """
    # "Showing 1-2 of 5 nodes", "Showing 1 to 2", "Showing 2 nodes (limit 50)"
    total = _TOTAL.search(text) or _SHOWN.search(text)
    other = total is not None and int(total[1].replace(",", "")) != count
    pages = re.search(r"page \d+ of (\d+)", text)
    more = re.search(r"\b(?:next|more|first)\b", text, re.IGNORECASE)
    if other or (pages and int(pages[1]) > 1) or more:
        raise InventoryError(
            "one-page",
            f"this is part of a longer list: {quoted(text.strip())}",
            hint="list all nodes, not one page of them",
        )
