"""What a stream of nodes says: each change in order, or the error with the number of the event."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from nodeselect import InventoryError, Node
from nodeselect.readers.node_stream import DROPPED, NodeStream
from tests.readers.test_shapes import bacalhau, expanso, kubernetes, kubernetes_node
from tests.short import short

WATCHED = kubernetes("w-1", "True", {"gpu": "true"})
NODE = kubernetes_node("w-1", {"gpu": "true"}, "ready")
GONE: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
GONE |= {"message": "too old resource version: 5 (9)", "reason": "Expired", "code": 410}


def event(kind: str, node: Any = WATCHED) -> Any:
    return {"type": kind, "object": node}


def read(*records: Any) -> tuple[list[Node | str], InventoryError | None]:
    """Read a stream, of which one object comes at a time; return its changes, and its error."""
    known, changes = set[str](), list[Node | str]()
    try:
        for change in NodeStream(written(records), known, "pipe"):
            changes.append(change)
            if isinstance(change, str):
                known.remove(change)
            else:
                known.add(change.id)
    except InventoryError as error:
        return changes, error
    return changes, None


def written(records: Iterable[Any]) -> Iterable[bytes]:
    return (each if isinstance(each, bytes) else json.dumps(each).encode() for each in records)


def test_watch_events() -> None:
    """A node comes, changes, goes and comes again; a bookmark is no change."""
    bookmark = event("BOOKMARK", {"kind": "Node", "metadata": {"resourceVersion": "5"}})
    changed = event("MODIFIED", kubernetes("w-1", "False", None))
    changes, error = read(event("ADDED"), bookmark, changed, event("DELETED"), event("ADDED"))
    assert changes == [NODE, kubernetes_node("w-1", {}, "not-ready"), "w-1", NODE]
    assert error is not None
    assert short(error).split("\n") == [
        "pipe: the stream ended after event 5; later changes are unknown",
        "  begin again: kubectl get nodes -o json --watch --output-watch-events",
    ]


def test_nodes() -> None:
    """Nodes of all shapes replace each other; a node that is not there can be removed."""
    changes, error = read(
        {"id": "n-1", "labels": {"a": "b"}},
        expanso("n-2", "two", "lost", None),
        {"node": expanso("n-2", "two", "connected", None)},
        bacalhau("n-3", "APPROVED", "CONNECTED", {}),
        {"id": "n-1", "deleted": True},
        {"id": "n-1", "deleted": True},
        {"id": "n-1", "state": "ready"},
    )
    assert error is None
    assert changes == [
        Node("n-1", {"a": "b"}),
        Node("n-2", {}, "two", "lost"),
        Node("n-2", {}, "two", "connected"),
        Node("n-3", {}, None, "connected"),
        "n-1",
        Node("n-1", {}, None, "ready"),
    ]


@pytest.mark.parametrize(
    ("records", "code", "message"),
    [
        pytest.param([], "empty-input", "the input is empty\n  check the command that wrote it"),
        pytest.param([event("ADDED"), b'{"type'], "stream-ended", "event 2: the stream ended"),
        pytest.param([event("ADDED")], "stream-ended", "the stream ended after event 1; later"),
        pytest.param(
            [event("ADDED"), event("ERROR", GONE), event("DELETED")], "watch-failed",
            "event 2: the watch failed: 'too old resource version: 5 (9)' (status 410)\n"
            "  begin again: kubectl get nodes -o json --watch --output-watch-events",
        ),
        pytest.param(
            [event("ADDED")] * 2, "duplicate-id",
            "event 2: the node 'w-1' is added again: the watch has begun again",
        ),
        pytest.param(
            [event("MODIFIED")], "cut-off", "event 1: the node 'w-1' changes, but no"
        ),
        pytest.param(
            [event("ADDED"), {"id": "n-1"}], "mixed-stream", "event 2: a node among watch events"
        ),
        pytest.param(
            [{"id": "n-1"}, event("ADDED")], "mixed-stream", "event 2: a watch event among nodes"
        ),
        pytest.param(
            [event("ERROR", {"code": "\x1b"})], "watch-failed",
            "event 1: the watch failed: 'no reason is given'\n  begin again: kubectl get nodes",
        ),
        pytest.param(
            [event("added")], "unknown-event",
            "event 1: type: unknown type of event: 'added'\n"
            "  the types are ADDED, MODIFIED, DELETED, BOOKMARK and ERROR",
        ),
        pytest.param(
            [{"type": ["ADDED"], "object": WATCHED}], "unknown-event",
            "event 1: type: unknown type of event: a list\n",
        ),
        pytest.param(
            [event("DELETED", "w-1")], "wrong-type",
            "event 1: object: expected an object, found a string",
        ),
        pytest.param(
            [event("ADDED", {"kind": "Pod", "metadata": {"name": "web"}})], "not-a-node",
            "event 1: object: expected a node, found an object of kind 'Pod'\n  list only nodes",
        ),
        pytest.param(
            [event("DELETED", {"metadata": {}})], "no-id",
            "event 1: object.metadata.name: the node has no id",
        ),
        pytest.param(
            [{**event("ADDED"), "x": 1}], "unknown-shape", "event 1: this is neither a node nor a"
        ),
        pytest.param(
            [event("ADDED", kubernetes("w-1", "True", {"gpu": 5}))], "label-not-text",  # type: ignore[dict-item]
            "event 1: object.metadata.labels.gpu: the value of the label 'gpu' must be a string",
        ),
        pytest.param(
            [{"id": "n-1", "deleted": False}], "wrong-type", "event 1: deleted: 'deleted' must be"
        ),
        pytest.param(
            [{"id": "n-1", "labels": {}, "deleted": True}], "unknown-field",
            "event 1: unknown field 'deleted'",
        ),
        pytest.param(
            [{"id": 5, "deleted": True}], "id-not-text",
            "event 1: id: the node's id must be a string, not the number 5",
        ),
        pytest.param(
            [{"kind": "List", "items": [WATCHED]}], "not-a-node",
            "event 1: this is a list of nodes, not one node",
        ),
        pytest.param([GONE], "not-a-node", "event 1: expected a node, found an object of kind"),
        *(
            pytest.param([{"id": "n-1"}, text], "not-json", f"event 2: expected a JSON object, {e}")
            for text, e in (
                (b"\nError: x\n", "found 'Error: x'"),
                (b"  \r\n[{}]", "found '[{}]'"),
                (b'\x1e{"id": "n-1"}\n', "found '\\x1e{"),
                (b"}", "found '}'"),
                (b"\xef\xbb\xbf{}", "found '\\ufeff{}'"),
            )
        ),
        pytest.param([b"id,labels\nn-1,\n"], "not-json", "event 1: expected a JSON object, found"),
        pytest.param([b"\x1f\x8b\x08"], "compressed", "event 1: the stream is compressed (gzip)"),
        pytest.param(
            [{"id": "n-1"}, b'\n{\n"id": x}\n'], "not-json",
            "event 2: line 2, column 7: invalid JSON: unexpected 'x'",
        ),
        pytest.param([b'{"id": "\xff"}'], "not-utf-8", "event 1: line 1, column 9: the"),
        pytest.param(
            [b'{"id": ' + b"[" * 9_999 + b"]" * 9_999 + b"}"], "too-deep",
            "event 1: line 1, column 1: the",
        ),
    ],
)  # fmt: skip
def test_error(records: list[Any], code: str, message: str) -> None:
    """A stream that is invalid or that was dropped is an error, with the number of the event."""
    _, error = read(*records)
    assert error is not None
    assert error.code == code
    assert short(error).startswith(f"pipe: {message}")
    assert (code in DROPPED) == (code in ("stream-ended", "watch-failed"))


def test_changes_before_an_error() -> None:
    """All changes before an error are yielded, also those of the same piece."""
    changes, error = read(b'{"id": "n-1"}{"id": "n-2"}\n\n{"id": 5}{"id": "n-3"}')
    assert changes == [Node("n-1"), Node("n-2")]
    assert error is not None
    assert str(error.place) == "pipe: event 3: id"
