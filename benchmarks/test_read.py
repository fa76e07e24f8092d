"""From the bytes of an inventory to nodes."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.fleet import FIVE
from nodeselect import LIMITS, Inventory, Selector
from nodeselect.files import inputs
from nodeselect.jobs import read_job, read_job_selector
from nodeselect.readers.formats import ndjson
from nodeselect.readers.reader import NodeReader

Fleet = Callable[[int], Path]


@pytest.fixture(scope="module")
def lines(fleet_file: Fleet) -> bytes:
    """Return 100,000 nodes as NDJSON; in memory, so that no disk is measured."""
    return fleet_file(100_000).read_bytes()


def read(data: bytes, selector: Selector | None = None) -> int:
    """Read all nodes, hold none of them, and say how many there were."""
    reader = NodeReader(io.BytesIO(data), selector=selector)
    for _ in reader:
        pass
    return reader.count


@pytest.mark.benchmark(group="read 100,000 nodes, NDJSON")
def test_lines_all(benchmark: BenchmarkFixture, lines: bytes) -> None:
    """Make every node."""
    assert benchmark.pedantic(read, args=(lines,), rounds=9, warmup_rounds=1) == 100_000


@pytest.mark.benchmark(group="read 100,000 nodes, NDJSON")
def test_lines_needed(benchmark: BenchmarkFixture, lines: bytes) -> None:
    """Create only the nodes that match one selector."""
    assert (
        benchmark.pedantic(read, args=(lines, Selector.parse(FIVE)), rounds=9, warmup_rounds=1)
        == 100_000
    )


@pytest.mark.benchmark(group="read 100,000 nodes, NDJSON")
def test_inventory_read(benchmark: BenchmarkFixture, fleet_file: Fleet) -> None:
    """Read a file into an inventory."""
    path = fleet_file(100_000)
    assert len(benchmark.pedantic(Inventory.read, args=(path,), rounds=9, warmup_rounds=1)) > 0


@pytest.mark.benchmark(group="read documents")
def test_expanso_document(benchmark: BenchmarkFixture, expanso_document: bytes) -> None:
    """Read 10,000 nodes of the API of Expanso."""
    arguments = (expanso_document,)
    assert benchmark.pedantic(read, args=arguments, rounds=9, warmup_rounds=1) == 10_000


@pytest.mark.benchmark(group="read documents")
def test_yaml_document(benchmark: BenchmarkFixture, yaml_document: bytes) -> None:
    """Read 2,000 nodes of a YAML list."""
    assert benchmark.pedantic(read, args=(yaml_document,), rounds=5, warmup_rounds=1) == 2_000


_JOB: dict[str, Any] = {
    "name": "infer",
    "type": "pipeline",
    "labels": {"team": "vision", "app": "infer"},
    "selector": {
        "match_labels": {"region": "us-east", "environment": "prod"},
        "match_expressions": ["tier in (premium,standard)", "gpu", "!debug"],
    },
    "rollout": {
        "strategy": "rolling",
        "max_parallel": 20,
        "health_check": {"deadline": "5m", "interval": "10s"},
    },
    "timeouts": {"total_timeout": 3600},
    "config": {
        "input": {"kafka": {"addresses": ["a:9092", "b:9092"], "topics": ["frames"]}},
        "pipeline": {"processors": [{"mapping": "root = this"}]},
        "output": {"stdout": {}},
    },
}


@pytest.mark.benchmark(group="read a job")
@pytest.mark.parametrize("read", [read_job, read_job_selector])
@pytest.mark.parametrize("data", [_JOB, json.dumps(_JOB).encode()], ids=["mapping", "JSON"])
def test_job(benchmark: BenchmarkFixture, read: Callable[[Any], Any], data: Any) -> None:
    """Read a job of some twenty fields."""
    benchmark(read, data)


@pytest.mark.benchmark(group="size of a chunk, 100,000 nodes, NDJSON")
@pytest.mark.parametrize("kib", [15, 30, 60, 120, 250, 1_000])
def test_chunk_size(
    benchmark: BenchmarkFixture, monkeypatch: pytest.MonkeyPatch, lines: bytes, kib: int
) -> None:
    """Decode this many KiB of lines at a time.

    A chunk that is larger than the labels of one node may be is not decoded as a whole. That limit
    is lifted here, so that only the size of the chunk counts.
    """
    monkeypatch.setattr(inputs, "_CHUNK_BYTES", kib * 1024)
    lifted = LIMITS._replace(node_labels_bytes=1 << 30)
    monkeypatch.setattr(ndjson, "LIMITS", lifted)
    arguments = lines, Selector.parse(FIVE)
    assert benchmark.pedantic(read, args=arguments, rounds=9, warmup_rounds=1) == 100_000
