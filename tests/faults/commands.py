"""Command lines that run every command, and the files that they read."""

import json
from io import StringIO
from pathlib import Path

from nodeselect import Inventory

_LABELS = {
    f"n-{number:03}": {"region": ("eu", "us")[number % 2], "rack": str(number % 7)}
    for number in range(60)
}
_NODES = [{"id": node_id, "labels": labels} for node_id, labels in _LABELS.items()]

_POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}
_POD |= {"spec": {"nodeName": "n-001", "containers": [{"name": "a"}]}}

FORMS = {
    "lines": "".join(json.dumps(node) + "\n" for node in _NODES),
    "json": json.dumps(_NODES, indent=1),
    "yaml": "".join(f"- {json.dumps(node)}\n" for node in _NODES),
    "csv": "id,region,rack\n"
    + "".join(f"{node_id},{','.join(labels.values())}\n" for node_id, labels in _LABELS.items()),
}
"""The same nodes in every format."""

# Cut off anywhere after the second line, it selects more nodes.
JOB = """\
name: demo
selector:
  match_labels:
    region: eu
  match_expressions:
    - rack!=3
    - rack!=4
"""
"""A job whose problem is in its last lines: two warnings."""

_TWO_JOBS = ["explain", "-n", "nodes", "--job", "job", "--job", "other"]

COMMANDS = {
    "match": ["match", "-n", "nodes", "--all", "-o", "json"],
    "explain": ["explain", "-n", "nodes", "-l", "region=eu,rack!=3"],
    "explain-jobs": _TWO_JOBS,
    "labels": ["labels", "-n", "nodes"],
    "audit": ["audit", "-n", "nodes", "-o", "json"],
    "diff": ["diff", "-n", "nodes", "-l", "region=eu", "-l", "region"],
    "jobs-of-a-node": [*_TWO_JOBS, "--node", "n-001"],
    "drain": ["drain", "-n", "nodes", "n-001", "--pods", "pods"],
    "rollout": ["rollout", "-n", "nodes", "job", "-o", "json"],
    "convert": ["convert", "-l", "region=eu,rack!=3"],
    "sql": ["sql", "-l", "region=eu,rack!=3", "--dialect", "duckdb"],
    "saved": ["match", "-n", "saved", "--all"],
    "check": ["check", "job", "other"],
    "rules": ["rules"],
    "schema": ["schema"],
    "completion": ["completion", "bash"],
    "help": ["--help"],
    "help-of-a-command": ["help", "match"],
    "version": ["--version"],
}
"""Every command, with files as inputs. Each prints something."""

NODE_READERS = {
    "match": ["match", "-n", "-", "-l", "region=eu", "-o", "json"],
    "match-count": ["match", "-n", "-", "--all", "--count"],
    "explain": ["explain", "-n", "-", "-l", "region=eu,rack!=3"],
    "labels": ["labels", "-n", "-"],
    "labels-of-some": ["labels", "-n", "-", "-l", "region=eu"],
    "audit": ["audit", "-n", "-", "-o", "json"],
    "diff-selectors": ["diff", "-n", "-", "-l", "region=eu", "-l", "region"],
    "diff-old": ["diff", "-", "nodes", "--all"],
    "diff-new": ["diff", "nodes", "-", "--all"],
    "explain-a-node": ["explain", "--node", "-", "-l", "region=eu"],
    "drain": ["drain", "-n", "-", "n-001", "--pods", "pods"],
    "rollout": ["rollout", "-n", "-", "job", "-o", "json"],
}
"""Every command that reads nodes, from standard input."""

JOB_READERS = {
    "match": ["match", "-n", "nodes", "--job", "-", "--count"],
    "explain": ["explain", "-n", "nodes", "--job", "-"],
    "explain-jobs": ["explain", "-n", "nodes", "--job", "other", "--job", "-"],
    "diff-old": ["diff", "-", "other", "-n", "nodes"],
    "diff-new": ["diff", "other", "-", "-n", "nodes"],
    "diff-nodes": ["diff", "nodes", "nodes", "--job", "-"],
    "rollout": ["rollout", "-n", "nodes", "-", "-o", "json"],
    "convert": ["convert", "-"],
    "sql": ["sql", "--job", "-", "--dialect", "duckdb"],
    "check": ["check", "-"],
}
"""Every command that reads a job, from standard input."""


def write_inputs(folder: Path) -> None:
    """Write the files that the command lines name."""
    Inventory.read(StringIO(FORMS["lines"])).save(folder / "saved")
    (folder / "nodes").write_text(FORMS["lines"])
    (folder / "pods").write_text(json.dumps([_POD]))
    (folder / "job").write_text(JOB)
    (folder / "other").write_text("name: other\nselector: {match_labels: {region: us}}\n")
