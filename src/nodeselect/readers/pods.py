"""Read the pods of a cluster: what they request of their nodes."""

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from nodeselect.errors import InventoryError, SelectorError
from nodeselect.files.inputs import blocking_reader, cannot_read, gunzip, join_document, read_blocks
from nodeselect.node import reject_typo
from nodeselect.placement import Usage
from nodeselect.placement.usage import UsageChanges, add_running, empty_moment
from nodeselect.problem import Fix, Place
from nodeselect.readers.detect import detect_format, node_rows
from nodeselect.readers.formats import json
from nodeselect.readers.raw_node import (
    WHOLE,
    Record,
    RecordPlace,
    describe,
    error_in_record,
    sub_object,
)
from nodeselect.text import quoted

_HINT = Fix.write(
    "kubectl get pods,namespaces -A -o json", "give nodes with -n FILE; print pods with"
)


def read_usage(inputs: Iterable[tuple[BinaryIO, str]]) -> Usage:
    """Return what the pods in all inputs, pairs of a stream and its name, request.

    An input is JSON (a list, a ``List`` or ``PodList``, pods one after the other) or YAML, also
    compressed by gzip. Of JSON, about 250 KB are in memory at a time. Cost: about 100 µs a pod.

    :raises InventoryError: if an input is incomplete, or has anything but pods, or one twice.
    """
    changes = UsageChanges(empty_moment())
    names: set[tuple[str, str]] = set()
    for stream, name in inputs:
        try:
            for place, record in _records(blocking_reader(stream)):
                try:
                    key = _read_name(record)
                    if key in names:
                        noun, text = ("pod", "/".join(key)) if key[0] else ("namespace", key[1])
                        message = f"the {noun} {quoted(text, 330)} occurs twice"
                        raise InventoryError("duplicate-id", message)
                    names.add(key)
                    add_running(changes, record)
                except (InventoryError, SelectorError) as error:
                    path = error.path if isinstance(error, SelectorError) else error.place.path
                    plain = InventoryError(error.code, error.message, place=path, hint=error.fix)
                    raise error_in_record(place, plain) from None
        except InventoryError as error:
            raise error.within(Place(name)) from None
        except OSError as error:
            raise cannot_read(name, error) from None
    return changes.after().copy()


def _records(stream: BinaryIO) -> Iterator[tuple[RecordPlace, Any]]:
    file_format, start = detect_format(stream, None)
    if file_format == "gzip":
        stream = gunzip(start, stream)
        file_format, start = detect_format(stream, None)
    blocks = read_blocks(start, stream)
    match file_format:
        case "json":
            return json.read_records(blocks, kind="Pod")
        case "yaml":
            from nodeselect.readers.formats import yaml  # loads the YAML library

            return yaml.read_records(join_document(blocks), kind="Pod")
    raise InventoryError("not-a-pod", "this is not a list of pods in JSON or YAML", hint=_HINT)


def _read_name(record: Any) -> tuple[str, str]:
    """Return the namespace and the name of a pod, or the name of a namespace; raise for others."""
    if not isinstance(record, dict):
        message = f"a pod must be an object, not {describe(record)}"
        raise InventoryError("wrong-type", message, hint=_HINT)
    if record.get("kind") == "Namespace":
        return "", str(sub_object(record, "metadata").get("name"))
    is_pod = record.get("kind") in (None, "Pod")
    if not is_pod or sub_object(record, "spec").get("containers") is None:
        reject_typo(record, ("spec",))
        reject_typo(sub_object(record, "spec"), ("containers",), ("spec",))
        message = "this is a node, not a pod" if _is_node(record) else "this is not a pod"
        raise InventoryError("not-a-pod", message, hint=_HINT)
    metadata = sub_object(record, "metadata")
    if not metadata.get("name"):
        reject_typo(record, ("metadata",))
        raise InventoryError("no-id", "the pod has no name", place="metadata.name")
    return str(metadata.get("namespace") or "default"), str(metadata["name"])


def _is_node(record: Record) -> bool:
    try:
        return bool(node_rows(WHOLE, record, is_event=True))
    except InventoryError:
        return False
