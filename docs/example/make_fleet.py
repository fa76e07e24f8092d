"""Write ``fleet.json``, the inventory of the examples: 210 nodes as the API of Expanso lists
them, with the oddities of real fleets.

Everything comes from a seed and no clock, so the bytes are the same each time.

    python docs/example/make_fleet.py
"""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

SITES = {
    "eu-west": ("dublin-01", "london-02", "paris-01"),
    "eu-central": ("berlin-01", "munich-02", "warsaw-01"),
    "us-east": ("ashburn-01", "atlanta-01", "boston-02"),
    "us-west": ("phoenix-01", "portland-02", "sanjose-01"),
    "ap-southeast": ("jakarta-01", "singapore-01"),
}
NODES_OF_A_SITE = (
    ("gateway", 2), ("collector", 3), ("inference", 6), ("camera", 2), ("checkout", 2),
)  # fmt: skip
PART_OF = {
    "gateway": "site-network",
    "collector": "telemetry",
    "inference": "line-inspection",
    "camera": "line-inspection",
    "checkout": "store-operations",
}
CAPABILITY = {
    "gateway": "routing",
    "collector": "collection",
    "inference": "inference",
    "camera": "capture",
    "checkout": "payment",
}
TEAMS = {
    "gateway": ("network",),
    "collector": ("observability", "data-platform"),
    "inference": ("vision",),
    "camera": ("vision", "facilities"),
    "checkout": ("payments",),
}
GPUS = ("nvidia-l4", "nvidia-t4", "jetson-orin")
# Labels that job.yaml requires: an odd node with these labels fails for one reason only.
REQUIRED = {"environment": "prod", "tier": "standard"}

# The time of the list.
MOMENT = datetime(2026, 9, 15, 6, 0, tzinfo=UTC)

Node = dict[str, Any]


def main() -> None:
    """Write the list beside this file, one node a line so that changes can be read."""
    fleet = list(make_nodes(random.Random(28).random))  # noqa: S311 - nothing secret
    make_odd({node["spec"]["name"]: node for node in fleet})
    lines = ",\n".join(
        json.dumps(node, ensure_ascii=False, separators=(",", ":")) for node in fleet
    )
    text = f'{{"items":[\n{lines}\n],"next_token":""}}\n'
    Path(__file__).with_name("fleet.json").write_text(text, encoding="utf-8", newline="\n")


def make_nodes(draw: Callable[[], float]) -> Iterator[Node]:
    """Yield the nodes, site by site."""
    for region, sites in SITES.items():
        for site in sites:
            for role, count in NODES_OF_A_SITE:
                for number in range(1, count + 1):
                    yield make_node(draw, region, site, role, number)


def make_node(draw: Callable[[], float], region: str, site: str, role: str, number: int) -> Node:
    """Return a node without oddities."""

    def one_of(values: Sequence[str]) -> str:
        return values[int(draw() * len(values))]

    def ago(most: timedelta) -> str:
        return moment(MOMENT - draw() * most)

    name = f"{site}-{role}-{number:02d}"
    arch = "arm64" if role == "camera" or draw() < 0.2 else "amd64"
    labels = {
        "region": region,
        "site": site,
        "role": role,
        "environment": one_of(("prod", "prod", "prod", "staging", "prod", "dev", "prod", "prod")),
        "tier": one_of(("premium", "premium", "standard", "standard", "standard", "free")),
        "capability": CAPABILITY[role],
        "team": one_of(TEAMS[role]),
        "rack": f"r{1 + int(draw() * 12):02d}",
        "app.kubernetes.io/part-of": PART_OF[role],
    }
    if role == "inference" or (role == "camera" and draw() < 0.3):
        labels["gpu"] = one_of(GPUS)
    if role in ("gateway", "checkout"):
        labels["pci-compliant"] = "true" if role == "checkout" or draw() < 0.5 else "false"
    if draw() < 0.3:
        labels["os"] = "linux"
    if draw() < 0.06:
        labels["maintenance"] = "planned"
    connected = draw() >= 0.12
    memory = (4, 8, 16, 32, 64)[int(draw() * 5)] * 2**30
    disk = (64, 128, 256, 512)[int(draw() * 4)] * 2**30
    memory_percent, disk_percent = 20 + draw() * 65, 10 + draw() * 80
    status = {
        "connection_state": "connected" if connected else "disconnected",
        "connected_since": ago(timedelta(days=40)),
        "last_heartbeat": ago(timedelta(seconds=10)),
        "created_at": moment(MOMENT - timedelta(days=60 + draw() * 300)),
        "updated_at": ago(timedelta(seconds=10)),
        "revision": 10 + int(draw() * 900),
        "resource_usage": {
            "cpu_percent": round(2 + draw() * 85, 1) if connected else 0,
            "memory_percent": round(memory_percent, 1),
            "memory_used_bytes": int(memory * memory_percent / 100),
            "memory_capacity_bytes": memory,
            "disk_percent": round(disk_percent, 1),
            "disk_used_bytes": int(disk * disk_percent / 100),
            "disk_capacity_bytes": disk,
        },
    }
    if not connected:
        leave(status, timedelta(minutes=6 + draw() * 4_000))
    return {
        "id": f"node-{int(draw() * 16**8):08x}",
        "spec": {
            "name": name,
            "hostname": f"{name}.edge.example.net",
            "os": "linux",
            "arch": arch,
            "agent_version": one_of(("v1.9.4", "v1.10.0", "v1.10.2")),
            "labels": labels,
            "capabilities": {
                "inputs": ["file", "http_server", "mqtt"],
                "outputs": ["aws_s3", "file", "http_client", "kafka"],
                "processors": ["branch", "dedupe", "mapping"],
                "runtimes": ["pipeline"],
            },
        },
        "status": status,
    }


def leave(status: Node, before: timedelta, state: str = "disconnected") -> None:
    """Change the status to that of a node that was last seen before the time of the list."""
    last = moment(MOMENT - before)
    status["connection_state"] = state
    status["connected_since"] = moment(MOMENT - before - timedelta(days=5))
    status["disconnected_since"] = status["last_heartbeat"] = status["updated_at"] = last


def make_odd(fleet: dict[str, Node]) -> None:
    """Add the oddities of real fleets, one node for each."""

    def spec(name: str) -> Node:
        found: Node = fleet[name]["spec"]
        return found

    def labels(name: str) -> dict[str, str]:
        found: dict[str, str] = spec(name)["labels"]
        return found

    # No labels: the API omits the key; older servers write null.
    del spec("dublin-01-camera-02")["labels"]
    spec("atlanta-01-collector-03")["labels"] = None
    # An empty value is a value: "rack" matches this node, "!rack" does not.
    labels("berlin-01-inference-02")["rack"] = ""
    # Values that an agent detected; no selector can name them, but "gpu" matches them.
    labels("munich-02-inference-01").update(
        {"gpu": "GPU-0: NVIDIA GeForce RTX 3090", "gpu-memory": "24576 MiB", **REQUIRED}
    )
    # Another spelling than on all other nodes: "region=eu-west" does not match it ...
    labels("london-02-inference-03").update({"region": "EU-West", **REQUIRED})
    # ... nor does "environment=prod" match this one, but "environment!=prod" does.
    labels("paris-01-inference-04").update({"env": "prod", **REQUIRED})
    del labels("paris-01-inference-04")["environment"]
    # Inference nodes without the label "gpu".
    for name in ("warsaw-01-inference-05", "boston-02-inference-01", "portland-02-inference-02"):
        labels(name).update(REQUIRED)
        del labels(name)["gpu"]
    # A label may differ from what the agent reports.
    spec("sanjose-01-collector-01")["os"] = "darwin"
    labels("sanjose-01-collector-01")["os"] = "macos"
    # A name may be anything.
    spec("warsaw-01-gateway-01")["name"] = "Łódź – brama główna"
    # An id that is the name of another node: match_ids compares ids, never names.
    fleet["dublin-01-gateway-02"]["id"] = "dublin-01-gateway-01"
    spec("dublin-01-gateway-02")["name"] = "dublin-01-gateway-02 (replaced)"
    # A node that is long gone, and a state that is not documented.
    leave(fleet["jakarta-01-collector-02"]["status"], timedelta(days=23), "lost")
    fleet["phoenix-01-inference-03"]["status"]["connection_state"] = "connecting"


def moment(time: datetime) -> str:
    """Give a time as the API writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


if __name__ == "__main__":
    main()
