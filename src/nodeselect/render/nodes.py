"""Lay out lists of nodes as tables, ids, JSON or CSV."""

import io
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from nodeselect.node import CONNECTED, Node, is_connected, split_state
from nodeselect.quantity import quantity_text
from nodeselect.render.screen import Screen, Style, align_columns
from nodeselect.text import display_width, printable, quoted

NODE_FORMATS = ("table", "name", "folded", "wide", "json", "ndjson", "csv")

# The formats of ids alone.
ID_FORMATS = ("name", "folded")

# The formats with columns and a header.
COLUMN_FORMATS = ("table", "wide", "csv")

FIELDS = ("id", "name", "state")
"""What nodes can be sorted by, beside their labels."""

_ABSENT = "<none>"
_NUMERALS = re.compile("([0-9]+)")
# Spreadsheets in some languages also read the full-width forms as the beginning of a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_SIGNED_NUMBER = re.compile("[-+][0-9]+(?:[.][0-9]+)?")

# Names of columns that a reader of CSV would not read as the key of a label, in lower case; with
# "approval", the table could be one of Bacalhau.
_NO_LABELS = frozenset({"approval", "id", "label", "labels", "name", "state", "status"})

# What the column "labels" can hold: a key without "=", and a value that may end with "=".
_PAIR = re.compile(r"[^\s,;=]+=[^\s,;=]*=*")


def node_lines(
    nodes: Sequence[Node],
    output: str,
    *,
    keys: Sequence[str] = (),
    labels: bool = False,
    header: bool = True,
    screen: Screen | None = None,
) -> Iterable[str]:
    """Return the lines of nodes as JSON, JSON lines or a table.

    :param keys: the label keys that get a column of their own in a table.
    :param labels: whether a table has one more column with all labels.
    :param screen: the screen for a table that is not only for programs.
    """
    match output:
        case "json":
            return _json_array(nodes)
        case "ndjson":
            return map(_json_object, nodes)
    wide = output == "wide"
    has_names = wide or any(node.name not in (None, node.id) for node in nodes)
    labels = labels or wide
    heads, *rows = _table(nodes, keys, names=has_names, labels=labels)
    if screen is None or screen == Screen(sys.maxsize):  # the fast way for many nodes
        return align_columns([heads, *rows] if header else rows, gap=3)
    # Names and values of labels are truncated rather than ids, which are to be copied.
    columns = list(zip(heads, *rows, strict=True))[: -1 if labels else None]
    widths = [min(max(map(display_width, column)), screen.columns) for column in columns]
    flexible = [at for at in range(1, len(widths)) if at != (2 if has_names else 1)]
    while sum(widths) + 3 * (len(widths) - 1) > screen.columns and flexible:
        widest = max(flexible, key=widths.__getitem__)
        if widths[widest] <= display_width(_ABSENT):
            break
        widths[widest] -= 1
    for row in (heads, *rows):
        for at in flexible:
            row[at] = screen.truncate(row[at], widths[at])
    styles = [_state_style(node.state) for node in nodes]
    lines = screen.table(heads, rows, wrap_last=labels, styles=styles, whole=True, gap=3)
    return islice(lines, 0 if header else 1, None)


def _state_style(state: str | None) -> Style | None:
    """Return the colour of a node that does not accept work, or may not; None for others."""
    if state is None or is_connected(state):
        return None
    return "bad" if CONNECTED.isdisjoint(split_state(state.lower())) else "doubtful"


def sort_nodes(nodes: Iterable[Node], by: str) -> list[Node]:
    """Sort nodes by a field or by the values of a label; ``n-9`` comes before ``n-10``.

    Nodes with the same value stay in order; nodes without a value are last.

    :param by: one of ``FIELDS``, such as ``id``; any other text is a label key.
    """

    def rank(node: Node) -> tuple[bool, list[tuple[str, int, str]]]:
        value = getattr(node, by) if by in FIELDS else node.labels.get(by)
        texts = _NUMERALS.split(value or "")  # every second one is a number
        numbers = (number.lstrip("0") for number in [*texts[1::2], ""])
        pairs = zip(texts[::2], numbers, strict=True)
        return value is None, [(text, len(number), number) for text, number in pairs]

    return sorted(nodes, key=rank)


def _table(
    nodes: Sequence[Node], keys: Sequence[str], *, names: bool, labels: bool
) -> list[list[str]]:
    heads = ["ID", *(["NAME"] if names else []), "STATE", *(printable(key) for key in keys)]
    rows = [[*heads, *(["LABELS"] if labels else [])]]
    for node in nodes:
        row = [node.id, *([node.name or _ABSENT] if names else []), node.state or _ABSENT]
        row += [node.labels.get(key, _ABSENT) for key in keys]
        if labels:
            pairs = (f"{key}={value}" for key, value in sorted(node.labels.items()))
            row.append(",".join(pairs) or _ABSENT)
        rows.append([printable(cell) for cell in row])
    return rows


def _json_array(nodes: Sequence[Node]) -> Iterator[str]:
    if not nodes:
        return iter(["[]"])
    lines = (f"  {_json_object(node)}," for node in nodes[:-1])
    return chain(["["], lines, [f"  {_json_object(nodes[-1])}", "]"])


def _json_object(node: Node) -> str:
    """Return a node as a JSON object in printable ASCII; nodeselect can read this object back."""
    fields: dict[str, Any] = {"id": node.id, "name": node.name, "state": node.state}
    fields["labels"] = dict(node.labels)
    if node.taints is not None:
        items = [taint._asdict().items() for taint in node.taints]
        fields["taints"] = [{name: text for name, text in each if text} for each in items]
    if node.resources is not None:
        amounts = node.resources.items()
        fields["resources"] = {name: quantity_text(name, amount) for name, amount in amounts}
    return json.dumps({name: value for name, value in fields.items() if value is not None})


def csv_lines(
    nodes: Sequence[Node], keys: Sequence[str] = (), *, header: bool = True
) -> tuple[Iterator[str], str | None]:
    """Return nodes as lines of CSV, and why nodeselect cannot read the same nodes back, if so.

    Labels that have no column or an empty value are in a column ``labels``. A table with names
    always has this column: without it, a reader would take the column ``name`` for a label.

    :param keys: the label keys to print; empty to print all.
    :raises ValueError: if CSV cannot hold a label.
    """
    from nodeselect.readers.formats.csv import is_header

    found = {key for node in nodes for key, value in node.labels.items() if value}
    columns = {
        key: None
        for key in keys or sorted(found)
        if key.lower() not in _NO_LABELS and key.strip() == key != ""
    }
    rest = [
        _pairs(
            (key, value)
            for key, value in node.labels.items()
            if not (value and key in columns) and (not keys or key in keys)
        )
        for node in nodes
    ]
    fields = [name for name in ("name", "state") if any(getattr(node, name) for node in nodes)]
    has_pairs = "name" in fields or any(rest)
    rows = [["id", *fields, *columns, *(["labels"] if has_pairs else [])]]
    for node, pairs in zip(nodes, rest, strict=True):
        row = [node.id, *(getattr(node, name) or "" for name in fields)]
        row += [node.labels.get(key, "") for key in columns]
        rows.append([*row, pairs] if has_pairs else row)
    lines, reason = csv_table(rows if header else rows[1:])
    if any(node._facts is not None for node in nodes):
        reason = "taints and resources are left out"
    elif reason is None and any("" in (node.name, node.state) for node in nodes):
        reason = "an empty name or state is left out"
    elif reason is None and any(is_header(row, rows[0], "id") for row in rows[1:]):
        reason = "a node looks like a header"
    return lines, reason


def csv_table(rows: Iterable[Sequence[str]]) -> tuple[Iterator[str], str | None]:
    """Return a table as lines of CSV, and a note if any of its cells is escaped."""
    import csv  # only needed for this format

    rows = list(rows)
    cells = {text: csv_cell(text) for text in set(chain.from_iterable(rows))}

    def line(row: Sequence[str]) -> str:
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow(map(cells.__getitem__, row))
        return text.getvalue()

    is_escaped = any(text != cell for text, cell in cells.items())
    return map(line, rows), "some cells are escaped" if is_escaped else None


def _pairs(labels: Iterable[tuple[str, str]]) -> str:
    """Return labels, pairs of key and value, as the text of a cell: ``a=,name=x``."""
    pairs = []
    for key, value in sorted(labels):
        pair = f"{key}={value}"
        if "=" in key or not _PAIR.fullmatch(pair):
            message = f"-o csv cannot hold the label {quoted(pair)}"
            raise ValueError(f"{message}: choose other labels with -L, or use -o json")
        pairs.append(pair)
    return ",".join(pairs)


def csv_cell(text: str) -> str:
    """Escape a text; put ``'`` before it if a spreadsheet would evaluate it as a formula."""
    cell = printable(text)
    is_formula = cell.startswith(_FORMULA_STARTS) and not _SIGNED_NUMBER.fullmatch(cell)
    return f"'{cell}" if is_formula else cell
