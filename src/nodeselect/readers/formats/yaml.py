"""YAML to records. Nothing is converted: what YAML may read as no text stays marked as such."""

from collections.abc import Iterator
from typing import Any

from nodeselect.documents import DocumentError, List, Object, Scalar, decode_utf8, read_yaml
from nodeselect.documents.values import Value
from nodeselect.errors import InventoryError
from nodeselect.readers.envelope import Kind, check_envelope, list_field
from nodeselect.readers.raw_node import AmbiguousScalar
from nodeselect.text import quoted

__all__ = ["document_records"]


def document_records(data: bytes) -> Iterator[tuple[str, Any]]:
    """Give each record of a YAML document with its path and line.

    :raises InventoryError: when it is broken or more than plain data.
    """
    try:
        document = read_yaml(decode_utf8(data))
        yield from _records(document)
    except DocumentError as error:
        place = f"line {error.position.line + 1}, column {error.position.column + 1}"
        raise InventoryError(error.code, error.message, place=place, hint=error.hint) from None


def _records(document: Value) -> Iterator[tuple[str, Any]]:
    if isinstance(document, List):
        yield from _list_records(document, "")
        return
    if not isinstance(document, Object):
        yield "", _plain(document)
        return
    name = list_field({key: _kind(value) for key, (_, value) in document.entries.items()})
    if name is None:
        yield "", _plain(document)
        return
    entries = document.entries.items()
    check_envelope({key: _plain(value) for key, (_, value) in entries if key != name})
    nodes = document.entries[name][1]
    if isinstance(nodes, List):
        yield from _list_records(nodes, name)


def _kind(value: Value) -> Kind:
    match value:
        case List():
            return "list"
        case Object():
            return "object"
        case Scalar(kind="null"):
            return "null"
    return "scalar"


def _list_records(nodes: List, path: str) -> Iterator[tuple[str, Any]]:
    for number, item in enumerate(nodes.items):
        yield f"line {item.position.line + 1}: {path}[{number}]", _plain(item)


def _plain(value: Value) -> Any:
    """Give a value without positions, in the types that JSON has."""
    match value:
        case List(items):
            return [_plain(item) for item in items]
        case Object(entries):
            return {_key(key): _plain(item) for key, item in entries.values()}
        case Scalar(kind="text"):
            return value.text
        case Scalar(kind="null"):
            return None
        case Scalar(text="true" | "True" | "TRUE"):
            return True
        case Scalar(text="false" | "False" | "FALSE"):
            return False
    assert isinstance(value, Scalar), "what is refused is raised"
    return AmbiguousScalar(value.text, value.kind)


def _key(key: Scalar) -> str:
    if key.kind != "text":
        message = f"the key {quoted(key.text)} reads as a {key.kind}"
        raise DocumentError(
            "key-not-text", message, key.position, f'write it as text: "{key.text}"'
        )
    return key.text
