"""Inputs of many nodes: every format and system, and in each format a last node that is invalid."""

import gzip
import io
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pyarrow as pa

from nodeselect import Inventory, Selector
from nodeselect.limits import LIMITS
from nodeselect.readers.pods import read_usage
from nodeselect.readers.reader import NodeReader
from tests.growth.cases import case, rejected, words
from tests.readers.test_shapes import as_yaml, bacalhau, consul, expanso, kubernetes, nomad, swarm

_LABELS = {"region": "eu", "quote": '"\\', "é": "日本"}
_SELECTOR = Selector.parse("region in (eu,us),!debug,k>5")

_SYSTEMS: Mapping[str, Callable[[str], Any]] = {
    "plain": lambda name: {"id": name, "labels": _LABELS, "name": name, "state": "ready"},
    "expanso": lambda name: expanso(name, name, "connected", _LABELS),
    "kubernetes": lambda name: kubernetes(name, "True", _LABELS),
    "bacalhau": lambda name: bacalhau(name, "APPROVED", "CONNECTED", _LABELS),
    "nomad": lambda name: nomad(name, name, Meta=_LABELS),
    "consul": lambda name: consul(name, Meta=_LABELS),
    "swarm": lambda name: swarm(name, _LABELS, "ready", "drain"),
    "event": lambda name: {"type": "ADDED", "object": kubernetes(name, "True", _LABELS)},
}


def _as_csv(records: Any) -> str:
    rows = (f'"{record["id"]}","a""b",{record.get("labels", "x,y")}\n' for record in records)
    return "id,region,tier\n" + "".join(rows)


_FORMATS: Mapping[str, Callable[[Any], str]] = {
    "array": json.dumps,
    "envelope": lambda records: json.dumps({"items": records, "next_token": ""}, indent=2),
    "lines": lambda records: "\n".join(map(json.dumps, records)),
    "texts": lambda records: "\n".join(json.dumps(record, indent=2) for record in records),
    "yaml": as_yaml,
    "yaml-documents": lambda records: "---\n".join(map(as_yaml, records)),
    "csv": _as_csv,
}

PIECES = (
    *("{", "[", "{}", '{"a":', '["a",', '"', "\\", "[]\n", "\n", "- ", "? ", "a: b\n", "a,"),
    *("&a ", "*a ", "|\n", "---\n", "<<: ", "日", "\x1b", '{"id":"a"} ', '{"id":"a"}\n'),
)
"""What is repeated to make a long input, probably an invalid one."""


def _read(data: bytes) -> object:
    return list(NodeReader(io.BytesIO(data)))


def _select(data: bytes) -> object:
    return list(NodeReader(io.BytesIO(data), selector=_SELECTOR))


def _try_to_read(data: bytes) -> None:
    try:
        _read(data)
    except ValueError as error:
        str(error)


def _records(n: int) -> list[Any]:
    return [{"id": word, "labels": {"region": word}} for word in words(n)]


def _add_formats() -> None:
    def written(write: Callable[[Any], str], record: Callable[[str], Any], n: int) -> bytes:
        return write([record(word) for word in words(n)]).encode()

    for system, record in _SYSTEMS.items():
        case(f"read/{system}", _read, partial(written, _FORMATS["lines"], record))

    def twice(write: Callable[[Any], str], n: int) -> bytes:
        return write([*_records(n), {"id": "n-1"}, {"id": "n-1"}]).encode()

    for kind, write in _FORMATS.items():
        size = 20 if "yaml" in kind else 100
        build = partial(written, write, lambda word: {"id": word, "labels": {"a": "b"}})
        case(f"format/{kind}", _select if kind == "lines" else _read, build, size)
        case(f"duplicate-id/{kind}", rejected(_read), partial(twice, write), size)


def _add_inputs() -> None:
    def members(n: int) -> bytes:
        return b"".join(gzip.compress(f'{{"id": "{word}"}}\n'.encode()) for word in words(n))

    def repeated_key(before: str, n: int) -> bytes:
        labels = ",".join(f'"{key}":""' for key in [*words(n), "last", "last"])
        return f'{before}{{"id": "a", "labels": {{{labels}}}}}'.encode()

    def read_several(texts: list[bytes]) -> object:
        reader = NodeReader((io.BytesIO(text), "a") for text in texts)
        return [*reader, *reader.inputs]

    long = LIMITS.line_bytes
    case("gzip/members", _read, members)
    case("gzip/cut-off", rejected(_read), lambda n: members(n)[:-1])
    case("csv/columns", _read, lambda n: f"id,{','.join(words(n))}\nn-1{',a' * n}\n".encode())
    case("line/too-long", rejected(_read), lambda n: b'{"id": "a"}\n"' + b"b" * (long + n) + b'"\n')
    case(
        "node/labels",
        _read,
        lambda n: json.dumps([{"id": "a", "labels": dict.fromkeys(words(n), "é")}]).encode(),
    )
    case("repeated-key/json", rejected(_read), partial(repeated_key, ""), 400)
    case("repeated-key/lines", rejected(_read), partial(repeated_key, '{"id": "b"}\n'), 400)
    case("files", read_several, lambda n: [f'{{"id": "{word}"}}'.encode() for word in words(n)])

    for piece in PIECES:
        case(f"pieces/{piece!a}", _try_to_read, piece.encode().__mul__)


def _add_pods() -> None:
    read = lambda data: read_usage([(io.BytesIO(data), "a")])  # noqa: E731

    def pods(n: int) -> bytes:
        spec = {"containers": [{"resources": {"requests": {"cpu": "100m"}}}]}
        items = [{"metadata": {"name": word}, "spec": spec} for word in words(n)]
        return json.dumps({"kind": "List", "items": items}, indent=4).encode()

    def one_pod(n: int) -> bytes:
        spec = {"containers": [{"resources": {}, "env": [{"name": word}]} for word in words(n)]}
        return json.dumps({"metadata": {"name": "a"}, "spec": spec}, indent=4).encode()

    case("pods/list", read, pods, 800)
    case("pods/cut-off", rejected(read), lambda n: pods(n)[:-9], 800)
    case("pods/containers", read, one_pod, 2_000)


def _add_arrow() -> None:
    def table(last: list[dict[str, Any]], n: int) -> Any:
        rows = [{"id": word, "labels": [(word, "b")]} for word in words(n)]
        schema = pa.schema([("id", pa.string()), ("labels", pa.map_(pa.string(), pa.string()))])
        return pa.Table.from_pylist([*rows, *last], schema)

    def columns(n: int) -> Any:
        return pa.table({"id": ["n-1"], **dict.fromkeys(words(n), pa.array([None], pa.string()))})

    read = Inventory.from_arrow
    case("arrow/rows", read, partial(table, []))
    case("arrow/duplicate-id", rejected(read), partial(table, [{"id": "n"}] * 2))
    case("arrow/columns", read, columns)


_add_formats()
_add_inputs()
_add_pods()
_add_arrow()
