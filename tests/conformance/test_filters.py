"""Pods, nodes and running pods agree with the filters of kube-scheduler 1.34, as recorded.

``filters.jsonl.gz`` has 4,000 clusters, and the plugins that refuse each node to a pod; where a bug
of Kubernetes (its issue 141526) decides, also what is documented, in ``fixed``.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from nodeselect import Inventory, Node, Placement, Usage

DECIDED = {"NodeName", "NodeUnschedulable", "TaintToleration", "NodeAffinity", "NodeResourcesFit"}
BY_TOPOLOGY_KEY = {"PodTopologySpread", "InterPodAffinity"}
NO_KEY = "node(s) didn't match pod topology spread constraints (missing required label)"


class Verdict(NamedTuple):
    """Whether a pod can use a node, and the reasons of the plugins by which it cannot."""

    case: str
    node: Mapping[str, Any]
    refused: Mapping[str, str]
    matches: bool
    is_in_answer: bool

    @property
    def knows_resources(self) -> bool:
        status = self.node["status"]
        return "allocatable" in status or "capacity" in status


def verdicts() -> Iterator[Verdict]:
    with gzip.open(Path(__file__).with_name("filters.jsonl.gz")) as lines:
        for record in map(json.loads, lines):
            case, wanted = record["case"], record.get("fixed", record["want"])
            placement, usage = Placement.from_pod_spec(case["pod"]["spec"]), Usage(case["pods"])
            nodes = {node["metadata"]["name"]: node for node in case["nodes"]}
            inventory = Inventory(map(Node.from_kubernetes, case["nodes"]))
            answer = inventory.match(placement, usage=usage)
            for name, node in nodes.items():
                refused = wanted["prefilter"] | wanted["nodes"][name]
                matches = placement.matches(inventory[name], usage)
                yield Verdict(case["id"], node, refused, matches, name in answer)


def test_filters() -> None:
    """Five plugins are decided. The only other refusals are those for a missing topology key.

    Of nodes whose resources are unknown, NodeResourcesFit is not decided.
    """
    count, wrong = 0, []
    for verdict in verdicts():
        count += 1
        reasons = verdict.refused.keys()
        decided = DECIDED if verdict.knows_resources else DECIDED - {"NodeResourcesFit"}
        lacks_key = verdict.refused.get("PodTopologySpread") == NO_KEY
        if verdict.matches:
            is_right = not (reasons & decided or lacks_key)
        else:
            is_right = bool(reasons & (decided | BY_TOPOLOGY_KEY))
        if not is_right or verdict.matches != verdict.is_in_answer:
            wrong.append(verdict)
    assert (count, wrong[:3]) == (39_866, [])
