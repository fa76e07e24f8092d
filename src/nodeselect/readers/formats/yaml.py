"""Decode YAML to records.

A scalar that some YAML parsers read as text, and others do not, becomes an ``AmbiguousScalar``.
"""

from collections.abc import Iterator
from typing import Any

from nodeselect.documents.values import (
    DocumentError,
    List,
    Object,
    Scalar,
    Value,
    decode_utf8,
    quote_fix,
    to_python,
)
from nodeselect.documents.yaml import read_documents
from nodeselect.errors import InventoryError
from nodeselect.problem import Place
from nodeselect.readers.envelope import check_envelope, list_field
from nodeselect.readers.raw_node import WHOLE, AmbiguousScalar, RecordPlace
from nodeselect.text import quoted


def read_records(data: bytes) -> Iterator[tuple[RecordPlace, Any]]:
    """Yield the place (line and path) and the value of each record of a YAML text.

    :raises InventoryError: if the text is invalid, uses features of YAML other than plain data, or
        is one page of a longer list.
    """
    try:
        documents = read_documents(decode_utf8(data))
        if not documents:
            yield WHOLE, None
        for document in documents:
            line = document.position.line + 1 if len(documents) > 1 else 0
            yield from _records(document, line)
    except DocumentError as error:
        place = Place(line=error.position.line + 1, column=error.position.column + 1)
        raise InventoryError(error.code, error.message, place=place, hint=error.fix) from None


def _records(document: Value, line: int) -> Iterator[tuple[RecordPlace, Any]]:
    if isinstance(document, List):
        yield from _list_records(document, "")
        return
    record = to_python(document, _to_json_type, _key_text)
    if isinstance(document, Object) and (name := list_field(record)):
        del record[name]
        try:
            check_envelope(name, record)
        except InventoryError as error:
            raise (error.within(Place(line=line)) if line else error) from None
        if isinstance(nodes := document.entries[name][1], List):
            yield from _list_records(nodes, name)
        return
    yield (line, ""), record


def _list_records(nodes: List, path: str) -> Iterator[tuple[RecordPlace, Any]]:
    for number, item in enumerate(nodes.items):
        place = item.position.line + 1, f"{path}[{number}]"
        yield place, to_python(item, _to_json_type, _key_text)


def _to_json_type(scalar: Scalar) -> Any:
    match scalar.kind, scalar.text.lower():
        case "text", _:
            return scalar.text
        case "null", _:
            return None
        case "boolean", "true" | "false" as text:
            return text == "true"
    return AmbiguousScalar(scalar.text, scalar.kind)


def _key_text(key: Scalar) -> str:
    if key.kind != "text":
        message = f"some YAML parsers read the key {quoted(key.text)} as a {key.kind}"
        raise DocumentError("key-not-text", message, key.position, quote_fix(key.text))
    return key.text
