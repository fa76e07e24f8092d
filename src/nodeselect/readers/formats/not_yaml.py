"""What a text really is that was read as YAML, since it is in no other format, and was rejected."""

import re
from typing import Final

from nodeselect.errors import InventoryError
from nodeselect.readers.formats.csv import DELIMITERS, split_line
from nodeselect.readers.raw_node import WRITE_HINT
from nodeselect.text import quoted

_NOMAD = "for id in $(nomad node status -quiet); do nomad node status -json $id; done"
_CONSUL = "curl http://localhost:8500/v1/catalog/nodes"

# The first columns of tables that commands print for people; the command, and what to use instead.
_TABLES: Final = {
    "NAME STATUS": ("kubectl", "kubectl get nodes -o json"),
    "NAME LABELS": ("kubectl", "kubectl get nodes -o json"),
    "ID HOSTNAME STATUS": ("docker", "docker node inspect $(docker node ls -q)"),
    "ID DC NAME": ("nomad", _NOMAD),
    "ID NODE POOL DC NAME": ("nomad", _NOMAD),
    "NODE ADDRESS": ("consul", _CONSUL),
    "NODE ID ADDRESS": ("consul", _CONSUL),
    "ID TYPE APPROVAL": ("bacalhau", "bacalhau node list --output json"),
}

# A row of kubectl get nodes --no-headers, or of -o name.
_ROW_OF_KUBECTL = (
    r"[a-z0-9.-]+\s+(?:Not)?Ready(?:,SchedulingDisabled)?\s+\S+\s+\S+\s+v\d"
    r"|node/[a-z0-9.-]+\s*$"
)

# The head of a group of hosts, children or variables.
_ANSIBLE_GROUP = r"\[[\w.-]+(?::children|:vars)?\]\s*"

_COMMON_ID_COLUMNS = ("id", "name", "hostname", "node", "host")


def better_error(data: bytes, error: InventoryError, id_column: str) -> InventoryError:
    """Return an error that says what an input is, such as a table of kubectl.

    If that is not known, return ``error``.

    :param error: the error of reading the input as YAML.
    :param id_column: the name of the column of ids, for CSV.
    """
    if match := re.match(rb"sep=[^\s\w]?(?=\r?\n)", data):
        message = f"{quoted(match[0].decode('latin-1'))} is not part of the table"
        return InventoryError("not-csv", message, place="line 1", hint="remove this line")
    head = data.lstrip()[:4096].decode("utf-8", "replace").split("\n")
    columns = " ".join(head[0].upper().split())
    for beginning, (command, hint) in _TABLES.items():
        if columns.startswith(f"{beginning} ") and "  " in head[0]:
            message = f"tables printed by {command} are not read"
            return InventoryError("unknown-shape", message, hint=f"use: {hint}")
    if re.match(_ROW_OF_KUBECTL, head[0]):
        message = "tables and names printed by kubectl are not read"
        return InventoryError("unknown-shape", message, hint="use: kubectl get nodes -o json")
    if better := _json_after_text(data, error) or _describe_after_text(data):
        return better
    if any(re.fullmatch(_ANSIBLE_GROUP, line) for line in head[:-1]):
        message = "this may be an inventory of Ansible in INI, which has variables, not labels"
        return InventoryError("unknown-shape", message, hint=WRITE_HINT)
    return _no_id_column(head, id_column) or error


def _json_after_text(data: bytes, error: InventoryError) -> InventoryError | None:
    """Return the error for JSON after other lines, such as warnings; None if there is no JSON."""
    start = re.search(rb"^(?:\{\s*[\"}]|\[\s*[\[{\"\]])", data, re.MULTILINE)
    before = data[: start.start()].strip() if start else b""
    is_yaml = before.startswith((b"#", b"---", b"%")) and error.code != "not-yaml"
    if start is None or is_yaml or before.endswith(b":"):
        return None
    line = data.count(b"\n", 0, start.start()) + 1
    text = quoted(before.partition(b"\n")[0].decode("utf-8", "replace").strip())
    return InventoryError(
        "not-json",
        f"the JSON begins here, after the text {text}",
        place=f"line {line}",
        hint="remove what is before it; with 2>&1, a command mixes its warnings into its output",
    )


def _describe_after_text(data: bytes) -> InventoryError | None:
    """Return the error for the text of ``kubectl describe`` that is indented or after other lines.

    Its values are in a column of their own, so that there are several blanks, or tabs, before them.
    """
    start = re.search(
        rb"^[ \t]*Name:(?: {2,}|\t+)\S[^\n]*\n[ \t]*(?:Roles?|Labels):", data, re.MULTILINE
    )
    if start is None:
        return None
    line = 1 + data.count(b"\n", 0, start.start())
    return InventoryError(
        "unknown-shape",
        "the text of kubectl describe must not be indented, or have lines before it",
        place=f"line {line}",
        hint="remove what is before 'Name:', or print the nodes again: kubectl get nodes -o json",
    )


def _no_id_column(lines: list[str], id_column: str) -> InventoryError | None:
    """Return the error for CSV without the column ``id_column``; None if the input is not CSV.

    :param lines: the first lines of the input.
    """
    header, *rows = [line.rstrip("\r") for line in lines if line.strip()] or [""]
    for delimiter in DELIMITERS:
        columns = split_line(header, delimiter)
        if len(columns) < 2 or not re.fullmatch(r"[\w ./-]*", "".join(columns)):
            continue
        if rows and len(split_line(rows[0], delimiter)) != len(columns):
            continue
        usual = [each for each in columns if each.lower() in _COMMON_ID_COLUMNS]
        choice = next(filter(None, usual or columns), "COLUMN")
        return InventoryError(
            "no-id-column",
            f"the table has no column {quoted(id_column)}",
            hint=f"choose the column that has the ids, such as: --id-column {quoted(choice)}",
        )
    return None
