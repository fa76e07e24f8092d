"""What each event of a watch of Kubernetes says."""

from typing import Any

import pytest

from nodeselect import InventoryError
from nodeselect.readers.raw_node import WHOLE
from nodeselect.readers.watch_events import is_watch_event, read_event
from tests.readers.test_shapes import kubernetes
from tests.short import short

NODE = kubernetes("w-1", "False", {"gpu": "true"}, unschedulable=True)
ROW = ("w-1", {"gpu": "true"}, "w-1", "not-ready,cordoned")
GONE: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
GONE |= {"message": "too old resource version: 5 (9)", "reason": "Expired", "code": 410}


@pytest.mark.parametrize(
    ("kind", "node", "meaning"),
    [
        pytest.param("ADDED", NODE, ROW, id="added"),
        pytest.param("MODIFIED", NODE, ROW, id="modified"),
        pytest.param("DELETED", NODE, "w-1", id="deleted"),
        pytest.param("BOOKMARK", {"kind": "Node", "metadata": {}}, None, id="bookmark"),
    ],
)
def test_event(kind: str, node: Any, meaning: object) -> None:
    """An event is a node as it now is, the id of one that is gone, or about no node."""
    event = {"type": kind, "object": node}
    assert is_watch_event(event)
    assert read_event(event, WHOLE, set() if kind == "ADDED" else {"w-1"}) == meaning


@pytest.mark.parametrize(
    ("event", "code", "message"),
    [
        pytest.param(
            {"type": "ERROR", "object": GONE}, "watch-failed",
            "line 7: the watch failed: 'too old resource version: 5 (9)' (status 410)\n"
            "  begin again: kubectl get nodes -o json --watch --output-watch-events", id="gone",
        ),
        pytest.param(
            {"type": "ERROR", "object": {"code": "\x1b"}}, "watch-failed",
            "line 7: the watch failed: 'no reason is given'\n"
            "  begin again: kubectl get nodes -o json --watch --output-watch-events", id="silent",
        ),
        pytest.param(
            {"type": "added", "object": NODE}, "unknown-event",
            "line 7: type: unknown type of event: 'added'\n"
            "  the types are ADDED, MODIFIED, DELETED, BOOKMARK and ERROR", id="type",
        ),
        pytest.param(
            {"type": ["ADDED"], "object": NODE}, "unknown-event",
            "line 7: type: unknown type of event: a list\n"
            "  the types are ADDED, MODIFIED, DELETED, BOOKMARK and ERROR", id="type-of-type",
        ),
        pytest.param(
            {"type": "DELETED", "object": "w-1"}, "wrong-type",
            "line 7: object: expected an object, found a string", id="object",
        ),
        pytest.param(
            {"type": "ADDED", "object": {"kind": "Pod", "metadata": {"name": "web"}}}, "not-a-node",
            "line 7: object: expected a node, found an object of kind 'Pod'\n"
            "  list only nodes: kubectl get nodes -o json", id="pod",
        ),
        pytest.param(
            {"type": "DELETED", "object": {"metadata": {}}}, "no-id",
            "line 7: object.metadata.name: the node has no id", id="no-name",
        ),
    ],
)  # fmt: skip
def test_refused(event: Any, code: str, message: str) -> None:
    """An event that is invalid, or that ends the watch, is an error with its place."""
    with pytest.raises(InventoryError) as caught:
        read_event(event, (7, ""), {"w-1"})
    assert (caught.value.code, short(caught.value)) == (code, message)


@pytest.mark.parametrize("record", [NODE, {"type": "ADDED"}, {"type": 1, "object": 1, "x": 1}, []])
def test_other_records(record: Any) -> None:
    """A record with other fields is not an event."""
    assert not is_watch_event(record)
