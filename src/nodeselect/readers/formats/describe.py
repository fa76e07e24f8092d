"""The text of ``kubectl describe nodes``, which has all labels of a node, one a line.

Decoded to records like those of ``kubectl get nodes -o json``.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from nodeselect.errors import InventoryError
from nodeselect.files.chunks import decode_utf8
from nodeselect.text import quoted

_HINT = "print the nodes again: kubectl get nodes -o json"

_BLANKS = " \t\r"

# What may be at the beginning of a line, in all versions. Anything else is the output of another
# command, or an error of kubectl, and nodes may be missing.
_FIELDS = frozenset(
    (
        "Addresses", "Allocatable", "Allocated resources", "Annotations", "Capacity", "Conditions",
        "CreationTimestamp", "Events", "ExternalID", "Labels", "Lease", "Name",
        "Non-terminated Pods", "Phase", "PodCIDR", "PodCIDRs", "Pods", "ProviderID", "Role",
        "Roles", "System Info", "Taints", "Unschedulable",
    )
)  # fmt: skip

# What follows the labels and the conditions of every node: if it is missing, the node is cut off.
_REQUIRED = ("Labels", "System Info")


def read_records(data: bytes) -> Iterator[tuple[str, Any]]:
    """Read what ``kubectl describe nodes`` prints; yield the place and the record of each node.

    :raises InventoryError: if a node is incomplete, or the text has lines of anything else.
    """
    text = decode_utf8(data)
    starts = [match.start() for match in re.finditer("^Name:", text, re.MULTILINE)]
    line = 1 + text.count("\n", 0, starts[0])
    for start, end in pairwise([*starts, len(text)]):
        section = text[start:end]
        fields = _fields(section, line)
        try:
            yield f"line {line}", _record(fields)
        except InventoryError as error:
            raise error.within(f"line {line}") from None
        line += section.count("\n")


def _fields(section: str, first: int) -> dict[str, list[str]]:
    """Split the text of a node into fields; return the lines of each, without white space around.

    :param section: the text of the node; ``first`` is the number of its first line.
    """
    lines: list[str] = []
    fields: dict[str, list[str]] = {}
    for number, line in enumerate(section.split("\n"), first):
        if line.strip(_BLANKS) and line[0] not in _BLANKS:
            name, separator, rest = line.partition(":")
            if not separator or name not in _FIELDS or name in fields:
                found = quoted(line.rstrip(_BLANKS))
                message = f"unexpected line in the text of kubectl describe: {found}"
                raise InventoryError("unknown-shape", message, place=f"line {number}", hint=_HINT)
            line = rest
            lines = fields[name] = []
        if line := line.strip(_BLANKS):
            lines.append(line)
    return fields


def _record(fields: dict[str, list[str]]) -> dict[str, Any]:
    for name in _REQUIRED:
        if name not in fields:
            message = f"the node has no {quoted(name)}, so its text is not complete"
            raise InventoryError("cut-off", message, hint=_HINT)
    labels: dict[str, str] = {}
    for line in fields["Labels"]:
        key, separator, value = line.partition("=")
        if not separator and line != "<none>":
            message = f"expected a label key=value, found {quoted(line)}"
            raise InventoryError("wrong-type", message, place="Labels", hint=_HINT)
        if key in labels:
            message = f"duplicate label {quoted(key)}"
            raise InventoryError("duplicate-key", message, place="Labels", hint=_HINT)
        if separator:
            labels[key] = value
    rows = [line.split() for line in fields.get("Conditions", ())]
    record: dict[str, Any] = {
        "metadata": {"name": " ".join(fields["Name"]), "labels": labels},
        "spec": {"unschedulable": fields.get("Unschedulable") == ["true"]},
    }
    if "Conditions" in fields:
        conditions = [{"type": row[0], "status": row[1]} for row in rows if len(row) > 1]
        record["status"] = {"conditions": conditions}
    return record
