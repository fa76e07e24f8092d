"""Read the pods of a cluster: only what decides how much room they leave on their nodes."""

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from nodeselect.errors import InventoryError
from nodeselect.files.blocking import blocking_reader
from nodeselect.files.inputs import cannot_read, gunzip, join_document, read_blocks
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
from nodeselect.text import printable, quoted

_RESOURCES: Record = {"requests": {}, "limits": {}}

# The fields that count. An empty object has any fields, with strings; a list has items of one kind.
_FIELDS: Record = {
    "metadata": {
        "namespace": str,
        "name": str,
        "labels": {"pod-template-hash": str},
        "ownerReferences": [{"kind": str, "name": str}],
    },
    "spec": {
        "nodeName": str,
        "containers": [{"resources": _RESOURCES}],
        "initContainers": [{"resources": _RESOURCES, "restartPolicy": str}],
        "resources": _RESOURCES,
        "overhead": {},
    },
    "status": {"phase": str},
}

_HINT = Fix.write("kubectl get pods -A -o json", "give nodes with -n FILE; print pods with")


def read_pods(inputs: Iterable[tuple[BinaryIO, str]]) -> Iterator[Record]:
    """Yield the pods of all inputs, each as a Pod object with only a few of its fields.

    An input is JSON (a list, a ``List`` or ``PodList``, pods one after the other) or YAML, also
    compressed by gzip. Of JSON, about 100 KB are in memory at a time. Cost: about 100 µs a pod.

    A pod has its namespace and name, its owners and the label ``pod-template-hash``, its
    ``nodeName`` and phase, its overhead, and the resources and restart policies of its containers.

    An error may be raised as late as at the end of the input. Then do not use any of its pods.

    :param inputs: pairs of a stream and its name. Each stream is read to its end before the next
        pair is requested.
    :raises InventoryError: if an input is incomplete, or has anything but pods, or one twice.
    """
    seen: set[tuple[str, str]] = set()
    for stream, name in inputs:
        try:
            for place, record in _records(blocking_reader(stream)):
                try:
                    pod = _read_pod(record)
                    key = pod["metadata"].get("namespace") or "default", pod["metadata"]["name"]
                    if key in seen:
                        message = f"the pod {quoted('/'.join(key), 330)} occurs twice"
                        raise InventoryError("duplicate-id", message)
                except InventoryError as error:
                    raise error_in_record(place, error) from None
                seen.add(key)
                yield pod
        except InventoryError as error:
            raise error.within(Place(name)) from None
        except OSError as error:
            raise cannot_read(name, error) from None


def _records(stream: BinaryIO) -> Iterator[tuple[RecordPlace, Any]]:
    file_format, start = detect_format(stream, None)
    if file_format == "gzip":
        stream = gunzip(start, stream)
        file_format, start = detect_format(stream, None)
    blocks = read_blocks(start, stream)
    match file_format:
        case "json":
            pieces = json.whole_pieces(blocks)
            return json.read_text(next(pieces), 1, WHOLE, pieces, "Pod")
        case "yaml":
            from nodeselect.readers.formats import yaml  # loads the YAML library

            return yaml.read_records(join_document(blocks), kind="Pod")
    raise InventoryError("not-a-pod", "this is not a list of pods in JSON or YAML", hint=_HINT)


def _read_pod(record: Any) -> Record:
    """Return the fields of a pod that count. Their types are checked, but not the quantities."""
    if not isinstance(record, dict):
        message = f"a pod must be an object, not {describe(record)}"
        raise InventoryError("wrong-type", message, hint=_HINT)
    is_pod = record.get("kind") in (None, "Pod")
    if not is_pod or sub_object(record, "spec").get("containers") is None:
        message = "this is a node, not a pod" if _is_node(record) else "this is not a pod"
        raise InventoryError("not-a-pod", message, hint=_HINT)
    pod: Record = _chosen(record, _FIELDS, "")
    if not pod.get("metadata", {}).get("name"):
        raise InventoryError("no-id", "the pod has no name", place="metadata.name")
    return pod


def _chosen(value: Any, fields: Any, path: str) -> Any:
    """Return the chosen part of a value, as described at ``_FIELDS``.

    :raises InventoryError: if a value in it has another type; its place is the path.
    """
    if isinstance(fields, dict) and isinstance(value, dict):
        return {
            key: _chosen(value[key], inner, f"{path}.{printable(key[:60])}".lstrip("."))
            for key, inner in (fields or dict.fromkeys(value, str)).items()
            if value.get(key) is not None
        }
    if isinstance(fields, list) and isinstance(value, list):
        return [_chosen(item, fields[0], f"{path}[{at}]") for at, item in enumerate(value)]
    if fields is str and isinstance(value, str):
        return value
    expected = "a string" if fields is str else describe(fields)
    message = f"expected {expected}, found {describe(value)}"
    raise InventoryError("wrong-type", message, place=path)


def _is_node(record: Record) -> bool:
    try:
        return bool(node_rows(WHOLE, record, is_event=True))
    except InventoryError:
        return False
