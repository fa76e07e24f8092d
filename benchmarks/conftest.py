"""The data of the benchmarks, made where and when it is first needed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.fleet import nodes, write_ndjson

_DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def fleet_file() -> Callable[[int], Path]:
    """Give the path of a fleet of so many nodes as NDJSON."""

    def made(n: int) -> Path:
        path = _DATA / f"fleet-{n}.ndjson"
        if not path.exists():
            _DATA.mkdir(exist_ok=True)
            write_ndjson(path, n)
        return path

    return made


@pytest.fixture(scope="session")
def expanso_document() -> bytes:
    """Give 10,000 nodes as the API of Expanso lists them, with the fields that no label has."""
    items = [
        {
            "id": node_id,
            "spec": {
                "name": f"edge {node_id}",
                "hostname": f"{node_id}.example.net",
                "os": labels["os"],
                "arch": labels["arch"],
                "agent_version": labels["version"],
                "labels": labels,
                "capabilities": {
                    "inputs": ["file", "http_server", "kafka"],
                    "outputs": ["http_client", "kafka", "s3"],
                    "processors": ["mapping", "filter", "batch"],
                    "runtimes": ["pipeline"],
                },
            },
            "status": {
                "connection_state": "connected",
                "last_heartbeat": "2026-09-01T12:00:00Z",
                "created_at": "2026-03-01T08:00:00Z",
                "updated_at": "2026-09-01T12:00:00Z",
                "revision": 17,
                "resource_usage": {"cpu_percent": 12.5, "memory_percent": 41.0},
            },
        }
        for node_id, labels in nodes(10_000)
    ]
    return json.dumps({"items": items, "next_token": ""}).encode()


@pytest.fixture(scope="session")
def yaml_document() -> bytes:
    """Give 2,000 nodes as a YAML list."""
    lines: list[str] = []
    for node_id, labels in nodes(2_000):
        lines += [f"- id: {node_id}", "  labels:"]
        lines += [f'    {key}: "{value}"' for key, value in labels.items()]
    return "\n".join(lines).encode()
