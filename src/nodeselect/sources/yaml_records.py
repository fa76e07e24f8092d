"""YAML to records. Nothing is converted: what YAML may read as no text stays marked as such."""

from collections.abc import Iterator
from typing import Any

from nodeselect.documents import DocumentError, List, Object, Scalar, Value, read_yaml, text_of
from nodeselect.errors import InventoryError
from nodeselect.sources.found import NotText
from nodeselect.sources.json_records import LISTS, check_last_page

__all__ = ["document_records"]


def document_records(data: bytes) -> Iterator[tuple[str, Any]]:
    """Give each record of a YAML document with its path and line.

    :raises InventoryError: when it is broken or more than plain data.
    """
    try:
        document = read_yaml(text_of(data))
    except DocumentError as error:
        place = f"line {error.at.line + 1}, column {error.at.column + 1}"
        raise InventoryError(error.code, error.message, place=place, hint=error.hint) from None
    if isinstance(document, List):
        yield from _list_records(document, "")
        return
    if isinstance(document, Object):
        for name in LISTS:
            nodes = document.entries.get(name, (None, None))[1]
            if isinstance(nodes, List) or (isinstance(nodes, Scalar) and nodes.kind == "null"):
                check_last_page(
                    {
                        key: plain(value)
                        for key, (_, value) in document.entries.items()
                        if key != name
                    }
                )
                yield from _list_records(nodes, name) if isinstance(nodes, List) else ()
                return
    yield "", plain(document)


def _list_records(nodes: List, path: str) -> Iterator[tuple[str, Any]]:
    for number, item in enumerate(nodes.items):
        yield f"line {item.at.line + 1}: {path}[{number}]", plain(item)


def plain(value: Value) -> Any:
    """Give a value without positions, in the types that JSON has."""
    match value:
        case List(items):
            return [plain(item) for item in items]
        case Object(entries):
            return {key: plain(item) for key, (_, item) in entries.items()}
        case Scalar(kind="text"):
            return value.text
        case Scalar(kind="null"):
            return None
        case Scalar(text="true" | "True" | "TRUE"):
            return True
        case Scalar(text="false" | "False" | "FALSE"):
            return False
    return NotText(value.text, value.kind)
