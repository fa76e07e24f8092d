"""Detect the format of an input, and the system that its nodes are from, by the content alone."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from operator import eq
from typing import Any, BinaryIO, Final, Literal

from nodeselect.errors import InventoryError
from nodeselect.files.inputs import line_too_long_error
from nodeselect.limits import LIMITS
from nodeselect.node import NodeRow, reject_typo, split_state, to_lower_states
from nodeselect.readers.envelope import reject_siblings
from nodeselect.readers.formats import json
from nodeselect.readers.raw_node import (
    WHOLE,
    WRITE_HINT,
    RawNode,
    Record,
    RecordPlace,
    describe,
    error_in_record,
    place_of,
    validate,
)
from nodeselect.readers.shapes import SHAPES, is_label_map, read_node
from nodeselect.readers.watch_events import is_watch_event
from nodeselect.text import printable, quoted, truncate

SAVED_MAGIC: Final = b"\x89NSX\r\n\x1a\n"
"""The first bytes of a saved inventory. Programs that change line ends would change them."""

LOG_MAGIC: Final = b"\x89NSL\r\n\x1a\n"
"""The first bytes of a change log."""

KNOWN_STATES: Final = frozenset(state for shape in SHAPES for state in shape.states)
"""The states that these systems give to nodes. A node may have a state that is not listed here."""


def require_states(
    states: Collection[str], counts: Callable[[], Mapping[str | None, int]]
) -> frozenset[str]:
    """Return ``states`` in lower case; raise ``ValueError`` for a typo of an ordinary state.

    A state that is not ordinary may be one of the user's own, such as ``idle`` beside ``idle~``.

    :param counts: returns how many nodes are in each state; not called for ordinary states.
    """
    lowered = to_lower_states(states)
    if unknown := lowered - KNOWN_STATES:
        from nodeselect.similarity import similar_name  # compiles patterns

        texts = [state.lower() for state, nodes in counts().items() if state and nodes]
        found = {part for text in texts for part in (text, *split_state(text))}
        for state in sorted(unknown - found):
            if close := similar_name(state, sorted(found & KNOWN_STATES)):
                message = f"no node is in the state {quoted(state)}; did you mean {quoted(close)}?"
                raise ValueError(message)
    return lowered


# What Expanso's command line prints if there is no node, and a length that it never exceeds.
_NO_NODES = rb"No (?=(?:[\w-]+ )*?(?:nodes?|items|resources|results) )(?:[\w-]+ )+found\.?"
_MAX_NO_NODES = 200

# The beginning of YAML in flow style, ``{key`` or ``[{key``; in JSON, a quote precedes the key.
_UNQUOTED_KEY = rb"[\[{\s]*[A-Za-z_]"

# The beginning of Parquet, which no text follows.
_PARQUET = rb"PAR1[^\t\n\r -~]"

Format = Literal["ndjson", "json", "csv", "yaml", "parquet", "gzip", "saved", "none"]
"""The format of an input; ``none`` if all it says is that there are no nodes."""

# How compressed files begin, other than those of gzip.
_COMPRESSED = {
    b"BZh": "bzip2",
    b"PK\x03\x04": "zip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\xfd7zXZ\x00": "xz",
}

# The ``spec`` of a Kubernetes object that runs pods has one of these.
_POD_FIELDS = {"containers", "jobTemplate", "template"}

# Of these, an object or a list of Kubernetes has some.
_KUBERNETES_FIELDS = frozenset({"apiVersion", "kind", "spec"})

_FORMATS_HINT = (
    "known formats: nodes of Expanso, Kubernetes, Bacalhau, Nomad, Consul or Docker Swarm, objects"
    " {id, labels}; CSV or Parquet with a column 'id'; files of nodeselect index"
)


def is_saved(stream: BinaryIO) -> bool:
    """Return whether a stream contains a saved inventory; peek at its first bytes, without reading.

    The result is True if only one of these bytes is wrong: the inventory is damaged. It is False
    for a stream without ``peek``: there, :func:`detect_format` detects a saved inventory.
    """
    try:
        start: bytes = stream.peek(len(SAVED_MAGIC))[: len(SAVED_MAGIC)]  # type: ignore[attr-defined]
    except (AttributeError, OSError):  # the reader of nodes reports it
        return False
    if sum(map(eq, start, SAVED_MAGIC)) == len(SAVED_MAGIC) - 1:
        return True
    return bool(start) and SAVED_MAGIC.startswith(start)  # a pipe may not have more yet


def detect_format(stream: BinaryIO, id_column: str | None) -> tuple[Format, bytes]:
    """Return the format of an input, and the few lines that were read to detect it.

    The last of these lines may be incomplete if it is longer than ``LIMITS.line_bytes``.

    :param id_column: the name of the id column, if the input is CSV. With None, it cannot be CSV,
        and the format of JSON lines is ``json``, too.
    :raises InventoryError: if the input is empty, has an unknown compression, or too long a line.
    """
    start = _next_line(stream).removeprefix(b"\xef\xbb\xbf")
    if not start.strip():
        start += _next_line(stream)
    line = start.strip()
    if not line:
        hint = "check the command that wrote it"
        raise InventoryError("empty-input", "the input is empty", hint=hint)
    if line.startswith(b"\x1f\x8b"):
        return "gzip", start
    if re.match(_PARQUET, start):
        return "parquet", start
    if start.startswith(b"ARROW1\0"):
        message, hint = "Arrow IPC (Feather) files are not read", "write the table as Parquet"
        raise InventoryError("not-arrow", message, hint=hint)
    for beginning, name in _COMPRESSED.items():
        if line.startswith(beginning):
            message = f"the input is compressed ({name})"
            hint = "decompress it first, compress it with gzip, or save a spreadsheet as CSV"
            raise InventoryError("compressed", message, hint=hint)
    if start.startswith(SAVED_MAGIC[:4]):
        return "saved", start
    if line in (b"{", b"["):  # the next line decides
        start += stream.readline(LIMITS.line_bytes)
        return "yaml" if re.match(_UNQUOTED_KEY, start) else "json", start
    if line.startswith((b"{", b"[")) and not re.match(_UNQUOTED_KEY, line):
        if line.startswith(b"[") or id_column is None:
            return "json", start
        if not start.endswith(b"\n"):  # it may be a whole document
            start += stream.readline(LIMITS.document_bytes)
            line = start.strip()
        if not line.endswith(b"}"):
            return "json", start
        rest = _next_line(stream)
        second = rest.strip()
        if not second or second in (b"{", b"[") or second.startswith((b"Showing ", b"---")):
            return "json", start + rest
        try:
            is_event = is_watch_event(json.decode(line))
        except InventoryError:  # the reader of JSON reports it
            is_event = True
        if is_event:
            return "json", start + rest
        _check_length(line, start)
        _check_length(second, start + rest)
        return "ndjson", start + rest
    if not line.startswith((b"{", b"[")):
        _check_length(line, start)
    if len(line) <= _MAX_NO_NODES and re.fullmatch(_NO_NODES, line):
        if _next_line(stream):
            raise _unknown_shape(WHOLE)
        return "none", start
    from nodeselect.readers.formats import csv  # not needed for JSON

    if id_column is not None and csv.find_delimiter(line.decode("utf-8", "replace"), id_column):
        return "csv", start
    return "yaml", start


def _next_line(stream: BinaryIO) -> bytes:
    """Read to the end of the next line that is not blank; of one that is too long, a part."""
    text = bytearray()
    while line := stream.readline(LIMITS.line_bytes + 1):
        text += line
        if line.strip():
            return bytes(text)
        if len(text) > LIMITS.line_bytes:
            message = f"more than {LIMITS.line_bytes:,} bytes are blank (limit: line_bytes)"
            raise InventoryError("line-too-long", message)
    return b""


def _check_length(line: bytes, start: bytes) -> None:
    """Raise if ``line``, the last one of ``start``, is longer than ``LIMITS.line_bytes``."""
    if len(line) > LIMITS.line_bytes:
        raise line_too_long_error(1 + start.count(b"\n", 0, -1))


def node_rows(place: RecordPlace, record: Any, *, is_event: bool = False) -> Iterable[NodeRow]:
    """Return the nodes in a record: one, or several if it is a whole document ``{id: labels}``.

    :param record: decoded JSON or YAML.
    :param is_event: whether it is from a stream of nodes; then it is never ``{id: labels}``.
    :raises InventoryError: if the record is not a node in any known form, or the node is invalid.
    """
    is_document = place == WHOLE and not is_event
    if not isinstance(record, dict):
        if is_document:
            raise _unknown_shape(place)
        message = f"a node must be an object, not {describe(record)}"
        raise InventoryError("wrong-type", message, place=place_of(place), hint=WRITE_HINT)
    while isinstance(node := record.get("node"), dict):
        reject_siblings("node", {key: value for key, value in record.items() if key != "node"})
        line, path = place
        place = line, f"{path}.node".lstrip(".")
        record, is_document = node, False
    for shape in SHAPES:
        if not shape.fields.isdisjoint(record):
            try:
                return [read_node(shape, place, record)]
            except InventoryError:
                # A list of pods may be meant to be one of nodes.
                if record.get("kind") == "NodePool":
                    raise _node_pool_error(place) from None
                spec = None if place[1] else record.get("spec")
                if _is_job(record) or (isinstance(spec, dict) and not _POD_FIELDS.isdisjoint(spec)):
                    raise _job_error(place) from None
                _reject_typos(place, record)
                raise
    if _is_job(record):
        raise _job_error(place)
    if is_document and is_label_map(record):
        return (
            validate((0, truncate(printable(key), 60)), RawNode(key, labels, None, None, "", ""))
            for key, labels in record.items()
        )
    _reject_typos(place, record)
    raise _unknown_shape(place)


def _reject_typos(place: RecordPlace, record: Record) -> None:
    """Raise if a record is probably an object or a list of Kubernetes with a misspelt field."""
    if "id" not in record and not _KUBERNETES_FIELDS.isdisjoint(record):
        try:
            reject_typo(record, ("items", "metadata"))
        except InventoryError as error:
            raise error_in_record(place, error) from None


def _is_job(record: Record) -> bool:
    return isinstance(record.get("name"), str) and not {"selector", "config"}.isdisjoint(record)


def _job_error(place: RecordPlace) -> InventoryError:
    hint = "give it with --job FILE"
    return InventoryError("not-a-node", "this is a job", place=place_of(place), hint=hint)


def _node_pool_error(place: RecordPlace) -> InventoryError:
    message = "expected a node, found a NodePool, from which nodes are made"
    hint = "give it with --job FILE, and the nodes, by kubectl get nodes -o json, with -n"
    return InventoryError("not-a-node", message, place=place_of(place), hint=hint)


def _unknown_shape(place: RecordPlace) -> InventoryError:
    message = "this is neither a node nor a list of nodes in a known format"
    return InventoryError("unknown-shape", message, place=place_of(place), hint=_FORMATS_HINT)
