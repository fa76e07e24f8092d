"""JSON, whole documents and lines, to records.

msgspec decodes. It silently keeps the last of two equal keys, so the quotes of each text are
counted afterwards: every string is written between two quotes, and a key that was dropped leaves
two quotes more in the text than the decoded value has strings. The count is exact, and costs next
to nothing.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from nodeselect.errors import InventoryError
from nodeselect.limits import LIMITS
from nodeselect.node import NodeRow
from nodeselect.readers.duplicate_ids import DuplicateIdState
from nodeselect.readers.envelope import Kind, check_envelope, list_field
from nodeselect.readers.raw_node import Record, all_plain_ids
from nodeselect.text import printable, quoted

__all__ = [
    "PlainRecord",
    "count_string_quotes",
    "decode",
    "decode_half",
    "decode_plain_lines",
    "document_records",
    "encode_half",
    "split_footer",
]

_T = TypeVar("_T")
_Nodes = list[tuple[str, dict[str, str], str | None, str | None]]
_Half = tuple[int, DuplicateIdState, dict[int, int], set[str], _Nodes]


class PlainRecord(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A plain node, validated by msgspec as it decodes: the fast way through NDJSON."""

    id: str
    labels: dict[str, str]
    name: str | None = None
    state: str | None = None


_plain_lines = msgspec.json.Decoder(PlainRecord)
_TWO_ON_A_LINE = re.compile(rb"\}[ \t\r]*\{")
_FOOTER = re.compile(rb"\n[ \t]*(Showing [^\n{}\[\]]*)\s*\Z")


def decode(raw: bytes, line: int = 1) -> Any:
    """Decode one JSON text, which begins in ``line``.

    :raises InventoryError: when it is broken or cut off, or an object has a key twice.
    """
    value = _decode(raw, object, line)
    if count_string_quotes(raw) != 2 * _strings(value):
        raise _duplicate_key(raw)
    return value


def decode_plain_lines(piece: bytes, lines: int) -> list[PlainRecord] | None:
    """Decode ``lines`` that hold nothing but plain nodes, surely right in every way.

    None when some line holds anything else: then each line is to be looked at by itself.
    """
    if len(piece) > LIMITS.node_labels_bytes:  # else the labels of no line exceed it
        return None
    try:
        records: list[PlainRecord] = _plain_lines.decode_lines(piece)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    # As many as lines, and no two on one line: then each line is one record.
    if len(records) != lines or _TWO_ON_A_LINE.search(piece):
        return None
    ids = [record.id for record in records]
    sizes = [len(record.labels) for record in records]
    strings = 3 * len(records) + 2 * sum(sizes)
    written = count_string_quotes(piece)
    if written != 2 * strings:  # a key twice, or names and states
        strings += 2 * sum([record.name is not None for record in records])
        strings += 2 * sum([record.state is not None for record in records])
        if written != 2 * strings:
            return None
    if not all_plain_ids(ids):
        return None
    return records if max(sizes, default=0) <= LIMITS.node_labels else None


def encode_half(
    count: int,
    seen: DuplicateIdState,
    failures: Mapping[int, int],
    missing: set[str],
    nodes: list[NodeRow],
) -> bytes:
    """Pack what one process has read of a file, for the other."""
    # A number of more than 64 bits is no number to msgpack.
    counts = [(str(failed), count) for failed, count in failures.items()]
    return msgspec.msgpack.encode((count, seen, counts, missing, nodes))


def decode_half(sent: bytes) -> _Half:
    """Unpack what :func:`encode_half` packed."""
    shape = tuple[int, DuplicateIdState, list[tuple[str, int]], set[str], _Nodes]
    count, seen, counts, missing, nodes = msgspec.msgpack.decode(sent, type=shape)
    return count, seen, {int(failed): count for failed, count in counts}, missing, nodes


def split_footer(data: bytes) -> tuple[bytes, str]:
    """Take the footer of Expanso's command line off a document; it is empty where there is none."""
    footer = _FOOTER.search(data, max(0, len(data) - 400))
    if footer is None:
        return data, ""
    return data[: footer.start()], footer[1].decode("utf-8", "replace")


def document_records(data: bytes) -> Iterator[tuple[str, Any]]:
    """Give each record of a JSON document with its path. Only one is decoded at a time.

    :raises InventoryError: when the document is broken, or is one page of a longer list.
    """
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"[":
        return _list_records(data, "")
    return _object_records(data)


def _list_records(raw: bytes, path: str) -> Iterator[tuple[str, Any]]:
    for number, item in enumerate(_decode(raw, list[msgspec.Raw])):
        place = f"{path}[{number}]"
        try:
            yield place, decode(bytes(item))
        except InventoryError as error:
            raise error.within(place) from None


def _object_records(raw: bytes) -> Iterator[tuple[str, Any]]:
    fields = {key: bytes(value) for key, value in _decode(raw, dict[str, msgspec.Raw]).items()}
    if count_string_quotes(raw) != 2 * len(fields) + sum(map(count_string_quotes, fields.values())):
        raise _duplicate_key(raw)
    name = list_field({key: _KINDS.get(value[:1], "scalar") for key, value in fields.items()})
    if name is None:
        yield "", decode(raw)
        return
    check_envelope({key: decode(value) for key, value in fields.items() if key != name})
    if fields[name] != b"null":
        yield from _list_records(fields[name], name)


_KINDS: dict[bytes, Kind] = {b"[": "list", b"{": "object", b"n": "null"}


def count_string_quotes(raw: bytes) -> int:
    """Count the quotes of a JSON text that begin or end a string."""
    count = raw.count(b'"')
    if b"\\" in raw:
        count -= re.findall(rb"\\(.)", raw, re.DOTALL).count(b'"')
    return count


def _decode(raw: bytes, shape: type[_T], line: int = 1) -> _T:
    try:
        return msgspec.json.decode(raw.removeprefix(b"\xef\xbb\xbf"), type=shape)
    except msgspec.ValidationError as error:
        if shape is object:  # anything is of this type; only a number can be beyond its range
            message = f"a number is out of range: {printable(str(error))}"
            raise InventoryError("not-json", message) from None
        raise InventoryError(
            "wrong-type", "a list of objects, or an object, belongs here"
        ) from None
    except msgspec.DecodeError as error:
        raise _broken(raw, str(error), line) from None
    except UnicodeDecodeError:
        raise InventoryError(
            "not-utf-8", "the text is not UTF-8", hint="save it as UTF-8"
        ) from None
    except RecursionError:
        raise _too_deep() from None


def _too_deep() -> InventoryError:
    return InventoryError("too-deep", "the document is nested too deeply")


def _broken(raw: bytes, message: str, line: int) -> InventoryError:
    match = re.search(r"\(byte (\d+)\)", message)
    at = int(match[1]) if match else len(raw)
    if "trailing characters" in message:  # msgspec names the position behind the first of them
        at -= 1
    line += raw.count(b"\n", 0, at)
    before = raw[raw.rfind(b"\n", 0, at) + 1 : at]
    place = f"line {line}, column {len(before.decode('utf-8', 'replace')) + 1}"
    if _has_half_pair(raw):
        hint = "take it out"
        return InventoryError(
            "surrogate", "half of a surrogate pair is refused", place=place, hint=hint
        )
    if "truncated" in message:
        hint = "get the whole output again"
        return InventoryError("cut-off", "the JSON is cut off here", place=place, hint=hint)
    problem = message.removeprefix("JSON is malformed: ").partition(" (byte")[0]
    return InventoryError("not-json", f"broken JSON: {problem}", place=place)


def _has_half_pair(raw: bytes) -> bool:
    """Say whether half a surrogate pair is all that is wrong: Python's reader lets it pass."""
    if not re.search(rb"\\u[dD][89a-fA-F]", raw):
        return False
    try:
        json.loads(raw)
    except (ValueError, RecursionError):
        return False
    return True


def _strings(value: Any) -> int:
    """Count the strings of a decoded text, keys and values."""
    containers: list[Any] = [[value]]
    count = 0
    while containers:
        container = containers.pop()
        if type(container) is dict:
            count += len(container)
            container = container.values()
        for item in container:
            if type(item) is str:
                count += 1
            elif type(item) is dict or type(item) is list:
                containers.append(item)
    return count


def _duplicate_key(raw: bytes) -> InventoryError:
    """Find the key that the count says is there twice."""

    def refuse(pairs: list[tuple[str, Any]]) -> Record:
        record: Record = {}
        for key, value in pairs:
            if key in record:
                raise _TwiceError(key)
            record[key] = value
        return record

    try:
        json.loads(raw, object_pairs_hook=refuse)
    except _TwiceError as twice:
        key = twice.args[0]
    except RecursionError:
        return _too_deep()
    else:  # the count and the decoders disagree: refuse what is not understood
        key = "?"
    return InventoryError(
        "duplicate-key",
        f"the key {quoted(key)} stands twice in one object",
        hint="keep one of the two",
    )


class _TwiceError(Exception):
    """A key stands twice."""
