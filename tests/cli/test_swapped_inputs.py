"""Nodes in place of a job, a job in place of nodes, and files that are neither, are recognised."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from nodeselect import Inventory, Node
from tests.cli.running import Run

JOB = "name: a\ntype: query\nselector: {match_labels: {region: eu}}\nconfig: {input: {stdin: {}}}\n"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c}]}\n"
BINARY = b"\x7fELF\x02\x01\x01\0\0\0\xb0c"
PLAIN = {"id": "n-1", "labels": {"region": "eu"}}
KUBERNETES = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n-1", "labels": {}}}


def kubectl(nodes: int) -> dict[str, Any]:
    return {"apiVersion": "v1", "items": [KUBERNETES] * nodes, "kind": "List"}


NODES: dict[str, str | bytes] = {
    "list": json.dumps([PLAIN]),
    "indented": json.dumps([PLAIN], indent=4),
    "lines": f"{json.dumps(PLAIN)}\n" * 2,
    "yaml": "- id: n-1\n  labels: {region: eu}\n",
    "csv": "region,id\neu,n-1\n",
    "items": json.dumps({"items": [PLAIN]}),
    "bacalhau": '{"Nodes": [{"Info": {"NodeID": "n-1"}}]}',
    "kubectl": json.dumps(kubectl(2), indent=4),
    "large-list": json.dumps([PLAIN] * 30_000),
    "large-lines": f"{json.dumps(PLAIN)}\n" * 30_000,
    "large-kubectl": json.dumps(kubectl(5_000), indent=4),
    "large-yaml": "apiVersion: v1\nitems:\n" + "- apiVersion: v1\n  kind: Node\n" * 36_000,
    "large-csv": "id,region\n" + "n-1,eu\n" * 200_000,
    "gzip": gzip.compress(b"[]"),
    "parquet": b"PAR1\x15\x04\0",
}

COMMANDS = {
    "match": ["match", "-n", "x.json", "--job"],
    "explain": ["explain", "-n", "x.json", "--job"],
    "sql": ["sql", "--dialect", "duckdb", "--job"],
    "rollout": ["rollout", "-n", "x.json"],
    "convert": ["convert"],
    "check": ["check"],
}


@pytest.fixture(autouse=True)
def _files() -> None:
    Path("x.json").write_text(json.dumps([PLAIN]))
    Path("job.yaml").write_text(JOB)
    Inventory([Node("n-1", {"region": "eu"})]).save("saved")
    for name, text in NODES.items():
        Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_nodes_in_place_of_a_job(run: Run, command: list[str]) -> None:
    """Every command says what the file is, whatever its size, and that -n reads nodes."""
    for name in ("saved", *NODES):
        ended = run(*command, name)
        text = ended.text
        assert ended.status == (1 if command == ["check"] else 2)
        is_manifest = name in ("kubectl", "large-kubectl", "large-yaml")
        assert "error[not-a-job]" in text or (is_manifest and "error[no-workload]" in text)
        assert "-n FILE" in text


def test_nodes_in_a_folder_of_jobs(run: Run) -> None:
    """They are passed over, and counted."""
    Path("jobs").mkdir()
    for name in ("job.yaml", "x.json"):
        Path(name).rename(f"jobs/{name}")
    assert run("check", "jobs").err.startswith("1 file: no problems; 1 file has no job; not compa")


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_binary_in_place_of_a_job(run: Run, command: list[str]) -> None:
    """A program or a picture is called a binary file; UTF-16 is a text in another code."""
    Path("program").write_bytes(BINARY)
    Path("utf-16").write_bytes(JOB.encode("utf-16"))
    ended = run(*command, "program")
    assert "error[not-a-job]: this is a binary file, not a job" in ended.out + ended.err
    ended = run(*command, "utf-16")
    assert "error[not-utf-8]" in ended.out + ended.err


@pytest.mark.parametrize("command", ["match --all", "explain -l a", "labels", "audit", "index y"])
def test_a_job_in_place_of_nodes(run: Run, command: str) -> None:
    """Every command says what the file is, and how it is given."""
    for text in (JOB, json.dumps({"name": "a", "selector": {"match_ids": ["n-1"]}}), POD):
        Path("job").write_text(text)
        error = run(*command.split(), "-n", "job").error
        assert error.startswith("error[not-a-node]: this is a job -->")
        assert "help: give it with --job FILE" in error
    for data in (BINARY, b"\x89PNG\r\n\x1a\n\0"):
        Path("program").write_bytes(data)
        error = run(*command.split(), "-n", "program").error
        assert error.startswith("error[unknown-shape]: this is a binary file, not a list of nodes")


def test_a_swapped_pair(run: Run) -> None:
    """The error is about the file that is given with --job."""
    ended = run("explain", "--job", "large-list", "-n", "job.yaml")
    assert "error[not-a-job]: this looks like a list of nodes, not a job\n" in ended.err
    assert "--> large-list:1:1" in ended.err


def test_a_node_pool_in_place_of_nodes(run: Run) -> None:
    """It is no node, and not a job whose nodes it has: both inputs are named."""
    pool = {"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": "p"}}
    Path("pool.json").write_text(json.dumps({**pool, "spec": {"template": {"spec": {}}}}))
    status, _, err = run("match", "--all", "-n", "pool.json")
    assert status == 2
    assert "expected a node, found a NodePool, from which nodes are made" in err
    assert "give it with --job FILE, and the nodes, by kubectl get nodes -o json, with" in err


def test_a_folder_of_jobs_in_place_of_nodes(run: Run) -> None:
    """The advice is about the folder that was given, not about a file."""
    for folder, text in (
        ("jobs", JOB),
        ("pods", POD),
        ("services", "{apiVersion: v1, kind: Service, metadata: {name: a}}"),
    ):
        Path(folder).mkdir()
        Path(folder, "a.yaml").write_text(text)
        assert f"give it with: --job {folder}" in run("match", "--all", "-n", folder).error
    Path("nodes.json").write_text("[]")
    assert "--job pods" in run("match", "--all", "-n", "nodes.json", "-n", "pods").error
