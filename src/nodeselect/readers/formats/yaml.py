"""Decode YAML to records. Texts in no known format are read as YAML as well, and get better errors.

A scalar that only some YAML parsers read as a string becomes an ``AmbiguousScalar``.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from nodeselect.documents import (
    DocumentError,
    List,
    Object,
    Scalar,
    Value,
    decode_utf8,
    quote_fix,
    read_documents,
    to_python,
)
from nodeselect.errors import InventoryError
from nodeselect.problem import Fix, Place
from nodeselect.readers.envelope import check_envelope, list_field
from nodeselect.readers.raw_node import WHOLE, WRITE_HINT, AmbiguousScalar, RecordPlace
from nodeselect.text import quoted

# The head of a table that a command prints for people, if it has blanks between its columns.
_TABLE = r"[A-Z][\w -]*"

# The beginning of a node in the text of ``kubectl describe nodes``.
_DESCRIBED = r"^[ \t]*Name:(?: {2,}|\t+)\S.*\n[ \t]*(?:Roles?|Labels):"

_COMMON_ID_COLUMNS = ("id", "name", "hostname", "node", "host")


def read_records(
    data: bytes, *, is_whole: bool = True, kind: str = "Node"
) -> Iterator[tuple[RecordPlace, Any]]:
    """Yield the place (line and path) and the value of each record of a YAML text.

    :param is_whole: whether it is the whole input.
    :param kind: the kind of objects that a list of Kubernetes must have. In a pod, the text of each
        scalar of which the type is not certain is used.
    """
    try:
        documents = read_documents(decode_utf8(data))
        if not documents:
            yield WHOLE, None
        for document in documents:
            line = document.position.line + 1 if len(documents) > 1 or not is_whole else 0
            yield from _records(document, line, kind)
    except DocumentError as error:
        place = Place(line=error.position.line + 1, column=error.position.column + 1)
        raise InventoryError(error.code, error.message, place=place, hint=error.fix) from None


def _records(document: Value, line: int, kind: str) -> Iterator[tuple[RecordPlace, Any]]:
    convert = _to_json_type if kind == "Node" else _to_text
    if isinstance(document, List):
        yield from _list_records(document, "", convert)
        return
    record = to_python(document, convert, _key_text)
    if isinstance(document, Object) and (name := list_field(record)):
        del record[name]
        try:
            check_envelope(name, record, kind)
        except InventoryError as error:
            raise (error.within(Place(line=line)) if line else error) from None
        if isinstance(nodes := document.entries[name][1], List):
            yield from _list_records(nodes, name, convert)
        return
    yield (line, ""), record


def _list_records(
    nodes: List, path: str, convert: Callable[[Scalar], Any]
) -> Iterator[tuple[RecordPlace, Any]]:
    for number, item in enumerate(nodes.items):
        place = item.position.line + 1, f"{path}[{number}]"
        yield place, to_python(item, convert, _key_text)


def _to_json_type(scalar: Scalar) -> Any:
    match scalar.kind, scalar.text.lower():
        case "null", _:
            return None
        case "boolean", "true" | "false" as text:
            return text == "true"
    return AmbiguousScalar(scalar.text, scalar.kind)


def _to_text(scalar: Scalar) -> Any:
    value = _to_json_type(scalar)
    return value.text if isinstance(value, AmbiguousScalar) else value


def _key_text(key: Scalar) -> str:
    message = f"some YAML parsers read the key {quoted(key.text)} as a {key.kind}"
    raise DocumentError("key-not-text", message, key.position, quote_fix(key.text))


def better_error(data: bytes, error: InventoryError, id_column: str) -> InventoryError:
    """Return an error that says what an input is, such as a table printed by kubectl.

    :param error: raised when the input was read as YAML; returned if nothing better is known.
    :param id_column: the name of the id column, for CSV.
    """
    is_utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    # A NUL is the last byte that was read.
    if data.endswith(b"\0") and not is_utf16 and (b"\n" not in data or error.code == "not-utf-8"):
        message = "this is a binary file, not a list of nodes"
        return InventoryError("unknown-shape", message, hint=WRITE_HINT)
    text = data.lstrip()[:4096].decode("utf-8", "replace")
    lines = [line.rstrip() for line in text.split("\n")]
    is_table = re.fullmatch(_TABLE, lines[0]) if "  " in lines[0] else lines[0][:5] == "node/"
    if is_table or re.search(_DESCRIBED, text, re.MULTILINE):
        message = "text that a command prints for people is not read"
        hint = Fix.write("kubectl get nodes -o json", "print the nodes as JSON, such as")
        return InventoryError("unknown-shape", message, hint=hint)
    return _json_after_text(data, error) or _no_id_column(lines, id_column) or error


def _json_after_text(data: bytes, error: InventoryError) -> InventoryError | None:
    """Return the error for JSON that follows other lines, such as warnings; None without JSON."""
    start = re.search(rb"^(?:\{\s*[\"}]|\[\s*[\[{\"\]])", data, re.MULTILINE)
    before = data[: start.start()].strip() if start else b""
    is_yaml = before.startswith((b"#", b"---", b"%")) and error.code != "not-yaml"
    if start is None or not before or is_yaml or before.endswith(b":"):
        return None
    line = data.count(b"\n", 0, start.start()) + 1
    text = quoted(before.partition(b"\n")[0].decode("utf-8", "replace").strip())
    return InventoryError(
        "not-json",
        f"the JSON begins here, after the text {text}",
        place=Place(line=line),
        hint="remove what is before it; with 2>&1, a command mixes its warnings into its output",
    )


def _no_id_column(lines: list[str], id_column: str) -> InventoryError | None:
    """Return the error for CSV without the column ``id_column``; None if the lines are not CSV."""
    from nodeselect.readers.formats.csv import DELIMITERS, split_line

    header, *rows = list(filter(None, lines)) or [""]
    for delimiter in DELIMITERS:
        columns = split_line(header, delimiter)
        if len(columns) < 2 or not re.fullmatch(r"[\w ./-]*", "".join(columns)):
            continue
        if rows and len(split_line(rows[0], delimiter)) != len(columns):
            continue
        usual = [each for each in columns if each.lower() in _COMMON_ID_COLUMNS]
        choice = next(filter(None, usual or columns), "COLUMN")
        words = "choose the column that has the ids, such as"
        return InventoryError(
            "no-id-column",
            f"the table has no column {quoted(id_column)}",
            hint=Fix.write(f"--id-column {quoted(choice)}", words),
        )
    return None
