"""Speaks as the API server of Kubernetes does when nodes are watched."""

import json
from typing import Any


class ApiServer:
    """Nodes by name, and the event that each change of them is.

    :param indent: whether events are written as kubectl prints them, or one a line.
    """

    def __init__(self, *, indent: bool = False) -> None:
        self.nodes: dict[str, dict[str, str]] = {}
        self._indent = indent
        self._version = 100

    def put(self, name: str, **labels: str) -> bytes:
        kind = "MODIFIED" if name in self.nodes else "ADDED"
        self.nodes[name] = labels
        return self._event(kind, self._node(name))

    def delete(self, name: str) -> bytes:
        """Delete a node; the event has its last state."""
        event = self._event("DELETED", self._node(name))
        del self.nodes[name]
        return event

    def bookmark(self) -> bytes:
        """Tell the client how far it has come."""
        metadata = {"resourceVersion": str(self._version), "creationTimestamp": None}
        node = {"kind": "Node", "apiVersion": "v1", "metadata": metadata, "spec": {}, "status": {}}
        return self._event("BOOKMARK", node)

    def gone(self) -> bytes:
        """Refuse to go on: the client is too far behind."""
        status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        status |= {"message": "too old resource version: 7 (99)", "reason": "Expired"}
        return self._event("ERROR", {**status, "code": 410})

    def _event(self, kind: str, node: Any) -> bytes:
        self._version += 1
        event = {"type": kind, "object": node}
        if self._indent:
            return json.dumps(event, indent=4, ensure_ascii=False).encode() + b"\n"
        return json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"

    def _node(self, name: str) -> Any:
        conditions = [
            {"type": kind, "status": status, "lastHeartbeatTime": "2026-05-04T10:11:12Z"}
            for kind, status in (("MemoryPressure", "False"), ("Ready", "True"))
        ]
        annotations = {"csi.volume.kubernetes.io/nodeid": '{"csi.io":"a}\\n{b","é":"\\\\"}'}
        metadata = {"name": name, "resourceVersion": str(self._version)}
        metadata |= {"labels": self.nodes[name], "annotations": annotations}  # type: ignore[dict-item]
        images = [{"names": [f"registry.example/app:{at}"], "sizeBytes": at} for at in range(9)]
        return {
            "kind": "Node",
            "apiVersion": "v1",
            "metadata": metadata,
            "spec": {"podCIDR": "10.0.0.0/24"},
            "status": {"conditions": conditions, "images": images, "nodeInfo": {"machineID": "1"}},
        }
