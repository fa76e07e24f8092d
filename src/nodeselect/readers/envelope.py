"""Check what surrounds a list of nodes: the object that contains the list, or a footer."""

import re

from nodeselect.errors import InventoryError
from nodeselect.readers.raw_node import Record
from nodeselect.text import quoted

LIST_FIELDS = ("items", "nodes", "Nodes")
"""The fields for a list of nodes. The first of them that is a list, or null, holds the nodes."""

# The names of fields of an envelope that announce more nodes, unless they are empty.
_PAGING_FIELD = "(?i)next|^continue$|has_?more|remaining"

# The number of all nodes in a footer, and the number of the last node that is shown:
# "Showing 1-2 of 5 nodes", "Showing 1 to 2", "Showing 2 nodes (limit 50)".
_TOTAL = r"\bof\s+(\d[\d,]*)"
_SHOWN = r"Showing \D*?(?:\d[\d,]*\s*(?:-|to)\s*)?(\d[\d,]*)"
_SEVERAL_PAGES = r"page \d+ of 0*(?!1\b)[1-9]"


def list_field(document: Record) -> str | None:
    """Return the name of the field with the list of nodes, such as ``items``; None without one."""
    return next(
        (name for name in LIST_FIELDS if isinstance(document.get(name, ""), list | None)), None
    )


def reject_siblings(field: str, others: Record) -> None:
    """Raise if an object with nodes in ``field`` may have nodes in ``others``, too."""
    for name, value in others.items():
        if (isinstance(value, dict | list) and name != "metadata") or name == "id":
            raise InventoryError(
                "unknown-field",
                f"unknown field {quoted(name)} next to '{field}'",
                hint=f"if it is a node, or has nodes, move them into '{field}'; or else remove it",
            )


# For each kind of objects that are read: what kubectl command lists them.
_COMMANDS = {"Node": "kubectl get nodes -o json", "Pod": "kubectl get pods -A -o json"}


def check_envelope(field: str, others: Record, expected: str = "Node") -> None:
    """Raise if the list in an object may contain anything but nodes, or may lack some nodes.

    :param field: the field that has the list; ``others``: the other fields of the object.
    :param expected: ``Node``; or ``Pod`` for a list of pods.
    """
    reject_siblings(field, others)
    kind, noun = others.get("kind"), expected.lower()
    if kind not in (None, "List", f"{expected}List"):
        raise InventoryError(
            f"not-a-{noun}",
            f"expected a list of {noun}s, found an object of kind {quoted(str(kind))}",
            hint=f"list only {noun}s: {_COMMANDS[expected]}",
        )
    if "apiVersion" in others and kind is None:
        raise InventoryError(
            "cut-off",
            "the list has an apiVersion but no kind, so it is probably cut off",
            hint="get the complete output again",
        )
    metadata = others.get("metadata")
    page = others | (metadata if isinstance(metadata, dict) else {})
    for name, value in page.items():
        if value and re.search(_PAGING_FIELD, name):
            raise InventoryError(
                "one-page",
                f"this is only one page of a longer list: {quoted(name)} announces more {noun}s",
                hint=f"fetch all pages and combine their {noun}s",
            )


def check_footer(text: str, count: int) -> None:
    """Raise if a footer, such as ``Showing 2 of 5 nodes``, says that there are more nodes."""
    total = re.search(_TOTAL, text) or re.match(_SHOWN, text)
    # As text, since Python converts no number of thousands of digits.
    differs = total is not None and (total[1].replace(",", "").lstrip("0") or "0") != str(count)
    more = re.search(r"\b(?:next|more|first)\b", text, re.IGNORECASE)
    if differs or more or re.search(_SEVERAL_PAGES, text):
        raise InventoryError(
            "one-page",
            f"this is only part of a longer list, according to its footer {quoted(text.strip())}",
            hint="list all nodes, not one page of them",
        )
