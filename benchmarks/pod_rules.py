"""Rules between pods: a scheduler's loop, beside the filters of kube-scheduler.

``python -m benchmarks.pod_rules [N [FILTERS]]`` places 200 pods in a cluster of N nodes (5,000), on
which 15 pods each run, one in ten of them with an anti-affinity of its own. FILTERS is a program
that reads a case as a JSON line (``nodes``, ``pods``, ``pod``), decides it as often as its option
``-repeat`` says, and prints on standard error what that took: kube-scheduler's own filters.
"""

import json
import subprocess
import sys
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from nodeselect import Inventory, Node, Placement, Pod, Usage

_PER_NODE = 15
_PLACED = 200
_APPS = 300
_REPEAT = 5

_HOST, _ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"


def make_node(number: int) -> dict[str, Any]:
    name = f"n-{number}"
    labels = {_HOST: name, _ZONE: f"z-{number % 3}", "pool": f"p-{number % 7}"}
    allocatable = {"cpu": "16", "memory": "64Gi", "pods": "110"}
    status = {"allocatable": allocatable}
    metadata = {"name": name, "labels": labels}
    return {"kind": "Node", "metadata": metadata, "spec": {}, "status": status}


def make_pod(name: str, app: str, *rules: str) -> dict[str, Any]:
    """Return a pod of an app; ``rules`` are ``spread`` and ``apart``."""
    selector = {"labelSelector": {"matchLabels": {"app": app}}}
    requests = {"cpu": "200m", "memory": "1Gi"}
    spec: dict[str, Any] = {
        "containers": [{"name": "c", "image": "i", "resources": {"requests": requests}}]
    }
    if "apart" in rules:
        term = {"topologyKey": _HOST, **selector}
        terms = {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
        spec["affinity"] = {"podAntiAffinity": terms}
    if "spread" in rules:
        hard = {"maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule", "topologyKey": _ZONE}
        spec["topologySpreadConstraints"] = [hard | selector]
    metadata = {"name": name, "namespace": "default", "uid": name, "labels": {"app": app}}
    return {"kind": "Pod", "metadata": metadata, "spec": spec}


def running(nodes: int) -> list[dict[str, Any]]:
    draw, pods = Random(3), []
    for number in range(nodes * _PER_NODE):
        app = number % _APPS
        pod = make_pod(f"r-{number}", f"app-{app}", *(["apart"] if app % 10 == 0 else []))
        pod["spec"]["nodeName"] = f"n-{draw.randrange(nodes)}"
        pods.append({**pod, "status": {"phase": "Running"}})
    return pods


def place(inventory: Inventory, record: dict[str, Any], number: int) -> bool:
    """Read a pod, find the first node that it can use, and run it there."""
    placement = Placement.from_pod_spec(record["spec"], labels=record["metadata"]["labels"])
    found = inventory.match(placement).first(1)
    for node in found:
        name = f"default/{record['metadata']['name']}-{number}"
        inventory.usage.add(node.id, Pod(name, placement=placement))
    return bool(found)


def main(nodes: int, filters: str | None) -> None:
    made, pods = [make_node(number) for number in range(nodes)], running(nodes)
    start = perf_counter()
    inventory = Inventory(map(Node.from_kubernetes, made), usage=Usage(pods))
    print(f"{nodes:,} nodes, {len(pods):,} pods, read in {perf_counter() - start:.1f} s")
    questions = {
        "requests only": make_pod("plain", "plain"),
        "spread and apart, a new app": make_pod("new", "new", "spread", "apart"),
        "spread and apart, an app that runs": make_pod("more", "app-1", "spread", "apart"),
    }
    for name, record in questions.items():
        times, placed = [], 0
        for number in range(_PLACED + 1):
            start = perf_counter()
            placed += place(inventory, record, number)
            times.append(1_000 * (perf_counter() - start))
        first, *others = times
        middle, most = median(others), max(others)
        print(
            f"{name}: first {first:.2f} ms, then {middle:.3f} (at most {most:.1f}), {placed} placed"
        )
        if filters is None:
            continue
        record["metadata"]["namespace"] = "default"
        case = {"nodes": made, "pods": pods, "pod": record, "namespaces": [], "volumes": {}}
        command = [filters, "-repeat", str(_REPEAT)]
        done = subprocess.run(
            command, input=json.dumps(case) + "\n", capture_output=True, text=True, check=True
        )
        print(f"  kube-scheduler: {done.stderr.strip()}")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(int(arguments[0]) if arguments else 5_000, arguments[1] if arguments[1:] else None)
