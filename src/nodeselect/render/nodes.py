"""Lists of nodes as tables, ids, JSON and CSV."""

import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence

from nodeselect.node import Node
from nodeselect.render.id_ranges import compress_ids
from nodeselect.render.layout import align_columns
from nodeselect.text import printable

__all__ = ["COLUMN_FORMATS", "FORMATS", "lines_of"]

FORMATS = ("table", "name", "folded", "wide", "json", "ndjson", "csv")
COLUMN_FORMATS = ("table", "wide", "csv")
"""The formats that have columns and a header."""

_ABSENT = "<none>"


def lines_of(
    nodes: Sequence[Node],
    style: str,
    *,
    keys: Sequence[str] = (),
    labels: bool = False,
    header: bool = True,
) -> Iterable[str]:
    """Give the lines that show ``nodes`` in one of the ``FORMATS``.

    :param keys: label keys that get a column of their own.
    :param labels: whether a table shows all labels.
    :param header: whether columns have one.
    """
    match style:
        case "name":
            return (node.id for node in nodes)
        case "folded":
            return compress_ids(node.id for node in nodes)
        case "json":
            return _json(nodes)
        case "ndjson":
            return map(_object, nodes)
        case "csv":
            return _csv(nodes, keys, header)
    wide = style == "wide"
    return _table(nodes, keys, names=wide, labels=labels or wide, header=header)


def _table(
    nodes: Sequence[Node], keys: Sequence[str], *, names: bool, labels: bool, header: bool
) -> Iterator[str]:
    columns = ["ID", *(["NAME"] if names else []), "STATE", *(printable(key) for key in keys)]
    rows = [[*columns, *(["LABELS"] if labels else [])]] if header else []
    for node in nodes:
        row = [node.id, *([node.name or _ABSENT] if names else []), node.state or _ABSENT]
        row += [node.labels.get(key, _ABSENT) for key in keys]
        if labels:
            pairs = (f"{key}={value}" for key, value in sorted(node.labels.items()))
            row.append(",".join(pairs) or _ABSENT)
        rows.append([printable(cell) for cell in row])
    yield from align_columns(rows, gap=3)


def _json(nodes: Sequence[Node]) -> Iterator[str]:
    if not nodes:
        yield "[]"
        return
    yield "["
    for number, node in enumerate(nodes, 1):
        yield f"  {_object(node)}{',' if number < len(nodes) else ''}"
    yield "]"


def _object(node: Node) -> str:
    """Give a node as JSON in the plain shape, which nodeselect reads again; all ASCII."""
    parts = {"id": node.id, "name": node.name, "state": node.state}
    record = {key: text for key, text in parts.items() if text is not None}
    text = json.dumps({**record, "labels": dict(node.labels)})
    return text.replace("\x7f", "\\u007f")  # the one control character that json leaves


def _csv(nodes: Sequence[Node], keys: Sequence[str], header: bool) -> Iterator[str]:
    keys = keys or sorted({key for node in nodes for key in node.labels})
    if header:
        yield _row(["id", *keys])
    for node in nodes:
        yield _row([node.id, *(node.labels.get(key, "") for key in keys)])


def _row(cells: Iterable[str]) -> str:
    import csv  # where it is asked for

    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(_harmless(printable(cell)) for cell in cells)
    return line.getvalue()


def _harmless(cell: str) -> str:
    """Keep a spreadsheet from running a cell as a formula: a quote before it makes it text."""
    formula = cell.startswith(("=", "+", "-", "@")) and not _NUMBER.fullmatch(cell)
    return f"'{cell}" if formula else cell


_NUMBER = re.compile("[-+][0-9]+(?:[.][0-9]+)?")
