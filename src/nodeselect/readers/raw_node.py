"""Raw node fields as a format provides them, and their validation."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from nodeselect.errors import InventoryError
from nodeselect.node import NodeRow, check_id, check_sizes
from nodeselect.text import printable, quoted

__all__ = [
    "AmbiguousScalar",
    "RawNode",
    "Record",
    "all_plain_ids",
    "describe",
    "error_in_record",
    "sub_object",
    "validate",
]

Record = dict[str, Any]
"""A decoded object of an input."""


class AmbiguousScalar(NamedTuple):
    """An unquoted YAML scalar that some parsers read as a number, a date or a boolean."""

    text: str
    kind: str


class RawNode(NamedTuple):
    """The fields of one node, not yet validated, and the paths of id and labels in its record."""

    id: Any
    labels: Any
    name: Any
    state: Any
    id_path: str
    labels_path: str


def sub_object(record: Record, key: str) -> Record:
    """Return the object at ``key``; an empty one if it is missing or null.

    :raises InventoryError: if the value is of another type.
    """
    value = record.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InventoryError(
            "wrong-type", f"expected an object, found {describe(value)}", place=key
        )
    return value


def validate(raw: RawNode) -> NodeRow:
    """Return id, labels, name and state of a node.

    :raises InventoryError: if they are not what a ``Node`` requires; ``place`` is the path in the
        record.
    """
    node_id = raw.id
    if node_id is None:
        raise InventoryError("no-id", "the node has no id", place=raw.id_path)
    if not isinstance(node_id, str):
        raise InventoryError(
            "id-not-text",
            f"the node's id must be a string, not {describe(node_id)}",
            place=raw.id_path,
            hint=_quoting_hint(node_id),
        )
    try:
        check_id(node_id)
    except InventoryError as error:
        raise error.within(raw.id_path) from None
    for field, text in (("name", raw.name), ("state", raw.state)):
        if text is not None and not isinstance(text, str):
            raise InventoryError(
                "wrong-type",
                f"the node's {field} must be a string, not {describe(text)}",
                place=field,
            )
    return node_id, _validate_labels(raw), raw.name, raw.state


def all_plain_ids(texts: Sequence[str]) -> bool:
    """Return whether all are valid ids in ASCII; if False, :func:`validate` must check each."""
    joined = "".join(texts)
    return all(texts) and joined.isascii() and joined.isprintable()


def error_in_record(place: str, error: InventoryError) -> InventoryError:
    """Return ``error`` with the place of its record put before the path in the record."""
    separator = ": " if place.startswith("line") and "[" not in place else "."
    path = separator.join(text for text in (place, error.place) if text)
    return InventoryError(error.code, error.message, place=path or None, hint=error.hint)


def describe(value: Any) -> str:
    """Describe a decoded value for an error message, as its document writes it."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case AmbiguousScalar():
            return f"{quoted(value.text)}, which YAML may read as a {value.kind}"
        case int() if abs(value) >= 1 << 64:
            return "a number of many digits"
        case int() | float():
            return f"the number {value}"
        case dict():
            return "an object"
        case list():
            return "a list"
    return "a string"


def _validate_labels(raw: RawNode) -> dict[str, str]:
    labels = raw.labels
    if labels is None:
        return {}
    if not isinstance(labels, dict):
        raise InventoryError(
            "wrong-type",
            f"labels must be an object of strings, not {describe(labels)}",
            place=raw.labels_path or None,
        )
    for key, value in labels.items():
        if not isinstance(value, str):
            raise InventoryError(
                "label-not-text",
                f"the value of the label {quoted(key)} must be a string, not {describe(value)}",
                place=f"{raw.labels_path}.{printable(key[:60])}".lstrip("."),
                hint=_quoting_hint(value),
            )
    check_sizes(labels)
    return labels


def _quoting_hint(value: Any) -> str:
    """Return how to write a value as the string that was probably intended."""
    match value:
        case bool():
            return f'quote it: "{str(value).lower()}"'
        case AmbiguousScalar():
            return f'quote it: "{printable(value.text[:60])}"'
        case int() if abs(value) < 1 << 64:
            return f'quote it: "{value}"'
        case int() | float():  # how it was written is not known: 1.10 has become 1.1
            return "put it in quotes"
    return "write a string, or remove it"
