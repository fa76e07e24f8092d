"""What the shapes give: the parts of a node as a record has them, not yet validated."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from nodeselect.errors import InventoryError
from nodeselect.node import check_id, check_sizes
from nodeselect.text import printable, quoted

__all__ = [
    "AmbiguousScalar",
    "RawNode",
    "Record",
    "all_plain_ids",
    "describe",
    "sub_object",
    "validate",
]

Record = dict[str, Any]
"""One object of an inventory, decoded."""


class AmbiguousScalar(NamedTuple):
    """A plain YAML scalar that some readers would take for a number, a date or a truth value."""

    text: str
    kind: str


class RawNode(NamedTuple):
    """The parts of a node, as they stand in a record, and where labels and id stand."""

    id: Any
    labels: Any
    name: Any
    state: Any
    id_path: str
    labels_path: str


def sub_object(record: Record, key: str) -> Record:
    """Give the object at ``key``; missing and null are an empty one.

    :raises InventoryError: when something else stands there.
    """
    value = record.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InventoryError(
            "wrong-type", f"an object belongs here, not {describe(value)}", place=key
        )
    return value


def validate(found: RawNode) -> tuple[str, dict[str, str], str | None, str | None]:
    """Give id, labels, name and state of a node, once they are all that ``Node`` asks for.

    :raises InventoryError: when one is not; ``place`` is the path in the record.
    """
    node_id = found.id
    if node_id is None:
        raise InventoryError("no-id", "the node has no id", place=found.id_path)
    if not isinstance(node_id, str):
        raise InventoryError(
            "id-not-text",
            f"the node's id is {describe(node_id)}, not a string",
            place=found.id_path,
            hint=_as_text(node_id),
        )
    try:
        check_id(node_id)
    except InventoryError as error:
        raise error.within(found.id_path) from None
    for what in ("name", "state"):
        text = getattr(found, what)
        if text is not None and not isinstance(text, str):
            raise InventoryError(
                "wrong-type", f"the node's {what} is {describe(text)}, not a string", place=what
            )
    return node_id, _labels(found), found.name, found.state


def all_plain_ids(texts: Sequence[str]) -> bool:
    """Say whether all are ids; where False, :func:`validate` has to look at each."""
    together = "".join(texts)
    return all(texts) and together.isascii() and together.isprintable()


def _labels(found: RawNode) -> dict[str, str]:
    labels = found.labels
    if labels is None:
        return {}
    if not isinstance(labels, dict):
        raise InventoryError(
            "wrong-type",
            f"labels are an object of strings, not {describe(labels)}",
            place=found.labels_path or None,
        )
    for key, value in labels.items():
        if not isinstance(value, str):
            raise InventoryError(
                "label-not-text",
                f"the value of the label {quoted(key)} is {describe(value)}, not a string",
                place=f"{found.labels_path}.{printable(key[:60])}".lstrip("."),
                hint=_as_text(value),
            )
    check_sizes(labels)
    return labels


def describe(value: Any) -> str:
    """Name a value that is no string, as its document has it."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case AmbiguousScalar():
            return f"{quoted(value.text)}, which reads as a {value.kind}"
        case int() if abs(value) >= 1 << 64:
            return "a number of many digits"
        case int() | float():
            return f"the number {value}"
        case dict():
            return "an object"
        case list():
            return "a list"
    return "a string"


def _as_text(value: Any) -> str:
    """Say how to write a value that is no string as the text that was probably meant."""
    match value:
        case bool():
            return f'write it as text: "{str(value).lower()}"'
        case AmbiguousScalar():
            return f'write it as text: "{printable(value.text[:60])}"'
        case int() if abs(value) < 1 << 64:
            return f'write it as text: "{value}"'
        case int() | float():  # how it was written is not known: 1.10 has become 1.1
            return "write it as text, between quotes"
    return "write a string, or leave it out"
