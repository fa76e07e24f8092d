"""Speaks as the API server of Kubernetes does when nodes are watched.

As a program, it writes a stream of random events, in pieces that are cut anywhere:

    python -m tests.cli.api_server [--indent] [--gone] EVENTS
"""

import argparse
import json
import random
import sys
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
        """Add a node or change its labels."""
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


def main() -> None:
    """Write the stream."""
    parser = argparse.ArgumentParser()
    parser.add_argument("events", type=int)
    parser.add_argument("--indent", action="store_true")
    parser.add_argument("--gone", action="store_true")
    options = parser.parse_args()
    server, draw = ApiServer(indent=options.indent), random.Random(1)
    data = b""
    for _ in range(options.events):
        name = f"n-{draw.randrange(40)}"
        if name in server.nodes and draw.random() < 0.2:
            data += server.delete(name)
        else:
            data += server.put(name, gpu=str(draw.randrange(4)), zone=draw.choice("ab"))
        if draw.random() < 0.1:
            data += server.bookmark()
    data += server.gone() if options.gone else b""
    while data:
        size = draw.choice((1, 9, 300, 5_000, 100_000))
        sys.stdout.buffer.write(data[:size])
        sys.stdout.buffer.flush()
        data = data[size:]
    print(*sorted(f"{name} {labels}" for name, labels in server.nodes.items()), file=sys.stderr)


if __name__ == "__main__":
    main()
