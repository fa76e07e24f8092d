"""Detect the format of an input and the shape of its records, by content, never by file name."""

import re
from collections.abc import Iterable
from typing import Any, BinaryIO, Final, Literal, NamedTuple

from nodeselect.errors import InventoryError
from nodeselect.node import NodeRow
from nodeselect.readers.envelope import reject_siblings
from nodeselect.readers.formats import csv, json
from nodeselect.readers.raw_node import RawNode, Record, describe, error_in_record, validate
from nodeselect.readers.shapes import bacalhau, expanso, kubernetes, nomad, plain
from nodeselect.text import printable, truncate

__all__ = ["KNOWN_STATES", "Head", "detect_format", "node_rows"]

# The first that has a field of a record reads it.
_SHAPES = (kubernetes, bacalhau, nomad, expanso, plain)

KNOWN_STATES: Final = (
    kubernetes.KNOWN_STATES | bacalhau.KNOWN_STATES | nomad.KNOWN_STATES | expanso.KNOWN_STATES
)
"""The states of nodes in all systems. A node may also have another one."""

# What Expanso's command line prints if there is no node.
_NO_NODES = re.compile(rb"No (?:[\w-]+ )*?(?:nodes?|items|resources|results)(?: \w+)* found\.?\s*")

# How YAML in flow style begins, and JSON does not.
_UNQUOTED_KEY = re.compile(rb"[\[{\s]*[A-Za-z_]")

_FORMATS_HINT = (
    "known formats: nodes of Expanso, Kubernetes, Bacalhau and Nomad, {id, labels},"
    " and CSV with a column 'id'"
)


class Head(NamedTuple):
    """The format of an input, and what was read to detect it.

    :param format: ``none`` if the input says that there are no nodes.
    :param text: the input from its first line that is not blank on, as far as it was read.
    :param lines_before: how many lines precede ``text``.
    """

    format: Literal["ndjson", "json", "csv", "yaml", "none"]
    text: bytes
    lines_before: int


def detect_format(stream: BinaryIO) -> Head:
    """Detect the format of an input, reading as little of it as possible.

    :raises InventoryError: if it is empty or compressed.
    """
    first, before = _first_line(stream)
    if first.startswith(b"\x1f\x8b"):
        hint = "decompress it first, as in: gunzip -c FILE | nodeselect match -n - …"
        raise InventoryError("compressed", "the input is compressed (gzip)", hint=hint)
    start = first.lstrip()[:1]
    if start in (b"{", b"[") and not _UNQUOTED_KEY.match(first):
        if start == b"[":
            return Head("json", first, before)
        rest = _next_line(stream)
        second = rest.strip()
        is_lines = second and not second.startswith(b"Showing ") and json.is_complete(first)
        return Head("ndjson" if is_lines else "json", first + rest, before)
    if _NO_NODES.fullmatch(first):
        if stream.read().strip():
            raise _unknown_shape("")
        return Head("none", first, before)
    is_csv = csv.is_header(first.decode("utf-8", "replace"))
    return Head("csv" if is_csv else "yaml", first, before)


def _first_line(stream: BinaryIO) -> tuple[bytes, int]:
    """Return the first line that is not blank, and the number of lines before it."""
    for before, line in enumerate(stream):
        text = line if before else line.removeprefix(b"\xef\xbb\xbf")
        if text.strip():
            return text, before
    hint = "check the command that wrote it"
    raise InventoryError("empty-input", "the input is empty", hint=hint)


def _next_line(stream: BinaryIO) -> bytes:
    """Return the next line that is not blank, with the blank lines before it."""
    lines: list[bytes] = []
    for line in stream:
        lines.append(line)
        if line.strip():
            return b"".join(lines)
    return b""


def node_rows(place: str, record: Any) -> Iterable[NodeRow]:
    """Return the nodes in a record: one, or those of a map ``{id: labels}``.

    :param place: the place of the record in the input; empty if it is the whole document.
    :raises InventoryError: if it is not a node of any known shape, or the node is invalid.
    """
    is_document = not place
    if not isinstance(record, dict):
        if is_document:
            raise _unknown_shape(place)
        message = f"a node must be an object, not {describe(record)}"
        raise InventoryError("wrong-type", message, place=place)
    while isinstance(node := record.get("node"), dict):
        reject_siblings("node", {key: value for key, value in record.items() if key != "node"})
        place = f"{place}.node" if place else "node"
        record, is_document = node, False
    for shape in _SHAPES:
        if not shape.FIELDS.isdisjoint(record):
            try:
                raw = shape.extract(record)
                _reject_other_labels(record, raw.labels_path)
            except InventoryError as error:
                raise error_in_record(place, error) from None
            return [validate(place, raw)]
    if is_document and plain.is_label_map(record):
        return (
            validate(truncate(printable(key), 60), RawNode(key, labels, None, None, "", ""))
            for key, labels in record.items()
        )
    raise _unknown_shape(place)


def _reject_other_labels(record: Record, labels_path: str) -> None:
    """Raise if a node has labels at a path where they would not be read."""
    sub_objects = [(f"{key}.", value) for key, value in record.items() if isinstance(value, dict)]
    for prefix, fields in [("", record), *sub_objects]:
        if prefix == f"{labels_path}.":
            continue
        for key in fields:
            if key.lower() in ("label", "labels") and prefix + key != labels_path:
                raise InventoryError(
                    "unknown-field",
                    f"labels are not read here, only at {labels_path}",
                    place=printable(prefix + key),
                    hint=f"move them to {labels_path}",
                )


def _unknown_shape(place: str) -> InventoryError:
    message = "not a node or a node list in any known format"
    return InventoryError("unknown-shape", message, place=place or None, hint=_FORMATS_HINT)
