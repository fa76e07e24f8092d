"""Inputs of many nodes, and nodes of much text: every format and shape, valid and invalid."""

import gzip
import io
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from nodeselect import Inventory, InventoryError, Node, Selector
from nodeselect.limits import LIMITS
from nodeselect.readers.node_stream import NodeStream
from nodeselect.readers.reader import NodeReader
from nodeselect.readers.watch_events import is_watch_event, read_event
from tests.growth.cases import case, rejected, words
from tests.readers.test_shapes import bacalhau, consul, expanso, kubernetes, nomad, swarm

LABELS = {"region": "eu", "quote": '"\\', "é": "日本"}

SHAPES: Mapping[str, Callable[[str], Any]] = {
    "plain": lambda name: {"id": name, "labels": LABELS, "name": name, "state": "ready"},
    "expanso": lambda name: expanso(name, name, "connected", LABELS),
    "wrapped": lambda name: {"node": expanso(name, name, "connected", LABELS)},
    "kubernetes": lambda name: kubernetes(name, "True", LABELS),
    "bacalhau": lambda name: bacalhau(name, "APPROVED", "CONNECTED", LABELS),
    "nomad": lambda name: nomad(name, name, Meta=LABELS),
    "consul": lambda name: consul(name, Meta=LABELS),
    "swarm": lambda name: swarm(name, LABELS, "ready", "drain"),
}


def as_yaml(value: Any, indent: str = "\n") -> str:
    """Return a value in the block style of YAML, with quoted strings."""
    if isinstance(value, dict) and value:
        items = (f"{json.dumps(key)}:{as_yaml(item, indent + '  ')}" for key, item in value.items())
        return "".join(indent + item for item in items)
    if isinstance(value, list) and value:
        return "".join(f"{indent}-{as_yaml(item, indent + '  ')}" for item in value)
    return f" {json.dumps(value)}"


FORMATS: Mapping[str, Callable[[Any], str]] = {
    "array": json.dumps,
    "envelope": lambda records: json.dumps({"items": records, "next_token": ""}, indent=2),
    "lines": lambda records: "\n".join(map(json.dumps, records)),
    "blank-lines": lambda records: "\n\n \n".join(map(json.dumps, records)),
    "texts": lambda records: "\n".join(json.dumps(record, indent=2) for record in records),
    "joined": lambda records: "".join(json.dumps([record]) for record in records),
    "footer": lambda records: f"{json.dumps(records)}\nShowing 1-9 of {len(records)} nodes",
    "yaml": as_yaml,
    "yaml-documents": lambda records: "\n---".join(map(as_yaml, records)),
    "yaml-flow": lambda records: f"items: {json.dumps(records)}",
}
SIZES = {
    "yaml": 10,
    "yaml-documents": 10,
    "yaml-flow": 10,
}  # of formats for which 40 nodes would take too long

PIECES = (
    *(
        "{",
        "[",
        "}",
        "{}",
        "[]",
        "[],",
        "{},",
        '{"a":',
        '["a",',
        '"',
        '\\"',
        "\\",
        "\\u",
        "\\ud800",
    ),
    *("[]\n", "{}[]", "}\n{", "]\n[", "\n[", "[\n"),
    *("\n", " ", "\t", "\r\n", "\n\n", "-", "- ", "- a\n", "? ", ": ", "a: ", "a: b\n", "a,", "#"),
    *("#\n", "&a ", "*a ", "!a ", "|\n", ">\n", "'", "---\n", "...\n", "%", "@", "`", "é", "日"),
    *("\x00", "\x1b", "0", "9", "1_", "1:", "1e", "true ", "null,", "<<: ", "{{", "nodes "),
    *("Showing ", "of 1 ", "page 1", '{"node":', '{"id":"a"}', '{"id":"a"} ', '{"id":"a"}\n'),
    *('"id":"a",', '{"labels":{"a":"b"}}'),
)
"""What is repeated to make a long input, probably an invalid one."""

# What is before such an input, and after it.
_FRAMES = {
    "alone": ("", ""),
    "list": ("[", "]"),
    "object": ("{", "}"),
    "string": ('[{"id": "', '"}]'),
    "value": ('{"id": "a", "labels": {"a": ', "}}"),
    "lines": ('{"id": "n-1"}\n{"id": "n-2"}\n', "\n"),
    "yaml": ("items:\n- id: a\n  labels:\n    b: ", "\n"),
    "csv": ("id,", "\n"),
    "no-nodes": ("No ", "x"),
    "no-nodes-found": ("No ", "found"),
    "footer": ('{"id": "n-1"}\n{"id": "n-2"}\nShowing ', "\n"),
}


def _read(text: str, **options: Any) -> object:
    return list(NodeReader(io.BytesIO(text.encode("utf-8", "surrogatepass")), **options))


_read_refused = rejected(_read)


def _try_to_read(text: str) -> None:
    try:
        _read(text)
    except ValueError as error:
        str(error)


def _read_inventory(text: str) -> object:
    return Inventory.read(io.BytesIO(text.encode()))


def _plain(n: int, labels: Mapping[str, str] | None = None) -> list[Any]:
    """Return ``n`` plain nodes."""
    return [{"id": name, "labels": labels or {}} for name in words(n)]


def _lines(n: int, labels: Mapping[str, str]) -> str:
    """Return ``n`` nodes as nodeselect prints them."""
    nodes = (json.dumps(node, separators=(",", ":")) for node in _plain(n, labels))
    return "".join(f"{node}\n" for node in nodes)


def _add_shapes() -> None:
    def written(write: Callable[[Any], str], record: Callable[[str], Any], n: int) -> str:
        return write([record(word) for word in words(n)])

    readers: dict[str, Callable[[str], object]] = {
        "inventory": _read_inventory,
        "selector": partial(_read, selector=Selector.parse("region in (eu,us),!debug,k>5")),
        "states": partial(_read, selector=Selector.parse("region"), states={"ready"}),
        "filter": partial(_read, node_filter=lambda labels, _: "region" in labels),
    }
    for kind, write in FORMATS.items():
        size = SIZES.get(kind, 20)
        for shape, record in SHAPES.items():
            case(f"read/{shape}/{kind}", _read, partial(written, write, record), size)
        for name, read in readers.items():
            case(f"{name}/{kind}", read, partial(written, write, SHAPES["plain"]), 2 * size)
    case("read/map", _read, lambda n: json.dumps(dict.fromkeys(words(n), LABELS)))
    case("read/map-yaml", _read, lambda n: as_yaml(dict.fromkeys(words(n), LABELS)), 10)
    case("read/text", lambda text: Inventory.read(io.StringIO(text)), lambda n: _lines(n, LABELS))
    long = {"region": "eu", "text": "a" * 2_000}  # so that there are many chunks
    for name, read in readers.items():
        case(f"{name}/chunks", read, lambda n: _lines(n, long))

    def with_ids(n: int) -> tuple[str, list[str]]:
        return _lines(n, LABELS), words(n)

    case("read/missing-ids", lambda pair: _read(pair[0], ids=pair[1]), with_ids)


def _add_csv() -> None:
    def rows(row: str, n: int) -> str:
        return "id,region,tier\n" + "".join(map(row.format, words(n)))

    def ending(end: str, n: int) -> str:
        return rows("{},,\n", n) + end

    def columns(end: str, n: int) -> str:
        return f"id,{','.join(words(n))}{end}"

    def row_of_columns(n: int) -> str:
        return columns(f"\nn-1{',a' * n}\n", n)

    case("csv/rows", _read, partial(rows, "{},eu,\n"))
    case("csv/not-utf-8", _read_refused, lambda n: rows("{},eu,\n", n) + "\ud800")
    case("csv/quotes", _read, partial(rows, '"{}","a""b","\n"\n'))
    case("csv/blank-lines", _read, partial(rows, "\n\n{},,\n"))
    case("csv/labels", _read, lambda n: f"id,labels\na,{'=1 '.join(words(n))}=1\n", 40)
    case("csv/second-header", _read_refused, partial(ending, "id,region,tier\n"))
    case("csv/columns", _read, partial(columns, "\n"), 400)
    case("csv/row-of-columns", _read, row_of_columns, limit=LIMITS.node_labels)
    for name, end in {"duplicate": ",id\n", "blank": ",\n", "space": ", a\n"}.items():
        case(f"csv/{name}-column", _read_refused, partial(columns, end))
    for name, end in {"cells": ",", "quote": '"', "duplicate-id": "a,,\na,,\n"}.items():
        case(f"csv/{name}", _read_refused, partial(ending, end))


def _add_inputs() -> None:
    def described(n: int) -> str:
        end = "Conditions:\n  Ready  True\nSystem Info:\n  OS: linux\n\n"
        return "".join(f"Name:   {word}\nLabels: a=b\n        c={word}\n{end}" for word in words(n))

    def labels(n: int) -> str:
        return "Name: a\nLabels: " + "=b\n  ".join(words(n)) + "=b\nSystem Info:\n"

    def read_compressed(data: bytes) -> object:
        return list(NodeReader(io.BytesIO(data)))

    def read_several(texts: list[str]) -> object:
        reader = NodeReader((io.BytesIO(text.encode()), "a") for text in texts)
        return [*reader, *map(str, reader.inputs)]

    def members(n: int) -> bytes:
        return b"".join(gzip.compress(f'{{"id": "{word}"}}\n'.encode()) for word in words(n))

    case("describe/nodes", _read, described)
    case("describe/labels", _read, labels, limit=LIMITS.node_labels)
    case("describe/refused", _read_refused, lambda n: described(n) + "...")
    case("gzip/nodes", read_compressed, lambda n: gzip.compress(_lines(n, LABELS).encode()))
    case("gzip/members", read_compressed, members)
    case("gzip/cut-off", rejected(read_compressed), lambda n: members(n)[:-1])
    case("inputs/several", read_several, lambda n: [f'{{"id": "{word}"}}' for word in words(n)])
    case("inputs/duplicate", rejected(read_several), lambda n: [described(n)] * 2)
    beginnings = {"table": "NAME  STATUS  AGE\n", "log": "W0412\n{}\n", "csv": "a,b\n"}
    for name, beginning in beginnings.items():
        build = partial(lambda beginning, n: beginning + "a,b\n" * n, beginning)
        case(f"not-yaml/{name}", _read_refused, build)


def _add_watch_events() -> None:
    def event(kind: str, n: int) -> Any:
        labels = dict.fromkeys(words(n), "a")
        return {"type": kind, "object": kubernetes("w-1", "True", labels)}

    for kind in ("ADDED", "DELETED", "BOOKMARK"):
        case(f"event/{kind.lower()}", read_event, partial(event, kind), limit=LIMITS.node_labels)
    case("event/error", rejected(read_event), partial(event, "ERROR"))

    def stream(kinds: tuple[str, ...], indent: int | None, n: int) -> str:
        nodes = [(kind, kubernetes(word, "True", LABELS)) for word in words(n) for kind in kinds]
        events = ({"type": kind, "object": node} for kind, node in nodes)
        return "\n".join(json.dumps(event, indent=indent) for event in events)

    for indent in (None, 4):
        build = partial(stream, ("ADDED", "MODIFIED", "DELETED", "ADDED"), indent)
        case(f"event/stream-{indent}", _read, build, 20)
    case("event/stream-refused", _read_refused, partial(stream, ("ADDED", "ERROR"), None), 20)
    case("event/no-event", is_watch_event, lambda n: dict.fromkeys(words(n)))


def _add_streams() -> None:
    def pieces(data: str, size: int) -> list[bytes]:
        encoded = data.encode("utf-8", "surrogatepass")
        return [encoded[at : at + size] for at in range(0, len(encoded), size)]

    def read_stream(pieces: list[bytes]) -> object:
        return list(NodeStream(pieces, (), "x"))

    def try_to_read_stream(pieces: list[bytes]) -> None:
        with suppress(InventoryError):
            read_stream(pieces)

    def nodes(indent: int | None, between: str, size: int, n: int) -> list[bytes]:
        return pieces(
            between.join(json.dumps(node, indent=indent) for node in _plain(n, LABELS)), size
        )

    def long_node(size: int, n: int) -> list[bytes]:
        return pieces(json.dumps({"id": "a", "name": '{"\\' * n, "state": "a" * n}, indent=1), size)

    def events(last: str, n: int) -> list[bytes]:
        nodes = (kubernetes(word, "True", LABELS) for word in words(n))
        kinds = [*["ADDED"] * (n - 1), last]
        records = zip(kinds, nodes, strict=True)
        texts = (json.dumps({"type": kind, "object": node}) for kind, node in records)
        return pieces("".join(texts), 500)

    def repeated(piece: str, frame: str, size: int, n: int) -> list[bytes]:
        return pieces(frame.format(piece * n), size)

    for size in (7, 1_000, 1_000_000):
        case(f"stream/nodes/{size}", read_stream, partial(nodes, None, "\n", size), 20)
        case(f"stream/indented/{size}", read_stream, partial(nodes, 2, "", size), 20)
        case(f"stream/long/{size}", read_stream, partial(long_node, size))
        for piece in PIECES:
            for name, frame in {"alone": "{}", "object": '{{"id": {}}}'}.items():
                build = partial(repeated, piece, frame, size)
                case(f"stream/{name}/{size}/{piece!a}", try_to_read_stream, build)
    for last in ("ADDED", "DELETED"):
        case(f"stream/{last.lower()}", rejected(read_stream), partial(events, last), 20)


def _add_invalid() -> None:
    labels = {f"k{number}": "a" for number in range(LIMITS.node_labels + 1)}
    last: dict[str, list[Any]] = {
        "no-id": [{"labels": {}}],
        "number": [{"id": "n-1", "labels": {"a": 1}}],
        "field": [{"id": "n-1", "label": {}}],
        "other-labels": [{**SHAPES["kubernetes"]("n-1"), "labels": {"a": "b"}}],
        "kind": [{"kind": "Pod", "metadata": {}}],
        "string": ["n-1"],
        "duplicate-id": [{"id": "n-1"}] * 2,
        "labels": [{"id": "n-1", "labels": labels}],
        "large-labels": [{"id": "n-1", "labels": {"a": "é" * LIMITS.node_labels_bytes}}],
    }

    def ending_with(write: Callable[[Any], str], records: list[Any], end: str, n: int) -> str:
        return write([*_plain(n, LABELS), *records]) + end

    for kind in ("array", "lines", "yaml"):
        for name, records in last.items():
            build = partial(ending_with, FORMATS[kind], records, "")
            case(f"refuse/{name}/{kind}", _read_refused, build, 20)
        build = partial(ending_with, FORMATS[kind], [], '\n- {"id": "a", "id": "b"}')
        case(f"refuse/duplicate-key/{kind}", _read_refused, build, 20)
    refuse_inventory = rejected(_read_inventory)
    case("refuse/inventory", refuse_inventory, partial(ending_with, FORMATS["lines"], [1], ""))

    def framed(before: str, piece: str, after: str, n: int) -> str:
        return before + piece * n + after

    for piece in PIECES:
        for frame, (before, after) in _FRAMES.items():
            build = partial(framed, before, piece, after)
            case(f"pieces/{frame}/{piece!a}", _try_to_read, build)


def _add_long() -> None:
    records: dict[str, Callable[[int], Any]] = {
        "id": lambda n: [{"id": "é1-" * n}],
        "texts": lambda n: [{"id": "a", "state": "a ,b" * n, "name": "x" * n}],
        "fields": lambda n: [{**SHAPES["kubernetes"]("a"), "x": words(n)}],
        "other-keys": lambda n: [{"id": word, "labels": {word: "b"}} for word in words(n)],
    }

    def written(write: Callable[[Any], str], record: Callable[[int], Any], n: int) -> str:
        return write(record(n))

    for kind in ("array", "lines", "yaml"):
        for name, record in records.items():
            case(f"long/{name}/{kind}", _read, partial(written, FORMATS[kind], record), 40)

    def long_line(n: int) -> str:
        return f'{{"id": "a"}}\n{{"id": "{"b" * (LIMITS.line_bytes + n)}"}}\n'

    case("long/line", _read_refused, long_line)
    case("node/id", Node, "é".__mul__)
    node_of = partial(Node, "n-1")
    case("node/labels", node_of, lambda n: dict.fromkeys(words(n), "é"), limit=LIMITS.node_labels)


_add_shapes()
_add_csv()
_add_inputs()
_add_watch_events()
_add_streams()
_add_invalid()
_add_long()
