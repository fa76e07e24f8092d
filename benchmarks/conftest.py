"""The data of the benchmarks, created when it is first needed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.fleet import fleet_file, nodes

_SIZES = (1_000, 100_000, 1_000_000)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Run one benchmark at a time, in one process."""
    config.option.numprocesses = 0


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--fleet``."""
    parser.addoption(
        "--fleet",
        action="append",
        type=int,
        metavar="N",
        help="nodes of the inventories of test_match.py and test_live.py; may be repeated",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run benchmarks with a parameter ``n`` for each size of the fleet, smallest first."""
    if "n" in metafunc.fixturenames:
        sizes = metafunc.config.getoption("--fleet") or _SIZES
        metafunc.parametrize("n", sorted(sizes), scope="session", ids="{:,}".format)


@pytest.fixture(scope="session", name="fleet_file")
def _fleet_file() -> Callable[[int], Path]:
    """Return a function that returns the path of a fleet of a given size."""
    return fleet_file


@pytest.fixture(scope="session")
def expanso_document() -> bytes:
    """Return 10,000 nodes as the API of Expanso lists them, with the fields that no label has."""
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
    """Return 2,000 nodes as a YAML list."""
    lines: list[str] = []
    for node_id, labels in nodes(2_000):
        lines += [f"- id: {node_id}", "  labels:"]
        lines += [f'    {key}: "{value}"' for key, value in labels.items()]
    return "\n".join(lines).encode()
